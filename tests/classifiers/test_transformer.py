"""TransformerClassifier: wiring on a tiny untrained model, and the embedded model for real."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import TransformerClassifier
from tests.fakes import ORDERS, REFUNDS

X = ORDERS + REFUNDS
Y = ["order_status"] * 8 + ["refund_status"] * 8
UNSEEN = ["tell me where my package is now", "what about the money you owe me back"]
SMALL_X = [
    "flight number 1",
    "flight question red",
    "meal question green",
    "city number 2",
    "flight",
    "fare blue",
]
SMALL_Y = ["go", "go", "stay", "stay", "go", "stay"]


@pytest.fixture
def small(tiny_gpt2):
    """A classifier that is fitted in well under a second."""
    return TransformerClassifier(model=str(tiny_gpt2), epochs=6, learning_rate=1e-3, random_state=0)


def test_the_tiny_model_learns_its_rows(small):
    small.fit(SMALL_X, SMALL_Y)
    assert small.classes_.tolist() == ["go", "stay"]
    assert small.predict(SMALL_X).tolist() == SMALL_Y
    proba = small.predict_proba(SMALL_X)
    assert proba.shape == (6, 2)
    assert proba.sum(axis=1) == pytest.approx(np.ones(6))
    assert (small.classes_[proba.argmax(axis=1)] == small.predict(SMALL_X)).all()


def test_probabilities_do_not_depend_on_the_other_rows(small):
    small.fit(SMALL_X, SMALL_Y)
    together = small.predict_proba(SMALL_X)  # padded to the longest
    alone = np.vstack([small.predict_proba([text]) for text in SMALL_X])
    assert together == pytest.approx(alone, abs=1e-5)


def test_repeated_rows_weigh_as_their_number(small):
    repeated = clone(small).fit([*SMALL_X, SMALL_X[0], SMALL_X[0]], [*SMALL_Y, "go", "go"])
    weighted = clone(small).fit(SMALL_X, SMALL_Y, sample_weight=[3, 1, 1, 1, 1, 1])
    assert repeated.predict_proba(SMALL_X) == pytest.approx(weighted.predict_proba(SMALL_X), abs=1e-6)


def test_a_text_in_two_classes_is_one_row_with_a_soft_target(small):
    small.set_params(batch_size=1, epochs=40)
    soft = clone(small).fit(
        ["flight", "meal", "city", "city"], ["go", "stay", "go", "stay"], sample_weight=[1, 1, 3, 1]
    )
    assert soft.history_.n_steps == 3 * 40  # three texts
    assert soft.predict_proba(["city"])[0] == pytest.approx([0.75, 0.25], abs=0.05)


def test_class_weights_multiply_the_weights_of_rows(small):
    y = ["go", "go", "go", "go", "go", "stay"]
    balanced = clone(small).set_params(class_weight="balanced").fit(SMALL_X, y)
    # n / (n_classes * n_rows): 6 / 10 and 6 / 2.
    by_hand = clone(small).fit(SMALL_X, y, sample_weight=[0.6] * 5 + [3])
    assert balanced.predict_proba(SMALL_X) == pytest.approx(by_hand.predict_proba(SMALL_X), abs=1e-6)
    plain = clone(small).fit(SMALL_X, y)
    assert balanced.predict_proba(SMALL_X) != pytest.approx(plain.predict_proba(SMALL_X), abs=1e-3)


def test_the_fit_is_a_function_of_the_seed(small):
    fits = [clone(small).set_params(random_state=seed, epochs=1).fit(SMALL_X, SMALL_Y) for seed in (0, 0, 1)]
    proba = [fitted.predict_proba(SMALL_X) for fitted in fits]
    assert (proba[0] == proba[1]).all()
    assert (proba[0] != proba[2]).any()


def test_texts_are_cut_at_max_tokens(small):
    fitted = clone(small).set_params(max_tokens=3, epochs=1).fit(SMALL_X, SMALL_Y)
    cut = fitted.predict_proba(["flight number 1", "flight number 1 red blue green"])
    assert cut[0] == pytest.approx(cut[1], abs=1e-6)


def test_an_encoder_is_trained_for_eight_epochs_by_default(small):
    plain = clone(small).set_params(epochs=None, learning_rate=None).fit(SMALL_X, SMALL_Y)
    given = clone(small).set_params(epochs=8, learning_rate=2e-4).fit(SMALL_X, SMALL_Y)
    assert (plain.predict_proba(SMALL_X) == given.predict_proba(SMALL_X)).all()


def test_history_has_the_losses(small):
    assert len(small.fit(SMALL_X, SMALL_Y).history_.train_loss) == 6


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
        TransformerClassifier().fit(texts, labels)


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("batch_size", 0), ("learning_rate", 0), ("max_tokens", 2), ("class_weight", "even")],
)
def test_bad_parameters_are_rejected(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        TransformerClassifier(**{name: value}).fit(X, Y)


def test_an_unfitted_classifier_raises():
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(TransformerClassifier(), method)(["a"])


@pytest.mark.model
def test_the_embedded_encoder_understands_unseen_wording():
    fitted = TransformerClassifier(random_state=0).fit(X, Y)
    assert fitted.predict(UNSEEN).tolist() == ["order_status", "refund_status"]
    assert fitted.predict_proba(UNSEEN).sum(axis=1) == pytest.approx([1, 1])
    assert (fitted.predict(X) == Y).all()


@pytest.mark.model
def test_the_embedded_encoder_is_a_function_of_the_seed():
    probabilities = [
        TransformerClassifier(random_state=seed, epochs=1).fit(X, Y).predict_proba(UNSEEN)
        for seed in (0, 0, 1)
    ]
    assert (probabilities[0] == probabilities[1]).all()
    assert (probabilities[0] != probabilities[2]).any()
