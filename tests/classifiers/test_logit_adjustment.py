"""LogitAdjustedClassifier: the formula, where shares come from, tuning, and life in pipelines and searches."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skbalagen import LogitAdjustedClassifier
from skbalagen.metrics import macro_accuracy


class Constant(ClassifierMixin, BaseEstimator):
    """Return the same logits for every row."""

    def __init__(self, logits=(2.0, 1.0, 0.0)):
        self.logits = logits

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return self

    def decision_function(self, X):
        scores = np.tile(self.logits, (len(X), 1))
        return scores[:, 1] - scores[:, 0] if len(self.logits) == 2 else scores


def clouds(sizes, seed=0):
    """Overlapping clouds of the given sizes around the corners of a triangle."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.8]])
    X = np.vstack([rng.normal(centres[i], 1, (n, 2)) for i, n in enumerate(sizes)])
    return X, np.repeat(np.array(["many", "some", "rare"])[: len(sizes)], sizes)


X, Y = clouds((300, 40, 10))
X_TEST, Y_TEST = clouds((500, 500, 500), seed=1)
TEXTS = ["the parcel", "my parcel", "a parcel", "this parcel", "parcel again", "money back", "back the money"]
LABELS = ["parcel"] * 5 + ["money"] * 2


def test_the_formula_on_the_numbers_of_the_specification():
    y = np.repeat([0, 1, 2], [10000, 625, 16])
    classifier = LogitAdjustedClassifier(Constant()).fit(np.zeros((len(y), 1)), y)
    assert classifier.priors_ == pytest.approx([10000 / 10641, 625 / 10641, 16 / 10641])
    assert classifier.decision_function([[0]])[0] == pytest.approx([2.062129, 3.834718, 6.499881], abs=1e-6)
    assert classifier.predict([[0]]).tolist() == [2]
    assert classifier.set_params(tau=0).predict([[0]]).tolist() == [0]


def test_two_classes_shift_the_log_odds_by_hand():
    y = np.repeat([0, 1], [9, 1])
    classifier = LogitAdjustedClassifier(Constant((1.0, 0.0))).fit(np.zeros((10, 1)), y)
    # -1 is the log odds, log 9 what the shares take away.
    assert classifier.decision_function([[0], [0]]) == pytest.approx([-1 + np.log(9)] * 2)
    assert classifier.predict([[0]]).tolist() == [1]
    # -1 + tau log 9 is 0 at tau = 0.455.
    assert classifier.set_params(tau=0.45).predict([[0]]).tolist() == [0]
    assert classifier.set_params(tau=0.46).predict([[0]]).tolist() == [1]


@pytest.mark.parametrize(
    "inner",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=2, random_state=0),
        KNeighborsClassifier(),
        LinearSVC(random_state=0),
        OneVsRestClassifier(LogisticRegression()),
    ],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_tau_zero_is_the_plain_classifier(inner, classes):
    rows = np.isin(Y, np.unique(Y)[:classes])
    plain = clone(inner).fit(X[rows], Y[rows])
    adjusted = LogitAdjustedClassifier(inner, tau=0).fit(X[rows], Y[rows])
    assert (adjusted.predict(X_TEST) == plain.predict(X_TEST)).all()


def test_balanced_classes_are_the_plain_classifier():
    plain = LogisticRegression().fit(X_TEST, Y_TEST)
    adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X_TEST, Y_TEST)
    assert (adjusted.predict(X) == plain.predict(X)).all()
    assert adjusted.priors_ == pytest.approx([1 / 3] * 3)


def test_macro_accuracy_rises_and_probabilities_stay():
    plain = LogisticRegression().fit(X, Y)
    adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X, Y)
    assert (
        macro_accuracy(Y_TEST, adjusted.predict(X_TEST)) > macro_accuracy(Y_TEST, plain.predict(X_TEST)) + 0.1
    )
    assert (adjusted.predict_proba(X_TEST) == plain.predict_proba(X_TEST)).all()
    # By hand from the probabilities, which multinomial logits equal up to a constant per row.
    by_hand = np.log(plain.predict_proba(X_TEST)) - np.log(np.array([300, 10, 40]) / 350)
    assert (adjusted.predict(X_TEST) == plain.classes_[by_hand.argmax(axis=1)]).all()


def test_a_probability_of_zero_is_never_raised():
    forest = LogitAdjustedClassifier(RandomForestClassifier(3, random_state=0)).fit(X, Y)
    assert forest.score_method_ == "predict_proba"
    impossible = forest.predict_proba(X_TEST) == 0
    assert impossible.any()
    assert np.isfinite(forest.decision_function(X_TEST)).all()
    predicted = np.searchsorted(forest.classes_, forest.predict(X_TEST))
    assert not impossible[np.arange(len(X_TEST)), predicted].any()


