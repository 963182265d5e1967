"""Which remedy for class imbalance pays on your rows: cross-validated, with intervals and time."""

from skbalagen.compare.page import comparison_page, write_comparison
from skbalagen.compare.remedies import (
    FREE_REMEDIES,
    AddRowsPolicy,
    Remedy,
    default_remedies,
    generation_remedies,
)
from skbalagen.compare.remedy_classifier import RemedyClassifier
from skbalagen.compare.search import RemedySearchCV, named_classifier

__all__ = [
    "FREE_REMEDIES",
    "AddRowsPolicy",
    "Remedy",
    "RemedyClassifier",
    "RemedySearchCV",
    "comparison_page",
    "default_remedies",
    "generation_remedies",
    "named_classifier",
    "write_comparison",
]
