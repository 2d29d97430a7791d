"""What can be wrong with a task type and its wordings, seen without Spark.

Beside reading the syntax tree, every template is rendered over rows made up for the purpose (each text field holds a
mark of its own), once for every choice. So a gold answer that cannot occur, or one that stands in its own prompt,
shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError

from taskmill.jobs.catalog.follow_ups import follow_up_mistakes
from taskmill.jobs.configuration.config import TaskType, TemplateText, nearest
from taskmill.jobs.configuration.positions import Document, KeyPath
from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, environment, parsed, used_names
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import IN_DATA, IN_PROMPT, Template
from taskmill.udfs.rendering.rendered import Rendered

HALVES = ("prompt", "response")
MARK = "qzmark"  # stands in no template
MADE_UP_CHOICES = (f"{MARK} alpha", f"{MARK} beta", f"{MARK} gamma")
MAX_PLAIN_NUMBER = 1_000_000  # made-up numbers are above it; labels and truth values below
# A wording is tried a few times here, not a million: what a busy machine takes longer for is no mistake in it.
CHECK_LIMITS = Limits(max_prompt_chars=10**6, max_response_chars=10**6, max_render_seconds=5.0)
MAX_SHOWN = 60


def mistakes_of(task_type: TaskType, document: Document) -> list[str]:
    """Every mistake of one task type file, as messages with file and line."""
    found = [*_contract_mistakes(task_type, document), *_duplicate_wordings(task_type, document)]
    sound = []
    for index, text in enumerate(task_type.templates):
        wrong = [*_need_mistakes(task_type, text, index, document)]
        for half in (*HALVES, "follow_up") if text.follow_up is not None else HALVES:
            wrong.extend(_half_mistakes(task_type, index, half, document))
        found.extend(wrong)
        if not wrong:
            sound.append(index)
    if _has_usable_contract(task_type):
        for index in sound:
            found.extend(_rendered_mistakes(task_type, index, document))
        found.extend(follow_up_mistakes(task_type, sound, document))
        found.extend(_unused(task_type, sound, document))
    return found


def used_fields(task_type: TaskType, text: TemplateText) -> tuple[str, ...]:
    """The fields a wording reads, in the order of the type; `choices` counts as the field that holds them."""
    names: set[str] = set()
    for half in HALVES:
        try:
            names |= used_names(getattr(text, half))
        except COMPILE_ERRORS:
            continue  # reported by mistakes_of; such a template never renders
    if "choices" in names and isinstance(task_type.choices, str):
        names.add(task_type.choices)
    return tuple(name for name in task_type.fields if name in names)


def with_choices(row: Mapping[str, Any], choices: tuple[str, ...] | str | None) -> dict[str, Any]:
    """The names a template sees for one row: its fields and, where there are some, the choices.

    Args:
        choices: a fixed list, or the name of the field that holds them.
    """
    if choices is None:
        return dict(row)
    return {**row, "choices": list(row[choices] if isinstance(choices, str) else choices)}


def example_choices(task_type: TaskType) -> tuple[str, ...] | str | None:
    """The choices of the type's own examples."""
    return task_type.example_choices or task_type.choices


def _contract_mistakes(task_type: TaskType, document: Document) -> Iterator[str]:
    fields = task_type.field_types
    for name in task_type.answer_fields or (None,):
        if name not in fields:
            yield f"{document.where(('answer',))}: answer: no field {name!r}{nearest(str(name), fields)}"
        elif fields[name].optional:
            yield f"{document.where(('answer',))}: answer: {name!r} is optional; a gold answer is always there"
    for name in task_type.explanation:
        if name not in fields:
            yield f"{document.where(('explanation',))}: explanation: no field {name!r}{nearest(name, fields)}"
    if task_type.answers_in is not None:
        yield from _answers_in_mistakes(task_type, task_type.answers_in, ("answers_in",), document)
    has_choice = any(kind.is_labels for kind in fields.values())
    where = document.where(("choices",))
    if task_type.choices is not None and not has_choice:
        yield f"{where}: choices: no field has the type choice, so they are never used"
    if isinstance(task_type.choices, str):
        held_in = fields.get(task_type.choices)
        if held_in is None or str(held_in) != "list<text>":
            yield (
                f"{where}: choices: {task_type.choices!r} is not a field of type "
                f"list<text>{nearest(task_type.choices, fields)}"
            )
    elif task_type.choices is not None and len(set(task_type.choices)) < max(2, len(task_type.choices)):
        yield f"{where}: choices: two or more different texts are needed, none twice"
    for name in fields:
        if name == "choices" or name in environment().globals:
            yield (
                f"{document.where(('fields', name))}: fields: {name!r} has a meaning of its own in templates; "
                "rename the field"
            )
    for index, example in enumerate(task_type.examples):
        yield from _example_mistakes(task_type, index, example, document)


