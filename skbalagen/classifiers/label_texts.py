"""Labels as texts: whether they tell classes apart, and a sampler that adds them as rows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from sklearn.base import clone

from skbalagen._utils.containers import rebuild, take
from skbalagen._utils.sklearn_compat import HasMethods, StrOptions, fit_context
from skbalagen._utils.text import as_texts, fold_text, label_words
from skbalagen._utils.validation import check_texts_or_table
from skbalagen.encoders import SentenceEncoder
from skbalagen.metrics.classification import macro_accuracy

__all__ = ["LabelTextOverSampler", "labels_speak", "nearest_label_accuracy"]


def nearest_label_accuracy(
    vectors: np.ndarray, labels: np.ndarray, label_vectors: np.ndarray, classes: np.ndarray
) -> float:
    """Return the macro accuracy of predicting, for each row, the label whose vector is nearest.

    Parameters
    ----------
    vectors : ndarray of shape (n_samples, n_dimensions)
        Unit vectors of the rows.
    labels : ndarray of shape (n_samples,)
    label_vectors : ndarray of shape (n_classes, n_dimensions)
        Unit vectors of the labels in words.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    float
        In [0, 1].
    """
    nearest = classes[(vectors @ label_vectors.T).argmax(axis=1)]
    return macro_accuracy(labels, nearest)


def labels_speak(accuracy: float, n_classes: int) -> bool:
    """Return whether the accuracy of the nearest label is at least ``chance + 0.1 * (1 - chance)``.

    Examples
    --------
    >>> labels_speak(0.56, 2), labels_speak(0.54, 2)
    (True, False)
    """
    chance = 1 / n_classes
    return accuracy >= chance + 0.1 * (1 - chance)


class LabelTextOverSampler(BaseSampler):
    """Add each label, in words, as one more row of its class.

    A label such as "card_arrival" is a text about its class for free: one more row, which counts most where
    rows are few. It is added where labels say what classes are about. In a pipeline it stands in front of
    the vectorizer, and in front of other samplers.

    Parameters
    ----------
    label_descriptions : dict of {label: str}, default=None
        Texts to add instead of a label. A class that it does not name has its label.
    encoder : transformer, default=None
        From texts to unit vectors, for the test of `when`; None is the embedded SentenceEncoder.
    when : {"auto", "always"}, default="auto"
        "auto" adds them if the labels (or their descriptions) tell classes apart: if the macro accuracy of
        predicting the label whose vector is nearest to the row's is at least
        ``chance + 0.1 * (1 - chance)``, where chance is ``1 / n_classes``. For all classes or for none.
        "always" adds them without a test, and encodes nothing.
    text_column : column label, default=None
        Column of a DataFrame that holds the texts, if it has several. The others are missing values in rows
        that are added.

    Attributes
    ----------
    labels_speak_ : bool or None
        Whether the labels passed the test; None if it was not made.
    nearest_label_accuracy_ : float or None
        Macro accuracy of the nearest label, in [0, 1]; None if the test was not made.
    label_texts_ : dict of {label: str}
        The texts that were added. A text that X has already, that two classes share, or that is blank, is not.
    sampling_strategy_ : dict of {label: int}
        Rows of each class that come out.
    is_synthetic_ : ndarray of bool, of shape (n_samples_new,)
        Which rows were added.
    source_indices_ : ndarray of int, of shape (n_samples_new,)
        The row of X that each row is; -1 where it was added.
    n_features_in_ : int
        Columns of X; 1 for texts.
    feature_names_in_ : ndarray of str
        Names of the columns, if X is a DataFrame.

    See Also
    --------
    skbalagen.EmbeddingClassifier : Does the same inside, with ``label_texts=True``.
    skbalagen.LogitAdjustedClassifier : The free remedy that this one goes well with.

    Notes
    -----
    Two texts are the same if they differ in case and white space only. A table of numbers has no texts: it
    passes unchanged, and a warning is issued.

    Examples
    --------
    >>> from skbalagen import LabelTextOverSampler
    >>> X, y = ["where is it", "not here yet", "money back"], ["card_arrival", "card_arrival", "refund"]
    >>> X_new, y_new = LabelTextOverSampler(when="always").fit_resample(X, y)
    >>> X_new
    ['where is it', 'not here yet', 'money back', 'card arrival', 'refund']
    >>> y_new
    ['card_arrival', 'card_arrival', 'refund', 'card_arrival', 'refund']
    """

    _sampling_type = "bypass"
    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "label_descriptions": [Mapping, None],
        "encoder": [None, HasMethods(["fit", "transform"])],
        "when": [StrOptions({"auto", "always"})],
        "text_column": [None, object],
    }

    def __init__(
        self,
        *,
        label_descriptions: Mapping[Any, str] | None = None,
        encoder: Any = None,
        when: str = "auto",
        text_column: Any = None,
    ) -> None:
        super().__init__()
        self.label_descriptions = label_descriptions
        self.encoder = encoder
        self.when = when
        self.text_column = text_column

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any) -> LabelTextOverSampler:
        """Check the input, make the test, and set `label_texts_` and `sampling_strategy_`.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object
        """
        self._choose(*check_texts_or_table(self, X, y, self.text_column))
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Add the labels as rows.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
            Texts: a list, tuple, ndarray, pandas or polars Series or DataFrame, or a column of a Hugging Face
            dataset.
        y : array-like of shape (n_samples,)
            One label per row, of at least two classes.

        Returns
        -------
        X_resampled : container of the type of `X`, of n_samples_new rows
            The rows of `X` in their order, then one per label that is added.
        y_resampled : container of the type of `y`, of n_samples_new rows

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each, or a description that is not a text.
        """
        texts, labels = check_texts_or_table(self, X, y, self.text_column)
        X_resampled, _ = self._fit_resample(texts, labels)
        rows = self._representative_rows(labels)
        if X_resampled is None:
            return take(X, rows), take(y, rows)
        return rebuild(X, rows, X_resampled, self.is_synthetic_, self.text_column), take(y, rows)

    def _fit_resample(self, X: np.ndarray | None, y: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        self._choose(X, y)
        rows = self._representative_rows(y)
        self.is_synthetic_ = np.arange(len(rows)) >= len(y)
        self.source_indices_ = np.where(self.is_synthetic_, -1, rows)
        if X is None:
            return None, y
        return np.concatenate([X, np.array(list(self.label_texts_.values()), dtype=object)]), y[rows]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.one_d_array = False  # the check suites know 1-D input as numbers only
        tags.input_tags.dataframe = True
        tags.input_tags.sparse = False
        return tags

    def _representative_rows(self, y: np.ndarray) -> np.ndarray:
        """Return the rows of X, and for each label that is added the first row of its class."""
        first = [int(np.flatnonzero(y == label)[0]) for label in self.label_texts_]
        return np.concatenate([np.arange(len(y)), np.array(first, dtype=np.intp)])

    def _choose(self, X: np.ndarray | None, y: np.ndarray) -> None:
        """Make the test, and set which labels are added."""
        classes = np.unique(y)
        self.labels_speak_: bool | None = None
        self.nearest_label_accuracy_: float | None = None
        self.label_texts_: dict[Any, str] = {}
        if X is None:
            warnings.warn(
                "X is a table of numbers, to which LabelTextOverSampler adds nothing. Put it in front of the "
                "vectorizer, where rows are texts.",
                UserWarning,
                stacklevel=4,
            )
        else:
            spoken = self._label_texts(classes.tolist())
            if self.when == "auto":
                encoder = SentenceEncoder() if self.encoder is None else clone(self.encoder)
                vectors = encoder.fit(X).transform(X)
                label_vectors = encoder.transform(np.array(list(spoken.values()), dtype=object))
                self.nearest_label_accuracy_ = nearest_label_accuracy(vectors, y, label_vectors, classes)
                self.labels_speak_ = labels_speak(self.nearest_label_accuracy_, len(classes))
            if self.labels_speak_ or self.when == "always":
                known = {fold_text(text) for text in X}
                times = Counter(fold_text(text) for text in spoken.values())
                self.label_texts_ = {
                    label: text
                    for label, text in spoken.items()
                    if text.strip() and times[fold_text(text)] == 1 and fold_text(text) not in known
                }
        self.sampling_strategy_ = {
            label: int((y == label).sum()) + (label in self.label_texts_) for label in classes.tolist()
        }

    def _label_texts(self, classes: list[Any]) -> dict[Any, str]:
        """Return what each class is called, or described as."""
        described = dict(self.label_descriptions or {})
        if described:
            as_texts(list(described.values()), name="label_descriptions")
        unknown = [label for label in described if label not in classes]
        if unknown:
            warnings.warn(
                f"label_descriptions names classes that are not in y: {unknown!r}. They are ignored; the "
                f"classes are {classes!r}.",
                UserWarning,
                stacklevel=5,
            )
        return {label: described.get(label, label_words(label)) for label in classes}
