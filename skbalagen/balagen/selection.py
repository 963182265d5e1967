"""Which candidates are taken: pure functions of texts, votes and quotas."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np

from skbalagen._utils.text import fold_text

__all__ = ["distinct", "is_backed", "required_votes", "select"]


def required_votes(min_votes: str | int, n_labelers: int) -> int:
    """Return how many of `n_labelers` must back a candidate.

    Parameters
    ----------
    min_votes : {"soft", "any", "majority", "all"} or int
        A number lies in [1, n_labelers]. "majority" is more than half. "soft" counts no votes: 0.
    n_labelers : int
        0 switches weak labeling off: nothing is required.

    Examples
    --------
    >>> [required_votes(v, 3) for v in ("any", "majority", "all", 2)]
    [1, 2, 3, 2]
    """
    if n_labelers == 0:
        return 0
    if isinstance(min_votes, str):
        return {"soft": 0, "any": 1, "majority": n_labelers // 2 + 1, "all": n_labelers}[min_votes]
    if not 1 <= min_votes <= n_labelers:
        raise ValueError(
            f"min_votes must be 'soft', 'any', 'majority', 'all' or an int between 1 and the number of labelers "
            f"({n_labelers}), got {min_votes!r}. Lower it or add labelers."
        )
    return int(min_votes)


def is_backed(votes: np.ndarray, likeliest: np.ndarray, min_votes: str | int) -> np.ndarray:
    """Return which candidates the labelers back.

    Parameters
    ----------
    votes : ndarray of bool, of shape (n_candidates, n_labelers)
        Whether each labeler predicts the label that a candidate was generated for (Tepper et al. 2020,
        double voting).
    likeliest : ndarray of bool, of shape (n_candidates,)
        Whether that label has the highest mean probability.
    min_votes : {"soft", "any", "majority", "all"} or int
        "soft" asks for `likeliest`, the others for that many votes.

    Returns
    -------
    ndarray of bool, of shape (n_candidates,)

    Examples
    --------
    >>> votes, likeliest = np.array([[True, False, False], [True, True, False]]), np.array([True, False])
    >>> is_backed(votes, likeliest, "soft"), is_backed(votes, likeliest, "majority")
    (array([ True, False]), array([False,  True]))
    """
    if min_votes == "soft":
        return likeliest.copy()
    return votes.sum(axis=1) >= required_votes(min_votes, votes.shape[1])


def distinct(texts: Sequence[str | None], known: Container[str]) -> np.ndarray:
    """Mark the texts that are neither missing, nor in `known`, nor a repetition of an earlier one.

    Parameters
    ----------
    texts : sequence of (str or None), of length n
        In stream order.
    known : container of str
        Folded texts (case and white space folded) that do not count as new.

    Returns
    -------
    ndarray of bool, of shape (n,)
    """
    seen: set[str] = set()
    new = np.zeros(len(texts), dtype=bool)
    for i, text in enumerate(texts):
        if text is None:
            continue
        folded = fold_text(text)
        new[i] = bool(folded) and folded not in known and folded not in seen
        seen.add(folded)
    return new


def select(labels: Sequence[Any] | np.ndarray, backed: np.ndarray, quotas: Mapping[Any, int]) -> np.ndarray:
    """Take the first backed candidates of each class, up to its quota.

    Candidates are independent draws, so that the first of a stream are a random choice among the backed;
    ranking them by the labelers' confidence instead was measured to be worse.

    Parameters
    ----------
    labels : array-like of shape (n_candidates,)
        Class that each candidate was generated for, each class in the order of its stream.
    backed : ndarray of bool, of shape (n_candidates,)
        Whether enough labelers back it (Tepper et al. 2020, double voting).
    quotas : mapping of label to int
        Most candidates to take; a class that is not named gets none.

    Returns
    -------
    ndarray of int
        Candidate numbers, ascending.

    Examples
    --------
    >>> select(["a", "b", "a", "a"], np.array([True, True, False, True]), {"a": 5, "b": 0})
    array([0, 3])
    """
    left = dict(quotas)
    taken = []
    for i in np.flatnonzero(backed).tolist():
        label = labels[i]
        if left.get(label, 0) > 0:
            left[label] -= 1
            taken.append(i)
    return np.array(taken, dtype=np.intp)
