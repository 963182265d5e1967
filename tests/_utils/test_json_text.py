"""Objects of JSON come out as they went in, to the spelling of a number."""

from __future__ import annotations

import json
import pickle
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skbalagen._utils.json_text import parse_object, to_json

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "é", ""]), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", '"']), values))
def test_objects_are_written_as_the_json_module_writes_them(row):
    written = to_json(row)
    assert written == json.dumps(row, ensure_ascii=False)
    assert parse_object(written) == row


@pytest.mark.parametrize(
    "number",
    ["1", "-1", "1.5", "1e5", "1E5", "1e+05", "1.10", "-0", "-0.0", "1e400", "0.1000000000000000055"],
)
def test_numbers_keep_their_spelling_and_their_value(number):
    row = parse_object(f'{{"n": {number}}}')
    assert row["n"] == float(number)
    assert to_json({"n": [row["n"]]}) == f'{{"n": [{number}]}}'
    assert str(row["n"]) == number
    assert to_json(pickle.loads(pickle.dumps(row))) == f'{{"n": {number}}}'


def test_whole_numbers_are_int_and_others_float():
    row = parse_object('{"a": 123456789012345678901234567890, "b": 2.5, "c": 2.50}')
    assert [type(row[name]) for name in "ab"] == [int, float]
    assert isinstance(row["c"], float)


def test_values_of_other_libraries_are_lists_numbers_or_texts():
    row = {"a": np.array([1, 2]), "b": np.float32(0.5), "c": date(2024, 5, 1), "d": complex(1)}
    assert to_json(row) == '{"a": [1, 2], "b": 0.5, "c": "2024-05-01", "d": "(1+0j)"}'


def test_keys_that_are_no_texts_are_refused():
    with pytest.raises(TypeError, match=r"keys of JSON must be str, got 1 \(int\)"):
        to_json({"a": {1: 2}})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{text}", "Expecting"),
        ("[1]", "a list"),
        ('{"a": 1, "a": 2}', "the key 'a' twice"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' twice"),
        ('{"a": NaN}', "NaN, which JSON does not have"),
        ('{"a": "\\ud83c"}', "surrogates not allowed"),
    ],
)
def test_what_is_no_object_is_refused(line, message):
    with pytest.raises(ValueError, match=message):
        parse_object(line)
