"""What generators return is checked before anything is made of it."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen._utils.streams import check_candidates

SPANS = {"a": range(4, 6), "b": range(1)}


@pytest.mark.parametrize(
    "candidates",
    [
        {"a": ["one", None], "b": ["two"]},
        {"b": ("two",), "a": np.array(["one", "three"], dtype=object)},
        {"a": [np.str_("one"), ""], "b": [None]},
    ],
)
def test_one_candidate_per_index_passes(candidates):
    check_candidates(candidates, SPANS)


@pytest.mark.parametrize(
    ("candidates", "error", "message"),
    [
        (["one"], TypeError, "a dict of {label: list of candidates}, got list. Correct the generator"),
        (None, TypeError, "got NoneType"),
        ({"a": "one", "b": ["two"]}, TypeError, "a list of candidates for each class, got str for 'a'"),
        ({"a": 3, "b": ["two"]}, TypeError, "got int for 'a'"),
        ({"a": ["one", 7], "b": ["two"]}, TypeError, r"got 7 \(int\) for candidate 5 of 'a'. Correct"),
        ({"a": [b"one", None], "b": ["two"]}, TypeError, r"got b'one' \(bytes\) for candidate 4 of 'a'"),
        ({"a": ["one"], "b": ["two"]}, ValueError, r"expected {'a': 2, 'b': 1} .*got {'a': 1, 'b': 1}"),
        ({"a": ["one"] * 3, "b": ["two"]}, ValueError, r"got {'a': 3, 'b': 1}"),
        ({"a": ["one", None]}, ValueError, r"got {'a': 2}. Correct"),
        ({"a": ["one", None], "b": ["two"], "c": []}, ValueError, r"got {'a': 2, 'b': 1, 'c': 0}"),
    ],
)
def test_anything_else_is_rejected_with_the_class_and_the_index(candidates, error, message):
    with pytest.raises(error, match=message):
        check_candidates(candidates, SPANS)
