"""Rows of several labels: each distinct set of labels is what the algorithm knows as a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from skbalagen._utils.indicator import columns_of, is_binary

__all__ = ["LabelSets", "is_indicator", "label_table"]

_SEPARATORS = (", ", " + ", " | ", " / ")
_NO_LABEL = "(no label)"
# What a stream ended with, the worst first.
_STOPS = ("time", "budget", "dry", "filled", "")


def is_indicator(y: Any) -> bool:
    """Return whether `y` holds one column of 0 and 1 per label, with rows that have several labels or none.

    One column per class with a single 1 in each row is a way to write one label per row, and returns False.

    Parameters
    ----------
    y : array-like
    """
    values = columns_of(y)
    return values is not None and is_binary(values) and bool((values.sum(axis=1) != 1).any())


@dataclass(frozen=True)
class LabelSets:
    """The distinct label sets of multi-label rows.

    Attributes
    ----------
    labels : ndarray of shape (n_labels,)
        Names of the columns of a DataFrame, or their numbers.
    members : ndarray of bool, of shape (n_sets, n_labels)
        Which labels each set holds.
    names : ndarray of str, of shape (n_sets,)
        The labels of each set, joined: what the generator is prompted with, and what `candidates_` calls it.
    of_rows : ndarray of int, of shape (n_samples,)
        The set of each row.
    """

    labels: np.ndarray
    members: np.ndarray
    names: np.ndarray
    of_rows: np.ndarray

    @classmethod
    def from_indicator(cls, y: Any) -> Self:
        """Read one column of 0 and 1 per label, as :func:`is_indicator` recognises it.

        Raises
        ------
        ValueError
            Two columns or two label sets of one name, or a label that no row or every row has.
        """
        columns = list(getattr(y, "columns", range(np.asarray(y).shape[1])))
        names = [str(column) for column in columns]
        values = np.asarray(y).astype(bool)
        for name, n in zip(names, values.sum(axis=0).tolist(), strict=True):
            if n in (0, len(values)):
                raise ValueError(
                    f"y must have rows with and rows without each label, got {n} of {len(values)} rows with the label "
                    f"{name!r}. Drop its column."
                )
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"y must have one column per label, got two named {twice!r}. Rename one.")
        separator = next((s for s in _SEPARATORS if not any(s in name for name in names)), _SEPARATORS[-1])
        members, of_rows = np.unique(values, axis=0, return_inverse=True)
        joined = [
            separator.join(np.array(names, dtype=object)[members_of]) or _NO_LABEL for members_of in members
        ]
        if len(set(joined)) < len(joined):
            twice = next(name for name in joined if joined.count(name) > 1)
            raise ValueError(
                f"y must have labels whose names can be joined without doubt, got two label sets named {twice!r}. Rename "
                f"the columns without {', '.join(map(repr, _SEPARATORS))}."
            )
        labels = np.array(columns if hasattr(y, "columns") else range(len(columns)))
        return cls(labels, members, np.array(joined), of_rows.reshape(-1))

    @property
    def y(self) -> np.ndarray:
        """Name of each row's label set, of shape (n_samples,)."""
        return self.names[self.of_rows]

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each set, of shape (n_sets,)."""
        return np.bincount(self.of_rows, minlength=len(self.names))

    @property
    def flat(self) -> np.ndarray:
        """Each label once for each row that has it: what a policy for one label per row counts."""
        return np.repeat(self.labels, self.sizes @ self.members)

    def columns(self) -> dict[str, list[int]]:
        """Return the columns of `y` that each set, by name, holds."""
        return {
            name: np.flatnonzero(row).tolist()
            for name, row in zip(self.names.tolist(), self.members, strict=True)
        }

    def rows_wanted(self, targets: Mapping[Any, int]) -> dict[str, int]:
        """Return the rows that each set, by name, should have.

        Labels are filled from the rarest on. What one lacks is shared out over the seen sets that hold it, in
        proportion to their rows: over sets all of whose labels lack rows, where there are any, so that frequent
        labels do not grow with the rare ones. Rows are only taken away from sets all of whose labels have too many.

        Parameters
        ----------
        targets : mapping of label to int
            Rows wanted of each label; a row counts for all its labels.
        """
        wanted = np.array([targets[label] for label in self.labels.tolist()])
        return dict(zip(self.names.tolist(), self._rows_wanted(wanted).tolist(), strict=True))

    def _rows_wanted(self, wanted: np.ndarray) -> np.ndarray:
        """Return the rows of each set for `wanted` rows of each label."""
        sizes = self.sizes
        counts = sizes @ self.members
        lacking, rows = np.maximum(wanted - counts, 0), sizes.copy()
        for label in np.argsort(counts, kind="stable").tolist():
            if lacking[label] <= 0:
                continue
            holders = np.flatnonzero(self.members[:, label])
            n_full = (self.members[holders] & (lacking <= 0)).sum(axis=1)
            holders = holders[n_full == n_full.min()]
            added = _share_out(int(lacking[label]), sizes[holders])
            rows[holders] += added
            lacking = lacking - added @ self.members[holders]
        surplus = np.maximum(counts - wanted, 0)
        for label in np.argsort(-counts, kind="stable").tolist():
            inside = self.members[:, label] & ~(self.members & (surplus <= 0)).any(axis=1)
            holders = np.flatnonzero(inside)
            # A row counts for all its labels, so none of them may fall below what is wanted.
            most = min((int(surplus[self.members[h]].min()) for h in holders), default=0)
            if most > 0:
                removed = np.minimum(_share_out(most, sizes[holders]), sizes[holders])
                rows[holders] -= removed
                surplus = surplus - removed @ self.members[holders]
        return rows


def _share_out(n: int, weights: np.ndarray) -> np.ndarray:
    """Return whole numbers that sum to `n`, in proportion to `weights`: the largest remainders get one more."""
    exact = n * weights / weights.sum()
    shares = np.floor(exact).astype(int)
    most = np.argsort(shares - exact, kind="stable")[: n - shares.sum()]
    shares[most] += 1
    return shares


def label_table(sets: LabelSets, table: pd.DataFrame, targets: Mapping[Any, int]) -> pd.DataFrame:
    """Return one row per label from the table with one row per label set; a row counts for each of its labels.

    Parameters
    ----------
    sets : LabelSets
    table : DataFrame of shape (n_sets, n_columns)
        As :func:`~skbalagen.balagen.tables.class_table` returns it.
    targets : mapping of label to int
        Rows wanted of each label.
    """
    members = sets.members[[sets.names.tolist().index(name) for name in table.index]]
    counts = [c for c in table.columns if c.startswith("n_") and c != "n_target"]
    labels = sets.labels.tolist()
    rows = pd.DataFrame(
        {c: members.T.astype(int) @ table[c].to_numpy() for c in counts},
        index=pd.Index(labels, name="class"),
    )
    rows.insert(1, "n_target", [int(targets[label]) for label in labels])
    stopped = table["stopped"].tolist()
    agreement, weights = table["agreement"].to_numpy(dtype=float), table["n_candidates"].to_numpy(dtype=float)
    weights = np.where(np.isnan(agreement), 0.0, weights)
    total = members.T @ weights
    rows["stopped"] = [
        min((stopped[i] for i in np.flatnonzero(members[:, j])), key=_STOPS.index) for j in range(len(labels))
    ]
    rows["agreement"] = np.divide(
        members.T @ (weights * np.nan_to_num(agreement)),
        total,
        out=np.full(len(total), np.nan),
        where=total > 0,
    )
    rows.attrs.update(table.attrs)
    return rows.sort_values("n_before", kind="stable")
