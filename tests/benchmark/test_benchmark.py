"""The benchmark on small made-up data: splits, rows, resuming, tables."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skbalagen.benchmark import (
    as_markdown,
    chosen_on_validation,
    comparison_table,
    load_split,
    read_rows,
    run,
    size_table,
    summary_table,
)
from skbalagen.benchmark.__main__ import main
from skbalagen.benchmark.methods import make_resampler, make_vector_sampler
from skbalagen.benchmark.tasks import TASKS, Task


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Five classes of 100, 40, 20, 10 and 1 rows, in a folder that SKBALAGEN_DATA names."""
    sizes = {"red": 100, "blue": 40, "green": 20, "grey": 10, "pink": 1}
    lines = [
        f"the colour {c} number {i} {'or not' * (i % 2)},{c},{'train' if i % 5 else 'test'}"
        for c, n in sizes.items()
        for i in range(n)
    ]
    (tmp_path / "colours.csv").write_text("\n".join(["text,label,split", *lines, ",red,train"]))
    monkeypatch.setenv("SKBALAGEN_DATA", str(tmp_path))
    monkeypatch.setitem(TASKS, "colours", Task("colours"))
    return tmp_path


def test_split_is_80_10_10_stratified_and_a_function_of_its_seed(data):
    split = load_split("colours", 0)
    parts = [(split.X_train, split.y_train), (split.X_valid, split.y_valid), (split.X_test, split.y_test)]
    assert [len(X) for X, _ in parts] == [137, 17, 17]
    assert Counter(split.y_train) == {"red": 80, "blue": 32, "green": 16, "grey": 8, "pink": 1}
    texts = [text for X, _ in parts for text in X]
    assert len(set(texts)) == len(texts) == 171
    assert all(c in text for X, y in parts for text, c in zip(X, y, strict=True))
    assert len(split.X_rest) == len(split.y_rest) == 0
    assert (load_split("colours", 0).X_test == split.X_test).all()
    assert (load_split("colours", 1).X_test != split.X_test).any()


def test_own_split_and_drawn_classes(data, monkeypatch):
    monkeypatch.setitem(TASKS, "own", Task("colours", own_split=True, n_classes=3))
    split = load_split("own", 0)
    assert set(split.y_train) == set(split.y_test) == {"red", "grey"}  # pink has a test row alone: left out
    assert all(int(text.split()[4]) % 5 == 0 for text in split.X_test)
    assert all(int(text.split()[4]) % 5 for text in [*split.X_train, *split.X_valid])


def test_texts_that_are_their_label_are_not_scored(data, monkeypatch):
    lines = [
        f"{text},{c},{part}"
        for c in ("a_dog", "cat")
        for part in ("train", "val", "test")
        for text in (f"{part} {c}", "A dog", "cat")
    ]
    (data / "pets.csv").write_text("\n".join(["text,label,split", *lines]))
    monkeypatch.setitem(TASKS, "pets", Task("pets", own_split=True))
    split = load_split("pets", 0)
    assert split.X_test.tolist() == ["test a_dog", "cat", "test cat", "A dog"]
    assert "A dog" not in split.X_valid[split.y_valid == "a_dog"]
    assert "A dog" in split.X_train[split.y_train == "a_dog"]


@pytest.mark.parametrize(
    ("imbalance", "sizes"),
    [
        ("step", [10, 10, 80, 80]),
        ("linear", [8, 32, 56, 80]),
        ("long-tailed", [8, 17, 37, 80]),
    ],
)
def test_made_imbalance_has_the_sizes_asked_for(tmp_path, monkeypatch, imbalance, sizes):
    lines = [f"text {i} of {c},{c}," for c in "abcd" for i in range(100)]
    (tmp_path / "even.csv").write_text("\n".join(["text,label,split", *lines]))
    ratio = 8 if imbalance == "step" else 10
    monkeypatch.setitem(TASKS, "even", Task("even", imbalance=imbalance, ratio=ratio, mu=0.5))
    split = load_split("even", 3, data=tmp_path)
    assert sorted(Counter(split.y_train).values()) == sizes
    assert set(Counter(split.y_test).values()) == {10}
    assert len({*split.X_train, *split.X_rest}) == len(split.X_train) + len(split.X_rest) == 320
    assert all(c in text.split() for text, c in zip(split.X_rest, split.y_rest, strict=True))