def _example_mistakes(task_type: TaskType, index: int, example: Mapping[str, Any], document: Document) -> Iterator[str]:
    where = document.where(("examples", index))
    for name in example:
        if name not in task_type.fields:
            yield f"{where}: examples: no field {name!r}{nearest(name, task_type.fields)}"
    for name, kind in task_type.field_types.items():
        if example.get(name) is None and not kind.optional:
            yield f"{where}: examples: the field {name!r} is missing"


def _duplicate_wordings(task_type: TaskType, document: Document) -> Iterator[str]:
    names: dict[str, int] = {}
    wordings: dict[tuple[str, str], str] = {}
    for index, text in enumerate(task_type.templates):
        if text.name in names:
            yield (
                f"{document.where(('templates', index))}: {text.name}: this name is used twice; names are unique in a "
                f"file"
            )
        names.setdefault(text.name, index)
        wording = (" ".join(text.prompt.lower().split()), " ".join(text.response.lower().split()))
        other = wordings.setdefault(wording, text.name)
        if other != text.name:
            yield f"{document.where(('templates', index))}: {text.name}: the same wording as {other!r}; remove one"


def _answers_in_mistakes(task_type: TaskType, named: str, key_path: KeyPath, document: Document) -> Iterator[str]:
    known = [IN_DATA, IN_PROMPT, *(name for name, kind in task_type.field_types.items() if kind.kind == "text")]
    if named not in known:
        yield document.mistake(
            key_path, f"{named!r} is neither data nor prompt nor a text field{nearest(named, known)}"
        )


def _need_mistakes(task_type: TaskType, text: TemplateText, index: int, document: Document) -> Iterator[str]:
    where = document.where(("templates", index, "needs"))
    for need in text.needs:
        if need not in task_type.fields:
            yield f"{where}: {text.name}: needs: no field {need!r}{nearest(need, task_type.fields)}"
        elif not task_type.field_types[need].optional:
            yield f"{where}: {text.name}: needs: every example has {need!r}; only optional fields can be needed"
    if text.answers_in is not None:
        yield from _answers_in_mistakes(task_type, text.answers_in, ("templates", index, "answers_in"), document)


def _half_mistakes(task_type: TaskType, index: int, half: str, document: Document) -> Iterator[str]:
    text = task_type.templates[index]
    first_line = document.text_lines.get(("templates", index, half), 1)
    label = f"{text.name}.{half}"
    try:
        tree = parsed(getattr(text, half))
    except TemplateSyntaxError as error:
        hint = _filter_hint(error.message or "")
        yield f"{document.path}, line {first_line + error.lineno - 1}: {label}: {error.message}{hint}"
        return
    except SecurityError as error:
        yield f"{document.path}, line {first_line}: {label}: {error}"
        return
    known = {*task_type.fields, *environment().globals}
    if any(kind.is_labels for kind in task_type.field_types.values()):
        known.add("choices")
    for name in used_names(getattr(text, half)) - known:
        line = _line_in_file(document, first_line + _line_of(tree, name) - 1, name)
        problem = f"{name!r} is not a field of task type {task_type.task_type!r}"
        yield f"{document.path}, line {line}: {label}: {problem}{nearest(name, known)}"


def _filter_hint(message: str) -> str:
    for kind, names in (("filter", environment().filters), ("test", environment().tests)):
        before, found, rest = message.partition(f"No {kind} named ")
        if found and not before:
            return nearest(rest.strip("'."), names)
    return ""


def _line_of(tree: nodes.Template, name: str) -> int:
    return next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), 1)


def _line_in_file(document: Document, line: int, name: str) -> int:
    """The line from `line` on that holds the name: a folded scalar has fewer lines than the file."""
    lines = document.path.read_text(encoding="utf-8").splitlines()[line - 1 :]
    return line + next((offset for offset, text in enumerate(lines) if name in text), 0)


def _has_usable_contract(task_type: TaskType) -> bool:
    fields = task_type.field_types
    return set(task_type.answer_fields) <= set(fields) and (
        not isinstance(task_type.choices, str) or task_type.choices in fields
    )


def _rendered_mistakes(task_type: TaskType, index: int, document: Document) -> Iterator[str]:
    text = task_type.templates[index]
    where = document.where(("templates", index))
    rows = list(_made_up_rows(task_type))
    outcomes = [_render(task_type, text, row) for row in rows]
    refused = next((outcome for outcome in outcomes if outcome.reason), None)
    if refused is not None and _renders_an_example(task_type, text):
        return  # made-up values need not fit together, as the words of a tree do
    if refused is not None:
        number = outcomes.index(refused)
        label = f" when {task_type.answer} is {number}" if task_type.answer_is_choice else ""
        yield (
            f"{where}: {text.name}: this gold answer cannot occur{label}: {refused.reason}: "
            f"{refused.detail or 'nothing is rendered'}"
        )
        return
    if _leaks(task_type, text, outcomes):
        shown = outcomes[0].response[:MAX_SHOWN]
        yield f"{where}: {text.name}: the response {shown!r} is copied into its own prompt"
    constant = len(rows) > 1 and not text.inverts and len({outcome.response for outcome in outcomes}) == 1
    if constant and task_type.answer_is_choice and task_type.answer not in used_fields(task_type, text):
        yield (
            f"{where}: {text.name}: the response is the same for every {task_type.answer}; mark it `inverts: true` "
            f"if that is meant"
        )


