"""A task: one source used for one task type."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from taskmill.jobs.catalog import template_checks
from taskmill.jobs.configuration.config import EACH, Source, TaskMapping, TaskType
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.values import DATA, PromptLanguage, TemplatesPerExample
from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.plans import IN_DATA, IN_PROMPT, AnyTemplate, PublishedTemplate, Template, in_languages

OWN_COLUMN = FieldType("any", optional=True)


@dataclass(frozen=True)
class Task:
    """One source used for one task type: the unit that is clustered, capped, mixed and held out.

    Attributes:
        published: for published templates on the source's own columns, these; the task type is made up for them.
        prompt_language: tags of the wordings that are used, or `data`: for each example those in a language of it.
    """

    source: Source
    task_type: TaskType
    mapping: TaskMapping
    published: tuple[PublishedTemplate, ...] = field(default=(), repr=False)
    prompt_language: PromptLanguage = "en"

    @property
    def name(self) -> str:
        return f"{self.source.source}.{self.task_type.task_type}"

    @property
    def choices(self) -> tuple[str, ...] | str | None:
        """A fixed list, the name of the field that holds them, or None."""
        return self.mapping.choices or self.task_type.choices

    @property
    def has_each_answer(self) -> bool:
        """Whether each of several right answers makes an example of its own."""
        return self.mapping.answers == EACH

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags, or SQL that gives them."""
        declared = self.mapping.language or self.source.language
        return (declared,) if isinstance(declared, str) else declared

    @property
    def is_benchmark(self) -> bool:
        return self.source.role == "benchmark"

    def templates_per_example(self, pipeline: Pipeline) -> TemplatesPerExample:
        return self.mapping.templates_per_example or pipeline.templates_per_example

    @property
    def field_types(self) -> dict[str, FieldType]:
        """The type of each field; for published templates whatever the source's column is."""
        return dict.fromkeys(self.task_type.fields, OWN_COLUMN) if self.published else self.task_type.field_types

    @property
    def known_fields(self) -> dict[str, FieldType]:
        """The fields whose types are known; none where they are a source's own columns."""
        return {} if self.published else self.task_type.field_types

    @property
    def follows_data(self) -> bool:
        """Whether each example gets the wordings in a language of its own."""
        return self.prompt_language == DATA and not self.published

    @cached_property
    def templates(self) -> tuple[AnyTemplate, ...]:
        """The templates that some example may be rendered with."""
        if self.published:
            return self.published
        found = templates_of(self.task_type)
        return found if self.follows_data else tuple(found[place] for place in in_languages(found, self._prompt_tags))

    @property
    def _prompt_tags(self) -> tuple[str, ...]:
        return (self.prompt_language,) if isinstance(self.prompt_language, str) else self.prompt_language


def templates_of(task_type: TaskType) -> tuple[Template, ...]:
    """The type's wordings as rendering sees them."""
    fixed_choices = task_type.answer_is_choice and not isinstance(task_type.choices, str)
    return tuple(
        Template(
            name=text.name,
            prompt=text.prompt,
            response=text.response,
            language=text.language,
            follow_up=text.follow_up,
            inverts=text.inverts,
            needs=text.needs,
            answers_in=text.answers_in or task_type.answers_in or (IN_PROMPT if fixed_choices else IN_DATA),
            uses=template_checks.used_fields(task_type, text),
        )
        for text in task_type.templates
    )
