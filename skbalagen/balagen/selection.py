"""Which candidates are taken: pure functions of texts, votes and the rows wanted."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from skbalagen._utils.text import fold_text

__all__ = ["check_margin", "distinct", "is_accepted", "is_likeliest", "required_votes", "select"]

VOTING = ("soft", "any", "majority", "all", "dawid-skene")


def required_votes(voting: str | int, n_labelers: int) -> int:
    """Return how many of `n_labelers` must vote for a candidate.

    Parameters
    ----------
    voting : {"soft", "any", "majority", "all", "dawid-skene"} or int
        A number lies in [1, n_labelers]. "majority" is more than half. "soft" and "dawid-skene" count no votes: 0.
    n_labelers : int
        0 switches weak labeling off: nothing is required.

    Raises
    ------
    ValueError
        Another name, or a number out of range.

    Examples
    --------
    >>> [required_votes(v, 3) for v in ("any", "majority", "all", 2)]
    [1, 2, 3, 2]
    """
    if isinstance(voting, str) and voting in VOTING:
        if n_labelers == 0:
            return 0
        counted = {"any": 1, "majority": n_labelers // 2 + 1, "all": n_labelers}
        return counted.get(voting, 0)
    if n_labelers == 0 and not isinstance(voting, str):
        return 0
    if isinstance(voting, bool) or not isinstance(voting, int | np.integer) or not 1 <= voting <= n_labelers:
        raise ValueError(
            f"voting must be 'soft', 'any', 'majority', 'all', 'dawid-skene' or an int between 1 and the number of "
            f"labelers ({n_labelers}), got {voting!r}. Lower it or add labelers."
        )
    return int(voting)


def is_accepted(votes: np.ndarray, likeliest: np.ndarray, voting: str | int) -> np.ndarray:
    """Return which candidates the labelers accept.

    Parameters
    ----------
    votes : ndarray of bool, of shape (n_candidates, n_labelers)
        Whether each labeler predicts the label that a candidate was generated for (Tepper et al. 2020,
        double voting).
    likeliest : ndarray of bool, of shape (n_candidates,)
        What :func:`is_likeliest` says of the mean probabilities, or of what a label model makes of the votes.
    voting : {"soft", "any", "majority", "all", "dawid-skene"} or int
        "soft" and "dawid-skene" ask for `likeliest`, the others for that many votes.

    Returns
    -------
    ndarray of bool, of shape (n_candidates,)

    Examples
    --------
    >>> votes, likeliest = np.array([[True, False, False], [True, True, False]]), np.array([True, False])
    >>> is_accepted(votes, likeliest, "soft"), is_accepted(votes, likeliest, "majority")
    (array([ True, False]), array([False,  True]))
    """
    if isinstance(voting, str) and voting in ("soft", "dawid-skene"):
        return likeliest.copy()
    return votes.sum(axis=1) >= required_votes(voting, votes.shape[1])


def is_likeliest(wanted: np.ndarray, others: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Return whether the wanted label leads the others by a margin.

    Parameters
    ----------
    wanted, others : ndarray of shape (n_candidates,)
        Probability of the wanted label, and the highest of another one.
    margin : float, default=0.0
        In [0, 1). With 0, equal probabilities will do.

    Returns
    -------
    ndarray of bool, of shape (n_candidates,)

    Examples
    --------
    >>> is_likeliest(np.array([0.5, 0.5, 0.6]), np.array([0.5, 0.4, 0.3]), margin=0.2)
    array([False, False,  True])
    """
    return wanted >= others if margin == 0 else wanted - others >= margin - 1e-9


def check_margin(margin: Any) -> None:
    """Raise ValueError unless `margin` is a number in [0, 1)."""
    if isinstance(margin, bool) or not isinstance(margin, Real) or not 0 <= float(margin) < 1:
        raise ValueError(
            f"margin of LabelerEnsemble must be a number in [0, 1), got {margin!r}. 0 asks for the likeliest label, "
            "0.2 for a lead of 20 points."
        )


def distinct(texts: Sequence[str | None], known: Container[str]) -> np.ndarray:
    """Mark the texts that are neither missing, nor in `known`, nor a repetition of an earlier one.

    Parameters
    ----------
    texts : sequence of (str or None), of length n_texts
        In stream order.
    known : container of str
        Folded texts (case and white space folded) that do not count as new.

    Returns
    -------
    ndarray of bool, of shape (n_texts,)

    Examples
    --------
    >>> distinct(["a", "A ", None, "b"], {"b"})
    array([ True, False, False, False])
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


def select(labels: Sequence[Any] | np.ndarray, accepted: np.ndarray, wanted: Mapping[Any, int]) -> np.ndarray:
    """Take the first accepted candidates of each class, up to the rows wanted.

    Candidates are independent draws, so the first of a stream are a random choice among the accepted ones.
    Ranking them by the labelers' confidence was measured to be worse (docs/ablations.md).

    Parameters
    ----------
    labels : array-like of shape (n_candidates,)
        Class that each candidate was generated for, each class in the order of its stream.
    accepted : ndarray of bool, of shape (n_candidates,)
        Whether the labelers accept it.
    wanted : mapping of label to int
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
    left = dict(wanted)
    taken = []
    for i in np.flatnonzero(accepted).tolist():
        label = labels[i]
        if left.get(label, 0) > 0:
            left[label] -= 1
            taken.append(i)
    return np.array(taken, dtype=np.intp)
