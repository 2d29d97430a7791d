"""The funnel, and what stands below it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from taskmill.jobs.commands.funnel import SHOWN, funnel_grid, funnel_lines
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DONE, INGEST, RENDER, Counts, Entry


def test_every_table_is_shown_once() -> None:
    assert sorted(table.name for table in SHOWN) == sorted(table.name for table in tables.ALL)


def test_tasks_without_pairs_on_purpose_are_marked() -> None:
    entries = {
        (INGEST, "a.qa"): Entry(DONE, "", Counts(9, 9)),
        (RENDER, "a.qa"): Entry(DONE, "", Counts(9, not_selected=9)),
        (INGEST, "b.qa"): Entry(DONE, "", Counts(7, 7)),
        (INGEST, "c.qa"): Entry(DONE, "", Counts(5, 5)),
        (RENDER, "c.qa"): Entry(DONE, "", Counts(5, 5)),
    }
    out = StringIO()
    Console(file=out, width=80).print(funnel_grid(funnel_lines(entries), {"b.qa": True}, 80))
    ends = {line.split()[0]: line.split()[-1] for line in out.getvalue().splitlines() if line.split()}
    assert (ends["a.qa"], ends["b.qa"], ends["c.qa"], ends["total"]) == ("(block)", "(bench)", "5", "5")
