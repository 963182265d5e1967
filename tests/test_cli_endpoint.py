"""skbalagen balance with a server that writes the texts."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from skbalagen.balagen import labelers
from skbalagen.cli import main
from tests.generators.stub_server import StubServer
from tests.generators.tiny_letters import build_letters_model


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("SKBALAGEN_CACHE", str(tmp_path / "cache"))
    # Words and characters alone: the sentence encoder is another test's matter.
    members = labelers.default_labelers()[:2]
    monkeypatch.setattr(labelers, "default_labelers", lambda: members)
    monkeypatch.setattr(labelers, "_DEFAULT_WEIGHTS", (1.0, 1.0))
    stub = StubServer(
        lambda number, _: json.dumps([f"wine and beer or water {number} {i} please" for i in range(10)])
    )
    yield stub
    stub.close()


def balance(intents, out, *options):
    return main(["balance", str(intents), "-o", str(out), "--quiet", *options])


def test_balance_asks_the_server_once_and_says_what_is_sent(intents, tmp_path, server, capsys):
    options = ["--generator", "endpoint", "--base-url", server.url, "--model", "m"]
    assert balance(intents, tmp_path / "one.csv", *options) == 0
    assert f"are sent to {server.url}" in capsys.readouterr().err
    table = pd.read_csv(tmp_path / "one.csv")
    new = table[table["text"].str.startswith("wine and beer or water")]
    assert set(new["label"]) == {"drinks"}
    assert len(new) > 0
    n_requests = len(server.requests)
    assert n_requests > 0
    assert {body["model"] for _, _, body in server.requests} == {"m"}

    # Another run, also without the cache of the resampler, asks for nothing again.
    assert balance(intents, tmp_path / "two.csv", "--no-cache", *options) == 0
    assert len(server.requests) == n_requests
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


def test_balance_stops_asking_at_the_limit(intents, tmp_path, server, capsys):
    options = ["--generator", "endpoint", "--base-url", server.url, "--model", "m", "--max-requests", "0"]
    assert balance(intents, tmp_path / "out.csv", *options) == 0
    assert server.requests == []
    assert "asks for no more texts, since max_requests is reached" in capsys.readouterr().err


def test_balance_takes_turns_between_a_server_and_others(intents, tmp_path, server, capsys):
    options = [
        "--generator",
        "endpoint",
        "--generator",
        "markov-chain",
        "--base-url",
        server.url,
        "--model",
        "m",
    ]
    out = tmp_path / "out.csv"
    assert main(["balance", str(intents), "-o", str(out), *options]) == 0
    err = capsys.readouterr().err
    assert f"are sent to {server.url}" in err
    rows = [line.split() for line in err.splitlines()]
    header = next(i for i, row in enumerate(rows) if row[:2] == ["generator", "n_candidates"])
    counts = {row[0]: int(row[1]) for row in rows[header + 1 : header + 3]}
    assert set(counts) == {"endpoint", "markov-chain"}
    assert min(counts.values()) > 0
    assert {body["model"] for _, _, body in server.requests} == {"m"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--generator", "endpoint"], "--generator endpoint needs --model NAME"),
        (
            ["--generator", "eda", "--base-url", "http://x/v1"],
            "need --generator endpoint, got --generator eda",
        ),
        (["--max-requests", "3"], "need --generator endpoint, got --generator causal-lm"),
        (["--generator", "eda", "--model", "m"], "--model needs --generator causal-lm, prompt or endpoint"),
        (["--generator", "eda", "--generator", "endpoint"], "--generator endpoint needs --model NAME"),
        (["--generator", "eda", "--generator", "eda"], "must name each generator once, got eda twice"),
    ],
)
def test_balance_refuses_options_that_do_not_fit(intents, tmp_path, capsys, options, message):
    assert balance(intents, tmp_path / "out.csv", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("generator", ["causal-lm", "prompt"])
def test_balance_passes_a_model_of_ones_own_to_the_language_model(intents, tmp_path, capsys, generator):
    options = ["--no-cache", "--generator", generator, "--model", str(tmp_path / "none")]
    assert balance(intents, tmp_path / "out.csv", *options) == 2
    assert f"The model {str(tmp_path / 'none')!r} could not be loaded" in capsys.readouterr().err


def test_balance_asks_a_model_on_this_machine(intents, tmp_path, server, monkeypatch):
    folder = build_letters_model(tmp_path / "model", ["abcdefghijklmnopqrstuvwxyz"])
    seen = []

    def written(work, asked, *_, **__):
        seen.extend(lines.prompt for lines in asked)
        return [[f"wine and beer or water {i} please" for i in lines.span] for lines in asked]

    monkeypatch.setattr("skbalagen.generators.prompt.map_in_workers", written)
    options = ["--generator", "prompt", "--model", str(folder)]
    assert balance(intents, tmp_path / "out.csv", *options) == 0
    table = pd.read_csv(tmp_path / "out.csv")
    assert set(table[table["text"].str.startswith("wine and beer or water")]["label"]) == {"drinks"}
    assert seen
    assert all("beer and water please" in prompt for prompt in seen)
