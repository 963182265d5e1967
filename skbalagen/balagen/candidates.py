"""Read candidates of every class until it is full, has run dry, or the budget is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._utils.progress import progress_bar
from skbalagen._utils.text import fold_text, label_array
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.selection import distinct, is_backed, select
from skbalagen.generators.base import TextGenerator

if TYPE_CHECKING:
    from skbalagen.cache.parts import CachedVerdicts

__all__ = ["Stream", "read_streams", "read_unlabeled"]

# A class is given up once this many of its candidates were read and fewer than this share were taken.
_TRIAL_CANDIDATES, _LEAST_ACCEPTANCE = 64, 0.02


@dataclass
class Stream:
    """What was read of one class's candidates; the lists run in parallel, in stream order.

    Attributes
    ----------
    quota : int
        Rows wanted.
    texts : list of (str or None)
    votes : list of ndarray of bool, each of shape (n_labelers,)
    confidence : list of float
    verdicts : list of {"accepted", "surplus", "refused", "duplicate", "failed"}
    """

    quota: int
    texts: list[str | None] = field(default_factory=list)
    votes: list[np.ndarray] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    @property
    def taken(self) -> list[str]:
        """The accepted texts."""
        return [
            t for t, v in zip(self.texts, self.verdicts, strict=True) if v == "accepted" and t is not None
        ]

    @property
    def missing(self) -> int:
        """Rows still wanted."""
        return self.quota - self.verdicts.count("accepted")

    @property
    def dry(self) -> bool:
        """Whether reading on is hopeless."""
        taken = self.quota - self.missing
        return len(self.texts) >= _TRIAL_CANDIDATES and taken < _LEAST_ACCEPTANCE * len(self.texts)

    @property
    def stopped(self) -> str:
        """Why reading ended: "filled", "dry", "budget", or "" where nothing was read."""
        if not self.texts:
            return ""
        return "filled" if not self.missing else "dry" if self.dry else "budget"

    def wish(self) -> int:
        """How many candidates to ask for next, judged by what became of the earlier ones."""
        acceptance = (self.quota - self.missing + 7) / (len(self.texts) + 10)
        # A trial first: where the budget is short, hopeless classes must not take a share of all of it.
        at_once = max(_TRIAL_CANDIDATES, 3 * len(self.texts))
        return min(ceil(self.missing / acceptance), 8 * self.missing + 8, at_once)


def read_streams(
    generator: TextGenerator,
    labelers: LabelerEnsemble | CachedVerdicts | None,
    quotas: Mapping[Any, int],
    known: set[str],
    *,
    min_votes: str | int,
    budget: int,
    seed: int,
) -> dict[Any, Stream]:
    """Generate, label and select candidates, a round at a time (steps 3 to 5 of Algorithm 1).

    Parameters
    ----------
    generator : TextGenerator
        Fitted.
    labelers : LabelerEnsemble or None
        Fitted; None takes every candidate that is new.
    quotas : mapping of label to int
        Rows wanted of each class.
    known : set of str
        Folded texts that a candidate must not repeat; not changed.
    min_votes : str or int
        As for :func:`skbalagen.selection.is_backed`.
    budget : int
        Most candidates in all.
    seed : int
        Of the streams.

    Returns
    -------
    dict of {label: Stream}
    """
    streams = {label: Stream(quota) for label, quota in quotas.items()}
    seen = set(known)
    with progress_bar(title="accepted", unit="row", total=sum(quotas.values())) as bar:
        while wishes := {c: s.wish() for c, s in streams.items() if s.missing and not s.dry}:
            wishes = _within(wishes, budget)
            if not wishes:
                break
            budget -= sum(wishes.values())
            bar.set_postfix_str(_still_open(streams))
            spans = {c: range(len(streams[c].texts), len(streams[c].texts) + n) for c, n in wishes.items()}
            candidates = generator.sample(spans, random_state=seed)
            labels = [label for label, span in spans.items() for _ in span]
            texts = _in_order(candidates, spans)
            _judge(streams, labels, texts, seen, labelers, min_votes)
            bar.update(sum(s.quota - s.missing for s in streams.values()) - bar.n)
        bar.set_postfix_str(_still_open(streams))
    return streams


def read_unlabeled(
    texts: np.ndarray,
    labelers: LabelerEnsemble | None,
    quotas: Mapping[Any, int],
    known: set[str],
    *,
    min_votes: str | int,
    seed: int,
) -> dict[Any, Stream]:
    """Take real texts that enough labelers assign to a class that is to be filled.

    Parameters
    ----------
    texts : ndarray of str, of shape (n_texts,)
        Without labels; repeats of one another and of `known` are passed over.
    labelers : LabelerEnsemble or None
        Fitted.
    quotas, known, min_votes, seed
        As for :func:`read_streams`; the seed is that of the order in which texts are taken.

    Returns
    -------
    dict of {label: Stream}
        With the backed texts only; the other texts were nobody's candidates. A text is a candidate of the
        class that has the highest mean probability.

    Raises
    ------
    ValueError
        There are no labelers.
    """
    if labelers is None:
        raise ValueError(
            "unlabeled texts get their labels from the labelers, but labelers is []. Leave it at None or name "
            "some, or leave out unlabeled."
        )
    order = np.random.default_rng(seed).permutation(len(texts))
    texts = texts[order][distinct(texts[order].tolist(), known)]
    streams = {label: Stream(quota) for label, quota in quotas.items()}
    if not len(texts):
        return streams
    guesses, votes, confidence, likeliest = labelers.assign(texts)
    backed = is_backed(votes, likeliest, min_votes)
    for label, stream in streams.items():
        rows = np.flatnonzero(backed & (guesses == label))
        n_taken = min(stream.quota, len(rows))
        stream.texts = texts[rows].tolist()
        stream.votes = list(votes[rows])
        stream.confidence = confidence[rows].tolist()
        stream.verdicts = ["accepted"] * n_taken + ["surplus"] * (len(rows) - n_taken)
    return streams


def _still_open(streams: Mapping[Any, Stream]) -> str:
    """Name the classes that lack most rows, for the progress bar."""
    lacking = sorted((c for c, s in streams.items() if s.missing), key=lambda c: -streams[c].missing)
    named = [
        f"{label} {streams[label].quota - streams[label].missing}/{streams[label].quota}" for label in lacking
    ]
    return f"{len(lacking)} open" + (f": {', '.join(named[:2])}" if named else "")


def _within(wishes: dict[Any, int], budget: int) -> dict[Any, int]:
    """Cut the wishes to the budget, each class by the same share; the last few go to the first classes."""
    total = sum(wishes.values())
    if total <= budget:
        return wishes
    shares = {label: n * budget // total for label, n in wishes.items()}
    spare = budget - sum(shares.values())
    cut = {label: n + (rank < spare) for rank, (label, n) in enumerate(shares.items())}
    return {label: n for label, n in cut.items() if n}


def _in_order(candidates: Mapping[Any, Sequence[str | None]], spans: Mapping[Any, range]) -> list[str | None]:
    got = {label: len(candidates.get(label, ())) for label in spans}
    wanted = {label: len(span) for label, span in spans.items()}
    if got != wanted:
        raise ValueError(
            f"generator.sample must return one candidate (a text or None) for each index of its spans, expected "
            f"{wanted!r} candidates, got {got!r}. Correct the generator; see skbalagen.TextGenerator."
        )
    return [text for label in spans for text in candidates[label]]


def _judge(
    streams: dict[Any, Stream],
    labels: list[Any],
    texts: list[str | None],
    seen: set[str],
    labelers: LabelerEnsemble | CachedVerdicts | None,
    min_votes: str | int,
) -> None:
    """Give each new candidate its verdict and append it to its stream; add the new texts to `seen`."""
    fresh = distinct(texts, seen)
    seen.update(fold_text(text) for text in texts if text is not None)
    n_labelers = 0 if labelers is None else len(labelers.estimators_)
    votes = np.zeros((len(texts), n_labelers), dtype=bool)
    confidence = np.full(len(texts), np.nan)
    likeliest = np.full(len(texts), labelers is None)
    rows = np.flatnonzero(fresh)
    if labelers is not None and len(rows):
        wanted = label_array([labels[i] for i in rows])
        votes[rows], confidence[rows], likeliest[rows] = labelers.judge([str(texts[i]) for i in rows], wanted)
    backed = fresh & is_backed(votes, likeliest, min_votes)
    taken = set(select(labels, backed, {c: s.missing for c, s in streams.items()}).tolist())
    for i, (label, text) in enumerate(zip(labels, texts, strict=True)):
        stream = streams[label]
        stream.texts.append(text)
        stream.votes.append(votes[i])
        stream.confidence.append(float(confidence[i]))
        if text is None or not text.strip():
            stream.verdicts.append("failed")
        elif not fresh[i]:
            stream.verdicts.append("duplicate")
        elif not backed[i]:
            stream.verdicts.append("refused")
        else:
            stream.verdicts.append("accepted" if i in taken else "surplus")
