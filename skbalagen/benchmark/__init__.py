"""Task x method x classifier x seed -> one row; tables read rows only.

    skbalagen benchmark --tasks atis covidq_category --methods none ros balagen --seeds 5

The data are read from the folder that SKBALAGEN_DATA names.
"""

from skbalagen.benchmark.runner import run
from skbalagen.benchmark.tables import read_rows, summary_table
from skbalagen.benchmark.tasks import TASKS, Split, load_split

__all__ = ["TASKS", "Split", "load_split", "read_rows", "run", "summary_table"]
