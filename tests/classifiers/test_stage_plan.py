"""What each stage is worked out to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skbalagen.classifiers._stage_plan import plan_stages
from skbalagen.classifiers._training_rows import TrainingRows
from skbalagen.classifiers.stages import Stage, named_stages
from skbalagen.losses import named_loss


def rows_of_sizes(*sizes):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    texts = np.array([f"text {i}" for i in range(len(codes))], dtype=object)
    return TrainingRows.merged(texts, codes, np.ones(len(codes)), len(sizes), by_text=False)


def plan(stages, rows, held_out=(), classes=None, loss="cross-entropy"):
    return plan_stages(
        [replace(stage, loss=named_loss(stage.loss or loss)) for stage in stages],
        rows,
        epochs=8,
        held_out=np.array(held_out, dtype=int),
        classes=np.arange(rows.n_classes) if classes is None else np.array(classes),
        catch_all=None,
        seed=0,
    )


def test_effective_number_weights_reach_the_loss_by_class():
    rows = rows_of_sizes(10000, 625, 16)
    (planned,) = plan([Stage(class_weight="effective-number")], rows)
    assert planned.class_weight == pytest.approx([0.007374, 0.076937, 2.915689], abs=1e-6)
    assert planned.loss.class_weight_.tolist() == planned.class_weight.tolist()
    by_hand = (10000 * 0.007374 + 625 * 0.076937 + 16 * 2.915689) / 10641
    assert planned.mean_weight == pytest.approx(by_hand, rel=1e-3)


def test_balanced_weights_have_the_mean_one():
    (planned,) = plan([Stage(class_weight="balanced")], rows_of_sizes(10000, 625, 16))
    assert planned.class_weight == pytest.approx([0.354700, 5.675200, 221.6875], abs=1e-6)
    assert planned.mean_weight == pytest.approx(1.0)


def test_weights_by_label_follow_the_order_of_the_class_numbers():
    (planned,) = plan([Stage(class_weight={"b": 5.0})], rows_of_sizes(3, 2), classes=["b", "a"])
    assert planned.class_weight.tolist() == [5.0, 1.0]


def test_no_weights_are_none_for_the_loss():
    (planned,) = plan([Stage()], rows_of_sizes(3, 2))
    assert planned.loss.class_weight_ is None
    assert (planned.class_weight.tolist(), planned.mean_weight) == ([1.0, 1.0], 1.0)


def test_sequential_targeting_splits_the_rows():
    rows = rows_of_sizes(900, 100)
    first, second = plan(named_stages("sequential-targeting"), rows)
    assert np.bincount(rows.targets[second.rows]).tolist() == [50, 50]
    assert np.bincount(rows.targets[first.rows]).tolist() == [850, 50]
    assert sorted([*first.rows, *second.rows]) == list(range(1000))
    assert first.loss.class_counts_.tolist() == [850, 50]


def test_stages_leave_held_out_rows_out():
    rows = rows_of_sizes(20, 8)
    first, second = plan(named_stages("sequential-targeting"), rows, held_out=[0, 27])
    assert not {0, 27} & {*first.rows, *second.rows}
    assert np.bincount(rows.targets[second.rows]).tolist() == [3, 3]


def test_rows_of_ones_own_choice():
    def every_other(y, rng):
        return np.arange(0, len(y), 2)

    (planned,) = plan([Stage(rows=every_other)], rows_of_sizes(4, 4), held_out=[0])
    assert planned.rows.tolist() == [1, 3, 5, 7]


@pytest.mark.parametrize("chosen", [[], [8], [-1], [0.5]])
def test_rows_that_are_not_there_are_refused(chosen):
    with pytest.raises(ValueError, match="rows of a Stage must return row numbers from 0 to 7"):
        plan([Stage(rows=lambda y, rng: np.array(chosen))], rows_of_sizes(4, 4))


def test_epochs_of_the_stages():
    crt = [planned.n_epochs for planned in plan(named_stages("crt"), rows_of_sizes(4, 4))]
    drw = [planned.n_epochs for planned in plan(named_stages("drw"), rows_of_sizes(4, 4))]
    assert (crt, drw) == ([8, 10], [6, 2])
