"""The command line: exit codes, what goes to which stream, and rows that come out as they went in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

import skbalagen
from skbalagen import BalaGenResampler, models
from skbalagen.cli import main
from skbalagen.models.catalog import MINILM, SMOLLM2, WORDNET
from tests.table_rows import read_rows, write_rows

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the download; hold what it was asked for."""
    calls = []

    def fake(names=None, *, verify=False):
        calls.append((names, True) if verify else names)
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
    listed = "".join(f"{name}: /cache/{name}\n" for name in (SMOLLM2, MINILM, WORDNET))
    assert capsys.readouterr() == (listed, "")
    assert main(["download", MINILM]) == 0
    assert capsys.readouterr() == (f"{MINILM}: /cache/{MINILM}\n", "")
    assert main(["download", "--verify"]) == 0
    assert asked == [None, [MINILM], (None, True)]


def test_an_unknown_model_is_answered_with_those_there_are(capsys):
    assert main(["download", "nope"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "skbalagen: The embedded models are ['SmolLM2-135M-Instruct', 'all-MiniLM-L6-v2', 'wordnet'], got ['nope']"
    )
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "error", [models.ModelUnavailableError("Not there.\n  Run this."), OSError("Not there.\nRun this.")]
)
def test_an_error_is_one_line_on_stderr(monkeypatch, capsys, error):
    def fail(names=None, **_):
        raise error

    monkeypatch.setattr(models, "download", fail)
    assert main(["download"]) == 2
    assert capsys.readouterr() == ("", "skbalagen: Not there. Run this.\n")


def test_ctrl_c_ends_with_130_and_no_traceback(monkeypatch, capsys):
    def interrupted(names=None, **_):
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


