"""`taskmill paraphrase`: asks a model for other wordings of a task type's templates, and keeps those that say the same.

A model sees a wording with marks in place of its slots, and gives several others. Each goes through the gate of
`udfs/paraphrases`, is rendered over the type's examples beside the wording it was made from, and is checked as part of
its file. What passes is appended to the file with its provenance, for a person to read in a diff.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from taskmill.jobs.catalog.template_checks import example_choices, with_choices
from taskmill.jobs.configuration.config import Provenance, TaskType, TemplateText
from taskmill.jobs.configuration.positions import Document
from taskmill.jobs.models.answers import Answer, Question
from taskmill.jobs.models.chat import Chat
from taskmill.jobs.models.client import Failure
from taskmill.jobs.models.wording_files import mistakes_with
from taskmill.udfs.languages import language_name
from taskmill.udfs.paraphrases.gate import Accepted, Bounds, Closeness, Original, Refusal, judged
from taskmill.udfs.paraphrases.masks import masked
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered

SYSTEM = (
    "You rewrite instructions for language models. You change how an instruction is said, never what it asks for. "
    "Marks like ⟦1⟧ stand for text that is put in later: keep every mark, exactly once, and nothing else in such "
    "brackets. Keep numbers, quoted text and the names of the possible answers as they are. Add no advice, "
    'no markdown, no remarks. Answer with JSON alone: {"wordings": ["...", "..."]}'
)
FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
MAX_QUESTION_CHARS = 20_000
PATIENT = Limits(max_render_seconds=10.0)  # a wording is tried a few times, not a million


@dataclass(frozen=True)
class Wish:
    """What is wanted.

    Attributes:
        count: other wordings of each one.
        language: tag of the wordings that are asked about.
        translate_to: tag of the language the new ones are to be in; None for the same.
        only: the wording to ask about; None for all that people wrote.
        turn: 0, 1, 2...: another turn asks the same again for more.
    """

    count: int = 10
    language: str = "en"
    translate_to: str | None = None
    only: str | None = None
    turn: int = 0

    @property
    def target(self) -> str:
        return self.translate_to or self.language


@dataclass(frozen=True)
class Verdict:
    """What became of one candidate; `accepted` is None where it was refused."""

    parent: str
    candidate: str
    reason: str = ""
    detail: str = ""
    accepted: TemplateText | None = None


@dataclass
class Outcome:
    """Verdicts in the order of the file, and the questions that got no answer."""

    verdicts: list[Verdict] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> list[TemplateText]:
        return [one.accepted for one in self.verdicts if one.accepted is not None]


def parents_of(task_type: TaskType, wish: Wish) -> list[TemplateText]:
    """The wordings to ask about: those that people wrote, in the language; for a translation those whose response is
    slots alone."""
    return [
        text
        for text in task_type.templates
        if text.provenance is None and text.language == wish.language and wish.only in {None, text.name}
        and (wish.translate_to is None or not has_words(text.response))
    ]  # fmt: skip


def has_words(response: str) -> bool:
    """Whether a response says something of its own, beside its slots: in a translation that would be in two
    languages."""
    return any(letter.isalpha() for letter in masked(response).literal)


def question_of(task_type: TaskType, text: TemplateText, wish: Wish) -> Question:
    """What the model is asked about one wording."""
    prompt = masked(text.prompt)
    slots = "\n".join(f"⟦{number}⟧ stands for {part}" for number, part in enumerate(prompt.parts, start=1))
    if wish.translate_to is None:
        told = f"Write {wish.count} other wordings of it in {_name(wish.language)}, as unlike each other as you can."
    else:
        told = f"Write {wish.count} wordings of it in {_name(wish.translate_to)}, as a native speaker would ask for it."
    user = (
        f"The task: {task_type.description}\n{slots}\n\n{told}\n\nThe instruction, between the lines:\n---\n"
        f"{prompt.text}\n---"
    )
    return Question(SYSTEM, user[:MAX_QUESTION_CHARS], wish.turn)


def paraphrase(
    task_type: TaskType, document: Document, chat: Chat, wish: Wish, bounds: Bounds, closeness: Closeness | None = None
) -> Outcome:
    """Asks about every wording, and judges what comes, in the order of the file whatever the order of the answers."""
    parents = parents_of(task_type, wish)
    questions = [question_of(task_type, text, wish) for text in parents]
    outcome = Outcome()
    for text, question, answer in zip(parents, questions, chat.ask(questions), strict=True):
        if isinstance(answer, Failure):
            outcome.failures[": ".join(filter(None, (answer.reason, answer.detail)))] += 1
            continue
        key = question.key(chat.settings.model, chat.settings.temperature)
        judge = _Judge(task_type, document, text, wish, bounds, closeness)
        for candidate in candidates_in(answer.text):
            if isinstance(candidate, Refusal):
                outcome.verdicts.append(Verdict(text.name, answer.text, candidate.reason, candidate.detail))
            else:
                provenance = (chat.settings.model, answer, key)
                outcome.verdicts.append(judge.verdict(candidate, outcome.accepted, provenance))
    return outcome


def candidates_in(answer: str) -> Iterator[str | Refusal]:
    """The wordings in an answer: JSON, perhaps in a fence of Markdown."""
    fenced = FENCE.match(answer)
    try:
        found = json.loads(fenced.group(1) if fenced else answer)
    except ValueError:
        yield Refusal("unreadable_answer", "it is no JSON, or was cut off")
        return
    wordings = found.get("wordings") if isinstance(found, dict) else found
    if not isinstance(wordings, list):
        yield Refusal("unreadable_answer", "it has no list of wordings")
        return
    for wording in wordings:
        if isinstance(wording, str):
            yield wording
        else:
            yield Refusal("unreadable_answer", "a wording is no text")


@dataclass(frozen=True)
class _Judge:
    """Judges candidates for one wording."""

    task_type: TaskType
    document: Document
    parent: TemplateText
    wish: Wish
    bounds: Bounds
    closeness: Closeness | None

    def verdict(self, candidate: str, accepted: Sequence[TemplateText], made_by: tuple[str, Answer, str]) -> Verdict:
        others = [
            masked(text.prompt).literal
            for text in (*self.task_type.templates, *accepted)
            if text.language == self.wish.target and text is not self.parent
        ]
        found = judged(candidate, self._original(), others, self.bounds, self.closeness)
        if isinstance(found, Accepted):
            wording = self._wording(found, accepted, made_by)
            wrong = self._renders_alike(wording) or self._fits(wording, accepted)
            if wrong is None:
                return Verdict(self.parent.name, candidate, accepted=wording)
            found = wrong
        return Verdict(self.parent.name, candidate, found.reason, found.detail)

    def _original(self) -> Original:
        choices = self.task_type.choices
        topic = {word for name in (self.task_type.task_type, *self.task_type.fields) for word in name.split("_")}
        return Original(
            prompt=masked(self.parent.prompt),
            language=self.wish.target,
            choices=choices if isinstance(choices, tuple) else (),
            topic=tuple(sorted(topic)),
            is_translated=self.wish.translate_to is not None,
        )

    def _wording(
        self, found: Accepted, accepted: Sequence[TemplateText], made_by: tuple[str, Answer, str]
    ) -> TemplateText:
        model, answer, question = made_by
        taken = {text.name for text in (*self.task_type.templates, *accepted)}
        tag = self.wish.translate_to.replace("-", "_").lower() if self.wish.translate_to else "p"
        number = next(n for n in range(1, len(taken) + 2) if f"{self.parent.name}_{tag}{n}" not in taken)
        return self.parent.model_copy(
            update={
                "name": f"{self.parent.name}_{tag}{number}", "prompt": found.prompt, "language": self.wish.target,
                "provenance": Provenance(
                    model=model, date=answer.answered_at[:10], question=question[:16], parent=self.parent.name,
                    likeness=found.likeness, kept=found.kept,
                ),
            }
        )  # fmt: skip

    def _renders_alike(self, wording: TemplateText) -> Refusal | None:
        """Over the type's own examples it must give what its parent gives, with another prompt."""
        for row in self.task_type.examples:
            names = {**dict.fromkeys(self.task_type.fields), **row}
            before, after = self._rendered(self.parent, names), self._rendered(wording, names)
            if before.reason is None and (after.reason is not None or after.response != before.response):
                return Refusal("other_response", after.detail or after.reason or f"{after.response[:80]!r}")
        return None

    def _rendered(self, text: TemplateText, names: dict[str, object]) -> Rendered:
        choices = example_choices(self.task_type)
        return render_row(Template(text.name, text.prompt, text.response), with_choices(names, choices), PATIENT)

    def _fits(self, wording: TemplateText, accepted: Sequence[TemplateText]) -> Refusal | None:
        """Whether the file is as good with it as without."""
        wrong = [text for text in mistakes_with(self.document, [*accepted, wording]) if wording.name in text]
        if not wrong:
            return None
        said = wrong[0].partition(f"{wording.name}: ")[2] or wrong[0]
        return Refusal("mistake", said)


def _name(tag: str) -> str:
    return f"{language_name(tag, 'en')} ({tag})"
