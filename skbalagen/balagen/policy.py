"""Balancing policies: which classes are too small or too large, and how many rows each should have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from skbalagen._utils.labels import check_labels

__all__ = [
    "AugmentOnlyPolicy",
    "Band",
    "PercentilePolicy",
    "SamplingStrategy",
    "augment_only",
    "band_targets",
    "baseline",
    "check_betas",
    "class_sizes",
    "growing_policy",
    "naive_os",
    "partial_os",
    "partial_os_us",
    "percentile_band",
    "resolve_targets",
]


Band = tuple[float, float]


def class_sizes(y: Sequence[Any] | np.ndarray) -> dict[Any, int]:
    """Count the rows of each class, smallest class first; classes of one size keep their sorted order.

    Examples
    --------
    >>> class_sizes(["b", "a", "b"])
    {'a': 1, 'b': 2}
    """
    labels, counts = np.unique(column_or_1d(check_labels(y)), return_counts=True)
    names, order = labels.tolist(), np.argsort(counts, kind="stable")
    return {names[i]: int(counts[i]) for i in order}


# A hundred times the largest class: beyond it a beta is a mistake, and its rows would not fit in memory.
_MOST_PERCENT = 10_000


def check_betas(beta_low: float, beta_high: float) -> None:
    """Raise ValueError unless 0 <= beta_high <= 100, beta_low >= 0 and the two leave each other room."""
    for name, value in (("beta_low", beta_low), ("beta_high", beta_high)):
        if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a percentage >= 0, got {value!r}. Pass a number such as 95.")
    if beta_low > _MOST_PERCENT:
        raise ValueError(
            f"beta_low must be at most {_MOST_PERCENT} (percent of the largest class, where above 100), got {beta_low!r}."
        )
    if beta_low > 100 and beta_high > 0:
        raise ValueError(
            f"beta_low > 100 grows every class beyond the largest, which leaves none to thin: "
            f"beta_high must then be 0, got beta_low={beta_low!r}, beta_high={beta_high!r}. Set beta_high=0."
        )
    if beta_low <= 100 and beta_low + beta_high > 100:
        raise ValueError(
            f"beta_low + beta_high must be at most 100 (percent of the classes), got {beta_low!r} + "
            f"{beta_high!r} = {beta_low + beta_high!r}. Lower one of them."
        )


def percentile_band(sizes: Sequence[int], beta_low: float, beta_high: float) -> Band:
    """Return [B_low, B_high], the band of sizes that the percentile policy leaves alone.

    Parameters
    ----------
    sizes : sequence of int, of shape (n_classes,)
        Rows of each class, in any order.
    beta_low : float
        Percent of the classes that are to be under-represented, in [0, 100]; above 100 the policy
        extrapolates, ``B_low = beta_low / 100 * max(sizes)``.
    beta_high : float
        Percent of the classes that are to be over-represented, in [0, 100 - beta_low].

    Returns
    -------
    tuple of (float, float)
        ``B_low <= B_high``. For distinct sizes exactly ``round(beta_low / 100 * n_classes)`` classes lie
        below ``B_low`` and ``round(beta_high / 100 * n_classes)`` above ``B_high``, with two limits: at
        beta_low=100 ``B_low`` is the size of the largest class, which then is not below it; and where
        both numbers round up to more classes than there are, fewer are over-represented.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    the balancing policy of Algorithm 1.

    Examples
    --------
    >>> percentile_band([5, 10, 20, 40, 80], beta_low=60, beta_high=20)
    (40, 40)
    >>> percentile_band([5, 10, 20, 40, 80], beta_low=0, beta_high=0)
    (5, 80)
    """
    check_betas(beta_low, beta_high)
    ordered = sorted(sizes)
    n = len(ordered)
    if beta_low > 100:
        b_low = floor(beta_low / 100 * ordered[-1] + 0.5)
        return (b_low, b_low)
    n_under = round(beta_low / 100 * n)
    n_over = min(round(beta_high / 100 * n), n - n_under)
    if n_under == n:
        return (ordered[-1], ordered[-1])
    if n_over == n:
        return (ordered[0], ordered[0])
    if n_over and n_under + n_over == n:
        # No class lies inside the band: it is one point between two neighbouring sizes.
        middle = (ordered[n_under - 1] + ordered[n_under]) / 2
        gap = ordered[n_under] - ordered[n_under - 1]
        point = middle if gap == 1 else floor(middle)
        return (point, point)
    return (ordered[n_under], ordered[n - 1 - n_over])


def band_targets(sizes: Mapping[Any, int], band: Band) -> dict[Any, int]:
    """Move every class size to the nearest end of the band, rounded half up."""
    low, high = (floor(b + 0.5) for b in band)
    return {label: min(max(size, low), high) for label, size in sizes.items()}


@dataclass(frozen=True, kw_only=True)
class PercentilePolicy:
    """Fill the smallest classes up to B_low and thin the largest down to B_high.

    A callable ``y -> {label: rows wanted}``, as imbalanced-learn's ``sampling_strategy`` takes it; every
    class is named. RandomOverSampler accepts it with ``beta_high=0`` and RandomUnderSampler with
    ``beta_low=0``, since each of them moves counts one way only.

    Parameters
    ----------
    beta_low : float, default=95
        Percent of the classes to fill, in [0, 100]; above 100 ``B_low`` is extrapolated.
    beta_high : float, default=0
        Percent of the classes to thin, in [0, 100 - beta_low].

    References
    ----------
    Tepper et al. (2020), policies A (0, 0), C (100, 0), D (beta_low < 100, 0) and E.

    Examples
    --------
    >>> PercentilePolicy(beta_low=60, beta_high=20)(list("abbccccddddddddeeeeeeeeeeeeeeee"))
    {'a': 8, 'b': 8, 'c': 8, 'd': 8, 'e': 8}
    """

    beta_low: float = 95
    beta_high: float = 0

    def __post_init__(self) -> None:
        check_betas(self.beta_low, self.beta_high)

    def band(self, y: Sequence[Any] | np.ndarray) -> Band:
        """Return (B_low, B_high) for the labels `y`, of shape (n_samples,)."""
        return percentile_band(list(class_sizes(y).values()), self.beta_low, self.beta_high)

    def __call__(self, y: Sequence[Any] | np.ndarray) -> dict[Any, int]:
        """Return {label: rows wanted} for the labels `y`, of shape (n_samples,)."""
        return band_targets(class_sizes(y), self.band(y))


@dataclass(frozen=True, kw_only=True)
class AugmentOnlyPolicy:
    """Add the same number of rows to every class: the paper's policy B, augmentation without balancing.

    Parameters
    ----------
    n_rows : int
        Rows to add to each class, at least 0.

    Examples
    --------
    >>> AugmentOnlyPolicy(n_rows=3)(["a", "b", "b"])
    {'a': 4, 'b': 5}
    """

    n_rows: int

    def __post_init__(self) -> None:
        if not isinstance(self.n_rows, int | np.integer) or isinstance(self.n_rows, bool) or self.n_rows < 0:
            raise ValueError(f"n_rows must be an int >= 0 (rows to add to each class), got {self.n_rows!r}.")

    def __call__(self, y: Sequence[Any] | np.ndarray) -> dict[Any, int]:
        """Return {label: rows wanted} for the labels `y`, of shape (n_samples,)."""
        return {label: size + self.n_rows for label, size in class_sizes(y).items()}


def baseline() -> PercentilePolicy:
    """Policy A: leave every class as it is."""
    return PercentilePolicy(beta_low=0, beta_high=0)


def augment_only(n_rows: int) -> AugmentOnlyPolicy:
    """Policy B: add `n_rows` rows to every class."""
    return AugmentOnlyPolicy(n_rows=n_rows)


def naive_os() -> PercentilePolicy:
    """Policy C: fill every class up to the largest."""
    return PercentilePolicy(beta_low=100, beta_high=0)


def partial_os(beta_low: float) -> PercentilePolicy:
    """Policy D: fill the smallest `beta_low` percent of the classes."""
    return PercentilePolicy(beta_low=beta_low, beta_high=0)


def partial_os_us(beta_low: float, beta_high: float) -> PercentilePolicy:
    """Policy E: fill the smallest `beta_low` percent of the classes, thin the largest `beta_high` percent."""
    return PercentilePolicy(beta_low=beta_low, beta_high=beta_high)


# Classes grow beyond the largest until so many rows are generated: minutes on two cores.
_GENERATED_ROWS = 2000

# Classes are not grown beyond so many times the largest.
_MOST_TIMES = 3


def growing_policy(
    sizes: Sequence[int], share: Callable[[int], float], *, advised_rows: int, otherwise: PercentilePolicy
) -> PercentilePolicy:
    """Return the policy that grows all classes, the largest too: ``sampling_strategy="grow"``.

    All classes get as many rows as the generator advises, but at most three times the largest class, and at most
    as many as 2000 generated rows allow.

    Parameters
    ----------
    sizes : sequence of int, of shape (n_classes,)
        Rows of each class.
    share : callable
        Rows of a class to the share of its missing rows that is generated, in [0, 1].
    advised_rows : int
        Rows per class that the generator advises.
    otherwise : PercentilePolicy
        What applies where that is no more than the largest class has.

    Examples
    --------
    >>> growing_policy([2, 12], lambda n: 1.0, advised_rows=24, otherwise=PercentilePolicy())
    PercentilePolicy(beta_low=200.0, beta_high=0)
    """
    shares = np.array([share(n) for n in sizes])
    # With so many rows in every class, _GENERATED_ROWS are generated: the sum of shares * (affordable - sizes).
    affordable = (
        float((_GENERATED_ROWS + shares @ np.array(sizes)) / shares.sum()) if shares.any() else np.inf
    )
    times = min(_MOST_TIMES, min(advised_rows, affordable) / max(sizes))
    return PercentilePolicy(beta_low=100 * times) if times > 1 else otherwise


SamplingStrategy = str | Mapping[Any, int] | Callable[[np.ndarray], Mapping[Any, int]]


def resolve_targets(strategy: SamplingStrategy, y: np.ndarray) -> dict[Any, int]:
    """Return the rows wanted of each class, smallest class first.

    Parameters
    ----------
    strategy : dict, callable or str
        {label: rows wanted}; classes that it does not name stay as they are. A callable makes such a dict
        from `y`. "minority" fills the smallest classes, "not majority" and "all" every class, and "not
        minority" all but the smallest, up to the largest.
    y : ndarray of shape (n_samples,)
        Labels.

    Raises
    ------
    TypeError, ValueError
        A callable that returns no dict, a class that is not in `y`, or a number of rows that is no positive integer.
    """
    sizes = class_sizes(y)
    smallest, largest = min(sizes.values()), max(sizes.values())
    if isinstance(strategy, str):
        filled = {
            "minority": lambda size: size == smallest,
            "not minority": lambda size: size > smallest,
            "not majority": lambda size: True,
            "all": lambda size: True,
        }[strategy]
        return {label: largest if filled(size) else size for label, size in sizes.items()}
    wanted = strategy(y) if callable(strategy) else strategy
    if not isinstance(wanted, Mapping):
        raise TypeError(
            f"sampling_strategy must return a dict of {{label: rows wanted}}, got {type(wanted).__name__}. Correct the "
            "callable."
        )
    unknown = [label for label in wanted if label not in sizes]
    if unknown:
        raise ValueError(
            f"sampling_strategy must name classes of y, got {unknown!r}; the classes are {list(sizes)!r}. "
            "A class needs at least one row to be filled."
        )
    for label, n in wanted.items():
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(
                f"sampling_strategy must give a whole number of rows, at least 1, for each class, got {n!r} for "
                f"{label!r}. Name only classes that are to change."
            )
    return {label: int(wanted.get(label, size)) for label, size in sizes.items()}
