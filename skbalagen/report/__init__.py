"""What a resampler did: a summary, plots, and an HTML page."""

from skbalagen.report.display import BalanceDisplay, CandidateDisplay
from skbalagen.report.page import html_page, write_html

__all__ = ["BalanceDisplay", "CandidateDisplay", "html_page", "write_html"]
