"""RemedySearchCV: what is scored, what is chosen, and when it stops."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline

from skbalagen import RemedySearchCV
from skbalagen.compare import Remedy, generation_remedies, named_classifier
from skbalagen.models.catalog import ModelUnavailableError
from tests.fakes import CountingGenerator

NONE = Remedy(name="none")
ADJUSTED = Remedy(name="logit adjustment", tau=1.0)
WEIGHTED = Remedy(name="class weights", class_weights=True)


def skewed(sizes=(("drink", 30), ("food", 6), ("air", 4)), seed=0):
    """Texts of a common word each, and a word of their class in two of three."""
    rng = np.random.default_rng(seed)
    y = np.array([c for c, n in sizes for _ in range(n)], dtype=object)
    own = {
        "drink": ["wine", "beer", "tea"],
        "food": ["bread", "rice", "soup"],
        "air": ["rain", "snow", "wind"],
    }
    X = [f"{rng.choice(own[c])} {rng.choice(['now', 'please', 'today', 'again'])}" for c in y]
    return np.array(X, dtype=object), y


def search(**parameters):
    defaults = {"remedies": [ADJUSTED, WEIGHTED, NONE], "random_state": 0}
    return RemedySearchCV(**(defaults | parameters))


class Fixed(ClassifierMixin, BaseEstimator):
    """Right on rows whose text holds a word of `known`; takes weights and ignores them."""

    def __init__(self, known=(), adjusted=()):
        self.known = known
        self.adjusted = adjusted

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.weighted_ = sample_weight is not None
        return self

    def decision_function(self, X):
        known = self.adjusted if self.weighted_ else self.known
        rows = np.zeros((len(X), len(self.classes_)))
        for i, text in enumerate(X):
            right = text.split()[0]
            wrong = self.classes_[0] if self.classes_[0] != right else self.classes_[1]
            rows[i, list(self.classes_).index(right if text.split()[1] in known else wrong)] = 100
        return rows[:, 1] - rows[:, 0]

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def rows_of(sizes):
    y = np.array([c for c, n in sizes.items() for _ in range(n)], dtype=object)
    X = np.array([f"{c} {i}" for c, n in sizes.items() for i in range(n)], dtype=object)
    return X, y


def test_the_score_is_that_of_rows_that_were_held_out():
    X, y = skewed()
    fitted = search(n_repeats=1).fit(X, y)
    results = fitted.cv_results_
    assert results["remedy"].tolist() == ["logit adjustment", "class weights", "none"]
    assert results["n_rows_scored"].tolist() == [40, 40, 40]
    # Recomputed: the same folds, without the search.
    from skbalagen.compare.folds import rare_class_folds

    rng = np.random.RandomState(0)
    rng.randint(2**31 - 1)
    predicted = np.empty(len(y), dtype=object)
    for train, test in rare_class_folds(y, 3, np.random.RandomState(rng.randint(2**31 - 1))):
        predicted[test] = named_classifier("tfidf").fit(X[train], y[train]).predict(X[test])
    assert results["mean_test_score"][2] == pytest.approx(
        balanced_accuracy_score(y.tolist(), predicted.tolist())
    )


def test_the_adjustment_is_chosen_where_rare_classes_are_missed():
    X, y = skewed()
    fitted = search().fit(X, y)
    assert fitted.best_remedy_ is ADJUSTED
    assert fitted.best_score_ == fitted.cv_results_["mean_test_score"][0]
    assert fitted.cv_results_["behind"][0] == 0
    assert fitted.cv_results_["behind"][2] > 0.02
    assert fitted.n_splits_ == 6
    assert set(fitted.predict(X)) == {"drink", "food", "air"}
    assert fitted.predict_proba(X).shape == (40, 3)


def test_a_cheaper_remedy_is_preferred_and_a_clear_winner_is_not_passed_over():
    X, y = rows_of({"a": 24, "b": 12})
    known = tuple(str(i) for i in range(6))
    close = Fixed(known=known, adjusted=(*known, "15"))
    fitted = search(
        classifier=close,
        remedies=[NONE, Remedy(name="costs", class_weights=True, cost="seconds")],
        n_repeats=1,
    ).fit(X, y)
    lead, error = fitted.cv_results_["behind"][0], fitted.cv_results_["se_behind"][0]
    assert lead == pytest.approx(1 / 24 / 2)  # one row of the larger class
    assert lead <= error
    assert fitted.best_remedy_.name == "none"
    assert "within one standard error" in fitted.explanation_
    clear = Fixed(known=known, adjusted=tuple(str(i) for i in range(24)))
    fitted = search(
        classifier=clear,
        remedies=[NONE, Remedy(name="costs", class_weights=True, cost="seconds")],
        n_repeats=1,
    ).fit(X, y)
    assert fitted.best_remedy_.name == "costs"


def test_of_equally_cheap_remedies_the_first_within_reach_is_chosen():
    X, y = rows_of({"a": 24, "b": 12})
    known = tuple(str(i) for i in range(6))
    close = Fixed(known=known, adjusted=(*known, "15"))
    for remedies, chosen in [([NONE, WEIGHTED], "none"), ([WEIGHTED, NONE], "class weights")]:
        assert search(classifier=close, remedies=remedies).fit(X, y).best_remedy_.name == chosen


def test_generated_arms_share_one_fit_per_fold(corpus, log):
    arms = generation_remedies(
        CountingGenerator(log=str(log)),
        name="numbers",
        cost="minutes",
        amounts={"two": (2, 1.0), "four": (4, 0.5), "all": (None, 1.0)},
    )
    arms = [Remedy(**{**vars(arm), "label_texts": False}) for arm in arms]
    words = make_pipeline(TfidfVectorizer(), LogisticRegression())
    # Labelers would load the sentence encoder.
    from skbalagen.balagen import labelers

    patch = pytest.MonkeyPatch()
    patch.setattr(
        labelers, "default_labelers", lambda: [make_pipeline(TfidfVectorizer(), LogisticRegression())]
    )
    patch.setattr(labelers, "_DEFAULT_WEIGHTS", (1.0,))
    try:
        fitted = search(classifier=words, remedies=[NONE, *arms], cv=2, n_repeats=3).fit(*corpus)
    finally:
        patch.undo()
    lines = log.read_text().splitlines()
    refits = fitted.best_remedy_.generator is not None
    assert lines.count("fit") == 2 + refits  # the folds of the first deal, and the refit
    assert fitted.cv_results_["tried"].all()
    assert len(fitted.recall_by_size_) == 4


class Slow(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        time.sleep(0.2)
        return super().fit(X, y, sample_weight)


def test_no_trial_is_started_after_the_minutes_are_spent():
    X, y = skewed()
    classifier = make_pipeline(TfidfVectorizer(), Slow())
    fitted = search(classifier=classifier, max_minutes=0).fit(X, y)
    assert fitted.cv_results_["tried"].tolist() == [True, False, False]
    assert fitted.cv_results_["note"].tolist() == ["", "max_minutes=0", "max_minutes=0"]
    assert fitted.best_remedy_ is ADJUSTED
    assert "2 remedies not tried (max_minutes=0): class weights; none." in fitted.explanation_
    assert "not tried: max_minutes=0" in fitted.table()


def test_classes_of_one_row_are_trained_on_and_said():
    X, y = skewed((("drink", 12), ("food", 4), ("air", 1)))
    fitted = search().fit(X, y)
    assert fitted.n_single_rows_ == 1
    assert "1 class of one row could not be scored" in fitted.explanation_
    assert set(fitted.classes_) == {"drink", "food", "air"}
    assert fitted.cv_results_["n_rows_scored"].tolist() == [16] * 3


def test_only_classes_of_one_row_cannot_be_compared():
    with pytest.raises(ValueError, match="needs a class of at least 2 rows, got 2 classes of 1 row"):
        search().fit(["a", "b"], ["x", "y"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"remedies": []}, "sequence of Remedy with different names"),
        ({"remedies": [NONE, Remedy(name="none", tau=1)]}, "sequence of Remedy with different names"),
        ({"remedies": ["none"]}, "sequence of Remedy with different names"),
        ({"cv": 1}, "'cv' parameter"),
        ({"classifier": "svm"}, "'classifier' parameter"),
        ({"max_minutes": -1}, "'max_minutes' parameter"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        search(**parameters).fit(*skewed())


def test_the_same_seed_gives_the_same_choice_and_the_global_state_is_left_alone():
    X, y = skewed()
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must not move
    one, two = (clone(search()).fit(X, y) for _ in range(2))
    assert one.cv_results_["mean_test_score"].tolist() == two.cv_results_["mean_test_score"].tolist()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


class Absent(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        raise ModelUnavailableError("the encoder is not here")


def test_a_remedy_whose_model_is_not_here_is_left_out_with_one_warning(monkeypatch):
    monkeypatch.setenv("SKBALAGEN_HIDE", "wordnet")
    edits = Remedy(name="word edits", cost="seconds", generator="eda", n_rows=5, distil=False)
    with pytest.warns(
        UserWarning, match="'word edits' is left out of the comparison: Synonyms need WordNet"
    ) as said:
        fitted = search(remedies=[NONE, edits], max_minutes=5).fit(*skewed())
    assert len(said) == 1
    assert fitted.cv_results_["tried"].tolist() == [True, False]
    assert "Synonyms need WordNet" in fitted.cv_results_["note"][1]
    assert fitted.best_remedy_ is NONE


def test_what_no_remedy_can_do_without_is_an_error():
    classifier = make_pipeline(TfidfVectorizer(), Absent())
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(ModelUnavailableError, match="the encoder is not here"),
    ):
        search(classifier=classifier).fit(*skewed())


@pytest.mark.model
def test_the_default_search_on_real_texts_tries_the_language_model():
    from skbalagen.datasets import load_shop_intents

    X, y = load_shop_intents(split="train", return_X_y=True)
    sizes = {"order_status": 20, "gift_wrapping": 6, "cancel_order": 8}
    few = np.concatenate([np.flatnonzero(y == label)[:n] for label, n in sizes.items()])
    X, y = X[few], y[few]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The remedy 'word edits")  # where there is no WordNet
        fitted = RemedySearchCV(cv=2, n_repeats=1, max_minutes=30, random_state=0).fit(X, y)
    untried = fitted.cv_results_["remedy"][~fitted.cv_results_["tried"]]
    assert set(untried) <= {"word edits, soft labels, 50 per class"}
    assert len(fitted.cv_results_["remedy"]) == 8
    assert fitted.best_score_ >= fitted.cv_results_["mean_test_score"][4]  # without a remedy
