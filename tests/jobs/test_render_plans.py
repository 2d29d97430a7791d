"""What makes rendering stale: everything that a pair depends on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source, TaskType
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.context import Context
from taskmill.jobs.render_plans import wordings_fingerprint

SOURCE: dict[str, Any] = {
    "source": "snli", "revision": "1", "licence": "MIT", "language": "en", "split": "train",
    "read": {"format": "json", "path": "a"}, "tasks": {"nli": {"fields": {"premise": "p", "label": "l"}}},
}  # fmt: skip
WORDING: dict[str, Any] = {"name": "one", "prompt": "{{ premise }}", "response": "{{ choices[label] }}"}
TASK_TYPE: dict[str, Any] = {
    "task_type": "nli", "description": "d", "fields": {"premise": "text", "label": "choice"}, "answer": "label",
    "choices": ["Yes", "No"], "templates": [WORDING],
}  # fmt: skip
PIPELINE: dict[str, Any] = {"sources": ["s"], "templates": ["t"]}


def fingerprint(
    wording: dict[str, Any] | None = None,
    task_type: dict[str, Any] | None = None,
    pipeline: dict[str, Any] | None = None,
) -> str:
    kind = {**TASK_TYPE, "templates": [{**WORDING, **(wording or {})}], **(task_type or {})}
    source, task_type = Source.model_validate(SOURCE), TaskType.model_validate(kind)
    task = Task(source, task_type, source.tasks[task_type.task_type])
    context = SimpleNamespace(pipeline=Pipeline.model_validate({**PIPELINE, **(pipeline or {})}))
    return wordings_fingerprint(cast(Context, context), task)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"wording": {"prompt": "{{ premise }}?"}}, id="prompt"),
        pytest.param({"wording": {"response": "It is {{ choices[label] }}"}}, id="response"),
        pytest.param({"wording": {"name": "other"}}, id="name"),
        pytest.param({"wording": {"language": "de"}}, id="language"),
        pytest.param({"wording": {"inverts": True}}, id="inverts"),
        pytest.param({"task_type": {"choices": ["Yes", "no"]}}, id="choices"),
        pytest.param({"task_type": {"templates": [WORDING, {**WORDING, "name": "two"}]}}, id="one-more"),
        pytest.param({"pipeline": {"templates_per_example": 1}}, id="number-drawn"),
        pytest.param({"pipeline": {"forms": {"options": {"shuffled": 0.5}}}}, id="forms"),
        pytest.param({"pipeline": {"forms": {"tasks": {"snli.*": {"inverted": 0.5}}}}}, id="forms-of-the-task"),
    ],
)
def test_wordings_fingerprint_changes_with_what_pairs_depend_on(changed: dict[str, Any]) -> None:
    assert fingerprint(**changed) != fingerprint()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"pipeline": {"seed": 21}}, id="seed"),
        pytest.param({"pipeline": {"draw": "dealt"}}, id="draw"),
        pytest.param({"task_type": {"description": "other"}}, id="description"),
        pytest.param({"pipeline": {"forms": {"tasks": {"other.*": {"inverted": 0.5}}}}}, id="forms-of-another-task"),
        pytest.param({"pipeline": {"forms": {"options": {"shuffled": 0.0}}}}, id="forms-of-nothing"),
        pytest.param({"task_type": {"examples": [{"premise": "p", "label": 0}]}}, id="examples"),
    ],
)
def test_wordings_fingerprint_does_not_change_with_what_all_templates_ignore(changed: dict[str, Any]) -> None:
    assert fingerprint(**changed) == fingerprint()


def test_wordings_fingerprint_changes_with_the_seed_where_templates_are_drawn() -> None:
    drawn = {"templates_per_example": 1}
    assert fingerprint(pipeline=drawn) != fingerprint(pipeline={**drawn, "seed": 21})
    assert fingerprint(pipeline=drawn) != fingerprint(pipeline={**drawn, "draw": "dealt"})
