"""What a wording's `follow_up` says of its task type: which fields several questions have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskmill.jobs.configuration.config import TaskType, TemplateText
from taskmill.jobs.configuration.positions import Document
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, used_names


def shared_fields(task_type: TaskType) -> tuple[str, ...]:
    """The fields that follow-ups leave out and their prompts have; the same for all wordings that pass the checks."""
    return next((_left_out(task_type, text) for text in task_type.templates if text.follow_up is not None), ())


def follow_up_mistakes(task_type: TaskType, sound: Iterable[int], document: Document) -> Iterator[str]:
    """What is wrong with the follow-ups of wordings in which nothing else is, by their places."""
    shared = shared_fields(task_type)
    for index in sound:
        text = task_type.templates[index]
        if text.follow_up is None:
            continue
        where = f"{document.where(('templates', index, 'follow_up'))}: {text.name}: follow_up:"
        left_out = _left_out(task_type, text)
        read = _fields(task_type, text.follow_up)
        if text.inverts:
            yield f"{where} an inverted wording has none; remove it, or `inverts`"
        elif told := sorted(read & {*task_type.answer_fields, *task_type.explanation}):
            yield f"{where} gives the answer away: it reads {', '.join(told)}"
        elif unknown := sorted(read - _fields(task_type, text.prompt)):
            yield f"{where} reads {', '.join(unknown)}, which the prompt does not"
        elif not left_out:
            yield f"{where} has all that the prompt has; leave out the text that several questions are about"
        elif left_out != shared:
            yield (
                f"{where} leaves out {', '.join(left_out)}, others leave out {', '.join(shared)}; a task type has one "
                "text that questions are about"
            )
        elif not _content(task_type, text.follow_up):
            yield f"{where} asks nothing; it needs a field that differs between the questions about a text"


def _fields(task_type: TaskType, jinja: str) -> set[str]:
    """The fields that a text reads."""
    try:
        return {name for name in task_type.fields if name in used_names(jinja)}
    except COMPILE_ERRORS:
        return set()  # the checks of templates tell of it


def _left_out(task_type: TaskType, text: TemplateText) -> tuple[str, ...]:
    asked = _content(task_type, text.follow_up or "")
    return tuple(name for name in task_type.fields if name in _content(task_type, text.prompt) - asked)


def _content(task_type: TaskType, jinja: str) -> set[str]:
    """The texts of the content that a text reads."""
    read = _fields(task_type, jinja) & set(task_type.content_fields)
    return {name for name in read if task_type.field_types[name].kind == "text"}
