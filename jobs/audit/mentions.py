"""Which groups the examples of a task mention, with what labels, and near what trait words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.udfs.audit.associations import Mentions
from taskmill.udfs.audit.batches import MENTIONS_DDL, mention_finder
from taskmill.udfs.audit.terms import Lexicon

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

MAX_LABELS = 20  # different answers in the sample; with more, the answer is no label
MIN_PER_LABEL = 10  # examples on average; names as answers are no labels either
EVIDENCE, MAX_HINTS = 5, 50


@dataclass(frozen=True)
class Hint:
    """A group's term and a trait word in one sentence: for a person to look at."""

    group: str
    trait: str
    count: int
    example_id: str
    sentence: str


@dataclass
class TaskMentions:
    """What a task's sample mentions. `examples` are those looked at, `unread` those in languages without a lexicon."""

    examples: int = 0
    unread: int = 0
    has_labels: bool = False
    found: list[Mentions] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)


def mentions_of(context: Context, examples: DataFrame, lexicons: Mapping[str, Lexicon]) -> dict[str, TaskMentions]:
    """By task, from the sample. Only counts, a few ids and a few sentences reach the driver."""
    content = {name: task.task_type.content_fields for name, task in context.catalog.tasks.items()}
    rows = examples.mapInArrow(mention_finder(lexicons, content), MENTIONS_DDL).persist()
    try:
        found = _counted(rows)
        for row in _hints(rows).collect():
            found[row["task"]].hints.append(
                Hint(row["group"], row["trait"], row["count"], row["first"]["example_id"], row["first"]["sentence"])
            )
    finally:
        rows.unpersist()
    return found


def _counted(rows: DataFrame) -> dict[str, TaskMentions]:
    read = rows.where("looked_at")
    labels = read.groupBy("task").agg(F.countDistinct("label").alias("labels"), F.count(F.lit(1)).alias("read"))
    closed = f"labels BETWEEN 2 AND {MAX_LABELS} AND read >= {MIN_PER_LABEL} * labels AS closed"
    with_label = rows.join(F.broadcast(labels.selectExpr("task", closed)), on="task", how="left")
    counted = (
        with_label.selectExpr("task", "example_id", "groups", "looked_at", "coalesce(closed, false) AS closed",
                              "IF(closed, label, '') AS label")
        .groupBy("task", "label", "groups", "looked_at", "closed")
        .agg(
            F.count(F.lit(1)).alias("count"),
            F.slice(F.array_sort(F.collect_list("example_id")), 1, EVIDENCE).alias("ids"),
        )
    )  # fmt: skip
    found: defaultdict[str, TaskMentions] = defaultdict(TaskMentions)
    for row in sorted(counted.collect(), key=lambda row: (row["task"], row["label"] or "", row["groups"])):
        mine = found[row["task"]]
        mine.has_labels |= row["closed"]
        if not row["looked_at"]:
            mine.unread += row["count"]
            continue
        mine.examples += row["count"]
        mine.found.append(Mentions(row["label"], frozenset(row["groups"].split()), row["count"], tuple(row["ids"])))
    return dict(found)


def _hints(rows: DataFrame) -> DataFrame:
    """The most frequent hints of each task, with the first example of each."""
    told = rows.selectExpr("task", "example_id", "explode(from_json(hints, 'array<array<string>>')) AS hint")
    counted = (
        told.selectExpr(
            "task", "hint[0] AS `group`", "hint[1] AS trait", "struct(example_id, hint[2] AS sentence) AS one"
        )
        .groupBy("task", "group", "trait")
        .agg(F.count(F.lit(1)).alias("count"), F.min("one").alias("first"))
    )
    most = Window.partitionBy("task").orderBy(F.desc("count"), "group", "trait")
    ranked = counted.withColumn("place", F.row_number().over(most)).where(F.col("place") <= MAX_HINTS)
    return ranked.orderBy("task", "place")
