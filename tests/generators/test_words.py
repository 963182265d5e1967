"""Words and the tokens that they are replaced in."""

from __future__ import annotations

import pytest

from skbalagen.generators._words import has_word, join_words, split_words, word_of, written_like


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
        ("_no_", None),
        ("\u0916\u094b\u092f\u093e?", "\u0916\u094b\u092f\u093e"),  # Devanagari, with a vowel that is a mark
        ("「卡」", "卡"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flight no", True),
        ("3b", False),
        ("a b c", False),
        ("_no_", True),
        ("42", False),
        ("é à où", True),
        ("", False),
        ("की", False),
        ("खोया", True),
        ("卡", True),
        ("بطاقة", True),
    ],
)
def test_has_word_wants_two_letters_side_by_side(text, expected):
    assert has_word(text) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("where  is it?\n", ["where", "is", "it?"]),
        ("我的 iPhone丢了。", ["我", "的", "iPhone", "丢", "了", "。"]),
        ("カードが", ["カ", "ー", "ド", "が"]),
        ("か\u3099", ["か\u3099"]),  # a mark stays with its letter
        ("บัตรหาย", ["บั", "ต", "ร", "ห", "า", "ย"]),
        ("카드 분실", ["카드", "분실"]),
        ("", []),
    ],
)
def test_split_words_goes_by_spaces_or_by_characters(text, words):
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["where", "is", "it?"], "where is it?"),
        (["我", "的", "iPhone", "14", "丢", "了", "。"], "我的iPhone 14丢了。"),
        (["บั", "ต", "ร"], "บัตร"),
        (["卡丢了。", "请冻结！"], "卡丢了。请冻结！"),
        (["खोया", "कार्ड"], "खोया कार्ड"),
        ([], ""),
    ],
)
def test_join_words_puts_spaces_between_words_alone(words, text):
    assert join_words(words) == text
