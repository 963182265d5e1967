"""The figures on the page about text quality are those of the judgements and counts in benchmarks/results."""

from __future__ import annotations

import json
import re
import runpy
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "text_quality.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks" / "results"


def rows(name):
    return [json.loads(line) for line in (RESULTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def cells(start):
    """Return the numbers of the table line that starts so."""
    line = re.search(rf"^\| {re.escape(start)} \|(.*)$", PAGE, re.MULTILINE)
    return [float(cell) for cell in re.findall(r"[\d.]+", line[1].replace(",", ""))]


def shares(items):
    judged = [item["judged"] for item in items]
    both = [answer["fluent"] and answer["right"] for answer in judged]
    answers = [[answer[name] for answer in judged] for name in ("fluent", "right", "new")]
    return [
        len(judged),
        *(100 * np.mean(part) for part in (*answers, both, [all(a.values()) for a in judged])),
    ]


def test_shares_are_those_of_the_judgements():
    items = rows("read_sample")
    made = [item for item in items if not item["hidden"]["real"]]
    fine = [item for item in made if not item["hidden"]["reason"]]
    for start, group in {
        "accepted by the labelers": [item for item in made if item["hidden"]["unfiltered"]],
        "… and by the rules (the default)": fine,
        "… and with `margin=0.2`": [item for item in fine if item["hidden"]["margin"] >= 0.2],
        "real rows": [item for item in items if item["hidden"]["real"]],
    }.items():
        assert cells(start) == pytest.approx(shares(group), abs=0.51), start
    small = [item["judged"]["right"] for item in fine if item["hidden"]["margin"] < 0.2]
    assert f"In the reading, {100 * np.mean(small):.0f} % of the {len(small)} texts" in PAGE


def test_rules_fire_and_are_right_as_often_as_counted():
    counts = rows("text_rules")
    n, n_real = (sum(row[name] for row in counts) for name in ("n_accepted", "n_real"))
    assert f"({n:,} texts)" in PAGE
    assert f"rows ({n_real:,})" in PAGE
    refused, real = (
        sum((Counter(row[name]) for row in counts), Counter()) for name in ("refused", "real_refused")
    )
    read = [
        item for name in ("read_sample", "read_refused") for item in rows(name) if item["hidden"]["reason"]
    ]
    for rule in ("markup", "case", "words", "repeats"):
        fluent = [item["judged"]["fluent"] for item in read if item["hidden"]["reason"] == rule]
        wanted = [100 * refused[rule] / n, 100 * real[rule] / n_real, len(fluent), len(fluent) - sum(fluent)]
        assert cells(rule) == pytest.approx(wanted, abs=0.0051), rule
    wrong = sum(not item["judged"]["fluent"] for item in read)
    wanted = [
        100 * refused.total() / n,
        100 * real.total() / n_real,
        len(read),
        wrong,
        100 * wrong / len(read),
    ]
    assert cells("all") == pytest.approx(wanted, abs=0.51)


@pytest.mark.parametrize("margin", ["0.1", "0.2", "0.3"])
def test_margins_leave_what_was_counted(margin):
    left = [row["margins"][margin] for row in rows("text_rules")]
    wanted = [
        100 * np.mean([row[name] for row in left]) for name in ("accepted", "real, right", "real, wrong")
    ]
    assert cells(margin) == pytest.approx(wanted, abs=0.51)


def test_areas_are_those_of_the_rows():
    for row in rows("second_opinion"):
        assert cells(row["task"]) == [row["test rows"][name] for name in ("margin", "ratio", "both")]


@pytest.mark.parametrize(
    ("task", "area", "fluent", "left"), [("shop", 0.71, 37, 42), ("banking15_few", 0.75, 66, 83)]
)
def test_likelihood_tells_fluent_texts_as_written(task, area, fluent, left):
    items = [item for item in rows("read_likelihood") if item["task"] == task]
    judged = np.array([item["fluent"] for item in items])
    per_token = np.array([item["log_likelihood"] / item["n_tokens"] for item in items])
    assert roc_auc_score(judged, per_token) == pytest.approx(area, abs=0.0051)
    assert 100 * judged.mean() == pytest.approx(fluent, abs=0.51)
    assert 100 * judged[per_token >= np.quantile(per_token, 0.3)].mean() == pytest.approx(left, abs=0.51)
    assert f"{area} ({task}, {fluent} % fluent)" in " ".join(PAGE.split())


def test_the_tables_of_the_likeliest_are_those_of_their_rows(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    tables = runpy.run_path(str(ROOT / "benchmarks" / "likeliest.py"))["make_tables"](
        RESULTS / "likeliest.jsonl"
    )
    for table in tables.split("\n\n"):
        assert table in PAGE


def test_the_likeliest_are_as_good_together_as_written():
    read = [row for row in rows("likeliest") if "n_read" in row]
    n = [row["n_read"] for row in read]
    sentence = " ".join(PAGE[PAGE.index(f"Of the {sum(n)} texts together") :].split())
    for best_of, words in {
        "1": "{} % are fluent, {} % right and {} % all three",
        "2": "of the likelier of two {}, {} and {} %",
        "4": "of the likeliest of four {}, {} and {} %",
    }.items():
        shares = [
            f"{100 * np.average([row['shares'][best_of][name] for row in read], weights=n):.0f}"
            for name in ("fluent", "right", "all three")
        ]
        assert words.format(*shares) in sentence


def test_the_table_of_settings_is_that_of_the_judgements():
    benchmark = runpy.run_path(str(ROOT / "benchmarks" / "read_settings.py"))
    assert benchmark["make_table"](rows("read_settings")) in PAGE
    judged = {
        name: {"fluent": True, "right": True, "new": name == "best of 4"} for name in benchmark["SETTINGS"]
    }
    items = [{"hidden": {"setting": name}, "judged": judged[name]} for name in judged]
    items.append(items[0] | {"judged": {"fluent": False, "right": True, "new": True}})
    lines = benchmark["make_table"](items).splitlines()
    assert lines[2] == "| temperature 1 | 2 | 50 % | 100 % | 50 % | 0 % |"
    assert lines[-1] == "| best of 4 | 1 | 100 % | 100 % | 100 % | 100 % |"


def test_the_likeliest_of_a_few_is_chosen_within_its_class(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    benchmark = runpy.run_path(str(ROOT / "benchmarks" / "likeliest.py"))
    pool = SimpleNamespace(classes=["a", "b"], labels=np.array(["a", "b", "a", "a", "b", "a", "a"]))
    scores = np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 1.0])
    # Of class a the pairs 0, 2 and 3, 5; its last one has no partner. Of class b the pair 1, 4.
    assert benchmark["first_of"](pool, scores, 2).tolist() == [2, 3, 1]
