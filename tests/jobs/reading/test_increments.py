"""Files that changed are read again, and they alone; the tables are those of a fresh run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.configuration.config import Read
from taskmill.jobs.reading import readings
from taskmill.jobs.reading.readers import read_rows
from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import REVIEWS, Row, Runner, make_project, read_table, versions, write, write_lines

SHOP = """\
source: shop
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: "shop/*.jsonl", schema: "text string, label int"}
split: train
tasks:
  sentiment: {fields: {text: text, label: label}, where: text <> 'skip'}
  gist: {text: text, summary: "upper(text)"}
"""
MANY: list[Row] = [{"text": f"Shared {number}", "label": number % 2} for number in range(4)]
FILES: dict[str, list[Row]] = {
    "one.jsonl": [*MANY, {"text": "One", "label": 1}, {"text": "skip", "label": 1}, {"text": "bad", "label": 7}],
    "two.jsonl": [*MANY, *MANY, {"text": "Two", "label": 0}, {"text": " ", "label": 1}],
    "three.jsonl": [*MANY[:2], {"text": "Three", "label": 1}, {"text": "skip", "label": 0}],
}
TASKS = ("shop.sentiment", "shop.gist")


@pytest.fixture(scope="module")
def undisturbed(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("increments")
    make_project(folder)
    write(folder / "sources/shop.yaml", SHOP)
    for name, rows in FILES.items():
        write_lines(folder / "data/shop" / name, rows)
    run_pipeline(folder / "pipeline.yaml", folder / "tables", only=[INGEST])
    return folder


@pytest.fixture
def project(undisturbed: Path, tmp_path: Path) -> Path:
    """As after a first run; the copied files keep their times."""
    return Path(shutil.copytree(undisturbed, tmp_path / "project"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is read, or the pattern of a source that is read whole."""
    found: list[str] = []

    def spy(spark: Any, read: Read, places: Sequence[str], skipped: Collection[str] = (), limit: int = 0) -> Any:
        found.extend(Path(place).name for place in places)
        return read_rows(spark, read, places, skipped, limit)

    monkeypatch.setattr(readings, "read_rows", spy)
    return found


def change(project: Path) -> None:
    write_lines(project / "data/shop/two.jsonl", [*MANY[2:], {"text": "Second", "label": 0}, {"text": "", "label": 1}])


def add(project: Path) -> None:
    write_lines(project / "data/shop/zero.jsonl", [MANY[3], {"text": "skip", "label": 1}, {"text": "Zero", "label": 1}])


def remove(project: Path) -> None:
    (project / "data/shop/one.jsonl").unlink()


def all_three(project: Path) -> None:
    change(project)
    add(project)
    remove(project)


@pytest.mark.parametrize(
    ("act", "names"),
    [
        pytest.param(change, ["two.jsonl"], id="changed", marks=pytest.mark.slow),
        pytest.param(add, ["zero.jsonl"], id="new", marks=pytest.mark.slow),
        pytest.param(remove, [], id="gone", marks=pytest.mark.slow),
        pytest.param(all_three, ["two.jsonl", "zero.jsonl"], id="all-three"),
    ],
)
def test_only_what_changed_is_read(
    run_pipeline: Runner, project: Path, tmp_path: Path, read: list[str], act: Callable[[Path], None], names: list[str]
) -> None:
    act(project)
    again = run_pipeline(project / "pipeline.yaml", project / "tables", only=[INGEST])
    assert read == names
    fresh = run_pipeline(project / "pipeline.yaml", tmp_path / "fresh", only=[INGEST])
    for table in ("examples", "quarantine", "files"):
        assert content(project / "tables", table) == content(tmp_path / "fresh", table), table
    counts = {task: entry.counts for task, entry in again.ledger.done(INGEST).items()}
    assert counts == {task: entry.counts for task, entry in fresh.ledger.done(INGEST).items()}
    assert all(found.missing == 0 for found in counts.values())
    assert counts["shop.sentiment"].not_selected == sum(
        row["left_out"] for row in read_table(project / "tables", "files") if row["task"] == "shop.sentiment"
    )


def content(tables: Path, name: str) -> list[Row]:
    rows = [row for row in read_table(tables, name) if row["task"] in TASKS]
    rows = [{key: value for key, value in row.items() if key != "run_id"} for row in rows]
    return sorted(({**row, "files": sorted(row.get("files") or ())} for row in rows), key=str)


def test_examples_name_the_files_they_stand_in(project: Path) -> None:
    files = {
        row["answer"]: dict(row["files"])
        for row in read_table(project / "tables", "examples")
        if row["task"] == TASKS[1]
    }
    assert files["SHARED 0"] == {"shop/one.jsonl": 1, "shop/two.jsonl": 2, "shop/three.jsonl": 1}
    assert files["TWO"] == {"shop/two.jsonl": 1}


def test_touched_files_are_not_read_again(run_pipeline: Runner, project: Path, read: list[str]) -> None:
    for path in (project / "data/shop").iterdir():
        os.utime(path, (1, 1))
    before = versions(project / "tables")
    run_pipeline(project / "pipeline.yaml", project / "tables", only=[INGEST])
    assert read == []
    assert versions(project / "tables") == before


def test_bytes_are_compared_where_the_size_is_the_same(run_pipeline: Runner, project: Path, read: list[str]) -> None:
    path = project / "data/shop/three.jsonl"
    write(path, path.read_text().replace("Three", "Threw"))
    run_pipeline(project / "pipeline.yaml", project / "tables", only=[INGEST])
    assert read == ["three.jsonl"]
    assert "THREW" in {row["answer"] for row in read_table(project / "tables", "examples")}


def test_a_changed_mapping_reads_everything(run_pipeline: Runner, project: Path, read: list[str]) -> None:
    write(project / "sources/shop.yaml", SHOP.replace("upper(text)", "lower(text)"))
    add(project)
    run_pipeline(project / "pipeline.yaml", project / "tables", only=[INGEST])
    assert read == ["*.jsonl"]
    assert "shared 0" in {row["answer"] for row in read_table(project / "tables", "examples")}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"}\nsplit', '"}\nquery: SELECT * FROM rows\nsplit', id="query"),
        pytest.param(', schema: "id int, text string, label int"', "", id="no-schema"),
    ],
)
def test_what_cannot_be_told_apart_by_file_is_read_whole(
    run_pipeline: Runner, tmp_path: Path, read: list[str], old: str, new: str
) -> None:
    make_project(tmp_path)
    assert old in REVIEWS
    write(tmp_path / "sources/reviews.yaml", REVIEWS.replace(old, new))
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=[INGEST])
    read.clear()
    write_lines(tmp_path / "data/reviews/two.jsonl", [{"id": 1, "text": "New", "label": 1}])
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=[INGEST])
    assert read == ["*.jsonl"]
    assert "New" in str(read_table(tmp_path / "tables", "examples"))
