"""`taskmill leakage`: proves that the training set of a fold has nothing of what is held out.

It takes the training sets as `pairs` gives them, draws held-out examples, and compares each of these with every example
to train on, by a method of its own that looks at every text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.signatures import IS_COMMON, IS_SAMPLED, sample_bounds
from taskmill.jobs.errors import StepError
from taskmill.jobs.folds.overlaps import COMMON, FEWEST, kept_rows, placed_examples
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted
from taskmill.udfs.overlaps.exhaustive import GRAM_DDL, LEAK_DDL, Gram, Sampled, common_grams, leaks, told_grams

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

SHOWN = 10
ALL_STAY_OUT_OF = """aggregate(collect_set(excluded_folds), first(excluded_folds),
    (all, folds) -> array_intersect(all, folds))"""


def run(context: Context, fold: int | None, sample: int) -> None:
    """Looks at one fold or at all, and says what was compared.

    Raises:
        ConfigError: for an unknown fold.
        TableError: if there are no pairs.
        StepError: if anything leaks.
    """
    folds = checked_fold(context, fold)
    trained = training_examples(context)
    with context.step("leakage", f"folds {', '.join(map(str, folds))}"), Persisted() as persisted:
        held_out = sampled_examples(context, sample)
        common = common_in_tasks(context)
        wanted = [one for one in held_out if one.fold is None or one.fold in folds]
        found = persisted.keep(trained.mapInArrow(leaks(wanted, common, folds), LEAK_DDL))
        leaking = {row["fold"]: row["count"] for row in found.groupBy("fold").count().collect()}
        shown = found.orderBy("fold", "example_id", "other_id").limit(SHOWN).collect()
    numbers = {row["fold"]: row["count"] for row in trained.groupBy("fold").count().collect()}
    for one in folds:
        told = sum(held.fold == one for held in wanted), sum(held.fold is None for held in wanted)
        context.messages.say(
            f"leakage: fold {one}: {told[0]:,} held-out and {told[1]:,} benchmark examples, each compared with all "
            f"examples of {counted(len(numbers.keys() - {one}), 'other fold')}: {counted(leaking.get(one, 0), 'leak')}",
            fold=one, leaks=leaking.get(one, 0),
        )  # fmt: skip
    if shown:
        raise StepError(_told(shown, sum(leaking.values())))


def training_examples(context: Context) -> DataFrame:
    """The examples that have pairs to train on or stand in front of such: example_id, task, fold, excluded_folds (only
    those that all of these pairs stay out of), texts."""
    pairs = context.warehouse.read(tables.PAIRS, "leakage").where("NOT do_not_train AND NOT held_out_task")
    examples = F.concat(F.array("example_id"), F.coalesce("shots", F.array().cast("array<string>")))
    seen = pairs.select(F.explode(examples).alias("example_id"), "fold", "excluded_folds")
    placed = seen.groupBy("example_id").agg(
        F.first("fold").alias("fold"), F.expr(ALL_STAY_OUT_OF).alias("excluded_folds")
    )
    if placed.isEmpty():
        raise no_pairs(context, "leakage")
    texts = placed_examples(context).select("example_id", "task", "texts")
    return texts.join(placed, on="example_id").select("example_id", "task", "fold", "excluded_folds", "texts")


def sampled_examples(context: Context, sample: int) -> Sequence[Sampled]:
    """So many examples, the first of each task by their ids, which are hashes."""
    placed = placed_examples(context)
    tasks = context.warehouse.read(tables.TASKS).selectExpr("task", "IF(held_out_task, NULL, fold) AS fold")
    folds = {row["task"]: row["fold"] for row in tasks.collect()}
    each = max(1, sample // max(1, len(folds)))
    of_task = Window.partitionBy("task").orderBy("example_id")
    ids = (
        placed.select("task", "example_id").withColumn("place", F.row_number().over(of_task)).where(f"place <= {each}")
    )
    rows: list[Row] = placed.join(F.broadcast(ids.select("example_id")), on="example_id", how="left_semi").collect()
    return [
        Sampled(row["task"], row["example_id"], folds[row["task"]], tuple(text for text in row["texts"] if text))
        for row in sorted(rows, key=lambda row: row["example_id"])
    ]


def common_in_tasks(context: Context) -> Mapping[str, frozenset[Gram]]:
    """For each task the n-grams that are no evidence, since many of its examples have them. The rule is that of
    `decontaminate`, sample and all: what is hardly common must not be so in one place and not in the other."""
    bounds = F.broadcast(sample_bounds(context, kept_rows(context), COMMON, FEWEST))
    sample = placed_examples(context).join(bounds, on="task").where(IS_SAMPLED).select("task", "texts")
    counted_grams = sample.mapInArrow(told_grams, GRAM_DDL).groupBy("task", "gram").count()
    rows = counted_grams.join(bounds, on="task").where(IS_COMMON).select("task", "gram").collect()
    return common_grams((row["task"], row["gram"]) for row in rows)


def _told(shown: Sequence[Row], count: int) -> str:
    lines = [
        f"  fold {row['fold']}: example {row['example_id']} has {row['share']:.0%} of {row['other_id']}: {row['text']}"
        for row in shown
    ]
    more = [f"  and {count - len(shown):,} more"] if count > len(shown) else []
    hint = (
        "Look at one with `taskmill explain ID`. With `contamination: {mode: exclude}` in the pipeline file, `taskmill "
        "run` keeps such examples out"
    )
    return "\n".join([f"leakage: {counted(count, 'leak')}:", *lines, *more, hint])
