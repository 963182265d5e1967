"""What a head reads: the mean of a text's token vectors, or the vector of a frozen sentence encoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.device import autocast, resolve_device
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.encoders import SentenceEncoder
from skbalagen.models.load import load_encoder

if TYPE_CHECKING:
    import torch

__all__ = ["FrozenReader", "TokenInputs", "TokenReader", "VectorInputs", "encode_tokens", "mean_vectors"]

_ROWS_AT_ONCE = 128  # of a pass without gradients


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


def encode_tokens(model: Any, tokenizer: Any, tokens: list[list[int]]) -> torch.Tensor:
    """Return :func:`mean_vectors` of any number of texts, of shape (n_texts, hidden_size), without gradients."""
    import torch

    order = np.argsort([len(t) for t in tokens], kind="stable")
    parts = np.array_split(order, math.ceil(len(order) / _ROWS_AT_ONCE))
    with torch.no_grad(), autocast(model.device):
        vectors = torch.cat(
            [mean_vectors(model, tokenizer, [tokens[r] for r in part]).float() for part in parts]
        )
    return vectors[torch.from_numpy(np.argsort(order)).to(vectors.device)]


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

    Attributes
    ----------
    lengths : ndarray of int, of shape (n_rows,)
        Tokens of each row.
    """

    def __init__(
        self, encoder: Any, tokenizer: Any, tokens: list[list[int]], augment: TextCut | None, rare: np.ndarray
    ) -> None:
        self.encoder, self.tokenizer, self.tokens = encoder, tokenizer, tokens
        self.augment, self.rare = augment, rare
        self.lengths = np.array([len(t) for t in tokens])

    def vectors(self, rows: np.ndarray) -> torch.Tensor:
        """Return the vectors of some rows, of shape (len(rows), hidden_size)."""
        import torch

        mix = None
        if self.augment is not None and self.encoder.training:
            augment, rare = self.augment, torch.from_numpy(self.rare[rows])

            def mix(hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
                return augment.mix(hidden, seen, rare)

        return mean_vectors(self.encoder, self.tokenizer, [self.tokens[r] for r in rows], mix=mix)

    def frozen(self) -> VectorInputs:
        """Return the vectors of all rows as they are now, without dropout."""
        self.encoder.eval()
        return VectorInputs(encode_tokens(self.encoder, self.tokenizer, self.tokens))


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

    Attributes
    ----------
    encoder : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
    n_features : int
        Length of a vector.
    """

    def __init__(self, model: str, max_tokens: int, device: str) -> None:
        self.encoder: Any
        self.encoder, self.tokenizer = load_encoder(model)
        self.encoder.to(resolve_device(device))
        self.max_tokens = max_tokens
        self.n_features: int = self.encoder.config.hidden_size

    def inputs(self, texts: list[str], *, augment: TextCut | None, rare: np.ndarray) -> TokenInputs:
        """Return training texts as :class:`TokenInputs`."""
        return TokenInputs(self.encoder, self.tokenizer, self._tokens(texts), augment, rare)

    def vectors(self, texts: list[str]) -> torch.Tensor:
        """Return the vectors of texts as the encoder is now, of shape (n_texts, n_features)."""
        return encode_tokens(self.encoder, self.tokenizer, self._tokens(texts))

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer(texts, truncation=True, max_length=self.max_tokens)["input_ids"]


class FrozenReader:
    """Reads texts with a sentence encoder that stays as it is.

    Parameters
    ----------
    model : str
    device : str

    Attributes
    ----------
    encoder : SentenceEncoder
    n_features : int
        Length of a vector, known after :meth:`inputs`.
    """

    def __init__(self, model: str, device: str) -> None:
        self.encoder = SentenceEncoder(model=model, device=device)
        self.device = resolve_device(device)

    def inputs(self, texts: list[str], *, augment: TextCut | None, rare: np.ndarray) -> VectorInputs:
        """Return training texts as :class:`VectorInputs`; there are no tokens to augment."""
        known = self.vectors(texts)
        self.n_features = known.shape[1]
        return VectorInputs(known)

    def vectors(self, texts: list[str]) -> torch.Tensor:
        """Return the vectors of texts, of shape (n_texts, n_features)."""
        import torch

        return torch.from_numpy(np.asarray(self.encoder.transform(texts), dtype=np.float32)).to(self.device)
