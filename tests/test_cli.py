"""The command line: exit codes, and what goes to which stream."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

import skbalagen
from skbalagen import models
from skbalagen.cli import main
from skbalagen.models.catalog import MINILM, SMOLLM2


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the download; hold what it was asked for."""
    calls = []

    def fake(names=None):
        calls.append(names)
        return {name: f"/cache/{name}" for name in names or models.EMBEDDED}

    monkeypatch.setattr(models, "download", fake)
    return calls


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr() == (f"skbalagen {skbalagen.__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["upload"], ["download", "--fast"]])
def test_a_wrong_command_line_ends_with_2_and_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert err.startswith("usage: skbalagen")


def test_download_prints_where_each_model_lies(asked, capsys):
    assert main(["download"]) == 0
    assert capsys.readouterr() == (f"{SMOLLM2}: /cache/{SMOLLM2}\n{MINILM}: /cache/{MINILM}\n", "")
    assert main(["download", MINILM]) == 0
    assert capsys.readouterr() == (f"{MINILM}: /cache/{MINILM}\n", "")
    assert asked == [None, [MINILM]]


def test_an_unknown_model_is_answered_with_those_there_are(capsys):
    assert main(["download", "nope"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "skbalagen: The embedded models are ['SmolLM2-135M-Instruct', 'all-MiniLM-L6-v2'], got ['nope']"
    )
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "error", [models.ModelUnavailableError("Not there.\n  Run this."), OSError("Not there.\nRun this.")]
)
def test_an_error_is_one_line_on_stderr(monkeypatch, capsys, error):
    def fail(names=None):
        raise error

    monkeypatch.setattr(models, "download", fail)
    assert main(["download"]) == 2
    assert capsys.readouterr() == ("", "skbalagen: Not there. Run this.\n")


def test_ctrl_c_ends_with_130_and_no_traceback(monkeypatch, capsys):
    def interrupted(names=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "download", interrupted)
    assert main(["download"]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_module_runs_as_a_script():
    command = [sys.executable, "-m", "skbalagen.cli"]
    shown = subprocess.run([*command, "--help"], capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "download" in shown.stdout
    refused = subprocess.run([*command, "download", "nope"], capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "got ['nope']" in refused.stderr


@pytest.fixture
def intents(tmp_path):
    """Eight rows of one class, two of another, with a column besides."""
    rows = [("sunny day", "weather"), ("rain and wind", "weather"), ("wind and sun", "weather")]
    rows += [(f"snow on day {i}", "weather") for i in range(5)]
    rows += [("wine and beer please", "drinks"), ("beer and water please", "drinks")]
    path = tmp_path / "intents.csv"
    path.write_text("id,text,label\n" + "\n".join(f"{i},{t},{c}" for i, (t, c) in enumerate(rows)) + "\n")
    return path


FAST = ["--generator", "sample-copy", "--seed", "0"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_balance_reads_and_writes_each_format(intents, tmp_path, capsys, ending):
    out = tmp_path / f"out.{ending}"
    page = tmp_path / "page.html"
    assert main(["balance", str(intents), "-o", str(out), "--report", str(page), *FAST]) == 0
    assert "10 rows of 2 classes became 16." in page.read_text()
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert "drinks" in stderr
    again = tmp_path / "again.csv"
    assert main(["balance", str(out), "-o", str(again), *FAST, "--quiet"]) == 0
    table = pd.read_csv(again)
    assert table["label"].value_counts().to_dict() == {"weather": 8, "drinks": 8}
    assert list(table.columns) == ["id", "text", "label", "is_synthetic", "is_synthetic_"]
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.glob(".skbalagen-*")) == []


def test_balance_marks_generated_rows_and_labels_them(intents, tmp_path, capsys):
    out = tmp_path / "out.csv"
    options = ["--generator", "eda", "--seed", "0", "--beta-low", "50"]
    monkey = pytest.MonkeyPatch()
    monkey.setattr(
        "skbalagen.balagen.labelers.default_labelers",
        lambda: [DummyClassifier(strategy="constant", constant="drinks")],
    )
    monkey.setattr("skbalagen.balagen.labelers._DEFAULT_WEIGHTS", (1.0,))
    monkey.setattr("skbalagen.generators.eda.synonyms_of", lambda words: {})
    with monkey.context():
        assert main(["balance", str(intents), "-o", str(out), *options, "--quiet"]) == 0
    monkey.undo()
    table = pd.read_csv(out)
    assert table["label"].value_counts().to_dict() == {"weather": 8, "drinks": 8}
    new = table[table["is_synthetic"]]
    assert new["id"].isna().all()
    assert set(new["label"]) == {"drinks"}


def test_balance_works_in_a_pipe(intents):
    command = [sys.executable, "-m", "skbalagen.cli", "balance", "-", "-o", "-", *FAST]
    done = subprocess.run(command, input=intents.read_text(), capture_output=True, text=True)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "id,text,label,is_synthetic"
    assert len(lines) == 17


def test_dry_run_shows_the_band_and_writes_nothing(intents, tmp_path, capsys):
    assert main(["balance", str(intents), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "beta_low 300, beta_high 0: classes below 24 rows are filled" in shown
    assert "  weather: 8 -> 24\n" in shown
    assert "  drinks: 2 -> 24\n" in shown
    assert "38 rows to add to 2 classes, 0 to remove" in shown
    assert "at most 114 candidates" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["intents.csv"]


def test_inspect_says_what_there_is(intents, capsys):
    intents.write_text(intents.read_text() + "10,SUNNY  day,drinks\n")
    assert main(["inspect", str(intents)]) == 0
    shown = capsys.readouterr().out
    assert "11 rows, 2 classes, largest to smallest 3 : 1" in shown
    assert "1 texts repeat an earlier one (case and spaces aside); 1 texts stand in several classes" in shown
    assert "1 classes of fewer than 5 rows, too few to learn to write: drinks" in shown
    assert "      95      8                1            5" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["intents.csv"], "balance needs -o FILE"),
        (
            ["intents.csv", "-o", "out.xls"],
            "out.xls: expected a name that ends in .csv, .tsv, .jsonl, .parquet.",
        ),
        (
            ["intents.csv", "--text", "body", "--dry-run"],
            "expected a column 'body', got ['id', 'text', 'label'].",
        ),
        (["absent.csv", "--dry-run"], "absent.csv: no such file. Check the name, or pass -"),
        (["intents.csv", "-o", "nowhere/out.csv"], "nowhere/out.csv cannot be written: "),
        (["intents.csv", "-o", "out.csv", "--report", "nowhere/page.html"], "Make it first."),
        (
            ["intents.csv", "--dry-run", "--beta-low", "-3"],
            "The 'beta_low' parameter of BalaGenResampler must be",
        ),
        (
            ["intents.csv", "-o", "out.csv", "--beta-low", "90", "--beta-high", "20"],
            "beta_low + beta_high must be",
        ),
    ],
)
def test_balance_refuses_in_one_line(intents, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(intents.parent)
    assert main(["balance", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err
    assert [path.name for path in intents.parent.iterdir()] == ["intents.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "empty.csv",
            "",
            "empty.csv could not be read as csv: No columns to parse from file. Check its format",
        ),
        ("bare.tsv", "text\tlabel\n", "bare.tsv: expected rows, got a table with none."),
        ("broken.jsonl", "{text", "broken.jsonl could not be read as jsonl: "),
        ("broken.parquet", "text", "broken.parquet could not be read as parquet: "),
        ("latin.csv", "text,label\ncaf\xe9,x\n", "text must be UTF-8."),
        (
            "half.csv",
            "text,label\na,x\nb,\nc, \n",
            "half.csv: 2 rows have no label, the first is row 1, counted",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(
    tmp_path, monkeypatch, capsys, name, content, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(content, encoding="latin-1")
    assert main(["balance", name, "--dry-run"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_a_reader_that_has_had_enough_is_no_error(intents):
    command = f"{sys.executable} -m skbalagen.cli inspect {intents} | true"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (141, "")


def test_dry_run_of_copies_counts_no_candidates(intents, capsys):
    assert main(["balance", str(intents), "--dry-run", "--generator", "sample-copy"]) == 0
    shown = capsys.readouterr().out
    assert "6 rows to add to 1 classes" in shown
    assert "candidates" not in shown


def test_benchmark_is_the_command_line_of_the_benchmark(tmp_path, capsys):
    output = tmp_path / "rows.jsonl"
    options = ["--methods", "none", "ros", "--classifiers", "tfidf", "--seeds", "1", "--output", str(output)]
    assert main(["benchmark", *options]) == 0
    assert "tfidf, macro, percent" in capsys.readouterr().out
    assert len(output.read_text().splitlines()) == 2
    with pytest.raises(SystemExit) as end:
        main(["benchmark", "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: skbalagen benchmark")
    assert "skbalagen benchmark --tables-only" in shown


def test_benchmark_refuses_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SKBALAGEN_DATA", raising=False)
    assert main(["benchmark", "--tasks", "atis", "--seeds", "1"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Set SKBALAGEN_DATA to the folder" in err


def test_a_stop_leaves_no_half_written_file(intents, tmp_path, monkeypatch):
    def stopped(self, path, **options):
        with open(path, "w", encoding="utf-8") as file:
            file.write("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", stopped)
    assert main(["balance", str(intents), "-o", str(tmp_path / "out.csv"), *FAST, "--quiet"]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["intents.csv"]
