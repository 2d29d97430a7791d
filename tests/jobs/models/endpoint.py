"""A local server that speaks the protocols of chats and completions, and misbehaves when it is told to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from threading import Lock, Thread
from typing import Any

SECRET = "sk-not-to-be-told"


@dataclass(frozen=True)
class Say:
    """What the server does with one request: a status, a text, a wait before it answers; `cut` ends the body early, and
    `body` is sent instead of a chat's answer."""

    text: str = ""
    status: int = 200
    wait: float = 0.0
    cut: bool = False
    retry_after: str | None = None
    body: Any = None


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
            asked = _asked(body)
            with endpoint.lock:
                before = sum(_asked(one) == asked for one in endpoint.seen)
                endpoint.seen.append({**body, "key": self.headers["Authorization"], "path": self.path})
            say = script(asked, before)
            time.sleep(say.wait)
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked went away
                self._answer(say, body["model"])

        def _answer(self, say: Say, model: str) -> None:
            told: Any = {
                "id": "1", "object": "chat.completion", "created": 1, "model": model,
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": say.text}}
                ],
                "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
            }  # fmt: skip
            if say.body is not None:
                told = say.body
            elif say.status != 200:
                told = {"error": {"message": f"no: {SECRET}"}}
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
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


def _asked(body: dict[str, Any]) -> str:
    return str(body["prompt"] if "prompt" in body else body["messages"][-1]["content"])


def completion(text: str, logprobs: Any, prompt_tokens: int | None = None, tokens_out: int = 1) -> Any:
    """The answer of `/completions`; without `prompt_tokens` it does not say what was used."""
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": tokens_out, "total_tokens": 0}
    return {
        "id": "1", "object": "text_completion", "created": 1, "model": "small",
        "choices": [{"index": 0, "text": text, "logprobs": logprobs, "finish_reason": "length"}],
        "usage": usage if prompt_tokens is not None else None,
    }  # fmt: skip


def echoed(tokens: Sequence[str], values: Sequence[float | None], offsets: Sequence[int] | None = None) -> Any:
    """What a server says of tokens, the generated one last."""
    starts = list(accumulate((len(token) for token in tokens[:-1]), initial=0)) if offsets is None else list(offsets)
    told = {"tokens": list(tokens), "token_logprobs": list(values), "text_offset": starts, "top_logprobs": None}
    return completion("".join(tokens), told, len(tokens) - 1)


def echo_words(asked: str, before: int) -> Say:
    """As a server with a token for each word and the blanks before it, which finds long words unlikely."""
    words = re.findall(r"\s*\S+|\s+$", asked)
    return Say(body=echoed([*words, " and"], [None, *(-0.5 * len(word.strip()) for word in words[1:]), -0.1]))


def wordings(*texts: str) -> str:
    """An answer as it is asked for."""
    return json.dumps({"wordings": list(texts)}, ensure_ascii=False)
