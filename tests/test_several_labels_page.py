"""The table on the page about several labels is that of the benchmark's rows."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "user_guide" / "several_labels.md"
ROWS = ROOT / "benchmarks" / "results" / "multilabel.jsonl"


def test_every_figure_of_the_table_is_a_mean_over_seeds():
    rows = pd.read_json(ROWS, lines=True)
    assert (rows.groupby(["features", "remedy"])["seed"].nunique() == 3).all()
    means = 100 * rows.groupby(["remedy", "features"])[["macro_f1", "macro_f1 at 0.5"]].mean()
    table = re.findall(
        r"^\| ([\w ,]+?) \|((?: [\d.]+ \|){4})$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name for name, _ in table} == set(rows["remedy"])
    for name, cells in table:
        written = [float(cell) for cell in cells.split("|") if cell.strip()]
        wanted = [
            means.loc[(name, features), column]
            for features in ("tfidf", "embedding")
            for column in ("macro_f1", "macro_f1 at 0.5")
        ]
        assert written == pytest.approx(wanted, abs=0.051), name
