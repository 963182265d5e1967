"""What a language model writes behind prompts: one line per candidate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from skbalagen._torch.decoding import sample_tokens
from skbalagen._utils.random import stream_rng
from skbalagen.generators._endpoint_answers import unquoted
from skbalagen.generators._lm_tokens import clean_text, encode_texts, special_tokens

__all__ = ["PromptedLines", "encode_framed", "line_ends", "prompt_frame", "sample_lines"]

# Prompts that are run at a time: the keys and values of each stay in memory meanwhile.
_PROMPTS_AT_ONCE = 16
_MARK = "⟦rows⟧"


class PromptedLines(NamedTuple):
    """Candidates that share a prompt.

    Attributes
    ----------
    prompt : str
    label : object
        Their class.
    span : range
        Their numbers in its stream.
    """

    prompt: str
    label: Any
    span: range


def prompt_frame(tokenizer: Any, chat: bool) -> tuple[str, str]:
    """Return what stands before and behind a prompt, special tokens included.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    chat : bool
        Whether the prompt is a message to a model that was taught to chat: its template, and the first mark of the
        list that it is to answer with. Else the model goes on with the prompt itself.

    Raises
    ------
    ValueError
        The template does not hold the message once.
    """
    if not chat:
        starts = tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]
        return (tokenizer.bos_token, "") if starts else ("", "")
    message = [{"role": "user", "content": _MARK}]
    # Models that think before they answer are asked not to; other templates do not read that variable.
    filled = tokenizer.apply_chat_template(
        message, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    if filled.count(_MARK) != 1:
        raise ValueError(
            "The chat template of the model must hold the message of the user once, got one that holds it "
            f"{filled.count(_MARK)} times. Set chat=False, or name another model."
        )
    before, after = filled.split(_MARK)
    return before, f"{after}-"


def encode_framed(tokenizer: Any, frame: tuple[str, str], prompt: str) -> list[int]:
    """Return the tokens of a prompt in its frame; what looks like a special token in the prompt is text."""
    before, after = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in frame)
    return [*before, *encode_texts(tokenizer, [prompt])[0], *after]


def line_ends(tokenizer: Any) -> list[int]:
    """Return the tokens that hold the end of a line."""
    # Bytes are spelled as letters in some vocabularies; the letter of the line feed is one of Maltese, too.
    signs = ("\n", "\u010a", "<0x0A>")
    likely = [i for token, i in tokenizer.get_vocab().items() if any(sign in token for sign in signs)]
    return sorted(i for i in likely if "\n" in tokenizer.decode([i]))


def sample_lines(
    frame: tuple[str, str],
    options: dict[str, Any],
    seed: int,
    max_tokens: int,
    model: Any,
    tokenizer: Any,
    asked: Sequence[PromptedLines],
) -> list[list[str | None]]:
    """Return the candidates of each prompt.

    Parameters
    ----------
    frame : tuple of (str, str)
        As of :func:`prompt_frame`.
    options : dict
        top_p, temperature and batch_size of :func:`~skbalagen._torch.decoding.sample_tokens`.
    seed : int
        Of the streams.
    max_tokens : int
        Most tokens of a candidate, its end counted.
    model, tokenizer
        Of transformers, in evaluation mode.
    asked : sequence of PromptedLines

    Returns
    -------
    list of list of (str or None)
        None for what is no text, or did not end.
    """
    ends = _model_ends(model)
    stops = sorted({*line_ends(tokenizer), *ends} - {tokenizer.eos_token_id})
    special = special_tokens(tokenizer)
    written: list[list[str | None]] = []
    for start in range(0, len(asked), _PROMPTS_AT_ONCE):
        group = asked[start : start + _PROMPTS_AT_ONCE]
        jobs = [
            (number, stream_rng(seed, lines.label, i).random(max_tokens))
            for number, lines in enumerate(group)
            for i in lines.span
        ]
        tokens = sample_tokens(
            model,
            [encode_framed(tokenizer, frame, lines.prompt) for lines in group],
            jobs,
            end_token=tokenizer.eos_token_id,
            stop_tokens=stops,
            **options,
        )
        texts = iter(
            _first_line(tokenizer, list(takewhile(lambda token: token not in ends, drawn or [])), special)
            for drawn in tokens
        )
        written += [[next(texts) for _ in lines.span] for lines in group]
    return written


def _model_ends(model: Any) -> set[int]:
    """Return the end tokens that the model was taught, of which some have several."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    return set(ends if isinstance(ends, list) else [ends]) - {None}


def _first_line(tokenizer: Any, tokens: list[int], special: Sequence[str]) -> str | None:
    line = tokenizer.decode(tokens).split("\n")[0]
    return clean_text(unquoted(line), special)
