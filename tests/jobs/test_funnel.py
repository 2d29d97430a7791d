"""What stands below the funnel."""

from __future__ import annotations

from taskmill.jobs import tables
from taskmill.jobs.funnel import SHOWN


def test_every_table_is_shown_once() -> None:
    assert sorted(table.name for table in SHOWN) == sorted(table.name for table in tables.ALL)
