"""Runs of the benchmark: rows, resuming, the command line."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import effective_n_jobs, parallel_config
from sklearn.linear_model import LogisticRegression

from skbalagen.benchmark import load_split, read_rows, run, runner
from skbalagen.benchmark.__main__ import main
from skbalagen.benchmark.methods import CLASSIFIERS, KnownTexts


def test_run_writes_a_row_each_and_goes_on_where_it_stopped(data):
    output = data / "results" / "rows.jsonl"
    names = ["none", "class-weights", "logit-adjustment", "ros", "rus", "smote", "markov"]
    arguments = (["colours"], names, ["tfidf"], [0, 1], output)
    run(*arguments, progress=None)
    rows = read_rows(output)
    keys = [(r["method"], r["classifier"], r["seed"]) for r in rows]
    assert len(keys) == len(set(keys)) == 7 * 2
    row = next(r for r in rows if r["method"] == "markov" and r["seed"] == 0)
    split = load_split("colours", 0)
    assert len(row["correct"]) == len(split.y_test)
    assert row["micro"] == pytest.approx(row["correct"].count("1") / len(split.y_test))
    assert row["macro"] == pytest.approx(np.mean(list(row["class_accuracy"].values())), abs=1e-4)
    assert row["n_generated"] + row["n_copied"] == 5 * 80 - 137
    assert row["n_resampled"] == 5 * 80
    assert row["sizes"] == {"red": 80, "blue": 32, "green": 16, "grey": 8, "pink": 1}
    assert row["versions"]["scikit-learn"]

    lines = output.read_text().splitlines()
    output.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:50])  # killed while it wrote
    said = []
    run(*arguments, progress=said.append)
    assert len(said) == 1
    assert len(read_rows(output)) == len(lines)
    output.write_text(lines[0][:50])  # in its first line
    run(["colours"], names[:1], ["tfidf"], [0], output, progress=None)
    assert len(read_rows(output)) == 1


def without_times(path):
    """The rows of a file in one order, without what a clock and a process's memory say."""
    rows = [
        {k: v for k, v in row.items() if not k.endswith("_seconds") and k != "peak_memory_gb"}
        for row in read_rows(path)
    ]
    return sorted(rows, key=lambda row: (row["seed"], row["method"]))


def test_rows_are_the_same_for_any_number_of_workers(data, monkeypatch):
    arguments = (["colours"], ["none", "ros", "rus"], ["tfidf"], [0, 1])
    run(*arguments, data / "one.jsonl", progress=None)
    cells, run_cell = [], runner._run_cell

    def noted(task, seed, method, classifiers, **options):
        cells.append((task, seed, method))
        return run_cell(task, seed, method, classifiers, **options)

    monkeypatch.setattr(runner, "_run_cell", noted)
    with parallel_config(backend="threading"):
        run(*arguments, data / "three.jsonl", n_jobs=3, progress=None)
    assert without_times(data / "three.jsonl") == without_times(data / "one.jsonl")
    assert sorted(cells) == [("colours", seed, m) for seed in (0, 1) for m in ("none", "ros", "rus")]


def test_rows_are_written_as_soon_as_their_cell_is_done(data):
    def stop(line):
        raise KeyboardInterrupt

    output = data / "rows.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(["colours"], ["none", "ros"], ["tfidf"], [0], output, progress=stop)
    assert [row["method"] for row in read_rows(output)] == ["none"]


def test_a_worker_process_has_one_thread_and_starts_no_workers(data, monkeypatch):
    wanted = []
    monkeypatch.setattr(torch, "set_num_threads", wanted.append)
    options = {"memory": None, "run": "this", "parent": os.getpid()}
    seen = []
    monkeypatch.setattr(
        runner,
        "fit_and_score",
        lambda *_: seen.append(effective_n_jobs(2)) or {"micro": 0, "macro": 0, "fit_seconds": 0},
    )
    runner._run_cell("colours", 0, "none", ["tfidf"], **options)
    assert (wanted, seen) == ([], [2])
    runner._run_cell("colours", 0, "none", ["tfidf"], **options | {"parent": os.getpid() + 1})
    assert (wanted, seen) == ([1], [2, 1])


def test_cells_of_a_split_share_their_vectors_and_those_of_another_do_not(data, monkeypatch):
    kept = []
    monkeypatch.setattr(runner, "remember_vectors", lambda vectors: kept.append(vectors) or nullcontext())
    run(["colours"], ["none", "ros"], ["tfidf"], [0, 1], data / "rows.jsonl", progress=None)
    assert kept[0] is kept[1]
    assert kept[2] is kept[3]
    assert kept[0] is not kept[2]


