"""Candidates of a language model: which of a stream are asked for, as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skbalagen._torch.decoding import sample_tokens
from skbalagen._utils.random import stream_rng
from skbalagen.generators._lm_tokens import clean_text, encode_prompt, special_tokens

__all__ = ["sample_texts"]


def sample_texts(
    model: Any,
    tokenizer: Any,
    prompts: Mapping[Any, str],
    candidates: Sequence[tuple[Any, int]],
    *,
    seed: int,
    max_tokens: int,
    top_p: float,
    temperature: float,
    batch_size: int,
) -> list[str | None]:
    """Return candidates of the streams of some classes.

    Parameters
    ----------
    model : transformers causal language model
        In evaluation mode.
    tokenizer : transformers.PreTrainedTokenizerBase
    prompts : mapping of {label: str}
        What stands before the texts of each class.
    candidates : sequence of (label, int)
        The class of each candidate and its number in the stream.
    seed : int
        Of the streams.
    max_tokens : int
        Most tokens of a text, the end-of-text token counted.
    top_p, temperature, batch_size
        As in :func:`~skbalagen._torch.decoding.sample_tokens`.

    Returns
    -------
    list of (str or None), of length len(candidates)
        None for what is no text, or did not end.
    """
    labels = list(dict.fromkeys(label for label, _ in candidates))
    number = {label: i for i, label in enumerate(labels)}
    tokens = sample_tokens(
        model,
        [encode_prompt(tokenizer, prompts[label]) for label in labels],
        [(number[label], stream_rng(seed, label, i).random(max_tokens)) for label, i in candidates],
        end_token=tokenizer.eos_token_id,
        top_p=top_p,
        temperature=temperature,
        batch_size=batch_size,
    )
    special = special_tokens(tokenizer)
    return [clean_text(tokenizer.decode(t or []), special) for t in tokens]
