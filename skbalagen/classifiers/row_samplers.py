"""Which training rows an epoch of TransformerClassifier is made of."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval, StrOptions
from skbalagen.classifiers._row_draws import EpochRows
from skbalagen.classifiers._row_sampler import RowSampler

__all__ = [
    "SAMPLER_NAMES",
    "ClassAwareSampler",
    "NaturalSampler",
    "PerformanceSampler",
    "ProgressiveSampler",
    "RepeatFactorSampler",
    "RowSampler",
    "TemperatureSampler",
    "named_sampler",
]


class NaturalSampler(RowSampler):
    """Each row as often as it occurs: an epoch of all rows has each of them once, as without a sampler."""

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        return rows.natural


class ClassAwareSampler(RowSampler):
    """Each class equally often: first a class, then a row of it.

    With several labels per row, a label and then a row that has it; rows without labels are not drawn, and the
    other labels of a row come along. :class:`skbalagen.losses.DistributionBalancedLoss` allows for that.

    Parameters
    ----------
    reweight : bool, default=False
        See :class:`RowSampler`.

    References
    ----------
    Shen et al. (2016), "Relay Backpropagation for Effective Learning of Deep Convolutional Neural Networks",
    ECCV (not verified against the paper). Kang et al. (2020), "Decoupling Representation and Classifier for
    Long-Tailed Recognition", ICLR (class-balanced sampling).

    Examples
    --------
    >>> y = np.array([0] * 90 + [1] * 10)
    >>> rows = ClassAwareSampler().draw(y, 0, 1, n=100, rng=np.random.default_rng(0))
    >>> np.bincount(y[rows]).tolist()
    [50, 50]
    """

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        return rows.class_first(np.ones(len(rows.counts)))


class TemperatureSampler(RowSampler):
    """Classes in proportion to ``n**(1 / temperature)``, between natural (1) and equally often (infinite).

    Parameters
    ----------
    temperature : float, default=2.0
        At least 1; 2 is square-root sampling, infinity class-aware sampling.
    reweight : bool, default=False
        See :class:`RowSampler`.

    References
    ----------
    Arivazhagan et al. (2019), "Massively Multilingual Neural Machine Translation in the Wild", section 4.

    Examples
    --------
    >>> y = np.repeat([0, 1, 2], [800, 150, 50])
    >>> p = TemperatureSampler(5).probabilities(y, 0, 1)
    >>> np.bincount(y, p).round(6).tolist()
    [0.436713, 0.312461, 0.250826]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RowSampler._parameter_constraints,
        "temperature": [Interval(Real, 1, None, closed="both")],
    }

    def __init__(self, temperature: float = 2.0, reweight: bool = False) -> None:
        super().__init__(reweight)
        self.temperature = temperature

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        return rows.class_first(rows.counts ** (1 / self.temperature))


class ProgressiveSampler(RowSampler):
    """From natural in the first epoch to class-aware in the last, in equal steps.

    Parameters
    ----------
    reweight : bool, default=False
        See :class:`RowSampler`.

    References
    ----------
    Kang et al. (2020), "Decoupling Representation and Classifier for Long-Tailed Recognition", ICLR
    (progressively-balanced sampling).

    Examples
    --------
    >>> y = np.repeat([0, 1, 2], [800, 150, 50])
    >>> p = ProgressiveSampler().probabilities(y, 1, 3)
    >>> np.bincount(y, p).round(6).tolist()
    [0.566667, 0.241667, 0.191667]
    """

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        balance = np.linspace(0, 1, rows.n_epochs)[rows.epoch]
        return (1 - balance) * rows.natural + balance * rows.class_first(np.ones(len(rows.counts)))


