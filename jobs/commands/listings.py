"""What a catalog holds, told without Spark: its sources, and its wordings by language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from taskmill.jobs.catalog.catalog import Catalog
from taskmill.jobs.catalog.source_checks import is_constant_language
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.storage.ledger import DONE, INGEST
from taskmill.jobs.storage.roots import CATALOG_PREFIX
from taskmill.jobs.storage.tables import LEDGER

NOT_READ = "·"
BY_ROW = "by row"  # languages that an expression gives for each row
Read = Mapping[str, tuple[int, int]]  # task -> rows and examples


def show_sources(catalog: Catalog, tables: str) -> None:
    """A line for each source: licence, languages, task types, and rows and examples once it has been read."""
    read = last_readings(tables)
    grid = _grid(("source", "licence", "language", "task types"), ("rows", "examples"))
    for name, source in sorted(catalog.sources.items()):
        tasks = [task for task in catalog.tasks.values() if task.source.source == name]
        found = [read[task.name] for task in tasks if task.name in read]
        rows, examples = max((rows for rows, _ in found), default=0), sum(kept for _, kept in found)
        numbers = (str(rows), str(examples)) if found else (NOT_READ, NOT_READ)
        mark = " (benchmark)" if source.role == "benchmark" else ""
        asked = ", ".join(task.task_type.task_type for task in tasks)
        grid.add_row(name + mark, source.licence, languages_of(source), asked, *numbers)
    Console(highlight=False).print(grid)


def show_wordings(catalog: Catalog) -> None:
    """A line for each task type: how many wordings it has in each language."""
    by_type = {
        name: Counter(text.language for text in task_type.templates) for name, task_type in catalog.task_types.items()
    }
    totals = sum(by_type.values(), Counter[str]())
    tags = [tag for tag, _ in totals.most_common()]
    grid = _grid(("task type",), tags)
    for name, counts in sorted(by_type.items()):
        grid.add_row(name, *(str(counts[tag]) if counts[tag] else NOT_READ for tag in tags))
    grid.add_row("total", *(str(totals[tag]) for tag in tags))
    Console(highlight=False).print(grid)


def languages_of(source: Source) -> str:
    """The declared tags of a source, and whether others come from its rows."""
    declared = (source.language,) if isinstance(source.language, str) else source.language
    tags = [tag if is_constant_language(tag) else BY_ROW for tag in declared]
    return ", ".join(dict.fromkeys(tags))


def last_readings(tables: str) -> Read:
    """Rows and examples of each task at its last ingest; none where there are no tables yet, or in a catalogue."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    if tables.startswith(CATALOG_PREFIX):
        return {}
    try:
        ledger = DeltaTable(
            f"{tables.rstrip('/')}/{LEDGER.name}" if "://" in tables else str(Path(tables, LEDGER.name))
        )
    except TableNotFoundError:
        return {}
    columns = ["step", "task", "status", "sequence", "rows_in", "rows_out"]
    rows = [row for row in ledger.to_pyarrow_table(columns=columns).to_pylist() if row["step"] == INGEST]
    newest = {row["task"]: row for row in sorted(rows, key=lambda row: row["sequence"])}
    return {task: (row["rows_in"], row["rows_out"]) for task, row in newest.items() if row["status"] == DONE}


def _grid(texts: tuple[str, ...], numbers: tuple[str, ...] | list[str]) -> Grid:
    grid = Grid(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name in texts:
        grid.add_column(name, overflow="fold")
    for name in numbers:
        grid.add_column(name, justify="right", no_wrap=True)
    return grid
