"""TextSampler: imbalanced-learn's random samplers on texts, and as alternatives of one pipeline step."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn import FunctionSampler
from imblearn.over_sampling import SMOTE, SMOTEN, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    NearMiss,
    RandomUnderSampler,
    TomekLinks,
)
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer

from skbalagen import BalaGenResampler, PercentilePolicy, SentenceEncoder, TextSampler

X = ["one", "two", "three", "four", "five", "six", "seven"]
Y = ["big"] * 5 + ["small"] * 2
CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "str array": np.array,
    "object array": lambda x: np.array(x, dtype=object),
    "column": lambda x: np.array(x, dtype=object)[:, None],
    "Series": lambda x: pd.Series(x, name="text", index=range(10, 10 + len(x))),
    "polars": lambda x: pl.Series("text", x),
    "DataFrame": lambda x: pd.DataFrame({"text": x}),
    "polars DataFrame": lambda x: pl.DataFrame({"text": x}),
}


@pytest.mark.parametrize("inner", [RandomOverSampler(random_state=3), RandomUnderSampler(random_state=3)])
@pytest.mark.parametrize("name", CONTAINERS)
def test_rows_are_those_that_the_sampler_picks(name, inner):
    # On row numbers the sampler shows by itself which rows it picks.
    numbers, labels = clone(inner).fit_resample(np.arange(7)[:, None], Y)
    sampler = TextSampler(inner)
    container = CONTAINERS[name](X)
    X_new, y_new = sampler.fit_resample(container, Y)
    assert type(X_new) is type(container)
    assert np.ravel(np.asarray(X_new)).tolist() == [X[i] for i in numbers.ravel()]
    assert y_new == list(labels)
    assert sampler.sample_indices_.tolist() == numbers.ravel().tolist()
    assert sampler.sampling_strategy_ == sampler.sampler_.sampling_strategy_
    assert sampler.n_features_in_ == 1
    assert hasattr(sampler, "feature_names_in_") == ("DataFrame" in name)
    assert not hasattr(inner, "sample_indices_")


@pytest.mark.parametrize("name", ["list", "object array", "Series", "polars"])
def test_the_container_of_the_labels_goes_out(name):
    y = CONTAINERS[name](Y)
    _, y_new = TextSampler().fit_resample(X, y)
    assert type(y_new) is type(y)
    assert Counter(np.asarray(y_new).tolist()) == {"big": 5, "small": 5}


def test_one_column_per_class():
    y = np.array([[1, 0]] * 5 + [[0, 1]] * 2)
    _, y_new = TextSampler().fit_resample(X, y)
    assert y_new.sum(axis=0).tolist() == [5, 5]


@pytest.mark.parametrize("library", [pd, pl])
def test_all_columns_of_a_table_with_texts_are_taken(library):
    table = library.DataFrame({"text": X, "length": [len(x) for x in X]})
    sampler = TextSampler(RandomOverSampler(random_state=0))
    table_new, y_new = sampler.fit_resample(table, Y)
    assert len(table_new) == len(y_new) == 10
    assert [len(x) for x in table_new["text"]] == list(table_new["length"])
    assert sampler.n_features_in_ == 2


def test_parameters_of_the_sampler_count():
    sampler = TextSampler(RandomOverSampler(sampling_strategy={"small": 3}, random_state=0))
    _, y_new = sampler.fit_resample(X, Y)
    assert Counter(y_new) == {"big": 5, "small": 3}
    assert sampler.sampling_strategy_ == {"small": 1}
    sampler.set_params(sampler__sampling_strategy={"small": 4})
    assert Counter(clone(sampler).fit_resample(X, Y)[1]) == {"big": 5, "small": 4}


def test_none_copies_at_random():
    sampler = TextSampler()
    X_new, _ = sampler.fit_resample(X, Y)
    assert X_new[:7] == X
    assert set(X_new[7:]) <= {"six", "seven"}
    assert isinstance(sampler.sampler_, RandomOverSampler)


@pytest.mark.parametrize("inner", [SMOTE(), SMOTEN(), TomekLinks(), FunctionSampler(), BalaGenResampler()])
def test_samplers_that_look_at_rows_are_rejected(inner):
    message = rf"must pick rows without looking at them.*got {type(inner).__name__}. Put a sampler that needs"
    with pytest.raises(TypeError, match=message):
        TextSampler(inner).fit_resample(X, Y)


class Lengths(TransformerMixin, BaseEstimator):
    """A text as its number of characters: stands in for the sentence encoder."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[float(len(text))] for text in X])


# As vectors: big at 1, 2, 3, 4, 9 and small at 8, 10.
LONG = ["x" * n for n in (1, 8, 2, 3, 4, 10, 9)]
LONG_Y = ["big", "small", "big", "big", "big", "small", "big"]