def test_predict_proba_is_there_only_where_the_classifier_has_it():
    assert hasattr(LogitAdjustedClassifier(LogisticRegression()), "predict_proba")
    assert not hasattr(LogitAdjustedClassifier(Perceptron()), "predict_proba")


def test_priors_come_from_weights_which_are_passed_on():
    weights = np.where(Y == "rare", 30.0, np.where(Y == "some", 7.5, 1.0))
    adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X, Y, sample_weight=weights)
    assert adjusted.priors_ == pytest.approx([1 / 3] * 3)
    weighted = LogisticRegression().fit(X, Y, sample_weight=weights)
    assert adjusted.estimator_.coef_ == pytest.approx(weighted.coef_)
    assert (adjusted.predict(X_TEST) == weighted.predict(X_TEST)).all()


def test_weights_reach_the_last_step_of_a_pipeline():
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    weights = np.array([1, 1, 1, 1, 1, 5, 5.0])
    adjusted = LogitAdjustedClassifier(make_pipeline(pipeline)).fit(TEXTS, LABELS, sample_weight=weights)
    expected = clone(pipeline).fit(TEXTS, LABELS, logisticregression__sample_weight=weights)
    assert adjusted.predict_proba(TEXTS) == pytest.approx(expected.predict_proba(TEXTS))
    assert adjusted.priors_ == pytest.approx([10 / 15, 5 / 15])  # money, parcel


def test_weights_that_the_classifier_does_not_take_are_rejected():
    with pytest.raises(
        ValueError, match=r"sample_weight must be None .* KNeighborsClassifier. Leave them out"
    ):
        LogitAdjustedClassifier(KNeighborsClassifier()).fit(X, Y, sample_weight=np.ones(len(Y)))


def test_weights_are_routed_where_metadata_routing_is_on():
    weights = np.where(Y == "many", 1.0, 3.0)
    expected = LogisticRegression().fit(X, Y, sample_weight=weights)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(LogitAdjustedClassifier(inner).set_fit_request(sample_weight=True))
        adjusted = pipeline.fit(X, Y, sample_weight=weights)[-1]
        deaf = LogitAdjustedClassifier(LogisticRegression().set_fit_request(sample_weight=False))
        deaf.fit(X, Y, sample_weight=weights)
    assert adjusted.estimator_.coef_ == pytest.approx(expected.coef_)
    assert adjusted.priors_ == pytest.approx([300 / 450, 30 / 450, 120 / 450])
    assert deaf.estimator_.coef_ == pytest.approx(LogisticRegression().fit(X, Y).coef_)
    assert deaf.priors_ == pytest.approx([300 / 350, 10 / 350, 40 / 350])


def test_a_class_without_weight_is_not_raised():
    weights = (Y != "rare").astype(float)
    adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X, Y, sample_weight=weights)
    assert adjusted.priors_[1] == 0
    assert "rare" not in adjusted.predict(X_TEST)
    # Bagging gives such weights.
    bagged = BaggingClassifier(LogitAdjustedClassifier(LogisticRegression()), random_state=0, n_estimators=3)
    assert bagged.fit(X, Y).score(X_TEST, Y_TEST) > 0.5


def test_priors_can_be_given():
    named = {"many": 6, "some": 3, "rare": 1}
    by_name = LogitAdjustedClassifier(LogisticRegression(), priors=named).fit(X, Y)
    in_order = LogitAdjustedClassifier(LogisticRegression(), priors=[0.6, 0.1, 0.3]).fit(X, Y)
    assert by_name.priors_ == pytest.approx([0.6, 0.1, 0.3])  # many, rare, some
    assert by_name.decision_function(X_TEST) == pytest.approx(in_order.decision_function(X_TEST))
    with pytest.raises(ValueError, match=r"got none for \['rare'\]"):
        LogitAdjustedClassifier(LogisticRegression(), priors={"many": 6, "some": 3}).fit(X, Y)


def test_behind_a_sampler_the_shares_are_those_of_the_resampled_rows():
    pipeline = make_sampling_pipeline(
        RandomOverSampler(sampling_strategy={"rare": 60}, random_state=0),
        LogitAdjustedClassifier(LogisticRegression()),
    )
    assert pipeline.fit(X, Y)[-1].priors_ == pytest.approx([300 / 400, 60 / 400, 40 / 400])


@pytest.mark.parametrize(
    "inner",
    [
        make_sampling_pipeline(RandomOverSampler(), LogisticRegression()),
        make_pipeline(make_sampling_pipeline(RandomOverSampler(), LogisticRegression())),
        BalancedBaggingClassifier(sampler=RandomOverSampler()),
    ],
)
def test_a_sampler_inside_is_rejected_unless_priors_are_given(inner):
    with pytest.raises(
        ValueError, match=r"must not resample its rows.*got the sampler.*Put the sampler in front"
    ):
        LogitAdjustedClassifier(inner).fit(X, Y)
    assert LogitAdjustedClassifier(inner, priors=[1, 1, 1]).fit(X, Y).priors_ == pytest.approx([1 / 3] * 3)


