"""Containers come out as they went in: by themselves, through the resampler, and by property."""

from __future__ import annotations

import tracemalloc
import warnings
from collections import Counter
from math import floor

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skbalagen import BalaGenResampler
from skbalagen._utils.containers import is_table, rebuild, take, text_column_of
from skbalagen._utils.text import fold_text
from tests.fakes import NumberedGenerator

TEXTS = ["red", "blue", "green", "one", "two"]
LABELS = ["colour", "colour", "colour", "number", "number"]

CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "object array": lambda v: np.array(v, dtype=object),
    "str array": np.array,
    "column of an array": lambda v: np.array(v, dtype=object).reshape(-1, 1),
    "list of lists": lambda v: [[t] for t in v],
    "object Series": lambda v: pd.Series(v, dtype=object, name="text"),
    "str Series": lambda v: pd.Series(v, dtype="str", name="text"),
    "nullable str Series": lambda v: pd.Series(v, dtype="string", name="text"),
    "pyarrow Series": lambda v: pd.Series(v, dtype="string[pyarrow]", name="text"),
    "DataFrame": lambda v: pd.DataFrame({"text": v}, index=list("vwxyz")),
    "polars Series": lambda v: pl.Series("text", v),
    "polars DataFrame": lambda v: pl.DataFrame({"text": v}),
}
LABEL_CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "object array": lambda v: np.array(v, dtype=object),
    "column of an array": lambda v: np.array(v).reshape(-1, 1),
    "Series": lambda v: pd.Series(v, name="label"),
    "categorical Series": lambda v: pd.Series(v, name="label", dtype="category"),
    "DataFrame": lambda v: pd.DataFrame({"label": v}),
    "polars Series": lambda v: pl.Series("label", v),
}


NEW = np.array([False, False, True])


@pytest.mark.parametrize("kind", CONTAINERS)
def test_take_returns_rows_in_the_order_asked_for(kind):
    X = CONTAINERS[kind](TEXTS)
    taken = take(X, np.array([3, 0, 3]))
    assert type(taken) is type(X)
    assert flat(taken) == ["one", "red", "one"]
    assert dtype_of(taken) == dtype_of(X)
    if isinstance(taken, pd.Series | pd.DataFrame):
        assert list(taken.index) == [0, 1, 2]


def test_take_of_another_sequence_is_a_list():
    assert take(range(5, 9), np.array([2, 0])) == [7, 5]


@pytest.mark.parametrize("kind", CONTAINERS)
def test_rebuild_puts_new_texts_among_the_old(kind):
    X = CONTAINERS[kind](TEXTS)
    built = rebuild(X, np.array([4, 1, 0]), np.array(["two", "blue", "a longer text"], dtype=object), NEW)
    assert type(built) is type(X)
    assert flat(built) == ["two", "blue", "a longer text"]
    assert flat(X) == TEXTS


def test_rebuild_of_a_categorical_column_can_hold_new_texts():
    X = pd.Series(["a", "b"], dtype="category", name="text")
    built = rebuild(X, np.array([0, 1, 1]), np.array(["a", "b", "new"], dtype=object), NEW)
    assert built.tolist() == ["a", "b", "new"]
    assert built.name == "text"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([2**53 + 1, 2, 3]), "Int64"),
        (np.array([1, 2, 3], dtype=np.int8), "Int8"),
        (np.array([2**64 - 1, 2, 3], dtype=np.uint64), "UInt64"),
        (np.array([True, False, True]), "boolean"),
        (np.array([0.5, 1, 2], dtype=np.float32), "float32"),
        (np.array([1, "b", None], dtype=object), "object"),
        (np.array([1.0, 2, 3], dtype=object), "object"),
        (pd.array([1, None, 3], dtype="Int32"), "Int32"),
        (pd.to_datetime(["2024-05-01", "2024-05-02", "2024-05-03"]), None),
        (pd.Categorical(["x", "y", "x"]), "category"),
    ],
    ids=str,
)
def test_rebuild_keeps_other_columns_exact_where_rows_are_missing(values, dtype):
    X = pd.DataFrame({"text": ["a", "b", "c"], "other": pd.Series(values)})
    built = rebuild(X, np.array([0, 1, 2]), np.array(["a", "b", "new"], dtype=object), NEW, "text")
    assert built["other"].dtype == (dtype or X["other"].dtype)
    assert repr(built["other"].tolist()[:2]) == repr(X["other"].tolist()[:2])
    assert pd.isna(built["other"][2])
    untouched = rebuild(X, np.array([0, 1]), np.array(["a", "b"], dtype=object), NEW[:2], "text")
    assert untouched["other"].dtype == X["other"].dtype


