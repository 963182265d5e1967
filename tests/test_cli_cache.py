"""The command line keeps what it computes, and goes on from there after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skbalagen import ComponentCache
from skbalagen.cli import main

pytestmark = pytest.mark.usefixtures("own_cache")

WRITE = ["--generator", "eda", "--quiet"]


def balanced(source, *options):
    out = source.with_name("out.csv")
    assert main(["balance", str(source), "-o", str(out), *WRITE, *options]) == 0
    return out.read_bytes()


def test_the_same_command_fits_once(generated, own_cache, intents, capsys):
    once, twice = balanced(intents), balanced(intents)
    assert once == twice
    assert len(generated) == 1
    assert len(ComponentCache(own_cache / "runs").entries()) > 0
    assert capsys.readouterr().err == ""


def test_without_a_cache_nothing_is_kept(generated, own_cache, intents):
    assert balanced(intents, "--no-cache") == balanced(intents, "--no-cache")
    assert len(generated) == 2
    assert list(own_cache.iterdir()) == []


def test_another_folder_is_used_if_it_is_named(generated, own_cache, intents, tmp_path):
    folder = tmp_path / "kept here"
    once, twice = (balanced(intents, "--memory", str(folder)) for _ in range(2))
    assert once == twice
    assert len(generated) == 1
    assert len(ComponentCache(folder).entries()) > 0
    assert list(own_cache.iterdir()) == []


def test_another_seed_is_another_run(generated, intents):
    assert balanced(intents) == balanced(intents, "--seed", "0") != balanced(intents, "--seed", "1")


def test_the_size_of_the_cache_is_that_of_the_option(generated, intents, monkeypatch):
    sizes = []
    trim = ComponentCache._trim
    monkeypatch.setattr(ComponentCache, "_trim", lambda self: sizes.append(self.max_bytes) or trim(self))
    balanced(intents, "--cache-size", "0.5")
    assert set(sizes) == {500_000_000}


def test_a_dry_run_keeps_nothing(generated, own_cache, intents):
    assert main(["balance", str(intents), "--dry-run"]) == 0
    assert list(own_cache.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--memory", "x", "--no-cache"], "argument --no-cache: not allowed with argument --memory"),
        (["--cache-size", "nan"], "argument --cache-size: expected a number of GB, at least 0, got 'nan'"),
        (["--cache-size", "-1"], "expected a number of GB, at least 0, got '-1'"),
        (["--cache-size", "big"], "expected a number of GB, at least 0, got 'big'"),
    ],
)
def test_options_that_make_no_sense_are_refused(intents, capsys, options, message):
    with pytest.raises(SystemExit) as end:
        main(["balance", str(intents), "-o", "out.csv", *options])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


# Ctrl-C

SCRIPT = """
import sys, time
import skbalagen.balagen.labelers as labelers, skbalagen.generators.eda as eda
from skbalagen.cli import main
from tests.fakes import CountingGenerator

class Slow(CountingGenerator):
    def sample(self, spans, *, random_state=None):
        time.sleep(float(sys.argv[2]))
        return super().sample(spans, random_state=random_state)

eda.EDAGenerator = lambda: Slow(log=sys.argv[1])
labelers.default_labelers, labelers._DEFAULT_WEIGHTS = (lambda: []), ()
sys.exit(main(sys.argv[3:]))
"""


def start(log, seconds, *arguments):
    command = [sys.executable, "-c", SCRIPT, str(log), str(seconds), *arguments]
    root = Path(__file__).parent.parent
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)


def finish(process):
    """Return the exit code, and what was printed."""
    with process:
        out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def candidates_in(log):
    return [line for line in log.read_text().splitlines() if line != "fit"]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, log):
    source, whole, resumed = (tmp_path / f"{name}.csv" for name in ("in", "whole", "resumed"))
    rows = [f"a sunny day {i},weather" for i in range(120)] + ["a beer,drinks", "a wine,drinks"]
    source.write_text("\n".join(["text,label", *rows]) + "\n")
    balance = ["balance", str(source), "--generator", "eda"]

    other = tmp_path / "other.txt"
    code, _, err = finish(start(other, 0, *balance, "-o", str(whole), "--no-cache"))
    assert code == 0, err

    kept = tmp_path / "kept"
    command = [*balance, "-o", str(resumed), "--memory", str(kept)]
    stopped = start(log, 2, *command)
    while not list(kept.glob("streams-*/*")) and stopped.poll() is None:
        time.sleep(0.02)
    time.sleep(0.5)  # the first round is kept, and the second has begun
    stopped.send_signal(signal.SIGINT)
    code, out, err = finish(stopped)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == (
        f"skbalagen: stopped. What was done is kept in {kept}; the same command goes on from there."
    )
    assert not resumed.exists()
    before = candidates_in(log)

    code, _, err = finish(start(log, 0, *command))
    assert code == 0, err
    assert log.read_text().splitlines().count("fit") == 1
    written = candidates_in(log)
    assert len(set(written)) == len(written) > len(before) > 0  # each candidate was written once
    assert written == candidates_in(other)
    assert resumed.read_bytes() == whole.read_bytes()


def test_a_run_that_keeps_nothing_promises_nothing(generated, intents, monkeypatch, capsys):
    def stop(self, X, y):
        raise KeyboardInterrupt

    monkeypatch.setattr("skbalagen.BalaGenResampler.fit_resample", stop)
    command = ["balance", str(intents), "-o", str(intents.with_name("out.csv")), *WRITE]
    assert main([*command, "--no-cache"]) == 130
    assert capsys.readouterr().err == ""
    assert main(command) == 130
    assert "goes on from there" in capsys.readouterr().err
