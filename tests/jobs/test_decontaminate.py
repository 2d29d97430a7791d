"""Training examples that have content of held-out ones: what is found, how it is called, and which folds it leaves."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from pyspark.sql import Row as SparkRow

from taskmill.jobs.context import Context
from taskmill.jobs.decontaminate import as_contamination
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.folds.leakage import run as look
from taskmill.jobs.folds.overlaps import most_telling, overlaps
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage.ledger import DECONTAMINATE, RENDER
from tests.conftest import Row, Runner, make_project, read_table, versions, write, write_lines

RANDOM = random.Random(6)
WORDS = [f"{first}{second}" for first in ("bar", "cor", "dim", "fen", "gol", "hus", "kel") for second in "abcdefghijkl"]


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=count))


DEFINITION = words(60)  # stands in every example of one task, as definitions do
PASSAGES = {name: words(70) for name in ("asked", "other", "whole", "free", "bench", "part", "split", "grouped")}
QUESTIONS = {name: words(9) + "?" for name in ("asked", "other", "whole", "free", "bench", "part", "split", "grouped")}
ANSWERS = {name: words(3) for name in QUESTIONS}
SENTENCE = " ".join(PASSAGES["part"].split()[20:38])
FILLER = 40

ASK: dict[str, Row] = {
    name: {"passage": PASSAGES[name], "question": QUESTIONS[name], "answer": ANSWERS[name], "part": "train"}
    for name in ("asked", "other", "whole", "free", "part", "grouped")
}
ASK["split, for training"] = {
    "passage": PASSAGES["split"], "question": words(8), "answer": words(2), "part": "train"
}  # fmt: skip
ASK["split, for testing"] = {
    "passage": PASSAGES["split"], "question": QUESTIONS["split"], "answer": words(2), "part": "test"
}  # fmt: skip
TELL: dict[str, Row] = {
    "asked": {"text": f"Passage: {PASSAGES['asked']} Question: {QUESTIONS['asked']}", "label": ANSWERS["asked"]},
    "other": {"text": PASSAGES["other"], "label": words(3)},
    "part": {"text": SENTENCE, "label": "good"},
    "bench": {"text": f"{PASSAGES['bench']} {QUESTIONS['bench']}", "label": "good"},
    "nothing": {"text": words(60), "label": "good"},
    "grouped": {"text": words(50), "label": "good", "key": "g1"},
}
BENCH: dict[str, Row] = {
    "bench": {"passage": PASSAGES["bench"], "question": QUESTIONS["bench"], "answer": ANSWERS["bench"], "part": "test"},
    "whole": {"passage": PASSAGES["whole"], "question": QUESTIONS["whole"], "answer": words(4), "part": "test"},
}
SCHEMA = "passage string, question string, answer string, text string, label string, part string, key string"
SOURCE = """\
source: NAME
revision: r1
licence: CC0-1.0
language: en
role: ROLE
group: key
read: {format: json, path: NAME.jsonl, schema: "SCHEMA"}
split: "coalesce(part, 'train')"
tasks:
  TASK
"""
TYPES = {
    "ask": """\
task_type: ask
task_cluster: reading
description: Answer.
fields: {passage: text, question: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ passage }} {{ question }}", response: "{{ answer }}"}
""",
    "tell": """\
task_type: tell
task_cluster: telling
description: Label.
fields: {definition: text, text: text, label: text}
answer: label
templates:
  - {name: plain, prompt: "{{ definition }} {{ text }}", response: "{{ label }}"}
