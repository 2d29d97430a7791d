"""The part of the report on task clusters and folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskmill.jobs.report.cluster_pictures import heat_map, size_bars, task_map
from taskmill.jobs.report.page import Part, Section

Row = Mapping[str, Any]
LEAST_SURE = 0.5  # a confidence below it is worth a look
FOLD_COLUMNS = ("fold", "holds out", "unseen clusters", "unseen tasks", "unseen examples", "trained on", "kept out")
TASK_COLUMNS = ("task", "cluster", "by", "confidence", "nearest other", "most similar tasks")


def clusters_section(tasks: Sequence[Row]) -> Section:
    """Map, heat map, sizes and a table of every task."""
    clusters = {row["task_cluster"] for row in tasks}
    unsure = sum(row["confidence"] < LEAST_SURE for row in tasks)
    told = f"{len(tasks):,} tasks in {len(clusters):,} clusters" + (
        f"; {unsure:,} of them might as well be in another one." if unsure else "."
    )
    return Section(
        "clusters",
        "Task clusters",
        [
            Part(text=told),
            Part(
                "Map", "Similar tasks are near each other; a colour is a cluster, a pale dot a benchmark. Rest on a "
                "dot to see what it is.", task_map(tasks),
            ),
            Part("Sizes", picture=size_bars(tasks), is_wide=True),
            Part(
                "Similarity", "How similar tasks are, on average, to those of each cluster; the own one in another "
                "colour.", heat_map(tasks), is_wide=True,
            ),
            Part("Tasks", columns=TASK_COLUMNS, rows=[_task_row(row) for row in tasks], numbers=("confidence",)),
        ],
    )  # fmt: skip


def folds_section(plan: Sequence[Row], violations: Sequence[Row]) -> Section:
    """What each fold holds out, what that costs, and what is on both sides of one."""
    parts = [
        Part(
            text="Pairs on the three levels of generalisation: of clusters that are not trained on, of tasks that are "
            "not, and new examples of tasks that are. Kept out is what shares something with the held-out tasks.",
            columns=FOLD_COLUMNS, rows=[_fold_row(one) for one in plan],
            numbers=("fold", *FOLD_COLUMNS[2:]),
        ),
        Part(
            "What the exclusions cost", columns=("fold", "channel", "pairs", "tasks"),
            rows=[
                (one["fold"], channel, f"{pairs:,}", ", ".join(one["excluded_tasks"].get(channel, [])) or "by example")
                for one in plan
                for channel, pairs in one["cost"].items()
            ],
            numbers=("fold", "pairs"),
        ),
        Part("Proof", "Nothing is on both sides of a fold." if not violations else "On both sides of a fold:"),
    ]  # fmt: skip
    if violations:
        columns = ("fold", "channel", "task", "other", "detail")
        parts.append(Part(columns=columns, rows=[[one[name] for name in columns] for one in violations]))
    return Section("folds", "Held-out folds", parts)


def _task_row(row: Row) -> tuple[object, ...]:
    similar = "; ".join(
        f"{one['task']} {one['similarity']:.2f} ({', '.join(one['shared'])})" for one in row["similar_tasks"]
    )
    return (
        row["task"], row["task_cluster"], row["cluster_origin"], f"{row['confidence']:.2f}",
        row["nearest_cluster"] or "", similar,
    )  # fmt: skip


def _fold_row(one: Row) -> tuple[object, ...]:
    clusters = ", ".join(f"{name} ({count})" for name, count in one["clusters"].items())
    numbers = (one[name] for name in ("unseen_clusters", "unseen_tasks", "unseen_examples", "trained"))
    return (one["fold"], clusters, *(f"{number:,}" for number in numbers), f"{sum(one['cost'].values()):,}")