def test_class_weights_inside_are_warned_of():
    inner = make_pipeline(LogisticRegression(class_weight="balanced"))
    with pytest.warns(
        UserWarning, match="logisticregression__class_weight='balanced' in the estimator already"
    ):
        LogitAdjustedClassifier(inner).fit(X, Y)
    # Warnings are errors here: no more is said where the adjustment is off, tuned or has its own priors.
    for parameters in ({"tau": 0}, {"tau": [0, 1]}, {"priors": [1, 1, 1]}):
        LogitAdjustedClassifier(inner, random_state=0, **parameters).fit(X, Y)


def test_tau_is_read_when_predicting():
    inner = Constant()
    classifier = LogitAdjustedClassifier(inner).fit(X, Y)
    for tau, expected in ((0, "many"), (1, "rare"), (0.0, "many")):
        assert classifier.set_params(tau=tau).predict(X[:1]).tolist() == [expected]
        assert classifier.tau_ == tau
    assert classifier.estimator_.n_fits_ == 1
    with pytest.raises(NotFittedError, match="tau='auto' is tuned by fit"):
        classifier.set_params(tau="auto").predict(X[:1])


def test_tau_is_tuned_on_held_out_rows_and_all_rows_are_learned():
    tuned = LogitAdjustedClassifier(LogisticRegression(), tau="auto", random_state=0).fit(X, Y)
    assert list(tuned.tau_scores_) == pytest.approx(np.arange(21) / 10)
    best = max(tuned.tau_scores_.values())
    assert tuned.tau_scores_[tuned.tau_] == best
    assert best > tuned.tau_scores_[0.0]
    assert tuned.estimator_.coef_ == pytest.approx(LogisticRegression().fit(X, Y).coef_)
    assert tuned.priors_ == pytest.approx([300 / 350, 10 / 350, 40 / 350])
    same = LogitAdjustedClassifier(LogisticRegression(), tau="auto", random_state=0).fit(X, Y)
    assert same.tau_scores_ == tuned.tau_scores_
    # A number takes over, and another fit forgets what was tuned.
    assert tuned.set_params(tau=0.3).tau_ == 0.3
    assert not hasattr(tuned.fit(X, Y), "tau_scores_")


class Recorder(LogisticRegression):
    """Keep the rows of every fit, of all clones."""

    fits: list = []  # noqa: RUF012 - shared on purpose

    def fit(self, X, y, sample_weight=None):
        self.fits.append(
            (np.ravel(X).tolist(), list(y), None if sample_weight is None else list(sample_weight))
        )
        return super().fit(X, y, sample_weight)


def test_tuning_holds_out_a_part_of_each_class_and_keeps_single_rows(monkeypatch):
    monkeypatch.setattr(Recorder, "fits", [])
    y = np.array(["a"] * 10 + ["b"] * 4 + ["c"] * 2 + ["d"])
    rows = np.arange(len(y), dtype=float)[:, None]
    classifier = LogitAdjustedClassifier(Recorder(), tau=[0, 1], validation_fraction=0.3, random_state=0)
    classifier.fit(rows, y, sample_weight=rows.ravel() + 1)
    part, whole = Recorder.fits
    assert [part[1].count(label) for label in "abcd"] == [7, 3, 1, 1]
    assert part[2] == [row + 1 for row in part[0]]  # weights go with their rows
    assert whole[0] == rows.ravel().tolist()
    # By hand: fitted on the part, priors of the part, scored on the rest.
    inner = LogisticRegression().fit(np.array(part[0])[:, None], part[1], sample_weight=part[2])
    shares = np.array(
        [sum(w for w, label in zip(part[2], part[1], strict=True) if label == c) for c in "abcd"]
    )
    held = np.setdiff1d(rows.ravel(), part[0]).astype(int)
    for tau in (0, 1):
        scores = inner.decision_function(rows[held]) - tau * np.log(shares / shares.sum())
        expected = macro_accuracy(y[held], inner.classes_[scores.argmax(axis=1)])
        assert classifier.tau_scores_[tau] == pytest.approx(expected)


def test_of_equal_scores_the_tau_nearest_to_one_is_taken():
    y = np.repeat(["a", "b", "c"], [100, 10, 5])
    # Logits far apart: no value changes a prediction.
    classifier = LogitAdjustedClassifier(Constant((90.0, 0.0, 0.0)), tau=[2.5, 0, 0.8, 1.4], random_state=0)
    classifier.fit(np.zeros((len(y), 1)), y)
    assert set(classifier.tau_scores_.values()) == {1 / 3}
    assert classifier.tau_ == 0.8


