"""The pages quote what the benchmark of generators and the measure of model sizes wrote, and these count as they say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skbalagen.benchmark import Split

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
GUIDE = ROOT / "docs" / "user_guide"


@pytest.fixture(scope="module")
def generators():
    return runpy.run_path(str(ROOT / "benchmarks" / "generators.py"))


@pytest.fixture(scope="module")
def sizes():
    return runpy.run_path(str(ROOT / "benchmarks" / "model_sizes.py"))


def test_the_page_of_generators_has_the_tables_of_their_rows(generators):
    tables = generators["make_table"](RESULTS / "generators.jsonl").split("\n\n")
    page = (GUIDE / "generators.md").read_text(encoding="utf-8")
    assert len(tables) == 4
    assert [table for table in tables if table not in page] == []


@pytest.mark.parametrize(
    "name",
    [
        "embedding substitution",
        "back-translation by rules",
        "masked language model",
        "sentence shuffle",
        "sentence insertion",
        "prompt, as a list",
        "prompt, as a message",
        "endpoint",
    ],
)
def test_each_new_generator_has_rows_of_three_tasks(name):
    rows = map(json.loads, (RESULTS / "generators.jsonl").read_text(encoding="utf-8").splitlines())
    assert len({row["task"] for row in rows if row["generator"] == name}) >= 3


def test_the_page_says_how_well_the_makeshift_masked_model_reads():
    row = json.loads((RESULTS / "masked_lm_model.jsonl").read_text(encoding="utf-8"))
    page = (GUIDE / "generators.md").read_text(encoding="utf-8")
    assert f"perplexity {row['perplexity']:.0f} of masked tokens" in page
    assert f"on {row['n_texts']:,} short texts" in page
    assert round(row["cpu_seconds"] / 60) == 6


def test_a_machine_without_apertium_leaves_its_rows_out(generators, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    for variable in generators["FROM_FOLDERS"]:
        monkeypatch.delenv(variable, raising=False)
    planned = generators["planned"]()
    assert set(planned) == {*generators["LONG"], *generators["SHORT"]}
    assert {"back-translation by rules", "masked language model"}.isdisjoint(planned["clinc15_few"])


def test_apertium_is_given_a_line_per_text(generators, monkeypatch):
    def run(command, *, input, **_):
        assert command == ["apertium", "-u", "eng-spa"]
        return SimpleNamespace(stdout=input.upper())

    monkeypatch.setattr("subprocess.run", run)
    assert generators["apertium"]("eng-spa")(["a\nb", "c"]) == ["A B", "C"]


def test_the_page_of_larger_models_has_the_table_of_what_was_measured(sizes):
    table = sizes["make_table"](RESULTS / "model_sizes.jsonl")
    assert table in (GUIDE / "larger_models.md").read_text(encoding="utf-8")


def test_estimates_grow_with_the_parameters(sizes, tmp_path):
    measured = [
        {"use": "low-rank", "dtype": "bfloat16", "peak_gb": 2.0},
        {"use": "full", "dtype": "bfloat16", "peak_gb": 4.0},
        {"use": "prompt", "dtype": "float32", "peak_gb": 1.0},
    ]
    shared = {
        "model": "SmolLM2-135M-Instruct",
        "parameters": 181_000_000,
        "fit_cpu_seconds": 10.0,
        "sample_cpu_seconds": 5.0,
    }
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(shared | row) for row in measured), encoding="utf-8")
    lines = sizes["make_table"](path).splitlines()
    assert lines[2] == "| SmolLM2-135M-Instruct, measured | low-rank | 2.0 GB | 10 s | 5 s |"
    # Twice the parameters: 181 million more, of 2, 16 and 4 bytes.
    assert lines[5:8] == [
        "| SmolLM2-360M, estimated | low-rank | 2 GB | 20 s | 10 s |",
        "| SmolLM2-360M, estimated | full | 7 GB | 20 s | 10 s |",
        "| SmolLM2-360M, estimated | prompt | 2 GB |  | 10 s |",
    ]


def make_split():
    X = np.array(["my card is lost", "a lost card", "hello you"], dtype=object)
    y = np.array(["lost", "lost", "greeting"], dtype=object)
    return Split(X, y, X[:0], y[:0], X, y, X[:0], y[:0])


def test_novelty_is_the_share_of_words_that_no_row_of_the_class_has(generators):
    # "is" and "card" are words of the class; "gone", and "hello" of the other class, are not.
    assert generators["novelty"](make_split(), ["card is gone", "hello"], ["lost", "lost"]) == 0.5
    assert generators["novelty"](make_split(), [], []) is None


def test_new_texts_are_neither_failed_nor_repeats(generators):
    streams = {"lost": ["My card is  lost", None, "card gone", "Card gone"], "greeting": ["card gone", "hi"]}
    assert generators["new_texts"](make_split(), streams, keep_copies=False) == (
        ["card gone", "hi"],
        ["lost", "greeting"],
    )
    texts, _ = generators["new_texts"](
        make_split(), {"lost": ["a lost card", "a lost card"]}, keep_copies=True
    )
    assert texts == ["a lost card"] * 2
