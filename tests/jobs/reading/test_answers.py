"""Several right answers: the first, all as references, or an example for each; and answers of more than one field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import NOTES, Row, Runner, make_project, read_table, write, write_lines

QUESTIONS = """\
source: NAME
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: questions.jsonl, schema: "question string, answers array<string>, labels array<int>"}
split: train
tasks:
  ask: {fields: {question: question, answer: answers}, answers: NAME}
"""
ASK = """\
task_type: ask
description: Answer.
fields: {question: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ question }}", response: "{{ answer }}"}
"""
SEVERAL = (
    QUESTIONS.replace("NAME", "several").split("tasks:")[0]
    + """\
tasks:
  tags: {text: question, labels: labels}
  both: {topic: question, first: "answers[0]", count: size(answers)}
"""
)
TAGS = """\
task_type: tags
description: Which of them?
fields: {text: text, labels: list<choice>}
answer: labels
choices: [red, green, blue]
templates:
  - name: which
    prompt: "{{ text }} {{ choices | comma_list }}"
    response: '{{ labels | chosen_from(choices) | join(", ") or "none" }}'
"""
BOTH = """\
task_type: both
description: Two things at once.
fields: {topic: text, first: text, count: integer}
answer: [first, count]
templates:
  - {name: json, prompt: "{{ topic }}", response: '{{ {"first": first, "count": count} | as_json }}'}
"""
ROWS: list[Row] = [
    {"question": "Who?", "answers": ["Ada", " ", "Bob", "Ada", None], "labels": [0, 2]},
    {"question": "When?", "answers": ["today"], "labels": []},
    {"question": "Where?", "answers": [" "], "labels": [3]},
    {"question": "Why?", "answers": [], "labels": [1, -1]},
    {"question": "How?", "answers": None, "labels": None},
]


@pytest.fixture(scope="module")
def tables(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    make_project(folder)
    for name in ("first", "all", "each"):
        text = QUESTIONS.replace("NAME", name).replace(
            "question: question,", f"question: \"concat(question, ' {name}')\","
        )
        write(folder / f"sources/{name}.yaml", text)
    write(folder / "sources/several.yaml", SEVERAL)
    for name, text in {"ask": ASK, "tags": TAGS, "both": BOTH}.items():
        write(folder / f"templates/{name}.yaml", text)
    write_lines(folder / "data/questions.jsonl", ROWS)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    counts = {task: entry.counts for task, entry in context.ledger.done(INGEST).items()}
    assert all(found.missing == 0 for found in counts.values())
    assert [counts[f"{name}.ask"].rows_in for name in ("first", "all", "each")] == [5, 5, 6]
    assert [counts[f"{name}.ask"].quarantined for name in ("first", "all", "each")] == [3, 3, 3]
    return folder / "tables"


def found(tables: Path, task: str) -> list[tuple[str, list[str] | None]]:
    rows = [row for row in read_table(tables, "examples") if row["task"] == task]
    return sorted((row["answer"], row["references"]) for row in rows)


def test_answers_are_the_first_all_or_each(tables: Path) -> None:
    assert found(tables, "first.ask") == [("Ada", None), ("today", None)]
    assert found(tables, "all.ask") == [("Ada", ["Ada", "Bob"]), ("today", ["today"])]
    assert found(tables, "each.ask") == [("Ada", ["Ada", "Bob"]), ("Bob", ["Ada", "Bob"]), ("today", ["today"])]


def test_a_row_without_an_answer_is_refused(tables: Path) -> None:
    refused = [row for row in read_table(tables, "quarantine") if row["task"].endswith(".ask")]
    assert len(refused) == 9
    assert {tuple(row["reasons"]) for row in refused} == {("missing_field",)}
    assert {json.loads(row["row"])["question"] for row in refused} == {"Where?", "Why?", "How?"}


def test_each_answer_of_one_question_is_no_conflict(tables: Path) -> None:
    assert read_table(tables, "duplicates") == []


def test_several_labels_are_their_texts(tables: Path) -> None:
    assert found(tables, "several.tags") == [('["red","blue"]', None), ("[]", None)]
    pairs = {row["prompt"]: row["response"] for row in read_table(tables, "pairs") if row["task"] == "several.tags"}
    assert pairs == {"Who? red, green, blue": "red, blue", "When? red, green, blue": "none"}
    refused = [row for row in read_table(tables, "quarantine") if row["task"] == "several.tags"]
    assert sorted(row["detail"] for row in refused) == [
        "label_out_of_range labels = [1,-1]", "label_out_of_range labels = [3]", "missing_field labels",
    ]  # fmt: skip


def test_a_compound_answer_is_one_json_object(tables: Path) -> None:
    answers = [json.loads(answer) for answer, _ in found(tables, "several.both")]
    assert {"first": "today", "count": 1} in answers
    pairs = [row for row in read_table(tables, "pairs") if row["task"] == "several.both"]
    assert {row["prompt"]: json.loads(row["response"]) for row in pairs}["When?"] == {"first": "today", "count": 1}


def test_answers_is_all_first_or_each(tmp_path: Path) -> None:
    make_project(tmp_path)
    text = NOTES.replace(
        "gist: {text: note, summary: gist}", "gist: {answers: any, fields: {text: note, summary: gist}}"
    )
    write(tmp_path / "sources/notes.yaml", text)
    with pytest.raises(ConfigError, match=r"notes\.yaml, line 8: .*answers: .*'all', 'first' or 'each'"):
        load(Options(tmp_path / "pipeline.yaml"))


def test_several_answers_need_one_answer_field_that_is_no_list(tmp_path: Path) -> None:
    make_project(tmp_path)
    for name, text in {"ask": ASK, "tags": TAGS, "both": BOTH}.items():
        write(tmp_path / f"templates/{name}.yaml", text)
    text = SEVERAL.replace(
        "tags: {text: question, labels: labels}", "tags: {fields: {text: question, labels: labels}, answers: each}"
    )
    write(tmp_path / "sources/several.yaml", text)
    write_lines(tmp_path / "data/questions.jsonl", ROWS)
    with pytest.raises(ConfigError, match=r"several\.yaml, line 8: answers: 'each' needs a task type with one answer"):
        load(Options(tmp_path / "pipeline.yaml"))
