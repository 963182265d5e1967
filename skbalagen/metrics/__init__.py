"""Metrics of classifiers, class sizes and generated texts."""

from skbalagen.metrics.calibration import brier_score, expected_calibration_error
from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy
from skbalagen.metrics.imbalance import balance_ratio, entropy, imbalance_ratio
from skbalagen.metrics.multilabel import multilabel_report, multilabel_scores
from skbalagen.metrics.significance import McNemarResult, PairedTestResult, mcnemar, paired_test
from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams, novelty

__all__ = [
    "McNemarResult",
    "PairedTestResult",
    "balance_ratio",
    "brier_score",
    "class_accuracy",
    "distinct_n",
    "entropy",
    "expected_calibration_error",
    "imbalance_ratio",
    "macro_accuracy",
    "mcnemar",
    "micro_accuracy",
    "multilabel_report",
    "multilabel_scores",
    "nearest_similarity",
    "new_ngrams",
    "novelty",
    "paired_test",
]
