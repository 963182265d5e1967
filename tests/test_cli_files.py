"""The command line: other separators and encodings, files fed back in, formulas, and what reaches the terminal."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest

from skbalagen.cli import main
from tests.table_rows import read_rows, write_rows

pytestmark = pytest.mark.usefixtures("own_cache")

WRITE = ["--generator", "eda", "--quiet"]
FAST = ["--generator", "sample-copy", "--quiet"]
ROWS = [("sunny day", "weather"), ("rain and wind", "weather"), ("déjà bu", "drinks")]


def table_of(rows, sep=","):
    return "".join(f"{text}{sep}{label}\n" for text, label in [("text", "label"), *rows])


# Before anything is fitted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "."], ". cannot be written: it is a folder"),
        (["-o", "in.csv"], "-o must name a file of its own"),
        (["-o", "linked/in.csv"], "which is the input too"),
        (["-o", "linked/out.csv", "--report", "out.csv"], "which is -o too"),
        (["-o", "out.csv", "--report", "linked"], "it is a folder"),
        (["-o", "out.csv", "--report", "soft.csv"], "which is the input too"),
        (["-o", "out.csv", "--memory", "in.csv"], "--memory must name a folder, got the file 'in.csv'"),
        (["-o", "out.parquet", "--neutralise-formulas"], "formulas are neutralised in CSV and TSV only"),
        (["-o", "out.csv", "--sep", "ab"], "The separator must be one character"),
        (["-o", "out.csv", "--encoding", "utf-9"], "encoding must be one that Python knows"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows needs a privilege for links")
def test_faults_of_files_are_found_before_anything_is_fitted(
    generated, tmp_path, monkeypatch, capsys, options, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(table_of(ROWS), encoding="utf-8")
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "soft.csv").symlink_to("in.csv")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(["balance", "in.csv", *options, *WRITE]) == 2
    assert message in capsys.readouterr().err
    assert generated == []
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "in.csv").read_text(encoding="utf-8") == table_of(ROWS)


# Separators and encodings


@pytest.mark.parametrize("rows", [ROWS, [("a, b", "weather"), *ROWS]], ids=["plain", "with a comma"])
def test_another_separator_is_suggested(tmp_path, capsys, rows):
    source = tmp_path / "in.csv"
    source.write_text(table_of(rows, ";"), encoding="utf-8")
    assert main(["inspect", str(source)]) == 2
    err = capsys.readouterr().err
    assert "The header looks as if ';' were the separator." in err
    assert "--sep" in err


def test_the_separator_is_read_and_written(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(table_of([("a, b", "weather"), *ROWS], ";"), encoding="utf-8")
    assert main(["balance", str(source), "-o", str(out), "--sep", ";", *FAST]) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["text;label;is_synthetic", "a, b;weather;False"]


def test_the_separator_is_that_of_csv_only(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.tsv"
    source.write_text(table_of(ROWS, ";"), encoding="utf-8")
    assert main(["balance", str(source), "-o", str(out), "--sep", ";", *FAST]) == 0
    assert out.read_text(encoding="utf-8").startswith("text\tlabel\tis_synthetic\n")


def run(*arguments, stdin=b"", **environment):
    command = [sys.executable, "-m", "skbalagen.cli", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHON"))}
    return subprocess.run(command, input=stdin, capture_output=True, env=kept | environment)


def test_other_bytes_on_standard_input_are_one_line_that_names_the_option(monkeypatch, tmp_path):
    stdin = table_of(ROWS).encode("latin-1")
    done = run("balance", "-", "-o", "-", *FAST, stdin=stdin)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"standard input must be encoded as 'utf-8', got other bytes in line 4" in done.stderr
    assert b"Name its encoding with --encoding" in done.stderr
    done = run("balance", "-", "-o", "-", "--encoding", "latin-1", *FAST, stdin=stdin)
    assert done.returncode == 0
    assert "déjà bu,drinks,False\n".encode() in done.stdout


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}],
    ids=["C", "ascii"],
)
def test_a_terminal_that_knows_few_characters_changes_no_table(tmp_path, environment):
    source = tmp_path / "in.csv"
    source.write_text(table_of([(text, label.replace("e", "é")) for text, label in ROWS]), encoding="utf-8")
    done = run("inspect", str(source), **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"w\\xe9ath\\xe9r" in done.stdout or "wéathér".encode() in done.stdout
    done = run("balance", "-", "-o", "-", *FAST, stdin=source.read_bytes(), **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"text,label,is_synthetic\n")
    assert "déjà bu,drinks,False\n".encode() in done.stdout


# Null texts, and files fed back in


@pytest.mark.parametrize("command", [["inspect"], ["balance", "--dry-run"], ["compare", "--folds", "2"]])
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_text_that_is_missing_is_named_with_its_row(tmp_path, capsys, command, ending):
    source = tmp_path / f"in.{ending}"
    rows = [
        {"text": text, "label": label} for text, label in [("a", "x"), ("b", "x"), (None, "y"), ("c", "y")]
    ]
    write_rows(source, rows)
    assert main([command[0], str(source), *command[1:]]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "in row 2" in err


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_balanced_file_that_is_fed_back_in_is_noticed(generated, intents, tmp_path, capsys, ending):
    once, twice = tmp_path / f"once.{ending}", tmp_path / "twice.csv"
    assert main(["balance", str(intents), "-o", str(once), *WRITE]) == 0
    assert capsys.readouterr().err == ""
    assert main(["balance", str(once), "-o", str(twice), *WRITE]) == 0
    err = capsys.readouterr().err
    assert err.count("6 of 16 rows were generated, as the column 'is_synthetic' says") == 1
    assert "Leave these rows out" in err
    for command in (["inspect"], ["balance", "--dry-run"]):
        assert main([command[0], str(once), *command[1:]]) == 0
        assert "6 of 16 rows were generated" in capsys.readouterr().err
    real = [row for row in read_rows(once) if str(row["is_synthetic"]) == "False"]
    write_rows(once, real)
    assert main(["inspect", str(once)]) == 0
    assert capsys.readouterr().err == ""


# Spreadsheets and terminals

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1+1"]


def test_formulas_are_neutralised_on_request_only(tmp_path):
    source = tmp_path / "in.csv"
    write_rows(
        source, [{"text": cell + " a", "label": "xy"[i % 2]} for i, cell in enumerate([*FORMULAS, "plain"])]
    )
    for option, mark in (([], ""), (["--neutralise-formulas"], "'")):
        out = tmp_path / "out.csv"
        assert main(["balance", str(source), "-o", str(out), *FAST, *option]) == 0
        with out.open(newline="", encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        assert texts == [*(f"{mark}{cell} a" for cell in FORMULAS), "plain a"]


STEERING = "\x1b]0;owned\x07\x1b[2J\u202egnp"


@pytest.mark.parametrize(
    "command",
    [
        ["inspect"],
        ["balance", "--dry-run"],
        ["balance", "-o", "out.csv", "--generator", "eda"],
        ["inspect", "--label", "no"],
    ],
    ids=" ".join,
)
def test_no_escape_sequence_of_the_data_reaches_the_terminal(
    generated, tmp_path, monkeypatch, capsys, command
):
    monkeypatch.chdir(tmp_path)
    rows = [{"text": f"{STEERING} {i}", "label": f"{STEERING}{i % 3 // 2}\nline"} for i in range(9)]
    write_rows(tmp_path / "in.jsonl", rows)
    main([command[0], "in.jsonl", *command[1:]])
    shown = "".join(capsys.readouterr())
    assert shown
    assert not any(mark in shown for mark in "\x1b\x07\u202e\r")
    assert "\nline" not in shown


def test_progress_bars_name_labels_without_their_escape_sequences():
    from skbalagen.balagen.candidates import Stream, _still_open

    assert _still_open({STEERING: Stream(3)}) == "1 open: \\x1b]0;owned\\x07\\x1b[2J\\u202egnp 0/3"
