"""Cases of `fuzz.py` for policies, metrics and files."""

from __future__ import annotations

import csv
import io
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import fuzz_input as given
import numpy as np
import pandas as pd
from fuzz_oracle import expect, may_refuse, must_refuse

import skbalagen as sb
from skbalagen import metrics
from skbalagen._utils.table_files import read_table, write_table
from skbalagen.datasets import load_csv, make_long_tailed

__all__ = ["DATA_CASES"]

Rng = np.random.Generator
pick = given.pick


def policies_want_what_they_say(rng: Rng) -> None:
    """Targets lie in the band, name every class, and never fall for classes below it; bad input is refused."""
    labels = given.labels(rng, int(rng.integers(2, 60)), int(rng.integers(2, 9)))
    sizes = Counter(labels)
    low = float(rng.uniform(0, 300))
    policy = sb.PercentilePolicy(beta_low=low, beta_high=float(rng.uniform(0, max(0, 100 - low))))
    targets, (b_low, b_high) = policy(given.wrapped(rng, labels)), policy.band(labels)
    expect(targets.keys() == sizes.keys() and b_low <= b_high, f"{targets} for {sizes}")
    for label, n in targets.items():
        expect(n == min(max(sizes[label], np.floor(b_low + 0.5)), np.floor(b_high + 0.5)), f"{label!r}: {n}")
    bad = given.bad_labels(rng, labels, rows=False, classes=False)
    must_refuse(lambda: policy(bad), f"y={bad!r:.200}")
    for beta in (None, "x", -1, float("nan"), [1], 10**9):
        must_refuse(lambda beta=beta: sb.PercentilePolicy(beta_low=beta), f"beta_low={beta!r}")
        must_refuse(lambda beta=beta: sb.PercentilePolicy(beta_low=0, beta_high=beta), f"beta_high={beta!r}")
    for n in (None, "x", -1, 1.5, True, float("nan")):
        must_refuse(lambda n=n: sb.AugmentOnlyPolicy(n_rows=n), f"n_rows={n!r}")


def metrics_agree_with_counts(rng: Rng) -> None:
    """Accuracies are what counting gives; measures are in range; broken labels are refused."""
    labels = given.labels(rng, int(rng.integers(2, 50)), int(rng.integers(2, 6)))
    pool = list(dict.fromkeys(labels))
    predicted = [pick(rng, pool) if rng.random() < 0.5 else label for label in labels]
    y, p = given.wrapped(rng, labels), given.wrapped(rng, predicted)
    pairs = list(zip(labels, predicted, strict=True))
    micro = np.mean([a == b for a, b in pairs])
    recalls = {c: np.mean([a == b for a, b in pairs if a == c]) for c in pool}
    expect(abs(metrics.micro_accuracy(y, p) - micro) < 1e-9, "micro accuracy")
    expect(abs(metrics.macro_accuracy(y, p) - np.mean(list(recalls.values()))) < 1e-9, "macro accuracy")
    found = metrics.class_accuracy(y, p)
    expect(
        found.keys() == recalls.keys() and all(abs(found[c] - recalls[c]) < 1e-9 for c in pool), f"{found}"
    )
    expect(0 <= metrics.balance_ratio(y) <= 1 and metrics.imbalance_ratio(y) >= 1, "balance")
    expect(0 <= metrics.mcnemar(y, p, p).p_value <= 1, "McNemar")
    proba = rng.dirichlet(np.ones(len(pool)), size=len(labels))
    expect(0 <= metrics.brier_score(y, proba, labels=pool) <= 2, "Brier")
    expect(0 <= metrics.expected_calibration_error(y, proba, labels=pool) <= 1, "calibration")
    X = given.texts(rng, 6)
    expect(0 <= metrics.novelty(X, X[:2]) <= 1 and 0 < metrics.distinct_n(X, 1) <= 1, "novelty")
    expect(
        ((metrics.nearest_similarity(X, X[:3]) >= 0) & (metrics.new_ngrams(X, X[:2]) <= 1)).all(),
        "similarity",
    )
    bad = given.bad_labels(rng, labels, classes=False)
    must_refuse(lambda: metrics.macro_accuracy(labels, bad), f"y_pred={bad!r:.200}")
    must_refuse(lambda: metrics.brier_score(bad, proba, labels=pool), f"y_true={bad!r:.200}")
    broken = pick(rng, ["text", [], [None], 3, None, [3], [b"a"]])
    must_refuse(lambda: metrics.novelty(broken, X), f"texts={broken!r}")
    must_refuse(lambda: metrics.new_ngrams(X, broken), f"reference={broken!r}")
    must_refuse(lambda: metrics.distinct_n(X, pick(rng, [0, -1, None, "x", 1.5])), "n")
    must_refuse(
        lambda: metrics.paired_test([0.1, 0.2], pick(rng, [[0.1], None, "ab", [0.1, np.nan], [], [None, 1]])),
        "scores",
    )


