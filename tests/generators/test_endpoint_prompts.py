"""Prompts that are filled, and answers that are read."""

from __future__ import annotations

import pytest

from skbalagen.generators._endpoint_prompts import DEFAULT_PROMPT, PLACES, fill_prompt, parse_texts


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


def test_fill_prompt_fills_every_place():
    prompt = fill_prompt(
        DEFAULT_PROMPT,
        label="lost card",
        description="a card is gone",
        examples=["where is\nmy card", "{n} cards {label}"],
        avoid=("card arrival", ["when does it come"]),
        n=7,
    )
    assert 'class "lost card" (a card is gone)' in prompt
    assert "- where is my card\n- {n} cards {label}\n" in prompt  # rows are not read as places
    assert 'class "card arrival", which is close' in prompt
    assert "- when does it come" in prompt
    assert "JSON list of 7 strings" in prompt
    assert set(PLACES) == {"label", "description", "examples", "avoid", "n"}


def test_fill_prompt_leaves_out_what_is_not_there():
    prompt = fill_prompt(DEFAULT_PROMPT, label="x", description=None, examples=["a"], avoid=None, n=1)
    assert prompt.startswith('Here are texts of the class "x", as people')
    assert "close" not in prompt