class HalfWeights:
    """Add a text to each class, at half the weight, and report it."""

    def fit_resample(self, X, y):
        classes = np.unique(y)
        self.sample_weight_ = np.concatenate([np.ones(len(y)), np.full(len(classes), 0.5)])
        self.report_ = pd.DataFrame(
            dict.fromkeys(["n_candidates", "n_accepted", "n_generated"], 1), index=classes
        )
        self.report_["n_copied"] = 0
        new = np.array([[f"new {label}"] for label in classes], dtype=object)
        return np.concatenate([X, new]), np.concatenate([y, classes])


def test_weights_and_report_of_the_resampler_reach_the_classifier_and_the_row(data, monkeypatch):
    seen = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression,
        "fit",
        lambda self, X, y, sample_weight=None: seen.append(sample_weight) or fit(self, X, y, sample_weight),
    )
    monkeypatch.setattr(runner, "make_resampler", lambda name, **_: HalfWeights() if name else None)
    run(["colours"], ["none", "balagen"], ["tfidf"], [0], data / "weights.jsonl", progress=None)
    row = read_rows(data / "weights.jsonl")[1]
    assert (row["n_candidates"], row["n_accepted"], row["n_generated"], row["n_copied"]) == (5, 5, 5, 0)
    assert row["n_resampled"] == row["n_train"] + 5 == 142
    n_fits = len(CLASSIFIERS["tfidf"]["C"])
    assert seen[0].tolist() == [1.0] * 137
    assert seen[n_fits].tolist() == [1.0] * 137 + [0.5] * 5


def test_labels_are_rows_before_the_texts_are_resampled(data, monkeypatch):
    class Labels:
        def __init__(self, encoder):
            assert isinstance(encoder, KnownTexts)

        def fit_resample(self, X, y):
            return np.append(X, "pink"), np.append(y, "pink")

    monkeypatch.setattr(runner, "LabelTextOverSampler", Labels)
    run(["colours"], ["label-texts", "label-texts+ros"], ["tfidf"], [0], data / "rows.jsonl", progress=None)
    rows = read_rows(data / "rows.jsonl")
    assert [row["n_resampled"] for row in rows] == [138, 400]
    assert rows[0]["n_train"] == 137


def test_a_name_with_an_error_is_refused_before_any_work(data):
    output = data / "rows.jsonl"
    with pytest.raises(ValueError, match="got 'magic'"):
        run(["colours"], ["none", "magic"], ["tfidf"], [0], output, progress=None)
    assert not output.exists()


def test_smote_is_left_out_where_there_are_no_vectors(data):
    run(["colours"], ["smote"], ["encoder"], [0], data / "rows.jsonl", progress=None)
    assert not (data / "rows.jsonl").exists()


def test_command_line_prints_the_tables(data, capsys):
    output = data / "rows.jsonl"
    assert (
        main(
            [
                "--tasks",
                "colours",
                "--methods",
                "none",
                "--classifiers",
                "tfidf",
                "--seeds",
                "1",
                "--output",
                str(output),
            ]
        )
        == 0
    )
    assert "tfidf, macro, percent" in capsys.readouterr().out
    assert json.loads(output.read_text().splitlines()[0])["task"] == "colours"


def test_command_line_compares_with_the_best_free_remedies_from_rows_alone(data, capsys):
    def row(task, method, macro):
        return (
            {"task": task, "classifier": "tfidf", "seed": 0, "method": method, "correct": "10"}
            | dict.fromkeys(("macro", "micro", "macro_f1"), macro)
            | {"class_accuracy": {"a": macro}, "sizes": {"a": 3}}
        )

    rows = [row("t", "none", 0.5), row("u", "none", 0.6), row("t", "ros", 0.7), row("u", "ros", 0.5)]
    rows += [row("t", "balagen+logit-adjustment", 0.9), row("u", "balagen+logit-adjustment", 0.8)]
    output = data / "rows.jsonl"
    output.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["--tables-only", "--output", str(output), "--classifiers", "tfidf"]) == 0
    shown = capsys.readouterr().out
    of_each = shown.split("against the best free remedy of each task")[1]
    assert "| t | ros | 70.0 | 90.0 | 20.0 |" in of_each
    assert "| u | none | 60.0 | 80.0 | 20.0 |" in of_each
    single = shown.split("against the best single free remedy")[1]
    assert "| u | ros | 50.0 | 80.0 | 30.0 |" in single
