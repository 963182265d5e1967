"""Text classifiers, and free remedies for class imbalance around any classifier."""

from skbalagen.classifiers.embedding import EmbeddingClassifier
from skbalagen.classifiers.label_texts import LabelTextOverSampler
from skbalagen.classifiers.logit_adjustment import LogitAdjustedClassifier
from skbalagen.classifiers.set_fit import SetFitClassifier
from skbalagen.classifiers.transformer import TransformerClassifier

__all__ = [
    "EmbeddingClassifier",
    "LabelTextOverSampler",
    "LogitAdjustedClassifier",
    "SetFitClassifier",
    "TransformerClassifier",
]
