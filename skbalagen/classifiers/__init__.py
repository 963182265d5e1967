"""Text classifiers for scikit-learn."""

from skbalagen.classifiers.embedding import EmbeddingClassifier
from skbalagen.classifiers.transformer import TransformerClassifier

__all__ = ["EmbeddingClassifier", "TransformerClassifier"]
