"""examples -> task_cluster and fold: which tasks are too similar to train on one and test on another, and when each is
held out.

Reads the ledger's counts and a sample of `examples`. Writes `tasks`, one row a task, and `clusterings`, where every
version of the clusters is kept. A task is where rules, its source or its task type pin it; others are where
similarity puts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.jobs.clusters.cluster_assignment import Assignment, assign
from taskmill.jobs.clusters.clusterings import Version, keep_version, moves, newest_version, summary
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.folds.alike_tasks import tasks_alike
from taskmill.jobs.folds.fold_plan import FoldPlan, FoldRules, PlannedTask, plan_folds
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import CLUSTER_TASKS, DEDUPLICATE, Counts
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint

STEP = CLUSTER_TASKS
RULES = "2"


def run(context: Context) -> None:
    """Brings `tasks` up to date."""
    fingerprints = task_fingerprints(context)
    gone = context.ledger.gone(STEP, fingerprints)
    if not gone and not context.ledger.stale(STEP, fingerprints):
        context.messages.say(f"{STEP}: up to date")
        return
    with context.step(STEP, counted(len(fingerprints), "task")) as seconds:
        kept = {task: entry.counts.rows_out for task, entry in context.ledger.done(DEDUPLICATE).items()}
        newest = newest_version(context)
        assignments = assign(context, kept, newest)
        plan, dealt_by = planned(context, assignments, kept, newest)
        context.ledger.remove(STEP, gone)
        context.ledger.begin(STEP, fingerprints)
        rows = [task_row(context, name, assignments[name], plan, kept[name]) for name in sorted(kept)]
        context.warehouse.replace(tables.TASKS, context.spark.createDataFrame(rows, tables.TASKS.schema), "true")
        version = keep_version(context, rows, dealt_by, newest)
        counts = {task: Counts(rows_in=1, rows_out=1) for task in fingerprints}
        context.ledger.finish(STEP, counts, fingerprints, seconds(), {str(row["task"]): output_of(row) for row in rows})
    tell(context, plan, {one.cluster for one in assignments.values()}, newest, version)


def task_fingerprints(context: Context) -> dict[str, str]:
    """The same for every task: any may be similar to any other."""
    deduplicated = context.ledger.done(DEDUPLICATE)
    pipeline, catalog = context.pipeline, context.catalog
    upstream = {task: (entry.output, entry.counts.rows_out) for task, entry in deduplicated.items()}
    told = {task: (catalog.tasks[task].is_benchmark, repr(catalog.tasks[task].task_type)) for task in deduplicated}
    rules = pipeline.seed, pipeline.folds, pipeline.clusters, pipeline.held_out_tasks
    value = fingerprint(RULES, upstream, told, repr(catalog.placing), repr(rules))
    return dict.fromkeys(deduplicated, value)


def planned(
    context: Context, assignments: Mapping[str, Assignment], kept: Mapping[str, int], newest: Version
) -> tuple[FoldPlan, str]:
    """The plan of the folds, and what stands for how they were dealt: while it is the same, clusters stay in theirs."""
    pipeline, catalog = context.pipeline, context.catalog
    tasks = [
        PlannedTask(
            name, one.cluster, catalog.placing.lineages[catalog.tasks[name].source.source], kept[name],
            catalog.tasks[name].is_benchmark,
        )
        for name, one in assignments.items()
    ]  # fmt: skip
    dealt_by = fingerprint(pipeline.seed, pipeline.folds)
    rules = FoldRules(
        pipeline.folds, catalog.placing.related, pipeline.seed, pipeline.held_out_tasks.each_cluster,
        pipeline.held_out_tasks.turn, newest.folds() if newest.dealt_by == dealt_by else {},
    )  # fmt: skip
    return plan_folds(tasks, rules, tasks_alike(context, assignments)), dealt_by


def task_row(context: Context, name: str, assigned: Assignment, plan: FoldPlan, example_count: int) -> dict[str, Any]:
    """One row of `tasks`. A benchmark has no fold: it is never trained on."""
    task, likeness = context.catalog.tasks[name], assigned.likeness
    exclusions = [one for one in plan.exclusions if one.task == name]
    return {
        "task": name,
        "task_type": task.task_type.task_type,
        "source": task.source.source,
        "task_cluster": assigned.cluster,
        "cluster_origin": assigned.origin,
        "fold": plan.fold_of.get(name),
        "excluded_folds": sorted({one.fold for one in exclusions}),
        "held_out_task": name in plan.held_out_tasks,
        "exclusions": [
            {"fold": one.fold, "channel": one.channel, "other": one.other, "detail": one.detail} for one in exclusions
        ],
        "lineage": context.catalog.placing.lineages[task.source.source],
        "role": task.source.role,
        "example_count": example_count,
        "confidence": 1.0 if likeness is None or assigned.origin != "similarity" else likeness.confidence,
        "similarities": dict(likeness.similarities) if likeness else {},
        "nearest_cluster": likeness.nearest_cluster if likeness else None,
        "similar_tasks": [one.as_row() for one in likeness.similar] if likeness else [],
        "map_x": likeness.place[0] if likeness else None,
        "map_y": likeness.place[1] if likeness else None,
    }


def output_of(row: Mapping[str, Any]) -> str:
    """What later steps depend on: when it changes, and only then, the task's pairs are written anew."""
    return fingerprint(*(row[name] for name in ("task_cluster", "fold", "excluded_folds", "held_out_task", "role")))


def tell(context: Context, plan: FoldPlan, clusters: set[str], before: Version, after: Version) -> None:
    used, count = len({fold for fold in plan.fold_of.values() if fold >= 0}), len(plan.names)
    told = f"{counted(len(after.places), 'task')}, {counted(len(clusters), 'task cluster')} in {counted(used, 'fold')}"
    context.messages.say(f"{STEP}: {told}", step=STEP, version=after.number)
    moved = summary(moves(before, after))
    if before.number and before.number != after.number:
        context.messages.say(f"{STEP}: {moved}: `taskmill clusters diff {before.number}` says which")
    if isinstance(context.pipeline.folds, int) and used < count:
        context.messages.warn(
            f"{STEP}: folds is {count}, but no more than {counted(used, 'group')} of clusters may be held out "
            "apart; the other folds are empty"
        )


if __name__ == "__main__":
    main(run)