def files_come_back_as_they_are(rng: Rng) -> None:
    """Every cell of a table is read as it was written, and damaged bytes are refused or read, not worse."""
    n = int(rng.integers(1, 12))
    texts = given.texts(rng, n)
    names = [str(label) for label in given.labels(rng, n + 1, 4)][:n]
    sep = pick(rng, [",", "\t", ";"])
    written = io.StringIO(newline="")
    writer = csv.writer(
        written, delimiter=sep, lineterminator=pick(rng, ["\n", "\r\n"]), quoting=csv.QUOTE_ALL
    )
    writer.writerows([("text", "label"), *zip(texts, names, strict=True)])
    content = written.getvalue().encode()
    with tempfile.TemporaryDirectory(prefix="skbalagen-fuzz-") as folder:
        path = Path(folder, "rows.csv")
        path.write_bytes(content)
        X, y = load_csv(path, sep=sep)
        expect((X.tolist(), y.tolist()) == (texts, names), "load_csv changed a cell")
        table = read_table(str(path), sep=sep)
        expect((list(table["text"]), list(table["label"])) == (texts, names), "read_table changed a cell")
        for ending in ("csv", "tsv", "jsonl"):
            copy = str(Path(folder, f"copy.{ending}"))
            write_table(pd.DataFrame({"text": texts, "label": names}, dtype=object), copy)
            again = read_table(copy)
            expect((list(again["text"]), list(again["label"])) == (texts, names), f"{ending} changed a cell")
        damaged = bytearray(content)
        for _ in range(int(rng.integers(1, 5))):
            damaged[int(rng.integers(len(damaged)))] = int(rng.integers(256))
        path.write_bytes(bytes(damaged[: int(rng.integers(1, len(damaged) + 1))]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            may_refuse(lambda: load_csv(path, sep=sep, drop_empty=bool(rng.integers(2))))
            may_refuse(lambda: read_table(str(path), sep=sep))


def long_tails_are_thinned(rng: Rng) -> None:
    """Rows of a long tail are rows that were there, each once; bad input is refused."""
    labels = given.labels(rng, int(rng.integers(2, 60)), int(rng.integers(2, 6)))
    y = given.wrapped(rng, labels)
    rows = make_long_tailed(labels, y, ratio=float(rng.uniform(1, 50)), random_state=int(rng.integers(9)))
    expect(rows.tolist() == sorted(set(rows.tolist())) and rows.max() < len(labels), "rows")
    expect(len({labels[row] for row in rows}) == len(set(labels)), "a class is gone")
    bad = given.bad_labels(rng, labels, classes=False)
    must_refuse(lambda: make_long_tailed(labels, bad, ratio=2, random_state=0), f"y={bad!r:.200}")
    for ratio in (None, "x", 0, float("nan"), -1, [2]):
        must_refuse(
            lambda ratio=ratio: make_long_tailed(labels, labels, ratio=ratio, random_state=0),
            f"ratio={ratio!r}",
        )


DATA_CASES = (
    policies_want_what_they_say,
    metrics_agree_with_counts,
    files_come_back_as_they_are,
    long_tails_are_thinned,
)
