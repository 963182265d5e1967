"""EndpointGenerator against a local stub that is slow, wrong, busy, or dies."""

from __future__ import annotations

import json
import pickle

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, EndpointGenerator, TextGenerator
from tests.generators.stub_server import StubServer

X = [
    "my card is gone",
    "lost my card",
    "card stolen",
    "when does my card come",
    "card not here yet",
    "hello there",
]
Y = ["lost_card"] * 3 + ["card_arrival"] * 2 + ["greeting"]


def numbered(number, body):
    n = 4
    return json.dumps([f"text {number}.{i}" for i in range(n)])


@pytest.fixture
def serve():
    servers = []

    def start(reply=numbered, delay=0.0):
        servers.append(StubServer(reply, delay))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def make(server, **parameters):
    defaults = {
        "model": "m",
        "n_texts": 4,
        "cache": None,
        "max_retries": 2,
        "max_in_flight": 1,
        "timeout": 5.0,
    }
    return EndpointGenerator(base_url=server.url, **(defaults | parameters)).fit(X, Y)


def shown(body):
    """Rows of the class in a prompt."""
    prompt = body["messages"][0]["content"]
    return {line[2:] for line in prompt.split("\n\n")[1].splitlines()}


def test_candidates_are_the_texts_of_the_answers_in_their_order(serve):
    server = serve()
    generator = make(server)
    texts = generator.sample({"lost_card": range(6), "greeting": range(2)}, random_state=0)
    assert texts == {
        "lost_card": ["text 0.0", "text 0.1", "text 0.2", "text 0.3", "text 1.0", "text 1.1"],
        "greeting": ["text 2.0", "text 2.1"],
    }
    assert isinstance(generator, TextGenerator)
    assert [path for path, _, _ in server.requests] == ["/v1/chat/completions"] * 3
    assert server.requests[0][2] | {"messages": 0} == {
        "model": "m",
        "temperature": 1.0,
        "max_tokens": 1024,
        "messages": 0,
    }


def test_the_rest_of_an_answer_is_not_asked_for_again(serve):
    server = serve()
    generator = make(server)
    first = generator.sample({"lost_card": range(3)}, random_state=0)["lost_card"]
    then = generator.sample({"lost_card": range(3, 8)}, random_state=0)["lost_card"]
    assert first + then == [f"text {r}.{i}" for r in range(2) for i in range(4)]
    assert len(server.requests) == 2


def test_a_request_shows_rows_of_its_class_and_others_each_time(serve):
    server = serve()
    generator = make(server, n_examples=2)
    generator.sample({"lost_card": range(24)}, random_state=0)
    seen = [shown(body) for _, _, body in server.requests]
    assert all(len(rows) == 2 and rows <= set(X[:3]) for rows in seen)
    assert len({frozenset(rows) for rows in seen}) > 1
    assert generator.prompt_for("lost_card", 3) == server.requests[3][2]["messages"][0]["content"]


def test_the_nearest_class_is_shown_as_what_is_not_meant(serve):
    generator = make(serve())
    assert generator.nearest_class_ == {
        "lost_card": "card_arrival",
        "card_arrival": "lost_card",
        "greeting": "card_arrival",
    }
    prompt = generator.prompt_for("lost_card")
    assert 'class "card arrival", which is close' in prompt
    assert "- when does my card come" in prompt
    assert "which is close" not in make(serve(), n_avoid=0).prompt_for("lost_card")


def test_sent_rows_are_those_that_left_the_machine(serve):
    generator = make(serve(), n_avoid=1)
    assert generator.sent_rows_ == set()
    generator.sample({"greeting": range(1)}, random_state=0)
    assert 5 in generator.sent_rows_
    assert len(generator.sent_rows_) == 2
    assert generator.sent_rows_ - {5} <= {3, 4}


def test_a_prompt_of_ones_own_and_descriptions_are_used(serve):
    server = serve()
    generator = make(
        server,
        api="completion",
        prompt="{n} like these{description}:\n{examples}",
        label_descriptions={"greeting": "says hello"},
    )
    assert generator.sample({"greeting": range(1)}, random_state=0) == {"greeting": ["text 0.0"]}
    path, _, body = server.requests[0]
    assert path == "/v1/completions"
    assert body["prompt"] == "4 like these (says hello):\n- hello there"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"prompt": "write {count}: {examples}"},
            r"prompt must have the place \{examples\} and no others than",
        ),
        ({"prompt": "write {n}"}, r"got \['n'\]. Mend it"),
        (
            {"base_url": "localhost:8000"},
            "base_url must begin with http:// or https://, got 'localhost:8000'",
        ),
        ({"n_texts": 0}, "'n_texts' parameter"),
        ({"api": "text"}, "'api' parameter"),
    ],
)
def test_bad_parameters_are_refused_before_anything_is_sent(serve, parameters, message):
    server = serve()
    with pytest.raises(ValueError, match=message):
        EndpointGenerator(**({"base_url": server.url} | parameters)).fit(X, Y)
    assert server.requests == []


