"""Examples to train on whose content stands in held-out examples: texts -> fingerprints -> candidates -> texts that are
alike -> examples that have them -> the verdict on each pair of examples.

Texts are compared before examples: a passage of a hundred questions is looked at once. What travels are 64-bit numbers,
and for candidates the texts themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.near_duplicates import by_slice, with_hubs
from taskmill.jobs.duplicates.signatures import boilerplate
from taskmill.jobs.examples import ANSWER_TEXTS, CONTENT_TEXTS, content_fields, kept_examples, numbered, sent_to_workers
from taskmill.jobs.spark.persisted import Persisted, cut
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE
from taskmill.udfs.near_duplicates.arrays import Numbers
from taskmill.udfs.near_duplicates.comparisons import COMPARED_DDL, compared
from taskmill.udfs.near_duplicates.documents import DOCUMENT_DDL, Hashing, shingled
from taskmill.udfs.overlaps.evidence import EVIDENCE_DDL, GROUP, KINDS, LEAST_SHARE, evidenced
from taskmill.udfs.overlaps.fingerprints import SHINGLING, TEXT_DDL, Fingerprinting, fingerprinted
from taskmill.udfs.overlaps.meetings import MEETING_DDL, meetings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COMMON = 0.2  # of a task's examples; what so many of them have, such as a definition, is no evidence
FEWEST = 20  # examples of a task that tell what is common
PARTNERS = 8  # held-out examples of one task that an example is compared with: those whose texts are likest
WITNESSES = 8  # examples with one text that stand for all of their task

# A side is one number: benchmarks 0, tasks kept out of all training 1, then for each fold (from -1: never held out) its
# training split and, one higher, its other splits.
BENCHMARK, HELD_OUT_TASK, FIRST_OF_FOLDS = 0, 1, 4
SIDE = (
    f"CASE WHEN fold IS NULL THEN {BENCHMARK} WHEN held_out_task THEN {HELD_OUT_TASK} "
    f"ELSE {FIRST_OF_FOLDS} + 2 * fold + IF(split = 'train', 0, 1) END"
)
FOLD_OF = f"(({{}} - {FIRST_OF_FOLDS}) DIV 2)"
IS_TRAINED = f"side > {HELD_OUT_TASK}"
# Columns side, task of an example to train on; other_side, other_task of another.
IS_HELD_OUT = (
    f"(other_side <= {HELD_OUT_TASK} OR (other_side >= {FIRST_OF_FOLDS} AND other_side DIV 2 <> side DIV 2) "
    "OR (task = other_task AND side % 2 = 0 AND other_side % 2 = 1))"
)


def overlaps(context: Context, persisted: Persisted) -> DataFrame:
    """Columns task, example_id, side, other_task, other_id, other_side, kind, share, words, spans, others: an example
    to train on and one held out from it that has content of it. For another task there is the most telling pair, and
    how many there are of the `PARTNERS` that were looked at; and one for those of its group."""
    placed = placed_examples(context)
    rows = kept_rows(context)
    common = boilerplate(context, partial(placed_examples, context), Hashing(SHINGLING), rows, COMMON, FEWEST)
    found = persisted.keep(placed.mapInArrow(fingerprinted(Fingerprinting(boilerplate=common)), TEXT_DDL))
    met = cut(texts_that_meet(found))
    declared = of_one_group(placed)
    if not _count_and_tell(context, met):
        return declared
    links = cut(alike(context, found, met, common, persisted))
    pairs = cut(example_pairs(found, links))
    return judged(context, pairs, common, persisted).unionByName(declared)


def kept_rows(context: Context) -> dict[str, int]:
    """How many examples of each task stay."""
    return {task: entry.counts.rows_out for task, entry in context.ledger.done(DEDUPLICATE).items()}


def placed_examples(context: Context, only: DataFrame | None = None) -> DataFrame:
    """Examples that stay: task, example_id, doc (a number for the id), side, group_key, texts (content, then answers)
    and contents, the number of content fields.

    Args:
        only: numbers of examples (column doc); None for all.
    """
    folds = context.warehouse.read(tables.TASKS).select("task", "fold", "held_out_task")
    fields = content_fields(context).join(folds, on="task", how="inner")
    return (
        numbered(kept_examples(context, "decontaminate"), only)
        .join(F.broadcast(fields), on="task", how="inner")
        .selectExpr(
            "task", "example_id", "xxhash64(example_id) AS doc", f"{SIDE} AS side", "group_key",
            f"concat({CONTENT_TEXTS}, {ANSWER_TEXTS}) AS texts",
            "size(content_fields) AS contents",
        )
    )  # fmt: skip


def texts_that_meet(found: DataFrame) -> DataFrame:
    """Columns left, right, bucket, as `MEETING_DDL`, each pair once."""
    count = found.agg(F.sum(F.size("prints"))).collect()[0][0] or 0
    rows = found.selectExpr("CAST(side AS long) AS side", "text", "prints")
    return by_slice(rows, "prints", ["side", "text"], count).mapInArrow(meetings, MEETING_DDL).distinct()


def alike(
    context: Context, found: DataFrame, met: DataFrame, common: Mapping[str, Numbers], persisted: Persisted
) -> DataFrame:
    """Columns left, right, containment: texts of different sides of which one has much of the other, each pair both
    ways."""
    equal = met.where("left = right").selectExpr("left", "right", "1.0D AS containment")
    apart = met.where("left < right").selectExpr("left", "right", "0 AS bands")
    texts = persisted.keep(_compared(context, found, apart, common, persisted))
    near = texts.where(f"containment >= {LEAST_SHARE}").select("left", "right", "containment")
    return equal.union(near).union(near.selectExpr("right AS left", "left AS right", "containment"))


def _compared(
    context: Context, found: DataFrame, pairs: DataFrame, common: Mapping[str, Numbers], persisted: Persisted
) -> DataFrame:
    """The texts of these pairs compared, as `COMPARED_DDL`."""
    ends = pairs.selectExpr("explode(array(left, right)) AS text").distinct()
    first = F.min(F.struct("doc", "place")).alias("first")
    stand = found.select("text", "doc", "place").join(ends, on="text", how="left_semi").groupBy("text").agg(first)
    standing = cut(stand.selectExpr("text", "first.doc AS doc", "first.place AS place"))
    texts = (
        placed_examples(context, only=sent_to_workers(standing.select("doc").distinct()))
        .selectExpr("task", "doc", "posexplode(texts) AS (place, content)")
        .join(standing, on=["doc", "place"])
        .selectExpr("task", "text AS doc", "0L AS scope", "array(content) AS texts", "array(0L) AS wholes")
    )
    documents = persisted.keep(texts.mapInArrow(shingled(Hashing(SHINGLING, boilerplate=common)), DOCUMENT_DDL))
    return with_hubs(pairs, documents).mapInArrow(compared, COMPARED_DDL)


def example_pairs(found: DataFrame, links: DataFrame) -> DataFrame:
    """Columns left (an example to train on) and right (one held out from it): those that have texts that are alike."""
    ends = links.select(F.col("left").alias("text")).distinct()
    having = found.select("text", "task", "doc", "side").join(ends, on="text", how="left_semi")
    of_task = Window.partitionBy("text", "task", "side").orderBy("doc")
    partners = (
        having.withColumn("place", F.row_number().over(of_task))
        .where(f"place <= {WITNESSES}")
        .selectExpr("text AS right", "task AS other_task", "side AS other_side", "doc AS other_doc")
    )
    trained = having.where(IS_TRAINED).withColumnRenamed("text", "left")
    both = trained.join(links, on="left").join(partners, on="right").where(f"doc <> other_doc AND {IS_HELD_OUT}")
    pairs = both.groupBy("doc", "other_task", "other_doc").agg(
        F.max("containment").alias("most"), F.count(F.lit(1)).alias("alike")
    )
    of_example = Window.partitionBy("doc", "other_task").orderBy(F.desc("most"), F.desc("alike"), "other_doc")
    nearest = pairs.withColumn("place", F.row_number().over(of_example)).where(f"place <= {PARTNERS}")
    return nearest.selectExpr("doc AS left", "other_doc AS right")


def judged(context: Context, pairs: DataFrame, common: Mapping[str, Numbers], persisted: Persisted) -> DataFrame:
    """The pairs of examples with the verdict on each, without those that have too little in common."""
    ids = persisted.keep(pairs.selectExpr("explode(array(left, right)) AS doc").distinct())
    examples = persisted.keep(placed_examples(context, only=sent_to_workers(ids)))
    texts = examples.select("doc", "task", "texts", "contents")
    verdicts = with_hubs(pairs, texts).mapInArrow(evidenced(common), EVIDENCE_DDL)
    ends = examples.select("doc", "task", "example_id", "side")
    others = ends.selectExpr("doc AS right", "task AS other_task", "example_id AS other_id", "side AS other_side")
    return (
        verdicts.join(ends.withColumnRenamed("doc", "left"), on="left").join(others, on="right").drop("left", "right")
    )


def of_one_group(placed: DataFrame) -> DataFrame:
    """Pairs of examples to train on with one that is held out and of the same declared group."""
    grouped = placed.where("group_key IS NOT NULL").select("group_key", "task", "example_id", "side")
    others = grouped.groupBy("group_key", F.col("task").alias("other_task"), F.col("side").alias("other_side")).agg(
        F.min("example_id").alias("other_id")
    )
    return (
        grouped.where(IS_TRAINED)
        .join(others, on="group_key")
        .where(IS_HELD_OUT)
        .selectExpr(
            "task", "example_id", "side", "other_task", "other_id", "other_side", f"'{GROUP}' AS kind",
            "1.0D AS share", "0 AS words", "1L AS others", "CAST(array() AS array<string>) AS spans",
        )
    )  # fmt: skip


def most_telling(found: DataFrame) -> DataFrame:
    """Of the pairs of an example with those of another task the first by kind, then by what they share."""
    rank = F.array_position(F.array(*map(F.lit, KINDS)), F.col("kind"))
    order = F.struct(-rank, "share", "words", "other_id")
    kept = ("side", "other_side", "other_id", "kind", "share", "words", "spans")
    best = F.max_by(F.struct(*kept), order).alias("best")
    rows = found.groupBy("task", "example_id", "other_task").agg(best, F.sum("others").alias("others"))
    return rows.select("task", "example_id", "other_task", "others", "best.*")


def _count_and_tell(context: Context, met: DataFrame) -> int:
    """How many pairs of texts there are; says which n-grams stood in too many texts for all of their pairs."""
    counts = ("count_if(bucket = 0) AS pairs", "count_if(bucket > 0) AS buckets", "max(bucket) AS largest")
    found = met.agg(*map(F.expr, counts)).collect()[0]
    if found["buckets"]:
        context.messages.say(
            f"decontaminate: {found['buckets']:,} word sequences stand in many texts, one in {found['largest']:,}; of "
            "these texts each is compared with a few of every other side"
        )
    return int(found["pairs"])
