"""Over-samplers of vectors in pipelines and searches, and what must not change their rows."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skbalagen import ECRT, GE3, MISO, REPRINT, GANOverSampler, VAEOverSampler, WeakClassPolicy

SAMPLERS = [
    GE3(random_state=0),
    REPRINT(n_components=2, random_state=0),
    ECRT(epochs=1, random_state=0),
    MISO(n_steps=2, random_state=0),
    VAEOverSampler(epochs=1, random_state=0),
    GANOverSampler(n_steps=2, random_state=0),
]
each_sampler = pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)


def three_classes(sizes=(24, 9, 6), n_features=4, seed=0):
    """Overlapping clusters, so that every class has difficult rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(sum(sizes), n_features))
    y = np.repeat(["a", "b", "c"], sizes)
    X[:, 0] += 1.5 * (y == "b")
    X[:, 1] += 1.5 * (y == "c")
    return X, y


@each_sampler
def test_rows_of_a_class_do_not_depend_on_which_others_grow(sampler):
    X, y = three_classes()
    alone, _ = clone(sampler).set_params(sampling_strategy={"c": 16}).fit_resample(X, y)
    beside, y_new = clone(sampler).set_params(sampling_strategy={"b": 20, "c": 16}).fit_resample(X, y)
    assert (beside[39:][y_new[39:] == "c"] == alone[39:]).all()


@each_sampler
def test_the_order_of_a_dict_does_not_matter(sampler):
    X, y = three_classes()
    one, other = (
        clone(sampler).set_params(sampling_strategy=wanted).fit_resample(X, y)
        for wanted in ({"b": 12, "c": 10}, {"c": 10, "b": 12})
    )
    assert (one[0] == other[0]).all()
    assert (one[1] == other[1]).all()


@each_sampler
def test_new_rows_lie_among_the_real_ones(sampler):
    X, y = three_classes((60, 20, 12))
    X_new, y_new = clone(sampler).fit_resample(1000 + 10 * X, y)
    added = X_new[92:]
    assert np.isfinite(added).all()
    assert y_new.tolist().count("b") == y_new.tolist().count("c") == 60
    # Nothing is written in units of its own, even by networks that have hardly been trained.
    assert np.abs(added - 1000).max() < 200


@each_sampler
def test_a_fitted_sampler_can_be_pickled_and_keeps_no_network(sampler):
    X, y = three_classes()
    fitted = clone(sampler)
    fitted.fit_resample(X, y)
    blob = pickle.dumps(fitted)
    assert len(blob) < 5000
    again = pickle.loads(blob)
    assert again.sampling_strategy_ == fitted.sampling_strategy_
    assert (again.fit_resample(X, y)[0] == fitted.fit_resample(X, y)[0]).all()


@each_sampler
def test_without_a_seed_rows_differ_from_call_to_call(sampler):
    X, y = three_classes()
    sampler = clone(sampler).set_params(random_state=None)
    first, second = (sampler.fit_resample(X, y)[0] for _ in range(2))
    assert (first[:39] == second[:39]).all()
    assert not (first[39:] == second[39:]).all()


@pytest.mark.parametrize(
    "strategy", [0.5, "minority", "all", "auto", {"small": 15}, lambda y: {"small": 12}], ids=str
)
def test_strategies_are_those_of_imbalanced_learn(strategy):
    X, y = three_classes((20, 0, 5))
    y = np.where(y == "a", "large", "small")
    _, expected = SMOTE(sampling_strategy=strategy, k_neighbors=2, random_state=0).fit_resample(X, y)
    _, y_new = GE3(sampling_strategy=strategy, random_state=0).fit_resample(X, y)
    assert sorted(y_new) == sorted(expected)


def test_fewer_rows_than_there_are_is_an_error_of_imbalanced_learn():
    X, y = three_classes()
    with pytest.raises(
        ValueError, match="With over-sampling methods, the number of samples in a class should be"
    ):
        GE3(sampling_strategy={"c": 3}).fit_resample(X, y)


