"""Tasks with a fault each, planted: what the gates say of them, what is rendered, and what changes with the limits."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from taskmill.jobs.check_tasks import lost_to_blocked
from taskmill.jobs.commands.funnel import funnel_lines
from taskmill.jobs.context import Context
from taskmill.jobs.storage.ledger import CHECK_TASKS, DEDUPLICATE_PAIRS, RENDER
from tests.conftest import Row, Runner, make_project, read_table, write, write_lines

SOURCE = """\
source: NAME
revision: r1
licence: CC0-1.0
language: LANGUAGE
priority: PRIORITY
read: {format: json, path: NAME.jsonl, schema: "SCHEMA"}
split: train
tasks:
  TYPE: {FIELDS}
"""
QUIZ = """\
task_type: quiz
description: Choose.
fields: {question: text, options: "list<text>", label: choice, hint: text?, aid: text?}
answer: label
choices: options
templates:
  - {name: plain, prompt: "{{ question }} {{ choices | bulleted }}", response: "{{ choices[label] }}"}
  - {name: hinted, needs: [hint], prompt: "{{ question }} {{ hint }} {{ choices | bulleted }}",
     response: "{{ choices[label] }}"}
  - {name: aided, needs: [aid], prompt: "{{ question }} {{ aid }} {{ choices | bulleted }}",
     response: "{{ choices[label] }}"}
"""
TOLD = """\
task_type: told
description: Do it.
fields: {definition: text, input: text, note: text, output: text}
answer: output
templates:
  - {name: plain, prompt: "{{ definition }} {{ input }}", response: "{{ output }}"}
  - {name: mit, language: de, prompt: "{{ definition }} {{ input }} {{ note }}", response: "{{ output }}"}
"""
CAPITALS = """\
task_type: capitals
description: Name the capital.
fields: {passage: text, question: text, answer: text}
answer: answer
templates:
  - {name: closed_book, prompt: "{{ question }}", response: "{{ answer }}"}
  - {name: offen, language: de, prompt: "{{ passage }} {{ question }}", response: "{{ answer }}"}