def test_text_column_of_finds_the_column():
    table = pd.DataFrame({"id": [1], "text": ["a"]})
    assert text_column_of(table, "text").tolist() == ["a"]
    assert text_column_of(table) is table
    assert text_column_of(table[["text"]]).tolist() == ["a"]
    assert text_column_of(TEXTS) is TEXTS
    assert text_column_of(pl.DataFrame({"text": ["a"]})).to_list() == ["a"]


def test_text_column_of_refuses_a_name_that_two_columns_have():
    table = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(
        ValueError, match=r"must name one column of X, got 'text'; the columns are \['text', 'text'\]"
    ):
        text_column_of(table, "text")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (TEXTS, False),
        ([[text] for text in TEXTS], False),
        (np.array(TEXTS).reshape(-1, 1), False),
        (pd.Series(TEXTS), False),
        (pl.Series(TEXTS), False),
        ([[1, 2], [3]], False),  # rows of unequal length: as_texts names what is wrong
        (np.ones((5, 1)), True),
        ([[1.0, 2.0]], True),
        (pd.DataFrame({"a": [1], "b": [2]}), True),
        (pl.DataFrame({"a": [1], "b": [2]}), True),
    ],
    ids=str,
)
def test_is_table_tells_numbers_from_texts(column, expected):
    assert is_table(column) is expected


def test_is_table_refuses_texts_in_several_columns():
    with pytest.raises(ValueError, match=r"X must hold one text per row, .* got shape \(1, 2\)"):
        is_table([["a", "b"]])
    with pytest.raises(ValueError, match=r"X has the columns \['id', 'body'\], .* text_column='body'"):
        is_table(pl.DataFrame({"id": [1], "body": ["a"]}))


def resample(X, y, **params):
    """Fill the class of two rows up to three with a generated text."""
    params = {"beta_low": 50, "generator": NumberedGenerator(), "labelers": [], "random_state": 0} | params
    resampler = BalaGenResampler(**params)
    return (*resampler.fit_resample(X, y), resampler)


def dtype_of(container):
    if hasattr(container, "columns"):
        return list(container.dtypes)
    return getattr(container, "dtype", None)


def flat(container):
    values = container.to_numpy() if hasattr(container, "to_numpy") else np.asarray(container, dtype=object)
    return values.reshape(-1).tolist()


@pytest.mark.parametrize("kind", CONTAINERS)
def test_texts_come_out_in_the_container_that_went_in(kind):
    X = CONTAINERS[kind](TEXTS)
    X_new, y_new, resampler = resample(X, LABELS)
    assert type(X_new) is type(X)
    assert flat(X_new)[:5] == TEXTS
    assert flat(X_new)[5].startswith("number candidate")
    assert y_new == [*LABELS, "number"]
    if "str array" not in kind:  # its width grows with the longest text
        assert dtype_of(X_new) == dtype_of(X)
    assert getattr(X_new, "name", None) == getattr(X, "name", None)
    assert list(getattr(X_new, "columns", ())) == list(getattr(X, "columns", ()))
    assert np.ndim(X_new) == np.ndim(X)
    assert resampler.source_indices_.tolist() == [0, 1, 2, 3, 4, -1]


@pytest.mark.parametrize("kind", LABEL_CONTAINERS)
@pytest.mark.parametrize("values", [("colour", "number"), (7, 3), (True, False)], ids=str)
def test_labels_come_out_in_the_container_that_went_in(kind, values):
    named = dict(zip(["colour", "number"], values, strict=True))
    y = LABEL_CONTAINERS[kind]([named[label] for label in LABELS])
    _, y_new, _ = resample(TEXTS, y)
    assert type(y_new) is type(y)
    assert dtype_of(y_new) == dtype_of(y)
    assert flat(y_new) == [*flat(y), values[1]]


