"""What the resampler looks at before any work: more rows than a machine holds, and rows that it made itself."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from skbalagen._utils.text_tables import generated_rows_note

__all__ = ["check_rows_wanted", "warn_of_generated_rows"]

# So many rows may be asked for of any data set, and a hundred times its own of a larger one.
_MOST_ROWS, _MOST_TIMES = 10_000_000, 100

# For the estimate: a short text and its place in a list, and what a language model writes on two cores.
_BYTES_PER_ROW, _ROWS_PER_SECOND = 200, 10


def check_rows_wanted(targets: Mapping[Any, int], y: np.ndarray) -> None:
    """Raise a ValueError that says what it would take, if more rows are wanted than a machine holds.

    Parameters
    ----------
    targets : mapping of label to int
        Rows wanted of each class.
    y : ndarray of shape (n_samples,)

    Examples
    --------
    >>> check_rows_wanted({"a": 1000, "b": 1000}, np.array(["a", "b"]))
    """
    wanted, most = sum(targets.values()), max(_MOST_ROWS, _MOST_TIMES * len(y))
    if wanted > most:
        label = max(targets, key=lambda c: targets[c])
        hours = wanted / _ROWS_PER_SECOND / 3600
        raise ValueError(
            f"sampling_strategy must ask for at most {most:,} rows in all, got {wanted:,}, of {label!r} alone "
            f"{targets[label]:,}. These take about {wanted * _BYTES_PER_ROW / 1e9:,.0f} GB of memory, and a language "
            f"model writes them in about {hours:,.0f} hours. Ask for fewer rows."
        )


def warn_of_generated_rows(X: Any) -> None:
    """Warn if a DataFrame has rows that its column "is_synthetic", as the command line writes it, marks."""
    if note := generated_rows_note(X):
        warnings.warn(note, UserWarning, stacklevel=4)
