"""Answers of an endpoint that are read."""

from __future__ import annotations

import pytest

from skbalagen.generators._endpoint_answers import parse_texts, unquoted


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ('["a b", "c"]', ["a b", "c"]),
        ('Here you are:\n```json\n["a b", "c"]\n```\nAnything else?', ["a b", "c"]),
        ('{"texts": ["a b", "c"]}', ["a b", "c"]),
        ('see [1] and ["a b", "c"]', ["a b", "c"]),
        ('[{"text": "no"}]', None),
        ('["a b", "c"', None),  # half of it
        ("1. a b\n2) c\n", ["a b", "c"]),
        ("Sure!\n- a b\n* c\n• d", ["a b", "c", "d"]),
        ('1. "a b"\n2. “c”\n3. it\'s', ["a b", "c", "it's"]),
        ('["  a \\n b ", "", " "]', ["a b"]),
        ("[]", None),
        ("I cannot help with that.", None),
        ("", None),
    ],
)
def test_parse_texts_reads_lists(answer, texts):
    assert parse_texts(answer, 5) == texts


def test_parse_texts_takes_no_more_than_asked_for():
    assert parse_texts('["a", "b", "c"]', 2) == ["a", "b"]
    assert parse_texts("- a\n- b\n- c", 2) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('"a"', "a"),
        ("“a b”,", "a b"),
        ("「卡丢了」", "卡丢了"),
        ('"a', '"a'),
        ("'", "'"),
        ("it's", "it's"),
        ("", ""),
    ],
)
def test_unquoted_takes_off_a_pair_of_quotes(text, inside):
    assert unquoted(text) == inside
