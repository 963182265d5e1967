"""Ask a language model behind an OpenAI-compatible endpoint for new texts of a class."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, StrOptions, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts, fold_text
from skbalagen._utils.validation import check_generator_rows
from skbalagen.generators._endpoint_answers import parse_texts
from skbalagen.generators._endpoint_client import Budget, EndpointClient, Usage
from skbalagen.generators._prompts import JSON_PROMPT, RowPrompts, check_prompt, nearest_classes
from skbalagen.generators.base import check_span_labels
from skbalagen.models.catalog import cache_dir

__all__ = ["EndpointGenerator"]

# A request whose answer holds no list of texts is sent again under another number, so often.
_ATTEMPTS = 3


class EndpointGenerator(BaseEstimator):
    """Ask a language model behind an endpoint for new texts, showing it rows of the class.

    For any server that speaks OpenAI's protocol: vLLM, Ollama, llama.cpp, ``transformers serve``, a cloud. Nothing is
    trained. Each request shows other rows of the class, drawn at random, and asks for several texts.

    **Rows leave this machine** for the server of `base_url`: up to `n_examples` rows of the class, and `n_avoid` of the
    nearest other class, with each request. ``sent_rows_`` says which.

    Parameters
    ----------
    base_url : str, default="http://127.0.0.1:8000/v1"
        Of the server, up to and including the version.
    model : str, default=""
        Name of the model on the server.
    api : {"chat", "completion"}, default="chat"
        Which of the server's interfaces is asked; "completion" is for models that were not taught to chat.
    api_key_env : str, default="OPENAI_API_KEY"
        Environment variable that holds the key, if the server wants one. The key is read for each request and is
        written nowhere.
    prompt : str, default=None
        What is asked, with the places {label}, {description}, {examples}, {avoid} and {n}; :meth:`prompt_for` shows it
        filled in, also for None.
    label_descriptions : mapping of {label: str}, default=None
        What the classes are about.
    n_examples : int, default=8
        Rows of the class in a request, at least 1; all of a class that has fewer.
    n_avoid : int, default=3
        Rows of the class whose words are most alike, as texts that are not meant; at least 0.
    n_texts : int, default=10
        Texts to ask for with one request, at least 1.
    temperature : float, default=1.0
        Of the decoding on the server, at least 0.
    answer_tokens : int, default=1024
        Most tokens of an answer.
    max_in_flight : int, default=4
        Requests that are under way at a time, at least 1.
    timeout : float, default=120.0
        Seconds to wait for an answer, above 0.
    max_retries : int, default=4
        How often a request is sent again if the server is busy or fails, after waits that double; at least 0.
    max_requests, max_tokens, max_cost : int, int, float, default=None
        Limits on all requests since `fit`: their number, the tokens of prompts and answers, and what they cost by
        `prices`. A limit ends with what is there, and one warning; requests under way may pass the last two by what
        they take.
    prices : tuple of (float, float), default=(0.0, 0.0)
        Cost of a million tokens of prompts, and of answers.
    cache : "auto", str, path-like or None, default="auto"
        Folder that keeps the answers, so that no request is sent twice: not by a fit that was interrupted, nor by one
        that is repeated. They hold the rows that were sent. "auto" is a folder in this library's cache; None keeps
        none.
    verbose : int, default=0
        From 1, a progress bar is shown.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    nearest_class_ : dict of {label: label}
        The other class whose words are most alike, by the cosine of summed TF-IDF vectors.
    sent_rows_ : set of int
        Numbers of the rows that were sent.
    usage_ : Usage
        Requests, tokens and cost.
    stopped_ : str
        Why no more is asked: "max_requests", "max_tokens", "max_cost", "server" (it failed for good), or "".

    Notes
    -----
    A server cannot promise that its texts are the same again; the cache is what makes them repeatable. Candidate i of a
    class is text ``i % n_texts`` of request ``i // n_texts``, whose prompt depends on the class, that number and the
    seed alone.

    References
    ----------
    Juuti, Gröndahl, Flanagan & Asokan (2020), "A little goes a long way: Improving toxic language classification despite
    data scarcity", Findings of EMNLP (generation from rows of the class).

    Examples
    --------
    >>> from skbalagen import EndpointGenerator
    >>> generator = EndpointGenerator(model="qwen").fit(["my card is lost", "hello"], ["lost_card", "greeting"])
    >>> print(generator.prompt_for("lost_card")[:60])
    Here are texts of the class "lost card", as people wrote the
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "base_url": [str],
        "model": [str],
        "api": [StrOptions({"chat", "completion"})],
        "api_key_env": [str],
        "prompt": [str, None],
        "label_descriptions": [Mapping, None],
        "n_examples": [Interval(Integral, 1, None, closed="left")],
        "n_avoid": [Interval(Integral, 0, None, closed="left")],
        "n_texts": [Interval(Integral, 1, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="left")],
        "answer_tokens": [Interval(Integral, 1, None, closed="left")],
        "max_in_flight": [Interval(Integral, 1, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither")],
        "max_retries": [Interval(Integral, 0, None, closed="left")],
        "max_requests": [Interval(Integral, 0, None, closed="left"), None],
        "max_tokens": [Interval(Integral, 0, None, closed="left"), None],
        "max_cost": [Interval(Real, 0, None, closed="left"), None],
        "prices": [tuple],
        "cache": [str, Path, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        base_url: str = "http://127.0.0.1:8000/v1",
        model: str = "",
        api: Literal["chat", "completion"] = "chat",
        api_key_env: str = "OPENAI_API_KEY",
        prompt: str | None = None,
        label_descriptions: Mapping[Any, str] | None = None,
        n_examples: int = 8,
        n_avoid: int = 3,
        n_texts: int = 10,
        temperature: float = 1.0,
        answer_tokens: int = 1024,
        max_in_flight: int = 4,
        timeout: float = 120.0,
        max_retries: int = 4,
        max_requests: int | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        prices: tuple[float, float] = (0.0, 0.0),
        cache: str | Path | None = "auto",
        verbose: int = 0,
    ) -> None:
        self.base_url = base_url
        self.model = model
        self.api = api
        self.api_key_env = api_key_env
        self.prompt = prompt
        self.label_descriptions = label_descriptions
        self.n_examples = n_examples
        self.n_avoid = n_avoid
        self.n_texts = n_texts
        self.temperature = temperature
        self.answer_tokens = answer_tokens
        self.max_in_flight = max_in_flight
        self.timeout = timeout
        self.max_retries = max_retries
        self.max_requests = max_requests
        self.max_tokens = max_tokens
        self.max_cost = max_cost
        self.prices = prices
        self.cache = cache
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the rows, and find the nearest class of each class; nothing is sent.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts, none of them blank.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            `X` and `y` are not one text and one label per row, or the prompt has a place that is unknown, or none for
            the rows.
        """
        check_prompt(self.prompt or JSON_PROMPT)
        self.texts_, self.labels_ = check_generator_rows(as_texts(X), y)
        self.classes_ = np.unique(self.labels_)
        self.nearest_class_ = nearest_classes(self.texts_, self.labels_, self.classes_)
        self.sent_rows_: set[int] = set()
        self.usage_, self.stopped_ = Usage(), ""
        self._answers: dict[tuple[Any, int, int], list[str]] = {}
        self._client()
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates of each label's stream.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the rows that are shown.

        Returns
        -------
        dict of {label: list of (str or None)}
            None where the answer held too few texts or none, where the text is a row of the prompt, and for all
            that was not asked once a limit was reached.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError
            A label that was not fitted, or a request that the server refuses.
        ConnectionError
            The server cannot be reached, and has not answered once.

        Warns
        -----
        UserWarning
            A limit was reached, or the server failed for good.
        """
        check_is_fitted(self)
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        numbers = {
            label: range(span.start // self.n_texts, -(-span.stop // self.n_texts)) if len(span) else range(0)
            for label, span in spans.items()
        }
        wanted = [(label, number) for label, asked in numbers.items() for number in asked]
        client = self._client()
        client.stopped = self.stopped_
        with (
            progress_shown(self.verbose),
            progress_bar(title="asking", unit="request", total=len(wanted)) as bar,
            ThreadPoolExecutor(self.max_in_flight) as pool,
        ):

            def ask(place: tuple[Any, int]) -> list[str]:
                texts = self._texts_of(client, *place, seed)
                bar.update()
                return texts

            answers = dict(zip(wanted, pool.map(ask, wanted), strict=True))
        if client.stopped and not self.stopped_:
            self._say_why(client)
        self.stopped_ = client.stopped
        return {
            label: [_item(answers[label, i // self.n_texts], i % self.n_texts) for i in span]
            for label, span in spans.items()
        }

    def prompt_for(self, label: Any, number: int = 0, *, random_state: int = 0) -> str:
        """Return the prompt of a request.

        Parameters
        ----------
        label : object
            A class.
        number : int, default=0
            Of the request, from 0.
        random_state : int, default=0
            Seed of the rows that are shown.
        """
        check_is_fitted(self)
        check_span_labels({label: range(0)}, self.classes_.tolist())
        return self._prompts().draw(label, number, random_state).text

    def _prompts(self) -> RowPrompts:
        return RowPrompts(
            texts=self.texts_,
            labels=self.labels_,
            nearest=self.nearest_class_,
            template=self.prompt or JSON_PROMPT,
            descriptions=self.label_descriptions,
            n_examples=self.n_examples,
            n_avoid=self.n_avoid,
            n_texts=self.n_texts,
        )

    def _texts_of(self, client: EndpointClient, label: Any, number: int, seed: int) -> list[str]:
        """Return the texts of a request, "" in the place of those that repeat a row of its prompt."""
        if (label, number, seed) in self._answers:
            return self._answers[label, number, seed]
        prompt = self._prompts().draw(label, number, seed)
        body: dict[str, Any] = {
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.answer_tokens,
        }
        asked = (
            {"messages": [{"role": "user", "content": prompt.text}]}
            if self.api == "chat"
            else {"prompt": prompt.text}
        )
        for attempt in range(_ATTEMPTS):
            texts = client.ask(
                body | asked, _ATTEMPTS * number + attempt, lambda answer: parse_texts(answer, self.n_texts)
            )
            if texts or client.stopped:
                break
        if not client.stopped or texts:
            self.sent_rows_.update(prompt.rows)
        found = ["" if fold_text(text) in prompt.known else text for text in texts or []]
        if not client.stopped:
            self._answers[label, number, seed] = found
        return found

    def _client(self) -> EndpointClient:
        path = {"chat": "/chat/completions", "completion": "/completions"}[self.api]
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(
                f"base_url must begin with http:// or https://, got {self.base_url!r}. A local server has, for instance, "
                "http://127.0.0.1:8000/v1."
            )
        folder = cache_dir() / "endpoint" if self.cache == "auto" else self.cache
        return EndpointClient(
            url=self.base_url.rstrip("/") + path,
            api_key_env=self.api_key_env,
            timeout=self.timeout,
            max_retries=self.max_retries,
            folder=None if folder is None else Path(folder),
            budget=Budget(self.max_requests, self.max_tokens, self.max_cost, self.prices),
            usage=self.usage_,
        )

    def _say_why(self, client: EndpointClient) -> None:
        usage = self.usage_
        if client.stopped == "server" and not usage.n_requests + usage.n_cached:
            raise ConnectionError(
                f"{client.url} must be a server that answers, got {client.error}. Start it, or correct base_url."
            )
        why = (
            f"the server failed ({client.error})"
            if client.stopped == "server"
            else f"{client.stopped} is reached"
        )
        warnings.warn(
            f"EndpointGenerator asks for no more texts, since {why}: {usage.n_requests} requests, "
            f"{usage.prompt_tokens + usage.completion_tokens} tokens. Answers so far are used"
            + ("" if self.cache is None else ", and kept: the next fit asks for the rest only")
            + ".",
            UserWarning,
            stacklevel=3,
        )


def _item(texts: list[str], place: int) -> str | None:
    return (texts[place] or None) if place < len(texts) else None
