"""LabelTextOverSampler: the test whether labels speak, which rows are added, and all containers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skbalagen import EmbeddingClassifier, LabelTextOverSampler, LogitAdjustedClassifier, TextSampler
from skbalagen.classifiers.label_texts import labels_speak, nearest_label_accuracy
from tests.fakes import ORDERS, REFUNDS

TEXTS = ["a b", "a", "b b", "b"]
LABELS = ["a_c", "a_c", "b_d", "b_d"]


class SpellingEncoder(TransformerMixin, BaseEstimator):
    """Encode a text as the shares of its letters, as a unit vector."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        counts = np.array([[text.count(letter) for letter in "abcd"] for text in X], dtype=float)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)


class NoEncoder(BaseEstimator):
    """Fail when it is used."""

    def fit(self, X, y=None):
        raise AssertionError("encoded")

    transform = fit


def test_nearest_label_accuracy_by_hand():
    labels = np.array(["a", "a", "a", "b"])
    vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    # Nearest: a, a, b, b. Right are two thirds of a, all of b.
    accuracy = nearest_label_accuracy(vectors, labels, np.eye(2), np.array(["a", "b"]))
    assert accuracy == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(("n_classes", "bar"), [(2, 0.55), (4, 0.325), (10, 0.19)])
def test_labels_speak_from_a_tenth_above_chance(n_classes, bar):
    # chance + 0.1 * (1 - chance)
    assert labels_speak(bar + 1e-9, n_classes)
    assert not labels_speak(bar - 1e-9, n_classes)


def test_labels_that_speak_are_added_after_the_rows():
    sampler = LabelTextOverSampler(encoder=SpellingEncoder())
    X, y = sampler.fit_resample(TEXTS, LABELS)
    assert [*TEXTS, "a c", "b d"] == X
    assert y == [*LABELS, "a_c", "b_d"]
    assert sampler.labels_speak_ is True
    assert sampler.nearest_label_accuracy_ == 1
    assert sampler.label_texts_ == {"a_c": "a c", "b_d": "b d"}
    assert sampler.sampling_strategy_ == dict(Counter(y)) == {"a_c": 3, "b_d": 3}
    assert sampler.is_synthetic_.tolist() == [False] * 4 + [True] * 2
    assert sampler.source_indices_.tolist() == [0, 1, 2, 3, -1, -1]


def test_labels_that_say_nothing_are_not_added():
    sampler = LabelTextOverSampler(encoder=SpellingEncoder())
    X, y = sampler.fit_resample(TEXTS, ["b", "b", "a", "a"])  # each label names the other class
    assert (X, y) == (TEXTS, ["b", "b", "a", "a"])
    assert sampler.labels_speak_ is False
    assert sampler.nearest_label_accuracy_ == 0  # "a b" is as near to either: the first is taken
    assert sampler.label_texts_ == {}
    assert sampler.sampling_strategy_ == {"a": 2, "b": 2}
    assert not sampler.is_synthetic_.any()
    assert sampler.source_indices_.tolist() == [0, 1, 2, 3]


def test_always_adds_without_a_test():
    sampler = LabelTextOverSampler(when="always", encoder=NoEncoder())
    X, _ = sampler.fit_resample(TEXTS, ["1", "1", "2", "2"])
    assert X[4:] == ["1", "2"]
    assert sampler.labels_speak_ is None
    assert sampler.nearest_label_accuracy_ is None


def test_the_test_is_that_of_the_embedding_classifier():
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(30):
        texts = ["".join(rng.choice(list("abcd"), 3)) for _ in range(12)]
        labels = ["a", "b", "c"] * 4
        sampler = LabelTextOverSampler(encoder=SpellingEncoder()).fit(texts, labels)
        classifier = EmbeddingClassifier(encoder=SpellingEncoder(), label_texts=True).fit(texts, labels)
        assert sampler.labels_speak_ == classifier.label_texts_used_
        outcomes.add(sampler.labels_speak_)
    assert outcomes == {True, False}


def test_descriptions_replace_labels_in_the_test_and_in_the_rows():
    described = {"1": "a a c", "2": "b d"}
    plain = LabelTextOverSampler(encoder=SpellingEncoder()).fit(TEXTS, ["1", "1", "2", "2"])
    assert not plain.labels_speak_
    sampler = LabelTextOverSampler(label_descriptions=described, encoder=SpellingEncoder())
    X, y = sampler.fit_resample(TEXTS, ["1", "1", "2", "2"])
    assert sampler.labels_speak_
    assert (X[4:], y[4:]) == (["a a c", "b d"], ["1", "2"])
    # A class without one has its label.
    partly = LabelTextOverSampler(label_descriptions={"a_c": "c c"}, when="always")
    assert partly.fit_resample(TEXTS, LABELS)[0][4:] == ["c c", "b d"]


