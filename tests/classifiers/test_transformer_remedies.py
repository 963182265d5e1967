"""TransformerClassifier with the remedies: what equals what, what is learned, and what a frozen encoder does."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skbalagen import LogitAdjustedClassifier, TransformerClassifier
from skbalagen.classifiers.heads import HEAD_NAMES, CosineHead
from skbalagen.classifiers.row_samplers import SAMPLER_NAMES, TemperatureSampler
from skbalagen.classifiers.stages import STAGE_NAMES, Stage, named_stages
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.losses import FocalLoss, LDAMLoss
from skbalagen.metrics.classification import macro_accuracy
from tests.classifiers.conftest import clouds

SMALL_X, SMALL_Y = clouds([24, 8], seed=3)
BERT_X = [f"{word} question {i}" for word in ("flight", "meal", "city") for i in range(6)]
BERT_Y = np.repeat(["go", "eat", "go"], 6)


@pytest.fixture
def tuned(tiny_bert):
    """A fine-tuned classifier that is fitted in well under a second."""
    return TransformerClassifier(model=str(tiny_bert), epochs=2, learning_rate=1e-3, random_state=0)


def same(a, b, X=SMALL_X):
    return (a.predict_proba(X) == b.predict_proba(X)).all()


# What equals what.


@pytest.mark.parametrize(
    ("parameters", "plain"),
    [
        ({"loss": FocalLoss(gamma=0.0)}, {}),
        ({"loss": LDAMLoss(max_margin=0.0), "head": "cosine"}, {"head": "cosine"}),
        ({"sampler": "natural"}, {}),
        ({"stages": [Stage()]}, {}),
        ({"stages": [Stage(0.5), Stage(0.5)]}, {}),
        ({"class_weight": {0: 1.0, 1: 1.0}}, {}),
        ({"class_weight": {0: 7.0, 1: 7.0}}, {}),
        ({"head": CosineHead(scale=30.0)}, {"head": "cosine"}),
        ({"stages": list(named_stages("crt"))}, {"stages": "crt"}),
    ],
    ids=str,
)
def test_degenerate_remedies_are_the_plain_training(frozen, parameters, plain):
    a, b = (frozen(**given).fit(SMALL_X, SMALL_Y) for given in (parameters, plain))
    assert a.predict_proba(SMALL_X) == pytest.approx(b.predict_proba(SMALL_X), abs=1e-6)


def test_remedies_are_not_the_plain_training(frozen):
    plain = frozen().fit(SMALL_X, SMALL_Y)
    for parameters in ({"loss": "focal"}, {"sampler": "class-aware"}, {"class_weight": "balanced"}):
        assert not same(frozen(**parameters).fit(SMALL_X, SMALL_Y), plain)


@pytest.mark.parametrize(
    "parameters", [{}, {"sampler": "class-aware"}, {"stages": "crt"}, {"loss": "ldam"}], ids=str
)
def test_results_depend_neither_on_the_order_of_the_classes_nor_on_the_type_of_labels(frozen, parameters):
    head = {"head": "cosine"} if parameters.get("loss") == "ldam" else {}
    X, y = clouds([24, 8, 12], seed=3)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = [X[i] for i in order], y[order]
    first = frozen(**parameters, **head).fit(X, y)
    proba, predicted = first.predict_proba(X), first.predict(X)
    for names in (np.array(["c", "a", "b"]), np.array([30, 10, 20]), np.array(["0", "1", "2"], dtype=object)):
        other = frozen(**parameters, **head).fit(X, names[y])
        columns = np.searchsorted(other.classes_, names)
        assert (other.predict_proba(X)[:, columns] == proba).all()
        assert (other.predict(X) == names[predicted]).all()


def test_attributes_by_class_follow_the_sorted_classes(frozen):
    names = np.array(["z", "a"])
    fitted = frozen(class_weight="balanced", validation_fraction=0.125).fit(SMALL_X, names[SMALL_Y])
    assert fitted.classes_.tolist() == ["a", "z"]
    assert fitted.class_shares_.tolist() == [0.25, 0.75]
    assert fitted.n_held_out_.tolist() == [1, 3]
    assert fitted.class_weight_ == pytest.approx([28 / 14, 28 / 42])  # of 7 and 21 rows


def test_repeated_rows_weigh_as_their_number(frozen):
    weights = np.ones(len(SMALL_X))
    weights[0] = 3
    for parameters in (
        {},
        {"class_weight": "effective-number"},
        {"sampler": "class-aware"},
        {"head": "cosine"},
    ):
        repeated = frozen(**parameters).fit([*SMALL_X, SMALL_X[0], SMALL_X[0]], [*SMALL_Y, *SMALL_Y[[0, 0]]])
        weighted = frozen(**parameters).fit(SMALL_X, SMALL_Y, sample_weight=weights)
        assert same(repeated, weighted)


# After the fit.


def test_tau_and_logit_adjustment_act_without_another_fit_and_leave_probabilities_alone(frozen, two_clouds):
    data = two_clouds
    fitted = frozen().fit(data.X, data.y)
    proba, plain = fitted.predict_proba(data.X_test), fitted.predict(data.X_test)
    adjusted = fitted.set_params(logit_adjustment=1.0).predict(data.X_test)
    by_hand = (np.log(proba) - np.log([0.95, 0.05])).argmax(axis=1)
    assert (adjusted == by_hand).all()
    assert adjusted.sum() > plain.sum()
    normalised = fitted.set_params(logit_adjustment=0.0, tau=1.0).predict(data.X_test)
    weight = fitted.head_.weight.numpy()
    vectors = np.array([[float(x) for x in text.split()] for text in data.X_test])
    logits = vectors @ (weight / np.linalg.norm(weight, axis=1, keepdims=True)).T
    assert (normalised == logits.argmax(axis=1)).all()
    assert (fitted.predict_proba(data.X_test) == proba).all()
    assert (fitted.set_params(tau=0.0).predict(data.X_test) == plain).all()


def test_the_adjustment_is_that_of_the_wrapper(frozen, two_clouds):
    own = frozen(logit_adjustment=1.0).fit(two_clouds.X, two_clouds.y)
    wrapped = LogitAdjustedClassifier(frozen()).fit(two_clouds.X, two_clouds.y)
    assert (own.predict(two_clouds.X_test) == wrapped.predict(two_clouds.X_test)).all()


def test_changes_after_the_fit_that_cannot_work_are_refused(frozen):
    fitted = frozen(loss="logit-adjusted").fit(SMALL_X, SMALL_Y).set_params(logit_adjustment=1.0)
    with pytest.raises(ValueError, match="logit_adjustment must be 0"):
        fitted.predict(SMALL_X)
    fitted = frozen(head="cosine").fit(SMALL_X, SMALL_Y).set_params(tau=1.0)
    with pytest.raises(ValueError, match="tau must be 0 unless"):
        fitted.predict(SMALL_X)


def test_balancing_twice_is_warned_of(frozen):
    with pytest.warns(UserWarning, match="sampler='class-aware' already balances the classes"):
        frozen(sampler="class-aware", logit_adjustment=1.0).fit(SMALL_X, SMALL_Y)


# What is learned.


@pytest.mark.parametrize(
    ("parameters", "least"),
    [
        ({"stages": "crt"}, 0.9),
        ({"stages": "drw"}, 0.78),
        ({"stages": "sequential-targeting"}, 0.78),
        ({"class_weight": "balanced"}, 0.9),
        ({"class_weight": "effective-number"}, 0.9),
        ({"sampler": "class-aware"}, 0.9),
        ({"sampler": "square-root"}, 0.8),
        ({"sampler": "progressive"}, 0.9),
        ({"sampler": "performance"}, 0.85),
        ({"loss": "logit-adjusted"}, 0.85),
        ({"logit_adjustment": 1.0}, 0.85),
    ],
    ids=str,
)
def test_remedies_learn_the_small_class_that_plain_training_misses(frozen, two_clouds, parameters, least):
    given = {"epochs": 10, "learning_rate": 5e-3}
    data = two_clouds
    plain = frozen(**given).fit(data.X, data.y)
    assert macro_accuracy(data.y_test, plain.predict(data.X_test)) < 0.75
    remedied = frozen(**given, **parameters).fit(data.X, data.y)
    assert macro_accuracy(data.y_test, remedied.predict(data.X_test)) > least


@pytest.mark.parametrize(
    "head",
    [CosineHead(scale=5.0), *(name for name in HEAD_NAMES if name not in ("cosine", "siamese"))],
    ids=str,
)
@pytest.mark.parametrize("sampler", [None, "class-aware"])
def test_heads_learn_four_clouds(frozen, head, sampler):
    X, y = clouds([40, 40, 40, 40], seed=0, centre=(0, 0))
    X_test, y_test = clouds([25] * 4, seed=1, centre=(0, 0))
    fitted = frozen(head=head, sampler=sampler, epochs=20, learning_rate=5e-3).fit(X, y)
    assert macro_accuracy(y_test, fitted.predict(X_test)) > 0.8
    assert fitted.predict_proba(X_test).sum(axis=1) == pytest.approx(np.ones(100))


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
def test_every_epoch_has_as_many_rows_as_the_training_set(frozen, sampler):
    fitted = frozen(sampler=sampler, batch_size=1).fit(SMALL_X, SMALL_Y)
    held_out = fitted.n_held_out_.sum()
    assert fitted.history_.n_steps == 4 * (32 - held_out)
    assert (held_out > 0) == (sampler == "performance")


def test_the_prior_is_where_the_training_starts(frozen):
    fitted = frozen(bias_init="prior", learning_rate=1e-12).fit(SMALL_X, SMALL_Y)
    assert fitted.predict_proba(SMALL_X) == pytest.approx(np.tile([0.75, 0.25], (32, 1)), abs=1e-6)
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert fitted.history_.train_loss[0] == pytest.approx(entropy, abs=1e-6)


@pytest.mark.parametrize(("loss", "head"), [("ranking", "linear"), ("cross-entropy", "prototype")])
def test_a_catch_all_class_is_what_no_other_class_claims(frozen, loss, head):
    X, y = clouds([60, 60], seed=0, centre=(0, 0))
    names = np.array(["other", "pattern"])
    fitted = frozen(loss=loss, head=head, catch_all="other", epochs=30, learning_rate=5e-3).fit(X, names[y])
    column = fitted._code_of_class[0]
    with torch.no_grad():
        logits = fitted.head_(fitted._reader.vectors(X))
    assert np.ptp(logits[:, column].numpy()) == 0  # the same whatever the text
    assert macro_accuracy(names[y], fitted.predict(X)) > 0.7


def test_early_stopping_keeps_the_best_epoch(frozen, two_clouds):
    fitted = frozen(validation_fraction=0.2, patience=3, epochs=60, learning_rate=1e-2)
    fitted.fit(two_clouds.X, two_clouds.y)
    history = fitted.history_
    assert fitted.n_held_out_.tolist() == [57, 3]
    assert history.stopped == "early_stopping"
    assert len(history.validation_loss) == history.best_epoch + 3
    assert min(history.validation_loss) == history.validation_loss[history.best_epoch - 1]


def test_classes_too_small_are_never_held_out(frozen):
    fitted = frozen(validation_fraction=0.1).fit(SMALL_X, SMALL_Y)
    assert fitted.n_held_out_.tolist() == [2, 0]


# As an estimator.


def test_parameters_of_a_loss_are_searched(frozen):
    search = GridSearchCV(
        frozen(loss=FocalLoss(), head=CosineHead(), sampler=TemperatureSampler()),
        {"loss__gamma": [0.0, 2.0], "head__scale": [10.0], "sampler__temperature": [1.0]},
        cv=2,
    ).fit(SMALL_X, SMALL_Y)
    assert search.best_params_["loss__gamma"] in (0.0, 2.0)
    assert search.best_estimator_.loss.gamma == search.best_params_["loss__gamma"]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"stages": "crt"}, {"sampler": "performance"}, {"head": "prototype"}, {"head": "set-convolution"}],
    ids=str,
)
def test_fits_are_a_function_of_the_seed_and_can_be_cloned_copied_and_pickled(frozen, parameters):
    fitted = frozen(**parameters).fit(SMALL_X, SMALL_Y)
    again = clone(fitted).fit(SMALL_X, SMALL_Y)
    assert same(fitted, again)
    assert same(fitted, pickle.loads(pickle.dumps(fitted)))
    assert same(fitted, copy.deepcopy(fitted))


def test_a_frozen_encoder_has_defaults_of_its_own(frozen):
    plain = frozen(epochs=None, learning_rate=None).fit(SMALL_X, SMALL_Y)
    assert same(plain, frozen(epochs=50, learning_rate=1e-3).fit(SMALL_X, SMALL_Y))


def test_a_second_fit_forgets_the_first(frozen, tuned):
    tuned.fit(BERT_X, BERT_Y)
    assert hasattr(tuned, "model_")
    tuned.set_params(freeze_encoder=True).fit(SMALL_X, SMALL_Y)
    assert not hasattr(tuned, "model_")
    assert hasattr(tuned, "encoder_")


def test_fit_leaves_the_global_random_states_alone(frozen):
    np.random.seed(0)  # noqa: NPY002 - the state under test
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    frozen(sampler="class-aware", stages="sequential-targeting").fit(SMALL_X, SMALL_Y)
    assert (np.random.get_state()[1] == numpy_state).all()  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_a_rate_that_is_too_high_is_an_error(frozen):
    with pytest.raises(FloatingPointError, match="Use a lower learning_rate"):
        frozen(learning_rate=1e30).fit(SMALL_X, SMALL_Y)


# With an encoder that is trained.


def test_retraining_the_classifier_leaves_the_encoder_alone_bit_for_bit(tuned):
    plain = clone(tuned).fit(BERT_X, BERT_Y)
    # The class-aware stage makes a text of two classes two rows; here there is none.
    retrained = clone(tuned).set_params(stages="crt").fit(BERT_X, BERT_Y)
    weights = retrained.model_.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in plain.model_.state_dict().items())
    assert not torch.equal(plain.head_.weight, retrained.head_.weight)


@pytest.mark.parametrize("stages", STAGE_NAMES)
def test_stages_train_an_encoder(tuned, stages):
    fitted = tuned.set_params(stages=stages).fit(BERT_X, BERT_Y)
    assert np.isfinite(fitted.predict_proba(BERT_X)).all()


def test_textcut_changes_the_training_and_not_the_predictions(tuned):
    plain = clone(tuned).fit(BERT_X, BERT_Y)
    cut = clone(tuned).set_params(augment=TextCut(probability=1.0)).fit(BERT_X, BERT_Y)
    assert not same(plain, cut, BERT_X)
    assert same(cut, cut, BERT_X)
    nothing = clone(tuned).set_params(augment=TextCut(n_squares=0)).fit(BERT_X, BERT_Y)
    assert same(plain, nothing, BERT_X)


def test_the_prototypes_of_a_trained_encoder_are_the_exact_class_means(tuned):
    fitted = tuned.set_params(head="prototype").fit(BERT_X, BERT_Y)
    with torch.no_grad():
        projected = fitted.head_.projection(fitted._reader.vectors(BERT_X))
    go = projected[np.flatnonzero(BERT_Y == "go")].mean(dim=0)
    assert torch.allclose(fitted.head_.centroids[fitted._code_of_class[1]], go, atol=0.02)
