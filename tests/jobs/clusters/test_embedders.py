"""Embeddings from a local server that speaks the protocol, and errors that say what to do and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pytest

from taskmill.jobs.clusters.embedders import BATCH, KEY, embedder_of
from taskmill.jobs.configuration.settings import Embedder
from taskmill.jobs.errors import StepError

SECRET = "sk-not-to-be-told"


class Server(ThreadingHTTPServer):
    """Answers with the length of each text; `failures` of the first requests fail with 503, `short` leaves one out."""

    seen: list[dict[str, Any]]
    failures = 0
    status = 503
    short = False


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({"key": self.headers["Authorization"], "path": self.path, **body})
        if len(self.server.seen) <= self.server.failures:
            self.send_error(self.server.status)
            return
        found = [
            {"object": "embedding", "index": place, "embedding": [float(len(text)), 1.0]}
            for place, text in enumerate(body["input"])
        ]
        told = {"object": "list", "model": body["model"], "data": found[::-1][: -1 if self.server.short else None]}
        answer = json.dumps({**told, "usage": {"prompt_tokens": 1, "total_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv(KEY, SECRET)
    found = Server(("127.0.0.1", 0), Handler)
    found.seen = []
    Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()


def settings(server: Server) -> Embedder:
    return Embedder(model="small", endpoint=f"http://127.0.0.1:{server.server_address[1]}/v1", timeout_seconds=10)


def test_texts_are_sent_in_batches_and_come_back_in_order(server: Server) -> None:
    embed = embedder_of(settings(server))
    assert embed is not None
    texts = ["x" * (1 + place % 7) for place in range(BATCH + 3)]
    found = embed(texts)
    assert found.shape == (BATCH + 3, 2)
    assert np.array_equal(found[:, 0], [len(text) for text in texts])
    assert [len(one["input"]) for one in server.seen] == [BATCH, 3]
    assert {(one["path"], one["model"], one["key"]) for one in server.seen} == {
        ("/v1/embeddings", "small", f"Bearer {SECRET}")
    }


def test_a_server_that_is_busy_is_asked_again(server: Server) -> None:
    server.failures = 1
    embed = embedder_of(settings(server))
    assert embed is not None
    assert embed(["one"]).tolist() == [[3.0, 1.0]]
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("status", "short", "expected"),
    [
        pytest.param(401, False, f"gave no embeddings: AuthenticationError. Its key is read from {KEY}", id="no-key"),
        pytest.param(200, True, "gave 1 vectors for 2 texts", id="one-is-missing"),
    ],
)
def test_errors_say_what_to_do_and_no_secret(server: Server, status: int, short: bool, expected: str) -> None:
    server.failures, server.status, server.short = (0 if short else 99), status, short
    embed = embedder_of(settings(server))
    assert embed is not None
    with pytest.raises(StepError, match=expected) as caught:
        embed(["one", "two"])
    assert SECRET not in str(caught.value)


def test_without_settings_there_is_no_embedder() -> None:
    assert embedder_of(None) is None
