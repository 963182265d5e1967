"""Step 6 of Algorithm 1: the rows that are kept, those that were generated, and the copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skbalagen.balagen.candidates import Candidates
from skbalagen.balagen.policy import class_sizes
from skbalagen.balagen.training_set import rebalance_rows, repeat_rows

__all__ = ["Assembled", "assemble"]


@dataclass(frozen=True)
class Assembled:
    """The balanced data set, and how it came about.

    Attributes
    ----------
    texts : ndarray of object, of shape (n_samples_new,)
        Kept rows in their order, then added texts, then copies.
    labels : ndarray of shape (n_samples_new,)
    rows : ndarray of int, of shape (n_samples_new,)
        The row of D that each row is or copies; for an added text, the first row of its class.
    is_synthetic : ndarray of bool, of shape (n_samples_new,)
        Which rows were added. Copies are not.
    targets : mapping of label to int
        Rows wanted of each class.
    n_kept, n_copied : dict of {label: int}
        Rows of each class.
    candidates : Candidates
        What was generated and what became of it.
    """

    texts: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    is_synthetic: np.ndarray
    targets: Mapping[Any, int]
    n_kept: dict[Any, int]
    n_copied: dict[Any, int]
    candidates: Candidates


def assemble(
    X: np.ndarray,
    y: np.ndarray,
    targets: Mapping[Any, int],
    candidates: Candidates,
    generator: Any,
    seed_kept: int,
    seed_streams: int,
    seed_copies: int,
) -> Assembled:
    """Return D thinned to B_high, the selected candidates, and copies for what is still lacking.

    Parameters
    ----------
    X, y : ndarray of shape (n_samples,)
        D: texts and labels.
    targets : mapping of label to int
        Rows wanted of each class.
    candidates : Candidates
        After selection.
    generator : TextGenerator
        Fitted on D if it has a method `sample_rows`, which then chooses the copies; else each row of a class is
        copied equally often.
    seed_kept, seed_streams, seed_copies : int
        Of the rows that stay, of the streams of `sample_rows`, and of the other copies.
    """
    kept = rebalance_rows(y, targets, np.random.default_rng(seed_kept), over=False)
    to_copy = candidates.to_copy()
    if to_copy and hasattr(generator, "sample_rows"):
        spans = {label: range(n) for label, n in to_copy.items()}
        copied = generator.sample_rows(spans, random_state=seed_streams)
    else:
        rng = np.random.default_rng(seed_copies)
        copied = {c: repeat_rows(np.flatnonzero(y == c), n, rng) for c, n in to_copy.items()}

    added = [(label, text) for label, texts in candidates.added().items() for text in texts]
    labels, first_rows = np.unique(y, return_index=True)
    first = dict(zip(labels.tolist(), first_rows.tolist(), strict=True))
    stand_ins = np.array([first[label] for label, _ in added], dtype=np.intp)
    copies = np.concatenate([*copied.values(), np.array([], dtype=np.intp)]).astype(np.intp)
    rows = np.concatenate([kept, stand_ins, copies])
    is_synthetic = np.zeros(len(rows), dtype=bool)
    is_synthetic[len(kept) : len(kept) + len(added)] = True
    texts = X[rows]
    texts[is_synthetic] = np.array([text for _, text in added], dtype=object)
    return Assembled(
        texts,
        y[rows],
        rows,
        is_synthetic,
        targets=targets,
        n_kept=class_sizes(y[kept]),
        n_copied={label: len(numbers) for label, numbers in copied.items()},
        candidates=candidates,
    )
