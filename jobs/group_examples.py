"""examples, duplicates -> groups: which examples must stay on one side when some of a task's examples are held out.

Examples belong together when they share a passage or a long answer, are nearly the same (whatever their answers), or
their sources say so (`group`). Writes `groups`, one row for each example that does not stand alone; `render` gives its
pairs `group_id`, and from a draw for the group whether they are held out.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from taskmill.jobs.command import main
from taskmill.jobs.duplicates.components import components
from taskmill.jobs.examples import ANSWER_TEXTS, CONTENT_TEXTS, REJECTED, content_fields, kept_examples
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE, GROUP_EXAMPLES, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

STEP = GROUP_EXAMPLES
RULE = "groups-1"  # raise when the same examples would be grouped otherwise
PASSAGE = 120  # characters; a shorter text that several examples have says little
COMMON, FEWEST = 0.2, 5  # of a task's examples; what more than so many have is a definition, no passage
NORMAL = r"xxhash64(lower(regexp_replace(trim(text), r'\s+', ' ')))"


def run(context: Context) -> None:
    """Brings `groups` up to date."""
    entries = context.ledger.done(DEDUPLICATE)
    value = fingerprint(RULE, {task: entry.output for task, entry in entries.items()})
    fingerprints = dict.fromkeys(entries, value)
    gone = context.ledger.gone(STEP, fingerprints)
    if not gone and not context.ledger.stale(STEP, fingerprints):
        context.messages.say(f"{STEP}: up to date")
        return
    rows = sum(entry.counts.rows_out for entry in entries.values())
    with context.step(STEP, f"{rows:,} examples") as seconds, Persisted() as persisted:
        context.ledger.remove(STEP, gone)
        context.ledger.begin(STEP, fingerprints)
        examples = persisted.keep(examples_and_numbers(context))
        links = persisted.keep(links_between(context, examples))
        if links.isEmpty():
            context.warehouse.delete(tables.GROUPS, "true")
        else:
            groups = components(links).join(examples, F.col("node") == F.col("doc"))
            found = groups.selectExpr("task", "example_id", "lower(hex(component)) AS group_id")
            context.warehouse.replace(tables.GROUPS, found, "true")
        counts = {task: Counts(entry.counts.rows_out, entry.counts.rows_out) for task, entry in entries.items()}
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs(context, fingerprints))
    told = context.warehouse.read(tables.GROUPS).agg(F.count(F.lit(1)), F.count_distinct("group_id")).collect()[0]
    context.messages.say(
        f"{STEP}: {counted(told[0], 'example')} in {counted(told[1], 'group')}, {rows - told[0]:,} alone",
        step=STEP, rows_in=rows, rows_out=rows,
    )  # fmt: skip


def examples_and_numbers(context: Context) -> DataFrame:
    """Every example that stays: task, example_id, doc (a number for the id)."""
    return kept_examples(context, STEP).selectExpr("task", "example_id", "xxhash64(example_id) AS doc")


def links_between(context: Context, examples: DataFrame) -> DataFrame:
    """Columns left, right: numbers of examples that belong together, each with the first of those it is linked to."""
    found = (_by_passage(context), _by_declared_group(context), _by_likeness(context, examples))
    return reduce(DataFrame.union, found).where("left <> right")


def _by_passage(context: Context) -> DataFrame:
    sizes = [(task, entry.counts.rows_out) for task, entry in context.ledger.done(DEDUPLICATE).items()]
    bounds = context.spark.createDataFrame(sizes, "task string, size long")
    texts = (
        kept_examples(context, STEP)
        .join(F.broadcast(content_fields(context)), on="task", how="inner")
        .selectExpr(
            "task", "xxhash64(example_id) AS doc", f"explode(concat({CONTENT_TEXTS}, {ANSWER_TEXTS})) AS text"
        )
        .where(f"length(text) >= {PASSAGE}")
        .selectExpr("task", "doc", f"{NORMAL} AS passage")
        .distinct()
    )  # fmt: skip
    of_task = texts.groupBy("task", "passage").agg(F.min("doc").alias("first"), F.count(F.lit(1)).alias("having"))
    passages = of_task.join(F.broadcast(bounds), on="task").where(f"having <= greatest({FEWEST}, {COMMON} * size)")
    roots = passages.groupBy("passage").agg(F.min("first").alias("right"), F.sum("having").alias("having"))
    shared = passages.select("task", "passage").join(roots.where("having > 1"), on="passage")
    return texts.join(shared, on=["task", "passage"]).selectExpr("doc AS left", "right")


def _by_declared_group(context: Context) -> DataFrame:
    declared = kept_examples(context, STEP).where("group_key IS NOT NULL")
    numbered = declared.selectExpr("group_key", "xxhash64(example_id) AS left")
    roots = numbered.groupBy("group_key").agg(F.min("left").alias("right"))
    return numbered.join(roots, on="group_key").select("left", "right")


def _by_likeness(context: Context, examples: DataFrame) -> DataFrame:
    """Examples that stay though they repeat or contradict another: those of a near-duplicate group."""
    alike = context.warehouse.read(tables.DUPLICATES).where(f"template_id IS NULL AND kind <> '{REJECTED}'")
    first = "CASE WHEN group_id IS NULL THEN kept_id ELSE group_id END"
    ends = alike.selectExpr("xxhash64(example_id) AS left", f"xxhash64({first}) AS right")
    staying = examples.select(F.col("doc").alias("left"))
    rooted = ends.join(staying, on="left", how="left_semi")
    # The first of a group may have left; then the others are linked all the same, by the least of them.
    roots = rooted.groupBy("right").agg(F.min("left").alias("root"))
    both = rooted.join(roots, on="right").selectExpr("left", "root AS right")
    kept = rooted.join(staying.withColumnRenamed("left", "right"), on="right", how="left_semi").select("left", "right")
    return both.union(kept)


def outputs(context: Context, fingerprints: dict[str, str]) -> dict[str, str]:
    """For each task what stands for the groups of its examples."""
    rows = context.warehouse.read(tables.GROUPS).where(f"task IN {sql_list(fingerprints)}")
    digest = F.bit_xor(F.xxhash64("example_id", "group_id")).alias("digest")
    found = {row["task"]: row["digest"] for row in rows.groupBy("task").agg(digest).collect()}
    return {task: fingerprint(found.get(task)) for task in fingerprints}


if __name__ == "__main__":
    main(run)
