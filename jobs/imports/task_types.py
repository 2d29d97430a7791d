"""What an import gives: task types with their wordings, what was refused and why, and the files as text.

The text of a wording goes into a block scalar, so that it stands in the file as it was typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from taskmill.jobs.catalog import template_checks
from taskmill.jobs.configuration.config import TaskType, TemplateText, read_model
from taskmill.jobs.configuration.positions import Document, load_document
from taskmill.jobs.configuration.values import NAME
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.rendering.compile import environment

MAX_LINE = 110
CHECKS = "taskmill check would refuse it"
NOT_LIKE_YAML = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
PLAIN_TYPE = re.compile(r"[a-z]+(<[a-z<>]+>)?")
JINJA_MARKS = re.compile(r"\{(?=[{%#])|\{\Z")
YAML_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})  # no text unless in quotes
MISTAKE = re.compile(r"^(?P<where>.*?, line \d+): (?P<name>\w+)(\.(prompt|response))?: (?P<what>.*)$", re.DOTALL)


@dataclass(frozen=True)
class Wording:
    """A template in our own syntax. `origin` is what it is called where it comes from."""

    name: str
    prompt: str
    response: str
    language: str = "en"
    inverts: bool = False
    origin: str = ""


@dataclass(frozen=True)
class ImportedType:
    """A task type that was made of somebody else's templates. `notes` stand at the head of its file, one a line."""

    name: str
    description: str
    fields: Mapping[str, str]
    answer: str
    wordings: tuple[Wording, ...]
    choices: tuple[str, ...] | str | None = None
    task_cluster: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A template that was not converted: where it stands, its name there, and why."""

    origin: str
    template: str
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.origin}: {self.template!r}: {self.reason}{detail}"


class NotConvertedError(Exception):
    """A template that cannot be converted without loss: a short reason that many share, and what it is here."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Import:
    """What became of one place: every template of it stands in one of the two."""

    task_types: tuple[ImportedType, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def wording_count(self) -> int:
        return sum(len(task_type.wordings) for task_type in self.task_types)

    def __add__(self, other: Import) -> Import:
        return Import(self.task_types + other.task_types, self.refused + other.refused)


def valid_name(text: str, taken: Collection[str] = (), default: str = "template") -> str:
    """A name in lower case, digits and `_` that is not among those taken; numbered if need be."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not NAME.fullmatch(name):
        name = f"{default}_{name}".rstrip("_")
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def literal(text: str) -> str:
    """Template source that renders to exactly this text, whatever braces stand in it."""
    # A brace at the end could become a mark together with what is put behind it.
    return JINJA_MARKS.sub(lambda found: f"{{{{ '{found.group()}' }}}}", text)


def checked_type(task_type: ImportedType) -> TaskType:
    """The task type as the rest of the program knows it; pydantic's ValidationError if it is none."""
    return TaskType(
        task_type=task_type.name,
        description=task_type.description,
        fields=dict(task_type.fields),
        answer=task_type.answer,
        choices=task_type.choices,
        templates=tuple(
            TemplateText(name=wording.name, prompt=wording.prompt, response=wording.response)
            for wording in task_type.wordings
        ),
    )


def settled(task_type: ImportedType, origin: str) -> Import:
    """The task type without the wordings that have mistakes, and without the fields that no wording reads.

    Returns:
        The task type, unless nothing is left of it, and each wording that went with its first mistake.
    """
    gone: list[Refused] = []
    while task_type.wordings:
        by_wording, others = mistakes_of(task_type)
        unused = [name for name in task_type.fields if name != task_type.answer and _is_unused(name, others)]
        if by_wording:
            gone += [_refused(origin, wording, by_wording[wording.name]) for wording in task_type.wordings
                     if wording.name in by_wording]  # fmt: skip
            kept = tuple(wording for wording in task_type.wordings if wording.name not in by_wording)
            task_type = replace(task_type, wordings=kept)
        elif unused:
            left = {name: kind for name, kind in task_type.fields.items() if name not in unused}
            task_type = replace(task_type, fields=left)
        elif others:
            gone += [_refused(origin, wording, others[0]) for wording in task_type.wordings]
            task_type = replace(task_type, wordings=())
        else:
            return Import((task_type,), tuple(gone))
    return Import((), tuple(gone))


def _refused(origin: str, wording: Wording, mistake: str) -> Refused:
    return Refused(origin, wording.origin or wording.name, CHECKS, mistake)


def _is_unused(field: str, mistakes: Collection[str]) -> bool:
    return any(mistake.startswith(f"no wording uses {field!r}") for mistake in mistakes)


def mistakes_of(task_type: ImportedType) -> tuple[dict[str, str], list[str]]:
    """The first mistake of each wording that has one, by its name, and the mistakes of the task type itself."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{task_type.name}.yaml")
        path.write_text(yaml_text(task_type), encoding="utf-8")
        try:
            document = load_document(path)
        except ConfigError:
            return {}, ["holds characters that YAML cannot keep"]
        read, mistakes = read_model(TaskType, document)
        if read is not None:
            mistakes = [*_changed(task_type, read, document), *template_checks.mistakes_of(read, document)]
    by_wording: dict[str, str] = {}
    others: list[str] = []
    names = {wording.name for wording in task_type.wordings}
    for mistake in mistakes:
        found = MISTAKE.match(mistake)
        if found is not None and found["name"] in names:
            by_wording.setdefault(found["name"], found["what"])
        else:
            others.append(found["what"] if found is not None else mistake)
    return by_wording, others


def _changed(task_type: ImportedType, read: TaskType, document: Document) -> Iterator[str]:
    """Wordings that YAML does not give back as they are."""
    for index, (wording, text) in enumerate(zip(task_type.wordings, read.templates, strict=True)):
        if (wording.prompt, wording.response) != (text.prompt, text.response):
            yield f"{document.where(('templates', index))}: {wording.name}: holds characters that YAML cannot keep"


def yaml_text(task_type: ImportedType) -> str:
    """The task type file."""
    lines = [_comment(note) for note in task_type.notes]
    lines.append(f"task_type: {_name(task_type.name)}")
    if task_type.task_cluster is not None:
        lines.append(f"task_cluster: {_name(task_type.task_cluster)}")
    lines += _text("description", task_type.description, "")
    lines += _fields(task_type.fields)
    lines.append(f"answer: {_name(task_type.answer)}")
    if isinstance(task_type.choices, str):
        lines.append(f"choices: {_name(task_type.choices)}")
    elif task_type.choices is not None:
        lines += _choices(task_type.choices)
    lines.append("templates:")
    for wording in task_type.wordings:
        lines += _wording(wording)
    return "\n".join(lines) + "\n"


def _fields(fields: Mapping[str, str]) -> Iterator[str]:
    shown = [f"{_name(name)}: {kind if PLAIN_TYPE.fullmatch(kind) else quoted(kind)}" for name, kind in fields.items()]
    line = "fields: {" + ", ".join(shown) + "}"
    if len(line) <= MAX_LINE:
        yield line
    else:
        yield "fields:"
        yield from (f"  {field}" for field in shown)


def _choices(choices: tuple[str, ...]) -> Iterator[str]:
    line = "choices: [" + ", ".join(quoted(choice) for choice in choices) + "]"
    if len(line) <= MAX_LINE:
        yield line
    else:
        yield "choices:"
        yield from (f"  - {quoted(choice)}" for choice in choices)


def _wording(wording: Wording) -> Iterator[str]:
    origin = f"  {_comment(wording.origin)}" if wording.origin not in {"", wording.name} else ""
    yield f"  - name: {_name(wording.name)}{origin}"
    if wording.inverts:
        yield "    inverts: true"
    if wording.language != "en":
        yield f"    language: {quoted(wording.language)}"
    yield from _text("prompt", wording.prompt, "    ")
    yield from _text("response", wording.response, "    ")


def _text(key: str, text: str, indent: str) -> Iterator[str]:
    """A key with a text: a block scalar, or a quoted one for what is short, or what a block cannot hold."""
    is_block = text == text.strip() != "" and not NOT_LIKE_YAML.search(text)
    if is_block and ("\n" in text or '"' in text or "\\" in text or len(text) > MAX_LINE):
        yield f"{indent}{key}: |-"
        yield from (f"{indent}  {line}" if line else "" for line in text.split("\n"))
    else:
        yield f"{indent}{key}: {quoted(text)}"


def quoted(text: str) -> str:
    """A double-quoted YAML scalar on one line."""
    shown = json.dumps(text, ensure_ascii=False)
    return NOT_LIKE_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", shown)


def _name(name: str) -> str:
    return quoted(name) if name in YAML_WORDS else name


def _comment(text: str) -> str:
    return f"# {NOT_LIKE_YAML.sub('?', ' '.join(text.split()))}"


def is_reserved(name: str) -> bool:
    """Whether a field may not have this name, since it means something else in templates."""
    return name == "choices" or name in environment().globals
