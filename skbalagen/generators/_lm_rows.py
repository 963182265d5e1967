"""Rows of "label: text" for a language model: prompts, which rows an epoch draws, and how many rows to add."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from skbalagen._torch.token_loss import mean_text_loss, text_loss
from skbalagen._utils.text import label_words
from skbalagen.generators._lm_tokens import encode_rows

if TYPE_CHECKING:
    import torch

__all__ = [
    "TrainingRows",
    "advised_share",
    "class_prompts",
    "draw_rows",
    "held_out_rows",
    "warn_of_cut_rows",
]

_SMALLEST_SPARED = 10  # rows of a class that may give some of them away for validation


def advised_share(n_rows: int) -> float:
    """Return the fraction of a class's missing rows that is better filled by generation than by copies.

    A class of few rows lacks words that a model can add; a class of many rows has them. The numbers were
    measured (``docs/ablations.md``).

    Parameters
    ----------
    n_rows : int
        Rows of the class, at least 1.

    Returns
    -------
    float
        1/2 up to 16 rows, 1/4 from 32 rows on, ``8 / n_rows`` in between.

    Examples
    --------
    >>> [advised_share(n) for n in (1, 16, 20, 32, 1000)]
    [0.5, 0.5, 0.4, 0.25, 0.25]
    """
    return min(max(8 / n_rows, 0.25), 0.5)


def class_prompts(labels: Sequence[Any], descriptions: Mapping[Any, str] | None) -> dict[Any, str]:
    """Return the prompt of each class: its description, else the label as a person reads it.

    Parameters
    ----------
    labels : sequence of label
        The classes.
    descriptions : mapping of {label: str} or None
        Replacements for labels.

    Returns
    -------
    dict of {label: str}

    Examples
    --------
    >>> class_prompts(["flight_no", "fare"], {"fare": "what a ticket costs"})
    {'flight_no': 'flight no', 'fare': 'what a ticket costs'}
    """
    described = dict(descriptions or {})
    unknown = [label for label in described if label not in labels]
    if unknown:
        warnings.warn(
            f"label_descriptions names classes that are not in y: {unknown!r}. They are ignored; the classes "
            f"are {list(labels)!r}.",
            UserWarning,
            stacklevel=4,  # past the generator's fit and scikit-learn's wrapper of it
        )
    return {label: described.get(label, label_words(label)) for label in labels}


def warn_of_cut_rows(n_cut: int, n_rows: int, max_tokens: int) -> None:
    """Warn if `n_cut` of `n_rows` rows have more than `max_tokens` tokens."""
    if n_cut:
        warnings.warn(
            f"max_tokens should hold the rows, got {n_cut} of {n_rows} ({n_cut / n_rows:.1%}) with more than "
            f"{max_tokens} tokens. They are read up to their last sentence that fits, and candidates are passages of "
            "that length. Raise max_tokens, or pass one passage per row.",
            UserWarning,
            stacklevel=4,  # past the generator's fit and scikit-learn's wrapper of it
        )


class TrainingRows:
    """Distinct labeled texts as tokens, and how often an epoch draws each.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        As in :func:`~skbalagen.generators._lm_tokens.encode_rows`.
    X : ndarray of object, of shape (n_samples,)
        Texts; repeated rows are kept once.
    y : ndarray of shape (n_samples,)
        Their labels.
    prompts : mapping of {label: str}
        The prompt of each class.
    max_tokens : int or "auto"
        As in :func:`~skbalagen.generators._lm_tokens.longest_allowed`.
    max_copies : int or None
        Most that a repeated row counts; None draws it as often as it is repeated.
    context : int, default=None
        Most tokens of prompt and text that the model reads, if there is a bound.

    Attributes
    ----------
    sequences : list of list of int
        The tokens of each distinct row.
    n_prompt, n_text : ndarray of int, of shape (n_rows,)
        How many of them are the prompt, and how many the text.
    weights : ndarray of int, of shape (n_rows,)
        How many rows each one stands for when it is drawn.
    n_counted : ndarray of int, of shape (n_rows,)
        What each row counts in the loss of a batch: the tokens of its text, times its weight.
    max_tokens : int
        Most tokens of a text, the end-of-text token counted.
    n_cut : int
        How many of the rows of `X` are longer.
    held_out : ndarray of int
        Row numbers for validation; none before :meth:`hold_out`.
    """

    def __init__(
        self,
        tokenizer: Any,
        X: np.ndarray,
        y: np.ndarray,
        prompts: Mapping[Any, str],
        max_tokens: int | Literal["auto"],
        max_copies: int | None,
        context: int | None = None,
    ) -> None:
        counts = Counter(zip(X.tolist(), y.tolist(), strict=True))
        self.sequences, self.n_prompt, is_cut, self.max_tokens = encode_rows(
            tokenizer, list(counts), prompts, max_tokens, context
        )
        repeats = np.array(list(counts.values()))
        self.n_cut = int(repeats[is_cut].sum())
        self.lengths = np.array([len(tokens) for tokens in self.sequences])
        self.n_text = self.lengths - self.n_prompt
        numbers = {label: number for number, label in enumerate(prompts)}
        self._codes = np.array([numbers[label] for _, label in counts])
        self.held_out = np.array([], dtype=int)
        once = np.ones(len(repeats), dtype=int)
        # A row that counts twice is computed once, which is half of the work.
        self._n_drawn = repeats if max_copies is None else once.copy()
        self.weights = once if max_copies is None else np.minimum(repeats, max_copies)
        self.n_counted = self.n_text * self.weights

    def hold_out(self, fraction: float, rng: np.random.Generator) -> None:
        """Keep that fraction of the rows for validation, see :func:`held_out_rows`."""
        self.held_out = held_out_rows(self._codes, fraction, rng)
        self._n_drawn[self.held_out] = 0

    def draw(self, max_rows: int, rng: np.random.Generator) -> np.ndarray:
        """Return the row numbers of one epoch, see :func:`draw_rows`."""
        return draw_rows(self._n_drawn, self._codes, max_rows, rng)

    def loss(self, model: Any, rows: np.ndarray) -> torch.Tensor:
        """Return the mean loss of the texts of `rows`, in nats per token."""
        return text_loss(model, [self.sequences[r] for r in rows], self.n_prompt[rows], self.weights[rows])

    def validation_loss(self, model: Any) -> float:
        """Return the mean loss of the held-out texts, in nats per token."""
        return mean_text_loss(model, self.sequences, self.n_prompt, self.held_out)


def draw_rows(
    exposures: np.ndarray, codes: np.ndarray, max_rows: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the rows of one epoch: `max_rows` distinct rows of each class at most.

    Parameters
    ----------
    exposures : ndarray of int, of shape (n_rows,)
        How often each row occurs in an epoch that draws it; rows with 0 are never drawn.
    codes : ndarray of int, of shape (n_rows,)
        The number of each row's class.
    max_rows : int
        Most distinct rows per class, at least 1.
    rng : numpy.random.Generator
        Chooses the rows of a class that has more.

    Returns
    -------
    ndarray of int
        Row numbers, a row as often as `exposures` says.
    """
    order = rng.permutation(np.flatnonzero(exposures))
    order = order[np.argsort(codes[order], kind="stable")]
    starts = np.searchsorted(codes[order], codes[order])  # where the class of each row begins
    rows = order[np.arange(len(order)) - starts < max_rows]
    return np.repeat(rows, exposures[rows])


def held_out_rows(codes: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Draw validation rows from every class that has at least ten rows.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_rows,)
        The number of each row's class, from 0.
    fraction : float
        Fraction of the rows of each of these classes, in [0, 1].
    rng : numpy.random.Generator
        Chooses the rows.

    Returns
    -------
    ndarray of int
        Row numbers, ascending.
    """
    if fraction == 0:
        return np.array([], dtype=int)
    parts = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    chosen = [
        rng.permutation(rows)[: round(fraction * len(rows))]
        for rows in parts
        if len(rows) >= _SMALLEST_SPARED
    ]
    return np.sort(np.concatenate([*chosen, np.array([], dtype=int)]))
