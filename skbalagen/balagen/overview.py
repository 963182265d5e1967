"""What there is to balance, and what a resampler would do about it, in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skbalagen._utils.terminal import printable
from skbalagen._utils.text import as_texts, count, fold_text
from skbalagen.balagen.candidates import candidate_budget
from skbalagen.balagen.policy import PercentilePolicy, class_sizes
from skbalagen.metrics.imbalance import balance_ratio, imbalance_ratio

if TYPE_CHECKING:
    from skbalagen.balagen.resampler import BalaGenResampler

__all__ = ["overview", "plan"]

_BETAS = (30, 50, 70, 80, 90, 95, 100)
# Generators and labelers learn little from a class of fewer rows.
_FEW = 5


def overview(X: Any, y: Any) -> str:
    """Describe the classes of a data set, its repeated texts, and how many rows several betas would add.

    Parameters
    ----------
    X : array-like of str, of shape (n_samples,)
        Texts.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    str
        Several lines: a table with one row per class, smallest first; totals; and a table with one row per beta.

    Raises
    ------
    TypeError
        If an element of `X` is not a str; the row is named.

    Examples
    --------
    >>> print(overview(["red wine", "beer", "rain"], ["drink", "drink", "weather"]).splitlines()[4])
    3 rows, 2 classes, largest to smallest 2 : 1, balance ratio 0.92 (1 is balanced)
    """
    texts, labels = as_texts(X, allow_empty=True), np.asarray(y)
    sizes = class_sizes(labels)
    words = pd.Series([len(text.split()) for text in texts]).groupby(labels).mean()
    table = pd.DataFrame(
        {
            "rows": pd.Series(sizes),
            "share %": (100 * pd.Series(sizes) / len(labels)).round(1),
            "words per text": words.round(1),
        }
    ).loc[list(sizes)]
    folded = pd.Series([fold_text(text) for text in texts])
    repeated = int(folded.duplicated().sum())
    ambiguous = int(pd.Series(labels).groupby(folded).nunique().gt(1).sum())
    lines = [
        table.to_string(),
        "",
        f"{count(len(labels), 'row')}, {count(len(sizes), 'class', 'classes')}, largest to smallest "
        f"{imbalance_ratio(labels):.0f} : 1, balance ratio {balance_ratio(labels):.2f} (1 is balanced)",
        f"{count(repeated, 'text repeats', 'texts repeat')} an earlier one (ignoring case and spaces); "
        f"{count(ambiguous, 'text has', 'texts have')} several labels",
    ]
    tiny = [printable(label) for label, n in sizes.items() if n < _FEW]
    if tiny:
        lines.append(
            f"{count(len(tiny), 'class has', 'classes have')} fewer than {_FEW} rows, too few to learn to write: "
            f"{', '.join(tiny)}"
        )
    lines += ["", "beta_low  B_low  classes to fill  rows to add"]
    for beta in _BETAS:
        policy = PercentilePolicy(beta_low=beta)
        added = [n - sizes[label] for label, n in policy(labels).items() if n > sizes[label]]
        lines.append(f"{beta:8}  {policy.band(labels)[0]:5.0f}  {len(added):15}  {sum(added):11}")
    return "\n".join(lines)


def plan(resampler: BalaGenResampler, y: Any) -> str:
    """Describe what a resampler would do to a data set.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit`.
    y : array-like of shape (n_samples,)
        The labels that it was fitted on.

    Returns
    -------
    str
        Several lines: the band, one line per class that grows or shrinks, the totals, and the upper bound on the
        number of candidates where any would be generated.
    """
    sizes, targets = class_sizes(y), resampler.sampling_strategy_
    lines = []
    if resampler.band_ is not None:
        low, high = resampler.band_
        lines.append(f"Classes below {low:g} rows are filled, classes above {high:g} rows are thinned.")
    lines += [
        f"  {printable(label)}: {sizes[label]} -> {n}" for label, n in targets.items() if n != sizes[label]
    ]
    lacking = {label: n - sizes[label] for label, n in targets.items() if n > sizes[label]}
    removed = sum(max(0, sizes[label] - n) for label, n in targets.items())
    lines.append(
        f"{count(sum(lacking.values()), 'row')} to add to {count(len(lacking), 'class', 'classes')}, {removed} to remove"
    )
    if lacking and resampler.generator != "sample-copy":
        budget = candidate_budget(sizes, lacking, resampler.max_candidates)
        lines.append(f"At most {count(budget, 'candidate')} would be generated.")
    return "\n".join(lines)
