"""The ensemble of weak labelers that says whether a candidate reads like its class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.labels import check_labels, label_columns
from skbalagen._utils.progress import progress_bar
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import check_texts_and_labels
from skbalagen.balagen.label_model import DawidSkene
from skbalagen.balagen.out_of_fold import out_of_fold
from skbalagen.balagen.selection import check_margin, is_accepted, is_likeliest, required_votes
from skbalagen.balagen.single_row_columns import SingleRowColumns

__all__ = [
    "LabelerEnsemble",
    "NoLabelers",
    "WeakLabelers",
    "agreement_matrix",
    "default_labelers",
    "pairwise_agreement",
]


# Of words, characters and meaning. The encoder has read more than D_S: measured in docs/ablations.md.
_DEFAULT_WEIGHTS = (1.0, 1.0, 4.0)


def default_labelers() -> list[BaseEstimator]:
    """Return the default members: words, characters and meaning.

    Three views of a text that err in different places: word n-grams with a linear model, character n-grams
    (robust to spelling) with naive Bayes, and a frozen sentence encoder (robust to wording) with a linear
    model, which reads the labels too, where they say what the classes are about. All three weigh the classes
    equally, since D_S is balanced only up to B_low.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    from skbalagen.classifiers.embedding import EmbeddingClassifier

    return [
        make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\S+"),
            SingleRowColumns(),  # a third of the memory
            LogisticRegression(C=30.0, class_weight="balanced", max_iter=1000),
        ),
        make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
            ComplementNB(alpha=0.3),
        ),
        EmbeddingClassifier(C=30.0, class_weight="balanced", label_texts=True),
    ]