@pytest.mark.parametrize("bad", [None, 3])
def test_a_description_that_is_no_text_is_rejected(bad):
    with pytest.raises(TypeError, match=f"label_descriptions must hold texts only, got {bad}"):
        LabelTextOverSampler(label_descriptions={"a_c": bad}, when="always").fit(TEXTS, LABELS)


def test_an_empty_description_is_rejected():
    with pytest.raises(ValueError, match="label_descriptions must hold no empty texts, got ' '"):
        LabelTextOverSampler(label_descriptions={"a_c": " "}, when="always").fit(TEXTS, LABELS)


def test_a_description_of_no_class_is_warned_of():
    sampler = LabelTextOverSampler(label_descriptions={"a c": "typing error"}, when="always")
    with pytest.warns(
        UserWarning, match=r"classes that are not in y: \['a c'\]. They are ignored; the classes"
    ):
        X, _ = sampler.fit_resample(TEXTS, LABELS)
    assert X[4:] == ["a c", "b d"]


def test_a_text_that_is_a_row_already_is_not_added():
    X, y = LabelTextOverSampler(when="always").fit_resample([*TEXTS, " A  c"], [*LABELS, "a_c"])
    assert X[5:] == ["b d"]
    assert y[5:] == ["b_d"]
    # Nor one that is a row of another class.
    X, _ = LabelTextOverSampler(when="always").fit_resample([*TEXTS, "a c"], [*LABELS, "b_d"])
    assert X[5:] == ["b d"]


def test_a_text_that_two_classes_share_is_not_added():
    sampler = LabelTextOverSampler(when="always")
    X, _ = sampler.fit_resample(["x", "y", "z"], ["a_b", "a b", "c"])
    assert X == ["x", "y", "z", "c"]
    assert sampler.sampling_strategy_ == {"a b": 1, "a_b": 1, "c": 2}


def test_a_label_that_is_blank_in_words_is_not_added():
    sampler = LabelTextOverSampler(when="always")
    X_new, _ = sampler.fit_resample(TEXTS, ["_", "_", "b_d", "b_d"])
    assert X_new == [*TEXTS, "b d"]
    assert sampler.label_texts_ == {"b_d": "b d"}


def test_fitting_again_adds_nothing_twice():
    sampler = LabelTextOverSampler(when="always")
    X, y = sampler.fit_resample(TEXTS, LABELS)
    assert sampler.fit_resample(X, y) == (X, y)


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "str array": np.array,
    "object array": lambda x: np.array(x, dtype=object),
    "column": lambda x: np.array(x)[:, None],
    "Series": lambda x: pd.Series(x, name="text", index=range(10, 10 + len(x))),
    "polars": lambda x: pl.Series("text", x),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_container_that_came_in_goes_out(name):
    X = CONTAINERS[name](TEXTS)
    y = np.array(LABELS) if name == "column" else CONTAINERS[name](LABELS)
    X_new, y_new = LabelTextOverSampler(when="always").fit_resample(X, y)
    assert type(X_new) is type(X)
    assert type(y_new) is type(y)
    assert np.ravel(np.asarray(X_new)).tolist() == [*TEXTS, "a c", "b d"]
    assert np.asarray(y_new).tolist() == [*LABELS, "a_c", "b_d"]
    if name == "column":
        assert X_new.shape == (6, 1)
    if name in ("Series", "polars"):
        assert X_new.name == "text"
        assert X_new.dtype == X.dtype


@pytest.mark.parametrize("library", [pd, pl])
def test_other_columns_of_a_data_frame_are_missing_in_new_rows(library):
    X = library.DataFrame({"text": TEXTS, "length": [3.0, 1.0, 3.0, 1.0]})
    sampler = LabelTextOverSampler(when="always", text_column="text")
    X_new, _ = sampler.fit_resample(X, LABELS)
    assert list(X_new["text"]) == [*TEXTS, "a c", "b d"]
    lengths = X_new["length"].to_numpy()
    assert lengths[:4].tolist() == [3, 1, 3, 1]
    assert np.isnan(lengths[4:].astype(float)).all()
    assert sampler.feature_names_in_.tolist() == ["text", "length"]
    with pytest.raises(ValueError, match="name it with text_column="):
        LabelTextOverSampler(when="always").fit_resample(X, LABELS)


