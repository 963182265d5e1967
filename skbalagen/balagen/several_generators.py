"""Several generators at once: whose candidates are accepted, and who is no longer asked."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

from skbalagen.balagen.stream import Stream
from skbalagen.generators.union import GeneratorUnion

__all__ = ["drop_refused", "generator_counts", "origins_of", "parts_of", "warn_of_dropped"]

# A generator is no longer asked once this many of its candidates were read and fewer than this share were accepted.
_TRIAL_CANDIDATES, _LEAST_ACCEPTANCE = 64, 0.02


def origins_of(generator: Any, label: Any, n_candidates: int) -> list[str]:
    """Return who wrote each candidate of a class: names of a union's members, else the class of the generator.

    Parameters
    ----------
    generator : TextGenerator
        That the candidates come from.
    label : label
    n_candidates : int
        That were read.
    """
    if isinstance(generator, GeneratorUnion):
        return generator.origins(label)[:n_candidates]
    return [type(generator).__name__] * n_candidates


def parts_of(generator: Any) -> list[Any]:
    """Return the fitted members of a union, or the generator itself."""
    if isinstance(generator, GeneratorUnion):
        return [part for _, part in getattr(generator, "generators_", ())]
    return [generator]


def generator_counts(union: GeneratorUnion, streams: Mapping[Any, Stream]) -> list[dict[str, Any]]:
    """Return what became of the candidates of each member.

    Returns
    -------
    list of dict
        generator (its name), n_candidates, n_accepted (by the labelers), n_generated (rows added) and dropped.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for label, stream in streams.items():
        counts.update(zip(union.origins(label), stream.verdicts, strict=False))
    return [
        {
            "generator": name,
            "n_candidates": sum(n for (origin, _), n in counts.items() if origin == name),
            "n_accepted": counts[name, "accepted"] + counts[name, "surplus"],
            "n_generated": counts[name, "accepted"],
            "dropped": name in getattr(union, "dropped_", ()),
        }
        for name, _ in union.generators
    ]


def drop_refused(union: GeneratorUnion, streams: Mapping[Any, Stream]) -> None:
    """Drop the members of whose candidates, over all classes, nearly all were refused; the best one stays.

    Parameters
    ----------
    union : GeneratorUnion
        Fitted.
    streams : mapping of label to Stream
        What was read so far.
    """
    counts = generator_counts(union, streams)
    asked = [row for row in counts if not row["dropped"]]
    best = max(asked, key=lambda row: row["n_accepted"] / max(row["n_candidates"], 1))
    for row in asked:
        n = row["n_candidates"]
        if row is not best and n >= _TRIAL_CANDIDATES and row["n_accepted"] < _LEAST_ACCEPTANCE * n:
            union.drop(row["generator"])


def warn_of_dropped(counts: list[dict[str, Any]], *, stacklevel: int) -> None:
    """Warn once of generators that are no longer asked.

    Parameters
    ----------
    counts : list of dict
        Of :func:`generator_counts`.
    stacklevel : int
        Of the warning: 2 is the caller of this function.
    """
    dropped = [row for row in counts if row["dropped"]]
    if dropped:
        listed = ", ".join(
            f"{row['generator']!r} ({row['n_accepted']} of {row['n_candidates']} accepted)" for row in dropped
        )
        warnings.warn(
            f"Some generators were no longer asked, since fewer than {_LEAST_ACCEPTANCE:.0%} of their candidates were "
            f"accepted: {listed}. The others wrote the rest. Leave them out, or look at candidates_ where generator "
            "names them.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
