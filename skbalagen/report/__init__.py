"""What a resampler did: a summary, plots, and an HTML page."""

from skbalagen.report.display import BalanceDisplay, CandidateDisplay
from skbalagen.report.page import html_page, write_html
from skbalagen.report.summary import Summary, summarise, summary_html

__all__ = [
    "BalanceDisplay",
    "CandidateDisplay",
    "Summary",
    "html_page",
    "summarise",
    "summary_html",
    "write_html",
]
