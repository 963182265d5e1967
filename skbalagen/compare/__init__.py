"""Which remedy for class imbalance pays on your rows: cross-validated, with intervals and time."""

from skbalagen.compare.build import named_classifier, remedied
from skbalagen.compare.page import comparison_page, write_comparison
from skbalagen.compare.remedies import (
    FREE_REMEDIES,
    SOFT_LABELS,
    AddRowsPolicy,
    Remedy,
    default_remedies,
    generation_remedies,
)
from skbalagen.compare.remedy_classifier import RemedyClassifier
from skbalagen.compare.search import RemedySearchCV

__all__ = [
    "FREE_REMEDIES",
    "SOFT_LABELS",
    "AddRowsPolicy",
    "Remedy",
    "RemedyClassifier",
    "RemedySearchCV",
    "comparison_page",
    "default_remedies",
    "generation_remedies",
    "named_classifier",
    "remedied",
    "write_comparison",
]
