"""RemedySearchCV: which remedy for class imbalance pays on these rows."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen._utils.sklearn_compat import HasMethods, Interval, StrOptions, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import TextClassifierTags, check_texts_and_labels
from skbalagen.balagen.shortfall import ShortfallWarning
from skbalagen.cache import ComponentCache
from skbalagen.compare.build import remedied
from skbalagen.compare.explain import explain, remedy_table
from skbalagen.compare.folds import rare_class_folds
from skbalagen.compare.remedies import Remedy, default_remedies
from skbalagen.compare.trial import Trial
from skbalagen.encoders import remember_vectors
from skbalagen.models.catalog import ModelUnavailableError

__all__ = ["RemedySearchCV"]

_COSTS = ("free", "seconds", "minutes")


class RemedySearchCV(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Cross-validate remedies for class imbalance on the training rows, choose one, and refit.

    Free remedies come first, then those of seconds, then generation by a language model as far as `max_minutes`
    goes. Trials of one generator share its fit and its candidates: they differ in how many rows per class are
    added, and in their weight.

    Parameters
    ----------
    classifier : {"tfidf", "embedding", "encoder"} or classifier on raw texts, default="tfidf"
        See :func:`~skbalagen.compare.named_classifier`. It should take `sample_weight`, or be a pipeline whose
        last step does.
    remedies : "auto" or sequence of Remedy, default="auto"
        What is compared, in order of preference among remedies of one cost that score about the same.
        "auto" is :func:`~skbalagen.compare.default_remedies`.
    cv : int, default=3
        Folds, at least 2. No class is ever without training rows: see
        :func:`~skbalagen.compare.folds.rare_class_folds`.
    n_repeats : int, default=2
        How often all rows are dealt to folds anew, at least 1. Remedies with a generator are tried on the first
        deal only.
    max_minutes : float, default=10.0
        No further trial is started if it would probably end after so many minutes, its refit included; at
        least 0. The first remedy is always tried.
    memory : str, path-like, joblib.Memory or ComponentCache, default=None
        Folder that keeps fitted generators and candidates between searches; None is a temporary one.
    random_state : int, RandomState instance or None, default=None
        Of folds and generators.
    verbose : int, default=0
        From 1, a progress bar is shown.

    Attributes
    ----------
    best_remedy_ : Remedy
    best_estimator_ : RemedyClassifier
        Fitted on all rows.
    best_index_ : int
        Position of the chosen remedy in `cv_results_`.
    best_score_ : float
        Its macro accuracy on held-out rows, in [0, 1].
    classes_ : ndarray of shape (n_classes,)
    cv_results_ : dict of ndarrays, each of shape (n_remedies,)
        "remedy" (name), "cost", "tried", "note" (why not), "mean_test_score" (macro accuracy in [0, 1]) and
        "se_test_score", "behind" (the best one's lead on the rows that both were scored on) and its paired
        standard error "se_behind", "n_rows_scored" and "mean_fit_time" (seconds).
    recall_by_size_ : dict of {str: dict of {str: float}}
        For each remedy, mean per-class recall by the number of training rows of the class.
    explanation_ : str
        Why the remedy was chosen.
    n_splits_ : int
        Folds that were scored for the chosen remedy.
    n_single_rows_ : int
        Classes of one row, which cannot be scored.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Searches the parameters of one estimator.

    Notes
    -----
    **The choice.** Macro accuracy is the mean over classes of the per-class recall. A remedy is within reach
    of the best one if it is behind by at most one standard error of their paired difference, row by row. Of
    those within reach the cheapest is chosen, and of equally cheap ones the first: the one-standard-error rule of
    Breiman et al. (1984), on paired differences.

    **What the score is.** Rows are scored by models that did not see them; generators and labelers are fitted in
    each training part anew. The score of the chosen remedy is slightly optimistic, as of any search.

    References
    ----------
    Breiman, Friedman, Olshen & Stone (1984), "Classification and Regression Trees", section 3.4.3.
    Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR.

    Examples
    --------
    >>> from skbalagen import RemedySearchCV
    >>> from skbalagen.compare import Remedy
    >>> X = [f"a glass of {w} wine" for w in ("red", "white", "cold", "dry", "old", "good")] + ["some rain", "more rain"]
    >>> y = ["drink"] * 6 + ["weather"] * 2
    >>> remedies = [Remedy(name="logit adjustment", tau=1.0), Remedy(name="none")]
    >>> search = RemedySearchCV(remedies=remedies, cv=2, random_state=0).fit(X, y)
    >>> search.best_remedy_.name
    'logit adjustment'
    >>> search.predict(["rain again"])
    array(['weather'], dtype='<U7')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "classifier": [StrOptions({"tfidf", "embedding", "encoder"}), HasMethods(["fit", "predict"])],
        "remedies": [StrOptions({"auto"}), list, tuple],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "max_minutes": [Interval(Real, 0, None, closed="left")],
        "memory": [str, PathLike, HasMethods("clear"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        classifier: Any = "tfidf",
        *,
        remedies: str | Sequence[Remedy] = "auto",
        cv: int = 3,
        n_repeats: int = 2,
        max_minutes: float = 10.0,
        memory: str | PathLike[str] | ComponentCache | Any = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.classifier = classifier
        self.remedies = remedies
        self.cv = cv
        self.n_repeats = n_repeats
        self.max_minutes = max_minutes
        self.memory = memory
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Score the remedies, choose one, and fit it on all rows.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,)
            One label per text.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            No class has two rows, or two remedies have one name.
        ModelUnavailableError, ImportError
            What no remedy can do without is not there, such as the sentence encoder of ``classifier="embedding"``.

        Warns
        -----
        UserWarning
            A remedy needs a model or a package that is not there; the others are compared.
        """
        texts, labels = check_texts_and_labels(X, y)
        remedies = self._remedies()
        self.n_single_rows_ = int((np.unique(labels, return_counts=True)[1] == 1).sum())
        if self.n_single_rows_ == len(np.unique(labels)):
            raise ValueError(
                f"RemedySearchCV scores held-out rows and needs a class of at least 2 rows, got {len(labels)} classes of "
                "1 row. Add rows."
            )
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(2**31 - 1))
        deals = [
            list(rare_class_folds(labels, self.cv, np.random.RandomState(rng.randint(2**31 - 1))))
            for _ in range(self.n_repeats)
        ]
        start = time.monotonic()
        with (
            remember_vectors(),
            progress_shown(self.verbose),
            tempfile.TemporaryDirectory(prefix="skbalagen-compare-") as temporary,
            warnings.catch_warnings(),
        ):
            # What fell short is part of what is compared.
            warnings.simplefilter("ignore", ShortfallWarning)
            memory = temporary if self.memory is None else self.memory
            trials = [
                Trial(remedy, remedied(remedy, self.classifier, memory=memory, random_state=seed))
                for remedy in remedies
            ]
            self._score(trials, deals, texts, labels, start)
            self._choose(trials, labels)
            self.best_estimator_ = clone(trials[self.best_index_].estimator).fit(texts, labels)
        if self.memory is None and self.best_estimator_.sampler is not None:
            # The temporary folder is gone.
            self.best_estimator_.set_params(sampler__memory=None)
        self.classes_ = self.best_estimator_.classes_
        self.explanation_ = explain(self)
        return self

    def predict(self, X: Texts) -> np.ndarray:
        """Return the class of each text by the chosen remedy, of shape (n_samples,)."""
        check_is_fitted(self)
        return self.best_estimator_.predict(as_texts(X, allow_empty=True))

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the classifier's own probabilities, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(as_texts(X, allow_empty=True))

    def table(self) -> str:
        """Return one line per remedy, for a terminal."""
        check_is_fitted(self)
        return remedy_table(self)

    def _remedies(self) -> list[Remedy]:
        remedies = list(default_remedies() if isinstance(self.remedies, str) else self.remedies)
        wrong = [remedy for remedy in remedies if not isinstance(remedy, Remedy)]
        names = [remedy.name for remedy in remedies if isinstance(remedy, Remedy)]
        if wrong or not remedies or len(set(names)) < len(names):
            raise ValueError(
                f"remedies must be 'auto' or a sequence of Remedy with different names, got {self.remedies!r}. For "
                "instance [Remedy(name='none'), Remedy(name='logit adjustment', tau=1.0)]."
            )
        return sorted(remedies, key=lambda remedy: _COSTS.index(remedy.cost))

    def _score(
        self,
        trials: list[Trial],
        deals: list[list[tuple[np.ndarray, np.ndarray]]],
        X: np.ndarray,
        y: np.ndarray,
        start: float,
    ) -> None:
        """Fill the trials, fold by fold, as far as the minutes go."""
        deadline = start + 60 * self.max_minutes
        n_fits = sum(len(deal) for t in trials for deal in (deals[:1] if t.costly else deals))
        with progress_bar(title="comparing remedies", unit="fit", total=n_fits) as bar:
            for n_deal, deal in enumerate(deals):
                # Fold by fold, so that all costly trials share a fitted generator while it is in the cache.
                for cheap in (True, False):
                    group = [t for t in trials if t.costly != cheap and not (t.costly and n_deal)]
                    for train, test in deal:
                        for trial in group:
                            bar.set_postfix_str(trial.remedy.name)
                            if trial is not trials[0] and not trial.fits_into(deadline):
                                trial.give_up(f"max_minutes={self.max_minutes:g}")
                            if not trial.note:
                                self._run(trial, X, y, train, test)
                            bar.update()

    @staticmethod
    def _run(trial: Trial, X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> None:
        """Score one fold; a remedy whose model or package is not there is left out, with a warning."""
        try:
            trial.run(X, y, train, test)
        except (ModelUnavailableError, ImportError) as error:
            trial.leave_out(error)
            warnings.warn(
                f"The remedy {trial.remedy.name!r} is left out of the comparison: {error}", stacklevel=2
            )

    def _choose(self, trials: list[Trial], y: np.ndarray) -> None:
        """Set `cv_results_` and the best remedy."""
        scored = [trial for trial in trials if trial.tried]
        if not scored:
            raise next(trial.error for trial in trials if trial.error is not None)
        best = max(scored, key=lambda trial: trial.lead_over(scored[0], y)[0])
        leads = {id(trial): best.lead_over(trial, y) for trial in scored}
        unknown = (np.nan, np.nan)
        behind = np.array([leads.get(id(trial), unknown) for trial in trials])
        within = [t for t in scored if leads[id(t)][0] <= leads[id(t)][1] or t is best]
        chosen = min(within, key=lambda t: _COSTS.index(t.remedy.cost))
        self.best_index_ = trials.index(chosen)
        self.best_remedy_ = chosen.remedy
        self.n_splits_ = len(chosen.seconds)
        self.cv_results_ = {
            "remedy": np.array([t.remedy.name for t in trials], dtype=object),
            "cost": np.array([t.remedy.cost for t in trials], dtype=object),
            "tried": np.array([t.tried for t in trials]),
            "note": np.array([t.note for t in trials], dtype=object),
            "mean_test_score": np.array([t.score(y)[0] for t in trials]),
            "se_test_score": np.array([t.score(y)[1] for t in trials]),
            "behind": behind[:, 0],
            "se_behind": behind[:, 1],
            "n_rows_scored": np.array([t.scored.sum() if t.tried else 0 for t in trials]),
            "mean_fit_time": np.array([np.mean(t.seconds) if t.tried else np.nan for t in trials]),
        }
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.recall_by_size_ = {t.remedy.name: t.recall_by_size(y) for t in scored}
