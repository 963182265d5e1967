"""EmbeddingClassifier: wiring with fake encoders, the logit adjustment, and the embedded model for real."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skbalagen import EmbeddingClassifier, LogitAdjustedClassifier
from tests.fakes import ORDERS, REFUNDS


class LengthEncoder(TransformerMixin, BaseEstimator):
    """Encode a text as its length and its number of words."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[len(text), len(text.split())] for text in X], dtype=float)


class SpellingEncoder(TransformerMixin, BaseEstimator):
    """Encode a text as the shares of its letters."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        counts = np.array([[text.count(letter) for letter in "abc"] for text in X], dtype=float)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)


def skewed(seed=0):
    """Random words of a, b and c, in classes of 40, 12 and 6 rows that favour one letter each."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for letter, n in {"a": 40, "b": 12, "c": 6}.items():
        chance = [0.6 if other == letter else 0.2 for other in "abc"]
        texts += ["".join(rng.choice(list("abc"), 6, p=chance)) for _ in range(n)]
        labels += [f"mostly {letter}"] * n
    return texts, np.array(labels)


def test_embedding_classifier_separates_by_its_encoder():
    texts, labels = (
        ["a", "b", "a long text of words", "another rather long text"],
        ["short", "short", "long", "long"],
    )
    classifier = EmbeddingClassifier(encoder=LengthEncoder()).fit(texts, labels)
    assert classifier.predict(["c", "words upon words upon words"]).tolist() == ["short", "long"]
    assert classifier.predict_proba(["c"]).sum() == pytest.approx(1)


def test_embedding_classifier_is_a_logistic_regression_on_vectors():
    texts, labels = skewed()
    vectors = SpellingEncoder().transform(texts)
    for parameters in ({"C": 0.5}, {"class_weight": "balanced"}, {"max_iter": 300}):
        classifier = EmbeddingClassifier(encoder=SpellingEncoder(), **parameters).fit(texts, labels)
        linear = LogisticRegression(**({"C": 10.0, "max_iter": 1000} | parameters)).fit(vectors, labels)
        assert classifier.predict_proba(texts) == pytest.approx(linear.predict_proba(vectors))
        assert classifier.n_iter_ == linear.n_iter_.max()


def test_labels_are_learned_as_texts_where_they_say_something():
    texts, labels = ["a b", "a", "b b", "b"], ["a_c", "a_c", "b", "b"]
    plain, told = (
        EmbeddingClassifier(encoder=SpellingEncoder(), label_texts=used).fit(texts, labels)
        for used in (False, True)
    )
    assert (plain.label_texts_used_, told.label_texts_used_) == (False, True)
    # No row has a "c": only the label "a c" says whose it is.
    p_plain, p_told = plain.predict_proba(["c"])[0, 0], told.predict_proba(["c"])[0, 0]
    assert p_told > p_plain + 0.05
    # By hand: the label weighs like one distinct row of its class, of which one was repeated.
    weighted = EmbeddingClassifier(encoder=SpellingEncoder())
    weighted.fit([*texts, "b", "a c", "b"], [*labels, "b", "a_c", "b"], np.array([1, 1, 1, 1, 1, 1, 1.5]))
    again = EmbeddingClassifier(encoder=SpellingEncoder(), label_texts=True).fit(
        [*texts, "b"], [*labels, "b"]
    )
    assert again.predict_proba(["c", "a"]) == pytest.approx(weighted.predict_proba(["c", "a"]), abs=1e-4)
    assert again.class_shares_ == pytest.approx([3 / 7.5, 4.5 / 7.5])


def test_labels_that_say_nothing_are_not_learned():
    texts, labels = ["a b", "a", "b b", "b"], ["b", "b", "a", "a"]
    classifier = EmbeddingClassifier(encoder=SpellingEncoder(), label_texts=True).fit(texts, labels)
    assert not classifier.label_texts_used_
    assert classifier.predict(["a"]).tolist() == ["b"]
    assert classifier.class_shares_.tolist() == [0.5, 0.5]


def test_sample_weight_moves_the_decision():
    texts, labels = ["same", "same"], ["a", "b"]
    for heavy, weights in (("a", [5, 1]), ("b", [1, 5])):
        classifier = EmbeddingClassifier(encoder=LengthEncoder())
        assert classifier.fit(texts, labels, sample_weight=np.array(weights)).predict(["same"]) == [heavy]


@pytest.mark.parametrize("weighted", [False, True])
def test_logit_adjustment_is_that_of_the_wrapper(weighted):
    texts, labels = skewed()
    weights = np.linspace(0.5, 2, len(texts)) if weighted else None
    wrapped = LogitAdjustedClassifier(EmbeddingClassifier(encoder=SpellingEncoder()))
    wrapped.fit(texts, labels, sample_weight=weights)
    classifier = EmbeddingClassifier(encoder=SpellingEncoder(), logit_adjustment=1.0)
    classifier.fit(texts, labels, sample_weight=weights)
    assert classifier.class_shares_ == pytest.approx(wrapped.priors_)
    unseen = skewed(seed=1)[0]
    for tau in (0, 0.5, 1, 3):
        classifier.set_params(logit_adjustment=tau)  # no other fit
        assert (classifier.predict(unseen) == wrapped.set_params(tau=tau).predict(unseen)).all()