"""
QUIZ_ROWS: list[Row] = [
    {
        "question": f"Question {number}?",
        "options": [f"the right one {number:02d}", f"wrong {number}", "none"],
        "label": 0 if number < 38 else 2,
    }
    for number in range(40)
]
# The last two repeat the first, with other answers.
TOLD_ROWS: list[Row] = [
    {
        "input": f"Case {number % 58} {'surely' if number % 2 else ''}",
        "note": f"Note {number}" if number < 58 else f"Note {number % 58}",
        "output": "Maybe" if number >= 58 else ("yes" if number % 2 else "no"),
    }
    for number in range(60)
]  # fmt: skip
SOURCES = {
    "quiz": ("question string, options array<string>, label int, hint string",
             "question: question, options: options, label: label, hint: hint"),
    "told": (
        "input string, note string, output string",
        "definition: \"'Answer \\\\\\\"Yes\\\\\\\" or \\\\\\\"No\\\\\\\".'\", input: input, note: note, output: output",
    ),
    "one": (CAPITAL := "passage string, question string, answer string",
            ASKED := "passage: passage, question: question, answer: answer"),
    "many": (CAPITAL, ASKED),
}  # fmt: skip
OVERRULED = ['gates={except: {"one.*": [single_output]}, conflicting_outputs: off}']
LAST_STEPS = ["check_tasks", "deduplicate_pairs", "render"]  # the others have nothing to do


@dataclass
class Runs:
    """The tables after a first run, and after one whose configuration lets the blocked task pass."""

    first: Context
    second: Context
    before: dict[str, list[Row]]
    after: dict[str, list[Row]]


@pytest.fixture(scope="module")
def runs(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("gates")
    make_project(folder)
    for name, text in (("quiz", QUIZ), ("told", TOLD), ("capitals", CAPITALS)):
        write(folder / f"templates/{name}.yaml", text)
    for name, (schema, fields) in SOURCES.items():
        task_type = "capitals" if name in {"one", "many"} else name
        values = {"NAME": name, "LANGUAGE": "en", "PRIORITY": "1" if name == "one" else "2", "SCHEMA": schema,
                  "TYPE": task_type, "FIELDS": fields}  # fmt: skip
        text = SOURCE
        for key, value in values.items():
            text = text.replace(key, value)
        write(folder / f"sources/{name}.yaml", text)
    one = [{"passage": f"One {number}", "question": f"Which is {number}?", "answer": "Rome"} for number in range(12)]
    many = [{"passage": f"Many {number}", "question": f"Which is {number}?",
             "answer": "Rome" if number < 3 else f"City {number}"} for number in range(12)]  # fmt: skip
    many.append(one[0])
    for name, rows in (("quiz", QUIZ_ROWS), ("told", TOLD_ROWS), ("one", one), ("many", many)):
        write_lines(folder / f"data/{name}.jsonl", rows)
    names = ("gates", "pairs", "ledger")
    first = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    before = {name: read_table(folder / "tables", name) for name in names}
    second = run_pipeline(folder / "pipeline.yaml", folder / "tables", OVERRULED, LAST_STEPS)
    return Runs(first, second, before, {name: read_table(folder / "tables", name) for name in names})


def verdicts(rows: list[Row], task: str) -> dict[str, str]:
    return {row["gate"]: row["verdict"] for row in rows if row["task"] == task}


def test_each_planted_fault_is_found_and_nothing_else(runs: Runs) -> None:
    found = {
        (row["task"], row["gate"]): row["verdict"]
        for row in runs.before["gates"]
        if row["verdict"] != "pass" and row["gate"] != "too_few_examples"
    }
    assert found == {
        ("quiz.quiz", "position_bias"): "warn",
        ("quiz.quiz", "length_bias"): "warn",
        ("quiz.quiz", "idle_template"): "warn",
        ("told.told", "unused_field"): "warn",
        ("told.told", "lexical_giveaway"): "warn",
        ("told.told", "outside_definition"): "warn",
        ("told.told", "conflicting_outputs"): "warn",
        ("told.told", "label_entropy"): "warn",
        ("one.capitals", "single_output"): "block",
        ("one.capitals", "unused_field"): "warn",
        ("many.capitals", "unused_field"): "warn",
    }


def test_evidence_says_what_was_seen(runs: Runs) -> None:
    told = {(row["task"], row["gate"]): row for row in runs.before["gates"]}
    assert told["one.capitals", "single_output"]["evidence"] == 'all 12 answers are "Rome"'
    assert told["quiz.quiz", "idle_template"]["evidence"] == "no example is rendered with hinted (needs hint)"
    assert told["told.told", "unused_field"]["evidence"] == "no template in use reads note"
    conflict = told["told.told", "conflicting_outputs"]
    assert conflict["evidence"].startswith("4 of 60 examples have an input with several answers")
    assert conflict["value"] == pytest.approx(4 / 60)
    assert len(set(conflict["example_ids"])) == 4
    assert '2 of 60 answers are others: "Maybe" 2' in told["told.told", "outside_definition"]["evidence"]
    assert told["told.told", "lexical_giveaway"]["evidence"].startswith('"surely" in input: 29 of 30 are "yes"')


def test_what_was_counted_is_what_the_rows_say(runs: Runs) -> None:
    """Of the untouched tasks too: an oracle over the rows as written."""
    shares = {row["task"]: row["value"] for row in runs.before["gates"] if row["gate"] == "majority"}
    answers = Counter(row["output"].lower() for row in TOLD_ROWS)
    assert shares["told.told"] == pytest.approx(max(answers.values()) / 60)
    assert shares["reviews.sentiment"] == pytest.approx(0.5)
    assert shares["many.capitals"] == pytest.approx(3 / 12)


def test_a_blocked_task_is_left_out_and_the_sums_close(runs: Runs) -> None:
    tasks = Counter(row["task"] for row in runs.before["pairs"])
    assert "one.capitals" not in tasks
    planned = runs.first.ledger.entries[DEDUPLICATE_PAIRS, "one.capitals"].counts
    rendered = runs.first.ledger.entries[RENDER, "one.capitals"].counts
    assert (planned.rows_out, rendered.rows_in, rendered.rows_out, rendered.not_selected) == (12, 12, 0, 12)
    assert [line.task for line in funnel_lines(runs.first.ledger.entries) if line.is_blocked] == ["one.capitals"]
    # Three of its pairs are those of another task too, which would give way were it not blocked.
    assert tasks["many.capitals"] == 12


def test_what_others_lose_to_a_blocked_task_is_counted(runs: Runs) -> None:
    assert lost_to_blocked(runs.first, ["one.capitals"]) == {"many.capitals": 1}
    assert lost_to_blocked(runs.first, ["quiz.quiz"]) == {}


def test_an_exception_renders_the_task_and_no_other_whose_pairs_stay(runs: Runs) -> None:
    tasks = Counter(row["task"] for row in runs.after["pairs"])
    assert (tasks["one.capitals"], tasks["many.capitals"]) == (12, 9)
    written = {row["task"] for row in runs.after["pairs"] if row["run_id"] == runs.second.run_id}
    assert written == {"one.capitals", "many.capitals"}
    row = next(row for row in runs.after["gates"] if (row["task"], row["gate"]) == ("one.capitals", "single_output"))
    assert (row["verdict"], row["excepted"]) == ("pass", True)
    assert row["evidence"].startswith("excepted: ")
    assert "conflicting_outputs" not in verdicts(runs.after["gates"], "told.told")
    assert {entry.output for entry in runs.second.ledger.done(CHECK_TASKS).values()} == {""}


def test_gates_are_told_worst_first(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    from taskmill.jobs.command import Options
    from taskmill.jobs.commands.gate_lines import run
    from taskmill.jobs.errors import ConfigError

    options = Options(Path(runs.first.pipeline.sources[0]).parent / "pipeline.yaml", runs.first.pipeline.tables)
    run(options, "told.*", as_json=True, with_passed=False)
    rows = json.loads(capsys.readouterr().out)
    assert {row["task"] for row in rows} == {"told.told"}
    assert {row["verdict"] for row in rows} == {"warn"}
    run(options, None, as_json=False, with_passed=True)
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    with pytest.raises(ConfigError, match="no task is called 'tolt.told'.*Did you mean 'told.told'"):
        run(options, "tolt.told", as_json=False, with_passed=False)