def test_samplers_are_alternatives_of_one_step_and_their_parameters_are_searched():
    X, y = three_classes((60, 20, 12))
    model = Pipeline(
        [("scale", StandardScaler()), ("sampler", "passthrough"), ("classify", LogisticRegression())]
    )
    grid = [
        {"sampler": ["passthrough", GE3(random_state=0), SMOTE(random_state=0)]},
        {"sampler": [REPRINT(random_state=0)], "sampler__n_components": [0, 2, 4]},
    ]
    search = GridSearchCV(model, grid, cv=3, scoring="balanced_accuracy", error_score="raise").fit(X, y)
    scores = dict(
        zip(map(str, search.cv_results_["params"]), search.cv_results_["mean_test_score"], strict=True)
    )
    assert len(scores) == 6
    assert search.best_score_ > next(s for p, s in scores.items() if "passthrough" in p)
    # No components is GE3, drawn with the same seed.
    ge3 = next(s for p, s in scores.items() if "GE3" in p)
    assert ge3 == pytest.approx(next(s for p, s in scores.items() if "'sampler__n_components': 0" in p))


def test_a_fold_is_never_resampled():
    X, y = three_classes((60, 20, 12))
    model = Pipeline([("pca", PCA(2)), ("sampler", GE3(random_state=0)), ("classify", LogisticRegression())])
    assert len(model.fit(X, y).predict(X)) == len(X)


def test_names_of_columns_are_kept():
    X, y = three_classes()
    table = pd.DataFrame(X, columns=list("wxyz"), index=range(100, 139))
    sampler = REPRINT(random_state=0)
    X_new, _ = sampler.fit_resample(table, y)
    assert X_new.columns.tolist() == list("wxyz")
    assert sampler.get_feature_names_out().tolist() == list("wxyz")
    assert sampler.n_features_in_ == 4


def test_a_policy_fitted_on_texts_says_how_far_vectors_grow():
    texts = [f"where is parcel {i}" for i in range(24)] + [f"money back {i}" for i in range(9)] + ["who"] * 6
    X, y = three_classes()
    policy = WeakClassPolicy(random_state=0).fit(texts, y)
    _, y_new = GE3(sampling_strategy=policy, random_state=0).fit_resample(X, y)
    # All rows of c are one text, which cannot be tested: it is filled up.
    assert (y_new == "c").sum() == 24


# What follows from the formulas, whatever the rows.

rows = st.lists(
    st.tuples(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 10)),
    min_size=2,
    max_size=12,
    unique=True,
)


@settings(max_examples=30, deadline=None)
@given(rows, rows)
def test_all_rows_that_ge3_moves_have_the_mean_of_their_class(source, target):
    X, y = np.array([*source, *target]), np.repeat([0, 1], [len(source), len(target)])
    sampler = GE3(sampling_strategy={1: len(target) + len(source)}, random_state=0)
    X_new, _ = sampler.fit_resample(X, y)
    assert X_new[len(X) :].mean(axis=0) == pytest.approx(np.mean(target, axis=0), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(rows, rows, st.floats(-5, 5), st.floats(0.5, 4))
def test_ge3_moves_and_scales_with_the_data(source, target, shift, scale):
    X, y = np.array([*source, *target]), np.repeat([0, 1], [len(source), len(target)])
    sampler = GE3(sampling_strategy={1: len(target) + len(source)}, random_state=0)
    made = sampler.fit_resample(X, y)[0]
    assert sampler.fit_resample(scale * X + shift, y)[0] == pytest.approx(scale * made + shift, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 4), st.integers(0, 1000))
def test_reprint_turns_with_the_data(n_components, seed):
    X, y = three_classes(seed=seed)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    sampler = REPRINT(n_components=n_components, random_state=0)
    assert sampler.fit_resample(X @ turn, y)[0] == pytest.approx(
        sampler.fit_resample(X, y)[0] @ turn, abs=1e-6
    )
