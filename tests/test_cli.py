"""The command line: exit codes, and what goes to which stream."""

from __future__ import annotations

import subprocess
import sys

import pytest

import skbalagen
from skbalagen import models
from skbalagen.cli import main
from skbalagen.models import MINILM, SMOLLM2


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
