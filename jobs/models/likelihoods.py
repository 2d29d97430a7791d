"""How likely a model finds a given response: its tokens' log-probabilities, from a `/completions` that echoes.

The request is that of lm-evaluation-harness for such endpoints: prompt and response as one `prompt`, `echo`,
`logprobs: 1`, and one token to generate, which is left out, since some servers take none for as many as there is room.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.jobs.models.answers import Answer
from taskmill.jobs.models.client import Client, Failure, about_tokens, now
from taskmill.udfs.ids import hashed
from taskmill.udfs.selection.token_spans import response_tokens

if TYPE_CHECKING:
    from openai import OpenAI

KIND = "log-probabilities 1"  # part of the key of a stored answer; another number when other tokens are taken
NO_ECHO, NO_LOGPROBS, UNCLEAR = "no_echo", "no_logprobs", "unclear_tokens"
SERVERS = "serve the model with one that does, such as vLLM"
REFUSES = re.compile("support|allow|permit|unknown|unrecogni|unexpected|invalid", re.IGNORECASE)
HEAD_CHARS = 20  # of an answer that are looked at for an echo


@dataclass(frozen=True)
class Continuation:
    """A text, and what is to follow it."""

    before: str
    after: str

    @property
    def text(self) -> str:
        """All that is sent of it."""
        return self.before + self.after

    def key(self, model: str, temperature: float) -> str:
        """Stands for everything the answer depends on; the temperature has no part in it."""
        return hashed(KIND, model, str(len(self.before)), self.text)


class Likelihoods(Client[Continuation]):
    """A model that tells how likely it finds a continuation. The text of an answer is a JSON list: the natural
    logarithm of the probability of each of the tokens that the continuation has any part of."""

    def _most_out(self) -> int:
        return 1

    def _refusal(self, status: int, said: object) -> Failure:
        message = str(said.get("message")) if isinstance(said, dict) else ""
        if "echo" in message and REFUSES.search(message):
            return Failure(NO_ECHO, f"the endpoint refuses `echo`: {SERVERS}")
        return super()._refusal(status, said)

    def _request(self, client: OpenAI, asked: Continuation) -> Answer | Failure:
        found = client.completions.create(
            model=self.settings.model, prompt=asked.text, echo=True, logprobs=1, max_tokens=1, temperature=0.0
        )
        answer = found.model_dump(warnings=False) if hasattr(found, "model_dump") else {}
        used = answer.get("usage") or {}
        tokens_in = _count(used.get("prompt_tokens"), about_tokens(asked.text))
        tokens_out = _count(used.get("completion_tokens"), 1)
        read = read_logprobs(answer, asked)
        if isinstance(read, Failure):
            return Failure(read.reason, read.detail, tokens_in, tokens_out)
        return Answer(json.dumps(read), tokens_in, tokens_out, now())


def read_logprobs(answer: Mapping[str, Any], asked: Continuation) -> list[float] | Failure:
    """The log-probabilities of the continuation's tokens in an answer of `/completions`."""
    choice = next(iter(answer.get("choices") or ()), None)
    if not isinstance(choice, dict):
        return Failure("no_answer", "the endpoint sent no choices")
    if not _squeezed(choice.get("text")).startswith(_squeezed(asked.text)[:HEAD_CHARS]):
        return Failure(NO_ECHO, f"the endpoint does not echo the prompt: {SERVERS}")
    logprobs = choice.get("logprobs")
    lists = [logprobs.get(name) if isinstance(logprobs, dict) else None for name in ("tokens", "token_logprobs")]
    if not all(isinstance(one, list) and one for one in lists) or len(lists[0] or ()) != len(lists[1] or ()):
        return Failure(NO_LOGPROBS, f"the endpoint gives no log-probabilities of the prompt: {SERVERS}")
    tokens, values = lists[0] or [], lists[1] or []
    offsets = (logprobs or {}).get("text_offset")
    echoed = _count((answer.get("usage") or {}).get("prompt_tokens"), len(tokens))
    places = _places(tokens[:echoed], offsets, asked) or _places(tokens, offsets, asked)
    if not places:
        return Failure(UNCLEAR, "the tokens do not add up to the text")
    wanted = [values[place] for place in places]
    if not all(_is_number(one) for one in wanted):
        return Failure(NO_LOGPROBS, "a token of the response has no log-probability")
    return [float(one) for one in wanted]


def _places(tokens: Sequence[object], offsets: object, asked: Continuation) -> range | None:
    starts = offsets[: len(tokens)] if isinstance(offsets, list) else ()
    return response_tokens([str(one) for one in tokens], starts, asked.text, len(asked.before))


def mean_loss(logprobs: Sequence[float]) -> float:
    """The mean negative log-likelihood of a token, in nats."""
    return -math.fsum(logprobs) / len(logprobs)


def _squeezed(text: object) -> str:
    return "".join(text.split()) if isinstance(text, str) else ""


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
