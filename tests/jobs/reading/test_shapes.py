"""Like sources are read by one scan, and nothing but the number of scans tells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.reading.shapes import together
from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import REVIEWS, Row, Runner, make_project, read_table, write, write_lines

MORE = {
    "alike": REVIEWS.replace("licence: CC0-1.0", "licence: MIT").replace("language: en", "language: de"),
    "other_sql": REVIEWS.replace("text: text,", "text: upper(text),"),
    "other_split": REVIEWS.replace("split: train", "split: test"),
    "queried": REVIEWS + "query: SELECT * FROM rows\n",
    "own_language": REVIEWS.replace("language: en", "language: \"concat('e', 'n')\""),
    "where": REVIEWS.replace("{text: text, label: label}", "{fields: {text: text, label: label}, where: id > 2}"),
    "where_too": REVIEWS.replace("{text: text, label: label}", "{fields: {text: text, label: label}, where: id > 2}"),
}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """The small project with more sources, each with a file of its own; some rows and one file are bad."""
    make_project(tmp_path)
    for number, (name, text) in enumerate(MORE.items()):
        named = text.replace("source: reviews", f"source: {name}").replace("reviews/*.jsonl", f"{name}.jsonl")
        write(tmp_path / f"sources/{name}.yaml", named)
        rows = [{"id": row, "text": f"{name} {row % 4}", "label": row % 2} for row in range(8 + number)]
        write_lines(tmp_path / f"data/{name}.jsonl", [*rows, {"id": 99, "text": "?", "label": number}])
    return tmp_path


def groups(project: Path) -> list[list[str]]:
    pipeline, catalog = load(Options(project / "pipeline.yaml"))
    context: Any = SimpleNamespace(spark=None, pipeline=pipeline, catalog=catalog)
    tasks_of: dict[str, list[Any]] = {}
    for task in catalog.tasks.values():
        tasks_of.setdefault(task.source.source, []).append(task)
    return [[source.source for source in group] for group in together(context, catalog.sources, tasks_of)]


def test_sources_that_differ_in_names_alone_are_read_together(many: Path) -> None:
    assert sorted(group for group in groups(many) if len(group) > 1) == [["alike", "reviews"], ["where", "where_too"]]


def test_files_with_other_csv_headers_are_read_apart(tmp_path: Path) -> None:
    make_project(tmp_path)
    for name, header in (("one", "id,text,label"), ("two", "id,text,label"), ("three", "label,text,id")):
        read = f'{{format: csv, path: {name}.csv, schema: "id int, text string, label int", options: {{header: true}}}}'
        text = REVIEWS.replace("source: reviews", f"source: {name}")
        lines = [f"read: {read}" if line.startswith("read:") else line for line in text.splitlines()]
        write(tmp_path / f"sources/{name}.yaml", "\n".join(lines) + "\n")
        write(tmp_path / f"data/{name}.csv", f"{header}\n1,good,1\n")
    assert ["one", "two"] in groups(tmp_path)
    assert ["three"] in groups(tmp_path)


def test_a_file_of_two_sources_is_read_for_each(tmp_path: Path) -> None:
    make_project(tmp_path)
    write(tmp_path / "sources/again.yaml", REVIEWS.replace("source: reviews", "source: again"))
    assert ["again"] in groups(tmp_path)
    assert ["reviews"] in groups(tmp_path)


@pytest.mark.slow
def test_reading_together_changes_nothing(many: Path, run_pipeline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(tables: str) -> tuple[list[Row], list[Row], dict[str, Any]]:
        context = run_pipeline(many / "pipeline.yaml", many / tables, only=["ingest"])
        rows = [sorted(read_table(many / tables, name), key=str) for name in ("examples", "quarantine")]
        for row in (*rows[0], *rows[1]):
            row.pop("run_id", None)
        counts = {task: entry.counts for task, entry in context.ledger.done(INGEST).items()}
        return rows[0], rows[1], counts

    together_ = outcome("together")
    monkeypatch.setattr("taskmill.jobs.reading.shapes.MOST_TOGETHER", 1)
    monkeypatch.setattr("taskmill.jobs.ingest.SCANS_AT_ONCE", 2)
    assert outcome("apart") == together_
    examples, quarantine, counts = together_
    assert {(row["licence"], *row["languages"]) for row in examples if row["source"] == "alike"} == {("MIT", "de")}
    assert counts["where.sentiment"].not_selected == 3
    assert counts["alike.sentiment"].copies > 0
    assert len(quarantine) == 5  # the labels from 2 on


def test_a_broken_source_leaves_the_others_alone(many: Path, run_pipeline: Runner) -> None:
    broken = MORE["queried"].replace("source: reviews", "source: queried").replace("reviews/*.jsonl", "queried.jsonl")
    write(many / "sources/queried.yaml", broken.replace("SELECT *", "SELECT id, textt, label"))
    context = run_pipeline(many / "pipeline.yaml", many / "tables", only=["ingest"])
    assert "queried.sentiment" not in context.ledger.done(INGEST)
    assert "other_sql.sentiment" in context.ledger.done(INGEST)
    (noted,) = [row for row in read_table(many / "tables", "quarantine") if row["source"] == "queried"]
    assert noted["reasons"] == ["broken_source"]
    assert "queried.yaml, line 9: query" in noted["detail"]
    write(many / "sources/queried.yaml", broken)
    context = run_pipeline(many / "pipeline.yaml", many / "tables", only=["ingest"])
    assert context.ledger.done(INGEST)["queried.sentiment"].counts.rows_out > 0
    assert not [row for row in read_table(many / "tables", "quarantine") if row["reasons"] == ["broken_source"]]


def test_only_broken_sources_are_an_error(tmp_path: Path, run_pipeline: Runner) -> None:
    make_project(tmp_path)
    (tmp_path / "sources/notes.yaml").unlink()
    write(tmp_path / "sources/reviews.yaml", REVIEWS + "query: SELECT id, textt, label FROM rows\n")
    with pytest.raises(ConfigError, match=r"reviews\.yaml, line \d+: query.*textt"):
        run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=["ingest"])