def _renders_an_example(task_type: TaskType, text: TemplateText) -> bool:
    """Whether one of the type's own examples becomes a pair; where answers are choices, each has to be possible."""
    if task_type.answer_is_choice:
        return False
    rows = [{**dict.fromkeys(task_type.fields), **example} for example in task_type.examples]
    return any(_render(task_type, text, row).reason is None for row in rows)


def _leaks(task_type: TaskType, text: TemplateText, outcomes: list[Rendered]) -> bool:
    """Whether the prompt gives the response away.

    A choice may be offered in the prompt, among the others; then the prompt must not change with the label when the
    response does. Otherwise the marks of the answer (for an inversion: of all fields) that make up the response must
    not all stand in the prompt too.
    """
    if task_type.answer_is_choice and not text.inverts:
        changes = len({outcome.response for outcome in outcomes}) > 1
        return changes and len({outcome.prompt for outcome in outcomes}) > 1
    kinds = task_type.field_types
    asked = kinds if text.inverts else {name: kind for name, kind in kinds.items() if name in task_type.answer_fields}
    marks = {mark for name, kind in asked.items() for mark in _marks(_made_up_value(name, kind))}
    for outcome in outcomes:
        told = {mark for mark in marks if mark in outcome.response.casefold()}
        if told and all(mark in outcome.prompt.casefold() for mark in told):
            return True
    return False


def _marks(value: Any) -> Iterator[str]:
    """What tells a made-up value in a text: its words, or the digits of a number."""
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _marks(inner)
    elif isinstance(value, str):
        yield value.casefold()
    elif value > MAX_PLAIN_NUMBER:
        yield str(int(value))


def _made_up_rows(task_type: TaskType) -> Iterator[Mapping[str, Any]]:
    """A row for every choice (one row where there are none) in which each text field holds a mark of its own."""
    fields = {name: _made_up_value(name, kind) for name, kind in task_type.field_types.items()}
    if isinstance(task_type.choices, str):
        fields[task_type.choices] = list(MADE_UP_CHOICES)
    choice_fields = [name for name, kind in task_type.field_types.items() if kind.kind == "choice"]
    for label in range(len(_made_up_choices(task_type)) if choice_fields else 1):
        yield {**fields, **dict.fromkeys(choice_fields, label)}


def _made_up_choices(task_type: TaskType) -> tuple[str, ...]:
    return task_type.choices if isinstance(task_type.choices, tuple) else MADE_UP_CHOICES


def _made_up_value(name: str, kind: FieldType) -> Any:
    if kind.item is not None:
        return [_made_up_value(f"{name}{index}", kind.item) for index in range(2)]
    if kind.members:
        return {member: _made_up_value(f"{name}{member}", inner) for member, inner in kind.members}
    values = {"text": f"{MARK} {name}", "integer": 7_310_412, "number": 7_310_412.25, "boolean": True, "choice": 0}
    return values[kind.kind]


def _render(task_type: TaskType, text: TemplateText, row: Mapping[str, Any]) -> Rendered:
    choices: tuple[str, ...] | str | None = None
    if any(kind.is_labels for kind in task_type.field_types.values()):
        choices = task_type.choices if isinstance(task_type.choices, str) else _made_up_choices(task_type)
    return render_row(Template(text.name, text.prompt, text.response), with_choices(row, choices), CHECK_LIMITS)


def _unused(task_type: TaskType, sound: list[int], document: Document) -> Iterator[str]:
    """Choices that no sound wording offers or answers with, and required fields that none reads."""
    if len(sound) != len(task_type.templates):
        return
    read = {name for index in sound for name in used_fields(task_type, task_type.templates[index])}
    named = {name for text in task_type.templates for half in HALVES for name in used_names(getattr(text, half))}
    if task_type.choices is not None and "choices" not in named:
        yield (
            f"{document.where(('choices',))}: choices: no wording uses them; write "
            f"{{{{ choices[{task_type.answer_fields[0]}] }}}} in a response"
        )
    for name in task_type.fields:
        if name not in read | set(task_type.shows.values()):
            yield f"{document.where(('fields', name))}: fields: no wording uses {name!r}; remove it or use it"
