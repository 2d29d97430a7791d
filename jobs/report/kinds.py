"""What the pairs of tasks have in their lists: warnings, flags, forms."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part
from taskmill.jobs.words import counted

MOST_ROWS = 300


def kinds(material: Material, kind: str, heading: str, told: str) -> list[Part]:
    """How many pairs have what stands in one of their lists, in all and by task; nothing where none has anything."""
    found = material.tallies.by_task("pairs", kind)
    if not found:
        return []
    pairs = material.tallies.counts("pairs", "prompt_chars")
    totals = material.tallies.totals("pairs", kind)
    tasks = Counter(one.value or "" for values in found.values() for one in values)
    rows = sorted(
        (
            (one.task, one.value or "others", one.count, one.count / max(pairs[one.task], 1))
            for values in found.values()
            for one in values
        ),
        key=lambda row: (-row[3], row[0], row[1]),
    )
    return [
        Part(
            heading,
            told,
            bars(
                [(name or "others", count, counted(tasks[name], "task")) for name, count in totals.most_common()],
                f"{heading} of pairs",
                colour=1,
            ),
            columns=(heading.lower().removesuffix("s"), "pairs", "tasks"),
            rows=[(name or "others", count, tasks[name]) for name, count in totals.most_common()],
            numbers=("pairs", "tasks"),
            fold="Figures",
        ),
        Part(
            "",
            "",
            columns=("task", heading.lower().removesuffix("s"), "pairs", "share of its pairs"),
            rows=rows[:MOST_ROWS],
            numbers=("pairs", "share of its pairs"),
            shares=("share of its pairs",),
            fold=f"{heading} by task",
            name=f"{heading} by task",
        ),
    ]
