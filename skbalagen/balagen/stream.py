"""What was read of the candidates of one class, and whether to read on."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np

__all__ = ["Stream"]

# A class is given up once this many of its candidates were read and fewer than this share were accepted.
_TRIAL_CANDIDATES, _LEAST_ACCEPTANCE = 64, 0.02


@dataclass
class Stream:
    """The candidates of one class that were read; the lists run in parallel, in stream order.

    Attributes
    ----------
    quota : int
        Rows wanted.
    texts : list of (str or None)
    votes : list of ndarray of bool, each of shape (n_labelers,)
    confidence : list of float
    verdicts : list of {"accepted", "surplus", "leak", "near-duplicate", "rejected", "malformed", "duplicate", \
"failed"}
    reason : list of str
        The rule that refuses a malformed text, "" for the others.
    near_duplicate_of : list of int
        The row that a generated text nearly repeats, -1 where it repeats none or was not accepted.
    secret : list of {"number", "e-mail address", "URL", ""}
        What an accepted text carries over from a row.
    out_of_time : bool
        Whether reading ended since time was up.
    """

    quota: int
    texts: list[str | None] = field(default_factory=list)
    votes: list[np.ndarray] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    near_duplicate_of: list[int] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    out_of_time: bool = False

    @property
    def accepted(self) -> list[str]:
        """The texts that are added to the class."""
        return [
            t for t, v in zip(self.texts, self.verdicts, strict=True) if v == "accepted" and t is not None
        ]

    @property
    def missing(self) -> int:
        """Rows still wanted."""
        return self.quota - self.verdicts.count("accepted")

    @property
    def dry(self) -> bool:
        """True if the acceptance rate is below 2 % after 64 candidates."""
        n_accepted = self.quota - self.missing
        return len(self.texts) >= _TRIAL_CANDIDATES and n_accepted < _LEAST_ACCEPTANCE * len(self.texts)

    @property
    def stopped(self) -> str:
        """Why reading ended: "filled", "dry", "budget", "time", or "" where nothing was to be read."""
        if self.out_of_time:
            return "time"
        if not self.texts:
            return ""
        return "filled" if not self.missing else "dry" if self.dry else "budget"

    def wish(self) -> int:
        """Return how many candidates to ask for next, judged by what became of the earlier ones."""
        acceptance = (self.quota - self.missing + 7) / (len(self.texts) + 10)
        # A trial first: if the budget is short, a class that accepts nothing must not take a share of it.
        at_once = max(_TRIAL_CANDIDATES, 3 * len(self.texts))
        return min(ceil(self.missing / acceptance), 8 * self.missing + 8, at_once)
