"""The part of the report on task clusters and folds."""

from __future__ import annotations

from taskmill.jobs.report.charts import Share, stacked_bars
from taskmill.jobs.report.cluster_pictures import (
    cluster_size,
    heat_map,
    heat_rows,
    ordered_clusters,
    size_bars,
    task_map,
)
from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.material import Material, Row
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

LEAST_SURE = 0.5  # a confidence below it is worth a look
FOLD_COLUMNS = ("fold", "holds out", "unseen clusters", "unseen tasks", "unseen examples", "trained on", "kept out")
TASK_COLUMNS = ("task", "cluster", "fold", "by", "confidence", "nearest other", "most similar tasks")


def clusters_section(material: Material) -> Section | None:
    """Map, heat map, sizes and a table of every task."""
    tasks = material.tasks
    if not tasks:
        return None
    clusters = ordered_clusters(tasks)
    unsure = sorted(row["task"] for row in tasks if row["confidence"] < LEAST_SURE)
    told = f"{counted(len(tasks), 'task')} in {counted(len(clusters), 'cluster')}."
    similarities = heat_rows(tasks, clusters)
    return Section(
        "clusters",
        "Task clusters",
        [
            Part(text=told),
            Part(
                "Map",
                "Similar tasks are near each other; a colour is a cluster, a pale dot a benchmark. Rest on a "
                "dot to see what it is.",
                task_map(tasks),
                is_wide=True,  # made smaller for a phone, its names could not be read
            ),
            Part(
                "Sizes",
                picture=size_bars(tasks),
                is_wide=True,
                columns=("cluster", "examples", "tasks"),
                rows=[(name, *cluster_size(tasks, name)) for name in clusters],
                numbers=("examples", "tasks"),
                fold="Figures",
            ),
            Part(
                "Similarity",
                "How similar tasks are, on average, to those of each cluster; the own one in another colour.",
                heat_map(tasks),
                is_wide=True,
                columns=("", *clusters),
                rows=[(name, *(values.get(cluster, 0.0) for cluster in clusters)) for name, _, values in similarities],
                numbers=clusters,
                fold="Figures",
            ),
            Part(
                "Tasks",
                columns=TASK_COLUMNS,
                rows=[_task_row(row) for row in tasks],
                numbers=("confidence", "fold"),
                fold=f"All {counted(len(tasks), 'task')}",
            ),
        ],
        [f"{counted(len(unsure), 'task')} might as well be in another cluster: {listed(unsure)}."] if unsure else [],
    )


def folds_section(material: Material) -> Section | None:
    """What each fold holds out, what that costs, and what is on both sides of one."""
    plan, violations = material.folds, material.violations
    if not plan:
        return None
    parts = [
        Part(
            text="Pairs on the three levels of generalisation: of clusters that are not trained on, of tasks that are "
            "not, and new examples of tasks that are. Kept out is what shares something with the held-out tasks.",
            picture=stacked_bars(
                [
                    (f"fold {one['fold']}", _fold_shares(one), counted(len(one["tasks"]), "held-out task"))
                    for one in plan
                ],
                "What becomes of the pairs while a fold is held out",
            ),
            is_wide=True,
            columns=FOLD_COLUMNS,
            rows=[_fold_row(one) for one in plan],
            numbers=("fold", *FOLD_COLUMNS[2:]),
            name="plan",
        ),
        Part(
            "What the exclusions cost",
            columns=("fold", "channel", "pairs", "tasks"),
            rows=[
                (one["fold"], channel, pairs, ", ".join(one["excluded_tasks"].get(channel, [])) or "by example")
                for one in plan
                for channel, pairs in one["cost"].items()
            ],
            numbers=("fold", "pairs"),
        ),
        Part("Proof", "Nothing is on both sides of a fold." if not violations else "On both sides of a fold:"),
    ]
    if violations:
        columns = ("fold", "channel", "task", "other", "detail")
        parts.append(
            Part(columns=columns, rows=[[one[name] for name in columns] for one in violations], name="violations")
        )
    notices = [f"{counted(len(violations), 'thing')} on both sides of a fold."] if violations else []
    notices += [f"Nothing is trained on while fold {one['fold']} is held out." for one in plan if not one["trained"]]
    return Section("folds", "Held-out folds", parts, notices)


def _task_row(row: Row) -> tuple[object, ...]:
    similar = "; ".join(
        f"{one['task']} {one['similarity']:.2f} ({', '.join(one['shared'])})" for one in row["similar_tasks"]
    )
    return (
        row["task"],
        row["task_cluster"],
        row["fold"],
        row["cluster_origin"],
        row["confidence"],
        row["nearest_cluster"] or "",
        similar,
    )


def _fold_shares(one: Row) -> list[Share]:
    return [
        Share("trained on", one["trained"], 0),
        Share("of unseen clusters", one["unseen_clusters"], 4),
        Share("of unseen tasks", one["unseen_tasks"], 2),
        Share("unseen examples", one["unseen_examples"], 6),
        Share("kept out", sum(one["cost"].values()), 5),
    ]


def _fold_row(one: Row) -> tuple[object, ...]:
    clusters = ", ".join(f"{name} ({count})" for name, count in one["clusters"].items())
    numbers = (one[name] for name in ("unseen_clusters", "unseen_tasks", "unseen_examples", "trained"))
    return (one["fold"], clusters, *numbers, sum(one["cost"].values()))
