"""Text to tokens and back, for a language model: prompts, rows, passages of long rows, and what counts as a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from unicodedata import category

import numpy as np

__all__ = [
    "EncodedRows",
    "clean_text",
    "encode_prompt",
    "encode_rows",
    "encode_texts",
    "longest_allowed",
    "passages",
    "special_tokens",
]

_SHORTEST, _LONGEST = 64, 256  # tokens, between which "auto" chooses
_SENTENCE_END = re.compile(
    r"[.!?\u2026\u061f\u06d4\u0964][\"')\]\u201d\u2019\u00bb]*(?=\s|$)|[\u3002\uff01\uff1f][\u300d\u300f\u201d\u2019]*"
)


class EncodedRows(NamedTuple):
    """Rows of "prompt: text" as tokens.

    Attributes
    ----------
    sequences : list of list of int, of length n_rows
        The tokens, the end-of-text token included unless a row was cut within a sentence.
    n_prompt : ndarray of int, of shape (n_rows,)
        How many of them are the prompt.
    is_cut : ndarray of bool, of shape (n_rows,)
        Whether the text is longer than `max_tokens`.
    max_tokens : int
        Most tokens of a text, the end-of-text token counted.
    """

    sequences: list[list[int]]
    n_prompt: np.ndarray
    is_cut: np.ndarray
    max_tokens: int


def encode_prompt(tokenizer: Any, prompt: str) -> list[int]:
    """Return the tokens of "prompt:"."""
    return encode_texts(tokenizer, [f"{prompt}:"])[0]


def encode_rows(
    tokenizer: Any,
    rows: Sequence[tuple[str, Any]],
    prompts: Mapping[Any, str],
    max_tokens: int | Literal["auto"],
    context: int | None = None,
) -> EncodedRows:
    """Return the tokens of "prompt: text" for each row.

    A text that is too long is cut behind its last sentence that fits, and ends there: what the model learns to
    write is a passage. Where that sentence ends in the first half, the text is cut within a sentence, without an
    end-of-text token, since it does not end there.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Its end-of-text token is put behind each text. Special tokens that a text spells out are plain text.
    rows : sequence of (str, label)
        Texts and their labels, at least one.
    prompts : mapping of {label: str}
        What stands before the texts of each class.
    max_tokens : int or "auto"
        As in :func:`longest_allowed`.
    context : int, default=None
        Most tokens of prompt and text that the model reads, if there is a bound.

    Returns
    -------
    EncodedRows

    Raises
    ------
    ValueError
        A prompt and `max_tokens` exceed the context.
    """
    encoded = {label: encode_prompt(tokenizer, prompts[label]) for label in {label for _, label in rows}}
    texts = encode_texts(tokenizer, [f" {text.strip()}" for text, _ in rows])
    longest = max(encoded, key=lambda label: len(encoded[label]))
    max_tokens = longest_allowed(
        max_tokens, max(map(len, texts)) + 1, prompts[longest], len(encoded[longest]), context
    )
    sequences = [
        encoded[label] + _fitting(tokenizer, tokens, max_tokens)
        for (_, label), tokens in zip(rows, texts, strict=True)
    ]
    return EncodedRows(
        sequences,
        np.array([len(encoded[label]) for _, label in rows]),
        np.array([len(tokens) >= max_tokens for tokens in texts]),
        max_tokens,
    )


def longest_allowed(
    max_tokens: int | Literal["auto"], n_longest: int, prompt: str, n_prompt: int, context: int | None
) -> int:
    """Return the most tokens of a text, the end-of-text token counted.

    Parameters
    ----------
    max_tokens : int or "auto"
        "auto" is the length of the longest text, within 64 and 256 and the context of the model.
    n_longest : int
        Tokens of the longest text, the end-of-text token counted.
    prompt : str
        The longest prompt.
    n_prompt : int
        Its tokens.
    context : int or None
        Most tokens of prompt and text that the model reads; None is no bound.

    Returns
    -------
    int
        At least 2.

    Raises
    ------
    ValueError
        Prompt and `max_tokens` exceed the context.

    Examples
    --------
    >>> [longest_allowed("auto", n, "fare", 2, 2048) for n in (12, 97, 1800)]
    [64, 97, 256]
    >>> longest_allowed("auto", 1800, "fare", 2, 128)
    126
    """
    room = np.inf if context is None else context - n_prompt
    chosen = min(max(n_longest, _SHORTEST), _LONGEST, max(room, 2)) if max_tokens == "auto" else max_tokens
    if chosen > room:
        raise ValueError(
            f"A prompt and max_tokens must fit into the {context} tokens that the model reads, got {n_prompt} tokens "
            f"of the prompt {prompt[:40]!r} and max_tokens={chosen}. Lower max_tokens, or shorten label_descriptions."
        )
    return int(chosen)


def encode_texts(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Return the tokens of each text; what looks like a special token is text, as everything that users write."""
    return tokenizer(texts, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def passages(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> tuple[list[str], int]:
    """Return the texts, each as far as it fits and up to its last sentence there, and how many of them are cut.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    texts : sequence of str
    max_tokens : int
        Most tokens of a text and its end.
    """
    encoded = encode_texts(tokenizer, list(texts))
    long = [i for i, tokens in enumerate(encoded) if len(tokens) >= max_tokens]
    fitting = list(texts)
    for i in long:
        tokens = _fitting(tokenizer, encoded[i], max_tokens)
        end = -1 if tokens[-1] == tokenizer.eos_token_id else None
        # A character may be cut in two; its first half is no text.
        fitting[i] = tokenizer.decode(tokens[:end], clean_up_tokenization_spaces=False).rstrip("\ufffd")
    return fitting, len(long)


def _fitting(tokenizer: Any, tokens: list[int], max_tokens: int) -> list[int]:
    """Return the tokens of a text with its end, or of as much of it as fits."""
    if len(tokens) < max_tokens:
        return [*tokens, tokenizer.eos_token_id]
    start = tokenizer.decode(tokens[: max_tokens - 1], clean_up_tokenization_spaces=False)
    ends = [match.end() for match in _SENTENCE_END.finditer(start)]
    passage = encode_texts(tokenizer, [start[: ends[-1]]])[0][: max_tokens - 1] if ends else []
    if 2 * len(passage) < max_tokens:
        return tokens[:max_tokens]
    return [*passage, tokenizer.eos_token_id]


def special_tokens(tokenizer: Any) -> list[str]:
    """Return the spelling of the tokens that are never part of a text, those that have no role here included."""
    added = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    return sorted({*tokenizer.all_special_tokens, *added})


def clean_text(text: str, special: Sequence[str]) -> str | None:
    """Return what a model wrote with single spaces, or None if it is not a text.

    Parameters
    ----------
    text : str
        Decoded tokens.
    special : sequence of str
        The tokenizer's special tokens, which are never part of a text.

    Returns
    -------
    str or None
        None if the text is blank, or holds a special token, a control character or a broken one.

    Examples
    --------
    >>> clean_text(" where  is it ", ["<|im_end|>"])
    'where is it'
    """
    text = " ".join(text.split())
    broken = any(category(c) in ("Cc", "Cn", "Co", "Cs") or c == "\ufffd" for c in text)
    return None if not text or broken or any(token in text for token in special) else text
