"""Near-duplicates from stored examples to `duplicates`: who leaves, who stays and why."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.configuration.settings import NearDuplicates
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.near_duplicates import near_duplicates
from taskmill.jobs.errors import StepError
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage.ledger import DEDUPLICATE, INGEST
from taskmill.jobs.storage.tables import DUPLICATES
from tests.conftest import Row, Runner, make_project, read_table, write, write_lines

RANDOM = random.Random(20)
WORDS = [f"{first}{second}" for first in ("bar", "cor", "dim", "fen", "gol", "hus") for second in "abcdefghijklmnop"]


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=count))


def changed(text: str) -> str:
    """The text with its last word changed."""
    return f"{text.rsplit(' ', 1)[0]} else"


PASSAGE, QUESTION, OTHER_QUESTION = words(80), words(12), words(12)
ASKED: dict[str, tuple[str, str, str]] = {
    "first": (PASSAGE, QUESTION, "yes"),
    "changed": (changed(PASSAGE), QUESTION, "yes"),
    "other question": (PASSAGE, OTHER_QUESTION, "yes"),
    "other answer": (changed(PASSAGE) + " so", QUESTION, "no"),
    "short question": (PASSAGE, "who?", "yes"),
    "other short question": (changed(PASSAGE), "when?", "yes"),
    "short": ("one two", "who?", "yes"),
}
TEMPLATE = words(200)
PLAIN = [words(14) for _ in range(400)]
NEAR_PLAIN = [changed(text) for text in PLAIN[:30]]
SOURCE = """\
source: NAME
revision: r1
licence: CC0-1.0
language: LANGUAGE
read: {format: json, path: FILE, schema: "passage string, question string, answer string, text string"}
split: train
tasks:
"""
ASK = """\
task_type: ask
description: Answer.
fields: {passage: text, question: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ passage }} {{ question }}", response: "{{ answer }}"}
"""
LABEL = """\
task_type: label
description: Label.
fields: {text: text, label: text}
answer: label
templates:
  - {name: plain, prompt: "{{ text }}", response: "{{ label }}"}
