"""A guess as the text of a source file: every key in the order of the others, and TODO where a person must decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

import yaml

from taskmill.jobs.guessing.mappings import Expression, TaskDraft
from taskmill.jobs.guessing.tasks import Candidate

WIDTH = 118
TODO = "# TODO "


@dataclass(frozen=True)
class ReadDraft:
    """A `read` block; without a format a person has to find one."""

    format: str
    paths: Sequence[str]
    schema: str = ""
    options: Mapping[str, str | bool] = field(default_factory=dict)
    todo: str = ""


@dataclass(frozen=True)
class SourceDraft:
    """What is known of a source. An empty text or list is left to a person, with its `..._todo` as the question."""

    name: str
    seen: Sequence[str]
    read: ReadDraft
    languages: Sequence[str]
    language_todo: str
    split: str
    split_todo: str
    query: str
    tasks: Sequence[TaskDraft]
    others: Sequence[Candidate]

    @property
    def todo_count(self) -> int:
        """How many questions the text asks."""
        return source_text(self).count(TODO)


def source_text(draft: SourceDraft) -> str:
    """The YAML of a draft: as it stands, `taskmill check` refuses the keys that are left to a person, and no others."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: SourceDraft) -> Iterator[str]:
    yield f"{TODO}say in one line what {draft.name} is, and below it what is to be watched out for."
    for number, line in enumerate(draft.seen):
        yield from _comment(line, 2 * (number > 0))
    yield f"source: {draft.name}"
    yield _open("revision", "which version of the dataset: a commit or a release, in quotes")
    yield _open("licence", "the SPDX id, or the publisher's words")
    if draft.languages:
        tags = [scalar(tag) for tag in draft.languages]
        value = tags[0] if len(tags) == 1 else f"[{', '.join(tags)}]"
        yield f"language: {value}{_note(draft.language_todo)}"
    else:
        yield _open("language", draft.language_todo)
    yield f"# homepage: https://...    {TODO}where it comes from"
    yield from _read(draft.read)
    if draft.query:
        yield from _block("query", draft.query)
    yield f"split: {scalar(draft.split)}{_note(draft.split_todo)}"
    yield from _tasks(draft)


def _read(read: ReadDraft) -> Iterator[str]:
    yield "read:"
    yield f"  format: {read.format}{_note(read.todo)}" if read.format else _open("  format", read.todo)
    if len(read.paths) == 1:
        yield f"  path: {_quoted(read.paths[0])}"
    else:
        yield "  path:"
        yield from (f"    - {_quoted(path)}" for path in read.paths)
    if read.schema:
        yield from _folded("  schema", read.schema)
    if read.options:
        options = ", ".join(f"{name}: {_option(value)}" for name, value in read.options.items())
        yield f"  options: {{{options}}}"


def _tasks(draft: SourceDraft) -> Iterator[str]:
    others = [one for one in draft.others if one.asked.name not in {task.task_type for task in draft.tasks}]
    if others:
        yield "# What the columns may be for as well:" if draft.tasks else "# What the columns may be for:"
    for candidate in others:
        lacking = f"; without {', '.join(candidate.missing)}" if candidate.missing else ""
        yield from _comment(
            f"{candidate.asked.name} ({candidate.score:.2f}): {'; '.join(candidate.reasons)}{lacking}", 2
        )
    if not draft.tasks:
        yield _open("tasks", "which task type, and SQL for its fields? Files of several types go one by one")
        return
    yield "tasks:"
    for task in draft.tasks:
        yield from _task(task)


def _task(task: TaskDraft) -> Iterator[str]:
    yield f"  {task.task_type}:"
    is_long = bool(task.choices or task.choices_todo or task.answers or task.where)
    if is_long:
        yield "    fields:"
    indent = "      " if is_long else "    "
    for name, expression in task.fields.items():
        yield from _field(indent + name, expression)
    if task.choices:
        if task.choices_todo:
            yield f"    {TODO}{_one_line(task.choices_todo)}"
        yield "    choices: ["
        yield from (f"      {line}" for line in _wrapped([_flow(choice) for choice in task.choices]))
        yield "    ]"
    elif task.choices_todo:
        yield _open("    choices", task.choices_todo)
    if task.answers:
        yield f"    answers: {task.answers}"
    if task.where:
        yield f"    where: {scalar(task.where)}"


def _field(key: str, expression: Expression) -> Iterator[str]:
    if not expression.sql:
        yield _open(key, expression.todo)
        return
    if expression.todo:
        yield f"{' ' * (len(key) - len(key.lstrip()))}{TODO}{_one_line(expression.todo)}"
    yield from _folded(key, expression.sql)


def _block(key: str, text: str) -> Iterator[str]:
    """A key with a text in its own lines, as far as a block of YAML can hold them."""
    found = text.split("\n")
    if all(line.isprintable() for line in found) and found[-1] and found[0][:1].strip():
        yield f"{key}: |-"
        yield from (f"  {line}" for line in found)
    else:
        yield f"{key}: {_quoted(text)}"


def _folded(key: str, text: str) -> Iterator[str]:
    """A key with a text, in several lines if it is long and can be folded: a line break then stands for a blank."""
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    found = wrap(text, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    is_long = len(key) + len(text) + 2 > WIDTH and len(found) > 1
    if is_long and text.isprintable() and " ".join(found) == text:  # blocks have no escapes
        yield f"{key}: >-"
        yield from (f"{indent}{line}" for line in found)
    else:
        yield f"{key}: {scalar(text)}"


def _open(key: str, todo: str) -> str:
    """A key without a value, which is refused until somebody writes one."""
    return f"{key}:    {TODO}{_one_line(todo)}"


def _note(todo: str) -> str:
    return f"    {TODO}{_one_line(todo)}" if todo else ""


def _comment(text: str, indent: int = 0) -> Iterator[str]:
    found = wrap(_one_line(text), WIDTH - 4, subsequent_indent="    ", break_on_hyphens=False)
    return (f"# {' ' * indent}{line}" for line in found)


def _wrapped(items: Sequence[str]) -> Iterator[str]:
    """Items with commas between them, in lines of `WIDTH`; an item is never cut."""
    line = ""
    for number, item in enumerate(items):
        part = item + ("," if number < len(items) - 1 else "")
        if line and len(line) + len(part) + 7 > WIDTH:
            yield line
            line = part
        else:
            line = f"{line} {part}" if line else part
    if line:
        yield line


def scalar(text: str) -> str:
    """A text as YAML writes it in one line, in quotes where it needs them."""
    written = yaml.safe_dump(text, allow_unicode=True, width=2**30).removesuffix("...\n").rstrip("\n")
    # A text with a line break or a line separator may be written in several lines: in double quotes it never is.
    return written if len(written.splitlines()) == 1 else _quoted(text)


def _quoted(text: str) -> str:
    return str(yaml.safe_dump(text, default_style='"', width=2**30)).rstrip("\n")


def _flow(text: str) -> str:
    """A text inside square brackets."""
    written = yaml.safe_dump([text], allow_unicode=True, default_flow_style=True, width=2**30).rstrip("\n")[1:-1]
    return written if len(written.splitlines()) == 1 else _quoted(text)


def _option(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if set(value) & set("\t\n") or not value else "'\"'" if value == '"' else _flow(value)


def _one_line(text: str) -> str:
    """A text for a comment: what is not printable could end it."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
