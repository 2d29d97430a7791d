"""How the answers of tasks are spread, and which equal inputs have several: hashes are counted, not texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.examples import CONFLICT, kept_examples
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.gates.answers import Answer, AnswerCounts, Conflicts

if TYPE_CHECKING:
    from pyspark.sql import Column

MOST_ANSWERS = 100  # a task with no more different answers has all of them looked at; any other the first few
FIRST_ANSWERS = 3
MOST_CONFLICTS, ENDS = 2, ("one", "other")
ANSWER_CHARS = 200
NEEDED_BY = "check_tasks"


def answer_counts(context: Context, names: Collection[str]) -> dict[str, AnswerCounts]:
    """How the answers of each of these tasks are spread. Of a task at most `MOST_ANSWERS` answers reach the driver."""
    with Persisted() as persisted:
        examples = kept_examples(context, NEEDED_BY).where(F.col("task").isin(list(names)))
        counts = persisted.keep(
            examples.groupBy("task", "answer_key").agg(
                F.count(F.lit(1)).alias("number"),
                F.min("example_id").alias("example_id"),
                F.sum(F.octet_length("answer")).alias("bytes"),
            )
        )
        weighted = F.sum(F.col("number") * F.log("number")).alias("weighted_log")
        totals = counts.groupBy("task").agg(
            F.count(F.lit(1)).alias("distinct"),
            F.sum("number").alias("examples"),
            F.sum("bytes").alias("bytes"),
            weighted,
        )
        rare_last = Window.partitionBy("task").orderBy(F.desc("number"), "example_id")
        ranked = counts.withColumn("place", F.row_number().over(rare_last)).join(
            F.broadcast(totals.select("task", "distinct")), on="task", how="inner"
        )
        shown = ranked.where(f"place <= {FIRST_ANSWERS} OR distinct <= {MOST_ANSWERS}")
        top = _with_answers(context, shown.select("task", "place", "number", "example_id"))
        tops: defaultdict[str, list[Answer]] = defaultdict(list)
        for row in sorted(top.collect(), key=lambda row: (row["task"], row["place"])):
            tops[row["task"]].append(Answer(row["answer"], row["number"], row["example_id"]))
        return {
            row["task"]: AnswerCounts(
                row["examples"], row["distinct"], row["weighted_log"], tuple(tops[row["task"]]),
                row["bytes"] / row["examples"],
            )
            for row in totals.collect()
        }  # fmt: skip


def conflicts(context: Context, names: Collection[str]) -> dict[str, Conflicts]:
    """The examples of each task whose input stands in it with another answer too; tasks without any are left out.

    Only tasks of which `duplicates` has conflicts are looked at; there, the other answer may be another task's.
    """
    if not names:
        return {}
    noted = context.warehouse.read(tables.DUPLICATES, NEEDED_BY).where(
        f"kind = '{CONFLICT}' AND task IN {sql_list(names)}"
    )
    suspects = [row["task"] for row in noted.select("task").distinct().collect()]
    if not suspects:
        return {}
    with Persisted() as persisted:
        examples = kept_examples(context, NEEDED_BY).where(F.col("task").isin(suspects))
        inputs = persisted.keep(
            examples.groupBy("task", "content_key")
            .agg(
                F.count(F.lit(1)).alias("number"), _end(F.min).alias("one"), _end(F.max).alias("other"),
            )
            .where("one.answer_key <> other.answer_key")
        )  # fmt: skip
        totals = inputs.groupBy("task").agg(F.sum("number").alias("examples"), F.count(F.lit(1)).alias("inputs"))
        found = {row["task"]: (row["examples"], row["inputs"]) for row in totals.collect()}
        if not found:
            return {}
        first = Window.partitionBy("task").orderBy("content_key")
        shown = inputs.withColumn("place", F.row_number().over(first)).where(f"place <= {MOST_CONFLICTS}")
        sides = [shown.select("task", "place", F.lit(1).alias("number"), f"{side}.example_id") for side in ENDS]
        pairs: defaultdict[tuple[str, int], list[Answer]] = defaultdict(list)
        rows = _with_answers(context, reduce(DataFrame.unionByName, sides)).collect()
        for row in sorted(rows, key=lambda row: (row["task"], row["place"], row["example_id"])):
            pairs[row["task"], row["place"]].append(Answer(row["answer"], 1, row["example_id"]))
    by_task: defaultdict[str, list[tuple[Answer, Answer]]] = defaultdict(list)
    for (task, _), (one, other) in pairs.items():
        by_task[task].append((one, other))
    return {task: Conflicts(*numbers, tuple(by_task[task])) for task, numbers in found.items()}


def _end(of: Callable[[Column], Column]) -> Column:
    """The least or greatest answer of an input, with an example that has it."""
    return of(F.struct("answer_key", "example_id"))


def _with_answers(context: Context, shown: DataFrame) -> DataFrame:
    """A few rows with the beginning of their examples' answers. The rows go to the examples."""
    answers = context.warehouse.read(tables.EXAMPLES, NEEDED_BY).selectExpr(
        "example_id", f"substring(answer, 1, {ANSWER_CHARS}) AS answer"
    )
    return answers.join(F.broadcast(shown), on="example_id", how="inner")