def test_data_that_are_not_there_are_named(monkeypatch):
    monkeypatch.delenv("SKBALAGEN_DATA", raising=False)
    with pytest.raises(
        FileNotFoundError, match=r"atis.csv was not found in SKBALAGEN_DATA, which is not set"
    ):
        load_split("atis", 0)


def test_methods_are_made_from_their_names():
    resampler = make_resampler("balagen:beta_low=95,min_votes=all,generator__epochs=2", seed=3, memory=None)
    assert (resampler.beta_low, resampler.min_votes, resampler.generator.epochs) == (95, "all", 2)
    assert resampler.random_state == 3
    markov = make_resampler("markov:beta_low=50", seed=0, memory=None)
    assert (type(markov.generator).__name__, markov.beta_low, markov.labelers) == (
        "MarkovChainGenerator",
        50,
        [],
    )
    assert make_resampler("none", seed=0, memory=None) is None
    with pytest.raises(ValueError, match="method must be none, class-weights, smote"):
        make_resampler("magic", seed=0, memory=None)


def test_generated_rows_alone(data):
    split = load_split("colours", 0)
    method = "generated-only:generator=eda,labelers=[],n_rows=5"
    X, y = make_resampler(method, seed=0, memory=None).fit_resample(split.X_train, split.y_train)
    assert not set(X) & set(split.X_train)
    assert set(Counter(y).values()) == {5}
    assert set(y) == set(split.y_train)


def test_smote_copies_classes_of_one_row_first():
    y = np.array(["a"] * 9 + ["b"])
    X = np.arange(20.0).reshape(10, 2)
    for sampler in make_vector_sampler("smote", y, 0):
        X, y = sampler.fit_resample(X, y)
    assert Counter(y) == {"a": 9, "b": 9}


def test_run_writes_a_row_each_and_goes_on_where_it_stopped(data):
    output = data / "results" / "rows.jsonl"
    methods = ["none", "class-weights", "ros", "rus", "smote", "markov"]
    arguments = (["colours"], methods, ["tfidf", "tfidf-tuned"], [0, 1], output)
    run(*arguments, progress=None)
    rows = read_rows(output)
    keys = [(r["method"], r["classifier"], r["seed"]) for r in rows]
    assert len(keys) == len(set(keys)) == 6 * 2 * 2
    row = next(r for r in rows if r["method"] == "markov" and r["seed"] == 0)
    split = load_split("colours", 0)
    assert len(row["correct"]) == len(split.y_test)
    assert row["micro"] == pytest.approx(row["correct"].count("1") / len(split.y_test))
    assert row["macro"] == pytest.approx(np.mean(list(row["class_accuracy"].values())), abs=1e-4)
    assert row["added"] + row["copied"] == 5 * 80 - 137
    assert row["n_resampled"] == 5 * 80
    assert row["versions"]["scikit-learn"]

    lines = output.read_text().splitlines()
    output.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:50])  # killed while it wrote
    said = []
    run(*arguments, progress=said.append)
    assert len(said) == 1
    assert len(read_rows(output)) == len(lines)


def test_summary_table_by_hand():
    rows = [
        {"task": t, "method": m, "classifier": "tfidf", "seed": s, "macro": v}
        for t, m, s, v in [
            ("a", "none", 0, 0.5),
            ("a", "none", 1, 0.7),
            ("a", "ros", 0, 0.6),
            ("a", "ros", 1, 0.9),
            ("b", "none", 0, 0.2),
            ("b", "ros", 0, 0.1),
            ("b", "late", 0, 0.1),
            ("a", "short", 0, 0.9),
            ("b", "short", 0, 0.9),
        ]
    ]
    table = summary_table(rows, classifier="tfidf")
    assert table.loc["none"].tolist() == pytest.approx([60, 20, 40, 1])
    assert table.loc["ros"].tolist() == pytest.approx([75, 10, 42.5, 1])
    assert np.isnan(table.loc["late", "mean"])
    assert table.loc["short", ["b", "seeds"]].tolist() == pytest.approx([90, 1])
    assert table.loc["short", ["a", "mean"]].isna().all()  # it lacks a seed that others have
    differences = summary_table(rows, classifier="tfidf", baseline="none")
    assert differences.loc["ros"].tolist()[:3] == pytest.approx([15, -10, 2.5])
    assert summary_table(rows, classifier="other").empty


