"""All methods of the survey beside each other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen import TransformerClassifier
from skbalagen.benchmark import read_rows, run
from skbalagen.benchmark.__main__ import main
from skbalagen.benchmark.families import FAMILIES, all_methods, family_table
from skbalagen.benchmark.methods import CLASSIFIERS, Method, make_vector_sampler, parse_method
from skbalagen.benchmark.tasks import TASKS, Task
from skbalagen.classifiers.heads import HEAD_NAMES
from skbalagen.classifiers.row_samplers import SAMPLER_NAMES
from skbalagen.classifiers.stages import STAGE_NAMES
from skbalagen.losses import LOSS_NAMES
from skbalagen.models.catalog import ModelUnavailableError

NAMES = ["tfidf", "embedding", "encoder", "encoder-frozen"]


class ColourVectors:
    """Stands in for SentenceEncoder: one dimension per word that names a class."""

    def __init__(self, *, model=None, device=None):
        self.model = model

    def transform(self, X):
        words = ["red", "blue", "green", "grey", "pink", "not"]
        return np.array([[float(word in text) for word in words] for text in X], dtype=np.float32)


@pytest.fixture
def frozen(monkeypatch):
    """Train heads on made-up vectors, for two epochs."""
    monkeypatch.setattr("skbalagen.classifiers._inputs.SentenceEncoder", ColourVectors)

    def make(**parameters):
        return TransformerClassifier(freeze_encoder=True, epochs=2, **parameters)

    monkeypatch.setitem(CLASSIFIERS, "encoder-frozen", {"estimator": make})


def test_every_name_is_a_method():
    methods = [parse_method(name) for name in all_methods()]
    assert len(set(methods)) == len(methods)
    assert methods[0] == Method()


def test_no_loss_head_sampler_or_stage_is_missing():
    trained = {pair for name in all_methods() for pair in parse_method(name).training}
    assert {value for key, value in trained if key == "loss"} | {"cross-entropy"} == set(LOSS_NAMES)
    assert {value for key, value in trained if key == "head"} | {"linear"} == set(HEAD_NAMES)
    assert {v for key, v in trained if key == "sampler"} | {"natural"} == set(SAMPLER_NAMES)
    assert {v for key, v in trained if key == "stages"} == set(STAGE_NAMES)


def test_parameters_of_the_training_are_read_from_a_name():
    method = parse_method("train:loss=ldam,head=cosine,tau=0.5+logit-adjustment")
    assert method.training == (("loss", "ldam"), ("head", "cosine"), ("tau", 0.5))
    assert method.taus == (1.0,)
    for wrong in ("train:", "vectors:magic", "vectors"):
        with pytest.raises(ValueError, match="Correct the part"):
            parse_method(wrong)


@pytest.mark.parametrize(
    ("name", "classifiers"),
    [
        ("none", NAMES),
        ("train:loss=focal", ["encoder", "encoder-frozen"]),
        ("vectors:ge3", ["tfidf", "embedding", "encoder-frozen"]),
        ("smote", ["tfidf", "embedding", "encoder-frozen"]),
        ("pseudo-labels", ["tfidf", "embedding", "encoder-frozen"]),
        ("train:augment=textcut", ["encoder"]),
    ],
)
def test_a_method_fits_the_classifiers_that_have_what_it_changes(name, classifiers):
    assert [classifier for classifier in NAMES if parse_method(name).fits(classifier)] == classifiers


@pytest.mark.parametrize("name", ["ge3", "reprint"])
def test_over_samplers_copy_classes_of_one_row_first(name):
    rng = np.random.default_rng(0)
    y = np.array(["a"] * 20 + ["b"] * 6 + ["c"])
    X = rng.standard_normal((27, 2))
    for sampler in make_vector_sampler(y, 0, name):
        X, y = sampler.fit_resample(X, y)
    assert min(Counter(y).values()) > 6


def test_methods_of_every_kind_are_run_and_what_a_task_is_too_small_for_is_left_out(data, frozen):
    names = ["none", "train:loss=focal", "train:tau=1.0", "train:stages=sequential-targeting", "vectors:ge3"]
    said = []
    run(["colours"], names, ["encoder-frozen"], [0], data / "rows.jsonl", progress=said.append)
    rows = read_rows(data / "rows.jsonl")
    assert [row["method"] for row in rows] == ["none", "train:loss=focal", "train:tau=1.0", "vectors:ge3"]
    assert "left out, Sequential targeting needs at least 4 distinct rows" in said[3]
    none, _, tau, _ = rows
    assert tau["brier"] == none["brier"]  # the probabilities of the same fit
    assert tau["macro"] != none["macro"]


def test_a_loss_for_several_labels_takes_each_class_as_a_label(data, frozen):
    names = ["train:loss=binary-cross-entropy", "ml-ros", "train:sampler=class-aware,reweight=True"]
    run(["colours"], names, ["encoder-frozen"], [0], data / "rows.jsonl")
    rows = read_rows(data / "rows.jsonl")
    assert [row["method"] for row in rows] == names
    binary, copied, _ = rows
    assert set(binary["class_accuracy"]) == set(copied["class_accuracy"])
    assert copied["n_resampled"] > copied["n_train"] == binary["n_resampled"]


def test_a_model_that_is_not_there_leaves_the_others_their_rows(data, monkeypatch):
    def missing(*arguments, **keywords):
        raise ModelUnavailableError("no such model")

    monkeypatch.setattr("skbalagen.generators.masked_lm.MaskedLMGenerator.fit", missing)
    said = []
    run(["colours"], ["masked-lm", "none"], ["tfidf"], [0], data / "rows.jsonl", progress=said.append)
    assert [row["method"] for row in read_rows(data / "rows.jsonl")] == ["none"]
    assert said[0] == "colours masked-lm 0: left out, no such model"


def test_pseudo_labels_come_from_rows_that_the_task_left_out(data, monkeypatch):
    names = ["none", "pseudo-labels"]
    monkeypatch.setitem(TASKS, "tail", Task("colours", "long-tailed"))
    monkeypatch.setitem(CLASSIFIERS["tfidf"], "C", [1e4])  # confident enough
    run(["tail"], names, ["tfidf"], [0], data / "rows.jsonl", progress=None)
    none, pseudo = read_rows(data / "rows.jsonl")
    assert pseudo["brier"] != none["brier"]
    assert pseudo["n_resampled"] == none["n_resampled"]  # pseudo-labels are part of the fit

    said = []
    run(["colours"], names, ["tfidf"], [0], data / "rows.jsonl", progress=said.append)
    assert "left out, Pseudo-labels need rows without a label, got none" in said[1]


def row(method, task="t", seed=0, macro=0.5, seconds=1.0):
    return {
        "classifier": "encoder-frozen",
        "method": method,
        "task": task,
        "seed": seed,
        "macro": macro,
        "resample_seconds": 0.5,
        "fit_seconds": seconds,
    }


def test_the_table_has_families_tasks_and_time():
    rows = [
        row("none"),
        row("none", seed=1, macro=0.7),
        row("none", task="u", macro=0.8, seconds=2.5),
        row("train:loss=focal", macro=0.9),
        row("not in the table"),
    ]
    table = family_table(rows, classifier="encoder-frozen")
    assert table.index.tolist() == ["plain", "focal"]
    assert table["family"].tolist() == ["none", "losses"]
    assert table.loc["plain", ["t", "u", "mean", "seconds", "seeds"]].tolist() == [60, 80, 70, 2.0, 1]
    assert np.isnan(table.loc["focal", "mean"])  # a task is missing
    assert family_table(rows, classifier="tfidf").empty


def test_the_command_prints_families_beside_each_other(data, frozen, capsys, monkeypatch):
    monkeypatch.setattr(
        "skbalagen.benchmark.__main__.all_methods",
        lambda: ["none", "train:stages=crt", "ros", "train:augment=textcut"],
    )
    arguments = ["--tasks", "colours", "--methods", "all", "--classifiers", "encoder-frozen", "--seeds", "1"]
    assert main([*arguments, "--output", str(data / "rows.jsonl")]) == 0
    shown = capsys.readouterr().out.split("families")[1]
    table, _, below = shown.rpartition("\n\n")
    assert [line.split(" | ")[:2] for line in table.splitlines()[4:]] == [
        ["| plain", "none"],
        ["| cRT", "stages"],
        ["| over-sampling", "rows"],
    ]
    assert below == "Not for the classifier encoder-frozen: train:augment=textcut\n"


def test_families_do_not_share_names():
    shown = [name for members in FAMILIES.values() for name in members]
    repeated = {name for name, n in Counter(shown).items() if n > 1}
    assert repeated == set()
