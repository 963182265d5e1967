"""Merged columns: by hand, and the same logistic regression with fewer weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skbalagen.balagen.labelers import default_labelers
from skbalagen.balagen.single_row_columns import SingleRowColumns

X = [
    "red wine please",
    "white wine now",
    "the blue sky now",
    "grey sky over me",
    "red wine please",
    "sky blue",
]
Y = ["drink", "drink", "air", "air", "drink", "blue"]
NEW = ["red wine now", "over the sky", "please me", "white", "something else"]


def test_columns_of_one_distinct_row_become_one_by_hand():
    rows = csr_matrix([[1.0, 3.0, 0.0, 4.0, 0.0], [1.0, 3.0, 0.0, 4.0, 0.0], [2.0, 0.0, 0.0, 0.0, 0.5]])
    merging = SingleRowColumns().fit(rows)
    expected = [[1, 0, 0], [0, 0.6, 0], [0, 0, 0], [0, 0.8, 0], [0, 0, 1]]
    np.testing.assert_allclose(merging.rotation_.toarray(), expected)
    np.testing.assert_allclose(merging.transform(rows).toarray(), [[1, 5, 0], [1, 5, 0], [2, 0, 0.5]])
    # Of another row, what lies in the direction of the row that was seen: 1 * 0.6 + 2 * 0.8.
    other = csr_matrix([[0.0, 1.0, 9.0, 2.0, 0.0]])
    np.testing.assert_allclose(merging.transform(other).toarray(), [[0, 2.2, 0]])


def test_lengths_and_products_of_the_rows_stay():
    rows = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(X)
    merged = SingleRowColumns().fit_transform(rows)
    assert merged.shape[1] < rows.shape[1] / 2
    np.testing.assert_allclose((merged @ merged.T).toarray(), (rows @ rows.T).toarray(), atol=1e-12)


def test_logistic_regression_gives_the_same_probabilities():
    def fitted(*steps):
        last = LogisticRegression(C=30.0, class_weight="balanced", max_iter=1000, tol=1e-9)
        return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), *steps, last).fit(X, Y)

    plain, merged = fitted(), fitted(SingleRowColumns())
    assert merged[-1].coef_.shape[1] < plain[-1].coef_.shape[1]
    for texts in (X, NEW):
        np.testing.assert_allclose(merged.predict_proba(texts), plain.predict_proba(texts), atol=1e-6)


def test_rows_without_any_column_of_their_own_stay_as_they_are():
    rows = csr_matrix([[1.0, 0.0], [1.0, 2.0], [0.0, 2.0]])
    np.testing.assert_array_equal(SingleRowColumns().fit_transform(rows).toarray(), rows.toarray())


def test_the_words_of_the_default_labelers_are_merged():
    words = default_labelers()[0].fit(X, Y)
    n_features = len(words[0].vocabulary_)
    assert words[-1].coef_.shape[1] < n_features / 2
    assert words.predict(X).tolist() == Y


def test_an_unfitted_one_says_so():
    with pytest.raises(NotFittedError):
        SingleRowColumns().transform(csr_matrix((1, 1)))
