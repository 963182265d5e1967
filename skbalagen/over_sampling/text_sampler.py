"""imbalanced-learn's samplers of whole rows, on texts: at random, or by where the rows lie as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from imblearn.over_sampling import RandomOverSampler
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length

from skbalagen._utils.containers import is_table, take, text_column_of
from skbalagen._utils.sklearn_compat import HasMethods, check_feature_names, fit_context
from skbalagen._utils.text import as_texts
from skbalagen._utils.validation import check_single_labels

__all__ = ["TextSampler"]


class TextSampler(MetaEstimatorMixin, BaseSampler):
    """Copy or drop rows of text with a sampler of imbalanced-learn, which takes two-dimensional input only.

    With it, ``RandomOverSampler`` and ``RandomUnderSampler`` stand in the same pipeline step as
    BalaGenResampler, and the container that comes in goes out. With an encoder, so do the under-samplers that look at
    rows: cleaning (``TomekLinks``, ``EditedNearestNeighbours``), ``NearMiss``, and ``ClusterCentroids(voting="hard")``.
    They choose among vectors; the rows that stay are the texts, unchanged and in their order.

    Parameters
    ----------
    sampler : sampler, default=None
        A sampler that picks rows: without `encoder` one that does not look at them, RandomOverSampler or
        RandomUnderSampler. A clone of it is fitted. None is ``RandomOverSampler()``. One that makes new rows, such as
        SMOTE, belongs behind the vectorizer.
    encoder : transformer, default=None
        From texts to vectors, such as :class:`~skbalagen.SentenceEncoder`, for samplers that look at rows. A clone of
        it is fitted.

    Attributes
    ----------
    sampler_ : sampler
        Fitted.
    sampling_strategy_ : dict of {label: int}
        That of `sampler_`.
    sample_indices_ : ndarray of int, of shape (n_samples_new,)
        The row of X that each row is.
    n_features_in_ : int
        Columns of X; 1 for texts.
    feature_names_in_ : ndarray of str
        Names of the columns, if X is a DataFrame.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Copies rows of small classes.
    imblearn.under_sampling.RandomUnderSampler : Drops rows of large classes.
    skbalagen.BalaGenResampler : Generates rows; takes texts by itself.

    Notes
    -----
    A table of numbers is passed to the sampler as it is.

    Step 6 of the resampler thins large classes at random. For another choice, thin them in the step before it, with the
    same policy, and have the resampler only fill: ``TextSampler(NearMiss(sampling_strategy=PercentilePolicy(beta_low=0,
    beta_high=20)), encoder=SentenceEncoder())``, then ``BalaGenResampler()``. Behind the resampler, a cleaning sampler
    looks at generated rows too.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> from skbalagen import TextSampler
    >>> X, y = ["red wine", "a beer", "some water", "rain today"], ["drink", "drink", "drink", "weather"]
    >>> TextSampler(RandomOverSampler(random_state=0)).fit_resample(X, y)[0]
    ['red wine', 'a beer', 'some water', 'rain today', 'rain today', 'rain today']
    """

    _sampling_type = "bypass"
    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "sampler": [HasMethods("fit_resample"), None],
        "encoder": [HasMethods(["fit", "transform"]), None],
    }

    def __init__(self, sampler: Any = None, *, encoder: Any = None) -> None:
        super().__init__()
        self.sampler = sampler
        self.encoder = encoder

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any) -> TextSampler:
        """Check the input and set `sampling_strategy_`.

        Parameters
        ----------
        X, y : as for :meth:`fit_resample`

        Returns
        -------
        self : object
        """
        self._fit_resample(X, y)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Resample the data set.

        Parameters
        ----------
        X : container of texts, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
            A list, tuple, ndarray, pandas or polars Series or DataFrame, or a column of a Hugging Face dataset.
        y : array-like of shape (n_samples,)
            One label per row, of at least two classes.

        Returns
        -------
        X_resampled : container of the type of `X`, of n_samples_new rows
        y_resampled : container of the type of `y`, of n_samples_new rows

        Raises
        ------
        TypeError, ValueError
            Rows that are not texts, or a sampler that needs vectors.
        """
        return self._fit_resample(X, y)

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        self.sampler_ = RandomOverSampler() if self.sampler is None else clone(self.sampler)
        if _is_numbers(X):
            resampled = self.sampler_.fit_resample(X, y)
            self.n_features_in_ = self.sampler_.n_features_in_
            if hasattr(self.sampler_, "sample_indices_"):
                self.sample_indices_ = self.sampler_.sample_indices_
        else:
            resampled = self._pick_rows(X, y)
        check_feature_names(self, X, reset=True)
        self.sampling_strategy_ = self.sampler_.sampling_strategy_
        return resampled

    def _pick_rows(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Let the sampler choose among stand-ins for the rows of `X`, and take the rows that it chose."""
        tags = get_tags(self.sampler_)
        # What takes strings measures no distances, and what has sample_indices_ makes no rows.
        if self.encoder is None and not (
            tags.input_tags.string and getattr(tags.sampler_tags, "sample_indices", False)
        ):
            raise TypeError(
                f"sampler must pick rows without looking at them, as RandomOverSampler and RandomUnderSampler do, "
                f"got {type(self.sampler_).__name__}. Put a sampler that needs vectors behind the vectorizer, or give "
                "TextSampler an encoder if it picks rows; put one that takes texts into the pipeline without "
                "TextSampler."
            )
        columns = getattr(X, "columns", None)
        if columns is None or len(columns) == 1:
            n_rows = len(as_texts(text_column_of(X)))
        else:
            n_rows = len(X)
        if y is not None:
            check_consistent_length(X, y)
        labels = check_single_labels(y, estimator_name=type(self).__name__)
        if self.encoder is None:
            # Not numbers: a sampler that would change numbers (shrinkage=) refuses these.
            stand_ins = np.array([[f"row {row}"] for row in range(n_rows)], dtype=object)
            self.sampler_.fit_resample(stand_ins, labels)
            rows = np.asarray(self.sampler_.sample_indices_)
        else:
            rows = self._pick_by_vectors(as_texts(text_column_of(X)), labels)
        self.n_features_in_ = 1 if columns is None else len(columns)
        self.sample_indices_ = rows
        return take(X, rows), take(y, rows)

    def _pick_by_vectors(self, texts: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the rows that the sampler chooses among the vectors of `texts`, in their order, copies last."""
        vectors = clone(self.encoder).fit_transform(texts)
        chosen, labels_chosen = self.sampler_.fit_resample(vectors, labels)
        rows: np.ndarray | None
        if hasattr(self.sampler_, "sample_indices_"):
            rows = np.asarray(self.sampler_.sample_indices_)
        else:
            rows = _rows_of(vectors, labels, chosen, labels_chosen)
        if rows is None:
            raise TypeError(
                f"sampler must pick rows, got {type(self.sampler_).__name__}, which made vectors that are no row's. Put "
                'it behind the vectorizer, or have it pick rows, as ClusterCentroids(voting="hard") does.'
            )
        first = np.sort(np.unique(rows, return_index=True)[1])
        return np.concatenate([np.sort(rows[first]), np.delete(rows, first)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(RandomOverSampler() if self.sampler is None else self.sampler)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.string = inner.input_tags.string
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.dataframe = True
        tags.sampler_tags.sample_indices = getattr(inner.sampler_tags, "sample_indices", False)
        return tags


def _rows_of(
    vectors: np.ndarray, labels: np.ndarray, chosen: np.ndarray, labels_chosen: np.ndarray
) -> np.ndarray | None:
    """Return for each chosen vector the first row of its class that equals it; None if one equals none."""
    pairs = zip(labels.tolist(), vectors, strict=True)
    row_of = {(label, vector.tobytes()): i for i, (label, vector) in reversed(list(enumerate(pairs)))}
    pairs = zip(labels_chosen.tolist(), chosen, strict=True)
    rows = [row_of.get((label, vector.tobytes()), -1) for label, vector in pairs]
    return None if -1 in rows else np.array(rows, dtype=np.intp)


def _is_numbers(X: Any) -> bool:
    """Return whether `X` is a matrix without texts."""
    if hasattr(X, "tocsr"):
        return True
    try:
        return is_table(text_column_of(X))
    except ValueError:  # texts among several columns
        return False
