"""Super-NaturalInstructions tasks as native task types, in the wordings of Tk-Instruct."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.catalog.template_checks import CHECK_LIMITS, mistakes_of
from taskmill.jobs.configuration.config import TaskType, read_model
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports.convert import run_import
from taskmill.jobs.imports.super_natural_instructions import convert
from taskmill.jobs.imports.task_types import yaml_text
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
TASK: dict[str, Any] = {
    "Categories": ["Question Generation", "Misc."],
    "Definition": ["Ask about {{ it }}, {% and %} {# so on"],
    "Instruction_language": ["English"],
    "Positive Examples": [
        {"input": " A fox {", "output": "Who? ", "explanation": "It asks."},
        {"input": "A dog.", "output": "What {{ x }}"},
        {"input": "A third.", "output": "Left out"},
    ],
    "Instances": [{"input": "A cat", "output": ["Where?"]}],
}


def written(folder: Path, task: Any, name: str = "task001_Fox-hunt_question.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(task), encoding="utf-8")
    return path


def rendered(wording: Any, given: str, wanted: str = "What?") -> tuple[str, str]:
    row = {"input": given, "output": wanted}
    found = render_row(Template(wording.name, wording.prompt, wording.response), row, CHECK_LIMITS)
    assert found.reason is None, found.detail
    return found.prompt, found.response


def test_a_task_becomes_a_task_type_with_three_wordings(tmp_path: Path) -> None:
    found = convert(written(tmp_path, TASK))
    assert found.refused == ()
    (task_type,) = found.task_types
    assert (task_type.name, task_type.task_cluster) == ("task001_fox_hunt_question", "question_generation")
    assert (dict(task_type.fields), task_type.answer) == ({"input": "text", "output": "text"}, "output")
    assert task_type.description == "Ask about {{ it }}, {% and %} {# so on"
    alone, examples, both = task_type.wordings
    definition = "Definition: Ask about {{ it }}, {% and %} {# so on."
    shown = (
        "Positive Example 1 -\nInput: A fox {\n Output: Who?\n\n"
        " Positive Example 2 -\nInput: A dog.\n Output: What {{ x }}"
    )
    instance = "Now complete the following example -\nInput: A {{ cat }} sat.\nOutput:"
    assert rendered(alone, " A {{ cat }} sat", " What? ") == (f"{definition}\n\n{instance}", "What?")
    assert rendered(examples, "A {{ cat }} sat.") == (f"{shown}\n\n{instance}", "What?")
    assert rendered(both, "A {{ cat }} sat.\n") == (f"{definition}\n\n {shown}\n\n{instance}", "What?")


@pytest.mark.parametrize(
    ("given", "expected"), [("so", "so."), ("so!", "so!"), ("so\\", "so\\"), ("so…", "so….")],
)  # fmt: skip
def test_an_input_ends_with_a_sign(tmp_path: Path, given: str, expected: str) -> None:
    (task_type,) = convert(written(tmp_path, TASK)).task_types
    assert rendered(task_type.wordings[0], given)[0].endswith(f"Input: {expected}\nOutput:")


def test_a_file_of_an_older_version_has_texts_for_lists(tmp_path: Path) -> None:
    old = {"Definition": "Ask.", "Categories": "Misc.", "Positive Examples": [], "Instances": []}
    found = convert(written(tmp_path, old))
    assert [wording.name for wording in found.task_types[0].wordings] == ["definition"]
    assert found.task_types[0].task_cluster == "misc"
    assert [str(refused) for refused in found.refused] == [
        "task001_Fox-hunt_question.json: 'two_examples': the task has fewer than two positive examples: it has 0",
        "task001_Fox-hunt_question.json: 'definition_and_two_examples': the task has fewer than two positive examples: "
        "it has 0",
    ]


def test_a_task_without_a_category_has_no_cluster(tmp_path: Path) -> None:
    other = {**TASK, "Categories": [], "Instruction_language": ["Klingon"]}
    (task_type,) = convert(written(tmp_path, other)).task_types
    assert task_type.task_cluster is None
    assert task_type.wordings[0].language == "und"


def test_a_definition_that_is_too_long_is_refused(tmp_path: Path) -> None:
    found = convert(written(tmp_path, {**TASK, "Definition": ["Ask. " * 5_000]}))
    assert [wording.name for task_type in found.task_types for wording in task_type.wordings] == ["two_examples"]
    assert all("the limit is 20,000" in refused.detail for refused in found.refused)


def test_a_folder_gives_every_task_and_reports_broken_files(tmp_path: Path) -> None:
    written(tmp_path, TASK, "task1_a.json")
    written(tmp_path, TASK, "task1-a.json")
    (tmp_path / "task2.json").write_text("{", encoding="utf-8")
    found = convert(tmp_path)
    assert [task_type.name for task_type in found.task_types] == ["task1_a", "task1_a_2"]
    assert len(found.refused) == 3
    assert "task2.json, line 1: not valid JSON" in found.refused[0].detail


@pytest.mark.parametrize("text", ["{", "[]", '{"Definition": []}', "\x00"])
def test_what_is_no_task_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "task.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="task.json"):
        convert(path)
    assert run_import("super-natural-instructions", path, tmp_path) == 2


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no task file"):
        convert(tmp_path)


def stopped(text: str) -> str:
    return text if text[-1] in string.punctuation else f"{text}."


@needs_data
def test_every_published_task_is_converted_and_says_what_it_says(tmp_path: Path) -> None:
    paths = sorted(Path(DATA, "super_natural_instructions", "tasks").glob("*.json"))
    found = convert(paths[0].parent)
    assert len(found.task_types) == len(paths) == 91
    assert found.refused == ()
    for path, imported in zip(paths, found.task_types, strict=True):
        file = tmp_path / f"{imported.name}.yaml"
        file.write_text(yaml_text(imported), encoding="utf-8")
        document = load_document(file)
        task_type, wrong = read_model(TaskType, document)
        assert task_type is not None, wrong
        assert mistakes_of(task_type, document) == []
        task = json.loads(path.read_text(encoding="utf-8"))
        for instance in task["Instances"][:3]:
            prompt, response = rendered(task_type.templates[2], instance["input"], instance["output"][0])
            definition, given = task["Definition"][0].strip(), instance["input"].strip()
            assert prompt.startswith(f"Definition: {stopped(definition)}\n\n Positive Example 1 -\n")
            assert prompt.endswith(f"\n\nNow complete the following example -\nInput: {stopped(given)}\nOutput:")
            assert prompt.count(task["Positive Examples"][1]["input"].strip()) >= 1
            assert response == instance["output"][0].strip()
