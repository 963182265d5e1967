"""Read the candidates of every class until it is full, has run dry, or the budget is spent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np

from skbalagen._utils.progress import progress_bar
from skbalagen._utils.streams import check_candidates
from skbalagen._utils.terminal import printable
from skbalagen._utils.text import fold_text, label_array
from skbalagen.balagen.leak_gate import KnownRows, LeakGate, Leaks
from skbalagen.balagen.learned_rules import LearnedRules
from skbalagen.balagen.policy import class_sizes
from skbalagen.balagen.selection import distinct, select
from skbalagen.balagen.stream import Stream
from skbalagen.balagen.text_quality import TextRules
from skbalagen.balagen.time_budget import TimeBudget
from skbalagen.balagen.training_set import sample_rows

__all__ = ["FEW_ROWS", "Candidates", "Judged", "Rules", "candidate_budget"]

# A data set of fewer rows may be given as many candidates as one of this size: minutes on two cores.
FEW_ROWS = 2000


def candidate_budget(
    sizes: Mapping[Any, int], lacking: Mapping[Any, int], max_candidates: str | float
) -> int:
    """Return the upper bound on the number of candidates over all classes.

    Parameters
    ----------
    sizes, lacking : mapping of label to int
        Rows of each class, and rows that it lacks.
    max_candidates : "auto" or float
        In multiples of the largest class; "auto" is three times the larger of the largest class and the rows
        lacking, of which at most as many count as there are rows (or 2000, if there are fewer).

    Examples
    --------
    >>> candidate_budget({"a": 2, "b": 10}, {"a": 8}, "auto"), candidate_budget({"a": 2, "b": 10}, {"a": 8}, 2.5)
    (30, 25)
    """
    largest = max(sizes.values())
    if isinstance(max_candidates, str):
        affordable = max(sum(sizes.values()), FEW_ROWS)
        return 3 * max(largest, min(sum(lacking.values()), affordable))
    return int(min(max_candidates * largest, sys.maxsize))


@dataclass(frozen=True)
class Rules:
    """Which candidates are wanted, how many, and what becomes of a class that they do not fill.

    Attributes
    ----------
    share : callable
        Rows of a class to the share, in [0, 1], of its missing rows that is to be generated.
    max_candidates : "auto" or float
        As for :func:`candidate_budget`.
    shortfall : {"copy", "keep", "raise"}
        Whether copies fill what could not be generated.
    gate : LeakGate
        Which accepted texts are refused, since they give away a row.
    text_rules : TextRules
        Which new texts are refused before they are judged, since they are no utterance.
    count_tokens : callable or None
        Words to the number of tokens that the generator's model reads each of them in, once it is fitted.
    time : TimeBudget
        How long candidates may be read.
    review : callable
        Called with the streams {label: Stream} before each round.
    """

    share: Callable[[int], float]
    max_candidates: str | float = "auto"
    shortfall: str = "copy"
    gate: LeakGate = field(default_factory=LeakGate)
    text_rules: TextRules = field(default_factory=TextRules)
    count_tokens: Callable[[Sequence[str]], Sequence[int]] | None = None
    time: TimeBudget = field(default_factory=TimeBudget)
    review: Callable[[Mapping[Any, Stream]], None] = lambda streams: None


@dataclass(frozen=True)
class Judged:
    """Candidates of one round and what the labelers say of them; all of length n_candidates.

    Attributes
    ----------
    labels : list
        The class that each was generated for.
    texts : list of (str or None)
    new : ndarray of bool
        Whether it repeats neither a row nor another candidate.
    reason : list of str
        The rule that says it is no utterance, "" if none does; those that are not new are not looked at.
    votes : ndarray of bool, of shape (n_candidates, n_labelers)
    confidence : ndarray of float
        nan where the labelers were not asked: they are shown what is new and an utterance.
    accepted : ndarray of bool
        By the labelers.
    leaks : Leaks
        What the accepted ones give away; the others are not looked at.
    """

    labels: list[Any]
    texts: list[str | None]
    new: np.ndarray
    reason: list[str]
    votes: np.ndarray
    confidence: np.ndarray
    accepted: np.ndarray
    leaks: Leaks


class Candidates:
    """The streams of all classes that are to be filled.

    Parameters
    ----------
    X, y : ndarray of shape (n_samples,)
        D: texts, which no candidate may repeat, and labels.
    targets : mapping of label to int
        Rows wanted of each class.
    rules : Rules

    Attributes
    ----------
    lacking : dict of {label: int}
        Rows that classes below their target still lack; unlabeled texts reduce it, generated ones do not.
    generated, unlabeled : dict of {label: Stream}
        What was read of each class.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray, targets: Mapping[Any, int], rules: Rules) -> None:
        self.sizes = class_sizes(y)
        self.rules = rules
        self.lacking = {c: n - self.sizes[c] for c, n in targets.items() if n > self.sizes[c]}
        self.budget = candidate_budget(self.sizes, self.lacking, rules.max_candidates) if self.lacking else 0
        self._rows, self._labels = X, y
        self.unlabeled: dict[Any, Stream] = {}
        self.generated = self._streams()

    def _streams(self) -> dict[Any, Stream]:
        share = self.rules.share
        # 0.1 * 30 exceeds 3
        return {c: Stream(ceil(round(share(self.sizes[c]) * n, 6))) for c, n in self.lacking.items()}

    @cached_property
    def _known(self) -> set[str]:
        """Folded texts that no candidate may repeat; read only if there are candidates."""
        return {fold_text(text) for text in self._rows}

    @cached_property
    def _real(self) -> KnownRows:
        """The rows that no accepted text may give away; read only if there are any."""
        return KnownRows(self._rows)

    @cached_property
    def _utterances(self) -> LearnedRules:
        """The rules of what is an utterance; the rows are looked at only if there are candidates."""
        some = sample_rows(self._labels)
        return self.rules.text_rules.learn(self._rows[some], self._labels[some], self.rules.count_tokens)

    def take_unlabeled(self, texts: np.ndarray | None, labelers: Any, *, seed: int) -> None:
        """Take real texts that the labelers assign to a class that lacks rows.

        Parameters
        ----------
        texts : ndarray of object, of shape (n_texts,), or None
            Without labels; repeats of one another and of rows are passed over.
        labelers : LabelerEnsemble
            Fitted. A text is a candidate of the class that has the highest mean probability.
        seed : int
            Of the order in which texts are taken.
        """
        if texts is None:
            return
        order = np.random.default_rng(seed).permutation(len(texts))
        texts = texts[order][distinct(texts[order].tolist(), self._known)]
        self.unlabeled = {c: Stream(n) for c, n in self.lacking.items()}
        if not len(texts):
            return
        guesses, votes, confidence, accepted = labelers.assign(texts)
        for label, stream in self.unlabeled.items():
            rows = np.flatnonzero(accepted & (guesses == label))
            n_taken = min(stream.quota, len(rows))
            stream.texts = texts[rows].tolist()
            stream.votes = list(votes[rows])
            stream.confidence = confidence[rows].tolist()
            stream.verdicts = ["accepted"] * n_taken + ["surplus"] * (len(rows) - n_taken)
            stream.reason = [""] * len(rows)
            # They are real texts themselves: there is nothing that they could give away.
            stream.near_duplicate_of, stream.secret = [-1] * len(rows), [""] * len(rows)
            self._known.update(map(fold_text, stream.accepted))
        self.lacking = {c: s.missing for c, s in self.unlabeled.items() if s.missing}
        self.generated = self._streams()

    def rounds(self) -> Iterator[dict[Any, range]]:
        """Yield the spans {label: range} of the candidates to generate next, until no class wants more."""
        streams = self.generated
        with progress_bar(title="accepted", unit="row", total=sum(s.quota for s in streams.values())) as bar:
            while wishes := {c: s.wish() for c, s in streams.items() if s.missing and not s.dry}:
                if self.rules.time.is_spent:
                    for label in wishes:
                        streams[label].out_of_time = True
                    break
                wishes = _within(wishes, self.rules.time.begin_round(self.budget))
                if not wishes:
                    break
                self.rules.review(streams)
                self.budget -= sum(wishes.values())
                bar.set_postfix_str(_still_open(streams))
                yield {c: range(len(streams[c].texts), len(streams[c].texts) + n) for c, n in wishes.items()}
                self.rules.time.end_round(sum(wishes.values()))
                bar.update(sum(s.quota - s.missing for s in streams.values()) - bar.n)
            bar.set_postfix_str(_still_open(streams))

    def judge(
        self, spans: Mapping[Any, range], texts: Mapping[Any, Sequence[str | None]], labelers: Any
    ) -> Judged:
        """Return the candidates of a round and the weak labels of those that are new.

        Parameters
        ----------
        spans : mapping of label to range
            What was asked for.
        texts : mapping of label to sequence of (str or None)
            What the generator returned.
        labelers : LabelerEnsemble or NoLabelers
            Fitted.

        Raises
        ------
        ValueError
            The generator did not return one candidate for each index.
        """
        labels = [label for label, span in spans.items() for _ in span]
        candidates = _in_order(texts, spans)
        new = distinct(candidates, self._known)
        self._known.update(fold_text(text) for text in candidates if text is not None)
        reason = self._reasons(candidates, labels, new)
        rows = np.flatnonzero(new & (np.array(reason, dtype=object) == ""))
        votes_new, confidence_new, accepted_new = labelers.judge(
            [str(candidates[i]) for i in rows], label_array([labels[i] for i in rows])
        )
        votes = np.zeros((len(candidates), votes_new.shape[1]), dtype=bool)
        confidence = np.full(len(candidates), np.nan)
        accepted = np.zeros(len(candidates), dtype=bool)
        votes[rows], confidence[rows], accepted[rows] = votes_new, confidence_new, accepted_new
        leaks = self._leaks(candidates, accepted)
        return Judged(labels, candidates, new, reason, votes, confidence, accepted, leaks)

    def _reasons(self, candidates: Sequence[str | None], labels: Sequence[Any], new: np.ndarray) -> list[str]:
        """Return why each new candidate is no utterance; "" for the others."""
        rows = np.flatnonzero(new).tolist()
        found = self._utterances.reasons([str(candidates[i]) for i in rows], [labels[i] for i in rows])
        reason = [""] * len(candidates)
        for i, rule in zip(rows, found, strict=True):
            reason[i] = rule
        return reason

    def _leaks(self, candidates: Sequence[str | None], accepted: np.ndarray) -> Leaks:
        """Return what the accepted candidates give away; nothing for the others."""
        rows = np.flatnonzero(accepted).tolist()
        found = self.rules.gate.check([str(candidates[i]) for i in rows], self._real)
        leaks = Leaks([-1] * len(candidates), [""] * len(candidates), [""] * len(candidates))
        for i, near, secret, verdict in zip(
            rows, found.near_duplicate_of, found.secret, found.verdict, strict=True
        ):
            leaks.near_duplicate_of[i], leaks.secret[i], leaks.verdict[i] = near, secret, verdict
        return leaks

    def select(self, judged: Judged) -> None:
        """Give each candidate its verdict and append it to the stream of its class."""
        missing = {c: s.missing for c, s in self.generated.items()}
        leaks = judged.leaks
        usable = judged.accepted & (np.array(leaks.verdict, dtype=object) == "")
        taken = set(select(judged.labels, usable, missing).tolist())
        for i, (label, text) in enumerate(zip(judged.labels, judged.texts, strict=True)):
            stream = self.generated[label]
            stream.texts.append(text)
            stream.votes.append(judged.votes[i])
            stream.confidence.append(float(judged.confidence[i]))
            stream.reason.append(judged.reason[i])
            stream.near_duplicate_of.append(leaks.near_duplicate_of[i])
            stream.secret.append(leaks.secret[i])
            if text is None or not text.strip():
                stream.verdicts.append("failed")
            elif not judged.new[i]:
                stream.verdicts.append("duplicate")
            elif judged.reason[i]:
                stream.verdicts.append("malformed")
            elif not judged.accepted[i]:
                stream.verdicts.append("rejected")
            elif leaks.verdict[i]:
                stream.verdicts.append(leaks.verdict[i])
            else:
                stream.verdicts.append("accepted" if i in taken else "surplus")

    def added(self) -> dict[Any, list[str]]:
        """Return the texts that are added to each class: unlabeled ones, then generated ones."""
        labels = {**self.unlabeled, **self.generated}
        nothing = Stream(0)
        return {
            c: self.unlabeled.get(c, nothing).accepted + self.generated.get(c, nothing).accepted
            for c in labels
        }

    def to_copy(self) -> dict[Any, int]:
        """Return how many rows of each class are to be copied."""
        short = self.rules.shortfall != "copy"
        filled = {c: s.quota if short else len(s.accepted) for c, s in self.generated.items()}
        return {c: n - filled[c] for c, n in self.lacking.items() if n > filled[c]}


def _still_open(streams: Mapping[Any, Stream]) -> str:
    """Name the classes that lack most rows, for the progress bar."""
    lacking = sorted((c for c, s in streams.items() if s.missing), key=lambda c: -streams[c].missing)
    named = [
        f"{printable(label)} {streams[label].quota - streams[label].missing}/{streams[label].quota}"
        for label in lacking
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
    check_candidates(candidates, spans)
    return [text for label in spans for text in candidates[label]]
