"""Training through stages: weights, parts of batches, runs, and what each stage leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen import TransformerClassifier
from skbalagen.classifiers._fit_plan import plan_fit
from skbalagen.classifiers._inputs import TokenReader, VectorInputs
from skbalagen.classifiers._remedies import resolve_remedies
from skbalagen.classifiers._stage_training import FitOptions, _Run, train_stages
from skbalagen.classifiers.stages import Stage
from skbalagen.losses import LOSS_NAMES, named_loss
from tests.classifiers.conftest import clouds

OPTIONS = FitOptions(
    batch_size=8,
    learning_rate=1e-2,
    head_learning_rate_ratio=1.0,
    early_stopping=False,
    patience=1,
    n_jobs=1,
    verbose=0,
    seed=0,
)


def planned(X, targets, weights=None, **parameters):
    """Return the plan of a fit and its head, built for two features."""
    classifier = TransformerClassifier(freeze_encoder=True, **parameters)
    targets = np.asarray(targets)
    classes = np.unique(targets) if targets.ndim == 1 else np.arange(targets.shape[1])
    remedies = resolve_remedies(classifier, indicator=targets.ndim == 2, classes=classes)
    plan = plan_fit(
        remedies,
        np.array(X, dtype=object),
        targets,
        np.ones(len(X)) if weights is None else np.array(weights, dtype=float),
        classes=classes,
        catch_all=None,
        epochs=2,
        validation_fraction=None,
        seed=0,
    )
    remedies.head.build(2, len(classes), seed=0)
    return plan, remedies.head


def run_of(plan, head, inputs=None):
    if inputs is None:
        inputs = VectorInputs(torch.tensor([[float(x) for x in text.split()] for text in plan.rows.texts]))
    return _Run(inputs, head, plan.rows, plan.stages, plan.held_out, OPTIONS, stream=0)


def test_weights_have_the_mean_one_over_the_rows():
    X, y = clouds([6, 2], seed=0)
    plan, head = planned([*X, X[0]], [*y, y[0]], weights=[1.0] * 8 + [3.0])
    run = run_of(plan, head)
    run._draw()
    (weights,) = run.weights
    assert weights.mean().item() == pytest.approx(1.0)
    assert (weights[0] / weights[1]).item() == pytest.approx(4.0)


def test_class_weights_are_divided_by_their_mean_over_the_rows():
    X, y = clouds([6, 2], seed=0)
    plan, head = planned(X, y, class_weight={0: 1.0, 1: 5.0})
    run = run_of(plan, head)
    loss = run._loss(np.arange(8), plan.stages[0], run._weights(plan.stages[0]))
    logits = head.module_(run.inputs.known)
    each = torch.nn.functional.cross_entropy(logits, torch.from_numpy(y), reduction="none")
    by_hand = (each * torch.tensor([1.0] * 6 + [5.0] * 2)).sum() / 16  # 6 * 1 + 2 * 5
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-6)


def test_a_sampler_counts_repeats_in_what_it_draws_and_not_as_weights():
    X, y = clouds([6, 2], seed=0)
    plan, head = planned([*X, X[0]], [*y, y[0]], weights=[1.0] * 8 + [99.0], sampler="natural")
    run = run_of(plan, head)
    drawn = run._draw()
    assert (drawn == 0).sum() >= 6  # 100 of 107
    assert run.weights[0].tolist() == [1.0] * 8


def test_reweighting_undoes_the_drawing_in_the_mean():
    X, y = clouds([90, 10], seed=0)
    plan, head = planned(X, y, sampler="class-aware")
    plan.stages[0].sampler.reweight = True
    run = run_of(plan, head)
    drawn = run._draw()
    weights = run.weights[0].numpy()
    assert np.bincount(y[drawn]).tolist() == [50, 50]
    assert weights[y == 0] == pytest.approx(1.8)
    assert weights[y == 1] == pytest.approx(0.2)
    assert weights[drawn].mean() == pytest.approx(1.0)


def test_a_soft_target_is_the_mean_of_its_classes():
    plan, head = planned(["1 0", "1 0", "0 1"], [0, 1, 1], weights=[3.0, 1.0, 2.0])
    run = run_of(plan, head)
    loss = run._loss(np.array([0, 1]), plan.stages[0], run._weights(plan.stages[0]))
    logs = head.module_(run.inputs.known).log_softmax(1)
    by_hand = -(3 * logs[0, 0] + logs[0, 1] + 2 * logs[1, 1]) / 6  # weights of 4 and 2, mean 3
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-6)


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_parts_of_a_batch_have_the_gradient_of_the_whole(tiny_bert, name):
    texts = ["flight 1", "fare number 2 red", "meal", "city question 3 blue 4 red", "meal 5", "city 6"]
    sigmoid = named_loss(name).link == "sigmoid"
    y = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]] * 2) if sigmoid else np.array([0, 1, 2, 1, 0, 0])
    plan, head = planned(
        texts, y, loss=name, head="cosine" if "ldam" in name else "linear", class_weight="balanced"
    )
    head.build(32, 3, seed=0)
    reader = TokenReader(str(tiny_bert), 16, "cpu")
    inputs = reader.inputs(plan.rows.texts, augment=None, rare=np.zeros(6, dtype=bool))
    run = run_of(plan, head, inputs)
    weights = run._weights(plan.stages[0])

    def gradient(parts):
        run.network.zero_grad()
        for part in parts:
            (run._loss(np.array(part), plan.stages[0], weights) * len(part) / 6).backward()
        return torch.cat([p.grad.flatten() for p in run.trained if p.grad is not None])

    whole, parts = gradient([range(6)]), gradient([[0, 3], [1], [2, 4, 5]])
    assert torch.allclose(whole, parts, atol=1e-5)
    assert whole.abs().max() > 1e-3


def test_the_scores_are_f1_on_held_out_rows_and_on_training_rows_of_small_classes():
    X, y = clouds([40, 4], seed=0)
    plan, head = planned(X, y, sampler="performance")
    assert plan.n_held_out.tolist() == [4, 0]
    run = run_of(plan, head)
    seen = []

    def predicted(rows):
        seen.extend(rows.tolist())
        return np.where(rows == 43, 0, y[rows])  # one of the four small ones is wrong

    run._predicted = predicted
    scores = run._scores()
    assert sorted(y[seen].tolist()) == [0] * 4 + [1] * 4
    assert scores == pytest.approx([8 / 9, 6 / 7])  # F1 = 2 TP / (2 TP + FP + FN)


def test_a_run_shows_the_head_all_rows_of_a_step_at_once():
    X, y = clouds([20, 20], seed=0)
    plan, head = planned(X, y, head="prototype")
    sizes = []
    head.observe = lambda vectors, targets: sizes.append((len(vectors), len(targets)))
    run_of(plan, head).train(None)
    assert sizes == [(8, 8)] * 10  # five steps in each of two epochs


def test_histories_of_stages_are_joined():
    X, y = clouds([20, 8], seed=0)
    plan, head = planned(X, y, stages=[Stage(), Stage(train="head", reset_head=True)])
    inputs = run_of(plan, head).inputs
    history = train_stages(inputs, head, plan.rows, plan.stages, plan.held_out, OPTIONS)
    assert len(history.train_loss) == 4
    assert (history.best_epoch, history.n_steps) == (4, 16)


def test_a_strong_penalty_keeps_the_weights_of_the_stage_before():
    X, y = clouds([40, 8], seed=0)

    def change(strength):
        stages = [Stage(rows="rest"), Stage(5.0, rows="balanced", penalty=strength)]
        plan, head = planned(X, y, stages=stages)
        inputs = run_of(plan, head).inputs
        first = train_stages(inputs, head, plan.rows, plan.stages[:1], plan.held_out, OPTIONS)
        before = head.module_.weight.detach().clone()
        head.build(2, 2, seed=0)
        train_stages(inputs, head, plan.rows, plan.stages, plan.held_out, OPTIONS)
        assert first.n_steps > 0
        return (head.module_.weight - before).abs().max().item()

    assert change(1e4) < 0.5 * change(0.0)
