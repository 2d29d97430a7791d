"""The part of the report on warnings and flags of pairs, and on their quality where it was measured."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import histogram
from taskmill.jobs.report.kinds import kinds
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section, percentage
from taskmill.jobs.report.tallies import QUALITY_BINS

MANY = 0.2  # of a task's pairs with one warning


def quality_section(material: Material) -> Section | None:
    """Nothing where no pair has a warning, a flag or a quality."""
    parts = [
        *kinds(material, "warnings", "Warnings", "Pairs that a check found odd; they stay."),
        *kinds(material, "flags", "Flags", "What a person may want to look at; flagged pairs stay."),
        *_quality(material),
    ]
    return Section("quality", "Quality", parts, _notices(material)) if parts else None


def _quality(material: Material) -> list[Part]:
    found = material.tallies.by_task("pairs", "quality")
    if not found:
        return []
    total: Counter[int] = Counter()
    for values in found.values():
        total.update({int(one.value or 0): one.count for one in values})
    rows = [
        (
            task,
            sum(one.count for one in values),
            sum(one.total or 0 for one in values) / sum(one.count for one in values),
        )
        for task, values in sorted(found.items())
    ]
    edges = [f"{place / QUALITY_BINS:.2f}" for place in range(QUALITY_BINS + 1)]
    return [
        Part(
            "Quality",
            "From 0 to 1, the better the higher: how many pairs have it. The figures are the means of tasks.",
            histogram(total, edges, "Pairs by quality", "pairs"),
            is_wide=True,
            columns=("task", "pairs", "mean quality"),
            rows=sorted(rows, key=lambda row: (row[2], row[0])),
            numbers=("pairs", "mean quality"),
            fold="Figures by task",
        )
    ]


def _notices(material: Material) -> list[str]:
    pairs = material.tallies.counts("pairs", "prompt_chars")
    return [
        f"{task}: {percentage(one.count / pairs[task])} of its pairs have the warning {one.value}."
        for task, values in sorted(material.tallies.by_task("pairs", "warnings").items())
        for one in values
        if one.value and one.count > MANY * pairs[task]
    ]