"""
ASK_TASK = "  ask: {passage: passage, question: question, answer: answer}\n"
OTHER_PASSAGE = "passage: \"concat(passage, ' anders')\""  # as like as the others, in another language
LABEL_TASK = "  label: {text: text, label: \"'same'\"}\n"


def source(name: str, file: str, task: str, language: str = "en") -> str:
    return SOURCE.replace("NAME", name).replace("FILE", file).replace("LANGUAGE", language) + task


def make(folder: Path, settings: str) -> Path:
    make_project(folder, compares=True)
    write(folder / "templates/ask.yaml", ASK)
    write(folder / "templates/label.yaml", LABEL)
    rows: list[Row] = [{"passage": one, "question": two, "answer": three} for one, two, three in ASKED.values()]
    write_lines(folder / "data/asked.jsonl", rows)
    write_lines(folder / "data/plain.jsonl", [{"text": f"{TEMPLATE} {text}"} for text in [*PLAIN, *NEAR_PLAIN]])
    for name, text in {
        "asked": source("asked", "asked.jsonl", ASK_TASK),
        "other": source("other", "asked.jsonl", ASK_TASK.replace("passage: passage", OTHER_PASSAGE), "de"),
        "plain": source("plain", "plain.jsonl", LABEL_TASK),
    }.items():
        write(folder / f"sources/{name}.yaml", text)
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text() + f"near_duplicates: {{{settings}}}\n")
    return pipeline


@pytest.fixture(scope="module")
def run(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path]:
    folder = tmp_path_factory.mktemp("near")
    pipeline = make(folder, "words: 3")
    run_pipeline(pipeline, folder / "tables", only=[INGEST])
    return run_pipeline(pipeline, folder / "tables", only=[DEDUPLICATE]), folder / "tables"


def rows_of(tables: Path, task: str) -> dict[str, Row]:
    """The rows of `duplicates` for one task by what their examples are called above."""
    names = {value: name for name, value in ASKED.items()}
    called = {}
    for row in read_table(tables, "examples"):
        fields = json.loads(row["fields"].replace(" anders", ""))
        called[row["example_id"]] = names.get(tuple(fields.values()), fields.get("text", "")[len(TEMPLATE) + 1 :])
    return {
        called[row["example_id"]]: {**row, "other": called[row["kept_id"]]}
        for row in read_table(tables, "duplicates")
        if row["task"] == task
    }


@pytest.mark.parametrize("task", ["asked.ask", "other.ask"])
def test_examples_are_alike_when_all_their_fields_are(run: tuple[Context, Path], task: str) -> None:
    found = rows_of(run[1], task)
    assert {frozenset((name, row["other"])) for name, row in found.items() if row["kind"] == "near"} == {
        frozenset(("first", "changed"))
    }
    (near,) = [row for row in found.values() if row["kind"] == "near"]
    assert near["removed"]
    assert near["similarity"] == pytest.approx(77 / 79 if task == "asked.ask" else 77 / 81)
    assert near["bands"] > 16


@pytest.mark.parametrize("task", ["asked.ask", "other.ask"])
def test_another_answer_is_a_contrast_and_stays(run: tuple[Context, Path], task: str) -> None:
    contrast = [(name, row) for name, row in rows_of(run[1], task).items() if row["kind"] == "contrast"]
    assert len(contrast) == 1
    ((name, row),) = contrast
    assert "other answer" in {name, row["other"]}
    assert not row["removed"]


def test_a_template_that_all_share_makes_nothing_alike(run: tuple[Context, Path]) -> None:
    found = rows_of(run[1], "plain.label")
    pairs = {frozenset((name, row["other"])) for name, row in found.items()}
    assert pairs == {frozenset(pair) for pair in zip(PLAIN[:30], NEAR_PLAIN, strict=True)}


def test_every_example_is_somewhere(run: tuple[Context, Path]) -> None:
    context, tables = run
    counts = {task: entry.counts for task, entry in context.ledger.done(DEDUPLICATE).items()}
    assert all(found.missing == 0 for found in counts.values())
    assert counts["plain.label"].duplicates == 30
    signed = {task: entry.counts for task, entry in context.ledger.done("sign").items()}
    assert signed["asked.ask"].not_selected == 1  # too short for any shingle


def found_again(context: Context, settings: NearDuplicates) -> list[Any]:
    """The rows that near-duplicates give with what the run has stored."""
    exact = context.warehouse.read(DUPLICATES).where("kind = 'exact'").select("example_id")
    with Persisted() as persisted:
        rows = near_duplicates(context, settings, exact, persisted)
        assert rows is not None
        return rows.collect()


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_the_same_examples_leave_whatever_the_partitions(
    run: tuple[Context, Path], spark: Any, partitions: int
) -> None:
    context, tables = run
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", partitions)
    try:
        rows = found_again(context, context.pipeline.near_duplicates)
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)
    found = {(row["kind"], row["example_id"], row["kept_id"]) for row in rows}
    assert found == {(row["kind"], row["example_id"], row["kept_id"]) for row in read_table(tables, "duplicates")}


@pytest.mark.slow
def test_annotating_removes_nothing(run: tuple[Context, Path]) -> None:
    context, _ = run
    settings = context.pipeline.near_duplicates.model_copy(update={"mode": "annotate"})
    rows = found_again(context, settings)
    assert sum(row["kind"] == "near" for row in rows) == 32
    assert not any(row["removed"] for row in rows)


def test_the_run_stops_when_most_of_a_task_would_leave(
    run_pipeline: Runner, run: tuple[Context, Path], tmp_path: Path
) -> None:
    pipeline = make(tmp_path, "words: 3, stop_above: 0.05, warn_above: 0.01, may_lose: [asked.ask, other.ask]")
    run_pipeline(pipeline, tmp_path / "tables", only=[INGEST])
    with pytest.raises(StepError, match=r"plain\.label: 7% of its examples are near-duplicates(.|\n)*may_lose"):
        run_pipeline(pipeline, tmp_path / "tables", only=[DEDUPLICATE])
