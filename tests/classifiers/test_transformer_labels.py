"""TransformerClassifier on an indicator y: any number of labels per row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.utils import get_tags

from skbalagen import TransformerClassifier
from tests.classifiers.conftest import clouds

X, CODES = clouds([40, 40, 10], seed=0, centre=(0, 0))
# The first two clouds have a label each, the third has both of theirs and one of its own.
Y = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1]])[CODES]
LOSSES = ["binary-cross-entropy", "binary-focal", "distribution-balanced"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("head", ["linear", "cosine", "siamese"])
def test_labels_are_learned(frozen, loss, head):
    fitted = frozen(loss=loss, head=head, epochs=20, learning_rate=1e-2).fit(X, Y)
    proba, predicted = fitted.predict_proba(X), fitted.predict(X)
    assert proba.shape == predicted.shape == (90, 3)
    assert ((proba >= 0.5) == predicted).all()
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.class_shares_ == pytest.approx(Y.mean(axis=0))
    right = (predicted == Y).mean(axis=0)
    assert right[:2].min() > 0.7


def test_margins_of_labels_are_learned_with_the_cosine_head(frozen):
    fitted = frozen(loss="binary-ldam", head="cosine", epochs=20, learning_rate=1e-2).fit(X, Y)
    assert ((fitted.predict(X) == Y).mean(axis=0) > 0.7).all()
    with pytest.raises(ValueError, match="BinaryLDAMLoss needs head='cosine', got head='linear'"):
        frozen(loss="binary-ldam").fit(X, Y)


def test_labels_have_probabilities_of_their_own(frozen):
    proba = frozen(loss="binary-cross-entropy").fit(X, Y).predict_proba(X)
    assert not np.allclose(proba.sum(axis=1), 1)


@pytest.mark.parametrize("sampler", ["class-aware", "repeat-factor", "performance"])
def test_samplers_draw_rows_of_several_labels(frozen, sampler):
    fitted = frozen(loss="binary-cross-entropy", sampler=sampler).fit(X, Y)
    assert np.isfinite(fitted.predict_proba(X)).all()


def test_the_container_of_the_labels_does_not_matter(frozen):
    proba = [
        frozen(loss="binary-cross-entropy").fit(X, y).predict_proba(X)
        for y in (Y, Y.tolist(), csr_matrix(Y), Y.astype(bool), Y.astype(float))
    ]
    assert all((other == proba[0]).all() for other in proba[1:])


def test_class_weights_are_factors_of_positive_terms(frozen):
    plain = frozen(loss="binary-cross-entropy", epochs=10).fit(X, Y)
    weighted = frozen(loss="binary-cross-entropy", epochs=10, class_weight={2: 20.0}).fit(X, Y)
    assert weighted.class_weight_.tolist() == [1, 1, 20]
    assert (weighted.predict_proba(X)[:, 2] > plain.predict_proba(X)[:, 2]).mean() > 0.9


def test_the_prior_of_labels_is_where_the_training_starts(frozen):
    fitted = frozen(loss="binary-cross-entropy", bias_init="prior", learning_rate=1e-12).fit(X, Y)
    assert fitted.predict_proba(X) == pytest.approx(np.tile(Y.mean(axis=0), (90, 1)), abs=1e-6)


def test_retraining_and_early_stopping_work_on_labels(frozen):
    fitted = frozen(loss="binary-cross-entropy", stages="crt", validation_fraction=0.2, epochs=8).fit(X, Y)
    assert fitted.n_held_out_[2] <= 2
    assert all(0 <= value <= 1 for value in fitted.history_.validation_loss)


def test_tau_drops_the_bias_of_labels(frozen):
    fitted = frozen(loss="binary-cross-entropy", tau=1.0).fit(X, Y)
    vectors = np.array([[float(x) for x in text.split()] for text in X])
    assert (fitted.predict(X) == (vectors @ fitted.head_.weight.numpy().T >= 0)).all()


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("cross-entropy", Y, "CrossEntropyLoss learns one label per row, got y with an indicator matrix"),
        ("binary-focal", CODES, "BinaryFocalLoss learns an indicator matrix"),
        ("binary-focal", Y * [1, 1, 0], "y must have rows of every label, got none in column 2 of 3"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_refused(frozen, loss, y, message):
    with pytest.raises(ValueError, match=message):
        frozen(loss=loss).fit(X, y)


def test_the_tags_say_what_a_loss_learns():
    tags = get_tags(TransformerClassifier(loss="binary-focal")).classifier_tags
    assert (tags.multi_class, tags.multi_label) == (False, True)
    tags = get_tags(TransformerClassifier()).classifier_tags
    assert (tags.multi_class, tags.multi_label) == (True, False)