def test_logit_adjustment_by_hand_leaves_the_probabilities():
    texts, labels = skewed()
    plain, adjusted = (
        EmbeddingClassifier(encoder=SpellingEncoder(), logit_adjustment=tau).fit(texts, labels)
        for tau in (0.0, 1.5)
    )
    unseen = skewed(seed=1)[0]
    proba = plain.predict_proba(unseen)
    assert (adjusted.predict_proba(unseen) == proba).all()
    assert plain.class_shares_ == pytest.approx([40 / 58, 12 / 58, 6 / 58])
    expected = proba / np.array([40 / 58, 12 / 58, 6 / 58]) ** 1.5
    assert (adjusted.predict(unseen) == plain.classes_[expected.argmax(axis=1)]).all()
    assert (plain.predict(unseen) == plain.classes_[proba.argmax(axis=1)]).all()
    assert (adjusted.predict(unseen) != plain.predict(unseen)).any()


def test_logit_adjustment_leaves_a_class_without_weight_alone():
    texts, labels = skewed()
    weights = (labels != "mostly c").astype(float)
    classifier = EmbeddingClassifier(encoder=SpellingEncoder(), logit_adjustment=1.0)
    classifier.fit(texts, labels, sample_weight=weights)
    assert classifier.class_shares_[2] == 0
    assert "mostly c" not in classifier.predict(texts)


def test_class_weights_and_logit_adjustment_together_are_warned_of():
    texts, labels = skewed()
    both = EmbeddingClassifier(encoder=SpellingEncoder(), class_weight="balanced", logit_adjustment=1.0)
    with pytest.warns(UserWarning, match="class_weight='balanced' already weights .* logit_adjustment=1.0"):
        both.fit(texts, labels)


def test_logit_adjustment_in_a_grid():
    texts, labels = skewed()
    pipeline = make_pipeline(EmbeddingClassifier(encoder=SpellingEncoder()))
    grid = {"embeddingclassifier__logit_adjustment": [0.0, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="balanced_accuracy", error_score="raise")
    search.fit(texts, labels)
    assert search.best_params_ == {"embeddingclassifier__logit_adjustment": 1.0}


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["a", None], [0, 1], TypeError, "got None .* in row 1"),
        (["a", "b"], [0, 0], ValueError, "y must have at least two classes, got one class: 0"),
        (["a"], [0, 1], ValueError, "inconsistent"),
    ],
)
def test_bad_input_is_rejected(texts, labels, error, message):
    with pytest.raises(error, match=message):
        EmbeddingClassifier(encoder=LengthEncoder()).fit(texts, labels)


@pytest.mark.parametrize(
    ("name", "value"),
    [("C", 0), ("max_iter", 0), ("logit_adjustment", -0.1), ("label_texts", "yes"), ("encoder", "MiniLM")],
)
def test_bad_parameters_are_rejected(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        EmbeddingClassifier(**{name: value}).fit(["a", "b"], [0, 1])


def test_an_unfitted_classifier_raises():
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(EmbeddingClassifier(), method)(["a"])


def test_clones_and_pickles():
    texts, labels = skewed()
    classifier = EmbeddingClassifier(encoder=SpellingEncoder(), logit_adjustment=1.0).fit(texts, labels)
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict(texts) == classifier.predict(texts)).all()
    assert not hasattr(clone(classifier), "linear_")
    assert clone(classifier).logit_adjustment == 1.0


@pytest.mark.model
def test_the_embedded_encoder_understands_unseen_wording():
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    unseen = ["tell me where my package is now", "what about the money you owe me back"]
    fitted = EmbeddingClassifier().fit(X, y)
    assert fitted.predict(unseen).tolist() == ["order_status", "refund_status"]
    assert fitted.predict_proba(unseen).sum(axis=1) == pytest.approx([1, 1])
    assert (fitted.predict(X) == y).all()


SEVERAL = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 1], [0, 0]])
LETTERS = ["aa", "aa b", "a a", "zz", "a z", "b b"]


def test_several_labels_are_one_regression_per_column():
    fitted = EmbeddingClassifier(encoder=SpellingEncoder()).fit(LETTERS, SEVERAL)
    vectors = SpellingEncoder().fit_transform(LETTERS)
    by_hand = [LogisticRegression(C=10.0, max_iter=1000).fit(vectors, column) for column in SEVERAL.T]
    expected = np.column_stack([member.predict_proba(vectors)[:, 1] for member in by_hand])
    assert fitted.predict_proba(LETTERS) == pytest.approx(expected)
    assert fitted.predict(LETTERS).tolist() == (expected >= 0.5).astype(int).tolist()
    assert fitted.classes_.tolist() == [0, 1]
    assert fitted.class_shares_.tolist() == pytest.approx([4 / 6, 2 / 6])


def test_several_labels_are_adjusted_by_the_log_odds_of_their_shares():
    fitted = EmbeddingClassifier(encoder=SpellingEncoder()).fit(LETTERS, SEVERAL, [1, 1, 1, 1, 1, 3])
    proba, shares = fitted.predict_proba(LETTERS), np.array([4 / 8, 2 / 8])
    assert fitted.class_shares_ == pytest.approx(shares)
    adjusted = fitted.set_params(logit_adjustment=1.0).predict(LETTERS)
    assert adjusted.tolist() == (proba >= shares).astype(int).tolist()  # odds above those of the share
    assert fitted.predict_proba(LETTERS) == pytest.approx(proba)


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        (
            {"label_texts": True},
            SEVERAL,
            r"label_texts=True needs one label per row, got y of shape \(6, 2\)",
        ),
        (
            {},
            np.ones((6, 2), dtype=int),
            "rows with and rows without each label, got column 0 with 1 in all 6",
        ),
        ({}, SEVERAL * [1, 0], "y must have rows of every label, got none in column 1"),
    ],
)
def test_several_labels_that_cannot_be_learned_are_refused(parameters, y, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingClassifier(encoder=SpellingEncoder(), **parameters).fit(LETTERS, y)
