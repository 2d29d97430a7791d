"""How the ranking of wordings is told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from taskmill.jobs.words import counted, visible

Row = dict[str, Any]
NAME_CHARS = 30  # of two columns each two thirds
REASON_CHARS = 20  # at least; what is left of the width


def show_json(rows: Sequence[Row], worst: int | None) -> None:
    """The rows as one JSON list."""
    print(json.dumps(rows if worst is None else worst_of(rows, worst), ensure_ascii=False, indent=1))


def show(rows: Sequence[Row], worst: int | None, console: Console | None = None) -> None:
    """A table for each task type, best first, and what has no score; or the worst of all alone."""
    console = console or Console(highlight=False)
    scored = [row for row in rows if row["score"] is not None]
    if worst is not None:
        console.print(_grid(worst_of(rows, worst), console.width, with_type=True))
    else:
        for task_type, found in _by(rows, "task_type").items():
            _show_type(task_type, found, console)
    summary = f"{counted(len(scored), 'wording')} ranked, {len(rows) - len(scored):,} without a score"
    console.print(summary if scored else f"{summary}; `taskmill run` makes the pairs to measure")


def worst_of(rows: Sequence[Row], count: int) -> list[Row]:
    """So many rows with the lowest scores, the worst first."""
    scored = [row for row in rows if row["score"] is not None]
    return sorted(scored, key=lambda row: (row["score"], row["task_type"], row["template"]))[:count]


def _show_type(task_type: str, rows: Sequence[Row], console: Console) -> None:
    console.print(Text(visible(task_type), style="bold", overflow="fold"))
    scored = [row for row in rows if row["score"] is not None]
    if scored:
        console.print(_grid(scored, console.width, with_type=False))
    rest = [{**row, "why": row["reasons"][0]} for row in rows if row["score"] is None]
    for why, found in _by(rest, "why").items():
        names = ", ".join(visible(row["template"]) for row in found)
        for line in Text(f"no score, {why}: {names}", style="dim").wrap(console, console.width - 2):
            console.print(Text("  ") + line)


def _grid(rows: Sequence[Row], width: int, with_type: bool) -> Grid:
    grid = Grid(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    grid.add_column("rank", justify="right", no_wrap=True)
    most = NAME_CHARS * 2 // 3 if with_type else NAME_CHARS
    if with_type:
        grid.add_column("task type", overflow="fold", max_width=most)
    grid.add_column("wording", overflow="fold", max_width=most)
    if not with_type:
        grid.add_column("in", no_wrap=True)
    grid.add_column("pairs", justify="right", no_wrap=True)
    grid.add_column("score", justify="right", no_wrap=True)
    grid.add_column("what pulled it down", overflow="fold", min_width=min(REASON_CHARS, width))
    for row in rows:
        middle = [row["task_type"], row["template"]] if with_type else [row["template"], row["language"]]
        cells = [str(row["place"]), *middle, f"{row['pairs']:,}", f"{row['score']:.3f}", "; ".join(row["reasons"])]
        grid.add_row(*(Text(visible(cell)) for cell in cells))  # names are no markup
    return grid


def _by(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return dict(found)
