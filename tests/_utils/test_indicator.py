"""Labels in one column each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skbalagen._utils.indicator import columns_of, is_binary


@pytest.mark.parametrize(
    "y",
    [None, ["a", "b"], [0, 1], np.zeros(3), [[0], [1]], pd.Series(["a", "b"]), [[0, 1], [1]], [], 3],
    ids=["none", "strings", "numbers", "array", "one column", "series", "unequal rows", "empty", "no array"],
)
def test_columns_of_labels_without_columns_is_none(y):
    assert columns_of(y) is None


@pytest.mark.parametrize(
    "y", [[[0, 1], [1, 1]], np.eye(2), pd.DataFrame({"a": [1, 0], "b": [0, 1]}), [["a", "b"], ["c", "d"]]]
)
def test_columns_of_a_table_is_an_array(y):
    values = columns_of(y)
    assert values.shape == (2, 2)
    np.testing.assert_array_equal(values, np.asarray(y))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 1], [1, 1]], True),
        ([[True, False], [True, True]], True),
        ([[0.0, 1.0], [1.0, 1.0]], True),
        ([[0, 2], [1, 1]], False),
        ([[0.0, np.nan], [1.0, 1.0]], False),
        ([["0", "1"], ["1", "1"]], False),
    ],
)
def test_is_binary_knows_zeros_and_ones_of_any_number_type(values, expected):
    assert is_binary(np.array(values)) is expected