def test_rows_of_the_prompt_and_missing_texts_are_no_candidates(serve):
    generator = make(serve(lambda *_: '["Hello  THERE", "hi"]'))
    assert generator.sample({"greeting": range(4)}, random_state=0) == {"greeting": [None, "hi", None, None]}


def test_an_answer_that_cannot_be_read_is_asked_for_again(serve):
    server = serve(lambda number, _: "no idea" if number < 2 else '["at last"]')
    generator = make(server)
    assert generator.sample({"greeting": range(1)}, random_state=0) == {"greeting": ["at last"]}
    assert (generator.usage_.n_requests, generator.usage_.n_unreadable) == (3, 2)


@pytest.mark.parametrize("body", ["no idea", (200, "{"), (200, '{"choices": []}'), (200, '["x"]'), '["half'])
def test_answers_that_never_can_be_read_give_nothing_and_stop_nothing(serve, body):
    server = serve(lambda *_: body)
    generator = make(server)
    assert generator.sample({"greeting": range(2)}, random_state=0) == {"greeting": [None, None]}
    assert len(server.requests) == 3
    assert generator.usage_.n_unreadable == 3
    assert generator.stopped_ == ""


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_after_a_while(serve, status):
    server = serve(lambda number, _: (status, "busy") if number == 0 else '["ok"]')
    generator = make(server)
    assert generator.sample({"greeting": range(1)}, random_state=0) == {"greeting": ["ok"]}
    assert len(server.requests) == 2
    assert generator.usage_.n_requests == 1


def test_a_server_that_fails_for_good_ends_with_what_is_there(serve):
    server = serve(lambda number, body: numbered(number, body) if number == 0 else (500, "broken"))
    generator = make(server, max_retries=1)
    with pytest.warns(
        UserWarning, match=r"the server failed \(status 500 after 1 retries\): 1 requests, 120 tokens"
    ):
        texts = generator.sample({"lost_card": range(12)}, random_state=0)["lost_card"]
    assert texts == [f"text 0.{i}" for i in range(4)] + [None] * 8
    assert generator.stopped_ == "server"
    n = len(server.requests)
    assert (
        generator.sample({"lost_card": range(12)}, random_state=0)["lost_card"] == texts
    )  # no second warning
    assert len(server.requests) == n


def test_a_server_that_dies_in_the_middle_of_an_answer_is_asked_again(serve):
    server = serve(lambda number, _: (None, "") if number == 0 else '["ok"]')
    assert make(server).sample({"greeting": range(1)}, random_state=0) == {"greeting": ["ok"]}


def test_a_slow_server_is_given_up_and_one_that_is_not_there_is_an_error(serve):
    server = serve(delay=0.5)
    with pytest.raises(
        ConnectionError, match=r"must be a server that answers, got .* after 0 retries\. Start it"
    ):
        make(server, timeout=0.05, max_retries=0).sample({"greeting": range(1)}, random_state=0)
    generator = make(server, max_retries=0)
    server.close()
    with pytest.raises(ConnectionError, match="must be a server that answers"):
        generator.sample({"greeting": range(1)}, random_state=0)


