"""Task x method x classifier x seed -> one row; tables read rows only.

    skbalagen benchmark --tasks atis covidq_category --methods free balagen --seeds 5

The data are read from the folder that SKBALAGEN_DATA names.
"""

from skbalagen.benchmark.runner import run
from skbalagen.benchmark.tables import (
    as_markdown,
    best_single,
    chosen_on_validation,
    comparison_table,
    read_rows,
    size_table,
    summary_table,
)
from skbalagen.benchmark.tasks import TASKS, Split, load_split

__all__ = [
    "TASKS",
    "Split",
    "as_markdown",
    "best_single",
    "chosen_on_validation",
    "comparison_table",
    "load_split",
    "read_rows",
    "run",
    "size_table",
    "summary_table",
]
