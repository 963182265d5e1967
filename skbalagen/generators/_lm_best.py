"""Of several texts of a language model, the one that it was surest of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from skbalagen.generators._lm_scores import log_likelihoods
from skbalagen.generators._lm_workers import ModelFolder, map_in_workers

__all__ = ["likeliest"]


def likeliest(
    model: Any,
    tokenizer: Any,
    prompts: Mapping[Any, str],
    labels: Sequence[Any],
    texts: Sequence[str | None],
    *,
    best_of: int,
    folder: ModelFolder,
    n_jobs: int | None,
) -> list[str | None]:
    """Return of each `best_of` texts in a row the one with the highest mean log-likelihood of a token.

    A sum instead of the mean would prefer short texts.

    Parameters
    ----------
    model : transformers causal language model
        That wrote the texts.
    tokenizer : transformers.PreTrainedTokenizerBase
    prompts : mapping of {label: str}
    labels : sequence of label, of length n_texts
        The class that each text was written for.
    texts : sequence of (str or None), of length n_texts
        None is no text.
    best_of : int
        Divides n_texts.
    folder : ModelFolder
        Of this model and tokenizer.
    n_jobs : int or None
        As in :func:`~skbalagen.generators._lm_workers.map_in_workers`.

    Returns
    -------
    list of (str or None), of length n_texts / best_of
        None where none of them is a text.
    """
    rows = [i for i, text in enumerate(texts) if text is not None]
    scores = np.full(len(texts), -np.inf)
    scores[rows] = map_in_workers(
        partial(_per_token, dict(prompts)),
        [(texts[i], labels[i]) for i in rows],
        model,
        tokenizer,
        folder=folder,
        n_jobs=n_jobs,
    )
    best = scores.reshape(-1, best_of).argmax(axis=1)
    return [texts[first * best_of + place] for first, place in enumerate(best.tolist())]


def _per_token(
    prompts: dict[Any, str], model: Any, tokenizer: Any, items: Sequence[tuple[str, Any]]
) -> list[float]:
    """Return the mean log-likelihood of a token of each text, the end counted."""
    texts, labels = zip(*items, strict=True) if items else ((), ())
    found = log_likelihoods(model, tokenizer, prompts, texts, labels)
    return (found[:, 0] / found[:, 1]).tolist()
