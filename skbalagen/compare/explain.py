"""Say in plain sentences what was compared and why a remedy was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._utils.text import count

if TYPE_CHECKING:
    from skbalagen.compare.search import RemedySearchCV

__all__ = ["explain", "remedy_table"]


def remedy_table(search: RemedySearchCV) -> str:
    """Return one line per remedy: macro accuracy with a 95 % interval, difference to the best, and time.

    Parameters
    ----------
    search : RemedySearchCV
        Fitted.
    """
    results: dict[str, Any] = search.cv_results_
    width = max(len(name) for name in results["remedy"])
    lines = [f"{'remedy':{width}}  macro accuracy %  behind the best  seconds per fit"]
    for i, name in enumerate(results["remedy"]):
        if not results["tried"][i]:
            lines.append(f"{name:{width}}  not tried: {results['note'][i]}")
            continue
        mean, error = 100 * results["mean_test_score"][i], 196 * results["se_test_score"][i]
        gap, gap_error = 100 * results["behind"][i], 196 * results["se_behind"][i]
        behind = "best" if gap == 0 else f"{gap:5.1f} ± {gap_error:3.1f}"
        chosen = "  <- chosen" if i == search.best_index_ else ""
        lines.append(
            f"{name:{width}}      {mean:5.1f} ± {error:4.1f}  {behind:>15}  {results['mean_fit_time'][i]:15.1f}{chosen}"
        )
    return "\n".join(lines)


def explain(search: RemedySearchCV) -> str:
    """Return a few sentences about the choice.

    Parameters
    ----------
    search : RemedySearchCV
        Fitted.
    """
    results = search.cv_results_
    chosen = search.best_index_
    best = int(np.nanargmin(results["behind"]))
    name, score = results["remedy"][chosen], 100 * results["mean_test_score"][chosen]
    lines = [
        f"Chosen: {name}. Estimated macro accuracy {score:.1f} %, from {count(search.n_splits_, 'fold')} and "
        f"{count(int(results['n_rows_scored'][chosen]), 'scored row')}."
    ]
    if chosen != best:
        lines.append(
            f"{results['remedy'][best]} scored {100 * results['behind'][chosen]:.1f} points more, which is within one "
            f"standard error ({100 * results['se_behind'][chosen]:.1f}): the cheaper remedy is preferred."
        )
    names = results["remedy"].tolist()
    if "none" in names and results["tried"][names.index("none")] and name != "none":
        gain = score - 100 * results["mean_test_score"][names.index("none")]
        lines.append(f"Without a remedy it is {abs(gain):.1f} points {'lower' if gain >= 0 else 'higher'}.")
    skipped = [n for n, tried in zip(names, results["tried"], strict=True) if not tried]
    if skipped:
        lines.append(
            f"{count(len(skipped), 'remedy', 'remedies')} not tried ({results['note'][names.index(skipped[0])]}): "
            f"{'; '.join(skipped)}."
        )
    if search.n_single_rows_:
        lines.append(
            f"{count(search.n_single_rows_, 'class', 'classes')} of one row could not be scored: such a class "
            "needs its row for training."
        )
    return " ".join(lines)