def test_labels_of_other_types():
    X, y = LabelTextOverSampler(when="always").fit_resample(["p", "q", "r"], np.array([7, 7, 8]))
    assert X[3:] == ["7", "8"]
    assert y.tolist() == [7, 7, 8, 7, 8]
    one_hot = np.array([[1, 0], [1, 0], [0, 1]])
    _, y = LabelTextOverSampler(when="always").fit_resample(["p", "q", "r"], one_hot)
    assert y.tolist() == [[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]]


def test_a_table_of_numbers_passes_with_a_warning():
    X, y = np.arange(6.0).reshape(3, 2), ["a", "a", "b"]
    sampler = LabelTextOverSampler(encoder=NoEncoder())
    with pytest.warns(
        UserWarning, match="X is a table of numbers, to which LabelTextOverSampler adds nothing"
    ):
        X_new, y_new = sampler.fit_resample(X, y)
    assert (X_new == X).all()
    assert y_new == y
    assert sampler.labels_speak_ is None
    assert sampler.sampling_strategy_ == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["a", None], ["x", "y"], TypeError, "got None .* in row 1"),
        (["a", "b"], ["x", "x"], ValueError, "at least two classes, got one class: 'x'"),
        (["a", "b"], ["x"], ValueError, "inconsistent"),
        (["a", "b"], None, ValueError, "LabelTextOverSampler requires y to be passed"),
    ],
)
def test_bad_input_is_rejected(X, y, error, message):
    with pytest.raises(error, match=message):
        LabelTextOverSampler(when="always").fit_resample(X, y)


def test_bad_parameters_are_rejected():
    with pytest.raises(ValueError, match="'when' parameter"):
        LabelTextOverSampler(when="never").fit_resample(TEXTS, LABELS)
    with pytest.raises(ValueError, match="'encoder' parameter"):
        LabelTextOverSampler(encoder="MiniLM").fit_resample(TEXTS, LABELS)


def test_fit_sets_what_would_be_added():
    sampler = LabelTextOverSampler(encoder=SpellingEncoder())
    assert sampler.fit(TEXTS, LABELS) is sampler
    assert sampler.sampling_strategy_ == {"a_c": 3, "b_d": 3}
    assert sampler.get_feature_names_out(["text"]).tolist() == ["text"]


def test_in_a_pipeline_the_label_is_learned():
    classifier = make_pipeline(
        LabelTextOverSampler(when="always"),
        TextSampler(RandomOverSampler(random_state=0)),
        TfidfVectorizer(token_pattern=r"\w+"),
        LogisticRegression(),
    )
    # No row has a "d".
    assert classifier.fit(TEXTS, LABELS).predict(["d"]).tolist() == ["b_d"]
    assert len(classifier[0].is_synthetic_) == 6
    assert clone(classifier).fit(TEXTS, LABELS).predict_proba(["d"]) == pytest.approx(
        classifier.predict_proba(["d"])
    )


@pytest.mark.parametrize("container", [list, lambda x: np.array(x, dtype=object), pd.Series])
def test_in_a_grid_search_beside_other_remedies(container):
    texts, labels = ORDERS + REFUNDS[:4], ["order_status"] * 8 + ["refund_status"] * 4
    classifier = make_pipeline(
        LabelTextOverSampler(when="always"), TfidfVectorizer(), LogitAdjustedClassifier(LogisticRegression())
    )
    grid = {
        "labeltextoversampler": ["passthrough", LabelTextOverSampler(when="always")],
        "logitadjustedclassifier__tau": [0, 1],
    }
    search = GridSearchCV(classifier, grid, cv=2, scoring="balanced_accuracy", error_score="raise")
    search.fit(container(texts), container(labels))
    assert len(search.cv_results_["params"]) == 4
    assert set(search.predict(container(["refund", "order"]))) == {
        "order_status",
        "refund_status",
    }


@pytest.mark.model
def test_the_embedded_encoder_hears_what_labels_say():
    texts, labels = ORDERS + REFUNDS, np.repeat(["order_status", "refund_status"], 8)
    assert LabelTextOverSampler().fit(texts, labels).labels_speak_
    silent = np.repeat(["class_17", "class_4"], 8)
    sampler = LabelTextOverSampler().fit(texts, silent)
    assert sampler.nearest_label_accuracy_ < 0.9
