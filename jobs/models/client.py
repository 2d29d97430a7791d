"""A model behind an OpenAI-compatible endpoint: asked several things at once, again when the endpoint is busy, within a
budget, and never twice for the same. What is asked, and how, is said by `chat.py` and `likelihoods.py`.

The key stands in the environment alone; it is in no file, message or error.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.models.answers import Answer, Answers
from taskmill.jobs.models.budgets import Pace, Spending

if TYPE_CHECKING:
    from openai import OpenAI

KEY, ENDPOINT, MODEL = "TASKMILL_API_KEY", "TASKMILL_ENDPOINT", "TASKMILL_MODEL"  # environment variables
BYTES_A_TOKEN = 2  # at least: what a question may cost at most is told from its bytes
OVERHEAD_TOKENS = 16  # of a request, for roles and the like


@dataclass(frozen=True)
class Settings:
    """Which model is asked, and how.

    Attributes:
        endpoint: the base URL, such as http://localhost:8000/v1; None for that of the `openai` package.
        max_answer_tokens: of one answer.
        at_once: requests under way at a time.
        retries: of one request that the endpoint was too busy for, or that got lost, with growing waits.
    """

    model: str
    endpoint: str | None = None
    temperature: float = 0.7
    max_answer_tokens: int = 2000
    timeout_seconds: float = 120.0
    at_once: int = 4
    per_minute: float | None = None
    retries: int = 5


@dataclass(frozen=True)
class Failure:
    """Why a question has no answer: over_budget, offline, or what the endpoint said; and what that took."""

    reason: str
    detail: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


def settings_from(model: str | None, endpoint: str | None, **others: Any) -> Settings:
    """Settings with what the command line leaves open taken from the environment.

    Raises:
        ConfigError: if no model is named.
    """
    named = model or os.environ.get(MODEL)
    if not named:
        raise ConfigError(f"no model is named: give --model NAME, or set {MODEL}")
    return Settings(named, endpoint or os.environ.get(ENDPOINT), **others)


class Asked(Protocol):
    """What a model can be asked."""

    @property
    def text(self) -> str:
        """All that is sent of it."""

    def key(self, model: str, temperature: float) -> str:
        """Stands for everything the answer depends on."""


Q = TypeVar("Q", bound=Asked)


class Client(ABC, Generic[Q]):
    """A model that is asked things of one kind.

    Args:
        spending: what was spent, for all questions together.
        offline: whether only stored answers are given.
    """

    def __init__(self, settings: Settings, answers: Answers, spending: Spending, offline: bool = False) -> None:
        self.settings, self.answers, self.spending, self.offline = settings, answers, spending, offline
        self._pace, self._client = Pace(settings.per_minute), None if offline else _openai(settings)

    @abstractmethod
    def _request(self, client: OpenAI, asked: Q) -> Answer | Failure:
        """Sends one request, and reads what comes; the errors of `openai` are left to the caller."""

    def _most_out(self) -> int:
        """Tokens that one answer has at most."""
        return self.settings.max_answer_tokens

    def _refusal(self, status: int, said: object) -> Failure:
        """What an error of the endpoint means; what it said may repeat the key, so it is told to nobody."""
        return Failure(f"http_{status}", _hint(status))

    def ask(
        self, questions: Sequence[Q], heard: Callable[[int, Answer | Failure], None] = lambda *_: None
    ) -> list[Answer | Failure]:
        """The answer to each question, or why there is none; `heard` is told of each as it comes.

        Questions that are equal are asked once.
        """
        keys = [question.key(self.settings.model, self.settings.temperature) for question in questions]
        known: dict[str, Answer | Failure] = dict(self.answers.find(list(dict.fromkeys(keys))))
        for place, key in enumerate(keys):
            if key in known:
                heard(place, known[key])
        open_places: dict[str, int] = {}
        for place, key in enumerate(keys):
            if key not in known:
                open_places.setdefault(key, place)
        pool = ThreadPoolExecutor(max_workers=self.settings.at_once)
        try:
            running = {pool.submit(self._ask, key, questions[place]): key for key, place in open_places.items()}
            for done in as_completed(running):
                known[running[done]] = done.result()
                heard(open_places[running[done]], known[running[done]])
        finally:  # whoever stops a run wants no more to be paid for than what is under way
            pool.shutdown(cancel_futures=True)
        return [known[key] for key in keys]

    def _ask(self, key: str, question: Q) -> Answer | Failure:
        if self._client is None:
            return Failure("offline", "it was not asked before")
        most_in = most_tokens(question.text)
        most_out = self._most_out()
        if not self.spending.reserve(most_in, most_out):
            return Failure("over_budget")
        tokens_in = tokens_out = 0
        try:
            self._pace.wait()
            answer = self._requested(self._client, question)
            tokens_in, tokens_out = answer.tokens_in, answer.tokens_out
            if isinstance(answer, Answer):
                self.answers.keep(key, self.settings.model, answer)
            return answer
        finally:
            self.spending.settle(most_in, most_out, tokens_in, tokens_out)

    def _requested(self, client: OpenAI, question: Q) -> Answer | Failure:
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            return self._request(client, question)
        except APIStatusError as error:
            return self._refusal(error.status_code, error.body)
        except APIConnectionError as error:
            return Failure("no_connection", type(error).__name__)
        except OpenAIError as error:
            return Failure("no_answer", type(error).__name__)
        except ValueError:
            return Failure("no_answer", "the endpoint did not send JSON")


def about_tokens(text: str) -> int:
    """About as many as it has, where the endpoint does not say."""
    return len(text.encode()) // BYTES_A_TOKEN


def most_tokens(text: str) -> int:
    """What a request with this text may take."""
    return about_tokens(text) + OVERHEAD_TOKENS


def now() -> str:
    """When an answer came, as it is stored."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _hint(status: int) -> str:
    if status in {401, 403}:
        return f"the key is read from {KEY}"
    if status == 404:
        return f"is the model there, and does the base URL ({ENDPOINT}) end in /v1?"
    return ""


def _openai(settings: Settings) -> OpenAI:
    try:
        from openai import OpenAI
    except ImportError as error:
        raise ConfigError("a model is asked through a package: `pip install taskmill[endpoints]`") from error
    return OpenAI(
        base_url=settings.endpoint, api_key=os.environ.get(KEY) or "none", max_retries=settings.retries,
        timeout=settings.timeout_seconds,
    )  # fmt: skip