@pytest.mark.parametrize(
    ("inner", "kept"),
    [
        # 8 and 9 are each other's nearest of another class; the row of the large class goes.
        (TomekLinks(), [1, 8, 2, 3, 4, 10]),
        # 8 is the nearest neighbour of 9, and of another class.
        (EditedNearestNeighbours(n_neighbors=1), [1, 8, 2, 3, 4, 10]),
        # The two rows nearest to the small class.
        (NearMiss(n_neighbors=1), [8, 4, 10, 9]),
        # The rows nearest to the two centres, 2.5 and 9; of 2 and 3 the first.
        (ClusterCentroids(voting="hard", random_state=0), [8, 2, 10, 9]),
    ],
    ids=lambda v: type(v).__name__ if not isinstance(v, list) else "",
)
@pytest.mark.parametrize("name", ["list", "object array", "Series", "polars"])
def test_with_an_encoder_under_samplers_choose_among_vectors(name, inner, kept):
    sampler = TextSampler(inner, encoder=Lengths())
    container = CONTAINERS[name](LONG)
    X_new, y_new = sampler.fit_resample(container, LONG_Y)
    assert type(X_new) is type(container)
    assert [len(text) for text in X_new] == kept
    assert y_new == [LONG_Y[i] for i in sampler.sample_indices_]
    assert np.ravel(np.asarray(X_new)).tolist() == [LONG[i] for i in sampler.sample_indices_]


def test_with_an_encoder_copies_come_last():
    sampler = TextSampler(RandomOverSampler(random_state=0), encoder=Lengths())
    X_new, _ = sampler.fit_resample(LONG, LONG_Y)
    assert X_new[:7] == LONG
    assert {len(text) for text in X_new[7:]} <= {8, 10}


def test_a_policy_says_how_far_large_classes_are_thinned():
    X = ["x" * n for n in range(1, 13)]
    y = ["a"] * 7 + ["b"] * 3 + ["c"] * 2
    policy = PercentilePolicy(beta_low=0, beta_high=33)  # thins the largest of three to the next
    sampler = TextSampler(NearMiss(sampling_strategy=policy, n_neighbors=1), encoder=Lengths())
    model = Pipeline([("thin", sampler), ("fill", BalaGenResampler(generator="sample-copy", random_state=0))])
    X_new, y_new = model.fit_resample(X, y)
    assert Counter(y_new) == {"a": 3, "b": 3, "c": 3}
    assert [len(text) for text in X_new[:8]] == [5, 6, 7, 8, 9, 10, 11, 12]  # nearest to the other classes


@pytest.mark.parametrize("inner", [SMOTE(k_neighbors=1), ClusterCentroids(voting="soft", random_state=0)])
def test_samplers_that_make_vectors_are_rejected(inner):
    with pytest.raises(
        TypeError, match=rf"must pick rows, got {type(inner).__name__}, which made vectors.*voting="
    ):
        TextSampler(inner, encoder=Lengths()).fit_resample(LONG, LONG_Y)


def test_what_is_no_encoder_is_rejected():
    with pytest.raises(ValueError, match="'encoder' parameter of TextSampler must be an object implementing"):
        TextSampler(TomekLinks(), encoder=LogisticRegression()).fit_resample(LONG, LONG_Y)


def test_a_smoothed_bootstrap_is_rejected():
    with pytest.raises(
        ValueError, match="When shrinkage is not None, X needs to contain only numerical data"
    ):
        TextSampler(RandomOverSampler(shrinkage=1.0)).fit_resample(X, Y)


def test_what_is_no_sampler_is_rejected():
    with pytest.raises(ValueError, match="'sampler' parameter of TextSampler must be an object implementing"):
        TextSampler(LogisticRegression()).fit_resample(X, Y)
    with pytest.raises(ValueError, match="'shrinkage' parameter of RandomOverSampler"):
        TextSampler(RandomOverSampler(shrinkage=-1)).fit_resample(X, Y)


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["a", None], ["x", "y"], TypeError, "got None .* in row 1"),
        (["a", " "], ["x", "y"], ValueError, "no empty texts, got ' ' in row 1"),
        (["a", "b"], ["x", "x"], ValueError, "at least two classes, got one class: 'x'"),
        (["a", "b"], ["x"], ValueError, "inconsistent"),
        (["a", "b"], None, ValueError, "TextSampler requires y to be passed"),
    ],
)
def test_bad_input_is_rejected(texts, labels, error, message):
    with pytest.raises(error, match=message):
        TextSampler().fit_resample(texts, labels)


@pytest.mark.parametrize("matrix", [np.asarray, csr_matrix, pd.DataFrame])
def test_numbers_are_left_to_the_sampler(matrix):
    numbers = np.random.default_rng(0).normal(size=(20, 3))
    y = np.repeat([0, 1], [13, 7])
    expected, y_expected = SMOTE(random_state=0).fit_resample(matrix(numbers), y)
    got, y_got = TextSampler(SMOTE(random_state=0)).fit_resample(matrix(numbers), y)
    assert type(got) is type(expected)
    dense = [m.toarray() if issparse(m) else np.asarray(m) for m in (got, expected)]
    assert (dense[0] == dense[1]).all()
    assert (y_got == y_expected).all()


