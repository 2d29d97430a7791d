"""What would be trained on while a fold is held out, set against what is held out: a proof over the tables.

It reads what was written, not the plan it was written by: the labels of `pairs`, the lineages and similar tasks of
`tasks`, the texts of `templates`, the links of `contamination`. Content itself is compared anew by `taskmill leakage`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from taskmill.jobs.clusters.wordings import shared_wordings
from taskmill.jobs.folds.fold_plan import RELATED, SAME_SOURCE, SAME_WORDING, SIMILAR
from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

SAME_CLUSTER, SAME_CONTENT, SAME_GROUP, SHOWN = "same_cluster", "same_content", "same_group", "shown"
CHANNELS = (SAME_CLUSTER, RELATED, SAME_SOURCE, SIMILAR, SAME_WORDING, SAME_CONTENT, SAME_GROUP, SHOWN)
TRAINABLE = "NOT do_not_train AND NOT held_out_task AND NOT held_out_example"
EVERY_FOLD = -1  # of what is held out of all of them
Tasks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, order=True)
class Violation:
    """Something on both sides of a fold: a task that is trained on and what it has of which held-out task."""

    fold: int
    channel: str
    task: str
    other: str
    detail: str = ""

    def told(self) -> str:
        where = "every fold" if self.fold == EVERY_FOLD else f"fold {self.fold}"
        return f"{where}: {self.channel}: {self.task} and {self.other}" + (f": {self.detail}" if self.detail else "")

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def violations(context: Context, folds: Sequence[int]) -> list[Violation]:
    """Everything that is on both sides of one of these folds, sorted."""
    tasks = {row["task"]: row.asDict(recursive=True) for row in context.warehouse.read(tables.TASKS, "folds").collect()}
    trained = trained_tasks(context.warehouse.read(tables.PAIRS, "folds"), folds)
    found = set(_of_tasks(context, tasks, trained))
    found.update(_of_content(context, folds))
    found.update(_of_groups(context))
    found.update(_of_shown(context, folds))
    return sorted(found)


def trained_tasks(pairs: DataFrame, folds: Sequence[int]) -> dict[int, dict[str, int]]:
    """For each fold the tasks that have pairs to train on while it is held out, and how many."""
    counts = [F.count_if(F.expr(f"{trained_on(fold)}")).alias(str(fold)) for fold in folds]
    rows = pairs.groupBy("task").agg(*counts).collect() if folds else []
    return {fold: {row["task"]: row[str(fold)] for row in rows if row[str(fold)]} for fold in folds}


def trained_on(fold: int) -> str:
    """The predicate of a fold's training set, on `pairs`."""
    return f"fold <> {fold} AND NOT array_contains(excluded_folds, {fold}) AND {TRAINABLE}"


def _of_tasks(context: Context, tasks: Tasks, trained: Mapping[int, Mapping[str, int]]) -> Iterator[Violation]:
    """Violations that can be told from tasks alone: of those that have something in common, the held-out one that comes
    first is named."""
    shared = _shared(context, tasks)
    for fold, names in trained.items():
        held_out: dict[tuple[str, str], str] = {}
        for name in sorted(tasks):
            if tasks[name]["fold"] == fold:
                own = {(RELATED, tasks[name]["task_cluster"])}
                for key in shared[name] | own:
                    held_out.setdefault(key, name)
        for name in names:
            near = {(RELATED, cluster) for cluster in _related_to(context, tasks[name]["task_cluster"])}
            for channel, what in (shared[name] | near) & held_out.keys():
                yield Violation(fold, channel, name, held_out[channel, what], what)


def _shared(context: Context, tasks: Tasks) -> dict[str, set[tuple[str, str]]]:
    """For each task what no other may have in common with it on the other side of a fold: channel and what."""
    found: dict[str, set[tuple[str, str]]] = {name: {(SAME_SOURCE, row["lineage"])} for name, row in tasks.items()}
    for name, row in tasks.items():
        if not isinstance(context.pipeline.folds, tuple):  # lists may name one task of a cluster, to test on just that
            found[name].add((SAME_CLUSTER, row["task_cluster"]))
        for similar in row["similar_tasks"]:
            if similar["similarity"] >= context.pipeline.clusters.too_similar:
                for end in (name, similar["task"]):
                    found[end].add((SIMILAR, f"{name} ~ {similar['task']}"))
    for words, names in shared_wordings(context.catalog.tasks).items():
        for name in found.keys() & set(names):
            found[name].add((SAME_WORDING, words))
    return found


