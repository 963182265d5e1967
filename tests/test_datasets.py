"""Facts about the bundled corpus, the reader's errors, and the long-tail formula."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skbalagen._utils.table_files import read_table
from skbalagen._utils.text import fold_text
from skbalagen.datasets import load_csv, load_shop_intents, make_long_tailed
from skbalagen.metrics.imbalance import imbalance_ratio


def test_shop_intents_is_long_tailed_for_training_and_measurable_in_the_test_split():
    train, test = load_shop_intents(split="train"), load_shop_intents(split="test")
    assert len(train.target_names) >= 12
    assert train.target_names == test.target_names
    assert len(train.data) >= 500
    assert imbalance_ratio(train.target) >= 40
    assert min(Counter(test.target).values()) >= 12


def test_shop_intents_has_no_text_twice():
    repeats = [text for text, n in Counter(map(fold_text, load_shop_intents().data)).items() if n > 1]
    assert not repeats  # so that no training text is in the test split either


def test_shop_intents_has_no_empty_or_untrimmed_value():
    bunch = load_shop_intents()
    for value in [*bunch.data, *bunch.target]:
        assert value
        assert value == value.strip()


def test_shop_intents_splits_make_up_the_whole():
    whole = load_shop_intents()
    assert set(whole.split) == {"train", "test"}
    for split in ("train", "test"):
        part = load_shop_intents(split=split)
        assert set(part.split) == {split}
        assert part.data.tolist() == whole.data[whole.split == split].tolist()
        assert part.target.tolist() == whole.target[whole.split == split].tolist()


def test_shop_intents_returns_X_y_or_a_bunch():
    bunch = load_shop_intents(split="test")
    X, y = load_shop_intents(split="test", return_X_y=True)
    assert X.dtype == y.dtype == object
    assert X.shape == y.shape == (len(bunch.data),)
    assert X.tolist() == bunch.data.tolist()
    assert y.tolist() == bunch.target.tolist()
    assert bunch.DESCR.startswith("Shop intents")
    assert "frame" not in bunch


def test_shop_intents_as_frame():
    arrays, bunch = load_shop_intents(), load_shop_intents(as_frame=True)
    assert list(bunch.frame.columns) == ["text", "label", "split"]
    assert bunch.frame["text"].tolist() == arrays.data.tolist()
    X, y = load_shop_intents(as_frame=True, return_X_y=True)
    pd.testing.assert_series_equal(X, bunch.frame["text"])
    pd.testing.assert_series_equal(y, bunch.frame["label"])


def test_shop_intents_rejects_an_unknown_split():
    with pytest.raises(ValueError, match=r"split must be 'train', 'test' or None.*got 'dev'"):
        load_shop_intents(split="dev")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write_file(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def test_load_csv_keeps_values_as_they_stand(write):
    path = write('id,text,label\r\n1,"He said ""yes"",\r\nthen left",7\r\n\r\n2, NA ,null\r\n')
    X, y = load_csv(path)
    assert X.tolist() == ['He said "yes",\r\nthen left', " NA "]
    assert y.tolist() == ["7", "null"]
    assert X.dtype == y.dtype == object


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig"])
def test_load_csv_takes_a_byte_order_mark_off(write, encoding):
    X, y = load_csv(write('"text",label\nä,b\n'.encode("utf-8-sig")), encoding=encoding)
    assert (X.tolist(), y.tolist()) == (["ä"], ["b"])


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_load_csv_reads_other_encodings(write, encoding):
    X, _ = load_csv(write("text,label\nä,b\n".encode(encoding)), encoding=encoding)
    assert X.tolist() == ["ä"]


@pytest.mark.parametrize(("name", "sep"), [("d.tsv", None), ("d.TAB", None), ("d.txt", "\t")])
def test_load_csv_reads_tabs(write, name, sep):
    X, y = load_csv(write("label\ttext\nb\tone, two\n", name), sep=sep)
    assert (X.tolist(), y.tolist()) == (["one, two"], ["b"])


def test_load_csv_selects_columns_and_split(write):
    path = write("q,intent,split\na,x,train\nb,y,test\n,,dev\n")
    X, y = load_csv(str(path), text="q", label="intent", split="test")
    assert (X.tolist(), y.tolist()) == (["b"], ["y"])
    with pytest.raises(ValueError, match=r"with split='val', got the splits \['dev', 'test', 'train'\]"):
        load_csv(path, text="q", label="intent", split="val")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"one column 'text', got the columns \[\]"),
        ("text,label\n", "at least one row below its header, got none"),
        ("a;b\n1;2\n", r"one column 'text', got the columns \['a;b'\]. Name columns with text="),
        ("text,label,text\n1,2,3\n", "one column 'text', got the columns"),
        ("text,label\na,b\none, two,b\n", "line 3: expected 2 fields as in the header, got 3. Put fields"),
        ("text,label\na\n", "line 2: expected 2 fields as in the header, got 1"),
        ('text,label\n"a\nb",x\n\n ,y\n', "line 5: expected a value in column 'text', got nothing"),
        ("text,label\na,b\nc,\n", "line 3: expected a value in column 'label', got nothing"),
        (
            'text,label\na,b\n"c,d\ne,f\n',
            "line 3: expected fields with balanced double quotes, got",
        ),
        (
            b"text,label\na,b\ncaf\xe9,b\n",
            "as 'utf-8', got other bytes in line 3 .*encoding='cp1252'",
        ),
    ],
)
def test_load_csv_names_what_is_wrong_and_where(write, content, message):
    with pytest.raises(ValueError, match=message):
        load_csv(write(content))


def test_load_csv_rejects_bad_parameters(write, tmp_path):
    path = write("text,label\na,b\n")
    with pytest.raises(FileNotFoundError, match=r"path must name a CSV or TSV file, got .*none\.csv"):
        load_csv(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="no such file there"):
        load_csv(tmp_path)
    with pytest.raises(ValueError, match="encoding must be one that Python knows, got 'utf-9'"):
        load_csv(path, encoding="utf-9")
    with pytest.raises(ValueError, match=r"sep must be one character or None .* got '::'"):
        load_csv(path, sep="::")
    with pytest.raises(ValueError, match=r"one column 'split', got the columns \['text', 'label'\]"):
        load_csv(path, split="train")


LABELS = list("abcde") * 100


def test_make_long_tailed_sizes_follow_the_formula():
    rows = make_long_tailed(LABELS, LABELS, ratio=10, random_state=3)
    sizes = sorted(Counter(LABELS[i] for i in rows).values(), reverse=True)
    assert sizes == [100, 56, 32, 18, 10]  # 100 * 10 ** (-i / 4), rounded


def test_make_long_tailed_keeps_a_row_of_every_class_and_never_more_than_it_has():
    y = np.array(["a"] * 50 + ["b"] * 3 + ["c"] * 50)
    rows = make_long_tailed(y, y, ratio=1e6, n_max=40, random_state=0)
    sizes = Counter(y[rows].tolist())
    assert set(sizes) == {"a", "b", "c"}
    assert sizes["b"] <= 3
    assert min(sizes.values()) == 1
    every_row = make_long_tailed(y, y, ratio=1, n_max=500, random_state=0)
    assert every_row.tolist() == list(range(103))


@pytest.mark.parametrize(("n_max", "n_kept"), [(None, 5), (3, 3)])
def test_make_long_tailed_of_one_class_keeps_n_max_rows(n_max, n_kept):
    assert len(make_long_tailed(["t"] * 5, ["a"] * 5, n_max=n_max, random_state=0)) == n_kept


def test_make_long_tailed_is_seeded_and_draws_order_and_rows():
    first, again = (make_long_tailed(LABELS, LABELS, random_state=1) for _ in range(2))
    assert first.tolist() == again.tolist()
    drawn = [make_long_tailed(LABELS, LABELS, random_state=seed) for seed in range(10)]
    assert len({Counter(LABELS[i] for i in rows).most_common(1)[0][0] for rows in drawn}) > 1
    assert len({tuple(rows) for rows in drawn}) == 10
    state = np.random.RandomState(1)
    assert make_long_tailed(LABELS, LABELS, random_state=state).tolist() == first.tolist()


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=1), st.floats(1, 1e4), st.integers(0, 99))
def test_make_long_tailed_returns_each_row_once_in_order(y, ratio, seed):
    rows = make_long_tailed(y, y, ratio=ratio, random_state=seed)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert {y[i] for i in rows} == set(y)


def test_make_long_tailed_rejects_bad_input():
    with pytest.raises(ValueError, match="same number of rows, at least 1, got 2 and 1"):
        make_long_tailed(["a", "b"], ["a"])
    with pytest.raises(ValueError, match=r"y must hold one label per row, at least one, got shape \(0,\)"):
        make_long_tailed([], [])
    with pytest.raises(ValueError, match=r"ratio must be a finite number >= 1 .* got 0\.5"):
        make_long_tailed(["t"], ["a"], ratio=0.5)
    with pytest.raises(ValueError, match=r"n_max must be an int >= 1 .* got 0"):
        make_long_tailed(["t"], ["a"], n_max=0)


def test_load_csv_leaves_out_empty_rows_when_asked_to_and_says_so(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\na,x\n,x\nb,\nc,y\n")
    with pytest.warns(UserWarning, match=r"left out 2 rows .*lines \[3, 4\]"):
        X, y = load_csv(path, drop_empty=True)
    assert X.tolist() == ["a", "c"]
    assert y.tolist() == ["x", "y"]
    path.write_text("text,label\na,x\n,x\n")
    with pytest.warns(UserWarning, match=r"left out 1 row with an empty text or label .*lines \[3\]\."):
        load_csv(path, drop_empty=True)


@pytest.mark.parametrize("label", ["007", "1e3", "1000.0", "TRUE", "2024-05-01", "NA", " x "])
def test_load_csv_does_not_guess_the_types_of_labels(write, label):
    _, y = load_csv(write(f"text,label\na,{label}\n"))
    assert y.tolist() == [label]


def test_load_csv_reads_texts_of_any_length(write):
    text = "word " * 50_000
    X, _ = load_csv(write(f"text,label\n{text},a\n"))
    assert X.tolist() == [text]


def test_load_csv_and_the_command_line_read_the_same_cells(write):
    path = write('text,label,note\n"a ""b""",007,\n"c\r\nd",x,1e3\n')
    X, y = load_csv(path)
    table = read_table(str(path))
    assert table["text"].tolist() == X.tolist()
    assert table["label"].tolist() == y.tolist()


def test_load_csv_reads_several_labels_per_row(tmp_path):
    path = tmp_path / "moods.csv"
    path.write_text("text,labels\nhi,joy\nyou,surprise; joy\nno,007\n", encoding="utf-8")
    X, y = load_csv(path, label="labels", label_sep=";")
    assert X.tolist() == ["hi", "you", "no"]
    assert list(y.columns) == ["007", "joy", "surprise"]
    assert y.to_numpy().tolist() == [[0, 1, 0], [0, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    "line", ["where is it;parcel", "hello, where is it;parcel"], ids=["plain", "with a comma"]
)
def test_another_separator_is_suggested(tmp_path, line):
    path = tmp_path / "in.csv"
    path.write_text(f"text;label\n{line}\n")
    with pytest.raises(ValueError, match=r"sep=.* The header looks as if ';' were the separator\.$"):
        load_csv(path)
    assert load_csv(path, sep=";")[1].tolist() == ["parcel"]
