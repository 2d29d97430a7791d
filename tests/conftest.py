"""One lazy local Spark session for the whole suite, and helpers to run pipelines and read what they wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import settings

from taskmill.jobs.command import Options, load
from taskmill.jobs.context import Context, new_run_id, open_context
from taskmill.jobs.messages import Messages
from taskmill.jobs.spark.archive import keep_recording

# How long an example takes says more of the machine than of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

Row = dict[str, Any]
Runner = Callable[..., Context]

PIPELINE = """\
data: data
sources: [sources]
templates: [templates]
folds: 2
"""
COMPARES_NOTHING = """\
near_duplicates: {mode: off}
contamination: {mode: off}
clusters: {by: task_type}
"""
REVIEWS = """\
source: reviews
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: "reviews/*.jsonl", schema: "id int, text string, label int"}
split: train
tasks:
  sentiment: {text: text, label: label}
"""
NOTES = """\
source: notes
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: "notes.jsonl", schema: "note string, gist string"}
split: test
tasks:
  gist: {text: note, summary: gist}
"""
SENTIMENT = """\
task_type: sentiment
description: Is a review good?
fields: {text: text, label: choice}
answer: label
choices: [bad, good]
templates:
  - {name: is_it_good, prompt: "{{ text }} Good or bad?", response: "{{ choices[label] }}"}
  - {name: write_one, inverts: true, prompt: "Write a {{ choices[label] }} review.", response: "{{ text }}"}
"""
GIST = """\
task_type: gist
description: What is the gist?
fields: {text: text, summary: text}
answer: summary
templates:
  - {name: short, prompt: "Shorten: {{ text }}", response: "{{ summary }}"}
"""


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    from taskmill.jobs.spark.session import SessionSettings, get_session

    # The suite runs long enough to be worth Java's second compiler, which the profile for short work leaves out.
    compilers = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=4"}
    session = get_session(SessionSettings(app_name="taskmill-tests", master="local[2]", extra_conf=compilers))
    yield session
    session.stop()
    keep_recording()


@pytest.fixture(scope="session")
def run_pipeline(spark: Any) -> Runner:
    """Runs every step, or those named, over a pipeline file; quietly."""

    def run(conf: Path, tables: Path, overrides: Sequence[str] = (), only: Sequence[str] = ()) -> Context:
        from taskmill.jobs.run import run as run_steps

        pipeline, catalog = load(Options(conf, str(tables), tuple(overrides)))
        context = open_context(spark, pipeline, catalog, Messages(new_run_id(), level=-1))
        try:
            run_steps(context, only)
        finally:
            context.ledger.flush()
        return context

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small project, to be changed at will; its pipeline file is `pipeline.yaml`."""
    make_project(tmp_path)
    return tmp_path


def make_project(folder: Path, compares: bool = False) -> None:
    """Writes a project of two small sources and two task types.

    Args:
        compares: whether its runs look for near-duplicates and overlaps, which takes longer than all the rest.
    """
    reviews = [{"id": number, "text": f"Review {number} of the cafe.", "label": number % 2} for number in range(20)]
    notes = [{"note": f"The note {number} says that it rains.", "gist": f"Rain {number}."} for number in range(12)]
    write(folder / "pipeline.yaml", PIPELINE if compares else PIPELINE + COMPARES_NOTHING)
    write(folder / "sources/reviews.yaml", REVIEWS)
    write(folder / "sources/notes.yaml", NOTES)
    write(folder / "templates/sentiment.yaml", SENTIMENT)
    write(folder / "templates/gist.yaml", GIST)
    write_lines(folder / "data/reviews/one.jsonl", reviews)
    write_lines(folder / "data/notes.jsonl", notes)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_lines(path: Path, rows: Sequence[Row]) -> None:
    write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_table(tables: Path, name: str) -> list[Row]:
    """A table's rows, read without Spark: every Delta reader has to understand them."""
    return DeltaTable(str(tables / name)).to_pyarrow_table().to_pylist()


def versions(tables: Path) -> dict[str, int]:
    """The version of every table."""
    return {path.name: DeltaTable(str(path)).version() for path in sorted(tables.iterdir()) if path.is_dir()}
