"""What the report reads from the tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any, cast

import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.report.gathering import _runs, _stored


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is not in UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def context_of(frame: Any) -> Context:
    warehouse = SimpleNamespace(read=lambda table, by="": frame, exists=lambda table: True)
    return cast(Context, SimpleNamespace(warehouse=warehouse))


@pytest.mark.usefixtures("far_away")
def test_runs_finish_in_utc_wherever_the_machine_is(spark: Any) -> None:
    ledger = spark.sql(
        "SELECT 'r' run_id, '1.0' taskmill, TIMESTAMP '2026-01-31 23:30:00' finished_at, 'render' step, 't' task, "
        "1L sequence"
    )
    (run,) = _runs(context_of(ledger))
    assert run["finished_at"] == datetime(2026, 1, 31, 23, 30, tzinfo=timezone.utc)
    assert f"{run['finished_at']:%d %H:%M}" == "31 23:30"


def test_no_row_of_gates_is_left_out(spark: Any) -> None:
    rows = spark.range(6_000).selectExpr("CAST(id AS string) AS task")
    assert len(_stored(context_of(rows))("gates")) == 6_000
    assert _stored(context_of(rows))("no such table") == []
