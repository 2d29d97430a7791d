"""Questions to a model behind an OpenAI-compatible `/chat/completions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskmill.jobs.models.answers import Answer, Question
from taskmill.jobs.models.client import Client, Failure, about_tokens, now

if TYPE_CHECKING:
    from openai import OpenAI


class Chat(Client[Question]):
    """A model that answers questions in words."""

    def _request(self, client: OpenAI, asked: Question) -> Answer | Failure:
        settings = self.settings
        found = client.chat.completions.create(
            model=settings.model, temperature=settings.temperature, max_tokens=settings.max_answer_tokens,
            messages=[{"role": "system", "content": asked.system}, {"role": "user", "content": asked.user}],
        )  # fmt: skip
        if not getattr(found, "choices", None) or found.choices[0].message.content is None:
            return Failure("no_answer", "the endpoint sent no text")
        said, used = found.choices[0].message.content, found.usage
        return Answer(
            said,
            used.prompt_tokens if used else about_tokens(asked.text),
            used.completion_tokens if used else about_tokens(said),
            now(),
        )
