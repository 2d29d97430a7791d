"""A local server that speaks the chat-completions protocol, and misbehaves when it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

SECRET = "sk-not-to-be-told"


@dataclass(frozen=True)
class Say:
    """What the server does with one request: a status, a text, a wait before it answers; `cut` ends the body early."""

    text: str = ""
    status: int = 200
    wait: float = 0.0
    cut: bool = False
    retry_after: str | None = None


Script = Callable[[str, int], Say]  # of a question and of how often it came before


@dataclass
class Endpoint:
    """A running server."""

    url: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


@contextmanager
def serving(script: Script) -> Iterator[Endpoint]:
    """The server, as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = body["messages"][-1]["content"]
            with endpoint.lock:
                before = sum(one["messages"][-1]["content"] == asked for one in endpoint.seen)
                endpoint.seen.append({**body, "key": self.headers["Authorization"], "path": self.path})
            say = script(asked, before)
            time.sleep(say.wait)
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked went away
                self._answer(say, body["model"])

        def _answer(self, say: Say, model: str) -> None:
            told = {
                "id": "1", "object": "chat.completion", "created": 1, "model": model,
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": say.text}}
                ],
                "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
            }  # fmt: skip
            body = json.dumps(told if say.status == 200 else {"error": {"message": f"no: {SECRET}"}}).encode()
            self.send_response(say.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if say.retry_after is not None:
                self.send_header("Retry-After", say.retry_after)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if say.cut else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


def wordings(*texts: str) -> str:
    """An answer as it is asked for."""
    return json.dumps({"wordings": list(texts)}, ensure_ascii=False)
