"""What is no utterance is refused before labelers are asked, by rules that the real rows teach."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skbalagen.balagen.learned_rules import LearnedRules
from skbalagen.balagen.stream import Stream

__all__ = ["TEXT_RULES", "TextRules", "make_text_rules", "warn_of_malformed"]

TEXT_RULES = ("markup", "case", "words", "repeats", "script", "label")

# A rule that refuses more of the candidates than this is worth a warning, once so many were looked at.
_LARGE_SHARE, _ENOUGH = 0.2, 50


@dataclass(frozen=True)
class TextRules:
    """Which candidates are refused because they are no utterance, whatever their class.

    What is common in the real rows is never a reason: each rule looks at the rows first, and a feature that more
    than a share `tolerance` of them have, as strong or stronger, is allowed. Nothing assumes a language.

    Parameters
    ----------
    rules : list of str or callables, or one callable, default=None
        None is all of

        - "markup": braces, brackets and other characters of templates, such as ``{}`` left standing;
        - "case": words glued together, such as ``wordWORD``, which the rows do not have;
        - "words": words that neither the rows nor the model knows. A model reads a word that it does not know in many
          tokens; so this needs a generator with a method `count_tokens`, and looks at nothing without it;
        - "repeats": words, groups of words or characters that are repeated at once;
        - "script": letters of other scripts than the rows';
        - "label": the name of the class with other punctuation, and nothing else. The name itself may be a row, once.

        A callable takes a text and returns True if it is to be refused; it is asked whatever the rows are like, and
        its name is the reason. An empty list refuses nothing.
    tolerance : float, default=0.01
        Share of the rows, in [0, 1), that may be as unusual as what is refused. With 0, nothing is refused that is
        like the most unusual row.

    Raises
    ------
    ValueError, TypeError
        A rule that is neither one of the names nor callable, or a tolerance out of range.

    See Also
    --------
    skbalagen.BalaGenResampler : `text_rules=` takes these; `candidates_` has the reason of each refusal.
    skbalagen.LeakGate : Refuses what gives away a row.

    References
    ----------
    Rules on characters, case and repeats that filter text without a model: Raffel et al. (2020), "Exploring the Limits
    of Transfer Learning with a Unified Text-to-Text Transformer", JMLR, section 2.2; Rae et al. (2021), "Scaling
    Language Models: Methods, Analysis & Insights from Training Gopher", appendix A.1. That the rows set the bars is ours.

    Examples
    --------
    >>> from skbalagen import TextRules
    >>> rows = ["where is my card", "my card is late", "is my card there", "card please"]
    >>> rules = TextRules().learn(rows, ["card_arrival"] * 4)
    >>> rules.reasons(["my {} is late", "where isCARD", "card card card", "моя card"], ["card_arrival"] * 4)
    ['markup', 'case', 'repeats', 'script']
    """

    rules: Sequence[str | Callable[[str], bool]] | Callable[[str], bool] | None = None
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        if isinstance(self.rules, str) or not (
            self.rules is None or callable(self.rules) or isinstance(self.rules, Sequence)
        ):
            raise TypeError(
                f"rules of TextRules must be a list of names and callables, one callable, or None, got {self.rules!r}. "
                f"The names are {list(TEXT_RULES)}."
            )
        for rule in self._listed():
            if not callable(rule) and rule not in TEXT_RULES:
                raise ValueError(
                    f"rules of TextRules must be callables or among {list(TEXT_RULES)}, got {rule!r}. Correct the "
                    "name, or leave it out."
                )
        tolerance = self.tolerance
        if not isinstance(tolerance, Real) or isinstance(tolerance, bool) or not 0 <= tolerance < 1:
            raise ValueError(
                f"tolerance of TextRules must be a number in [0, 1), got {tolerance!r}. 0.01 is the default."
            )

    def _listed(self) -> Sequence[Any]:
        if self.rules is None:
            return TEXT_RULES
        return [self.rules] if callable(self.rules) else self.rules

    def learn(
        self, rows: Sequence[str] | np.ndarray, labels: Sequence[Any] | np.ndarray, count_tokens: Any = None
    ) -> LearnedRules:
        """Look at the real rows.

        Parameters
        ----------
        rows : sequence of str, of length n_rows
        labels : sequence of label, of length n_rows
        count_tokens : callable, default=None
            Words to the number of tokens that a model reads each of them in.

        Returns
        -------
        LearnedRules
        """
        return LearnedRules(self._listed(), self.tolerance, rows, labels, count_tokens)


def make_text_rules(text_rules: Any) -> TextRules:
    """Return what a resampler's `text_rules` means.

    Parameters
    ----------
    text_rules : TextRules, list, callable or None
        As `rules` of :class:`TextRules`, or one.
    """
    return text_rules if isinstance(text_rules, TextRules) else TextRules(text_rules)


def warn_of_malformed(streams: Iterable[Stream], *, stacklevel: int) -> None:
    """Warn once if rules refuse a large share of the candidates.

    Parameters
    ----------
    streams : iterable of Stream
        Of each class.
    stacklevel : int
        Of the warning: 2 is the caller of this function.
    """
    reasons: Counter[str] = Counter()
    n_candidates = 0
    for stream in streams:
        reasons.update(filter(None, stream.reason))
        n_candidates += sum(verdict not in ("failed", "duplicate") for verdict in stream.verdicts)
    if n_candidates < _ENOUGH:
        return
    large = {rule: n for rule, n in reasons.items() if n > _LARGE_SHARE * n_candidates}
    if large:
        listed = ", ".join(f"{rule!r} {n} of {n_candidates}" for rule, n in large.items())
        warnings.warn(
            f"text_rules refused a large share of the candidates: {listed} (expected {_LARGE_SHARE:.0%} at most). Look "
            "at candidates_ where reason names the rule; if the texts are fine, leave the rule out of text_rules, or "
            "raise the tolerance of TextRules.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
