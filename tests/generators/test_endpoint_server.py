"""EndpointGenerator against a real server: `transformers serve` with the embedded language model."""

from __future__ import annotations

import os
import signal
import socket
import string
import subprocess
import sys
import time

import pytest
import requests

from skbalagen import EndpointGenerator
from skbalagen.models.catalog import MINILM, SMOLLM2
from skbalagen.models.fetch import local_path
from tests.generators.tiny_letters import build_letters_model

pytestmark = pytest.mark.model

X = [
    "where is my parcel",
    "my parcel is late",
    "has my order shipped",
    "can i pay by card",
    "do you take cash",
]
Y = ["delivery"] * 3 + ["payment"] * 2


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


@pytest.fixture
def serve(tmp_path):
    """Start the server on a port, and return it once it answers."""
    pytest.importorskip("fastapi", reason="transformers[serving] is not installed")
    started = []

    def start(port, model=None):
        command = [
            sys.executable,
            "-m",
            "transformers.cli.transformers",
            "serve",
            model or local_path(SMOLLM2),
        ]
        log = open(tmp_path / f"log-{len(started)}.txt", "w")  # noqa: SIM115 - closed with the server
        server = subprocess.Popen(
            [*command, "--port", str(port), "--device", "cpu"],
            env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        started.append((server, log))
        for _ in range(600):
            assert server.poll() is None, (tmp_path / f"log-{len(started) - 1}.txt").read_text()[-2000:]
            try:
                if requests.get(f"http://127.0.0.1:{port}/health", timeout=1).ok:
                    return server
            except requests.RequestException:
                time.sleep(0.2)
        raise AssertionError("the server does not answer")

    yield start
    for server, log in started:
        stop(server)
        log.close()


def stop(server):
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_real_server_writes_texts_and_a_repeated_fit_asks_for_nothing_twice(serve, tmp_path):
    port = free_port()
    generator = EndpointGenerator(
        base_url=f"http://127.0.0.1:{port}/v1",
        model=local_path(SMOLLM2),
        prompt="Questions of the customers of a shop about {label}:\n{examples}\n",
        api="completion",
        n_texts=4,
        n_avoid=0,
        temperature=0.7,
        answer_tokens=64,
        max_in_flight=1,
        cache=tmp_path / "answers",
    ).fit(X, Y)
    server = serve(port)
    first = generator.sample({"delivery": range(4)}, random_state=0)["delivery"]
    assert generator.usage_.n_requests >= 1
    assert generator.usage_.completion_tokens > 0
    assert any(first)
    stop(server)

    # The server is gone: what was asked is answered by the cache.
    generator.fit(X, Y)
    assert generator.sample({"delivery": range(4)}, random_state=0)["delivery"] == first
    assert generator.usage_.n_requests == 0

    # Started again, it is asked for what is new only.
    serve(port)
    both = generator.sample({"delivery": range(4), "payment": range(2)}, random_state=0)
    assert both["delivery"] == first
    assert 1 <= generator.usage_.n_requests <= 3


def test_a_real_server_that_does_not_know_the_interface_is_refused(serve):
    port = free_port()
    serve(port)
    generator = EndpointGenerator(base_url=f"http://127.0.0.1:{port}/v2", model="x", cache=None).fit(X, Y)
    with pytest.raises(ValueError, match="got status 404"):
        generator.sample({"payment": range(1)}, random_state=0)


def balance(intents, out, port, model, cache):
    """Start `skbalagen balance` with a cache of its own, in which only the sentence encoder is."""
    cache.mkdir(exist_ok=True)
    if not (cache / MINILM).exists():
        (cache / MINILM).symlink_to(local_path(MINILM))
    options = ["--generator", "endpoint", "--base-url", f"http://127.0.0.1:{port}/v1"]
    options += ["--model", model, "--max-requests", "2", "--no-cache", "--quiet"]
    return subprocess.Popen(
        [sys.executable, "-m", "skbalagen.cli", "balance", str(intents), "-o", str(out), *options],
        env=os.environ | {"SKBALAGEN_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_line_that_was_killed_repeats_no_request(serve, intents, tmp_path):
    # An untrained model, which answers soon: what it says is no list of texts, and is asked for again.
    model = str(build_letters_model(tmp_path / "model", [string.printable], chat=True, n_positions=4096))
    port = free_port()
    serve(port, model)
    answers = tmp_path / "cache" / "endpoint"

    def n_asked():
        return (tmp_path / "log-0.txt").read_text().count("POST /v1/chat/completions")

    def n_kept():
        return len(list(answers.glob("*.json")))

    killed = balance(intents, tmp_path / "out.csv", port, model, tmp_path / "cache")
    while killed.poll() is None and not n_kept():
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    first = n_kept()
    assert first in (1, 2)

    again = balance(intents, tmp_path / "out.csv", port, model, tmp_path / "cache")
    said = again.communicate()[1]
    assert again.returncode == 0, said
    assert f"are sent to http://127.0.0.1:{port}/v1" in said
    assert (tmp_path / "out.csv").read_text().count("\n") == 1 + 16
    assert n_kept() == first + 2
    # The one that was under way when the first run was killed was answered to nobody.
    assert n_asked() - n_kept() in (0, 1)