def _related_to(context: Context, cluster: str) -> set[str]:
    lists = [set(names) for names in context.catalog.placing.related if cluster in names]
    return set().union(*lists) - {cluster}


def _of_content(context: Context, folds: Sequence[int]) -> Iterator[Violation]:
    """Examples to train on that have content of what is held out, a violation for each pair of tasks."""
    links = context.warehouse.read(tables.CONTAMINATION).where("held_out <> 'split'")
    pairs = context.warehouse.read(tables.PAIRS).where(TRAINABLE)
    pairs = pairs.join(links.select("example_id").distinct(), on="example_id", how="left_semi")  # few of them
    examples = pairs.groupBy("task", "example_id").agg(
        F.first("fold").alias("own"), F.first("excluded_folds").alias("excluded_folds")
    )
    others = context.warehouse.read(tables.TASKS).selectExpr(
        "task AS other_task", "IF(fold IS NULL OR held_out_task, NULL, fold) AS other_fold"
    )
    wanted = F.array(*(F.lit(fold).cast("int") for fold in folds))
    held_out = F.when(F.col("other_fold").isNull(), wanted).otherwise(F.array("other_fold"))
    met = (
        links.select("example_id", "other_task")
        .join(F.broadcast(others), on="other_task")
        .join(examples, on="example_id")
        .withColumn("fold", F.explode(F.array_intersect(held_out, wanted)))
        .where("fold <> own AND NOT array_contains(excluded_folds, fold)")
    )
    for row in met.groupBy("fold", "task", "other_task").agg(F.count_distinct("example_id").alias("count")).collect():
        yield Violation(row["fold"], SAME_CONTENT, row["task"], row["other_task"], f"{row['count']:,} examples")


def _of_groups(context: Context) -> Iterator[Violation]:
    """Groups of which some examples are held out and others trained on, a violation for each task they touch."""
    pairs = context.warehouse.read(tables.PAIRS).where("NOT held_out_task")
    parted = pairs.groupBy("group_id").agg(
        F.min("held_out_example").alias("all"), F.max("held_out_example").alias("any"), F.min("task").alias("task"),
        F.max("task").alias("other"),
    ).where("all <> any")  # fmt: skip
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in parted.groupBy("task", "other").count().collect():
        counts[row["task"], row["other"]] += row["count"]
    for (task, other), count in counts.items():
        yield Violation(EVERY_FOLD, SAME_GROUP, task, other, f"{count:,} groups")


def _of_shown(context: Context, folds: Sequence[int]) -> Iterator[Violation]:
    """Examples that stand in front of pairs to train on and are not trained on themselves where these are, a violation
    for each pair of tasks."""
    pairs = context.warehouse.read(tables.PAIRS)
    shown = pairs.where(f"shots IS NOT NULL AND {TRAINABLE}").select(
        "task", "fold", "excluded_folds", F.explode("shots").alias("shot")
    )
    if shown.isEmpty():
        return
    own = pairs.groupBy(F.col("example_id").alias("shot")).agg(
        F.first("task").alias("other"), F.first(F.array_union("excluded_folds", F.array("fold"))).alias("out_of"),
        F.bool_or(F.expr(f"NOT ({TRAINABLE})")).alias("never"),
    )  # fmt: skip
    here = F.array_union("excluded_folds", F.array("fold"))
    wanted = F.array(*(F.lit(fold).cast("int") for fold in folds))
    parted = F.array_intersect(F.array_except("out_of", here), wanted)
    met = shown.join(own, on="shot").withColumn(
        "held_out", F.when(F.col("never"), F.array(F.lit(EVERY_FOLD))).otherwise(parted)
    )
    by_task = met.withColumn("from", F.explode("held_out")).groupBy("from", "task", "other")
    for row in by_task.agg(F.count_distinct("shot").alias("count")).collect():
        yield Violation(row["from"], SHOWN, row["task"], row["other"], f"{row['count']:,} examples")