def test_fit_checks_and_sets_the_strategy():
    sampler = TextSampler(RandomUnderSampler(random_state=0))
    assert sampler.fit(X, Y) is sampler
    assert sampler.sampling_strategy_ == {"big": 2}
    assert sampler.get_feature_names_out(["text"]).tolist() == ["text"]


def corpus():
    """Words tell the two classes apart."""
    texts = [f"order number {i} is late" for i in range(9)] + [f"refund my money {i}" for i in range(4)]
    return texts, ["order"] * 9 + ["refund"] * 4


@pytest.mark.filterwarnings("ignore:.*got fewer generated rows than wanted:UserWarning")  # few words to mix
@pytest.mark.parametrize("name", ["list", "object array", "Series"])
def test_samplers_are_alternatives_of_one_step(name):
    texts, labels = corpus()
    classifier = Pipeline(
        [("balance", "passthrough"), ("words", TfidfVectorizer()), ("classify", LogisticRegression())]
    )
    alternatives = [
        "passthrough",
        TextSampler(RandomOverSampler(random_state=0)),
        TextSampler(RandomUnderSampler(random_state=0)),
        BalaGenResampler(generator="markov-chain", labelers=[], random_state=0),
    ]
    search = GridSearchCV(
        classifier, {"balance": alternatives}, cv=2, scoring="balanced_accuracy", error_score="raise"
    )
    search.fit(CONTAINERS[name](texts), CONTAINERS[name](labels))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(CONTAINERS[name](["money", "order"])).tolist() == ["refund", "order"]


def as_column(texts):
    return np.asarray(texts, dtype=object).reshape(-1, 1)


@pytest.mark.parametrize("name", ["list", "object array", "Series"])
def test_without_textsampler_two_steps_reshape_the_texts(name):
    texts, labels = corpus()
    classifier = Pipeline(
        [
            ("to_column", FunctionTransformer(as_column)),
            ("balance", RandomOverSampler(random_state=0)),
            ("to_texts", FunctionTransformer(np.ravel)),
            ("words", TfidfVectorizer()),
            ("classify", LogisticRegression()),
        ]
    )
    alternatives = ["passthrough", RandomOverSampler(random_state=0)]
    search = GridSearchCV(classifier, {"balance": alternatives}, cv=2, error_score="raise")
    search.fit(CONTAINERS[name](texts), CONTAINERS[name](labels))
    # It learns the same as with TextSampler.
    wrapped = Pipeline(
        [
            ("balance", TextSampler(RandomOverSampler(random_state=0))),
            ("words", TfidfVectorizer()),
            ("classify", LogisticRegression()),
        ]
    ).fit(CONTAINERS[name](texts), labels)
    raw = clone(classifier).fit(CONTAINERS[name](texts), labels)
    assert raw.predict_proba(texts) == pytest.approx(wrapped.predict_proba(texts))


@pytest.mark.parametrize("library", [pd, pl])
def test_with_an_encoder_all_columns_of_one_text_column_are_kept(library):
    table = library.DataFrame({"text": LONG})
    sampler = TextSampler(TomekLinks(), encoder=Lengths())
    table_new, _ = sampler.fit_resample(table, LONG_Y)
    assert [len(text) for text in table_new["text"]] == [1, 8, 2, 3, 4, 10]
    assert sampler.n_features_in_ == 1


def test_the_encoder_is_cloned_and_searched():
    encoder = TfidfVectorizer()
    texts, labels = corpus()
    model = Pipeline(
        [
            ("clean", TextSampler(EditedNearestNeighbours(n_neighbors=2), encoder=encoder)),
            ("words", TfidfVectorizer()),
            ("classify", LogisticRegression()),
        ]
    )
    grid = {"clean__encoder__ngram_range": [(1, 1), (1, 2)], "clean__sampler__n_neighbors": [1, 2]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(texts, labels)
    assert len(search.cv_results_["params"]) == 4
    assert not hasattr(encoder, "vocabulary_")


def test_sparse_vectors_are_taken():
    texts, labels = corpus()
    sampler = TextSampler(NearMiss(n_neighbors=1), encoder=TfidfVectorizer())
    texts_new, labels_new = sampler.fit_resample(texts, labels)
    assert Counter(labels_new) == {"order": 4, "refund": 4}
    assert [texts.index(text) for text in texts_new] == sorted(texts.index(text) for text in texts_new)


@pytest.mark.model
def test_under_samplers_choose_among_sentence_vectors():
    texts = [
        "where is my parcel",
        "track my parcel",
        "where is my order now",
        "my refund is late",
        "give a refund",
    ]
    labels = ["order"] * 4 + ["refund"]
    sampler = TextSampler(EditedNearestNeighbours(n_neighbors=1), encoder=SentenceEncoder())
    texts_new, _ = sampler.fit_resample(texts, labels)
    assert "my refund is late" not in texts_new  # its neighbour is of the other class
    assert "track my parcel" in texts_new
