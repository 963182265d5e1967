"""D_S, the balanced training set of generator and labelers, and the rows that are kept, copied or dropped."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from skbalagen.balagen.policy import class_sizes

__all__ = [
    "BalanceTraining",
    "TrainingRows",
    "balance_of",
    "rebalance_rows",
    "repeat_rows",
    "rows_per_class",
    "sample_rows",
    "training_rows",
    "warn_of_sample",
]

BALANCES = ("band", "largest", None)
ALL_ROWS = "all rows"  # for a generator that copies rows: it learns nothing, so there may be millions

# Rows of D that are learned from. With 150 classes, 15,000 short texts take the default labelers 6 GB.
_MOST_ROWS = 20_000
_NAMED = {
    "both": ("band", "band"),
    "generator": ("band", None),
    "labelers": (None, "band"),
    None: (None, None),
}


class BalanceTraining(NamedTuple):
    """What generator and labelers are trained on: "band", "largest" or None; and on how many rows of D at most."""

    generator: str | None
    labelers: str | None
    max_rows: int | None = _MOST_ROWS


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
        "band", "largest" or None, and "max_rows", at least 1, or None for no bound.

    Raises
    ------
    ValueError
        Another name, key or value.

    Examples
    --------
    >>> balance_of("generator")
    BalanceTraining(generator='band', labelers=None, max_rows=20000)
    """
    if isinstance(balance_training, Mapping):
        given = dict(balance_training)
        max_rows = given.pop("max_rows", _MOST_ROWS)
        if max_rows is not None and (
            isinstance(max_rows, bool) or not isinstance(max_rows, Integral) or max_rows < 1
        ):
            raise ValueError(
                f"balance_training['max_rows'] must be a whole number of rows, at least 1, or None, got {max_rows!r}. "
                f"{_MOST_ROWS} is the default."
            )
        wrong = [f"{key!r}: {value!r}" for key, value in given.items() if value not in BALANCES]
        if wrong or not given.keys() <= {"generator", "labelers"}:
            raise ValueError(
                "balance_training as a dict must map 'generator' and 'labelers' to 'band', 'largest' or None, and "
                f"'max_rows' to a number or None, got {given!r}. For instance {{'generator': 'largest', 'labelers': "
                "'largest'}."
            )
        return BalanceTraining(
            given.get("generator"), given.get("labelers"), None if max_rows is None else int(max_rows)
        )
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
        is all rows as they are. No class has more rows than :func:`rows_per_class` says.
    seed : int
        Both parts draw with it, so that equal balances give equal rows.
    """
    sizes = class_sizes(y)
    most = rows_per_class(sizes, training.max_rows)
    wanted = {
        "band": dict(targets),
        "largest": dict.fromkeys(sizes, max(sizes.values())),
        None: sizes,
        ALL_ROWS: sizes,
    }
    if most is not None:
        for name in BALANCES:
            wanted[name] = {c: min(wanted[name].get(c, n), most) for c, n in sizes.items()}
    return TrainingRows(
        *(rebalance_rows(y, wanted[name], np.random.default_rng(seed)) for name in training[:2])
    )


def rows_per_class(sizes: Mapping[Any, int], max_rows: int | None) -> int | None:
    """Return the most rows that each class may have lest there be more than `max_rows`; None if there are not.

    Parameters
    ----------
    sizes : mapping of label to int
        Rows of each class.
    max_rows : int or None
        None is no bound.

    Returns
    -------
    int or None
        At least 1: no class is left out, however many there are.

    Examples
    --------
    >>> rows_per_class({"a": 2, "b": 50, "c": 90}, 42)  # 2 + 20 + 20
    20
    """
    if max_rows is None or sum(sizes.values()) <= max_rows:
        return None
    left = max_rows
    for n_before, n in enumerate(sorted(sizes.values())):
        most = left // (len(sizes) - n_before)
        if n > most:
            break
        left -= n
    return max(1, most)


def warn_of_sample(sizes: Mapping[Any, int], most: int | None, *, stacklevel: int) -> None:
    """Warn that parts learned from some of the rows.

    Parameters
    ----------
    sizes : mapping of label to int
        Rows of each class.
    most : int or None
        From :func:`rows_per_class`.
    stacklevel : int
        Of the warning: 2 is the caller of this function.
    """
    if most is not None:
        n_read = sum(min(n, most) for n in sizes.values())
        warnings.warn(
            f"Generator and labelers learn from at most balance_training['max_rows'] rows, got {sum(sizes.values()):,}: "
            f"they learned from {n_read:,} of them, {most:,} of a class at most. Set balance_training={{'generator': "
            "'band', 'labelers': 'band', 'max_rows': ...} to a higher number if there is time and memory.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def sample_rows(y: np.ndarray, max_rows: int | None = _MOST_ROWS, *, seed: int = 0) -> np.ndarray:
    """Return the row numbers of a random part of the data set, ascending: so many of each class at most.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    max_rows : int or None, default=20000
        As for :func:`rows_per_class`.
    seed : int, default=0
        Of the draw.
    """
    return training_rows(y, {}, BalanceTraining(None, None, max_rows), seed=seed).generator


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
