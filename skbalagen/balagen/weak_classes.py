"""A policy that grows the classes that a classifier recognises worst."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.random import as_seed
from skbalagen._utils.scripts import WORD_PATTERN
from skbalagen._utils.sklearn_compat import HasMethods, Interval, fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.validation import check_texts_and_labels
from skbalagen.balagen.out_of_fold import out_of_fold
from skbalagen.balagen.policy import class_sizes

__all__ = ["WeakClassPolicy"]


class WeakClassPolicy(BaseEstimator):
    """Grow each class by how often cross-validation fails to recognise it.

    A class of n rows and recall r gets ``(1 - r) * (n_rows - n)`` rows: one that is never recognised is filled up, one
    that is always recognised stays as it is. No class is thinned.

    BalaGenResampler fits it on the texts. Samplers of imbalanced-learn ask policies with `y` alone: fit it yourself
    before you hand it to one.

    Parameters
    ----------
    estimator : classifier, default=None
        On raw text; its clones are cross-validated. None is TF-IDF with logistic regression: the better choice is the
        classifier that you train afterwards.
    n_rows : int, default=None
        Rows up to which a class that is never recognised grows, at least 1. None is the size of the largest class;
        beyond it, that class grows too.
    cv : int, default=5
        Folds, at least 2. Copies of a text are in the same fold.
    random_state : int, RandomState instance or None, default=None
        Shuffles the rows before they are split. None in a resampler is the resampler's.

    Attributes
    ----------
    recall_ : dict of {label: float}
        Recall of each class over the rows left out, in [0, 1]. That of a class with a single distinct text is 0: it
        cannot be tested.

    See Also
    --------
    PercentilePolicy : Looks at the sizes of the classes alone.
    SampleQualityPolicy : Looks at what the generator writes.

    References
    ----------
    Tepper et al. (2020) name such policies as future work; the formula is ours.

    Examples
    --------
    >>> from skbalagen import WeakClassPolicy
    >>> X = [f"where is parcel {i}" for i in range(8)] + ["refund my money", "money back", "who are you"]
    >>> y = ["order"] * 8 + ["refund"] * 2 + ["other"]
    >>> policy = WeakClassPolicy(random_state=0).fit(X, y)
    >>> policy.recall_["order"], policy.recall_["other"]
    (1.0, 0.0)
    >>> policy(y)["order"], policy(y)["other"]
    (8, 8)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_rows": [Interval(Integral, 1, None, closed="left"), None],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_rows: int | None = None,
        cv: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_rows = n_rows
        self.cv = cv
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Measure the recall of each class.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object
        """
        texts, labels = check_texts_and_labels(X, y)
        estimator = _words() if self.estimator is None else self.estimator
        rows, predicted = out_of_fold(
            estimator, texts, labels, n_splits=self.cv, seed=as_seed(self.random_state)
        )
        right = predicted == labels[rows]
        self.recall_ = {
            label: float(right[labels[rows] == label].mean()) if label in labels[rows] else 0.0
            for label in class_sizes(labels)
        }
        return self

    def __call__(self, y: Sequence[Any] | np.ndarray) -> dict[Any, int]:
        """Return {label: rows wanted} for the labels `y`, of shape (n_samples,), of classes that were fitted."""
        check_is_fitted(self)
        sizes = class_sizes(y)
        unknown = [label for label in sizes if label not in self.recall_]
        if unknown:
            raise ValueError(
                f"WeakClassPolicy knows the recall of the classes {list(self.recall_)!r}, got rows of {unknown!r}. Fit "
                "it on rows of all classes."
            )
        aim = max(sizes.values()) if self.n_rows is None else self.n_rows
        return {
            label: n + floor((1 - self.recall_[label]) * max(aim - n, 0) + 0.5) for label, n in sizes.items()
        }


def _words() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(token_pattern=WORD_PATTERN)
    return make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
