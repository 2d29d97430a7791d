"""The part of the report on wordings: how evenly each task's pairs are spread over them."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import FADED, Share, stacked_bars
from taskmill.jobs.report.kinds import kinds
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section, percentage
from taskmill.jobs.report.tallies import Tally

MOST_ROWS = 40
UNEVEN = 3.0  # times as many pairs of the most used wording as with even shares
LEAST_PAIRS = 100
COLUMNS = ("task", "pairs", "wordings", "fewest", "most", "most used", "inverting", "languages")


def wordings_section(material: Material) -> Section | None:
    """Tasks, least even first, and every wording with its pairs."""
    used = material.tallies.by_task("pairs", "template")
    if not used:
        return None
    # Of few pairs, some wording has many by chance.
    shown = sorted(used, key=lambda task: (not _has_many(used[task]), -_excess(used[task]), task))[:MOST_ROWS]
    by_wording: Counter[str] = Counter()
    tasks: Counter[str] = Counter()
    for found in used.values():
        for one in found:
            by_wording[one.value or ""] += one.count
            tasks[one.value or ""] += 1
    wordings = []
    for name, row in sorted(material.templates.items(), key=lambda one: (one[1]["task_type"], one[1]["template"])):
        wordings.append(
            (
                row["task_type"],
                row["template"],
                row["language"],
                row["origin"],
                row["tier"],
                bool(row["inverts"]),
                by_wording[name],
                tasks[name],
            )
        )
    unused = sum(not row[6] for row in wordings)
    return Section(
        "wordings",
        "Wordings",
        [
            Part(
                "Pairs of each wording",
                "A bar is a task, a piece of it one wording, the most used first; pieces are equal where wordings "
                "are used equally. Tasks that use theirs least evenly come first.",
                stacked_bars(
                    [(task, _pieces(material, used[task]), f"{len(used[task]):,} wordings") for task in shown],
                    "Shares of wordings by task",
                    legend=False,
                ),
                is_wide=True,
                columns=COLUMNS,
                rows=[_row(material, task, found) for task, found in sorted(used.items())],
                numbers=COLUMNS[1:5],
                fold="Figures by task",
            ),
            Part(
                "All wordings",
                f"{unused:,} of them made no pairs." if unused else "",
                columns=("task type", "wording", "language", "origin", "tier", "inverts", "pairs", "tasks"),
                rows=wordings,
                numbers=("pairs", "tasks"),
                fold=f"All {len(wordings):,} wordings",
            ),
            *kinds(material, "form", "Forms", "What was drawn for pairs beside their wordings."),
        ],
        _notices(material, used),
    )


def _name(material: Material, one: Tally) -> str:
    row = material.templates.get(one.value or "")
    return str(row["template"]) if row else one.value or "others"


def _pieces(material: Material, found: list[Tally]) -> list[Share]:
    return [
        Share(_name(material, one), one.count, (0, 4)[place % 2] if one.value else FADED)
        for place, one in enumerate(found)
    ]


def _top_share(found: list[Tally]) -> float:
    return found[0].count / sum(one.count for one in found)


def _has_many(found: list[Tally]) -> bool:
    return sum(one.count for one in found) >= LEAST_PAIRS


def _excess(found: list[Tally]) -> float:
    """How many times as many pairs the most used wording has as with equal shares."""
    return _top_share(found) * len(found)


def _row(material: Material, task: str, found: list[Tally]) -> tuple[object, ...]:
    rows = [material.templates[one.value] for one in found if one.value is not None and one.value in material.templates]
    counts = [one.count for one in found]
    return (
        task,
        sum(counts),
        len(found),
        min(counts),
        max(counts),
        _name(material, found[0]),
        percentage(_inverting(material, found) / sum(counts)),
        sorted({row["language"] for row in rows}),
    )


def _inverting(material: Material, found: list[Tally]) -> int:
    return sum(one.count for one in found if material.templates.get(one.value or "", {}).get("inverts"))


def _notices(material: Material, used: dict[str, list[Tally]]) -> list[str]:
    return [
        f"{task}: {percentage(_top_share(found))} of its pairs have the wording {_name(material, found[0])}."
        for task, found in sorted(used.items())
        if _has_many(found) and _excess(found) > UNEVEN
    ]
