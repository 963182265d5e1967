"""D_S, the balanced training set of generator and labelers, and the rows that are kept, copied or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from skbalagen.balagen.policy import class_sizes

__all__ = [
    "BalanceTraining",
    "TrainingRows",
    "balance_of",
    "rebalance_rows",
    "repeat_rows",
    "training_rows",
]

BALANCES = ("band", "largest", None)
_NAMED = {
    "both": ("band", "band"),
    "generator": ("band", None),
    "labelers": (None, "band"),
    None: (None, None),
}


class BalanceTraining(NamedTuple):
    """What generator and labelers are trained on: "band", "largest" or None."""

    generator: str | None
    labelers: str | None


class TrainingRows(NamedTuple):
    """Row numbers that generator and labelers are trained on, each an ndarray of int."""

    generator: np.ndarray
    labelers: np.ndarray


def balance_of(balance_training: Any) -> BalanceTraining:
    """Return what the parameter `balance_training` of the resampler means.

    Parameters
    ----------
    balance_training : {"both", "generator", "labelers"}, None or mapping
        A mapping has the keys "generator" and "labelers" (one that is missing counts as None), each with
        "band", "largest" or None.

    Raises
    ------
    ValueError
        Another name, key or value.

    Examples
    --------
    >>> balance_of("generator")
    BalanceTraining(generator='band', labelers=None)
    """
    if isinstance(balance_training, Mapping):
        given = dict(balance_training)
        wrong = [f"{key!r}: {value!r}" for key, value in given.items() if value not in BALANCES]
        if wrong or not given.keys() <= {"generator", "labelers"}:
            raise ValueError(
                "balance_training as a dict must map 'generator' and 'labelers' to 'band', 'largest' or None, got "
                f"{given!r}. For instance {{'generator': 'largest', 'labelers': 'largest'}}."
            )
        return BalanceTraining(given.get("generator"), given.get("labelers"))
    if balance_training not in list(_NAMED):
        raise ValueError(
            f"balance_training must be 'both', 'generator', 'labelers', None or a dict, got {balance_training!r}."
        )
    return BalanceTraining(*_NAMED[balance_training])


def training_rows(
    y: np.ndarray, targets: Mapping[Any, int], training: BalanceTraining, *, seed: int
) -> TrainingRows:
    """Return the rows of D_S: step 2 of Algorithm 1.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    targets : mapping of label to int
        Rows wanted of each class.
    training : BalanceTraining
        For each of the two parts: "band" is D_S of the paper, with small classes copied up to B_low and large
        ones thinned to B_high; "largest" has every class copied up to the largest, whatever the targets; None
        is all rows as they are.
    seed : int
        Both parts draw with it, so that equal balances give equal rows.
    """
    sizes = class_sizes(y)
    wanted = {"band": targets, "largest": dict.fromkeys(sizes, max(sizes.values()))}
    return TrainingRows(
        *(
            np.arange(len(y))
            if name is None
            else rebalance_rows(y, wanted[name], np.random.default_rng(seed))
            for name in training
        )
    )


def rebalance_rows(
    y: np.ndarray,
    targets: Mapping[Any, int],
    rng: np.random.Generator,
    *,
    over: bool = True,
    under: bool = True,
) -> np.ndarray:
    """Choose the rows of a data set that is balanced by copying and thinning.

    A class below its target keeps all its rows and repeats some: all of them equally often, or one more
    time. A class above its target keeps a random part.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    targets : mapping of label to int
        Rows wanted; classes that are not named stay as they are.
    rng : numpy.random.Generator
        Source of the draws, used once per class in sorted label order.
    over, under : bool, default=True
        Whether to copy, and whether to thin.

    Returns
    -------
    ndarray of int, of shape (n_rows,)
        Row numbers of `y`: kept originals in ascending order, then the copies.

    Examples
    --------
    >>> rows = rebalance_rows(np.array(["a", "b", "b"]), {"a": 3}, np.random.default_rng(0))
    >>> rows.tolist()
    [0, 1, 2, 0, 0]
    """
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    keep = np.ones(len(codes), dtype=bool)
    by_class = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    copies: list[np.ndarray] = []
    for label, rows in zip(labels.tolist(), by_class, strict=True):
        target = targets.get(label, len(rows))
        if under and target < len(rows):
            keep[rng.permutation(rows)[target:]] = False
        elif over and target > len(rows):
            copies.append(repeat_rows(rows, target - len(rows), rng))
    return np.concatenate([np.flatnonzero(keep), *copies])


def repeat_rows(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` of the row numbers `rows`: all of them equally often, or one more time.

    Examples
    --------
    >>> sorted(repeat_rows(np.array([4, 7]), 5, np.random.default_rng(0)).tolist())
    [4, 4, 4, 7, 7]
    """
    whole, rest = divmod(n, len(rows))
    return np.concatenate([np.tile(rows, whole), rng.permutation(rows)[:rest]])