class PerformanceSampler(RowSampler):
    """Classes that the model is bad at more often: in proportion to ``1 - F1`` on held-out rows.

    Before the first epoch, and once every F1 score is 1, rows are drawn naturally.

    Parameters
    ----------
    natural_share : float, default=0.3
        Part of an epoch that is drawn naturally whatever the scores, in [0, 1].
    reweight : bool, default=False
        See :class:`RowSampler`.

    References
    ----------
    Pouyanfar et al. (2018), "Dynamic Sampling in Convolutional Neural Networks for Imbalanced Data
    Classification", MIPR (not verified against the paper). Akhbardeh et al. (2021), "Handling Extreme Class
    Imbalance in Technical Logbook Datasets", ACL.

    Examples
    --------
    >>> y = np.repeat([0, 1, 2], [300, 60, 30])
    >>> p = PerformanceSampler().probabilities(y, 1, 5, np.array([0.9, 0.6, 0.3]))
    >>> (390 * np.bincount(y, p)).round(2).tolist()
    [112.75, 109.0, 168.25]
    """

    needs_scores: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RowSampler._parameter_constraints,
        "natural_share": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, natural_share: float = 0.3, reweight: bool = False) -> None:
        super().__init__(reweight)
        self.natural_share = natural_share

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        if rows.scores is None:
            return rows.natural
        wanted = rows.class_first(1 - rows.scores)
        if not wanted.any():
            return rows.natural
        return self.natural_share * rows.natural + (1 - self.natural_share) * wanted


class RepeatFactorSampler(RowSampler):
    """Rows with a rare label more often: the factor of a row is that of its rarest label. For several labels.

    With f the share of rows that have a label, its factor is ``max(1, sqrt(threshold / f))``; that of a row is
    the largest among its labels, and 1 without labels.

    Parameters
    ----------
    threshold : float or "median", default="median"
        Share of rows below which a label is rare, in (0, 1]; "median" is the median of the labels' shares.
    reweight : bool, default=False
        See :class:`RowSampler`.

    Notes
    -----
    The paper lengthens the epoch by the factors. Here its length is given, so that the factors are relative to
    their mean.

    References
    ----------
    Gupta et al. (2019), "LVIS: A Dataset for Large Vocabulary Instance Segmentation", CVPR (repeat factor
    sampling).

    Examples
    --------
    >>> y = np.array([[1, 0]] * 90 + [[1, 1]] * 10)
    >>> p = RepeatFactorSampler(threshold=0.4).probabilities(y, 0, 1)
    >>> (p[[0, 90]] / p[0]).round(6).tolist()
    [1.0, 2.0]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RowSampler._parameter_constraints,
        "threshold": [Interval(Real, 0, 1, closed="right"), StrOptions({"median"})],
    }

    def __init__(self, threshold: float | str = "median", reweight: bool = False) -> None:
        super().__init__(reweight)
        self.threshold = threshold

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        counts = rows.counts
        seen = counts > 0
        shares = np.where(seen, counts, 1) / rows.multiplicities.sum()
        threshold = np.median(shares[seen]) if isinstance(self.threshold, str) else self.threshold
        factors = np.maximum(1, np.sqrt(threshold / shares))  # (n_classes,)
        per_row = factors[rows.y] if rows.y.ndim == 1 else np.where(rows.y > 0, factors, 1).max(axis=1)
        return per_row * rows.multiplicities


_SAMPLERS: dict[str, Callable[[], RowSampler]] = {
    "natural": NaturalSampler,
    "class-aware": ClassAwareSampler,
    "square-root": TemperatureSampler,
    "temperature": lambda: TemperatureSampler(5.0),
    "progressive": ProgressiveSampler,
    "performance": PerformanceSampler,
    "repeat-factor": RepeatFactorSampler,
}
SAMPLER_NAMES = tuple(_SAMPLERS)


def named_sampler(name: str) -> RowSampler:
    """Return a new row sampler with its default parameters.

    Parameters
    ----------
    name : str
        One of `SAMPLER_NAMES`. "square-root" is a temperature of 2, "temperature" one of 5.

    Raises
    ------
    ValueError
        Another name.

    Examples
    --------
    >>> named_sampler("square-root")
    TemperatureSampler()
    """
    if name not in _SAMPLERS:
        raise ValueError(
            f"sampler must be a RowSampler or one of {list(SAMPLER_NAMES)}, got {name!r}. Choose one of them."
        )
    return _SAMPLERS[name]()
