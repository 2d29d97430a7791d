"""What stands below the funnel."""

from __future__ import annotations

from taskmill.jobs.commands.funnel import SHOWN
from taskmill.jobs.storage import tables


def test_every_table_is_shown_once() -> None:
    assert sorted(table.name for table in SHOWN) == sorted(table.name for table in tables.ALL)
