"""Pairs that came out with the same prompt and response although no key foretold it: one of them stays.

That is rare (two wordings that meet for one example, two task types that ask alike), so rows are deleted after they
were written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.examples import ORDER, SAME_TEXT, as_duplicates, ranked
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import RENDER, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.ids import fingerprint

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RULE = "same-text-1"


def tasks_to_render_again(context: Context, changed: Collection[str], known: Collection[str]) -> list[str]:
    """Tasks some of whose pairs were removed for pairs of a task that changes or leaves: they may come back."""
    if not changed or not context.ledger.done(RENDER):
        return []
    rows = context.warehouse.read(tables.DUPLICATES).where(f"rule = '{RULE}' AND kept_task IN {sql_list(changed)}")
    return [row["task"] for row in rows.select("task").distinct().collect() if row["task"] in known]


def remove_repeated(context: Context, rendered: Iterable[str]) -> list[str]:
    """Removes repeated pairs, notes them in `duplicates`, and gives the tasks that lost some.

    Args:
        rendered: tasks rendered just now, whose earlier notes no longer hold.
    """
    predicate = f"rule = '{RULE}' AND task IN {sql_list(rendered)}"
    pairs = context.warehouse.read(tables.PAIRS)
    shared = pairs.groupBy("text_key").count().where("count > 1").select("text_key")
    if shared.isEmpty():  # nearly always, and eight bytes of each pair tell
        context.warehouse.delete(tables.DUPLICATES, predicate)
        return []
    # Only pairs that share a key are looked at whole: two texts may share one by chance.
    suspects = pairs.join(F.broadcast(shared), on="text_key", how="left_semi").select(
        "task", "example_id", "template_id", "prompt", "response"
    )
    repeated = same_text(ranked(context, suspects), ["prompt", "response"], RULE)
    touched = [row["task"] for row in repeated.select("task").distinct().collect()]
    if not touched:
        context.warehouse.delete(tables.DUPLICATES, predicate)
        return []
    noted = context.warehouse.read(tables.DUPLICATES).where(
        f"rule = '{RULE}' AND task IN {sql_list(touched)} AND NOT ({predicate})"
    )
    slice_of = f"rule = '{RULE}' AND task IN {sql_list({*rendered, *touched})}"
    context.warehouse.replace(tables.DUPLICATES, repeated.unionByName(noted), slice_of)
    written = context.warehouse.read(tables.DUPLICATES).where(slice_of).select("example_id", "template_id")
    context.warehouse.delete_matching(tables.PAIRS, written, ("example_id", "template_id"))
    return touched


def removed_by_task(context: Context, rule: str, tasks: Iterable[str]) -> dict[str, tuple[int, int]]:
    """How many pairs of each task a rule has removed, and what stands for which; tasks that lost none are left out."""
    rows = context.warehouse.read(tables.DUPLICATES).where(f"rule = '{rule}' AND task IN {sql_list(tasks)}")
    digests = rows.groupBy("task").agg(
        F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("example_id", "template_id")).alias("digest")
    )
    return {row["task"]: (row["rows"], row["digest"]) for row in digests.collect()}


def outputs_of(context: Context, counts: Mapping[str, Counts], fingerprints: Mapping[str, str]) -> dict[str, str]:
    """What stands for the pairs of each task: all they depend on, and which were removed for pairs of other tasks."""
    losing = [name for name, found in counts.items() if found.duplicates]
    removed = removed_by_task(context, RULE, losing) if losing else {}
    return {
        name: fingerprint(fingerprints[name], removed[name]) if name in removed else fingerprints[name]
        for name in counts
    }


def same_text(pairs: DataFrame, key: Sequence[str], rule: str) -> DataFrame:
    """Rows of `duplicates` for pairs that are equal in `key`: the first in `ORDER`, then by template, stays.

    Args:
        pairs: task, example_id, template_id, the columns of `ORDER` and those of `key`.
    """
    same = Window.partitionBy(*key)
    order = same.orderBy(*ORDER, "template_id")
    placed = pairs.withColumn("together", F.count(F.lit(1)).over(same)).where("together > 1").select(
        "task", "example_id", "template_id",
        F.row_number().over(order).alias("place"),
        F.first("example_id").over(order).alias("kept_id"), F.first("task").over(order).alias("kept_task"),
    )  # fmt: skip
    found = placed.where("place > 1").select(
        F.lit(SAME_TEXT).alias("kind"), "task", "example_id", "template_id", "kept_id", "kept_task",
        F.lit(True).alias("removed"), F.lit(1.0).alias("similarity"), F.lit(rule).alias("rule"),
    )  # fmt: skip
    return as_duplicates(found)
