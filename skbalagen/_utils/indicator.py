"""Labels in one column each: 1 where a row has the label, 0 where it has not."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["columns_of", "is_binary"]


def columns_of(y: Any) -> np.ndarray | None:
    """Return `y` as an array of shape (n_samples, n_columns), or None if it has less than two columns.

    Parameters
    ----------
    y : array-like

    Examples
    --------
    >>> columns_of([[0, 1], [1, 1]]).shape, columns_of(["a", "b"]), columns_of([["a"], ["b"]])
    ((2, 2), None, None)
    """
    if y is None or getattr(y, "ndim", None) == 1:
        return None
    try:
        values = np.asarray(y)
    except ValueError:  # rows of unequal length
        return None
    return values if values.ndim == 2 and values.shape[1] > 1 else None


def is_binary(values: np.ndarray) -> bool:
    """Return whether an array holds the numbers 0 and 1, or truth values, alone."""
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())
