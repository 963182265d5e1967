"""What the over-samplers of vectors share: the check suites, the order of rows, seeds, and that each of them helps."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import parametrize_with_checks
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.utils.estimator_checks import check_estimator

from skbalagen import ECRT, GE3, MISO, REPRINT, GANOverSampler, PercentilePolicy, VAEOverSampler

# Trained for a few steps only: what they share does not depend on it.
SAMPLERS = [
    GE3(random_state=0),
    REPRINT(random_state=0),
    ECRT(epochs=1, random_state=0),
    MISO(n_steps=2, random_state=0),
    VAEOverSampler(epochs=1, random_state=0),
    GANOverSampler(n_steps=2, random_state=0),
]


def two_clusters(n_large, n_small, seed=0):
    """Two overlapping clusters in three dimensions."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_large + n_small, 3))
    X[n_large:, :2] += 1.6
    return X, np.repeat(["large", "small"], [n_large, n_small])


@parametrize_with_checks(SAMPLERS)
def test_samplers_pass_the_checks_of_imbalanced_learn(estimator, check, request):
    check(estimator)


@pytest.mark.filterwarnings("ignore")  # of the checks that scikit-learn skips
@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_samplers_pass_the_checks_of_scikit_learn(sampler):
    outcomes = check_estimator(sampler, on_fail=None, on_skip=None)
    assert [f"{o['check_name']}: {o['exception']}" for o in outcomes if o["status"] == "failed"] == []
    assert sum(o["status"] == "passed" for o in outcomes) >= 40


@pytest.mark.parametrize(
    "sampler",
    [
        GE3(random_state=0),
        REPRINT(random_state=0),
        ECRT(epochs=10, random_state=0),
        MISO(n_steps=50, random_state=0),
        VAEOverSampler(epochs=20, random_state=0),
        GANOverSampler(n_steps=30, random_state=0),
    ],
    ids=lambda s: type(s).__name__,
)
def test_each_raises_the_recall_that_plain_training_lacks(sampler):
    X, y = two_clusters(200, 8)
    X_test, y_test = two_clusters(500, 500, seed=1)
    plain = LogisticRegression().fit(X, y)
    helped = make_pipeline(sampler, LogisticRegression()).fit(X, y)
    recalls = [recall_score(y_test, m.predict(X_test), pos_label="small") for m in (plain, helped)]
    assert recalls[0] < 0.5
    assert recalls[1] > recalls[0] + 0.15
    assert recall_score(y_test, helped.predict(X_test), pos_label="large") > 0.6


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_originals_come_first_and_classes_in_their_order(sampler):
    X, y = two_clusters(30, 6)
    sampler = clone(sampler).set_params(sampling_strategy={"small": 9, "large": 33})
    X_new, y_new = sampler.fit_resample(X, y)
    assert (X_new[:36] == X).all()
    assert y_new[36:].tolist() == ["large"] * 3 + ["small"] * 3
    assert sampler.sampling_strategy_ == {"small": 3, "large": 3}
    assert sampler.distinct_share_.keys() == {"small", "large"}
    assert all(0 < share <= 1 for share in sampler.distinct_share_.values())


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_equal_seeds_give_equal_rows_and_global_states_stay(sampler):
    import torch

    X, y = two_clusters(30, 6)

    def states():
        numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the global one is what must stay
        return random.getstate(), numpy_state, torch.get_rng_state().tolist()

    before = states()
    first, second = (clone(sampler).fit_resample(X, y)[0] for _ in range(2))
    other = clone(sampler).set_params(random_state=1).fit_resample(X, y)[0]
    assert (first == second).all()
    assert not (first == other).all()
    assert states() == before


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_the_type_of_labels_does_not_matter(sampler):
    X, y = two_clusters(30, 6)
    by_name = clone(sampler).fit_resample(X, y)[0]
    by_number = clone(sampler).fit_resample(X, (y == "small").astype(int))[0]
    assert by_name == pytest.approx(by_number)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_nothing_to_add_changes_nothing(sampler):
    X, y = two_clusters(8, 8)
    sampler = clone(sampler)
    X_new, y_new = sampler.fit_resample(X, y)
    assert (X_new == X).all()
    assert (y_new == y).all()
    assert sampler.distinct_share_ == {}


def test_policies_and_tables_are_taken():
    X, y = two_clusters(20, 4)
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    sampler = GE3(sampling_strategy=PercentilePolicy(beta_low=50), random_state=0)
    X_new, y_new = sampler.fit_resample(table, pd.Series(y, name="label"))
    assert X_new.columns.tolist() == ["a", "b", "c"]
    assert Counter(y_new) == {"large": 20, "small": 20}
    assert sampler.feature_names_in_.tolist() == ["a", "b", "c"]


def test_whole_numbers_are_not_cut_off():
    X_new, _ = GE3(random_state=0).fit_resample(np.array([[0, 1], [1, 1], [2, 3], [8, 9]]), [0, 0, 0, 1])
    assert X_new.dtype == np.float64
    assert X_new[4:].sum() != X_new[4:].round().sum()


def test_copies_are_counted_as_such():
    # One row of the other class, so each new row is the mean of the class.
    X, y = np.array([[0.0], [2.0], [9.0]]), ["a", "a", "b"]
    sampler = GE3(sampling_strategy={"a": 6}, random_state=0)
    with pytest.warns(UserWarning, match="4 rows to class 'a', and there are 1 rows of other classes"):
        X_new, _ = sampler.fit_resample(X, y)
    assert X_new[3:].tolist() == [[1.0]] * 4
    assert sampler.distinct_share_ == {"a": 0.25}


@pytest.mark.parametrize("matrix", [csr_matrix, csc_matrix])
def test_a_sparse_matrix_comes_back_sparse(matrix):
    X, y = two_clusters(12, 4)
    X[X < 0] = 0
    X_new, _ = GE3(random_state=0).fit_resample(matrix(X), y)
    assert isinstance(X_new, matrix)
    assert X_new.toarray() == pytest.approx(GE3(random_state=0).fit_resample(X, y)[0])


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_missing_values_are_refused(sampler):
    with pytest.raises(ValueError, match="Input X contains NaN"):
        clone(sampler).fit_resample([[0.0], [np.nan], [1.0], [2.0]], [0, 0, 0, 1])


class HashedWords(TransformerMixin, BaseEstimator):
    """Stands in for the sentence encoder."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return HashingVectorizer(n_features=16).transform(X).toarray().astype(np.float32)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_samplers_stand_behind_an_encoder_of_texts(sampler):
    texts = [f"order {i} is late" for i in range(9)] + [f"is my order {i} refunded" for i in range(4)]
    model = make_pipeline(HashedWords(), clone(sampler), LogisticRegression(C=10))
    model.fit(texts, ["order"] * 9 + ["refund"] * 4)
    assert sorted(set(model.predict(texts))) == ["order", "refund"]


@pytest.mark.model
def test_samplers_stand_behind_the_sentence_encoder():
    from skbalagen import SentenceEncoder

    texts = [
        "where is my parcel",
        "my order is late",
        "track my order",
        "has it shipped",
        "i want my money back",
    ]
    texts += ["please refund me"]
    y = ["order"] * 4 + ["refund"] * 2
    model = make_pipeline(SentenceEncoder(), REPRINT(random_state=0), LogisticRegression(C=10)).fit(texts, y)
    assert model.predict(["refund my money"]).tolist() == ["refund"]