@pytest.mark.parametrize("tau", [[], [0.5, -1], [np.nan]])
def test_bad_candidates_for_tau_are_rejected(tau):
    with pytest.raises(
        ValueError, match="tau must be a number, 'auto' or a list of numbers of at least 0, got"
    ):
        LogitAdjustedClassifier(LogisticRegression(), tau=tau).fit(X, Y)


def test_tuning_without_a_class_of_two_rows_is_rejected():
    with pytest.raises(ValueError, match=r"at least 2 rows to hold one out, got 3 classes of 1 row. Set tau"):
        LogitAdjustedClassifier(LogisticRegression(), tau="auto").fit(X[[0, 310, 345]], Y[[0, 310, 345]])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": -1}, "'tau' parameter"),
        ({"tau": "best"}, "'tau' parameter"),
        ({"priors": "fit"}, "'priors' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
    ],
)
def test_bad_parameters_are_rejected(parameters, message):
    with pytest.raises(ValueError, match=message):
        LogitAdjustedClassifier(LogisticRegression(), **parameters).fit(X, Y)


def test_parameters_of_the_inner_classifier_are_checked():
    with pytest.raises(ValueError, match="'C' parameter of LogisticRegression"):
        LogitAdjustedClassifier(LogisticRegression(C=-1)).fit(X, Y)


@pytest.mark.parametrize(
    "container",
    [list, tuple, lambda x: np.array(x, dtype=object), pd.Series],
    ids=["list", "tuple", "array", "Series"],
)
@pytest.mark.parametrize("tau", [1.0, "auto"])
def test_texts_go_through_a_pipeline_inside(container, tau):
    inner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    classifier = LogitAdjustedClassifier(inner, tau=tau, random_state=0)
    classifier.fit(container(TEXTS), container(LABELS))
    assert classifier.predict(container(["money", "parcel"])).tolist() == ["money", "parcel"]
    assert classifier.score_method_ == "decision_function"


def test_grid_search_over_tau_and_the_inner_classifier():
    grid = {"tau": [0, 1], "estimator__C": [0.1, 10]}
    search = GridSearchCV(
        LogitAdjustedClassifier(LogisticRegression()),
        grid,
        cv=3,
        scoring="balanced_accuracy",
        error_score="raise",
    )
    search.fit(X, Y)
    assert search.best_params_["tau"] == 1
    assert search.best_params_["estimator__C"] == search.best_estimator_.estimator_.C
    assert search.score(X_TEST, Y_TEST) == balanced_accuracy_score(Y_TEST, search.predict(X_TEST))


def test_clones_and_pickles():
    classifier = LogitAdjustedClassifier(LogisticRegression(C=2), tau=[0, 1, 2], random_state=0).fit(X, Y)
    unfitted = clone(classifier)
    assert not hasattr(unfitted, "estimator_")
    assert unfitted.get_params()["estimator__C"] == 2
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict(X_TEST) == classifier.predict(X_TEST)).all()
    assert again.tau_ == classifier.tau_
    with pytest.raises(NotFittedError):
        unfitted.predict(X)


def test_a_fitted_classifier_can_be_frozen():
    fitted = LogisticRegression().fit(X, Y)
    adjusted = LogitAdjustedClassifier(FrozenEstimator(fitted)).fit(X, Y)
    assert adjusted.estimator_.estimator is fitted
    assert (
        adjusted.predict(X_TEST) == LogitAdjustedClassifier(LogisticRegression()).fit(X, Y).predict(X_TEST)
    ).all()


def test_names_and_tags_are_those_of_the_inner_classifier():
    table = pd.DataFrame(X, columns=["x", "y"])
    adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(table, Y)
    assert adjusted.n_features_in_ == 2
    assert adjusted.feature_names_in_.tolist() == ["x", "y"]
    nested = LogitAdjustedClassifier(make_pipeline(TfidfVectorizer(), LogisticRegression())).fit(
        TEXTS, LABELS
    )
    assert not hasattr(nested, "feature_names_in_")
    tags = sklearn.utils.get_tags(LogitAdjustedClassifier(RandomForestClassifier()))
    assert tags.input_tags.allow_nan
    assert not sklearn.utils.get_tags(adjusted).input_tags.allow_nan


def test_labels_of_several_columns_are_rejected():
    with pytest.raises(ValueError, match="y should be a 1d array"):
        LogitAdjustedClassifier(LogisticRegression()).fit(X, np.eye(3)[np.searchsorted(np.unique(Y), Y)])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LogitAdjustedClassifier(LogisticRegression()).fit(X, Y[:-1])
