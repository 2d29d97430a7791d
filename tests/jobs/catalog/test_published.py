"""Published promptsource templates on a source's own columns, from the file to the pair."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.commands.preview import show
from taskmill.jobs.errors import ConfigError
from tests.conftest import make_project, read_table, write, write_lines
from tests.udfs.rendering.promptsource_reference import reference_parts

TEMPLATES = """\
dataset: Zaid/coqa_expanded
templates:
  6c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47: !Template
    answer_choices: Cat ||| Dog
    id: 6c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47
    jinja: "{{ story_text }} ({{ info.place }}) Which? ||| {{ answer_choices[label] }}"
    metadata: !TemplateMetadata {choices_in_prompt: false, languages: [en], metrics: [Accuracy], original_task: true}
    name: which
    reference: ''
  7c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47: !Template
    answer_choices: null
    id: 7c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47
    jinja: "{% if label == 1 %}Say what a dog says. ||| {{ story_text }}{% endif %}"
    metadata: !TemplateMetadata {choices_in_prompt: null, languages: [en], metrics: [], original_task: false}
    name: only_dogs
    reference: ''
"""
JINJA = {
    "which": ("{{ story_text }} ({{ info.place }}) Which? ||| {{ answer_choices[label] }}", "Cat ||| Dog"),
    "only_dogs": ("{% if label == 1 %}Say what a dog says. ||| {{ story_text }}{% endif %}", None),
}
SOURCE = """\
source: animals
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: animals.jsonl, schema: "`story-text` string, label int, info struct<place: string>"}
split: train
templates: {promptsource: animals/templates.yaml, task_cluster: animals, guards: GUARDS}
"""
ROWS: list[dict[str, Any]] = [
    {"story-text": "Miaow ||| purr", "label": 0, "info": {"place": "house"}},
    {"story-text": "Woof", "label": 1, "info": {"place": "yard"}},
    {"story-text": "Wuff {{ 7 * 7 }}", "label": 1, "info": {"place": None}},
    {"story-text": "Hidden", "label": -1, "info": {"place": "?"}},
]


def animals(folder: Path, guards: str = "on", templates: str = TEMPLATES) -> Path:
    make_project(folder)
    write(folder / "sources/animals.yaml", SOURCE.replace("GUARDS", guards))
    write(folder / "data/animals/templates.yaml", templates)
    write_lines(folder / "data/animals.jsonl", ROWS)
    return folder


def mine(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["source"] == "animals"]


def published(folder: Path, run_pipeline: Any, guards: str) -> tuple[set[tuple[str, str, str]], Counter[str]]:
    """The pairs as (template, prompt, response), and the reasons of what was refused."""
    project = animals(folder, guards)
    run_pipeline(project / "pipeline.yaml", folder / "tables")
    pairs = mine(read_table(folder / "tables", "pairs"))
    assert {(row["task"], row["task_cluster"]) for row in pairs} == {
        ("animals.promptsource_zaid_coqa_expanded", "animals")
    }
    refused = mine(read_table(folder / "tables", "quarantine"))
    assert len(pairs) + len(refused) == len(ROWS) * len(JINJA)
    reasons = Counter(reason for row in refused for reason in row["reasons"])
    return {(row["template"], row["prompt"], row["response"]) for row in pairs}, reasons


def expected() -> set[tuple[str, str, str]]:
    """What the published implementation gives, of two parts."""
    found = set()
    for row in ROWS:
        for name, (jinja, choices) in JINJA.items():
            parts = reference_parts(jinja, choices, row)[1]
            if len(parts) == 2:
                found.add((name, parts[0], parts[1]))
    return found


def test_pairs_are_those_of_the_published_implementation(
    tmp_path: Path, run_pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs, reasons = published(tmp_path, run_pipeline, "off")
    assert pairs == expected()
    assert ("which", "Hidden (?) Which?", "Dog") in pairs  # the wrong target that guards are for
    assert reasons == {"not_applicable": 2}
    capsys.readouterr()
    show(Options(tmp_path / "pipeline.yaml", tables=str(tmp_path / "tables")), "animals", len(ROWS), None)
    shown = capsys.readouterr().out
    assert {"Miaow ||| purr (house) Which?", "Cat", "no pair: 1 part instead of two"} <= set(shown.splitlines())


@pytest.mark.slow
def test_guards_quarantine_hidden_labels_and_none(tmp_path: Path, run_pipeline: Any) -> None:
    pairs, reasons = published(tmp_path, run_pipeline, "on")
    assert pairs < expected()
    assert reasons == {"not_applicable": 2, "label_out_of_range": 1, "none_value": 1}


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        pytest.param("dataset: d\n", "templates", id="no-templates"),
        pytest.param(TEMPLATES.replace("jinja:", "jina:", 1), "jinja", id="no-jinja"),
    ],
)
def test_check_tells_what_is_wrong_with_a_published_file(tmp_path: Path, templates: str, said: str) -> None:
    animals(tmp_path, templates=templates)
    with pytest.raises(ConfigError) as caught:
        load(Options(tmp_path / "pipeline.yaml"))
    assert said in str(caught.value)
    assert "templates.yaml" in str(caught.value)


def test_check_tells_a_missing_published_file(tmp_path: Path) -> None:
    (animals(tmp_path) / "data/animals/templates.yaml").unlink()
    with pytest.raises(ConfigError, match=r"sources/animals\.yaml, line \d+.*templates\.yaml"):
        load(Options(tmp_path / "pipeline.yaml"))