def test_column_of_a_hugging_face_dataset():
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS})
    X_new, y_new, _ = resample(data["text"], data["label"])
    assert type(X_new) is type(data["text"])
    assert list(X_new)[:5] == TEXTS
    assert list(y_new) == [*LABELS, "number"]


def test_labels_of_one_column_per_class():
    y = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]])
    X_new, y_new, _ = resample(TEXTS, y)
    assert y_new.tolist() == [*y.tolist(), [0, 1]]
    assert X_new[5].startswith("1 candidate")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_other_columns_are_missing_in_generated_rows_and_copied_in_copies(make):
    X = make({"id": [1, 2, 3, 4, 5], "text": TEXTS, "from": list("abcde")})
    X_new, _, resampler = resample(X, LABELS, text_column="text")
    assert list(X_new.columns) == ["id", "text", "from"]
    assert pd.isna(X_new["id"][5])
    assert pd.isna(X_new["from"][5])
    assert X_new["id"].to_list()[:5] == [1, 2, 3, 4, 5]
    assert resampler.feature_names_in_.tolist() == ["id", "text", "from"]
    assert resampler.n_features_in_ == 3

    copied, _, resampler = resample(X, LABELS, text_column="text", generator="sample-copy")
    assert copied["id"].dtype == X["id"].dtype
    source = resampler.source_indices_[5]
    assert copied["id"][5] == X["id"][int(source)]
    assert copied["from"][5] == X["from"][int(source)]


def test_text_column_is_asked_for_and_checked():
    X = pd.DataFrame({"id": [1, 2, 3, 4, 5], "text": TEXTS})
    with pytest.raises(ValueError, match=r"name it with text_column=, for instance text_column='text'"):
        resample(X, LABELS)
    with pytest.raises(
        ValueError, match=r"text_column must name one column of X, got 'body'; .*'id', 'text'"
    ):
        resample(X, LABELS, text_column="body")
    with pytest.raises(ValueError, match="text_column='text' names a column of a pandas or polars DataFrame"):
        resample(TEXTS, LABELS, text_column="text")
    with pytest.raises(TypeError, match=r"X must hold texts only, got 1 \(int\) in row 0"):
        resample(X, LABELS, text_column="id")


def test_a_table_of_numbers_is_filled_with_copies_and_says_so():
    X = np.arange(10.0).reshape(5, 2)
    with pytest.warns(UserWarning, match="X is a table of numbers: .* copies"):
        X_new, _, resampler = resample(X, LABELS)
    assert not resampler.is_synthetic_.any()
    np.testing.assert_array_equal(X_new, X[resampler.source_indices_])


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_missing_labels_are_refused(missing):
    with pytest.raises(ValueError, match=r"y must have one label per (row|text), got .* in row 1"):
        resample(TEXTS, pd.Series(["colour", missing, "colour", "number", "number"], dtype=object))


def test_groups_and_weights_are_carried_over():
    _, _, resampler = resample(TEXTS, LABELS)
    assert resampler.sample_weight_ is None
    assert resampler.groups_ is None

    params = {"beta_low": 50, "generator": NumberedGenerator(), "labelers": [], "random_state": 0}
    resampler = BalaGenResampler(**params)
    resampler.fit_resample(TEXTS, LABELS, sample_weight=[1, 2, 3, 4, 6], groups=[9, 9, 8, 8, 7])
    assert resampler.sample_weight_.tolist() == [1, 2, 3, 4, 6, 5]  # the mean weight of the class
    assert resampler.groups_.tolist() == [9, 9, 8, 8, 7, -1]
    resampler.fit_resample(TEXTS, LABELS, groups=list("aabbc"))
    assert resampler.groups_.tolist() == [*"aabbc", None]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        resampler.fit_resample(TEXTS, LABELS, groups=[1])
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(1,\), expected \(5,\)"):
        resampler.fit_resample(TEXTS, LABELS, sample_weight=[1])


