"""The client of the endpoint: budgets, and what is kept."""

from __future__ import annotations

import json

import pytest

from skbalagen.generators._endpoint_client import Budget, EndpointClient, Usage
from tests.generators.stub_server import StubServer


@pytest.mark.parametrize(
    ("budget", "usage", "n_under_way", "spent"),
    [
        (Budget(), Usage(n_requests=10**6, cost=1e9), 5, ""),
        (Budget(max_requests=3), Usage(n_requests=2), 0, ""),
        (Budget(max_requests=3), Usage(n_requests=2), 1, "max_requests"),  # the third is under way
        (Budget(max_tokens=100), Usage(prompt_tokens=60, completion_tokens=39), 0, ""),
        (Budget(max_tokens=100), Usage(prompt_tokens=60, completion_tokens=40), 0, "max_tokens"),
        (Budget(max_cost=1.0), Usage(cost=0.99), 9, ""),
        (Budget(max_cost=1.0), Usage(cost=1.0), 0, "max_cost"),
    ],
)
def test_budget_says_which_limit_is_reached(budget, usage, n_under_way, spent):
    assert budget.spent(usage, n_under_way) == spent


@pytest.fixture
def client(tmp_path):
    server = StubServer(lambda number, body: f"answer {number}")
    yield EndpointClient(
        url=f"{server.url}/chat/completions",
        api_key_env="NO_SUCH_KEY",
        timeout=5.0,
        max_retries=0,
        folder=tmp_path / "answers",
        budget=Budget(prices=(2.0, 10.0)),
        usage=Usage(),
    )
    server.close()


def test_usage_counts_requests_tokens_and_cost(client):
    client.ask({"model": "a"}, 0, str)
    client.ask({"model": "a"}, 1, lambda answer: None)
    assert client.usage == Usage(2, 0, 1, 200, 40, pytest.approx((200 * 2 + 40 * 10) / 1e6))


def test_answers_are_kept_by_request_and_number(client):
    assert client.ask({"model": "a"}, 0, str) == "answer 0"
    assert client.ask({"model": "a"}, 1, str) == "answer 1"
    assert client.ask({"model": "b"}, 0, str) == "answer 2"
    assert client.ask({"model": "a"}, 0, str) == "answer 0"
    assert client.usage.n_cached == 1
    files = list(client.folder.iterdir())
    assert len(files) == 3
    assert {json.loads(path.read_text())["request"]["model"] for path in files} == {"a", "b"}
    assert client.folder.stat().st_mode & 0o077 == 0  # for its owner alone


def test_nothing_is_kept_without_a_folder(client):
    client.folder = None
    assert [client.ask({"model": "a"}, 0, str) for _ in range(2)] == ["answer 0", "answer 1"]


def test_after_a_stop_the_cache_still_answers(client):
    client.ask({"model": "a"}, 0, str)
    client.stopped = "max_cost"
    assert client.ask({"model": "a"}, 0, str) == "answer 0"
    assert client.ask({"model": "a"}, 1, str) is None
