"""Rows to tables: means over seeds, paired differences, McNemar's test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skbalagen.metrics.significance import mcnemar

__all__ = [
    "as_markdown",
    "best_single",
    "chosen_on_validation",
    "comparison_table",
    "read_rows",
    "size_table",
    "summary_table",
]

# Training rows of a class, from one bound to below the next.
_SIZES = (1, 6, 11, 21, 51, 101)
# Columns and rows of whole numbers.
_WHOLE = ("seeds", "better", "worse", "classes")


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
    """Return the mean of a measure over seeds, in percent: one row per method, one column per task.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    classifier : str
        Which classifier's rows.
    measure : str, default="macro"
        A number of the rows: "macro", "micro", "macro_f1", "brier" or "ece".
    baseline : str, default=None
        Method to subtract, seed by seed; seeds that one of the two lacks are left out.

    Returns
    -------
    DataFrame
        With the columns "mean" over the tasks, where no task is missing, and "seeds", the fewest of any task.
        Without a baseline, a method that lacks a seed which another has on a task has no mean there.
    """
    table = pd.DataFrame([row for row in rows if row["classifier"] == classifier])
    if table.empty or measure not in table:
        return pd.DataFrame()
    wide = table.pivot_table(index=["task", "seed"], columns="method", values=measure, aggfunc="last") * 100
    if baseline is not None:
        wide = wide.sub(wide[baseline], axis=0)
    by_task = wide.groupby("task")
    counts, means = by_task.count(), by_task.mean()
    if baseline is None:
        means = means.where(counts.eq(counts.max(axis=1), axis=0))
    means = means.T
    means["mean"] = means.mean(axis=1).where(means.notna().all(axis=1), np.nan)
    means["seeds"] = counts.min()
    return means


def comparison_table(
    rows: list[dict[str, Any]],
    *,
    classifier: str,
    method: str,
    baselines: Sequence[str],
    measure: str = "macro",
) -> pd.DataFrame:
    """Compare a method with the best of its baselines on each task, seed by seed.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    classifier, method : str
        What to compare.
    baselines : sequence of str
        Methods. On each task the one that has the best mean is compared with, chosen on the test rows
        themselves, which favours the baselines.
    measure : str, default="macro"
        As in :func:`summary_table`.

    Returns
    -------
    DataFrame
        One row per task and one of the means over the tasks, with the columns "baseline", its "best" mean and
        the method's "mean" in percent, their "difference" and its standard error "se" over the seeds in
        points, "error removed" (percent of the error of the method "none"), "seeds", on how many of them the
        method was "better" and "worse", and the p-value of "McNemar"'s test on the test rows of all seeds.
        A test row that stands in the splits of several seeds counts several times in it.
    """
    found: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for row in rows:
        if row["classifier"] == classifier:
            found.setdefault((row["task"], row["method"]), {})[row["seed"]] = row
    table = {}
    for task, ours in [(task, by_seed) for (task, name), by_seed in found.items() if name == method]:
        rivals = {name: found.get((task, name), {}) for name in baselines}
        rivals = {name: by_seed for name, by_seed in rivals.items() if by_seed.keys() >= ours.keys()}
        if not rivals:
            continue
        seeds = sorted(ours)
        scores = {name: np.array([by_seed[s][measure] for s in seeds]) for name, by_seed in rivals.items()}
        best = max(scores, key=lambda name: scores[name].mean())
        a, b = np.array([ours[s][measure] for s in seeds]), scores[best]
        right_a, right_b = ([c for s in seeds for c in of_it[s]["correct"]] for of_it in (ours, rivals[best]))
        none = [1 - row[measure] for s, row in found.get((task, "none"), {}).items() if s in ours]
        table[task] = {
            "baseline": best,
            "best": 100 * b.mean(),
            "mean": 100 * a.mean(),
            "difference": 100 * (a - b).mean(),
            "se": 100 * (a - b).std(ddof=1) / np.sqrt(len(seeds)) if len(seeds) > 1 else np.nan,
            "error removed": 100 * (1 - (1 - a).mean() / np.mean(none)) if none and np.mean(none) else np.nan,
            "seeds": len(seeds),
            "better": int((a > b).sum()),
            "worse": int((a < b).sum()),
            "McNemar": mcnemar(["1"] * len(right_a), right_a, right_b).p_value,
        }
    frame = pd.DataFrame(table).T
    if len(frame):
        numbers = frame[["best", "mean", "difference", "error removed"]].astype(float).mean()
        frame.loc["mean of tasks"] = pd.Series(numbers.to_dict() | {"seeds": frame["seeds"].min()})
    return frame


def best_single(
    rows: list[dict[str, Any]], *, classifier: str, methods: Sequence[str], measure: str = "macro"
) -> str | None:
    """Return the method of the highest mean over all tasks, chosen once, or None where none has all tasks and seeds.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    classifier : str
        Which classifier's rows.
    methods : sequence of str
        What to choose from.
    measure : str, default="macro"
        As in :func:`summary_table`.
    """
    means = summary_table(
        [row for row in rows if row["method"] in methods], classifier=classifier, measure=measure
    )
    if means.empty or means["mean"].isna().all():
        return None
    return str(means["mean"].idxmax())


def chosen_on_validation(
    rows: list[dict[str, Any]], *, methods: Sequence[str], name: str
) -> list[dict[str, Any]]:
    """Return the rows of a method that is tuned: the best of `methods` on the validation rows.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    methods : sequence of str
        What to choose from, the first of equal ones.
    name : str
        What to call the method that comes out.

    Returns
    -------
    list of dict
        One row per task, classifier and seed that have all of `methods`; its "chosen" is the method.
    """
    found: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["task"], row["classifier"], row["seed"]), {})[row["method"]] = row
    tuned = []
    for by_method in found.values():
        if by_method.keys() >= set(methods):
            best = max((by_method[method] for method in methods), key=lambda row: row["valid_macro"])
            tuned.append(best | {"method": name, "chosen": best["method"]})
    return tuned


def size_table(
    rows: list[dict[str, Any]], *, classifier: str, methods: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the mean accuracy of classes by their number of training rows, in percent.

    Parameters
    ----------
    rows : list of dict
        As :func:`read_rows` gives them.
    classifier : str
        Which classifier's rows.
    methods : sequence of str, default=None
        None is all of them.

    Returns
    -------
    DataFrame
        One row per method and one column per range of sizes; every class of every task and seed counts once. The
        first row, "classes", is their number. A method has no mean where it lacks a class which another has, of
        some task and seed: others would not compare.
    """
    bounds = [*_SIZES, np.inf]
    names = [
        f"{low}-{high - 1:g}" if high < np.inf else f"{low}-" for low, high in itertools.pairwise(bounds)
    ]
    table = pd.DataFrame(
        [
            (row["method"], row["sizes"][label], 100 * accuracy)
            for row in rows
            if row["classifier"] == classifier and (methods is None or row["method"] in methods)
            for label, accuracy in row["class_accuracy"].items()
        ],
        columns=["method", "size", "accuracy"],
    )
    if table.empty:
        return pd.DataFrame()
    table["range"] = pd.cut(table["size"], bounds, right=False, labels=names)
    grouped = table.groupby(["method", "range"], observed=True)["accuracy"]
    counts, means = grouped.count().unstack(), grouped.mean().unstack()
    classes = counts.max()
    means = means.where(counts.eq(classes)).dropna(how="all")
    return pd.concat([classes.to_frame("classes").T, means])


def as_markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown: whole numbers as they are, p-values to two figures, others to one place.

    Examples
    --------
    >>> print(as_markdown(pd.DataFrame({"mean": [71.23], "seeds": [5], "McNemar": [0.0123]}, index=["ros"])))
    | | mean | seeds | McNemar |
    |---|---|---|---|
    | ros | 71.2 | 5 | 0.012 |
    """

    def cell(value: Any, row: str, column: str) -> str:
        if isinstance(value, str):
            return value
        if pd.isna(value):
            return ""
        if column == "McNemar":
            return f"{value:.2g}"
        return f"{value:.0f}" if row in _WHOLE or column in _WHOLE else f"{value:.1f}"

    lines = ["| | " + " | ".join(map(str, table.columns)) + " |", "|---" * (len(table.columns) + 1) + "|"]
    for name, row in table.iterrows():
        cells = [cell(value, str(name), str(column)) for column, value in row.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
