"""The part of the report on examples that repeat others."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

KINDS = {
    "exact": "equal but for case and white space",
    "near": "nearly equal, and the answer too",
    "conflict": "equal, but another answer: both stay",
    "contrast": "nearly equal, but another answer: both stay",
    "rejected": "looked at, and not alike enough: both stay",
    "same_text": "a pair that would read like another one",
}
MOST_ROWS = 25
SIZES = ((2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, 1_000), (1_001, 10**12))


def duplicates_section(material: Material) -> Section | None:
    """Kinds, sizes of groups, the largest of them, and which tasks repeat which."""
    kinds = material.tallies.totals("duplicates", "kind")
    copies = [one for one in material.tallies.all_of("examples", "copies") if one.value]
    if not kinds and not copies:
        return None
    rows = []
    for one, count in kinds.most_common():
        kind, fate = one.split(" ")
        rows.append((kind, fate, count))
    tasks = Counter(one.value for one in material.tallies.all_of("duplicates", "kind"))
    parts = (
        [
            Part(
                "Kinds",
                "Examples that were found to repeat another one, and whether they left.",
                bars(
                    [(f"{kind}, {fate}", count, KINDS.get(kind, "")) for kind, fate, count in rows],
                    "Duplicates by kind",
                    colour=1,
                ),
                is_wide=True,
                columns=("kind", "fate", "what it is", "examples or pairs", "tasks"),
                rows=[(kind, fate, KINDS.get(kind, ""), count, tasks[f"{kind} {fate}"]) for kind, fate, count in rows],
                numbers=("examples or pairs", "tasks"),
                fold="Figures",
            )
        ]
        if rows
        else []
    )
    if copies:
        most = max(copies, key=lambda one: (one.largest or 0, one.task))
        total = sum((one.total or 0) - one.count for one in copies)
        parts.append(
            Part(
                "Copies",
                f"{counted(sum(one.count for one in copies), 'example')} stand for {int(total):,} identical rows more; "
                f"one of {most.task} for {int(most.largest or 0):,} rows.",
            )
        )
    if material.group_sizes:
        parts += _groups(material)
    pairs = _between(material)
    if pairs:
        parts.append(
            Part(
                "Which tasks repeat which",
                "Removed examples and pairs of a task, by the task of what was kept in their place."
                + (f" The first {MOST_ROWS} of {len(pairs):,}." if len(pairs) > MOST_ROWS else ""),
                columns=("removed from", "kept in", "removed"),
                rows=pairs[:MOST_ROWS],
                numbers=("removed",),
            )
        )
    return Section("duplicates", "Duplicates", parts)


def _groups(material: Material) -> list[Part]:
    sizes = [
        (low, high, sum(count for size, count in material.group_sizes.items() if low <= size <= high))
        for low, high in SIZES
    ]
    told = [
        (f"{low:,}" if low == high else f"{low:,} to {high:,}" if high < 10**12 else f"{low:,} or more", count)
        for low, high, count in sizes
        if count
    ]
    columns = (
        "size",
        "kinds",
        "tasks",
        "task of the kept one",
        "least similarity",
        "the kept one, in a wording",
        "kept id",
    )
    return [
        Part(
            "Groups by size",
            "A group is an example that was kept and all that left for it; examples in a group.",
            bars([(name, count, "") for name, count in told], "Groups of duplicates by size", colour=1),
            columns=("examples in the group", "groups"),
            rows=told,
            numbers=("groups",),
            fold="Figures",
        ),
        Part(
            "The largest groups",
            columns=columns,
            rows=[
                (
                    row["size"],
                    row["kinds"],
                    row["tasks"],
                    row["kept_task"],
                    row["similarity"],
                    row["text"],
                    row["kept_id"],
                )
                for row in material.groups
            ],
            numbers=("size", "tasks", "least similarity"),
        ),
    ]


def _between(material: Material) -> list[tuple[str, str, int]]:
    found = material.tallies.all_of("duplicates", "repeats")
    return sorted(((one.task, one.value or "others", one.count) for one in found), key=lambda row: (-row[2], row))