def test_a_request_that_is_refused_is_an_error_without_the_key(serve, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret-key")
    server = serve(lambda *_: (401, "who are you"))
    with pytest.raises(
        ValueError, match=r"got status 401: 'who are you'\. Check base_url and model"
    ) as error:
        make(server, api_key_env="MY_KEY").sample({"greeting": range(1)}, random_state=0)
    assert "secret-key" not in str(error.value)
    assert len(server.requests) == 1


def test_the_key_goes_to_the_server_and_nowhere_else(serve, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_KEY", "secret-key")
    server = serve()
    generator = make(server, api_key_env="MY_KEY", cache=tmp_path)
    generator.sample({"greeting": range(1)}, random_state=0)
    assert server.requests[0][1]["Authorization"] == "Bearer secret-key"
    assert b"secret-key" not in pickle.dumps(generator)
    assert "secret-key" not in repr(generator)
    assert all("secret-key" not in path.read_text() for path in tmp_path.iterdir())
    monkeypatch.delenv("MY_KEY")
    generator.sample({"lost_card": range(1)}, random_state=0)
    assert "Authorization" not in server.requests[1][1]


@pytest.mark.parametrize(
    ("limit", "n_answered"),
    [
        ({"max_requests": 2}, 2),
        ({"max_tokens": 200}, 2),  # 120 a request: the second may be sent, not the third
        ({"max_cost": 0.0005, "prices": (3.0, 5.0)}, 2),  # (300 + 100) / 1e6 a request
        ({"max_requests": 0}, 0),
    ],
)
def test_a_limit_ends_with_what_is_there(serve, limit, n_answered):
    server = serve()
    generator = make(server, **limit)
    name = next(iter(limit))
    with pytest.warns(
        UserWarning, match=f"asks for no more texts, since {name} is reached: {n_answered} requests"
    ):
        texts = generator.sample({"lost_card": range(16)}, random_state=0)["lost_card"]
    assert sum(text is not None for text in texts) == 4 * n_answered
    assert len(server.requests) == n_answered
    assert generator.stopped_ == name


def test_a_repeated_fit_asks_for_nothing_twice(serve, tmp_path):
    server = serve()
    spans = {"lost_card": range(8), "greeting": range(3)}
    texts = make(server, cache=tmp_path).sample(spans, random_state=0)
    again = make(server, cache=tmp_path)
    assert again.sample(spans, random_state=0) == texts
    assert len(server.requests) == 3
    assert (again.usage_.n_requests, again.usage_.n_cached) == (0, 3)
    make(server, cache=tmp_path, temperature=0.5).sample({"greeting": range(1)}, random_state=0)
    assert len(server.requests) == 4  # another request


def test_an_interrupted_fit_goes_on_where_it_stopped(serve, tmp_path):
    def reply(number, body):
        return (500, "down") if number in (2, 3) else numbered(number, body)

    server = serve(reply)
    spans = {"lost_card": range(16)}
    with pytest.warns(UserWarning, match="kept: the next fit asks for the rest only"):
        make(server, cache=tmp_path, max_retries=1).sample(spans, random_state=0)
    texts = make(server, cache=tmp_path).sample(spans, random_state=0)["lost_card"]
    assert None not in texts
    assert texts[:8] == [f"text {r}.{i}" for r in range(2) for i in range(4)]
    assert len(server.requests) == 6  # 2 answered, 2 refused, 2 more


def test_a_damaged_answer_in_the_cache_is_asked_for_again(serve, tmp_path):
    server = serve()
    make(server, cache=tmp_path).sample({"greeting": range(1)}, random_state=0)
    (path,) = tmp_path.iterdir()
    path.write_text("{", encoding="utf-8")
    assert make(server, cache=tmp_path).sample({"greeting": range(1)}, random_state=0) == {
        "greeting": ["text 1.0"]
    }


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_requests_are_under_way_than_allowed(serve, most):
    server = serve(delay=0.03)
    texts = make(server, max_in_flight=most).sample({"lost_card": range(36)}, random_state=0)["lost_card"]
    assert server.most_at_once <= most
    assert (server.most_at_once > 1) == (most > 1)
    assert None not in texts
    assert len(server.requests) == 9


def test_the_resampler_fills_classes_with_answers_that_labelers_accept(serve):
    server = serve(lambda n, _: json.dumps([f"my card is lost again {n} {i}" for i in range(4)]))
    generator = make(server)
    resampler = BalaGenResampler(
        sampling_strategy={"lost_card": 9},
        generator=generator,
        labelers=[],
        generated_share=1.0,
        random_state=0,
    )
    texts, labels = resampler.fit_resample(X, Y)
    assert labels.count("lost_card") == 9
    assert all(text.startswith("my card is lost again") for text in texts[6:])
    assert resampler.generator_.usage_.n_requests == len(server.requests)


def test_it_can_be_cloned_and_asks_for_a_fit(serve):
    generator = clone(make(serve(), max_cost=2.5))
    assert generator.max_cost == 2.5
    with pytest.raises(NotFittedError):
        generator.sample({"greeting": range(1)})
