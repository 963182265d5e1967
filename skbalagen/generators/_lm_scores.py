"""What a causal language model makes of words and texts that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["token_counts"]


def token_counts(tokenizer: Any, words: Sequence[str]) -> list[int]:
    """Return the number of tokens of each word, read as one inside a text.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    words : sequence of str, of length n_words

    Returns
    -------
    list of int, of length n_words
    """
    if not len(words):
        return []
    read = tokenizer([f" {word}" for word in words], add_special_tokens=False, split_special_tokens=True)
    return [len(tokens) for tokens in read["input_ids"]]
