"""What can be wrong with what a task type, or a pipeline file, says about the forms of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import TaskType, nearest
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import Document

EXAMPLES_TYPE = "list<struct<input: text, output: text, explanation: text?>>?"


def type_mistakes(task_type: TaskType, document: Document) -> Iterator[str]:
    """Of a task type file: what it `shrinks` and `shows`."""
    fields = task_type.field_types
    texts = [name for name, kind in fields.items() if kind.kind == "text" and name not in task_type.answer_fields]
    for name in task_type.shrinks:
        if name in task_type.answer_fields:
            yield document.mistake(("shrinks",), f"{name!r} is the answer, which is never shortened")
        elif name not in texts:
            yield document.mistake(("shrinks",), f"{name!r} is no text field{nearest(name, texts)}")
    for role, name in task_type.shows.items():
        if role == "definition":
            if name not in texts:
                yield document.mistake(("shows", role), f"{name!r} is no text field{nearest(name, texts)}")
            continue
        item = fields[name].item if name in fields else None
        if item is None or not {"input", "output"} <= dict(item.members).keys():
            yield document.mistake(("shows", role), f"{name!r} is no list of examples: a field of type {EXAMPLES_TYPE}")


def pipeline_mistakes(pipeline: Pipeline, tasks: Mapping[str, Task]) -> list[str]:
    """Of a pipeline file: tasks whose forms it sets and that there are not."""
    return [
        f"forms.tasks: no task is called {pattern!r}{nearest(pattern, tasks)}"
        for pattern in pipeline.forms.tasks
        if not any(fnmatchcase(name, pattern) for name in tasks)
    ]
