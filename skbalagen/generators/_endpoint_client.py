"""Ask an OpenAI-compatible server: retries, limits, and answers that are kept in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skbalagen._utils.durable import write_file

__all__ = ["Budget", "EndpointClient", "Usage"]

# Passing faults of a server: too many requests, and errors of its own.
_RETRIED = (408, 409, 429, 500, 502, 503, 504)


@dataclass
class Usage:
    """What was asked of a server.

    Attributes
    ----------
    n_requests : int
        Requests that were answered by the server.
    n_cached : int
        Requests that the cache answered.
    n_unreadable : int
        Answers that held no list of texts.
    prompt_tokens, completion_tokens : int
        As the server counts them; 0 if it does not.
    cost : float
        In the currency of the prices.
    """

    n_requests: int = 0
    n_cached: int = 0
    n_unreadable: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What may be asked of a server; None is no limit.

    Attributes
    ----------
    max_requests, max_tokens : int or None
    max_cost : float or None
    prices : tuple of (float, float)
        Per million tokens of prompts and of answers.
    """

    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: tuple[float, float] = (0.0, 0.0)

    def spent(self, usage: Usage, n_under_way: int) -> str:
        """Return the name of the limit that leaves no room for one more request, or ""."""
        if self.max_requests is not None and usage.n_requests + n_under_way >= self.max_requests:
            return "max_requests"
        if self.max_tokens is not None and usage.prompt_tokens + usage.completion_tokens >= self.max_tokens:
            return "max_tokens"
        if self.max_cost is not None and usage.cost >= self.max_cost:
            return "max_cost"
        return ""


@dataclass
class EndpointClient:
    """A server, and the answers that it gave.

    Attributes
    ----------
    url : str
        Of the chat or the completion endpoint.
    api_key_env : str
        Environment variable with the key; it is read for each request, and kept nowhere.
    timeout : float
        Seconds to wait for an answer.
    max_retries : int
        How often a request is sent again, after waits that double.
    folder : Path or None
        Where answers are kept.
    budget : Budget
    usage : Usage
        Counts what is asked.
    stopped : str
        Why no more is asked: the name of a limit, "server", or "".
    error : str
        How the server failed.
    """

    url: str
    api_key_env: str
    timeout: float
    max_retries: int
    folder: Path | None
    budget: Budget
    usage: Usage
    stopped: str = ""
    error: str = ""
    _lock: Any = field(default_factory=threading.Lock)
    _n_under_way: int = 0

    def ask(self, body: dict[str, Any], index: int, read: Callable[[str], Any]) -> Any:
        """Return what `read` makes of the answer to `body`, or None if there is no answer that it can read.

        Parameters
        ----------
        body : dict
            The request in JSON's types, without a key.
        index : int
            Tells apart requests of one body.
        read : callable
            From the answer, a str, to a value; None where it cannot be read.

        Raises
        ------
        ValueError
            The server refuses the request.
        """
        name = json.dumps([self.url, body, index], sort_keys=True)
        path = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json" if self.folder else None
        kept = _kept(path)
        if kept is not None:
            with self._lock:
                self.usage.n_cached += 1
            return read(kept)
        with self._lock:
            self.stopped = self.stopped or self.budget.spent(self.usage, self._n_under_way)
            if self.stopped:
                return None
            self._n_under_way += 1
        try:
            answer, counts = self._send(body)
        finally:
            with self._lock:
                self._n_under_way -= 1
        if answer is None:
            return None
        value = read(answer)
        with self._lock:
            prompt, completion = (int(counts.get(f"{kind}_tokens") or 0) for kind in ("prompt", "completion"))
            self.usage.n_requests += 1
            self.usage.n_unreadable += value is None
            self.usage.prompt_tokens += prompt
            self.usage.completion_tokens += completion
            prices = self.budget.prices
            self.usage.cost += (prompt * prices[0] + completion * prices[1]) / 1e6
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_file(path, json.dumps({"answer": answer, "request": body}).encode())
        return value

    def _send(self, body: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """Return the text of the answer and the server's counts; None once the server gave up."""
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        retry = Retry(
            total=self.max_retries,
            backoff_factor=0.5,
            backoff_max=60,
            status_forcelist=_RETRIED,
            allowed_methods=None,
            raise_on_status=False,
        )
        key = os.environ.get(self.api_key_env)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=retry))
            session.mount("https://", HTTPAdapter(max_retries=retry))
            for attempt in range(self.max_retries + 1):
                try:
                    response = session.post(self.url, json=body, headers=headers, timeout=self.timeout)
                    break
                except (
                    requests.exceptions.ChunkedEncodingError
                ) as error:  # died in its answer: not retried above
                    if attempt == self.max_retries:
                        return self._give_up(type(error).__name__)
                except requests.RequestException as error:
                    return self._give_up(type(error).__name__)
        if response.status_code in _RETRIED:
            return self._give_up(f"status {response.status_code}")
        if response.status_code != 200:
            raise ValueError(
                f"{self.url} must answer the request, got status {response.status_code}: {response.text[:300]!r}. Check "
                f"base_url and model, and the key in the environment variable {self.api_key_env}."
            )
        try:
            content = response.json()
            choice = content["choices"][0]
            answer = choice["message"]["content"] if "message" in choice else choice["text"]
        except (ValueError, LookupError, TypeError):
            return "", {}
        return answer or "", content.get("usage") or {}

    def _give_up(self, error: str) -> tuple[None, dict[str, Any]]:
        with self._lock:
            self.stopped = self.stopped or "server"
            self.error = self.error or f"{error} after {self.max_retries} retries"
        return None, {}


def _kept(path: Path | None) -> str | None:
    """Return the answer that is kept in a file; None if there is none, or a damaged one."""
    try:
        return None if path is None else str(json.loads(path.read_text(encoding="utf-8"))["answer"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
