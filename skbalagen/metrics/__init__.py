"""Metrics of classifiers, class sizes and generated texts."""

from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy
from skbalagen.metrics.imbalance import balance_ratio, entropy, imbalance_ratio
from skbalagen.metrics.significance import McNemarResult, mcnemar
from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams, novelty

__all__ = [
    "McNemarResult",
    "balance_ratio",
    "class_accuracy",
    "distinct_n",
    "entropy",
    "imbalance_ratio",
    "macro_accuracy",
    "mcnemar",
    "micro_accuracy",
    "nearest_similarity",
    "new_ngrams",
    "novelty",
]
