"""tasks -> task_cluster and fold: which tasks are too similar to train on one and test on another, and when each is
held out.

Reads the ledger's counts. Writes `tasks`, one row a task. A task is in the cluster its task type is pinned to; an
unpinned one is with the other tasks of its type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from taskmill.jobs import tables
from taskmill.jobs.catalog import cluster_of
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.ledger import CLUSTER_TASKS, DEDUPLICATE, Counts
from taskmill.jobs.words import counted
from taskmill.udfs.ids import draw, fingerprint

STEP = CLUSTER_TASKS
RULES = "1"


def run(context: Context) -> None:
    """Brings `tasks` up to date."""
    fingerprints = task_fingerprints(context)
    gone = context.ledger.gone(STEP, fingerprints)
    if not gone and not context.ledger.stale(STEP, fingerprints):
        context.messages.say(f"{STEP}: up to date")
        return
    with context.step(STEP, counted(len(fingerprints), "task")) as seconds:
        kept = {task: entry.counts.rows_out for task, entry in context.ledger.done(DEDUPLICATE).items()}
        clusters, folds = cluster_and_fold(context, kept)
        context.ledger.remove(STEP, gone)
        context.ledger.begin(STEP, fingerprints)
        rows = [task_row(context, name, clusters[name], folds.get(clusters[name]), kept[name]) for name in sorted(kept)]
        context.warehouse.replace(tables.TASKS, context.spark.createDataFrame(rows, tables.TASKS.schema), "true")
        counts = {task: Counts(rows_in=1, rows_out=1) for task in fingerprints}
        outputs = {str(row["task"]): fingerprint(row["task_cluster"], row["fold"], row["role"]) for row in rows}
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs)
    used = len(set(folds.values()))
    shown = f"{counted(len(set(clusters.values())), 'task cluster')} in {counted(used, 'fold')}"
    context.messages.say(f"{STEP}: {counted(len(kept), 'task')}, {shown}", step=STEP)
    if used < context.pipeline.folds:
        context.messages.warn(
            f"{STEP}: folds is {context.pipeline.folds}, but no more than {counted(used, 'group')} of clusters may be "
            "held out apart; the other folds are empty"
        )


def task_fingerprints(context: Context) -> dict[str, str]:
    deduplicated = {task: entry.counts.rows_out for task, entry in context.ledger.done(DEDUPLICATE).items()}
    pins = {
        task: (cluster_of(context.catalog.tasks[task]), context.catalog.tasks[task].is_benchmark)
        for task in deduplicated
    }
    pipeline = context.pipeline
    value = fingerprint(RULES, deduplicated, pins, pipeline.seed, pipeline.folds, pipeline.related_clusters)
    return dict.fromkeys(deduplicated, value)


def cluster_and_fold(context: Context, kept: Mapping[str, int]) -> tuple[dict[str, str], dict[str, int]]:
    """The cluster of each task, and the fold of each cluster that has tasks to train on."""
    clusters = {name: cluster_of(context.catalog.tasks[name]) for name in kept}
    sizes: defaultdict[str, int] = defaultdict(int)
    for name, cluster in clusters.items():
        if not context.catalog.tasks[name].is_benchmark:
            sizes[cluster] += kept[name]
    return clusters, deal_folds(sizes, context.pipeline.folds, context.pipeline.related_clusters, context.pipeline.seed)


def deal_folds(sizes: Mapping[str, int], folds: int, related: Iterable[Sequence[str]], seed: int) -> dict[str, int]:
    """The fold of each cluster: whole clusters, related ones together, the folds as equal in examples as that allows.

    Groups of related clusters are dealt from the largest to the smallest, each to the lightest fold (longest processing
    time first; Graham 1969). Equal sizes are ordered by a hash of seed and name.

    Args:
        sizes: examples of each cluster.
        folds: how many; those left over stay empty.
        related: lists of clusters that are never apart; lists that share a cluster are one.
    """
    groups = merge_related(sizes, related)
    weight = {group: sum(sizes[cluster] for cluster in group) for group in groups}
    loads = [0] * folds
    fold_of: dict[str, int] = {}
    for group in sorted(groups, key=lambda group: (-weight[group], draw(seed, "fold", *group))):
        lightest = min(range(folds), key=lambda fold: (loads[fold], fold))
        loads[lightest] += weight[group]
        fold_of.update(dict.fromkeys(group, lightest))
    return fold_of


def merge_related(clusters: Iterable[str], related: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The clusters in groups that must not be apart, each sorted."""
    present = set(clusters)
    related = [list(names) for names in related]
    group_of = {name: {name} for name in present.union(*related)}
    for names in related:
        merged = set().union(*(group_of[name] for name in names))
        group_of.update(dict.fromkeys(merged, merged))
    groups = {tuple(sorted(group & present)) for group in group_of.values()}
    return sorted(group for group in groups if group)


def task_row(context: Context, name: str, cluster: str, fold: int | None, example_count: int) -> dict[str, object]:
    """One row of `tasks`. A benchmark has no fold: it is never trained on."""
    task = context.catalog.tasks[name]
    return {
        "task": name,
        "task_type": task.task_type.task_type,
        "source": task.source.source,
        "task_cluster": cluster,
        "cluster_origin": "pinned" if task.task_type.task_cluster else "task_type",
        "fold": None if task.is_benchmark else fold,
        "role": task.source.role,
        "example_count": example_count,
        "confidence": 1.0,
    }


if __name__ == "__main__":
    main(run)
