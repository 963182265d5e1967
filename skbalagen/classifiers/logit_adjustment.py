"""Post-hoc logit adjustment of any classifier (Menon et al. 2021)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, column_or_1d, has_fit_parameter

from skbalagen._utils.sklearn_compat import HasMethods, Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels
from skbalagen._utils.validation import check_label_column
from skbalagen.classifiers.logits import (
    adjust_scores,
    best_class,
    log_scores,
    resolve_priors,
    rows_of,
    score_method,
)
from skbalagen.metrics.classification import macro_accuracy

__all__ = ["LogitAdjustedClassifier"]

# What "auto" tries: 0 is the classifier as it is, 1 the theory's value, 2 well beyond it.
_TAUS = np.linspace(0, 2, 21).round(1)


class LogitAdjustedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Subtract the log of the class shares from the scores of a fitted classifier.

    ``predict`` is ``argmax(score - tau * log(share))``: rare classes are predicted more often, and macro
    accuracy rises. Nothing is fitted besides the classifier itself. ``predict_proba`` is the classifier's own.

    Parameters
    ----------
    estimator : classifier
        A classifier with ``predict_proba`` or ``decision_function``, or a pipeline that ends in one. A clone
        of it is fitted.
    tau : float, "auto" or array-like of float, default=1.0
        Strength of the adjustment, at least 0. 0 is the classifier as it is, 1 is optimal for macro accuracy
        if its probabilities are calibrated. A number is read when predicting: ``set_params(tau=...)`` takes
        effect without another fit. "auto" (0 to 2 in steps of 0.1) or a list is tuned by macro accuracy on
        held-out rows; then the classifier is fitted on all rows.
    priors : array-like of shape (n_classes,) or dict of {label: float}, default=None
        Class shares, in the order of `classes_` or by label. Only their ratios matter, so that counts will do.
        None takes the shares from the rows and weights of ``fit``. The adjustment aims at equally frequent
        classes; for other frequencies, pass the shares divided by those.
    validation_fraction : float, default=0.2
        Fraction of each class that is held out to tune `tau`, in (0, 1): at least one row, and at most all
        but one. A class of one row stays in training and is not scored. Not used if `tau` is a number.
    random_state : int, RandomState instance or None, default=None
        Chooses the held-out rows.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all rows.
    classes_ : ndarray of shape (n_classes,)
    priors_ : ndarray of shape (n_classes,)
        Class shares that are used; they sum to 1. A class without weight has 0, and its score stays as it is.
    tau_ : float
        The strength that is used: `tau` if that is a number, else the tuned value.
    tau_scores_ : dict of {float: float}
        Macro accuracy on the held-out rows of each value that was tried; only if `tau` was tuned.
    score_method_ : {"decision_function", "predict_proba"}
        Where the scores come from, see Notes.
    n_features_in_ : int
        Only if the classifier has it.
    feature_names_in_ : ndarray of shape (n_features,)
        Only if the classifier has it.

    Raises
    ------
    ValueError
        Priors that are not positive or miss a class, an estimator that resamples its rows (put
        LogitAdjustedClassifier behind the sampler), weights that it cannot take, or no class of two rows to
        tune on.

    See Also
    --------
    skbalagen.EmbeddingClassifier : Has the adjustment as a parameter.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes the threshold of a binary classifier.

    Notes
    -----
    **Scores.** The formula asks for log probabilities, up to a constant per row. ``decision_function`` is used
    if its softmax (for two classes, its sigmoid) is ``predict_proba``, as in multinomial logistic regression,
    where it does not underflow. If it is something else (one-vs-rest, support vectors with Platt scaling), or
    there is none, ``log(predict_proba)`` is used. This is compared on a few training rows. A classifier
    without ``predict_proba``, such as LinearSVC, has margins: these have a scale of their own, so tune `tau`
    or calibrate them first.

    **Where it stands.** Shares come from the rows that ``fit`` sees. In a pipeline behind a sampler these are
    the resampled rows, as it should be. Class weights inside the classifier already balance it, and a warning
    is issued; ``sample_weight`` is passed on to the classifier and counted in the shares.

    **Tuning.** Behind an over-sampler, copies of a row may be on both sides of the split, and the tuned value
    is too optimistic. Of values that score the same, the nearest to 1 is taken.

    References
    ----------
    Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR (post-hoc logit adjustment).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skbalagen import LogitAdjustedClassifier
    >>> X, y = [[0.0], [0.1], [0.2], [0.3], [0.4], [0.9]], ["large"] * 5 + ["small"]
    >>> LogisticRegression().fit(X, y).predict([[0.9]])
    array(['large'], dtype='<U5')
    >>> adjusted = LogitAdjustedClassifier(LogisticRegression()).fit(X, y)
    >>> adjusted.predict([[0.9], [0.1]])
    array(['small', 'large'], dtype='<U5')
    >>> adjusted.set_params(tau=0).predict([[0.9]])
    array(['large'], dtype='<U5')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "estimator": [HasMethods(["fit", "predict_proba"]), HasMethods(["fit", "decision_function"])],
        "tau": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"}), "array-like"],
        "priors": [Mapping, "array-like", None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        tau: float | str | Sequence[float] = 1.0,
        priors: Mapping[Any, float] | Sequence[float] | np.ndarray | None = None,
        validation_fraction: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.tau = tau
        self.priors = priors
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Labels, sample_weight: Any = None) -> Self:
        """Fit the classifier, and count the class shares.

        Parameters
        ----------
        X : array-like, sparse matrix or texts, of n_samples rows
            What the classifier takes.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Passed on to the classifier, or to the last step of a pipeline; counted in the shares.

        Returns
        -------
        self : object
        """
        (X,) = indexable(X)
        labels = check_label_column(X, y)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, X)
        if not self._fit_params(weights):  # metadata routing may keep them from the classifier
            weights = None
        if hasattr(self, "tau_scores_"):  # of an earlier fit
            del self.tau_scores_
        self._check_what_balances_inside()
        if not isinstance(self.tau, Real):
            self._tune(X, labels, weights)

        self.estimator_ = self._fitted(X, labels, weights)
        self.classes_ = np.asarray(self.estimator_.classes_)
        self.priors_ = resolve_priors(self.priors, labels, weights, self.classes_)
        self.score_method_ = score_method(self.estimator_, X)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    @property
    def tau_(self) -> float:
        """The strength that ``predict`` uses."""
        if isinstance(self.tau, Real):
            return float(self.tau)
        if not hasattr(self, "tau_scores_"):
            raise NotFittedError(
                f"tau={self.tau!r} is tuned by fit, which was not called with it. Call fit, or set a number."
            )
        # The nearest to 1 of the best; rounding keeps the noise of a mean from deciding.
        return min(self.tau_scores_, key=lambda tau: (-round(self.tau_scores_[tau], 9), abs(tau - 1), tau))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the adjusted scores.

        Parameters
        ----------
        X : what the classifier takes, of n_samples rows

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            ``score - tau * log(share)``; for two classes, that of the second minus that of the first.
        """
        check_is_fitted(self)
        return adjust_scores(log_scores(self.estimator_, X, self.score_method_), self.priors_, self.tau_)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest adjusted score of each row, of shape (n_samples,)."""
        return best_class(self.decision_function(X), self.classes_)

    @available_if(lambda self: hasattr(getattr(self, "estimator_", self.estimator), "predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the classifier's own probabilities, not adjusted, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata are routed: this class asks for `sample_weight`, and so may the classifier."""
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(estimator=self.estimator, method_mapping=mapping)
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = False
        return tags

    def _fitted(self, X: Any, y: np.ndarray, weights: np.ndarray | None) -> Any:
        """Return a fitted clone of the classifier."""
        return clone(self.estimator).fit(X, y, **self._fit_params(weights))

    def _fit_params(self, weights: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return the weights under the name by which the classifier takes them; empty if it gets none."""
        if weights is None:
            return {}
        if get_config()["enable_metadata_routing"]:
            return dict(process_routing(self, "fit", sample_weight=weights).estimator.fit)
        name = _weight_parameter(self.estimator)
        if name is None:
            raise ValueError(
                f"sample_weight must be None for an estimator whose fit does not take it, got weights for "
                f"{type(self.estimator).__name__}. Leave them out, or enable metadata routing."
            )
        return {name: weights}

    def _tune(self, X: Any, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Score each candidate for `tau` on held-out rows, and set `tau_scores_`."""
        taus = _TAUS if isinstance(self.tau, str) else column_or_1d(self.tau, dtype=float)
        if not len(taus) or not (np.isfinite(taus).all() and (taus >= 0).all()):
            raise ValueError(
                f"tau must be a number, 'auto' or a list of numbers of at least 0, got {self.tau!r}. "
                "Name at least one value, or pass a number."
            )
        held = _held_out_rows(y, self.validation_fraction, check_random_state(self.random_state))
        kept = np.setdiff1d(np.arange(len(y)), held)
        kept_weights = None if weights is None else weights[kept]
        estimator = self._fitted(rows_of(X, kept), y[kept], kept_weights)
        classes = np.asarray(estimator.classes_)
        priors = resolve_priors(self.priors, y[kept], kept_weights, classes)
        X_held = rows_of(X, held)
        scores = log_scores(estimator, X_held, score_method(estimator, X_held))
        self.tau_scores_ = {
            float(tau): macro_accuracy(y[held], best_class(adjust_scores(scores, priors, tau), classes))
            for tau in taus
        }

    def _check_what_balances_inside(self) -> None:
        """Raise for a sampler inside the estimator, and warn of class weights: both change the shares."""
        if self.priors is not None:
            return
        parameters = self.estimator.get_params()
        samplers = [name for name, value in parameters.items() if hasattr(value, "fit_resample")]
        if samplers:
            raise ValueError(
                f"estimator must not resample its rows, since class shares are counted before that; got the "
                f"sampler {samplers[0]!r}. Put the sampler in front, as in "
                "make_pipeline(sampler, LogitAdjustedClassifier(classifier)), or pass priors=."
            )
        weighted = [
            f"{name}={value!r}"
            for name, value in parameters.items()
            if name.split("__")[-1] == "class_weight" and value is not None
        ]
        if weighted and isinstance(self.tau, Real) and float(self.tau) > 0:
            warnings.warn(
                f"{weighted[0]} in the estimator already weights the classes, and tau={self.tau} "
                "adjusts for their shares once more. Set class_weight=None, or tune tau.",
                UserWarning,
                stacklevel=4,
            )


def _weight_parameter(estimator: Any) -> str | None:
    """Return what ``fit`` calls the weights of rows: in a pipeline, those of its last step."""
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        inner = _weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def _held_out_rows(y: np.ndarray, fraction: float, random_state: np.random.RandomState) -> np.ndarray:
    """Return row numbers, of every class of two rows or more at least one, and never all."""
    held: list[int] = []
    for label in np.unique(y):
        rows = random_state.permutation(np.flatnonzero(y == label))
        n_held = min(max(1, round(fraction * len(rows))), len(rows) - 1)
        held.extend(rows[:n_held].tolist())
    if not held:
        raise ValueError(
            f"Tuning tau needs a class of at least 2 rows to hold one out, got {len(y)} classes of 1 row. "
            "Set tau to a number."
        )
    return np.sort(np.array(held, dtype=np.intp))
