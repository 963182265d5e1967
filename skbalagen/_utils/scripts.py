"""Scripts: which put no space between words, and what a word of any script is."""

from __future__ import annotations

__all__ = ["ATTACHED", "UNSPACED", "WORD_PATTERN"]

# Ranges of characters, for a class in a regular expression.
# Scripts that put no space between words: Thai, Lao, Burmese, Khmer; Chinese characters, kana, and their punctuation.
UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20\uff5b-\uff9f\U00020000-\U0003ffff"
)
# Vowels and tones that are written above, below or behind a letter of these scripts.
ATTACHED = (
    "\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b6-\u17d3\u3099\u309a"
)

# Marks that belong to a letter: accents, points of Hebrew and Arabic, and the scripts of India, where vowels are marks.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0963\u0966-\u0dff"
)

# For scikit-learn's vectorizers, whose own pattern takes marks for the end of a word, and a Chinese sentence for one
# word: two letters or more with their marks, or a character of a script without spaces. English words are the same.
WORD_PATTERN = rf"(?u)(?=\w)[{UNSPACED}][{ATTACHED}]*|(?:(?![{UNSPACED}])[\w{_MARKS}]){{2,}}"
