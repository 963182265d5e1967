"""What a causal language model makes of words and texts that are there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skbalagen.generators._lm_tokens import encode_rows

__all__ = ["log_likelihoods", "token_counts"]

# Multiples of so many rows and columns are summed in one order: a text is as likely whatever is scored beside it.
_ROWS_AT_ONCE, _ROWS, _COLUMNS = 32, 8, 16


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


def log_likelihoods(
    model: Any, tokenizer: Any, prompts: Mapping[Any, str], texts: Sequence[str], labels: Sequence[Any]
) -> np.ndarray:
    """Return log p(text | label) of each text and its number of tokens, the end counted.

    The ratio of two labels of a text, by Bayes' rule with equal priors, says which of them the model would rather have
    written it for. As a second opinion beside the labelers it was measured to add nothing (docs/text_quality.md).

    Parameters
    ----------
    model : transformers causal language model
        Fine-tuned on "prompt: text".
    tokenizer : transformers.PreTrainedTokenizerBase
    prompts : mapping of {label: str}
    texts : sequence of str, of length n_texts
    labels : sequence of label, of length n_texts

    Returns
    -------
    ndarray of shape (n_texts, 2)
        In nats, and tokens.
    """
    import torch

    if not len(texts):
        return np.zeros((0, 2))
    rows = encode_rows(tokenizer, list(zip(texts, labels, strict=True)), prompts, "auto")
    order = np.argsort([len(tokens) for tokens in rows.sequences], kind="stable")
    found = np.zeros((len(texts), 2))
    for part in np.split(order, range(_ROWS_AT_ONCE, len(order), _ROWS_AT_ONCE)):
        sequences = [rows.sequences[i] for i in part]
        longest = max(map(len, sequences))
        # Padding on the right does not matter: causal attention looks to the left only. It may be beyond the context.
        ids = torch.zeros(_whole(len(part), _ROWS), _whole(longest, _COLUMNS), dtype=torch.long)
        for row, tokens in enumerate(sequences):
            ids[row, : len(tokens)] = torch.tensor(tokens)
        with torch.inference_mode():
            hidden = model.base_model(
                input_ids=ids.to(model.device),
                position_ids=torch.arange(ids.shape[1], device=model.device).clamp(max=longest - 1)[None],
                use_cache=False,
            ).last_hidden_state
            for row, (i, tokens) in enumerate(zip(part, sequences, strict=True)):
                start, stop = rows.n_prompt[i] - 1, len(tokens) - 1  # each position predicts the next
                places = start + torch.arange(_whole(stop - start, _ROWS)) % (stop - start)
                logits = model.get_output_embeddings()(hidden[row, places])[: stop - start].float()
                wanted = ids[row, start + 1 : stop + 1, None].to(logits.device)
                total = logits.log_softmax(dim=-1).gather(1, wanted).sum()
                found[i] = float(total), stop - start
    return found


def _whole(n: int, size: int) -> int:
    """Return the first multiple of `size` that is not below `n`."""
    return -(-n // size) * size