class LabelerEnsemble(ClassifierMixin, BaseEstimator):
    """Several text classifiers that vote on candidates.

    Parameters
    ----------
    estimators : list of classifiers, default=None
        scikit-learn classifiers on raw text, which are cloned; None is
        :func:`~skbalagen.balagen.labelers.default_labelers`.
    weights : list of float, default=None
        Weight of each member's probabilities in the mean, at least 0 and not all 0. Votes are counted without
        them. None weighs all alike; of the default members, the sentence encoder counts four times.
    voting : {"soft", "any", "majority", "all", "dawid-skene"} or int, default="soft"
        When a candidate is accepted. "soft": no class has a higher mean probability than the one that it was
        generated for, as in VotingClassifier(voting="soft"). "any", "majority", "all" or a number: so many
        members must predict that class. "dawid-skene": no class is likelier given the votes, by what each member
        says of rows of each class that it has not seen. This fits each member three more times, and takes the place
        of `weights`.
    margin : float, default=0.0
        How far the wanted label's mean probability must lie above the next one's, in [0, 1), where `voting` goes by
        probabilities ("soft", "dawid-skene"). Texts between two classes, such as opposites, have small margins:
        docs/text_quality.md.
    n_jobs : int, default=None
        Members that are fitted in parallel, in threads of this process whatever the backend of joblib; None is 1.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    estimators_ : list of classifiers
        The fitted clones.
    weights_ : ndarray of shape (n_labelers,)
        Their weights, which sum to 1.
    label_model_ : DawidSkene or None
        How each member errs; None unless `voting` asks for it. All classes are as likely before a vote is cast.

    References
    ----------
    Tepper et al. (2020), the weak labeling step of Algorithm 1 and Table 5. A label model is their future work: see
    :class:`~skbalagen.balagen.label_model.DawidSkene`.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> labeler = make_pipeline(CountVectorizer(), MultinomialNB())
    >>> ensemble = LabelerEnsemble(estimators=[labeler]).fit(["red wine", "blue sky"], ["drink", "air"])
    >>> votes, confidence, accepted = ensemble.judge(["white wine", "white wine"], ["drink", "air"])
    >>> accepted
    array([ True, False])
    """

    def __init__(
        self,
        *,
        estimators: Sequence[Any] | None = None,
        weights: Sequence[float] | None = None,
        voting: str | int = "soft",
        margin: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        self.estimators = estimators
        self.weights = weights
        self.voting = voting
        self.margin = margin
        self.n_jobs = n_jobs

    def members(self) -> list[Any]:
        """Return the unfitted members.

        Raises
        ------
        TypeError
            A member that is not a classifier.
        """
        members = default_labelers() if self.estimators is None else list(self.estimators)
        for member in members:
            if isinstance(member, type) or not (hasattr(member, "fit") and hasattr(member, "predict")):
                raise TypeError(
                    f"labelers must be scikit-learn classifiers on raw text, got {member!r}. Give instances "
                    "with fit and predict, such as a pipeline of a TfidfVectorizer and a classifier."
                )
        return members

    def member_weights(self) -> list[float]:
        """Return the weight of each member; the weights sum to 1.

        Raises
        ------
        ValueError
            Weights that are not as many as the members, below 0, or all 0.
        """
        n_members = len(self.members())
        weights = self.weights
        if weights is None:
            weights = [1.0] * n_members if self.estimators is not None else _DEFAULT_WEIGHTS
        values = np.asarray(weights, dtype=float)
        if values.shape != (n_members,) or not (values >= 0).all() or not 0 < values.sum() < np.inf:
            raise ValueError(
                f"weights must hold one number >= 0 for each of the {n_members} labelers, not all 0, got {weights!r}. "
                "Leave it at None to weigh all alike."
            )
        return (values / values.sum()).tolist()

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit a clone of every member.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts.
        y : array-like of shape (n_samples,)
            One label per text.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each, of two classes or more; a member that is not a classifier,
            an impossible margin or weights, or a voting rule that asks for more votes than there are members, or for a
            label model where no class has two texts.
        """
        texts, labels = check_texts_and_labels(X, y)
        members = self.members()
        required_votes(self.voting, len(members))
        check_margin(self.margin)
        self.classes_ = np.unique(labels)
        self.weights_ = np.array(self.member_weights())
        # Threads: the heavy parts release the interpreter, and an encoder's weights are not copied.
        fitting = Parallel(n_jobs=self.n_jobs, require="sharedmem", return_as="generator")(
            delayed(clone(member).fit)(texts, labels) for member in members
        )
        self.estimators_ = list(
            progress_bar(fitting, title="fitting labelers", unit="labeler", total=len(members))
        )
        self.label_model_ = self._label_model(texts, labels) if self.voting == "dawid-skene" else None
        return self

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the labelers say of the texts `X` as members of the classes `y`, in one pass.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Candidates.
        y : array-like of shape (n_samples,)
            The label that each was generated for.

        Returns
        -------
        votes : ndarray of bool, of shape (n_samples, n_labelers)
            Whether a labeler's likeliest label is the wanted one.
        confidence : ndarray of float, of shape (n_samples,)
            Weighted mean probability of the wanted label, in [0, 1]; a labeler without probabilities gives 1
            or 0.
        accepted : ndarray of bool, of shape (n_samples,)
            What the voting rule makes of it.

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each, or a label that was not fitted; the row is named.
        """
        check_is_fitted(self)
        if hasattr(y, "__len__") and not len(y) and not len(X):
            return np.zeros((0, len(self.estimators_)), dtype=bool), np.zeros(0), np.zeros(0, dtype=bool)
        texts, wanted = as_texts(X, allow_empty=True), column_or_1d(check_labels(y))
        check_consistent_length(texts, wanted)
        column = label_columns(wanted, self.classes_)
        each = self._probabilities(texts)
        return self._verdicts(each, self._mean(each), column)

    def assign(self, X: Texts) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the label of :meth:`predict` for each text, and what :meth:`judge` says of it, in one pass."""
        check_is_fitted(self)
        each = self._probabilities(as_texts(X, allow_empty=True))
        mean = self._mean(each)
        column = mean.argmax(axis=1)
        return self.classes_[column], *self._verdicts(each, mean, column)

    def votes(self, X: Texts, y: Labels) -> np.ndarray:
        """Return whether each labeler assigns `y` to `X`: bool, of shape (n_samples, n_labelers)."""
        return self.judge(X, y)[0]

    def confidence(self, X: Texts, y: Labels) -> np.ndarray:
        """Return the labelers' mean probability that `X` is `y`, of shape (n_samples,)."""
        return self.judge(X, y)[1]

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the labelers' mean probability of each class, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self._mean(self._probabilities(as_texts(X, allow_empty=True)))

    def predict(self, X: Texts) -> np.ndarray:
        """Return the label with the highest mean probability; of equal ones, the first in `classes_`."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def _probabilities(self, X: Texts) -> np.ndarray:
        """Return each labeler's probabilities, of shape (n_labelers, n_samples, n_classes)."""
        members = progress_bar(self.estimators_, title="labeling", unit="labeler", keep=False)
        return np.array([_probabilities(member, X, self.classes_) for member in members])

    def _mean(self, each: np.ndarray) -> np.ndarray:
        """Return the weighted mean over labelers of `each`, of shape (n_labelers, n_samples, n_classes).

        With a label model, return what it makes of their votes.
        """
        if self.voting != "dawid-skene":
            return np.tensordot(self.weights_, each, axes=1)
        if self.label_model_ is None:
            raise NotFittedError(
                "voting is 'dawid-skene', which is learned, but the ensemble was fitted with another rule. Fit it again."
            )
        n_classes = len(self.classes_)
        return self.label_model_.predict_proba(each.argmax(axis=2).T, np.full(n_classes, 1 / n_classes))

    def _label_model(self, texts: np.ndarray, labels: np.ndarray) -> DawidSkene:
        """Learn how the members err on texts that they were not fitted on."""
        said = Parallel(n_jobs=self.n_jobs, require="sharedmem")(
            delayed(out_of_fold)(member, texts, labels, n_splits=3, seed=0) for member in self.members()
        )
        rows = said[0].rows
        if not len(rows):
            raise ValueError(
                "voting='dawid-skene' learns from texts that are left out, expected two distinct texts of one class at "
                "least, got one of each. Use voting='soft'."
            )
        votes = np.column_stack([np.searchsorted(self.classes_, member.predicted) for member in said])
        return DawidSkene(n_classes=len(self.classes_)).fit(
            votes, np.searchsorted(self.classes_, labels[rows])
        )

    def _verdicts(
        self, each: np.ndarray, mean: np.ndarray, column: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return votes, confidence and accepted of each text for the class in its `column`."""
        confidence = mean[np.arange(len(column)), column]
        votes = (each.argmax(axis=2) == column).T
        others = mean.copy()
        others[np.arange(len(column)), column] = 0
        likeliest = is_likeliest(confidence, others.max(axis=1), self.margin)
        return votes, confidence, is_accepted(votes, likeliest, self.voting)


def _probabilities(member: Any, X: Texts, classes: np.ndarray) -> np.ndarray:
    """Return a fitted labeler's probability of each of `classes`, float, of shape (n_samples, n_classes)."""
    if not hasattr(member, "predict_proba"):
        return (np.asarray(member.predict(X))[:, None] == classes).astype(float)
    proba = np.asarray(member.predict_proba(X), dtype=float)
    if proba.shape != (len(X), len(classes)) or not np.isfinite(proba).all():
        what = "one that is not finite" if proba.shape == (len(X), len(classes)) else f"shape {proba.shape}"
        raise ValueError(
            f"labelers must give one probability per text and class, shape {(len(X), len(classes))}, got {what} from "
            f"{type(member).__name__}. Correct its predict_proba, or leave it out."
        )
    known = np.asarray(getattr(member, "classes_", classes))
    return (
        proba if np.array_equal(known, classes) else proba[:, label_columns(classes, known, name="classes_")]
    )


class WeakLabelers(Protocol):
    """What the algorithm asks of labelers: LabelerEnsemble, NoLabelers, and what wraps them."""

    def fit(self, X: Texts, y: Labels) -> Self:
        """Learn from D_S."""
        ...

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return votes, confidence and accepted."""
        ...


class NoLabelers:
    """Weak labeling switched off: every candidate is accepted."""

    def fit(self, X: Texts, y: Labels) -> Self:
        """Do nothing."""
        return self

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return no votes, unknown confidence, and acceptance for each text of `X`."""
        return np.zeros((len(X), 0), dtype=bool), np.full(len(X), np.nan), np.ones(len(X), dtype=bool)


def agreement_matrix(votes: np.ndarray) -> np.ndarray:
    """Return how often two labelers vote alike.

    Parameters
    ----------
    votes : ndarray of bool, of shape (n_candidates, n_labelers)

    Returns
    -------
    ndarray of shape (n_labelers, n_labelers)
        Shares in [0, 1]; nan where there are no candidates.

    Examples
    --------
    >>> agreement_matrix(np.array([[True, True], [True, False]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    if not len(votes):
        return np.full((votes.shape[1], votes.shape[1]), np.nan)
    return (votes[:, :, None] == votes[:, None, :]).mean(axis=0)


def pairwise_agreement(votes: np.ndarray) -> float:
    """Return the share of (candidate, pair of labelers) that vote alike; nan for fewer than two labelers.

    Examples
    --------
    >>> round(pairwise_agreement(np.array([[True, True, False], [True, True, True]])), 3)
    0.667
    """
    if votes.shape[1] < 2:
        return float("nan")
    return float(agreement_matrix(votes)[np.triu_indices(votes.shape[1], k=1)].mean())
