"""Rows to tables: means over seeds, paired differences, McNemar's test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["read_rows", "summary_table"]


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines; a last line that was cut off is left out."""
    rows = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def summary_table(
    rows: list[dict[str, Any]], *, classifier: str, measure: str = "macro", baseline: str | None = None
) -> pd.DataFrame:
    """Return the mean of a measure over seeds, in percent: a row a method, a column a task.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    classifier : str
        Which classifier's rows.
    measure : str, default="macro"
        A number of the rows: "macro", "micro" or "macro_f1".
    baseline : str, default=None
        Method to subtract, seed by seed; seeds that one of the two lacks are left out.

    Returns
    -------
    DataFrame
        With the columns "mean" over the tasks, where no task is missing, and "seeds", the fewest of any task.
    """
    table = pd.DataFrame([row for row in rows if row["classifier"] == classifier])
    if table.empty:
        return pd.DataFrame()
    wide = table.pivot_table(index=["task", "seed"], columns="method", values=measure, aggfunc="last") * 100
    if baseline is not None:
        wide = wide.sub(wide[baseline], axis=0)
    means = wide.groupby("task").mean().T
    means["mean"] = means.mean(axis=1).where(means.notna().all(axis=1), np.nan)
    means["seeds"] = wide.groupby("task").count().min(axis=0)
    return means
