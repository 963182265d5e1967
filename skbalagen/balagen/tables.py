"""What happened to each class and to each candidate, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from skbalagen.balagen.labelers import agreement_matrix, pairwise_agreement
from skbalagen.balagen.stream import Stream

__all__ = ["candidate_table", "class_table"]

# Verdicts on candidates that were shown to the labelers.
_JUDGED = ("accepted", "surplus", "leak", "near-duplicate", "rejected")


def class_table(
    sizes: Mapping[Any, int],
    targets: Mapping[Any, int],
    kept: Mapping[Any, int],
    copied: Mapping[Any, int],
    streams: Mapping[Any, Stream],
    found: Mapping[Any, Stream] | None = None,
    orders: Mapping[Any, int] | None = None,
) -> pd.DataFrame:
    """Return one row per class, in the order of `sizes`: `report_` of the resampler.

    Parameters
    ----------
    sizes, targets, kept, copied : mapping of label to int
        Rows before, rows wanted, originals that stayed, and copies.
    streams : mapping of label to Stream
        What was generated; classes that needed nothing may be missing.
    found : mapping of label to Stream, default=None
        What was taken from unlabeled texts, as another column.
    orders : mapping of label to int, default=None
        Orders of a Markov chain, as another column.

    Returns
    -------
    DataFrame of shape (n_classes, n_columns)
    """
    rows = []
    for label, size in sizes.items():
        stream = streams.get(label, Stream(0))
        n_unlabeled = len(found[label].accepted) if found and label in found else 0
        n_generated, n_kept, n_copied = len(stream.accepted), kept.get(label, 0), copied.get(label, 0)
        rows.append(
            {
                "n_before": size,
                "n_target": targets[label],
                "n_kept": n_kept,
                "n_candidates": len(stream.texts),
                "n_malformed": stream.verdicts.count("malformed"),
                "n_accepted": sum(verdict in ("accepted", "surplus") for verdict in stream.verdicts),
                "n_near_duplicates": sum(row >= 0 for row in stream.near_duplicate_of),
                "n_leaks": sum(map(bool, stream.secret)),
                "n_generated": n_generated,
                "n_unlabeled": n_unlabeled,
                "n_copied": n_copied,
                "n_after": n_kept + n_generated + n_unlabeled + n_copied,
                "n_missing": stream.missing,
                "stopped": stream.stopped,
                "agreement": pairwise_agreement(_judged_votes([stream])),
            }
        )
    table = pd.DataFrame(rows, index=pd.Index(list(sizes), name="class"))
    if not found:
        table = table.drop(columns="n_unlabeled")
    if orders is not None:
        table["order"] = [orders.get(label) for label in sizes]
    table.attrs["malformed"] = _malformed(streams)
    table.attrs["labeler_agreement"] = agreement_matrix(_judged_votes(streams.values())).tolist()
    return table


def candidate_table(
    streams_of: Mapping[str, Mapping[Any, Stream]], origins: Callable[[Any, int], list[str]]
) -> pd.DataFrame:
    """Return one row per candidate.

    Parameters
    ----------
    streams_of : mapping of {source: {label: Stream}}
        The sources are "unlabeled" and "generated".
    origins : callable
        Label and number of candidates to the names of the generators that wrote them.

    Returns
    -------
    DataFrame of shape (n_candidates, 10)
        text, label, votes (list of bool), confidence, verdict, reason, near_duplicate_of (row number, -1 for none),
        secret, source and generator ("" for unlabeled texts).
    """
    names = ["text", "label", "votes", "confidence", "verdict", "reason", "near_duplicate_of", "secret"]
    names += ["source", "generator"]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for source, streams in streams_of.items():
        for label, stream in streams.items():
            columns["text"] += stream.texts
            columns["label"] += [label] * len(stream.texts)
            columns["votes"] += [votes.tolist() for votes in stream.votes]
            columns["confidence"] += stream.confidence
            columns["verdict"] += stream.verdicts
            columns["reason"] += stream.reason
            columns["near_duplicate_of"] += stream.near_duplicate_of
            columns["secret"] += stream.secret
            n = len(stream.texts)
            columns["source"] += [source] * n
            columns["generator"] += origins(label, n) if source == "generated" else [""] * n
    types = {"confidence": float, "near_duplicate_of": int}
    return pd.DataFrame(
        {name: pd.Series(values, dtype=types.get(name, object)) for name, values in columns.items()}
    )


def _malformed(streams: Mapping[Any, Stream]) -> dict[str, dict[Any, int]]:
    """Return {rule: {label: refused candidates}}, without zeros."""
    counts: dict[str, dict[Any, int]] = {}
    for label, stream in streams.items():
        for rule, n in Counter(filter(None, stream.reason)).items():
            counts.setdefault(rule, {})[label] = n
    return counts


def _judged_votes(streams: Iterable[Stream]) -> np.ndarray:
    """Return the votes on all candidates that were shown to the labelers, (n_candidates, n_labelers)."""
    votes = [
        vote
        for stream in streams
        for vote, verdict in zip(stream.votes, stream.verdicts, strict=True)
        if verdict in _JUDGED
    ]
    return np.array(votes, dtype=bool) if votes else np.zeros((0, 0), dtype=bool)
