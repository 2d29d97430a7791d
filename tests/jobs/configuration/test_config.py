"""Configuration files: what they may say, and how each mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.configuration.config import Source, TaskType, nearest, read_model
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.configuration.settings import Limits
from taskmill.jobs.errors import ConfigError

SOURCE = """\
source: snli
revision: "1.0"
licence: CC-BY-SA-4.0
language: en
read: {format: json, path: snli/*.jsonl, schema: "premise string"}
split: train
tasks:
  nli:
    premise: sentence1
"""
TASK_TYPE = """\
task_type: nli
description: Does it follow?
fields: {premise: text, label: choice}
answer: label
choices: ["Yes", "No"]
templates:
  - name: one
    prompt: "{{ premise }}"
    response: "{{ choices[label] }}"
"""
PIPELINE = """\
data: data
sources: [sources]
templates: [templates, "s3://bucket/templates"]
folds: 3
"""


def write(folder: Path, text: str, name: str = "file.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(tmp_path: Path, model: Any, text: str) -> list[str]:
    value, found = read_model(model, load_document(write(tmp_path, text)))
    assert (value is None) == bool(found)
    return [message.removeprefix(f"{tmp_path}/") for message in found]


def test_read_model_reads_a_source(tmp_path: Path) -> None:
    source, found = read_model(Source, load_document(write(tmp_path, SOURCE)))
    assert found == []
    assert source is not None
    assert (source.role, source.priority, source.on_error, source.do_not_train) == ("train", 100, "quarantine", False)
    assert dict(source.tasks["nli"].fields) == {"premise": "sentence1"}  # the short form
    assert source.language == "en"
    assert source.read.paths == ("snli/*.jsonl",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("licence: CC-BY-SA-4.0\n", "", ["line 1: licence is missing"], id="no-licence"),
        pytest.param('revision: "1.0"\n', "", ["line 1: revision is missing"], id="no-revision"),
        pytest.param('"1.0"', "1.10", ["line 2: revision", "it is 1.1", "put it in quotes"], id="numeric-revision"),
        pytest.param('"1.0"', "31", ["line 2: revision", "it is 31", "put it in quotes"], id="integer-revision"),
        pytest.param('"1.0"', "2024-05-01", ["line 2: revision", "put it in quotes"], id="date-as-revision"),
        pytest.param('"1.0"', "", ["line 2: revision", "it is None"], id="null-revision"),
        pytest.param('"1.0"', '""', ["line 2: revision", "at least 1"], id="empty-revision"),
        pytest.param("language: en", "language: xqz", ["line 4: language: 'xqz' is no language tag"], id="no-tag"),
        pytest.param("language: en", "language: no", ["line 4: language", "put it in quotes"], id="norwegian"),
        pytest.param(
            "licence:", "license:", ["line 3: license: unknown key", "Did you mean 'licence'?"], id="unknown-key"
        ),
        pytest.param(
            "path: snli", "pth: snli", ["line 5: read.pth: unknown key", "Did you mean 'path'?"], id="nested-key"
        ),
        pytest.param(", path: snli/*.jsonl", "", ["line 5: read: format 'json' needs `path`"], id="no-path"),
        pytest.param("format: json, path: snli/*.jsonl", "format: table", ["line 5: read: format 'table' needs"],
                     id="no-table"),
        pytest.param("source: snli", "source: SNLI-1", ["line 1: source: 'SNLI-1' is not a name"], id="bad-name"),
        pytest.param("tasks:\n  nli:\n    premise: sentence1\n", "", ["a source needs `tasks`"], id="no-tasks"),
        pytest.param("split: train", "split: train\nrole: test", ["line 7: role", "'train' or 'benchmark'"], id="role"),
        pytest.param("split: train", "split: train\npriority: high", ["line 7: priority", "'high'"], id="priority"),
        pytest.param(
            "    premise: sentence1", "    fields: {premise: a}\n    chioces: [a, b]",
            ["line 10: tasks.nli.chioces: unknown key", "Did you mean 'choices'?"], id="unknown-key-of-a-task",
        ),
        pytest.param(
            "    premise: sentence1", "    fields: {premise: a}\n    templates_per_example: 0",
            ["line 10: tasks.nli.templates_per_example"], id="no-templates-per-example",
        ),
    ],
)  # fmt: skip
def test_read_model_tells_the_mistakes_of_a_source(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in SOURCE
    found = mistakes(tmp_path, Source, SOURCE.replace(old, new, 1))
    assert any(all(part in message for part in expected) for message in found), found
    assert all(message.startswith("file.yaml, line ") for message in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("premise: text", "premise: txt", ["line 3: fields.premise: 'txt' is not a field type"], id="type"),
        pytest.param("premise: text", "premise: list<text", ["line 3: fields.premise", "expected '>'"], id="open-type"),
        pytest.param("premise: text", "Premise: text", ["line 3: fields", "'Premise' is not a name"], id="field-name"),
        pytest.param('"Yes", "No"', "Yes, No", ["line 5: choices", "put it in quotes"], id="unquoted-yes"),
        pytest.param("answer: label\n", "", ["line 1: answer is missing"], id="no-answer"),
        pytest.param("    response:", "    respons:",
                     ["line 9: templates.0.respons: unknown key", "Did you mean 'response'?"], id="unknown-key"),
        pytest.param("    response:", "    respons:", ["line 7: templates.0.response is missing"], id="no-response"),
        pytest.param("    response:", "    respons:", ["templates.0.response is missing in the wording 'one'"],
                     id="no-response-names-the-wording"),
        pytest.param('"{{ premise }}"', '""', ["line 8: templates.0.prompt"], id="empty-prompt"),
        pytest.param('["Yes", "No"]', '["Yes", "No"]\nexamples: a', ["line 6: examples: write a list, as in [a, b]"],
                     id="text-for-a-list"),
        pytest.param("{premise: text, label: choice}", "[premise]", ["line 3: fields: write a map of `name: value`"],
                     id="list-for-a-map"),
        pytest.param("{premise: text, label: choice}", "{}", ["line 3: fields: at least one field is needed"],
                     id="no-field"),
        pytest.param("name: one", "name: One", ["line 7: templates.0.name: 'One' is not a name"], id="template-name"),
    ],
)  # fmt: skip
def test_read_model_tells_the_mistakes_of_a_task_type(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in TASK_TYPE
    found = mistakes(tmp_path, TaskType, TASK_TYPE.replace(old, new, 1))
    assert any(all(part in message for part in expected) for message in found), found


def test_read_model_tells_that_a_wording_is_needed_only_where_none_is_written(tmp_path: Path) -> None:
    head = TASK_TYPE[: TASK_TYPE.index("templates:")]
    assert mistakes(tmp_path, TaskType, f"{head}templates: []\n") == [
        "file.yaml, line 6: templates: at least one wording is needed"
    ]
    assert mistakes(tmp_path, TaskType, f"{head}templates: [{{name: one, prompt: p}}]\n") == [
        "file.yaml, line 6: templates.0.response is missing in the wording 'one'"
    ]


def test_read_model_tells_all_mistakes_at_once(tmp_path: Path) -> None:
    text = SOURCE.replace("licence: CC-BY-SA-4.0\n", "").replace('"1.0"', "1").replace("split: train", "splt: train")
    found = mistakes(tmp_path, Source, text)
    assert sorted(message.split(": ", 2)[1].split(" is ")[0] for message in found) == [
        "licence", "revision", "split", "splt",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "- a\n", "text\n", "null\n"], ids=["empty", "list", "text", "null"])
def test_read_model_refuses_what_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, Source, text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("eng", "en"), ("zho-Hans", "zh-Hans"), ("[deu, spa]", ("de", "es")), ("lower(lang)", "lower(lang)")],
)
def test_languages_are_canonical_tags_or_sql(tmp_path: Path, written: str, expected: object) -> None:
    text = SOURCE.replace("language: en", f"language: {written}")
    source, found = read_model(Source, load_document(write(tmp_path, text)))
    assert found == []
    assert source is not None
    assert source.language == expected


def test_models_are_frozen(tmp_path: Path) -> None:
    source, _ = read_model(Source, load_document(write(tmp_path, SOURCE)))
    assert source is not None
    with pytest.raises(ValueError, match="frozen"):
        source.priority = 1  # type: ignore[misc]


def test_load_pipeline_takes_places_relative_to_the_file(tmp_path: Path) -> None:
    pipeline = load_pipeline(write(tmp_path, PIPELINE))
    assert pipeline.data == str(tmp_path / "data")
    assert pipeline.sources == (str(tmp_path / "sources"),)
    assert pipeline.templates == (str(tmp_path / "templates"), "s3://bucket/templates")
    assert (pipeline.tables, pipeline.folds, pipeline.limits) == ("warehouse", 3, Limits())


def test_load_pipeline_writes_places_without_a_way_up_and_down(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    text = PIPELINE.replace("templates: [templates,", "templates: [../templates,")
    pipeline = load_pipeline(write(tmp_path / "conf", text))
    assert pipeline.templates == (str(tmp_path / "templates"), "s3://bucket/templates")


def test_load_pipeline_follows_links_on_the_way_up(tmp_path: Path) -> None:
    (tmp_path / "far/conf").mkdir(parents=True)
    (tmp_path / "conf").symlink_to(tmp_path / "far/conf")
    write(tmp_path / "conf", PIPELINE.replace("data: data", "data: ../data"))
    pipeline = load_pipeline(tmp_path / "conf/file.yaml")
    assert Path(pipeline.data).resolve() == (tmp_path / "far/data").resolve()


def test_load_pipeline_wants_a_list_of_sources(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 2: sources: write a list, as in \[a, b\] \(it is 'sources'\)"):
        load_pipeline(write(tmp_path, PIPELINE.replace("[sources]", "sources")))


def test_load_pipeline_overrides_win(tmp_path: Path) -> None:
    overrides = [
        "folds=4",
        "data=elsewhere",
        "limits.max_prompt_chars=9",
        "sources=[a, b]",
        "templates_per_example=all",
    ]
    pipeline = load_pipeline(write(tmp_path, PIPELINE), overrides, tables="out")
    assert (pipeline.folds, pipeline.data, pipeline.tables) == (4, "elsewhere", "out")
    assert pipeline.sources == ("a", "b")
    assert pipeline.limits.max_prompt_chars == 9


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        pytest.param("folds", "write key=value", id="no-equals"),
        pytest.param("folds=[", "not valid YAML", id="no-yaml"),
        pytest.param("folds=0", "folds", id="too-few"),
        pytest.param("folds=null", "folds", id="null"),
        pytest.param("fold=4", "fold: unknown key", id="unknown-key"),
        pytest.param("limits.max_prompt_char=4", "Did you mean 'max_prompt_chars'?", id="unknown-nested-key"),
        pytest.param("folds.x=1", "folds", id="below-a-number"),
        pytest.param("draw=random", "'hash' or 'dealt'", id="draw"),
    ],
)
def test_load_pipeline_refuses_overrides(tmp_path: Path, override: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_pipeline(write(tmp_path, PIPELINE), [override])
    assert expected in str(caught.value)


def test_nearest_takes_upper_and_lower_case_for_the_same() -> None:
    assert nearest("PREMISE", ["premise"]).endswith("Did you mean 'premise'?")


def test_nearest_names_what_there_is() -> None:
    assert (
        nearest("hypotesis", ["premise", "hypothesis"]) == " (it has: hypothesis, premise). Did you mean 'hypothesis'?"
    )
    assert nearest("zzz", ["premise"]) == " (it has: premise)."
    assert nearest("zzz", []) == " (it has: none)."
