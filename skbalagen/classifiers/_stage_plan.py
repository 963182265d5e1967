"""What each stage of a training does, worked out before any of it: epochs, rows, class weights, the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skbalagen.classifiers._training_rows import TrainingRows
from skbalagen.classifiers.row_samplers import RowSampler
from skbalagen.classifiers.stages import Stage, balanced_rows, split_epochs
from skbalagen.losses import class_weights

__all__ = ["PlannedStage", "plan_stages"]


@dataclass
class PlannedStage:
    """A stage with its rows.

    Attributes
    ----------
    stage : Stage
    n_epochs : int
    rows : ndarray of int
        The rows to train on.
    loss : Loss
        Started.
    class_weight : ndarray of shape (n_classes,)
        As the loss has them.
    mean_weight : float
        Mean of the class weights over the rows, by which they are divided: the size of a step shall not depend
        on their scale.
    """

    stage: Stage
    n_epochs: int
    rows: np.ndarray
    loss: Any
    class_weight: np.ndarray
    mean_weight: float

    @property
    def sampler(self) -> RowSampler | None:
        """The sampler, as an object."""
        return self.stage.sampler  # type: ignore[return-value]


def plan_stages(
    stages: list[Stage],
    rows: TrainingRows,
    *,
    epochs: int,
    held_out: np.ndarray,
    classes: np.ndarray,
    catch_all: int | None,
    seed: int,
) -> list[PlannedStage]:
    """Plan the stages.

    Parameters
    ----------
    stages : list of Stage
        With losses and samplers as objects.
    rows : TrainingRows
    epochs : int
        Of a stage whose share is 1.
    held_out : ndarray of int
        Rows that no stage gets.
    classes : ndarray of shape (n_classes,)
        In the order of the class numbers.
    catch_all : int or None
        Number of the catch-all class.
    seed : int
        Of the choice of rows.

    Raises
    ------
    ValueError
        Too few rows for a stage, row numbers that are not there, or class weights that do not fit.
    """
    free = np.setdiff1d(np.arange(len(rows)), held_out)
    planned = []
    for stage, n_epochs in zip(
        stages, split_epochs([s.share_of_epochs for s in stages], epochs), strict=True
    ):
        chosen = _rows_of(stage, rows, free, seed)
        counts, n_rows = rows.counts(chosen)
        weights = class_weights(stage.class_weight, classes, counts)
        loss: Any = stage.loss
        loss.start(
            counts, n_rows, class_weight=None if stage.class_weight is None else weights, catch_all=catch_all
        )
        # With several labels per row, weights are factors of positive terms only: there is no common scale.
        mean = float(weights @ counts / n_rows) if loss.link == "softmax" else 1.0
        planned.append(PlannedStage(stage, n_epochs, chosen, loss, weights, mean))
    return planned


def _rows_of(stage: Stage, rows: TrainingRows, free: np.ndarray, seed: int) -> np.ndarray:
    """Return the row numbers of a stage, ascending."""
    if stage.rows is None:
        return free
    rng = np.random.default_rng([seed, 2])  # the same in each stage, so that "rest" is the rest of "balanced"
    if callable(stage.rows):
        chosen = np.unique(np.asarray(stage.rows(rows.targets[free], rng)))
        if not len(chosen) or chosen.dtype.kind not in "iu" or chosen[0] < 0 or chosen[-1] >= len(free):
            raise ValueError(
                f"rows of a Stage must return row numbers from 0 to {len(free) - 1}, at least one, got {chosen!r}. "
                "They count the labels that it is given."
            )
        return free[chosen]
    balanced = free[balanced_rows(rows.targets[free], rng)]
    return balanced if stage.rows == "balanced" else np.setdiff1d(free, balanced)
