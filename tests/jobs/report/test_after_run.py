"""Where the report of a run goes, and when there is none."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.report import build
from taskmill.jobs.report.after_run import report_after_run, report_file, wanted_file
from taskmill.jobs.storage.ledger import DONE, Counts, Entry


def context(tables: str, report: bool | str = True, pairs: int = 5) -> Any:
    done = {"reviews.sentiment": Entry(DONE, "", Counts(rows_in=pairs, rows_out=pairs))}
    return SimpleNamespace(
        pipeline=SimpleNamespace(tables=tables, report=report), ledger=SimpleNamespace(done=lambda step: done)
    )


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "pairs" / "_delta_log").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found: list[Path] = []
    monkeypatch.setattr(build, "run", lambda context, out: found.append(out))
    return found


def test_the_report_lies_beside_tables_in_a_folder(tables: Path) -> None:
    assert report_file(context(str(tables))) == tables / "report.html"
    assert report_file(context(f"file://{tables}")) == tables / "report.html"


@pytest.mark.parametrize("root", ["s3://bucket/tables", "catalog:main.pairs", "/a/folder/of/the/cluster"])
def test_tables_elsewhere_have_a_report_only_where_one_is_asked_for(root: str) -> None:
    assert report_file(context(root)) is None
    assert report_file(context(root, report="reports/last.html")) == Path("reports/last.html")


def test_a_pipeline_may_want_none(tables: Path) -> None:
    given = context(str(tables), report=False)
    assert report_file(given) is None
    assert wanted_file(given, Path("a.html")) == Path("a.html")
    with pytest.raises(ConfigError, match="--out: .* name the file to write"):
        wanted_file(given, None)


def test_it_is_written_after_changes_and_when_it_is_missing(tables: Path, written: list[Path]) -> None:
    report_after_run(context(str(tables)), has_changed=False)
    (tables / "report.html").touch()
    report_after_run(context(str(tables)), has_changed=False)
    assert written == [tables / "report.html"]
    report_after_run(context(str(tables)), has_changed=True)
    assert len(written) == 2


def test_it_is_written_when_the_run_before_was_stopped_first(tables: Path, written: list[Path]) -> None:
    change = tables / "ledger" / "_delta_log" / "1.json"
    change.parent.mkdir(parents=True)
    for path, seconds in ((change, 100), (tables / "report.html", 200)):
        path.touch()
        os.utime(path, (seconds, seconds))
    report_after_run(context(str(tables)), has_changed=False)
    assert written == []
    os.utime(change, (300, 300))
    report_after_run(context(str(tables)), has_changed=False)
    assert written == [tables / "report.html"]


def test_there_is_none_without_pairs(tables: Path, written: list[Path]) -> None:
    report_after_run(context(str(tables), pairs=0), has_changed=True)
    assert written == []
