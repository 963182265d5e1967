"""What a row sampler is: probabilities of rows in, the rows of an epoch out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from skbalagen._utils.sklearn_compat import fit_context
from skbalagen.classifiers._row_draws import EpochRows, epoch_rows, systematic_draw

__all__ = ["RowSampler"]


class RowSampler(BaseEstimator):
    """Base of the row samplers: turns the probability of each row into the rows of an epoch.

    A sampler of your own is a subclass with the method ``_probabilities(rows)``, which returns what the
    probabilities are proportional to. It finds in `rows` the class numbers or indicators ``y``, the
    ``multiplicities``, the class ``counts``, ``epoch``, ``n_epochs`` and ``scores``.

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

    Examples
    --------
    >>> import numpy as np
    >>> class RareTwice(RowSampler):
    ...     def _probabilities(self, rows):
    ...         return np.where(rows.y == rows.counts.argmin(), 2.0, 1.0)
    >>> RareTwice().probabilities([0, 0, 1], epoch=0, n_epochs=1).tolist()
    [0.25, 0.25, 0.5]
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
        y : array-like of int, of shape (n_rows,), or of shape (n_rows, n_labels)
            Class numbers, or 1 for each label that a row has and 0 for the others.
        epoch : int
            From 0 to ``n_epochs - 1``.
        n_epochs : int
        scores : array-like of shape (n_classes,), default=None
            F1 score of each class on held-out rows after the epoch before; None before the first.
        multiplicities : array-like of shape (n_rows,), default=None
            How many rows of the training set each row stands for; None is 1.

        Returns
        -------
        ndarray of shape (n_rows,)
            They sum to 1.

        Raises
        ------
        ValueError
            Arrays that do not fit each other, no row to draw, or a parameter out of its range.
        """
        weights = self._probabilities(epoch_rows(y, epoch, n_epochs, scores, multiplicities))
        if not weights.any():
            raise ValueError(
                f"{type(self).__name__} must draw some row, got the probability 0 for all of {len(weights)} rows. "
                "It needs rows with a label."
            )
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
        each class. Of equally likely rows of a class, none comes again before all have come.

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
        natural = epoch_rows(y, epoch, n_epochs, scores, multiplicities).natural
        return np.divide(natural, p, out=np.zeros(len(p)), where=p > 0)

    def _probabilities(self, rows: EpochRows) -> np.ndarray:
        """Return what the probabilities of the rows are proportional to, of shape (n_rows,)."""
        raise NotImplementedError
