"""From a remedy and a classifier to the estimator that fits both."""

from __future__ import annotations

from typing import Any

from skbalagen._utils.scripts import WORD_PATTERN
from skbalagen.balagen.policy import augment_only
from skbalagen.balagen.resampler import BalaGenResampler
from skbalagen.classifiers import EmbeddingClassifier, TransformerClassifier
from skbalagen.compare.remedies import AddRowsPolicy, Remedy
from skbalagen.compare.remedy_classifier import RemedyClassifier

__all__ = ["named_classifier", "remedied"]


def named_classifier(name: str, *, random_state: int | None = None) -> Any:
    """Return a text classifier by name.

    Parameters
    ----------
    name : {"tfidf", "embedding", "encoder"}
        TF-IDF with logistic regression (C = 30), sentence vectors with logistic regression (C = 10), or a fine-tuned
        encoder.
    random_state : int, default=None
        Of the fine-tuned encoder.

    Raises
    ------
    ValueError
        Another name.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if name == "tfidf":
        words = TfidfVectorizer(token_pattern=WORD_PATTERN)
        return make_pipeline(words, LogisticRegression(C=30.0, max_iter=2000))
    if name == "embedding":
        return EmbeddingClassifier(C=10.0, max_iter=2000)
    if name == "encoder":
        return TransformerClassifier(random_state=random_state)
    raise ValueError(
        f"classifier must be 'tfidf', 'embedding', 'encoder' or a classifier on texts, got {name!r}."
    )


def remedied(
    remedy: Remedy, classifier: Any = "tfidf", *, memory: Any = None, random_state: int | None = None
) -> RemedyClassifier:
    """Return the unfitted estimator that fits a classifier with a remedy.

    Parameters
    ----------
    remedy : Remedy
        Such as ``skbalagen.compare.SOFT_LABELS``.
    classifier : {"tfidf", "embedding", "encoder"} or classifier on raw texts, default="tfidf"
        See :func:`named_classifier`.
    memory : str, path-like or ComponentCache, default=None
        Where fitted generators and candidates are kept; used with a `random_state` only.
    random_state : int, default=None
        Of the generator, and of the fine-tuned encoder.

    Examples
    --------
    >>> from skbalagen.compare import Remedy, remedied
    >>> remedied(Remedy(name="logit adjustment", tau=1.0)).tau
    1.0
    """
    if isinstance(classifier, str):
        classifier = named_classifier(classifier, random_state=random_state)
    sampler = None
    if remedy.generator is not None:
        grown = remedy.beyond_largest and remedy.n_rows is not None
        sampler = BalaGenResampler(
            sampling_strategy=augment_only(remedy.n_rows or 0)
            if grown
            else AddRowsPolicy(n_rows=remedy.n_rows),
            generator=remedy.generator,
            labelers=[] if remedy.distil else None,
            # Whatever the targets are: all amounts share one fit.
            balance_training={"generator": "largest", "labelers": "largest"},
            generated_share=1.0,
            shortfall="keep",
            memory=memory,
            random_state=random_state,
        )
    teacher = EmbeddingClassifier(C=30.0, class_weight="balanced", label_texts=True)
    return RemedyClassifier(
        classifier,
        sampler=sampler,
        label_texts=remedy.label_texts,
        teacher=teacher if remedy.distil else None,
        generated_weight=remedy.generated_weight,
        class_weights=remedy.class_weights,
        tau=remedy.tau,
    )
