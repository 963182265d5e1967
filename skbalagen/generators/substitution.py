"""Replace words by words that lie next to them in the input embeddings of an encoder."""

from __future__ import annotations

from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self
from unicodedata import category

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen.generators._words import join_words, split_words, word_of, written_like
from skbalagen.generators.row_editing import RowEditingGenerator
from skbalagen.models.catalog import MINILM
from skbalagen.models.load import load_encoder

__all__ = ["EmbeddingSubstitutionGenerator"]


class EmbeddingSubstitutionGenerator(RowEditingGenerator):
    """Replace some words of a random row of the class by near words, drawn uniformly from each word's nearest ones.

    Near is the cosine similarity of input embeddings. Near words are often synonyms, but as often others of their
    kind ("Monday" for "Sunday", "hot" for "cold"): let labelers judge the candidates.

    Parameters
    ----------
    share : float, default=0.25
        Of the eligible words, how many are replaced, in (0, 1]: ``max(1, round(share * n_eligible))``. Eligible are
        the words that the encoder's vocabulary has as a whole, English stop words aside. A row without any fails.
    n_neighbors : int, default=10
        Nearest words to draw from, at least 1.
    model : str, default="all-MiniLM-L6-v2"
        An encoder whose input embeddings are read: the embedded one, a hub id, or a folder.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is edited.
    neighbors_ : dict of {str: tuple of str}
        For each eligible word of the training texts, its nearest words, the nearest first.

    References
    ----------
    Juuti, Gröndahl, Flanagan & Asokan (2020), "A little goes a long way: Improving toxic language classification
    despite data scarcity", Findings of EMNLP, section 3. Theirs are GloVe vectors; these are at hand without a
    download.

    Examples
    --------
    >>> from skbalagen import EmbeddingSubstitutionGenerator
    >>> generator = EmbeddingSubstitutionGenerator().fit(["where is my parcel"], ["delivery"])  # doctest: +SKIP
    >>> generator.sample({"delivery": range(2)}, random_state=0)  # doctest: +SKIP
    {'delivery': ['where is my package', 'where is my packet']}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "share": [Interval(Real, 0, 1, closed="right")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "model": [str, Path],
    }

    def __init__(self, *, share: float = 0.25, n_neighbors: int = 10, model: str | Path = MINILM) -> None:
        self.share = share
        self.n_neighbors = n_neighbors
        self.model = model

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the training rows, and look up the neighbours of their words.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            As :meth:`~skbalagen.generators.RowEditingGenerator.fit`; and if the vocabulary has too few whole words.
        OSError, ModelUnavailableError
            There is no such model.
        """
        super().fit(X, y)
        words = {word_of(token) for text in set(self.copies_.texts_) for token in split_words(text)}
        vocabulary, vectors = word_embeddings(str(self.model))
        if len(vocabulary) <= self.n_neighbors:
            raise ValueError(
                f"n_neighbors={self.n_neighbors} needs a vocabulary of more whole words, got {len(vocabulary)} of "
                f"{self.model}. Lower it, or use another encoder."
            )
        place = {word: i for i, word in enumerate(vocabulary)}
        known = sorted(word for word in words if word in place and word not in ENGLISH_STOP_WORDS)
        self.neighbors_: dict[str, tuple[str, ...]] = {}
        for start in range(0, len(known), 256):
            part = known[start : start + 256]
            rows = [place[word] for word in part]
            similar = vectors[rows] @ vectors.T
            similar[np.arange(len(rows)), rows] = -np.inf
            nearest = np.argsort(-similar, axis=1, kind="stable")[:, : self.n_neighbors]
            for word, columns in zip(part, nearest.tolist(), strict=True):
                self.neighbors_[word] = tuple(vocabulary[i] for i in columns)
        return self

    def _edit(self, text: str, rng: np.random.Generator) -> str | None:
        tokens = split_words(text)
        eligible = [i for i, token in enumerate(tokens) if word_of(token) in self.neighbors_]
        if not eligible:
            return None
        n = max(1, round(self.share * len(eligible)))
        for k in rng.permutation(len(eligible))[:n].tolist():
            token = tokens[eligible[k]]
            near = self.neighbors_[word_of(token)]  # type: ignore[index]
            tokens[eligible[k]] = written_like(token, near[int(rng.integers(len(near)))])
        return join_words(tokens)


def word_embeddings(model: str) -> tuple[list[str], np.ndarray]:
    """Return the whole words of an encoder's vocabulary, and their unit vectors.

    Parameters
    ----------
    model : str
        The embedded encoder, a hub id, or a folder.

    Returns
    -------
    words : list of str, of length n_words
        In lower case, of at least two letters or one Chinese character; each is one token.
    vectors : ndarray of float32, of shape (n_words, hidden_size)
    """
    network, tokenizer = load_encoder(model)
    weights: Any = network.get_input_embeddings().weight.detach().float().cpu().numpy()
    texts = [text.strip() for text in tokenizer.batch_decode([[i] for i in range(len(weights))])]
    wanted = [i for i, text in enumerate(texts) if word_of(text) == text and _of_letters(text)]
    # A piece of a word reads like a word too, but is not what the tokenizer makes of it.
    again = tokenizer([f" {texts[i]}" for i in wanted], add_special_tokens=False)["input_ids"]
    whole = [i for i, ids in zip(wanted, again, strict=True) if ids == [i]]
    vectors = weights[whole]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return [texts[i] for i in whole], vectors


def _of_letters(text: str) -> bool:
    """Return whether a text is letters, and marks on them, and nothing else."""
    return text.isalpha() or all(c.isalpha() or category(c).startswith("M") for c in text)