sizes = st.lists(st.integers(1, 9), min_size=2, max_size=6)
labels_of = {
    "str": lambda i: f"class {i}",
    "int": lambda i: 3 * i - 4,
    "float": lambda i: float(i),
}


@settings(max_examples=60, deadline=None)
@given(
    sizes=sizes,
    kind=st.sampled_from(sorted(CONTAINERS)),
    label=st.sampled_from(sorted(labels_of)),
    betas=st.sampled_from([(0, 0), (50, 0), (80, 20), (100, 0), (30, 40), (150, 0)]),
    fail_every=st.sampled_from([None, 1, 3]),
    seed=st.integers(0, 3),
)
def test_the_contract_holds_for_all_sizes_and_containers(sizes, kind, label, betas, fail_every, seed):
    y = [labels_of[label](i) for i, n in enumerate(sizes) for _ in range(n)]
    texts = [f"{c} row {i}" for i, c in enumerate(y)]
    if kind == "DataFrame":
        X = pd.DataFrame({"text": texts})
    else:
        X = CONTAINERS[kind](texts)
    resampler = BalaGenResampler(
        beta_low=betas[0],
        beta_high=betas[1],
        generator=NumberedGenerator(fail_every=fail_every),
        labelers=[],
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X_new, y_new = resampler.fit_resample(X, y)
    out, sources, new = flat(X_new), resampler.source_indices_, resampler.is_synthetic_

    assert type(X_new) is type(X)
    assert len(out) == len(y_new) == len(sources) == len(new)
    # every class has the rows that were wanted, within the band
    assert Counter(y_new) == resampler.sampling_strategy_
    low, high = (floor(b + 0.5) for b in resampler.band_)
    before = Counter(y)
    for c, n in Counter(y_new).items():
        assert n == (low if before[c] < low else high if before[c] > high else before[c])
    # rows of X keep their text, label and order; copies come last
    assert (sources[new] == -1).all()
    assert [texts[i] for i in sources[~new]] == [t for t, is_new in zip(out, new, strict=True) if not is_new]
    assert [y[i] for i in sources[~new]] == [c for c, is_new in zip(y_new, new, strict=True) if not is_new]
    n_kept = int(resampler.report_["n_kept"].sum())
    assert (np.diff(sources[:n_kept]) > 0).all()
    # no generated text repeats a row of X or another
    folded = [fold_text(t) for t, is_new in zip(out, new, strict=True) if is_new]
    assert len(set(folded)) == len(folded)
    assert not set(folded) & {fold_text(t) for t in texts}
    # the report adds up
    report = resampler.report_
    assert (report["n_kept"] + report["n_generated"] + report["n_copied"] == report["n_after"]).all()
    assert report["n_after"].to_dict() == Counter(y_new)
    assert report["n_generated"].sum() == new.sum()


def test_nulls_of_a_dictionary_column_stay_nulls_beside_blanks():
    pa = pytest.importorskip("pyarrow")
    kinds = pa.array([None, "a", None, "b"], pa.dictionary(pa.int32(), pa.string()))
    table = pa.table({"text": ["w", "x", "y", "z"], "kind": kinds}).to_pandas(types_mapper=pd.ArrowDtype)
    rows, new = np.array([0, 1, 2, 3, 0]), np.array([False] * 4 + [True])
    made = rebuild(table, rows, np.array(["w", "x", "y", "z", "new"], dtype=object), new, "text")
    assert made["kind"].isna().tolist() == [True, False, True, False, True]
    assert made["kind"].dropna().tolist() == ["a", "b"]
    assert made["kind"].dtype == table["kind"].dtype


def test_a_list_of_texts_is_not_widened_to_its_longest_text():
    texts = ["short"] * 99 + ["x" * 10**5]
    tracemalloc.start()
    try:
        assert not is_table(texts)
        assert tracemalloc.get_traced_memory()[1] < 10**6  # as an array of str: 40 MB
    finally:
        tracemalloc.stop()
