"""Which training rows an epoch of TransformerClassifier is made of."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from skbalagen._utils.sklearn_compat import Interval, StrOptions, fit_context
from skbalagen.classifiers._row_draws import class_counts, natural_rows, rows_of_classes, systematic_draw

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


class RowSampler(BaseEstimator):
    """Base of the row samplers: turns the probability of each row into the rows of an epoch.

    A sampler of your own is a subclass with the method ``_probabilities``.

    Parameters
    ----------
    reweight : bool, default=False
        Whether a row weighs its natural probability over the one that it was drawn with. This is
        "down-sample and up-weight" for rows that are drawn less than naturally, and "up-sample and down-weight"
        for the others: the expected gradient stays that of the training set.

    Attributes
    ----------
    needs_scores : bool
        Whether the sampler asks for the F1 score of each class after each epoch. A class attribute.

    See Also
    --------
    skbalagen.classifiers.row_samplers.named_sampler : The samplers by name.
    """

    needs_scores: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {"reweight": ["boolean"]}

    def __init__(self, reweight: bool = False) -> None:
        self.reweight = reweight

    @fit_context(prefer_skip_nested_validation=True)
    def probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None = None,
        *,
        multiplicities: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the probability that a draw is each row.

        Parameters
        ----------
        y : ndarray of int, of shape (n_rows,), or of shape (n_rows, n_labels)
            Class numbers, or 1 for each label that a row has and 0 for the others.
        epoch : int
            From 0 to ``n_epochs - 1``.
        n_epochs : int
        scores : ndarray of shape (n_classes,), default=None
            F1 score of each class on held-out rows after the epoch before; None before the first.
        multiplicities : ndarray of shape (n_rows,), default=None
            How many rows of the training set each row stands for; None is 1.

        Returns
        -------
        ndarray of shape (n_rows,)
            They sum to 1.

        Raises
        ------
        ValueError
            Arrays that do not fit each other, or a parameter out of its range.
        """
        y, multiplicities = _checked(y, multiplicities)
        if not 0 <= epoch < n_epochs:
            raise ValueError(
                f"epoch must be from 0 to n_epochs - 1 = {n_epochs - 1}, got {epoch}. Count from 0."
            )
        weights = self._probabilities(y, epoch, n_epochs, scores, multiplicities)
        return weights / weights.sum()

    def draw(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None = None,
        *,
        n: int,
        rng: np.random.Generator,
        multiplicities: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw the rows of an epoch.

        Row i occurs ``n * p_i`` times, rounded down or up at random so that the mean is exact; and so does
        each class. No row comes again before all rows of its class with the same probability have come.

        Parameters
        ----------
        y, epoch, n_epochs, scores, multiplicities
            As in :meth:`probabilities`.
        n : int
            Rows to draw, at least 1.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray of int, of shape (n,)
            Row numbers, the classes in random order.
        """
        p = self.probabilities(y, epoch, n_epochs, scores, multiplicities=multiplicities)
        return systematic_draw(p, np.asarray(y), n, rng)

    def weights(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None = None,
        *,
        multiplicities: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the weight of each row in the loss when it is drawn: 1 unless `reweight` is set.

        Parameters
        ----------
        y, epoch, n_epochs, scores, multiplicities
            As in :meth:`probabilities`.

        Returns
        -------
        ndarray of shape (n_rows,)
            0 for rows that are never drawn.
        """
        p = self.probabilities(y, epoch, n_epochs, scores, multiplicities=multiplicities)
        if not self.reweight:
            return np.ones(len(p))
        natural = natural_rows(_checked(y, multiplicities)[1])
        return np.divide(natural, p, out=np.zeros(len(p)), where=p > 0)

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        """Return what the probabilities of the rows are proportional to, of shape (n_rows,)."""
        raise NotImplementedError


class NaturalSampler(RowSampler):
    """Each row as often as it occurs: an epoch of all rows has each of them once, as without a sampler."""

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        return natural_rows(multiplicities)


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

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        counts = class_counts(y, multiplicities)
        return rows_of_classes(y, np.ones(len(counts)), multiplicities)


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

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        counts = class_counts(y, multiplicities)
        return rows_of_classes(y, counts ** (1 / self.temperature), multiplicities)


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

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        counts = class_counts(y, multiplicities)
        balance = np.linspace(0, 1, n_epochs)[epoch]
        balanced = rows_of_classes(y, np.ones(len(counts)), multiplicities)
        return (1 - balance) * natural_rows(multiplicities) + balance * balanced


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

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        natural = natural_rows(multiplicities)
        if scores is None:
            return natural
        scores = np.asarray(scores, dtype=float)
        n_classes = len(class_counts(y, multiplicities))
        if scores.ndim != 1 or len(scores) < n_classes or not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError(
                f"scores must be one F1 score in [0, 1] for each of {n_classes} classes, got {scores.tolist()}. "
                "Score each class."
            )
        wanted = rows_of_classes(y, 1 - scores, multiplicities)
        if not wanted.any():
            return natural
        return self.natural_share * natural + (1 - self.natural_share) * wanted


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

    def _probabilities(
        self,
        y: np.ndarray,
        epoch: int,
        n_epochs: int,
        scores: np.ndarray | None,
        multiplicities: np.ndarray,
    ) -> np.ndarray:
        counts = class_counts(y, multiplicities)
        seen = counts > 0
        shares = np.where(seen, counts, 1) / multiplicities.sum()
        threshold = np.median(shares[seen]) if isinstance(self.threshold, str) else self.threshold
        factors = np.maximum(1, np.sqrt(threshold / shares))  # (n_classes,)
        per_row = factors[y] if y.ndim == 1 else np.where(y > 0, factors, 1).max(axis=1)
        return per_row * multiplicities


def _checked(y: np.ndarray, multiplicities: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(y)
    if not len(y) or y.ndim > 2:
        raise ValueError(
            f"y must have the shape (n_rows,) or (n_rows, n_labels) and at least one row, got {y.shape}. "
            "Pass class numbers or an indicator matrix."
        )
    multiplicities = np.ones(len(y)) if multiplicities is None else np.asarray(multiplicities, dtype=float)
    if multiplicities.shape != (len(y),) or not (multiplicities >= 0).all() or not multiplicities.any():
        raise ValueError(
            f"multiplicities must be one number of at least 0 per row, {len(y)} of them, not all 0, got an array of "
            f"shape {multiplicities.shape}. Leave them out, or count each row."
        )
    return y, multiplicities


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
