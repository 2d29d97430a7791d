"""The funnel: where the rows of every source went, from the ledger alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as Grid

from taskmill.jobs.context import Context
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import (
    CLUSTER_TASKS,
    DEDUPLICATE,
    DEDUPLICATE_PAIRS,
    DONE,
    INGEST,
    RENDER,
    Counts,
    Entry,
)
from taskmill.jobs.words import counted

NOTHING = Entry(DONE, "", Counts())
COLUMNS = (
    "rows",
    "ref-\nused",
    "left\nout",
    "cop-\nies",
    "dup-\nlic.",
    "exam-\nples",
    "rep-\neats",
    "ref-\nused",
    "pairs",
)
# Every table, what people look for first.
SHOWN = (
    tables.PAIRS, tables.EXAMPLES, tables.TASKS, tables.CLUSTERINGS, tables.TEMPLATES, tables.DUPLICATES, tables.GROUPS,
    tables.CONTAMINATION, tables.QUARANTINE, tables.GATES, tables.DECISIONS, tables.LEDGER, tables.SIGNATURES,
    tables.FILES,
)  # fmt: skip
MIN_TASK_CHARS = 12
BENCHMARK, BLOCKED = "(bench)", "(block)"  # stand for pairs where there are none on purpose


@dataclass(frozen=True)
class Line:
    """One task's way: rows = refused + left out + copies + duplicates + examples; the rest counts pairs."""

    task: str
    numbers: tuple[int, ...]
    is_blocked: bool = False


def funnel_lines(entries: Mapping[tuple[str, str], Entry]) -> list[Line]:
    """A line for each task in the ledger, sorted by name."""
    tasks = sorted(task for step, task in entries if step == INGEST and entries[step, task].status == DONE)
    return [
        Line(task, _numbers(entries, task), entries.get((RENDER, task), NOTHING).counts.not_selected > 0)
        for task in tasks
    ]


def _numbers(entries: Mapping[tuple[str, str], Entry], task: str) -> tuple[int, ...]:
    ingested, deduplicated, planned, rendered = (
        entries.get((step, task), NOTHING).counts for step in (INGEST, DEDUPLICATE, DEDUPLICATE_PAIRS, RENDER)
    )
    return (
        ingested.rows_in, ingested.quarantined, ingested.not_selected, ingested.copies, deduplicated.duplicates,
        deduplicated.rows_out, planned.duplicates + rendered.duplicates, rendered.quarantined, rendered.rows_out,
    )  # fmt: skip


def show_funnel(context: Context) -> None:
    """Prints the funnel, and where the tables are."""
    if context.messages.level < 0:
        return
    lines = funnel_lines(context.ledger.entries)
    console = Console(highlight=False)
    console.print(
        funnel_grid(lines, {name: task.is_benchmark for name, task in context.catalog.tasks.items()}, console.width)
    )
    for table in SHOWN:
        console.print(f"  {table.name:<13} {context.warehouse.place(table)}", soft_wrap=True)
    done = sum(entry.status == DONE for (step, _), entry in context.ledger.entries.items() if step == CLUSTER_TASKS)
    seconds = time.monotonic() - context.started
    console.print(f"run {context.run_id}: {counted(done, 'task')}, every sum closes, {seconds:.1f} s")


def funnel_grid(lines: list[Line], is_benchmark: Mapping[str, bool], width: int) -> Grid:
    """The funnel as a table. Where it is too wide for the terminal the names of tasks are cut, never a number."""
    grid = Grid(box=None, padding=(0, 0, 0, 1), header_style="bold", show_footer=True, pad_edge=False)
    totals = [sum(line.numbers[index] for line in lines) for index in range(len(COLUMNS))]
    cells = {line.task: [str(number) if number else "·" for number in line.numbers] for line in lines}
    blocked = {line.task for line in lines if line.is_blocked}
    for task, numbers in cells.items():
        if is_benchmark.get(task) or task in blocked:
            numbers[-1] = BENCHMARK if is_benchmark.get(task) else BLOCKED
    widths = [
        max(len(str(total)), *(len(numbers[index]) for numbers in cells.values()), *map(len, name.split("\n")))
        for index, (name, total) in enumerate(zip(COLUMNS, totals, strict=True))
    ]
    left = max(MIN_TASK_CHARS, width - sum(widths) - len(widths) - 1)
    grid.add_column("task", footer="total", overflow="ellipsis", no_wrap=True, max_width=left)
    for name, total, chars in zip(COLUMNS, totals, widths, strict=True):
        grid.add_column(name, footer=str(total), justify="right", min_width=chars, no_wrap=True)
    for task, numbers in cells.items():
        grid.add_row(task, *numbers)
    return grid
