"""Mistakes of sources against the task types they serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.source_checks import is_constant_language, mistakes_of, place_of, unmatched_paths
from taskmill.jobs.configuration.config import Source, TaskType, read_model
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import load_document

SOURCE = """\
source: snli
revision: "1.0"
licence: CC-BY-SA-4.0
language: en
read: {format: json, path: snli/*.jsonl}
split: train
tasks:
  nli:
    fields:
      premise: sentence1
      label: gold - 1
"""
TYPES = {
    "nli": {"fields": {"premise": "text", "label": "choice", "why": "text?"}, "answer": "label",
            "choices": ["Yes", "No"]},
    "topic": {"fields": {"text": "text", "label": "choice"}, "answer": "label"},
    "quiz": {"fields": {"options": "list<text>", "label": "choice"}, "answer": "label", "choices": "options"},
    "qa": {"fields": {"question": "text", "answer": "text"}, "answer": "answer"},
}  # fmt: skip
TASK_TYPES = {
    name: TaskType.model_validate(
        {**value, "task_type": name, "description": "d", "templates": [{"name": "n", "prompt": "p", "response": "r"}]}
    )
    for name, value in TYPES.items()
}


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "snli.yaml"
    path.write_text(text, encoding="utf-8")
    document = load_document(path)
    source, wrong = read_model(Source, document)
    assert source is not None, wrong
    return [message.removeprefix(f"{tmp_path}/") for message in mistakes_of(source, document, TASK_TYPES)]


def tasks(text: str) -> str:
    return SOURCE[: SOURCE.index("  nli:")] + text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SOURCE, id="long-form"),
        pytest.param(tasks("  nli: {premise: a, label: b, why: c}\n"), id="short-form"),
        pytest.param(tasks("  topic:\n    fields: {text: a, label: b}\n    choices: [x, y]\n"), id="own-choices"),
        pytest.param(tasks("  quiz: {options: a, label: b}\n"), id="choices-in-a-field"),
        pytest.param(tasks('  qa: {question: "split(q, \'#\')[0]", answer: "a.b[0].text"}\n'), id="expressions"),
        pytest.param(SOURCE.replace("en\n", "lower(lang)\n"), id="language-expression"),
    ],
)
def test_a_sound_source_has_no_mistakes(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(SOURCE.replace("premise: s", "premis: s"),
                     ["line 10: premis: task type 'nli' has no such field (it has: label, premise, why). "
                      "Did you mean 'premise'?"], id="unknown-field"),
        pytest.param(tasks("  nli: {premise: a,\n    lable: b}\n"), ["line 9: lable: task type 'nli' has no such field",
                     "Did you mean 'label'?"], id="unknown-field-in-the-short-form"),
        pytest.param(SOURCE.replace("      premise: sentence1\n", ""), ["line 8: task type 'nli' needs the field "
                     "'premise'; map it"], id="missing-field"),
        pytest.param(tasks("  nil: {premise: a, label: b}\n"), ["line 8: no task type 'nil'", "Did you mean 'nli'?"],
                     id="unknown-task-type"),
        pytest.param(tasks("  topic: {text: a, label: b}\n"), ["line 8: task type 'topic' has no choices of its own"],
                     id="no-choices"),
        pytest.param(tasks("  qa:\n    fields: {question: a, answer: b}\n    choices: [x, y]\n"),
                     ["line 10: task type 'qa' has no field of type choice"], id="choices-without-use"),
        pytest.param(tasks("  quiz:\n    fields: {options: a, label: b}\n    choices: [x, y]\n"),
                     ["line 10: the choices of 'quiz' differ per example"], id="choices-differ"),
        pytest.param(tasks("  nli:\n    fields: {premise: a, label: b}\n    choices: [x, x]\n"),
                     ["line 10: choices need two or more"], id="choices-twice"),
        pytest.param(SOURCE.replace("gold - 1", "gold -"), ["line 11: tasks.nli.fields.label: not valid Spark SQL"],
                     id="open-expression"),
        pytest.param(SOURCE.replace("gold - 1", "array_position(array('a', gold"),
                     ["line 11: tasks.nli.fields.label: not valid Spark SQL"], id="open-bracket"),
        pytest.param(SOURCE.replace("sentence1", "trim(sentence1"),
                     ["line 10: tasks.nli.fields.premise: not valid Spark SQL"], id="open-bracket-of-trim"),
        pytest.param(SOURCE.replace("gold - 1", '"\'gold"'), ["line 11: tasks.nli.fields.label: not valid Spark SQL"],
                     id="open-quote"),
        pytest.param(SOURCE.replace("gold - 1", '"gold; DROP"'), ["line 11: tasks.nli.fields.label"],
                     id="two-statements"),
        pytest.param(SOURCE.replace("gold - 1", '"a, b"'), ["line 11: tasks.nli.fields.label"], id="two-expressions"),
        pytest.param(SOURCE.replace("gold - 1", '""'), ["line 11: tasks.nli.fields.label"], id="empty-expression"),
        pytest.param(SOURCE.replace("gold - 1", '"a FROM rows"'), ["line 11: tasks.nli.fields.label"], id="with-from"),
        pytest.param(SOURCE.replace("split: train", "split: regexp_extract(f, 'a'"), ["line 6: split: not valid"],
                     id="split"),
        pytest.param(SOURCE.replace("split: train", "query: SELECT FROM WHERE\nsplit: train"),
                     ["line 6: query: not valid Spark SQL"], id="query"),
        pytest.param(SOURCE + "    where: size(x >\n", ["line 12: tasks.nli.where: not valid Spark SQL"], id="where"),
        pytest.param(SOURCE + "inputs: {names: {format: text, path: n.txt}}\n", ["line 12: inputs: nothing uses them"],
                     id="inputs-without-query"),
    ],
)  # fmt: skip
def test_mistakes_of_a_source(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = mistakes(tmp_path, text)
    assert any(all(part in message for part in expected) for message in found), found
    assert all(message.startswith("snli.yaml, line ") for message in found)


def test_all_mistakes_of_a_source_are_told_at_once(tmp_path: Path) -> None:
    text = SOURCE.replace("premise: s", "premis: s").replace("gold - 1", "gold -").replace("split: train", "split: a +")
    found = "\n".join(mistakes(tmp_path, text))
    assert all(part in found for part in ("premis:", "needs the field 'premise'", "fields.label", "split: not valid"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("en", True), ("pt-BR", True), ("zh-Hant", True), ("lower(lang)", False), ("'en'", False), ("", False)],
)
def test_is_constant_language(text: str, expected: bool) -> None:
    assert is_constant_language(text) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a/*.json", str(Path("data/a/*.json").absolute()), id="relative"),
        pytest.param("/mnt/a.json", "/mnt/a.json", id="absolute"),
        pytest.param("s3://b/a.json", "s3://b/a.json", id="remote"),
    ],
)
def test_place_of(path: str, expected: str) -> None:
    assert place_of(Pipeline(data="data/", sources=(), templates=()), path) == expected


def unmatched(tmp_path: Path, path: str, data: str | None = None) -> list[str]:
    file = tmp_path / "snli.yaml"
    file.write_text(SOURCE.replace("snli/*.jsonl", path), encoding="utf-8")
    document = load_document(file)
    source, _ = read_model(Source, document)
    assert source is not None
    pipeline = Pipeline(data=data or str(tmp_path), sources=(), templates=())
    return [message.removeprefix(f"{tmp_path}/") for message in unmatched_paths(pipeline, [(source, document)])]


def test_unmatched_paths(tmp_path: Path) -> None:
    (tmp_path / "snli").mkdir()
    (tmp_path / "snli" / "a.jsonl").touch()
    assert unmatched(tmp_path, "snli/*.jsonl") == []
    assert unmatched(tmp_path, "s3://bucket/gone.jsonl") == []
    assert unmatched(tmp_path, f"{tmp_path}/snli/a.jsonl") == []
    assert unmatched(tmp_path, f"file://{tmp_path}/snli/*") == []
    assert unmatched(tmp_path, "snli/*.csv") == [
        f"snli.yaml, line 5: read.path: 'snli/*.csv' matches nothing under {str(tmp_path)!r}"
    ]
    assert unmatched(tmp_path, "snli/*.csv", data="/no/such") == [
        "data: there is no folder '/no/such'; say where the data are: --set data=PATH"
    ]
