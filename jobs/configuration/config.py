"""What the files of sources and task types may say, as frozen classes; the only module that knows their shape.

Every class refuses unknown keys. `read_model` turns a file into one of them, or into the list of its mistakes, each
with file, line and the nearest right name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictInt, StrictStr, ValidationError, model_validator

from taskmill.jobs.configuration.mistakes import mistakes_in
from taskmill.jobs.configuration.mistakes import nearest as nearest  # readers of configurations tell mistakes too
from taskmill.jobs.configuration.positions import Document
from taskmill.jobs.configuration.safety_settings import About
from taskmill.jobs.configuration.values import (
    FieldTypeText,
    Frozen,
    Languages,
    Name,
    Pattern,
    PromptLanguage,
    Share,
    Tag,
    TemplatesPerExample,
    Text,
)
from taskmill.udfs.fields import FieldType, parse_field_type

SPLITS = ("train", "validation", "test")
FIRST, EACH = "first", "each"  # of several answers
Model = TypeVar("Model", bound=Frozen)


class Read(Frozen):
    """How Spark reads files or a table: format, where, schema in DDL, reader options."""

    format: Text
    path: StrictStr | tuple[StrictStr, ...] | None = None
    table: StrictStr | None = None
    schema_: StrictStr | None = Field(default=None, alias="schema")
    options: Mapping[str, StrictStr | bool | int] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        if self.path is None:
            return ()
        return (self.path,) if isinstance(self.path, str) else self.path

    @model_validator(mode="after")
    def _has_a_place(self) -> Read:
        if self.format == "table" and not self.table:
            raise ValueError("format 'table' needs `table: catalog.schema.name`")
        if self.format not in {"table", "jdbc"} and not self.paths:
            raise ValueError(f"format {self.format!r} needs `path`")
        return self


class TaskMapping(Frozen):
    """How a source serves one task type: canonical field -> Spark SQL, and what differs from the task type.

    With `answers`, the expression of the answer gives an array of right answers: an example has the first of them,
    the first with all kept as references, or there is an example for each.
    """

    fields: Mapping[str, StrictStr]
    choices: tuple[StrictStr, ...] | None = None
    answers: Literal["all", "first", "each"] | None = None
    where: StrictStr | None = None
    task_cluster: Name | None = None
    language: Languages | None = None
    prompt_language: PromptLanguage | None = None
    templates_per_example: TemplatesPerExample | None = None


class PublishedTemplates(Frozen):
    """Published templates that are used as they are, on the source's own columns."""

    promptsource: Text
    task_cluster: Name
    guards: bool = True
    truncate: bool = True


class Source(Frozen):
    """A supervised dataset at a pinned revision: conf/sources/<source>.yaml.

    With `each`, a regular expression with one group over the paths of its files, the file describes a family: a source
    for each value of the group. `aliases` are other names it goes by, `parents` names of sources it was made from:
    sources that share one are of one lineage, and never on the two sides of a fold.
    """

    source: Name
    each: Pattern | None = None
    revision: Text
    licence: Text
    language: Languages
    homepage: StrictStr | None = None
    aliases: tuple[Text, ...] = ()
    parents: tuple[Text, ...] = ()
    role: Literal["train", "benchmark"] = "train"
    do_not_train: bool = False
    priority: StrictInt = 100
    on_error: Literal["quarantine", "stop"] = "quarantine"
    read: Read
    inputs: Mapping[Name, Read] = {}
    query: StrictStr | None = None
    split: StrictStr
    group: StrictStr | None = None
    tasks: Mapping[Name, TaskMapping] = {}
    templates: PublishedTemplates | None = None

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, value: Any) -> Any:
        """`type: {field: sql}` is short for `type: {fields: {field: sql}}`."""
        if not isinstance(value, Mapping) or not isinstance(value.get("tasks"), Mapping):
            return value
        tasks = {
            name: task if not isinstance(task, Mapping) or isinstance(task.get("fields"), Mapping) else {"fields": task}
            for name, task in value["tasks"].items()
        }
        return {**value, "tasks": tasks}

    @model_validator(mode="after")
    def _serves_a_task(self) -> Source:
        if not self.tasks and self.templates is None:
            raise ValueError("a source needs `tasks`, or published `templates`")
        return self


