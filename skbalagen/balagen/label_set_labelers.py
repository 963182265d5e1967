"""Weak labelers of rows with several labels: they vote for each label of a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, clone
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.selection import check_margin, is_accepted, is_likeliest, required_votes

__all__ = ["LabelSetEnsemble", "default_label_set_labelers"]


def default_label_set_labelers() -> list[BaseEstimator]:
    """Return one binary classifier per label on words, on characters and on sentence vectors.

    The views are those of :func:`~skbalagen.balagen.labelers.default_labelers`, and rare labels weigh as much as
    frequent ones.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    from skbalagen.encoders import SentenceEncoder

    def linear(C: float) -> OneVsRestClassifier:
        return OneVsRestClassifier(LogisticRegression(C=C, class_weight="balanced", max_iter=1000))

    return [
        make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\S+"), linear(30.0)
        ),
        make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
            OneVsRestClassifier(ComplementNB(alpha=0.3)),
        ),
        make_pipeline(SentenceEncoder(), linear(30.0)),
    ]


class LabelSetEnsemble(LabelerEnsemble):
    """Several multi-label text classifiers that vote on candidates, label by label.

    A labeler votes for a candidate of k labels if these are its k likeliest ones; for one label that is the vote of
    :class:`~skbalagen.LabelerEnsemble`.

    Parameters
    ----------
    columns : mapping of str to list of int, default=None
        For each label set by name, its labels as column numbers.
    estimators : list of classifiers
        On raw text; one that takes no indicator matrix is fitted once per label.
    weights, voting, margin, n_jobs
        As for :class:`~skbalagen.LabelerEnsemble`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_labels,)
        Column numbers.
    estimators_ : list of classifiers
    weights_ : ndarray of shape (n_labelers,)
    """

    def __init__(
        self,
        *,
        columns: Mapping[str, Sequence[int]] | None = None,
        estimators: Sequence[Any] | None = None,
        weights: Sequence[float] | None = None,
        voting: str | int = "soft",
        margin: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(estimators=estimators, weights=weights, voting=voting, margin=margin, n_jobs=n_jobs)
        self.columns = columns

    @classmethod
    def of(cls, ensemble: LabelerEnsemble, columns: Mapping[str, Sequence[int]], *, default: bool) -> Self:
        """Return the ensemble for label sets with the weights and the voting rule of one for single labels.

        It has the same members too, unless those are the `default` ones, which are replaced by the same views of a
        text for several labels.

        Raises
        ------
        ValueError
            A voting rule that knows one label per text.
        """
        parameters = ensemble.get_params(deep=False)
        if parameters["voting"] == "dawid-skene":
            raise ValueError(
                "voting='dawid-skene' expects one label per text, got rows of several labels. Use voting='soft'."
            )
        if default:
            parameters["estimators"] = default_label_set_labelers()
        return cls(columns=columns, **parameters)

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit a clone of every member on texts and names of label sets, both of shape (n_samples,)."""
        texts = as_texts(X)
        members = self.members()
        required_votes(self.voting, len(members))
        check_margin(self.margin)
        self.weights_ = np.array(self.member_weights())
        columns = self.columns or {}
        self.classes_ = np.arange(1 + max(max(held, default=-1) for held in columns.values()))
        indicator = self._indicator(y).astype(int)
        self.estimators_ = Parallel(n_jobs=self.n_jobs, require="sharedmem")(
            delayed(_per_label(member).fit)(texts, indicator) for member in members
        )
        return self

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return votes, confidence and accepted of texts as rows of label sets, as the base class does.

        The confidence is the mean over the labels of the set of the labelers' mean probability.
        """
        check_is_fitted(self)
        if not len(y):
            return np.zeros((0, len(self.estimators_)), dtype=bool), np.zeros(0), np.zeros(0, dtype=bool)
        each, held = self._probabilities(X), self._indicator(y)
        mean = self._mean(each)
        votes = np.array([_likeliest(proba, held) for proba in each]).T
        confidence = (mean * held).sum(axis=1) / np.maximum(held.sum(axis=1), 1)
        return votes, confidence, is_accepted(votes, _likeliest(mean, held, self.margin), self.voting)

    def predict(self, X: Texts) -> np.ndarray:
        """Return which labels have a mean probability of at least one half: int, of shape (n_samples, n_labels)."""
        return (self.predict_proba(X) >= 0.5).astype(int)

    def _indicator(self, y: Labels) -> np.ndarray:
        held = np.zeros((len(y), len(self.classes_)), dtype=bool)
        for row, name in enumerate(np.asarray(y).tolist()):
            held[row, list((self.columns or {})[name])] = True
        return held

    def _probabilities(self, X: Texts) -> np.ndarray:
        """Return each labeler's probability of each label, of shape (n_labelers, n_samples, n_labels)."""
        return np.array(
            [
                member.predict_proba(X) if hasattr(member, "predict_proba") else member.predict(X)
                for member in self.estimators_
            ],
            dtype=float,
        )


def _per_label(member: Any) -> Any:
    """Return a clone that is fitted on an indicator matrix."""
    member = clone(member)
    return member if get_tags(member).classifier_tags.multi_label else OneVsRestClassifier(member)


def _likeliest(proba: np.ndarray, held: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Return whether all labels that are held lead the others by the margin, of shape (n_samples,)."""
    least = np.where(held, proba, np.inf).min(axis=1)
    return is_likeliest(least, np.where(held, -np.inf, proba).max(axis=1), margin)
