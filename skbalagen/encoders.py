"""A pretrained sentence encoder as a scikit-learn transformer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from numbers import Integral
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from skbalagen._torch.device import autocast, resolve_device
from skbalagen._torch.threads import one_thread
from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Texts, as_texts
from skbalagen._utils.threads import check_stopped
from skbalagen.models.catalog import MINILM
from skbalagen.models.load import load_sentence_encoder
from skbalagen.parallel import map_pieces, n_workers

__all__ = ["SentenceEncoder", "remember_vectors"]

# Tokens of a batch, padding included: 64 texts of the longest that the embedded model reads. A model that reads
# 8192 tokens of a text would need gigabytes for as many.
_TOKENS_AT_ONCE = 64 * 256
_BATCHES_WORTH_SENDING = 32  # some 2,000 texts: another process loads the model first

# {(path, device): {text: vector}}
_Vectors = dict[tuple[str, str], dict[str, np.ndarray]]
_remembered: ContextVar[_Vectors | None] = ContextVar("skbalagen_remembered_vectors", default=None)


@contextmanager
def remember_vectors(vectors: _Vectors | None = None) -> Iterator[None]:
    """Encode each text once per block, however many encoders with the same model meet it.

    For searches that fit many classifiers on the same rows. A vector of the embedded model takes 1.5 kB; all of
    them are forgotten at the end of the block. Other threads do not share them.

    Parameters
    ----------
    vectors : dict, default=None
        Where they are kept; a later block that is given the same dict remembers them. None is a new one, or that of
        the block around this one.

    Examples
    --------
    >>> from skbalagen import SentenceEncoder
    >>> with remember_vectors():  # doctest: +SKIP
    ...     SentenceEncoder().fit_transform(["a text"])
    ...     SentenceEncoder().fit_transform(["a text", "another"])  # encodes one text
    """
    kept = _remembered.get() if vectors is None else vectors
    token = _remembered.set({} if kept is None else kept)
    try:
        yield
    finally:
        _remembered.reset(token)


@lru_cache(maxsize=1)
def _load(path: str, *, device: str) -> Any:
    """Return the model, once per process: labelers and classifiers that name the same model share its weights."""
    model = load_sentence_encoder(path, device=device)
    # The options of a call are state of the tokenizer. Set here, they stay, and threads can share it.
    model.encode([""], show_progress_bar=False)
    return model


def _batch_size(width: int, batch_size: int) -> int:
    """Return how many texts of `width` tokens fit into a batch: one, or a power of two below `batch_size`."""
    fitting = max(1, _TOKENS_AT_ONCE // width)
    return batch_size if fitting >= batch_size else 2 ** (fitting.bit_length() - 1)


def _batches(texts: list[str], longest: int, batch_size: int) -> list[list[int]]:
    """Return the numbers of the texts of each batch, longest first, of texts that are about as long."""
    widths = [min(len(text) + 2, longest) for text in texts]
    sizes = [_batch_size(width, batch_size) for width in widths]
    batches = []
    for size in sorted(set(sizes)):
        rows = [row for row, own in enumerate(sizes) if own == size]
        rows.sort(key=lambda row: -len(texts[row]))
        batches += [rows[start : start + size] for start in range(0, len(rows), size)]
    return batches


class SentenceEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Encode texts as unit vectors with a pretrained sentence encoder.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        The embedded model, a hub id of a sentence-transformers model, or a folder.
    batch_size : int, default=64
        Texts per batch, at least 1; fewer where they are long, so that a batch has 16,384 tokens at most.
    device : str, default="auto"
        Name of a torch device; "auto" is the accelerator if there is one, else the CPU.

    Attributes
    ----------
    n_features_out_ : int
        Length of a vector: 384 for the embedded model.

    Notes
    -----
    ``fit`` learns nothing; it loads the model, once per process. A pickled encoder carries no weights and
    loads them again when it is used. Each distinct text of a call is encoded once.

    On a CPU, batches are encoded by as many workers as the process may use cores, each with one thread; the vectors are
    the same for any number. ``joblib.parallel_config(n_jobs=...)`` sets how many, and its ``backend`` has other
    processes encode, where each gets some 2,000 texts or more.

    References
    ----------
    Reimers & Gurevych (2019), "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks", EMNLP-IJCNLP.

    Examples
    --------
    >>> from skbalagen import SentenceEncoder
    >>> SentenceEncoder().fit_transform(["where is my order", "track my parcel"]).shape  # doctest: +SKIP
    (2, 384)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "device": [str],
    }

    def __init__(self, *, model: str | Path = MINILM, batch_size: int = 64, device: str = "auto") -> None:
        self.model = model
        self.batch_size = batch_size
        self.device = device

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Any = None) -> Self:
        """Load the model.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
            Texts; they are only checked. Blank ones are allowed.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            `X` is one string, or holds something that is not a text.
        ValueError
            `X` is empty.
        OSError
            The model cannot be read.
        """
        as_texts(X, allow_empty=True)
        self.n_features_out_ = int(self._model().get_embedding_dimension())
        return self

    def transform(self, X: Texts) -> np.ndarray:
        """Encode texts.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
            Texts; blank ones are allowed.

        Returns
        -------
        ndarray of float32, of shape (n_samples, n_features)
            Vectors of length 1.

        Raises
        ------
        TypeError
            `X` is one string, or holds something that is not a text.
        ValueError
            `X` is empty.
        """
        # Not np.unique: an array of str gives every text the width of the longest.
        rows = as_texts(X, allow_empty=True).tolist()
        texts = sorted(set(rows))
        remembered = _remembered.get()
        if remembered is None:
            number = {text: i for i, text in enumerate(texts)}
            return self._encode(texts)[[number[text] for text in rows]]
        known = remembered.setdefault((str(self.model), self.device), {})
        new = [text for text in texts if text not in known]
        if new:
            known.update(zip(new, self._encode(new), strict=True))
        return np.array([known[text] for text in rows])

    def _encode(self, texts: list[str]) -> np.ndarray:
        """Return the unit vectors of distinct texts, float32, of shape (n_texts, n_features_out_)."""
        model = self._model()
        longest = getattr(model, "max_seq_length", None) or sys.maxsize
        batches = _batches(texts, longest, self.batch_size)
        vectors = np.empty((len(texts), int(model.get_embedding_dimension())), dtype=np.float32)
        n_jobs = n_workers(None) if model.device.type == "cpu" else 1
        with one_thread():
            encoded = map_pieces(
                self._encode_batches,
                [[texts[row] for row in batch] for batch in batches],
                n_jobs=n_jobs,
                worth_sending=_BATCHES_WORTH_SENDING,
            )
        for batch, some in zip(batches, encoded, strict=True):
            vectors[batch] = some
        return vectors

    def _encode_batches(self, batches: Sequence[list[str]]) -> list[np.ndarray]:
        """Return the unit vectors of each batch."""
        model = self._model()
        vectors = []
        with one_thread(), autocast(model.device):
            for batch in batches:
                check_stopped()
                encoded = model.encode(
                    batch,
                    batch_size=len(batch),
                    show_progress_bar=False,
                    convert_to_tensor=True,
                    normalize_embeddings=True,
                )
                vectors.append(encoded.float().cpu().numpy())
        return vectors

    @property
    def _n_features_out(self) -> int:
        return self.n_features_out_  # the name that scikit-learn's get_feature_names_out reads

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []  # float32 always
        return tags

    def _model(self) -> Any:
        return _load(str(self.model), device=str(resolve_device(self.device)))