""",
}
ASK_TASK = "ask: {passage: passage, question: question, answer: answer}"
TELL_TASK = f"tell: {{definition: \"'{DEFINITION}'\", text: text, label: label}}"


def make(folder: Path, settings: str = "") -> Path:
    make_project(folder, compares=True)
    for name, text in TYPES.items():
        write(folder / f"templates/{name}.yaml", text)
    filler: list[Row] = [{"passage": words(60), "question": words(9), "answer": words(2)} for _ in range(FILLER)]
    told: list[Row] = [{"text": words(40), "label": "good"} for _ in range(FILLER)]
    ASK["grouped"]["key"] = "g1"
    for name, role, task, rows in (
        ("asks", "train", ASK_TASK, [*ASK.values(), *filler]),
        ("tells", "train", TELL_TASK, [*TELL.values(), *told]),
        ("bench", "benchmark", ASK_TASK, [*BENCH.values()]),
    ):
        text = SOURCE.replace("NAME", name).replace("ROLE", role).replace("TASK", task).replace("SCHEMA", SCHEMA)
        write(folder / f"sources/{name}.yaml", text)
        write_lines(folder / f"data/{name}.jsonl", rows)
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("folds: 2", "folds: 4") + settings)
    return pipeline


@pytest.fixture(scope="module")
def run(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path, Path]:
    folder = tmp_path_factory.mktemp("overlaps")
    pipeline = make(folder)
    return run_pipeline(pipeline, folder / "tables"), folder / "tables", pipeline


def names_of(tables: Path) -> dict[str, str]:
    """What examples are called above, with their source, by example_id."""
    called = {json.dumps([row["passage"], row["question"]]): name for name, row in {**ASK, **BENCH}.items()}
    called |= {row["text"]: name for name, row in TELL.items()}
    found = {}
    for row in read_table(tables, "examples"):
        fields = json.loads(row["fields"])
        key = fields["text"] if "text" in fields else json.dumps([fields.get("passage"), fields.get("question")])
        found[row["example_id"]] = f"{row['source']} {called.get(key, 'filler')}"
    return found


def overlaps_of(tables: Path) -> dict[tuple[str, str], Row]:
    called = names_of(tables)
    rows = read_table(tables, "contamination")
    return {(called[row["example_id"]], called[row["other_id"]]): row for row in rows}


def test_kinds_say_what_is_shared(run: tuple[Context, Path, Path]) -> None:
    kinds = {names: row["kind"] for names, row in overlaps_of(run[1]).items()}
    assert kinds == {
        ("tells asked", "asks asked"): "same_question_and_answer",
        ("asks asked", "tells asked"): "same_question_and_answer",
        ("tells other", "asks other"): "same_context",
        ("asks other", "tells other"): "same_text",
        ("tells part", "asks part"): "same_text",
        ("asks part", "tells part"): "same_text",
        ("tells bench", "bench bench"): "same_question",
        ("asks whole", "bench whole"): "same_question",
        ("asks split, for training", "asks split, for testing"): "same_context",
        ("tells grouped", "asks grouped"): "same_group",
        ("asks grouped", "tells grouped"): "same_group",
    }


def test_folds_are_those_of_what_is_held_out(run: tuple[Context, Path, Path]) -> None:
    folds = {row["task"]: row["fold"] for row in read_table(run[1], "tasks")}
    for (trained, other), row in overlaps_of(run[1]).items():
        if other.startswith("bench"):
            assert (row["held_out"], row["excluded_folds"]) == ("benchmark", [0, 1, 2, 3])
        elif "split" in trained:
            assert (row["held_out"], row["excluded_folds"]) == ("split", [])
        else:
            assert (row["held_out"], row["excluded_folds"]) == ("fold", [folds[row["other_task"]]])


def test_spans_are_the_runs_of_words_in_both(run: tuple[Context, Path, Path]) -> None:
    found = overlaps_of(run[1])
    assert found["tells part", "asks part"]["spans"] == [SENTENCE]
    assert found["tells part", "asks part"]["words"] == 18
    assert found["tells other", "asks other"]["share"] == 1.0
    assert found["tells other", "asks other"]["spans"][0] == PASSAGES["other"][:300]


def test_pairs_carry_the_folds(run: tuple[Context, Path, Path]) -> None:
    excluded: dict[str, set[int]] = {}
    for row in read_table(run[1], "contamination"):
        excluded.setdefault(row["example_id"], set()).update(row["excluded_folds"])
    pairs = read_table(run[1], "pairs")
    assert {row["example_id"] for row in pairs} >= {name for name, folds in excluded.items() if folds}
    for row in pairs:
        assert row["excluded_folds"] == sorted(excluded.get(row["example_id"], ()))


def test_every_example_is_counted(run: tuple[Context, Path, Path]) -> None:
    assert all(entry.counts.missing == 0 for entry in run[0].ledger.done(DECONTAMINATE).values())
    examples = read_table(run[1], "examples")
    entered = sum(entry.counts.rows_in for entry in run[0].ledger.done(DECONTAMINATE).values())
    assert entered == len(examples) - sum(
        row["removed"] for row in read_table(run[1], "duplicates") if row["template_id"] is None
    )


def test_a_second_run_writes_nothing(run: tuple[Context, Path, Path], run_pipeline: Runner) -> None:
    before = versions(run[1])
    run_pipeline(run[2], run[1])
    assert versions(run[1]) == before


@pytest.mark.parametrize("partitions", [1, 7])
def test_the_same_is_found_whatever_the_partitions(run: tuple[Context, Path, Path], partitions: int) -> None:
    context, tables, _ = run
    before = context.spark.conf.get("spark.sql.shuffle.partitions")
    context.spark.conf.set("spark.sql.shuffle.partitions", partitions)
    try:
        with Persisted() as persisted:
            rows = as_contamination(context, most_telling(overlaps(context, persisted)), excludes=True).collect()
    finally:
        context.spark.conf.set("spark.sql.shuffle.partitions", before)
    found = [SparkRow.asDict(row) for row in rows]
    assert sorted(map(_text, found)) == sorted(map(_text, read_table(tables, "contamination")))


def _text(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


@pytest.mark.slow
def test_a_run_that_reports_leaks_and_one_that_excludes_does_not(
    run: tuple[Context, Path, Path], run_pipeline: Runner, tmp_path: Path
) -> None:
    look(run[0], None, 1_000)
    shutil.copytree(run[1], tmp_path / "tables")
    steps = [DECONTAMINATE, RENDER]
    told = run_pipeline(run[2], tmp_path / "tables", ["contamination.mode=report"], steps)
    rows = read_table(tmp_path / "tables", "contamination")
    assert len(rows) == len(read_table(run[1], "contamination"))
    assert not any(row["excluded_folds"] for row in [*rows, *read_table(tmp_path / "tables", "pairs")])
    with pytest.raises(StepError, match="leaks"):
        look(told, None, 1_000)
    folds = {row["task"]: row["fold"] for row in read_table(run[1], "tasks")}
    with pytest.raises(StepError, match=f"fold {folds['asks.ask']}: example"):
        look(told, folds["asks.ask"], 1_000)
    run_pipeline(run[2], tmp_path / "tables", ["contamination.mode=off"], steps)
    assert read_table(tmp_path / "tables", "contamination") == []
    run_pipeline(run[2], tmp_path / "tables", [], steps)
    tables = (run[1], tmp_path / "tables")
    excluded = [{row["pair_id"]: row["excluded_folds"] for row in read_table(where, "pairs")} for where in tables]
    assert excluded[0] == excluded[1]


def test_unknown_folds_are_refused(run: tuple[Context, Path, Path]) -> None:
    with pytest.raises(ConfigError, match="folds are 0 to 3"):
        look(run[0], 4, 10)
