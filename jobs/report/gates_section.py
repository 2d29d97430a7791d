"""The part of the report on what gates say of tasks."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted
from taskmill.udfs.gates.verdicts import BLOCK, WARN

COLUMNS = ("task", "gate", "verdict", "value", "limit", "evidence", "examples to look at")


def gates_section(material: Material) -> Section | None:
    """Warnings and blocks, blocks first; nothing where no task was looked at."""
    rows = material.stored("gates")
    if not rows:
        return None
    flagged = [row for row in rows if row["verdict"] in {WARN, BLOCK}]
    flagged.sort(key=lambda row: (row["verdict"] != BLOCK, row["gate"], row["task"]))
    tasks, odd = {row["task"] for row in rows}, {row["task"] for row in flagged}
    told = f"{counted(len(tasks), 'task')} looked at; {len(tasks - odd):,} without a remark."
    by_gate = Counter(row["gate"] for row in flagged)
    parts = [Part(text=told)]
    if flagged:
        parts += [
            Part(
                "Remarks by gate", "Tasks that a gate warns of or blocks.",
                bars([(gate, count, "") for gate, count in by_gate.most_common()], "Remarks by gate", colour=1),
                columns=("gate", "tasks"), rows=by_gate.most_common(), numbers=("tasks",), fold="Figures",
            ),
            Part(
                "Evidence", "What was seen. Of a blocked task nothing is published.", columns=COLUMNS,
                rows=[
                    (
                        row["task"], row["gate"], row["verdict"], round(row["value"], 4), row["limit"],
                        row["evidence"], ", ".join(row["example_ids"][:2]),
                    )
                    for row in flagged
                ],
                numbers=("value", "limit"),
            ),
        ]  # fmt: skip
    return Section("gates", "Gates", parts, _notices([row["task"] for row in flagged if row["verdict"] == BLOCK]))


def _notices(blocked: list[str]) -> list[str]:
    names = sorted(set(blocked))
    return [f"{counted(len(names), 'task')} blocked by a gate: {listed(names)}."] if names else []
