"""`taskmill gates`: the verdicts on tasks, worst first, read without Spark."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from rich.console import Console
from rich.text import Text

from taskmill.jobs.command import Options
from taskmill.jobs.configuration.config import nearest
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage.roots import missing_table
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.jobs.words import counted, visible
from taskmill.udfs.gates.verdicts import BLOCK, PASS, VERDICTS, WARN

GATES = "gates"  # its module loads Spark's types, which takes longer than the answer
COLUMNS = ("task", "gate", "verdict", "value", "limit", "excepted", "evidence", "example_ids")
STYLES = {BLOCK: "bold red", WARN: "yellow", PASS: "green"}
ID_DIGITS = 12
Row = Mapping[str, Any]


def run(options: Options, pattern: str | None, as_json: bool, with_passed: bool) -> None:
    """Prints what gates said of the tasks that a glob means.

    Raises:
        TableError: if no run has looked at tasks yet.
        ConfigError: if the glob means no task.
    """
    root = load_pipeline(options.conf_path, options.overrides, options.tables).tables
    stored = StoredRows(root)
    if not stored.has(GATES):
        raise missing_table(root, GATES, "gates")
    rows = worst_first(stored.rows(GATES, COLUMNS, "true"))
    if pattern is not None:
        known = {row["task"] for row in rows}
        rows = [row for row in rows if fnmatchcase(row["task"], pattern)]
        if not rows:
            raise ConfigError(f"--task: no task is called {pattern!r}{nearest(pattern, known)}")
    told = rows if with_passed else [row for row in rows if row["verdict"] != PASS or row["excepted"]]
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show(told, rows, Console(highlight=False))


def worst_first(rows: Sequence[Row]) -> list[Row]:
    """Rows by task, the tasks with the worst verdicts first, and of a task the worst verdict first."""
    worst = {task: min(map(_rank, found)) for task, found in by_task(rows).items()}
    return sorted(rows, key=lambda row: (worst[row["task"]], row["task"], _rank(row), row["gate"]))


def _rank(row: Row) -> int:
    return VERDICTS.index(row["verdict"])


def by_task(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["task"]].append(row)
    return dict(found)


def show(told: Sequence[Row], rows: Sequence[Row], console: Console) -> None:
    """The verdicts to tell, and how many there are of all."""
    for task, found in by_task(told).items():
        console.print(Text(visible(task), style="bold", overflow="fold"))
        for row in found:
            head = Text.assemble(
                (f"{row['verdict']:<5} ", STYLES[row["verdict"]]), row["gate"], ("  " + _numbers(row), "dim")
            )
            _indented(console, head, 2)
            _indented(console, Text(visible(row["evidence"])), 8)
            if row["example_ids"] and row["verdict"] != PASS:
                ids = " ".join(one[:ID_DIGITS] for one in row["example_ids"])
                _indented(console, Text(f"examples {ids}", style="dim"), 8)
    counts = Counter(row["verdict"] for row in rows)
    blocked = len({row["task"] for row in rows if row["verdict"] == BLOCK})
    console.print(
        f"{counted(len(by_task(rows)), 'task')}, {counted(blocked, 'task')} blocked; checks: {counts[BLOCK]:,} block, "
        f"{counts[WARN]:,} warn, {counts[PASS]:,} pass"
    )


def _indented(console: Console, text: Text, columns: int) -> None:
    for line in text.wrap(console, console.width - columns):
        line.rstrip()
        console.print(Text(" " * columns) + line)


def _numbers(row: Row) -> str:
    limit = "" if row["limit"] is None else f" (limit {_number(row['limit'])})"
    return f"{_number(row['value'])}{limit}" + (", excepted" if row["excepted"] else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) != 1 else f"{value:.3g}"