def comparable_rows():
    """Return two seeds of a task of four test rows."""
    return [
        {
            "task": "a",
            "method": method,
            "classifier": "tfidf",
            "seed": seed,
            "macro": macro,
            "correct": correct,
            "class_accuracy": {"big": 1.0, "small": macro},
            "sizes": {"big": 60, "small": 5 + seed},
        }
        for method, seed, macro, correct in [
            ("none", 0, 0.5, "1100"),
            ("none", 1, 0.5, "1010"),
            ("ros", 0, 0.6, "1110"),
            ("ros", 1, 0.7, "1010"),
            ("smote", 0, 0.9, "1111"),  # lacks a seed
            ("balagen", 0, 0.9, "1111"),
            ("balagen", 1, 0.6, "1101"),
        ]
    ]


def test_comparison_table_by_hand():
    table = comparison_table(
        comparable_rows(), classifier="tfidf", method="balagen", baselines=["none", "ros", "smote"]
    )
    row = table.loc["a"]
    assert (row["baseline"], row["seeds"], row["better"], row["worse"]) == ("ros", 2, 1, 1)
    assert [row["best"], row["mean"], row["difference"]] == pytest.approx([65, 75, 10])
    assert row["se"] == pytest.approx(20)  # differences of 30 and -10
    assert row["error removed"] == pytest.approx(50)  # 50 without, 25 left
    # Right alone: rows 4, 6 and 8 for the method, row 7 for the baseline; two-sided binomial of 3 in 4.
    assert row["McNemar"] == pytest.approx(0.625)
    assert table.loc["mean of tasks", "difference"] == pytest.approx(10)
    assert comparison_table([], classifier="tfidf", method="balagen", baselines=["none"]).empty


def test_tuned_row_is_the_best_on_the_validation_rows():
    def row(method, seed, valid, macro):
        return {"task": "t", "classifier": "tfidf", "method": method, "seed": seed, "valid_macro": valid} | {
            "macro": macro
        }

    rows = [row("a", 0, 0.5, 0.9), row("b", 0, 0.6, 0.1), row("a", 1, 0.7, 0.2), row("b", 1, 0.7, 0.8)]
    rows += [row("a", 2, 0.1, 0.1), row("other", 0, 1.0, 1.0)]
    tuned = chosen_on_validation(rows, methods=["a", "b"], name="tuned")
    assert [(r["seed"], r["method"], r["chosen"], r["macro"]) for r in tuned] == [
        (0, "tuned", "b", 0.1),
        (1, "tuned", "a", 0.2),
    ]


def test_size_table_by_hand():
    table = size_table(comparable_rows(), classifier="tfidf", methods=["none", "balagen"])
    assert table.columns.tolist() == ["1-5", "6-10", "51-100"]
    assert table.loc["classes"].tolist() == [1, 1, 2]
    assert "| classes | 1 | 1 | 2 |" in as_markdown(table)
    assert table.loc["balagen"].tolist() == pytest.approx([90, 60, 100])
    assert "ros" not in table.index
    # SMOTE lacks a seed, and with it one of the small classes.
    assert size_table(comparable_rows(), classifier="tfidf").loc["smote"].isna().tolist() == [
        False,
        True,
        True,
    ]


def test_weights_of_generated_rows_reach_the_classifier(data, monkeypatch):
    seen = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression,
        "fit",
        lambda self, X, y, sample_weight=None: seen.append(sample_weight) or fit(self, X, y, sample_weight),
    )
    methods = ["none", "eda:synthetic_weight=0.25"]
    run(["colours"], methods, ["tfidf"], [0], data / "weights.jsonl", progress=None)
    row = read_rows(data / "weights.jsonl")[1]
    assert row["added"]
    assert seen[0].tolist() == [1.0] * row["n_train"]
    # Copies are merged with their row.
    assert (seen[1] == 0.25).sum() == row["added"]
    assert seen[1].sum() == row["n_resampled"] - 0.75 * row["added"]
    assert len(seen[1]) == row["n_train"] + row["added"]


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