FAST = ["--generator", "sample-copy", "--seed", "0"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_balance_reads_and_writes_each_format(intents, tmp_path, capsys, ending):
    out = tmp_path / f"out.{ending}"
    page = tmp_path / "page.html"
    assert main(["balance", str(intents), "-o", str(out), "--report", str(page), *FAST]) == 0
    assert "10 rows in 2 classes became 16 rows." in page.read_text()
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


WRITE = ["--generator", "eda", "--seed", "0"]


def test_balance_marks_generated_rows_and_labels_them(generated, intents, tmp_path):
    out = tmp_path / "out.csv"
    assert main(["balance", str(intents), "-o", str(out), *WRITE, "--quiet"]) == 0
    table = pd.read_csv(out)
    assert table["label"].value_counts().to_dict() == {"weather": 8, "drinks": 8}
    new = table[table["is_synthetic"]]
    assert len(new) == 6
    assert new["id"].isna().all()
    assert set(new["label"]) == {"drinks"}
    assert all(text.startswith("drinks candidate") for text in new["text"])


def test_strategy_grow_fills_the_largest_class_too(generated, intents, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert main(["balance", str(intents), "-o", str(out), *WRITE, "--quiet", "--strategy", "grow"]) == 0
    sizes = pd.read_csv(out)["label"].value_counts().to_dict()
    assert sizes == {"weather": 24, "drinks": 24}  # three times the largest class
    assert capsys.readouterr() == ("", "")


def test_the_report_on_standard_error_counts_the_rows(generated, intents, tmp_path, capsys):
    assert main(["balance", str(intents), "-o", str(tmp_path / "out.csv"), *WRITE]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line.split() for line in err.splitlines()]
    assert lines[0] == [
        "n_before",
        "n_target",
        "n_candidates",
        "n_malformed",
        "n_accepted",
        "n_near_duplicates",
        "n_leaks",
        "n_generated",
        "n_copied",
        "n_after",
    ]
    row = next(line for line in lines if line[0] == "drinks")
    assert row[1:3] + row[6:] == ["2", "8", "0", "0", "6", "0", "8"]


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
    assert shown.splitlines() == [
        "Classes below 8 rows are filled, classes above 8 rows are thinned.",
        "  drinks: 2 -> 8",
        "6 rows to add to 1 class, 0 to remove",
        "At most 24 candidates would be generated.",
        "How long it takes can be said once the model SmolLM2-135M-Instruct is on this machine (skbalagen download).",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["intents.csv"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--strategy", "grow"], "38 rows to add to 2 classes, 0 to remove"),
        (["--strategy", "not majority"], "6 rows to add to 1 class, 0 to remove"),
        (["--beta-low", "150"], "14 rows to add to 2 classes, 0 to remove"),
        (["--beta-low", "50", "--beta-high", "50"], "3 rows to add to 1 class, 3 to remove"),
        (["--beta-low", "0"], "0 rows to add to 0 classes, 0 to remove"),
    ],
    ids=str,
)
def test_dry_run_counts_the_rows_of_each_strategy(intents, capsys, options, line):
    assert main(["balance", str(intents), "--dry-run", *options]) == 0
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["intents.csv"], "balance needs -o FILE"),
        (
            ["intents.csv", "-o", "out.xls"],
            "out.xls: expected a name that ends in .csv, .tsv, .jsonl, .parquet, got '.xls'.",
        ),
        (
            ["intents.csv", "--text", "body", "--dry-run"],
            "expected a column 'body', got ['id', 'text', 'label'].",
        ),
        (["absent.csv", "--dry-run"], "absent.csv: no such file. Check the name, or pass -"),
        (
            ["intents.csv", "-o", "nowhere/out.csv"],
            "/nowhere does not exist or is not writable. Create it, or name another folder.",
        ),
        (
            ["intents.csv", "-o", "out.csv", "--report", "nowhere/page.html"],
            "/nowhere does not exist or is not writable.",
        ),
        (["intents.csv", "-o", "out.csv", "--report", "."], ". cannot be written: it is a folder."),
        (
            ["intents.csv", "-o", "out.csv", "--report", "out.csv"],
            "--report must name a file of its own, got 'out.csv', which is -o too",
        ),
        (
            ["intents.csv", "-o", "./intents.csv"],
            "-o must name a file of its own, got './intents.csv', which is the",
        ),
        (["intents.csv", "-o", "out.csv", "--report", "./intents.csv"], "which is the input too"),
        (["intents.csv", "-o", "out.csv", "--report", "-"], "--report must name a file, got '-'."),
        (
            ["intents.csv", "--text", "label", "--dry-run"],
            "--text and --label must name two columns, got 'label' for both.",
        ),
        (
            ["intents.csv", "--dry-run", "--beta-low", "-3"],
            "The 'beta_low' parameter of BalaGenResampler must be",
        ),
        (
            ["intents.csv", "-o", "out.csv", "--beta-low", "90", "--beta-high", "20"],
            "beta_low + beta_high must be",
        ),
        (
            ["intents.csv", "--dry-run", "--strategy", "grow", "--beta-low", "50", "--beta-high", "20"],
            "expected beta_high=0",
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
            "empty.csv: expected a header line with the names of the columns, got an empty file.",
        ),
        (
            "wide.csv",
            "text,label\na,x\nb,b,y\n",
            "wide.csv, line 3: expected 2 fields as in the header, got 3.",
        ),
        ("short.csv", "text,label\na\n", "short.csv, line 2: expected 2 fields as in the header, got 1."),
        ("bare.tsv", "text\tlabel\n", "bare.tsv: expected rows, got a table with none."),
        ("broken.jsonl", "{text", "broken.jsonl, line 1: expected one JSON object per line, got "),
        ("broken.parquet", "text", "broken.parquet could not be read as Parquet, got: "),
        (
            "latin.csv",
            "text,label\ncaf\xe9,x\n",
            "in line 2 (invalid continuation byte). Name its encoding with --encoding",
        ),
        (
            "half.csv",
            "text,label\na,x\nb,\nc, \n",
            "half.csv: expected a label in every row, got none in 2 rows, the first is row 1, counted",
        ),
        (
            "half.jsonl",
            '{"text": "a", "label": "x"}\n{"text": "b", "label": null}\n{"text": "c", "label": "y"}\n',
            "half.jsonl: expected a label in every row, got none in 1 row, the first is row 1, counted",
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


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_faults_of_the_output_are_found_before_anything_is_fitted(generated, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "in.jsonl", [{"text": f"t {i}", "label": i % 3 // 2, "n": "x"} for i in range(9)])
    rows = read_rows(tmp_path / "in.jsonl")
    rows[4]["n"] = 5
    write_rows(tmp_path / "mixed.jsonl", rows)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "locked.csv").write_text("")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path) and access(path, mode))
    for source, output, message in [
        ("in.jsonl", "folder.csv", "it is a folder"),
        ("in.jsonl", "locked.csv", "it is not writable"),
        ("mixed.jsonl", "out.parquet", "out.parquet cannot hold this table"),
    ]:
        assert main(["balance", source, "-o", output, *WRITE]) == 2
        assert message in capsys.readouterr().err
    assert generated == []
    assert main(["balance", "mixed.jsonl", "-o", "out.jsonl", *WRITE, "--quiet"]) == 0
    assert len(generated) == 1


@pytest.mark.parametrize(
    "error", [LookupError("No WordNet.\n  Run this."), OverflowError("No WordNet. Run this.")]
)
def test_a_missing_part_is_one_line_on_stderr(intents, tmp_path, monkeypatch, capsys, error):
    def fail(self, X, y):
        raise error

    monkeypatch.setattr(BalaGenResampler, "fit_resample", fail)
    assert main(["balance", str(intents), "-o", str(tmp_path / "out.csv")]) == 2
    assert capsys.readouterr() == ("", "skbalagen: No WordNet. Run this.\n")


def test_a_fault_of_the_program_keeps_its_traceback(intents, tmp_path, monkeypatch):
    def fail(self, X, y):
        return {}["absent"]

    monkeypatch.setattr(BalaGenResampler, "fit_resample", fail)
    with pytest.raises(KeyError):
        main(["balance", str(intents), "-o", str(tmp_path / "out.csv")])


def test_dry_run_of_copies_counts_no_candidates(intents, capsys):
    assert main(["balance", str(intents), "--dry-run", "--generator", "sample-copy"]) == 0
    shown = capsys.readouterr().out
    assert "6 rows to add to 1 class" in shown
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
    def stopped(table, out, sep):
        out.write("half")
        raise KeyboardInterrupt

    monkeypatch.setattr("skbalagen._utils.table_files._write_csv", stopped)
    assert main(["balance", str(intents), "-o", str(tmp_path / "out.csv"), *FAST, "--quiet"]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["intents.csv"]
