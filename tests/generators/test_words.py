"""Words and the tokens that they are replaced in."""

from __future__ import annotations

import pytest

from skbalagen.generators._words import word_of, written_like


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("wine", "wine"),
        ("(Wine!)", "wine"),
        ("don't", "don't"),
        ("e-mail,", "e-mail"),
        ("b2b", "b2b"),
        ("straße", "straße"),
        ("a", None),
        ("42", None),
        ("2nd", None),
        ("...", None),
        ("", None),
    ],
)
def test_word_of_strips_punctuation_and_case(token, word):
    assert word_of(token) == word


@pytest.mark.parametrize(
    ("token", "written"),
    [("red", "deep blue"), ("Red", "Deep blue"), ("RED", "DEEP BLUE"), ('"Red".', '"Deep blue".')],
)
def test_written_like_keeps_case_and_punctuation(token, written):
    assert written_like(token, "deep blue") == written
