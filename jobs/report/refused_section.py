"""The part of the report on what was refused, why, and how that looks."""

from __future__ import annotations

from collections import defaultdict

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.material import Material, Row
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

EXAMPLES_EACH = 3
MOST_TASKS = 300


def refused_section(material: Material) -> Section | None:
    """Reasons with their counts, and a few rows of each as they were."""
    if not material.refused:
        return None
    by_reason: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in material.refused:
        by_reason[row["step"], row["reason"]].append(row)
    counts = sorted(((sum(row["rows"] for row in rows), *key) for key, rows in by_reason.items()), reverse=True)
    samples = [row for _, *key in counts for row in by_reason[key[0], key[1]][:EXAMPLES_EACH]]
    return Section(
        "refused",
        "What was refused",
        [
            Part(
                "Reasons",
                "A refused row is kept in quarantine with its reasons; it may have several. `taskmill explain` with a "
                "row's id says more.",
                bars(
                    [
                        (f"{reason} ({step})", count, counted(len(by_reason[step, reason]), "task"))
                        for count, step, reason in counts
                    ],
                    "Rows refused by reason",
                    colour=5,
                ),
                columns=("step", "reason", "rows", "tasks"),
                rows=[(step, reason, count, len(by_reason[step, reason])) for count, step, reason in counts],
                numbers=("rows", "tasks"),
                fold="Figures",
            ),
            Part(
                "Some of these rows",
                columns=("reason", "task", "rows like it", "what exactly", "file", "row", "id"),
                rows=[
                    (row["reason"], row["task"], row["rows"], row["detail"], row["file"], _row_text(row), row["row_id"])
                    for row in samples
                ],
                numbers=("rows like it",),
            ),
            Part(
                "By task",
                columns=("task", "step", "reason", "rows"),
                rows=[(row["task"], row["step"], row["reason"], row["rows"]) for row in material.refused[:MOST_TASKS]],
                numbers=("rows",),
                fold="Figures by task",
            ),
        ],
    )


def _row_text(row: Row) -> str:
    """The row, and how much of it is not shown."""
    more = (row["chars"] or 0) - len(row["row"] or "")
    return f"{row['row']} [{more:,} more characters]" if more > 0 else str(row["row"] or "")
