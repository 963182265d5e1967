"""What a head reads: the mean of a text's token vectors, or the vector of a frozen sentence encoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import parallel_config

from skbalagen._torch.device import autocast, resolve_device
from skbalagen._torch.threads import one_thread
from skbalagen._utils.threads import check_stopped
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.encoders import SentenceEncoder
from skbalagen.models.load import load_encoder
from skbalagen.parallel import map_pieces, n_threads

if TYPE_CHECKING:
    import torch

__all__ = ["FrozenReader", "TokenInputs", "TokenReader", "VectorInputs", "encode_tokens", "mean_vectors"]

_ROWS_AT_ONCE = 32  # of a pass without gradients, per thread


def mean_vectors(
    model: Any,
    tokenizer: Any,
    tokens: list[list[int]],
    *,
    mix: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
) -> torch.Tensor:
    """Return the mean of the token vectors of each text.

    Parameters
    ----------
    model, tokenizer : of transformers
    tokens : list of list of int, of length n_texts
    mix : callable, default=None
        From the token vectors, of shape (n_texts, n_tokens, hidden_size), and the mask of the padding to what
        the mean is taken of.

    Returns
    -------
    tensor of shape (n_texts, hidden_size)
    """
    batch = tokenizer.pad({"input_ids": tokens}, return_tensors="pt").to(model.device)
    hidden = model(**batch).last_hidden_state
    if mix is not None:
        hidden = mix(hidden, batch["attention_mask"])
    seen = batch["attention_mask"][..., None]
    return (hidden * seen).sum(dim=1) / seen.sum(dim=1)


def encode_tokens(model: Any, tokenizer: Any, tokens: list[list[int]], *, n_jobs: int | None) -> torch.Tensor:
    """Return :func:`mean_vectors` of any number of texts, without gradients.

    Parameters
    ----------
    model, tokenizer : of transformers
        The model in evaluation mode.
    tokens : list of list of int, of length n_texts
    n_jobs : int or None
        Threads on a CPU, as in :func:`skbalagen.parallel.n_threads`; the vectors are the same for any number.

    Returns
    -------
    tensor of float32, of shape (n_texts, hidden_size)
    """
    import torch

    def encoded(parts: Sequence[np.ndarray]) -> list[torch.Tensor]:
        vectors = []
        with torch.no_grad(), autocast(model.device):
            for part in parts:
                check_stopped()
                vectors.append(mean_vectors(model, tokenizer, [tokens[r] for r in part]).float())
        return vectors

    order = np.argsort([len(t) for t in tokens], kind="stable")
    parts = np.array_split(order, math.ceil(len(order) / _ROWS_AT_ONCE))
    with one_thread():
        # Always threads: another process would have to be sent the weights.
        found = map_pieces(encoded, parts, n_jobs=n_threads(n_jobs, model.device) or 1, worth_sending=None)
    return torch.cat(found)[torch.from_numpy(np.argsort(order)).to(model.device)]


class TokenInputs:
    """Rows as tokens, which an encoder that is trained reads.

    Parameters
    ----------
    encoder, tokenizer : of transformers
    tokens : list of list of int, of length n_rows
    augment : TextCut or None
        Applied while the encoder is in training mode.
    rare : ndarray of bool, of shape (n_rows,)
        The rows that `augment` may change.
    n_jobs : int or None
        As in :func:`encode_tokens`.

    Attributes
    ----------
    lengths : ndarray of int, of shape (n_rows,)
        Tokens of each row.
    """

    def __init__(
        self,
        encoder: Any,
        tokenizer: Any,
        tokens: list[list[int]],
        *,
        augment: TextCut | None,
        rare: np.ndarray,
        n_jobs: int | None,
    ) -> None:
        self.encoder, self.tokenizer, self.tokens = encoder, tokenizer, tokens
        self.augment, self.rare, self.n_jobs = augment, rare, n_jobs
        self.lengths = np.array([len(t) for t in tokens])

    def vectors(self, rows: np.ndarray) -> torch.Tensor:
        """Return the vectors of some rows, to train with, of shape (len(rows), hidden_size)."""
        import torch

        mix = None
        if self.augment is not None and self.encoder.training:
            augment, rare = self.augment, torch.from_numpy(self.rare[rows])

            def mix(hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
                return augment.mix(hidden, seen, rare)

        return mean_vectors(self.encoder, self.tokenizer, [self.tokens[r] for r in rows], mix=mix)

    def encoded(self, rows: np.ndarray) -> torch.Tensor:
        """Return the vectors of any number of rows as they are now, without gradients and dropout."""
        self.encoder.eval()
        tokens = [self.tokens[r] for r in rows]
        return encode_tokens(self.encoder, self.tokenizer, tokens, n_jobs=self.n_jobs)

    def frozen(self) -> VectorInputs:
        """Return the vectors of all rows as they are now."""
        return VectorInputs(self.encoded(np.arange(len(self.tokens))))


class VectorInputs:
    """Rows as vectors that do not change.

    Parameters
    ----------
    known : tensor of shape (n_rows, n_features)

    Attributes
    ----------
    encoder : None
        Nothing is trained here.
    lengths : ndarray of int, of shape (n_rows,)
        1 each.
    """

    encoder = None

    def __init__(self, known: torch.Tensor) -> None:
        self.known = known
        self.lengths = np.ones(len(known), dtype=int)

    def vectors(self, rows: np.ndarray) -> torch.Tensor:
        """Return the vectors of some rows, of shape (len(rows), n_features)."""
        return self.known[rows]

    encoded = vectors

    def frozen(self) -> VectorInputs:
        """Return itself."""
        return self


class TokenReader:
    """Reads texts with an encoder that can be trained.

    Parameters
    ----------
    model : str
        An embedded encoder, a folder or a hub id.
    max_tokens : int
        Longer texts are cut.
    device : str
    n_jobs : int or None
        As in :func:`encode_tokens`; may be set anew.

    Attributes
    ----------
    encoder : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
    n_features : int
        Length of a vector.
    """

    def __init__(self, model: str, max_tokens: int, device: str, n_jobs: int | None = None) -> None:
        self.encoder: Any
        self.encoder, self.tokenizer = load_encoder(model)
        self.encoder.to(resolve_device(device))
        self.max_tokens, self.n_jobs = max_tokens, n_jobs
        self.n_features: int = self.encoder.config.hidden_size

    def inputs(self, texts: list[str], *, augment: TextCut | None, rare: np.ndarray) -> TokenInputs:
        """Return training texts as :class:`TokenInputs`."""
        return TokenInputs(
            self.encoder, self.tokenizer, self._tokens(texts), augment=augment, rare=rare, n_jobs=self.n_jobs
        )

    def vectors(self, texts: list[str]) -> torch.Tensor:
        """Return the vectors of texts as the encoder is now, of shape (n_texts, n_features)."""
        return encode_tokens(self.encoder, self.tokenizer, self._tokens(texts), n_jobs=self.n_jobs)

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer(texts, truncation=True, max_length=self.max_tokens)["input_ids"]


class FrozenReader:
    """Reads texts with a sentence encoder that stays as it is.

    Parameters
    ----------
    model : str
    device : str
    n_jobs : int or None
        Workers that encode; None is as many as :class:`SentenceEncoder` has.

    Attributes
    ----------
    encoder : SentenceEncoder
    n_features : int
        Length of a vector, known after :meth:`inputs`.
    """

    def __init__(self, model: str, device: str, n_jobs: int | None = None) -> None:
        self.encoder = SentenceEncoder(model=model, device=device)
        self.device, self.n_jobs = resolve_device(device), n_jobs

    def inputs(self, texts: list[str], *, augment: TextCut | None, rare: np.ndarray) -> VectorInputs:
        """Return training texts as :class:`VectorInputs`; there are no tokens to augment."""
        known = self.vectors(texts)
        self.n_features = known.shape[1]
        return VectorInputs(known)

    def vectors(self, texts: list[str]) -> torch.Tensor:
        """Return the vectors of texts, of shape (n_texts, n_features)."""
        import torch

        with nullcontext() if self.n_jobs is None else parallel_config(n_jobs=self.n_jobs):
            vectors = self.encoder.transform(texts)
        return torch.from_numpy(np.asarray(vectors, dtype=np.float32)).to(self.device)
