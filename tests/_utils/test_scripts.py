"""Words of any script."""

from __future__ import annotations

import re

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from skbalagen._utils.scripts import WORD_PATTERN
from skbalagen.datasets import load_shop_intents


def test_english_words_are_those_of_scikit_learn():
    texts = [
        *load_shop_intents().data,
        "a B2B e-mail: don't pay 42 $ for x_1 (_y) - it's 3 o'clock…",
        "naïve Größe ÉTÉ",
    ]
    ours = TfidfVectorizer(token_pattern=WORD_PATTERN).build_analyzer()
    theirs = TfidfVectorizer().build_analyzer()
    assert [ours(text) for text in texts] == [theirs(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("मेरा कार्ड खोया।", ["मेरा", "कार्ड", "खोया"]),
        ("سُرقت بطاقتي؟", ["سُرقت", "بطاقتي"]),
        ("我的iPhone丢了。", ["我", "的", "iPhone", "丢", "了"]),
        ("カードを「なくし」た", ["カ", "ー", "ド", "を", "な", "く", "し", "た"]),
        ("บัตรหาย", ["บั", "ต", "ร", "ห", "า", "ย"]),
        ("카드 분실", ["카드", "분실"]),
        ("u\u0308ber a", ["u\u0308ber"]),
    ],
)
def test_words_keep_their_marks_and_scripts_without_spaces_are_characters(text, words):
    assert re.findall(WORD_PATTERN, text) == words
