"""The page "Which remedy when" says what the rows of the benchmarks say."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "which_remedy.md"
SCRIPTS = ("which_remedy", "recipe_tables", "recipe_names")


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in SCRIPTS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("which_remedy")
    for name in SCRIPTS:
        sys.modules.pop(name, None)


@pytest.fixture
def page():
    return PAGE.read_text(encoding="utf-8")


def prose_and_tables(page: str) -> tuple[str, str]:
    """Return what is said before the tables, and the tables."""
    said, _, tables = page.partition("\n## The tables\n")
    return said, "\n".join(line for line in tables.splitlines() if line.startswith("|"))


def test_page_has_the_tables_of_the_rows(script, page):
    assert len(re.findall(r"<!-- table: .+? -->\n\n\| \|", page)) == len(script.TABLES)
    assert script.with_tables(page) == page


def test_every_figure_that_is_quoted_stands_in_a_table(page):
    said, tables = prose_and_tables(page)
    said = re.sub(r"`[^`]*`", "", said)
    quoted = set(re.findall(r"\d+\.\d\b", said))
    in_tables = {cell.lstrip("-") for cell in re.findall(r"-?\d+\.\d\b", tables)}
    assert len(quoted) > 30
    assert quoted - in_tables == set()


def test_every_table_names_rows_that_are_there(page):
    sections = page.partition("\n## The tables\n")[2].split("\n### ")[1:]
    assert len(sections) >= 8
    for section in sections:
        files = re.findall(r"`(\w+\.jsonl?)`", section)
        assert files, section[:40]
        assert [name for name in files if not (ROOT / "benchmarks" / "results" / name).is_file()] == []


def test_every_answer_points_to_a_table(page):
    said = prose_and_tables(page)[0]
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"\]\(#([\w-]+)\)", said))
    assert linked == anchors


def test_free_remedies_are_ranked_as_the_page_says(script):
    table = script.by_classifier().drop(index=script.NAMES[script.GROWN])
    for of_it in script.CLASSIFIERS.values():
        accuracy, f1 = table[f"{of_it}: macro accuracy"], table[f"{of_it}: macro F1"]
        assert accuracy.idxmax() == "label texts + logit adjustment"
        assert f1.idxmax() == "label texts + class weights"
        assert accuracy[["random over-sampling", "SMOTE"]].max() < accuracy["class weights"]
        assert table[f"{of_it}: Brier"].idxmax() == "class weights"
        assert table[f"{of_it}: Brier"].idxmin() == "nothing"
    words = table["TF-IDF: macro accuracy"]
    assert words[["Markov chains", "word edits"]].max() < words["random over-sampling"]


def test_remedies_help_small_classes_and_take_from_large_ones(script):
    for classifier in script.CLASSIFIERS:
        gains = script.by_size(classifier)
        gains = gains.loc["label texts + logit adjustment"] - gains.loc["nothing"]
        assert gains.idxmax() == "1-5"
        assert (gains[["6-10", "11-20", "21-50"]] > 0).all()
        assert (gains[["51-100", "101-"]] < 0).all()


def test_generation_pays_for_words_and_not_for_vectors(script):
    growth, soft = script.growth(), script.soft_labels()
    assert (
        growth.loc["mean of tasks", "TF-IDF: gain"]
        > 0
        > growth.loc["mean of tasks", "sentence vectors: gain"]
    )
    assert growth["TF-IDF: gain"].idxmax() == "covidq_few"
    assert (soft["TF-IDF: worst seed"].dropna() > 0).all()
    assert abs(soft.loc["mean of tasks", "sentence vectors: gain"]) < 0.5
    assert (soft.loc["mean of tasks", "TF-IDF: gain"] > growth.loc["mean of tasks", "TF-IDF: gain"]).all()


def test_thresholds_are_worth_more_than_copies_to_several_labels(script):
    rows = pd.DataFrame(script.rows_of("multilabel.jsonl"))
    means = rows.groupby(["features", "remedy"])[["macro_f1 at 0.5", "macro_f1"]].mean()
    for _, of_it in means.groupby("features"):
        none, copies = (of_it.xs(remedy, level="remedy").iloc[0] for remedy in ("none", "copies"))
        assert none["macro_f1"] > max(none["macro_f1 at 0.5"], copies["macro_f1 at 0.5"], copies["macro_f1"])


def test_small_gains_of_generation_are_as_small_as_the_page_says(script):
    edits = script.word_edits()["TF-IDF: gain"]
    assert 1.5 <= edits["mean of tasks"] < 2.5
    assert edits.min() < 0
    adjusted = script.fine_tuned_adjusted()
    assert 0.5 < adjusted.loc["mean of tasks", "gain"] < 1.5
    assert adjusted.loc["covidq_few", "gain"] < 0.5
    grown = script.fine_tuned().loc[script.NAMES[script.GROWN], "covidq_few"]
    assert abs(adjusted.loc["covidq_few", "label texts + logit adjustment"] - grown) < 1.5
    searches = script.searches()
    assert 0.5 < searches.loc["TF-IDF", "difference"] < 1.5
    assert searches.loc["TF-IDF", "worst split"] < 0
    assert searches.loc["sentence vectors", "word edits chosen"] == "0"


def test_families_on_a_frozen_encoder_are_ranked_as_the_page_says(script):
    table = script.families().drop(columns="family")
    ahead = (table - table.loc["logit adjustment"]).min(axis=1) > 1.0
    assert ahead[ahead].index.tolist() == ["LDAM-DRW"]
    for name in ("logit-adjusted", "cRT", "class-aware"):
        assert abs(table.loc[name, "mean"] - table.loc["logit adjustment", "mean"]) < 1.0, name
    for name in ("focal", "prototype", "prior as bias", "performance"):
        assert table.loc[name, "mean"] < table.loc["plain", "mean"], name


def test_no_oversampler_of_vectors_is_ahead_of_logit_adjustment(script):
    rows = pd.DataFrame(script.rows_of("vector_samplers.jsonl"))
    wide = rows.pivot_table(index=["task", "seed"], columns="method", values="macro_accuracy").dropna(axis=1)
    means = wide.groupby("task").mean().mean()
    samplers = means.drop(["none", "class weights", "logit adjustment"])
    assert {"SMOTE", "GE3", "REPRINT"} <= set(samplers.index)
    assert samplers.max() < means["logit adjustment"]


def test_tables_are_written_where_the_page_names_them(script, monkeypatch):
    table = pd.DataFrame({"gain": [1.25, -0.04]}, index=["a", "b"])
    monkeypatch.setattr(script, "TABLES", {"made up": lambda: table})
    page = "Before\n\n<!-- table: made up -->\n\n| | old |\n|---|---|\n| a | 9 |\n\nAfter\n"
    wanted = (
        "Before\n\n<!-- table: made up -->\n\n| | gain |\n|---|---|\n| a | 1.2 |\n| b | -0.0 |\n\nAfter\n"
    )
    assert script.with_tables(page) == wanted
    assert script.with_tables(wanted) == wanted
