"""SetFitClassifier: pairs and their loss by hand, wiring on a tiny untrained model, and the embedded model for real."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import SetFitClassifier
from skbalagen.classifiers.set_fit import draw_groups, pair_loss
from tests.fakes import ORDERS, REFUNDS

X = ORDERS + REFUNDS
Y = ["order_status"] * 8 + ["refund_status"] * 8
SMALL_X = ["flight number 1", "flight red", "meal green", "city number 2", "flight", "fare blue"]
SMALL_Y = ["go", "go", "stay", "stay", "go", "stay"]


@pytest.fixture
def small(tiny_gpt2):
    """A classifier that is fitted in well under a second."""
    return SetFitClassifier(
        model=str(tiny_gpt2), n_iterations=8, learning_rate=1e-3, C=1000.0, random_state=0
    )


def test_each_row_is_drawn_equally_often_with_another_of_its_class():
    codes = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    pairs = draw_groups(codes, np.ones(8), 5, np.random.default_rng(0)).reshape(-1, 2)
    anchors, partners = pairs.T
    assert len(pairs) == 40
    assert np.bincount(anchors).tolist() == [5] * 8
    assert (codes[anchors] == codes[partners]).all()
    assert (anchors != partners).all()


def test_rows_are_drawn_in_proportion_to_their_weight():
    codes, weights = np.array([0, 0, 0, 1, 1]), np.array([4.0, 2.0, 0.0, 1.0, 1.0])
    anchors, partners = draw_groups(codes, weights, 160, np.random.default_rng(0)).reshape(-1, 2).T
    assert np.bincount(anchors, minlength=5).tolist() == [400, 200, 0, 100, 100]
    # A row without weight is nobody's partner, but for lack of another.
    assert 2 not in partners
    assert set(partners[anchors == 0]) == {1}


def test_a_row_alone_in_its_class_is_its_own_partner():
    pairs = draw_groups(np.array([0, 0, 1]), np.ones(3), 4, np.random.default_rng(0)).reshape(-1, 2)
    assert (pairs[pairs[:, 0] == 2] == 2).all()


def test_the_loss_of_pairs_by_hand():
    vectors = torch.tensor([[[2.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, 3.0]]])
    classes, texts = torch.tensor([[0, 0, 1, 0]]), torch.tensor([[0, 1, 2, 3]])
    # One class: cosines .6, 0 and .8; two classes: 0, .8 and 1.
    alike = (0.4**2 + 1 + 0.2**2) / 3
    apart = (0 + 0.8**2 + 1) / 3
    assert pair_loss(vectors, classes, texts).item() == pytest.approx((alike + apart) / 2, abs=1e-6)


def test_a_text_is_not_compared_with_itself():
    vectors = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])
    classes, texts = torch.tensor([[0, 1, 0]]), torch.tensor([[0, 0, 1]])
    # The first two are one text in two classes: what is left is one pair of each kind, both orthogonal.
    assert pair_loss(vectors, classes, texts).item() == pytest.approx((1 + 0) / 2, abs=1e-6)


def test_the_tiny_model_learns_its_rows(small):
    small.fit(SMALL_X, SMALL_Y)
    assert small.classes_.tolist() == ["go", "stay"]
    assert small.predict(SMALL_X).tolist() == SMALL_Y
    proba = small.predict_proba(SMALL_X)
    assert proba.shape == (6, 2)
    assert proba.sum(axis=1) == pytest.approx(np.ones(6))
    assert (small.classes_[proba.argmax(axis=1)] == small.predict(SMALL_X)).all()


def test_fine_tuning_draws_classes_apart(small):
    def gap(fitted):
        cosines = fitted._vectors(SMALL_X) @ fitted._vectors(SMALL_X).T
        alike = np.equal.outer(SMALL_Y, SMALL_Y)
        return cosines[alike].mean() - cosines[~alike].mean()

    short, long = (clone(small).set_params(n_iterations=n).fit(SMALL_X, SMALL_Y) for n in (1, 30))
    assert gap(long) > gap(short) + 0.1
    assert long.history_.n_steps == 12  # 6 rows x 30 pairs / 4 in a group / 4 groups, rounded up


def test_probabilities_do_not_depend_on_the_other_rows(small):
    small.fit(SMALL_X, SMALL_Y)
    together = small.predict_proba(SMALL_X)  # padded to the longest
    alone = np.vstack([small.predict_proba([text]) for text in SMALL_X])
    assert together == pytest.approx(alone, abs=1e-4)


def test_repeated_rows_weigh_as_their_number(small):
    repeated = clone(small).fit([*SMALL_X, SMALL_X[0]], [*SMALL_Y, "go"])
    weighted = clone(small).fit(SMALL_X, SMALL_Y, sample_weight=[2, 1, 1, 1, 1, 1])
    assert repeated.predict_proba(SMALL_X) == pytest.approx(weighted.predict_proba(SMALL_X), abs=1e-6)


def test_class_weights_multiply_the_weights_of_rows(small):
    y = ["go", "go", "go", "go", "go", "stay"]
    balanced = clone(small).set_params(class_weight="balanced").fit(SMALL_X, y)
    # n / (n_classes * n_rows): 6 / 10 and 6 / 2.
    by_hand = clone(small).fit(SMALL_X, y, sample_weight=[0.6] * 5 + [3])
    assert balanced.predict_proba(SMALL_X) == pytest.approx(by_hand.predict_proba(SMALL_X), abs=1e-6)


def test_the_fit_is_a_function_of_the_seed(small):
    fits = [clone(small).set_params(random_state=s, n_iterations=1).fit(SMALL_X, SMALL_Y) for s in (0, 0, 1)]
    proba = [fitted.predict_proba(SMALL_X) for fitted in fits]
    assert (proba[0] == proba[1]).all()
    assert (proba[0] != proba[2]).any()


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["a", None], [0, 1], TypeError, "got None .* in row 1"),
        (["a", "b"], [0, 0], ValueError, "y must have at least two classes, got one class: 0"),
    ],
)
def test_bad_input_is_rejected(texts, labels, error, message):
    with pytest.raises(error, match=message):
        SetFitClassifier().fit(texts, labels)


@pytest.mark.parametrize(
    ("name", "value"), [("n_iterations", 0), ("batch_size", 0), ("learning_rate", 0), ("C", 0)]
)
def test_bad_parameters_are_rejected(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        SetFitClassifier(**{name: value}).fit(X, Y)


def test_an_unfitted_classifier_raises():
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(SetFitClassifier(), method)(["a"])


@pytest.mark.model
def test_the_embedded_encoder_understands_unseen_wording():
    fitted = SetFitClassifier(random_state=0).fit(X, Y)
    unseen = ["tell me where my package is now", "what about the money you owe me back"]
    assert fitted.predict(unseen).tolist() == ["order_status", "refund_status"]
    assert (fitted.predict(X) == Y).all()
