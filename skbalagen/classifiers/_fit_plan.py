"""The plan of a fit: distinct rows, the rows held out, and the stages, worked out before a model is loaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skbalagen.classifiers._remedies import Remedies
from skbalagen.classifiers._stage_plan import PlannedStage, plan_stages
from skbalagen.classifiers._training_rows import TrainingRows, held_out_rows

__all__ = ["FitPlan", "plan_fit"]

_HELD_OUT_FOR_SCORES = 0.1  # of each class, for samplers that ask for scores


@dataclass
class FitPlan:
    """What is trained on.

    Attributes
    ----------
    rows : TrainingRows
    held_out : ndarray of int
        Row numbers.
    n_held_out : ndarray of int, of shape (n_classes,)
        How many of each class they are.
    stages : list of PlannedStage
    """

    rows: TrainingRows
    held_out: np.ndarray
    n_held_out: np.ndarray
    stages: list[PlannedStage]

    def rare(self) -> np.ndarray:
        """Return which rows have a class that is smaller than the mean, of shape (n_rows,)."""
        rows = self.rows
        counts, _ = rows.counts(np.arange(len(rows)))
        small = counts < counts.mean()
        small = small[rows.targets] if rows.targets.ndim == 1 else rows.targets @ small > 0
        return np.bincount(rows.owner, small, len(rows)) > 0


def plan_fit(
    remedies: Remedies,
    texts: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    *,
    classes: np.ndarray,
    catch_all: int | None,
    epochs: int,
    validation_fraction: float | None,
    seed: int,
) -> FitPlan:
    """Plan a fit.

    Parameters
    ----------
    remedies : Remedies
    texts, targets, weights : ndarrays of length n_samples
        Class numbers, or indicators.
    classes : ndarray of shape (n_classes,)
        In the order of the class numbers.
    catch_all : int or None
    epochs : int
    validation_fraction : float or None
    seed : int

    Raises
    ------
    ValueError
        No row can be held out, or a stage cannot be planned.
    """
    by_text = not remedies.draws_rows and validation_fraction is None
    rows = TrainingRows.merged(texts, targets, weights, len(classes), by_text=by_text)
    held_out, n_held_out = np.array([], dtype=int), np.zeros(len(classes), dtype=int)
    fraction = validation_fraction or (_HELD_OUT_FOR_SCORES if remedies.needs_scores else None)
    if fraction is not None:
        held_out, n_held_out = held_out_rows(rows.targets, fraction, np.random.default_rng([seed, 3]))
    if validation_fraction is not None and not len(held_out):
        counts = np.bincount(rows.targets) if rows.targets.ndim == 1 else rows.targets.sum(axis=0)
        raise ValueError(
            "validation_fraction must hold out at least one row of a class, got "
            f"validation_fraction={validation_fraction} and {counts.max()} distinct rows of the largest class. "
            "Raise it, or leave it out."
        )
    stages = plan_stages(
        remedies.stages,
        rows,
        epochs=epochs,
        held_out=held_out,
        classes=classes,
        catch_all=catch_all,
        seed=seed,
    )
    return FitPlan(rows, held_out, n_held_out, stages)
