"""A local server that speaks OpenAI's protocol, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StubServer:
    """Answers each request with what `reply` returns: a text, or (status, body) to send as it is.

    `requests` holds the path, headers and body of each request; `most_at_once` how many were under way together.
    """

    def __init__(self, reply: Callable[[int, dict], object], delay: float = 0.0) -> None:
        self.reply, self.delay = reply, delay
        self.requests: list[tuple[str, dict, dict]] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with stub.lock:
                    number = len(stub.requests)
                    stub.requests.append((self.path, dict(self.headers), body))
                    stub.at_once += 1
                    stub.most_at_once = max(stub.most_at_once, stub.at_once)
                time.sleep(stub.delay)
                said = stub.reply(number, body)
                status, content = said if isinstance(said, tuple) else (200, answer(said, self.path))
                with stub.lock:
                    stub.at_once -= 1
                if status is None:  # dies in the middle
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
                    return
                data = content.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def answer(text: object, path: str) -> str:
    """Return a response with a text, and the tokens that it took."""
    choice = {"text": text} if path.endswith("/v1/completions") else {"message": {"content": text}}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 20}})
