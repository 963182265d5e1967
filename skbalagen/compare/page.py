"""One self-contained HTML page about a comparison of remedies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.output_files import new_output

__all__ = ["comparison_page", "write_comparison"]


def write_comparison(search: Any, path: str | Path) -> None:
    """Write the page of :func:`comparison_page` to a file; one that exists is replaced and keeps its permissions."""
    page = comparison_page(search)
    with new_output(path) as part:
        part.write_text(page, encoding="utf-8")


def comparison_page(search: Any) -> str:
    """Return a fitted RemedySearchCV as one HTML page, which loads nothing from the network.

    Parameters
    ----------
    search : RemedySearchCV
        Fitted.

    Returns
    -------
    str

    Raises
    ------
    NotFittedError
        It was not fitted.
    """
    from jinja2 import Environment

    check_is_fitted(search, "cv_results_")
    results = search.cv_results_
    tried = results["tried"]
    low = np.nanmin(results["mean_test_score"] - 1.96 * np.nan_to_num(results["se_test_score"]))
    high = np.nanmax(results["mean_test_score"] + 1.96 * np.nan_to_num(results["se_test_score"]))
    span = max(high - low, 1e-9)

    def place(score: float) -> float:
        """Return the position on the axis, in percent of its width."""
        return round(float(100 * (score - low) / span), 2)

    rows = []
    for i in np.argsort(-np.nan_to_num(results["mean_test_score"], nan=-1), kind="stable"):
        mean, error = results["mean_test_score"][i], 1.96 * np.nan_to_num(results["se_test_score"][i])
        row = {
            "name": results["remedy"][i],
            "cost": results["cost"][i],
            "note": results["note"][i],
            "tried": bool(tried[i]),
            "chosen": i == search.best_index_,
        }
        if tried[i]:
            row |= {
                "score": f"{100 * mean:.1f} ± {100 * error:.1f}",
                "behind": "best"
                if results["behind"][i] == 0
                else f"{100 * results['behind'][i]:.1f} ± {196 * results['se_behind'][i]:.1f}",
                "seconds": f"{results['mean_fit_time'][i]:.1f}",
                "left": place(mean - error),
                "width": round(place(mean + error) - place(mean - error), 2),
                "dot": place(mean),
                "recall": [f"{100 * v:.1f}" for v in search.recall_by_size_[results["remedy"][i]].values()],
            }
        rows.append(row)
    sizes = list(next(iter(search.recall_by_size_.values())))
    template = files("skbalagen") / "compare" / "compare.html.jinja"
    page = Environment(autoescape=True).from_string(template.read_text(encoding="utf-8"))
    return page.render(
        explanation=search.explanation_,
        rows=rows,
        sizes=sizes,
        low=f"{100 * low:.0f}",
        high=f"{100 * high:.0f}",
    )
