"""The published promptsource templates, where TASKMILL_SHARED_DATA says they lie: each converted, or refused."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest

from taskmill.jobs.catalog.promptsource_files import published_name, read_published
from taskmill.jobs.catalog.template_checks import CHECK_LIMITS, mistakes_of, with_choices
from taskmill.jobs.configuration.config import TaskType, read_model
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.imports.promptsource import convert_dataset
from taskmill.jobs.imports.task_types import yaml_text
from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.promptsource import PublishedTemplate

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
FILES = sorted(Path(DATA, "promptsource").rglob("templates.yaml")) if DATA else []


def reference(template: PublishedTemplate, columns: Mapping[str, Any]) -> list[str]:
    """What promptsource makes of a row: its code in few words, without truncation. Not safe, and trusts its input."""
    environment = jinja2.Environment()
    environment.globals["zip"] = zip
    escaped = {name: value.replace("|||", "\0") if isinstance(value, str) else value for name, value in columns.items()}
    choices = None
    if template.answer_choices is not None and "answer_choices" in template.jinja:
        shown = environment.from_string(template.answer_choices).render(escaped)
        choices = [choice.strip().replace("\0", "|||") for choice in shown.split("|||")]
    text = environment.from_string(template.jinja).render({**escaped, "answer_choices": choices})
    return [part.replace("\0", "|||").strip() for part in text.split("|||")]


def made_up(kind: FieldType, draws: random.Random) -> Any:
    if kind.item is not None:
        return [made_up(kind.item, draws) for _ in range(4)]
    if kind.members:
        return {name: made_up(inner, draws) for name, inner in kind.members}
    texts = ["Ein Satz, mit <b>Marken</b> & 'Zeichen'.", "{{ x }}", "a b c d", "Æ\n雨", "12", "yes"]
    values = {"text": texts, "integer": [0, 1, 2, 30], "number": [0.5, 3.0], "boolean": [True, False]}
    return draws.choice(values[kind.kind])


def is_equal(task_type: TaskType, text: Template, template: PublishedTemplate, columns: Mapping[str, str]) -> bool:
    """Whether both give the same pair of twenty rows, where both give one."""
    pairs = 0
    for number in range(20):
        draws = random.Random(1000 + number)
        row = {name: made_up(kind, draws) for name, kind in task_type.field_types.items() if kind.kind != "choice"}
        choices: Any = task_type.choices
        if isinstance(choices, str):
            row[choices] = ["first", "second", "third", "fourth"]
        count = len(row[choices]) if isinstance(choices, str) else len(choices or ())
        row |= {name: number % count for name, kind in task_type.field_types.items() if kind.kind == "choice"}
        rendered = render_row(text, with_choices(row, choices), CHECK_LIMITS)
        try:
            parts = reference(template, {columns.get(name, name): value for name, value in row.items()})
        except Exception:
            assert rendered.reason is not None
            continue
        if rendered.reason is None:
            pairs += 1
            assert [rendered.prompt, rendered.response] == parts
        else:
            assert rendered.reason == "undefined_value" or "" in parts
    return pairs > 0


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_every_published_template_is_converted_or_refused(path: Path, tmp_path: Path) -> None:
    templates = {template.name: template for template in read_published(path)}
    found = convert_dataset(published_name(path), templates.values())
    names = [wording.origin for task_type in found.task_types for wording in task_type.wordings]
    assert sorted([*names, *(refused.template for refused in found.refused)]) == sorted(templates)
    assert all(refused.reason for refused in found.refused)
    for imported in found.task_types:
        file = tmp_path / f"{imported.name}.yaml"
        file.write_text(yaml_text(imported), encoding="utf-8")
        document = load_document(file)
        task_type, wrong = read_model(TaskType, document)
        assert task_type is not None, wrong
        assert mistakes_of(task_type, document) == []
        columns = dict(re.findall(r"(\w+) \((\w+)\)", " ".join(imported.notes)))
        for wording, text in zip(imported.wordings, task_type.templates, strict=True):
            native = Template(text.name, text.prompt, text.response)
            assert is_equal(task_type, native, templates[wording.origin], columns)
