"""Measure the generated texts: are they new, varied, and what their class asks for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skbalagen._utils.text import as_texts
from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams
from skbalagen.report.counts import fate

__all__ = ["Measure", "evenly_sampled", "measure_quality", "place_texts"]

# Similarity costs time proportional to candidates times real texts: a sample is enough to see the picture.
_MOST_TEXTS = 1000
_PHRASE = 3  # words
_MEANINGS = {
    "novelty": "three-word phrases that appear in no real text",
    "near-duplicates": "texts that nearly repeat a real text",
    "diversity": "word pairs that differ from one another",
    "fidelity": "the labelers' mean probability of the intended class",
    "agreement": "votes on which two labelers agree",
}


@dataclass(frozen=True)
class Measure:
    """One measure of the accepted texts.

    Attributes
    ----------
    name : str
    share : float
        In [0, 1].
    meaning : str
        What it is the share of.
    """

    name: str
    share: float
    meaning: str


def evenly_sampled(table: pd.DataFrame, most: int = _MOST_TEXTS) -> pd.DataFrame:
    """Return all rows of a table, or `most` of them at even distances.

    Examples
    --------
    >>> evenly_sampled(pd.DataFrame({"text": list("abcdefg")}), 3)["text"].tolist()
    ['a', 'd', 'g']
    """
    rows = np.linspace(0, len(table) - 1, min(len(table), most)).astype(int)
    return table.iloc[rows]


def place_texts(candidates: pd.DataFrame, X: Any) -> pd.DataFrame:
    """Return how new each candidate is and how similar to the real texts.

    Parameters
    ----------
    candidates : DataFrame of shape (n_candidates, n_columns)
        With the columns text (str) and verdict.
    X : array-like of str, of shape (n_samples,)
        The real texts.

    Returns
    -------
    DataFrame of shape (n_candidates, 5)
        text; kind, the :func:`~skbalagen.report.counts.fate`; added, whether it is a row now; similarity in
        [0, 1] to the most similar real text (:func:`skbalagen.metrics.nearest_similarity`); novelty in [0, 1],
        the share of three-word phrases that appear in no real text (:func:`skbalagen.metrics.new_ngrams`).

    Examples
    --------
    >>> candidates = pd.DataFrame({"text": ["a cold beer", "two red wines"], "verdict": ["accepted", "rejected"]})
    >>> place_texts(candidates, ["one cold beer", "a cold beer"]).round(1)
                text      kind  added  similarity  novelty
    0    a cold beer  accepted   True         1.0      0.0
    1  two red wines  rejected  False         0.3      1.0
    """
    texts = candidates["text"].tolist()
    # Without candidates X is not read: it may be a table of numbers.
    reference = as_texts(X).tolist() if texts else []
    return pd.DataFrame(
        {
            "text": texts,
            "kind": fate(candidates).tolist(),
            "added": (candidates["verdict"] == "accepted").tolist(),
            "similarity": nearest_similarity(texts, reference) if texts else [],
            "novelty": new_ngrams(texts, reference, n=_PHRASE) if texts else [],
        }
    )


def measure_quality(
    generated: pd.DataFrame, points: pd.DataFrame | None, agreement: Any = ()
) -> tuple[Measure, ...]:
    """Return the measures of the accepted texts that can be taken.

    Parameters
    ----------
    generated : DataFrame of shape (n_candidates, n_columns)
        Candidates that the generator wrote.
    points : DataFrame of shape (n_points, 5) or None
        What :func:`place_texts` returned for a sample of them; None if the real texts are unknown.
    agreement : array-like of shape (n_labelers, n_labelers), default=()
        Share of equal votes of each pair of labelers.

    Returns
    -------
    tuple of Measure
        Novelty, near-duplicates, diversity and fidelity of the added rows, and the labelers' agreement about
        all candidates.
    """
    added = generated[generated["verdict"] == "accepted"]
    shares: dict[str, float] = {}
    if points is not None and points["added"].any():
        placed = points[points["added"].astype(bool)]
        shares["novelty"] = placed["novelty"].mean()
    if len(added):
        shares["near-duplicates"] = (added["near_duplicate_of"] >= 0).mean()
    texts = evenly_sampled(added)["text"]
    if texts.astype(str).str.contains(r"\w\W+\w").any():  # a text of two words
        shares["diversity"] = distinct_n(texts)
    if added["confidence"].notna().any():
        shares["fidelity"] = added["confidence"].mean()
    matrix = np.array(agreement, dtype=float)
    if matrix.ndim == 2 and len(matrix) > 1 and np.isfinite(matrix).all():
        shares["agreement"] = matrix[np.triu_indices(len(matrix), k=1)].mean()
    return tuple(Measure(name, float(share), _MEANINGS[name]) for name, share in shares.items())
