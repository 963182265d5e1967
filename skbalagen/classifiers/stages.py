"""Stages of a training: classifier re-training, deferred re-weighting and sequential targeting are lists of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skbalagen.classifiers.row_samplers import RowSampler
from skbalagen.losses import Loss

__all__ = ["STAGE_NAMES", "Stage", "balanced_rows", "named_stages", "runs_of", "split_epochs"]


@dataclass(frozen=True)
class Stage:
    """One stage of the training of a TransformerClassifier.

    Stages that follow each other and train the same weights on the same rows are one training with one schedule
    of the learning rate, so that a change of loss, class weights or sampler comes in its course. All others start
    a schedule of their own.

    Parameters
    ----------
    share_of_epochs : float, default=1.0
        Length of the stage, in multiples of the classifier's `epochs`; above 0. It gets at least one epoch.
    rows : {"balanced", "rest"}, callable or None, default=None
        Rows to train on. "balanced" are half as many rows of each class as the rarest class has, "rest" are all
        others; a callable is given class numbers (or indicators) and an rng, and returns row numbers; None is all.
    sampler : str, RowSampler or None, default=None
        None is the classifier's.
    loss : str, Loss or None, default=None
        None is the classifier's.
    class_weight : dict, "balanced", "effective-number" or None, default=None
        None is the classifier's.
    train : {"all", "head"}, default="all"
        "head" leaves the encoder as it is, without dropout.
    reset_head : bool, default=False
        Whether the head starts anew.
    penalty : float, default=0.0
        Strength of the penalty on changes of weights that the rows of the stage before depend on (Fisher's
        information), at least 0.

    See Also
    --------
    skbalagen.TransformerClassifier : Takes a list of stages, or a name.
    skbalagen.classifiers.stages.named_stages : The lists by name.

    Examples
    --------
    >>> Stage(0.5, sampler="class-aware")  # doctest: +ELLIPSIS
    Stage(share_of_epochs=0.5, rows=None, sampler='class-aware', ...)
    """

    share_of_epochs: float = 1.0
    rows: str | Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None
    sampler: str | RowSampler | None = None
    loss: str | Loss | None = None
    class_weight: Mapping[Any, float] | str | None = None
    train: str = "all"
    reset_head: bool = False
    penalty: float = 0.0

    def __post_init__(self) -> None:
        allowed = {
            "share_of_epochs": ("above 0", self.share_of_epochs > 0),
            "rows": (
                "'balanced', 'rest', a callable or None",
                self.rows in ("balanced", "rest", None) or callable(self.rows),
            ),
            "train": ("'all' or 'head'", self.train in ("all", "head")),
            "penalty": ("at least 0", self.penalty >= 0),
        }
        for name, (expected, is_met) in allowed.items():
            if not is_met:
                raise ValueError(
                    f"{name} of a Stage must be {expected}, got {getattr(self, name)!r}. Correct it."
                )
        if self.penalty > 0 and self.reset_head:
            raise ValueError(
                "A Stage must not have both reset_head=True and a penalty, which holds on to the weights of the "
                f"stage before, got penalty={self.penalty}. Drop one of the two."
            )


_STAGES: dict[str, tuple[Stage, ...]] = {
    # Ten epochs for the head beside the eight of the default (Kang et al. 2020, section 4.1 and their code).
    "crt": (Stage(), Stage(1.25, sampler="class-aware", train="head", reset_head=True)),
    "drw": (Stage(0.8), Stage(0.2, class_weight="effective-number")),
    "sequential-targeting": (Stage(rows="rest"), Stage(rows="balanced", penalty=1000.0)),
}
STAGE_NAMES = tuple(_STAGES)


def named_stages(name: str) -> tuple[Stage, ...]:
    """Return the stages of a method.

    Parameters
    ----------
    name : str
        "crt" (classifier re-training, Kang et al. 2020: the head once more on balanced rows), "drw" (deferred
        re-weighting, Cao et al. 2019: class weights in the last fifth of the epochs) or "sequential-targeting"
        (Jang et al. 2021: the skewed rows first, then balanced ones that may not undo what was learned).

    Raises
    ------
    ValueError
        Another name.

    Examples
    --------
    >>> [stage.share_of_epochs for stage in named_stages("drw")]
    [0.8, 0.2]
    """
    if name not in _STAGES:
        raise ValueError(
            f"stages must be a list of Stage or one of {list(STAGE_NAMES)}, got {name!r}. Choose one of them."
        )
    return _STAGES[name]


def split_epochs(shares: Sequence[float], epochs: int) -> list[int]:
    """Return the epochs of each stage, at least 1; they add up to the rounded sum where that allows it.

    Examples
    --------
    >>> split_epochs([0.8, 0.2], 8), split_epochs([1, 1.25], 8), split_epochs([0.9, 0.1], 2)
    ([6, 2], [8, 10], [2, 1])
    """
    ends = [round(epochs * share + 1e-9) for share in np.cumsum(shares)]
    return [max(1, end - start) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def balanced_rows(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose as many rows of each class as half of the rarest class has.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_rows,)
        Class numbers.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Row numbers, ascending.

    Raises
    ------
    ValueError
        A class of fewer than 4 rows: both parts need two rows of it.

    Examples
    --------
    >>> codes = np.repeat([0, 1], [900, 100])
    >>> np.bincount(codes[balanced_rows(codes, np.random.default_rng(0))]).tolist()
    [50, 50]
    """
    sizes = np.bincount(codes)
    if sizes.min() < 4:
        raise ValueError(
            "Sequential targeting needs at least 4 distinct rows of each class, 2 for each of its two stages, got "
            f"{sizes.min()} of the smallest class. Leave such classes out, or use stages='crt'."
        )
    chosen = [
        rng.choice(np.flatnonzero(codes == c), sizes.min() // 2, replace=False) for c in range(len(sizes))
    ]
    return np.sort(np.concatenate(chosen))


def runs_of(stages: Sequence[Stage]) -> list[list[int]]:
    """Group the places of stages that are one training: same weights, same rows, nothing reset or penalised.

    Examples
    --------
    >>> [runs_of(named_stages(name)) for name in ("crt", "drw")]
    [[[0], [1]], [[0, 1]]]
    """
    runs: list[list[int]] = []
    for i, stage in enumerate(stages):
        before = stages[i - 1] if i else None
        joins = (
            before is not None
            and (before.train, before.rows) == (stage.train, stage.rows)
            and not stage.reset_head
            and stage.penalty == 0
        )
        if joins:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs
