"""Classifiers: wiring with a fake encoder, and the embedded model for real."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError

from skbalagen import EmbeddingClassifier, LabelerEnsemble, TransformerClassifier
from skbalagen._utils.text import merge_repeats
from skbalagen.balagen.labelers import default_labelers
from tests.fakes import ORDERS, REFUNDS

X = ORDERS + REFUNDS
Y = ["order_status"] * 8 + ["refund_status"] * 8
UNSEEN = ["tell me where my package is now", "what about the money you owe me back"]


class LengthEncoder(TransformerMixin, BaseEstimator):
    """Encode a text as its length and its number of words."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[len(text), len(text.split())] for text in X], dtype=float)


def test_embedding_classifier_separates_by_its_encoder():
    texts, labels = (
        ["a", "b", "a long text of words", "another rather long text"],
        ["short", "short", "long", "long"],
    )
    classifier = EmbeddingClassifier(encoder=LengthEncoder()).fit(texts, labels)
    assert classifier.predict(["c", "words upon words upon words"]).tolist() == ["short", "long"]
    assert classifier.predict_proba(["c"]).sum() == pytest.approx(1)


class SpellingEncoder(TransformerMixin, BaseEstimator):
    """Encode a text as the shares of its letters."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        counts = np.array([[text.count(letter) for letter in "abc"] for text in X], dtype=float)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)


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


def test_labels_that_say_nothing_are_not_learned():
    texts, labels = ["a b", "a", "b b", "b"], ["b", "b", "a", "a"]
    classifier = EmbeddingClassifier(encoder=SpellingEncoder(), label_texts=True).fit(texts, labels)
    assert not classifier.label_texts_used_
    assert classifier.predict(["a"]).tolist() == ["b"]


def test_sample_weight_moves_the_decision():
    texts, labels = ["same", "same"], ["a", "b"]
    for heavy, weights in (("a", [5, 1]), ("b", [1, 5])):
        classifier = EmbeddingClassifier(encoder=LengthEncoder())
        assert classifier.fit(texts, labels, sample_weight=np.array(weights)).predict(["same"]) == [heavy]


@pytest.mark.parametrize(
    "classifier", [EmbeddingClassifier(encoder=LengthEncoder()), TransformerClassifier()]
)
@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["a", None], [0, 1], TypeError, "got None .* in row 1"),
        (["a", "b"], [0, 0], ValueError, "y must hold at least two classes, got one class: 0"),
        (["a"], [0, 1], ValueError, "inconsistent"),
    ],
)
def test_bad_input_is_refused(classifier, texts, labels, error, message):
    with pytest.raises(error, match=message):
        clone(classifier).fit(texts, labels)


def test_unfitted_classifiers_say_so():
    for classifier in (EmbeddingClassifier(), TransformerClassifier()):
        with pytest.raises(NotFittedError):
            classifier.predict(["a"])


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="'C' parameter"):
        EmbeddingClassifier(C=0).fit(X, Y)
    with pytest.raises(ValueError, match="'epochs' parameter"):
        TransformerClassifier(epochs=0).fit(X, Y)


def test_merge_repeats_sums_weights():
    texts, codes, weights = merge_repeats(
        np.array(["a", "b", "a", "a"], dtype=object), np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 3.0, 4.0])
    )
    assert texts == ["a", "b", "a"]
    assert codes.tolist() == [0, 0, 1]
    assert weights.tolist() == [4, 2, 4]


@pytest.mark.model
@pytest.mark.parametrize("classifier", [EmbeddingClassifier(), TransformerClassifier(random_state=0)])
def test_classifiers_on_the_embedded_encoder_understand_unseen_wording(classifier):
    fitted = clone(classifier).fit(X, Y)
    assert fitted.predict(UNSEEN).tolist() == ["order_status", "refund_status"]
    assert fitted.predict_proba(UNSEEN).sum(axis=1) == pytest.approx([1, 1])
    assert (fitted.predict(X) == Y).all()


@pytest.mark.model
def test_transformer_classifier_is_a_function_of_its_seed():
    probabilities = [
        TransformerClassifier(random_state=seed, epochs=1).fit(X, Y).predict_proba(UNSEEN)
        for seed in (0, 0, 1)
    ]
    assert (probabilities[0] == probabilities[1]).all()
    assert (probabilities[0] != probabilities[2]).any()


@pytest.mark.model
def test_default_labelers_see_texts_in_three_ways():
    assert len(default_labelers()) == 3
    ensemble = LabelerEnsemble().fit(X, Y)
    votes, confidence, likeliest = ensemble.judge(UNSEEN, ["order_status", "refund_status"])
    assert votes.shape == (2, 3)
    assert likeliest.all()
    assert (votes.sum(axis=1) >= 2).all()
    assert ((confidence > 0.5) & (confidence <= 1)).all()