class Provenance(Frozen):
    """Where a wording that a model made comes from.

    Attributes:
        question: hash of what the model was asked.
        parent: the wording it was made from.
        likeness, kept: to that one, as the gate measured them; see `udfs/paraphrases`.
    """

    model: Text
    date: Text
    question: Text
    parent: Name
    likeness: Share
    kept: Share


class TemplateText(Frozen):
    """One wording in templates/<task_type>.yaml. With `as_written`, no form changes its text. `follow_up` takes the
    prompt's place where its text stands further up in a dialogue already."""

    name: Name
    prompt: Text
    response: Text
    follow_up: Text | None = None
    language: Tag = "en"
    inverts: bool = False
    needs: tuple[StrictStr, ...] = ()
    answers_in: StrictStr | None = None
    as_written: bool = False
    provenance: Provenance | None = None


class TaskType(Frozen):
    """What is asked: the fields, which of them is the answer, its choices, and every wording.

    `hides_answer` says that the answer must not stand in the prompt: it is to be known, not found. `about` names
    sensitive themes that are what the task is about, and no reason to refuse its rows; `toxicity` stands for all.
    `shrinks` are the passages that may be shortened for a pair to fit, `shows` the fields with a `definition` of the
    task and with right (`good`) and wrong (`bad`) examples of it.
    """

    task_type: Name
    description: Text
    task_cluster: Name | None = None
    fields: Annotated[Mapping[Name, FieldTypeText], Field(min_length=1)]
    answer: StrictStr | tuple[StrictStr, ...] | None
    explanation: tuple[StrictStr, ...] = ()
    choices: tuple[StrictStr, ...] | StrictStr | None = None
    examples: tuple[Mapping[str, Any], ...] = ()
    answers_in: StrictStr | None = None
    hides_answer: bool = False
    about: tuple[About, ...] = ()
    example_choices: tuple[StrictStr, ...] | None = None
    shrinks: tuple[StrictStr, ...] = ()
    shows: Mapping[Literal["definition", "good", "bad"], StrictStr] = {}
    templates: Annotated[tuple[TemplateText, ...], Field(min_length=1)]

    def origin_of(self, template: str) -> str:
        """Who wrote a wording: `hand`, or the model that paraphrased another one."""
        made_by = {text.name: text.provenance.model for text in self.templates if text.provenance is not None}
        return f"paraphrased by {made_by[template]}" if template in made_by else "hand"

    @property
    def field_types(self) -> dict[str, FieldType]:
        return {name: parse_field_type(text) for name, text in self.fields.items()}

    @property
    def content_fields(self) -> tuple[str, ...]:
        """The fields whose equality makes two examples the same: all but the answer and what explains it."""
        return tuple(name for name in self.fields if name not in {*self.answer_fields, *self.explanation})

    @property
    def answer_fields(self) -> tuple[str, ...]:
        """The fields that are the gold answer: one, or several where a compound task asks for more than one thing."""
        if self.answer is None:
            return ()
        return (self.answer,) if isinstance(self.answer, str) else self.answer

    @property
    def text_answers(self) -> tuple[str, ...]:
        """The fields of the gold answer that are texts."""
        return tuple(name for name in self.answer_fields if self.fields.get(name, "").rstrip("?") == "text")

    @property
    def answer_is_text(self) -> bool:
        """Whether the answer is one text, or a choice, which stands for one."""
        return self.answer_is_choice or (isinstance(self.answer, str) and self.text_answers == (self.answer,))

    @property
    def answer_is_choice(self) -> bool:
        return isinstance(self.answer, str) and self.fields.get(self.answer, "").rstrip("?") == "choice"


def read_model(model: type[Model], document: Document) -> tuple[Model | None, list[str]]:
    """The file as `model`, or None and every mistake in it as `file, line N: key: what; how to mend`."""
    try:
        return model.model_validate(document.value), []
    except ValidationError as error:
        return None, mistakes_in(error, model, document)
