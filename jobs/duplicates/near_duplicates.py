"""Near-duplicates among examples: signatures -> buckets -> candidates -> exact comparison -> groups -> who stays.

Only ids, band keys and the shingles of candidates travel; text is read where it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.configuration.settings import NearDuplicates
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.components import components
from taskmill.jobs.duplicates.signatures import documents_of, hashing_of, update_signatures
from taskmill.jobs.examples import REJECTED, as_duplicates, ranked, sent_to_workers
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.udfs.near_duplicates.buckets import CANDIDATE_DDL, candidates
from taskmill.udfs.near_duplicates.comparisons import COMPARED_DDL, compared
from taskmill.udfs.near_duplicates.decisions import DECIDED_DDL, decided
from taskmill.udfs.near_duplicates.documents import DOCUMENT_DDL, Hashing, shingled
from taskmill.udfs.near_duplicates.packing import PACKED_DDL, packed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KEYS_IN_PARTITION = 2_000_000  # of 16 bytes and more, sorted in a worker
SLICES = 8  # for each partition
ENDS = ("example_id", "task", "answer_key", "place")


def near_duplicates(
    context: Context, settings: NearDuplicates, leaving: DataFrame, persisted: Persisted
) -> DataFrame | None:
    """Rows of `duplicates`: for every example of a group but the first, what it repeats and whether it leaves. None
    where no two examples meet in a band.

    Args:
        leaving: the ids of examples that leave for another reason, and are not compared.
        persisted: holds what is read more than once; the rows can be read as long as it does.
    """
    hashing = update_signatures(context, settings, hashing_of(settings))
    pairs = persisted.keep(candidate_pairs(context, hashing, leaving))
    if not _count_and_tell(context, pairs):
        return None
    found = persisted.keep(compare(context, settings, hashing, pairs.where("left <> right"), persisted))
    rule = f"{settings.words}-grams, {hashing.bands} bands of {hashing.rows}, Jaccard >= {settings.threshold}"
    accepted = persisted.keep(found.where(F.col("similarity") >= settings.threshold))
    rows = decisions(context, accepted, settings.mode == "remove", rule)
    if settings.keep_rejected:
        rows = rows.unionByName(rejected(context, found.where(F.col("similarity") < settings.threshold), rule))
    return rows


def candidate_pairs(context: Context, hashing: Hashing, leaving: DataFrame) -> DataFrame:
    """Columns left, right (numbers of documents), bands (in how many they meet), bucket: each pair once.

    A row with left = right tells of a bucket too large for all its pairs, and how many documents it has.
    """
    signatures = context.warehouse.read(tables.SIGNATURES)
    keys = signatures.join(sent_to_workers(leaving), on="example_id", how="left_anti").select("doc", "keys")
    slices = by_slice(keys, "keys", ["doc"], signatures.count() * hashing.bands)
    pairs = slices.mapInArrow(candidates, CANDIDATE_DDL)
    return pairs.groupBy("left", "right").agg(
        F.count(F.lit(1)).cast("int").alias("bands"), F.max("bucket").alias("bucket")
    )


def by_slice(rows: DataFrame, keys: str, others: Sequence[str], count: int) -> DataFrame:
    """The keys with what stands beside them, packed, all of a key in one partition.

    Args:
        rows: keys (array of long), and others (long).
        count: of the keys, or thereabouts.
    """
    parts = max(2, count // KEYS_IN_PARTITION)
    # Slices are dealt by hash, and so not evenly: many small ones are.
    found = rows.mapInArrow(packed(keys, others, SLICES * parts), PACKED_DDL)
    return found.repartition(parts, "slice")


def compare(
    context: Context, settings: NearDuplicates, hashing: Hashing, pairs: DataFrame, persisted: Persisted
) -> DataFrame:
    """The pairs with their exact similarity."""
    ids = persisted.keep(pairs.selectExpr("explode(array(left, right)) AS doc").distinct())
    documents = documents_of(context, settings, only=sent_to_workers(ids))
    found = persisted.keep(documents.mapInArrow(shingled(hashing), DOCUMENT_DDL))
    return with_hubs(pairs.select("left", "right", "bands"), found).mapInArrow(compared, COMPARED_DDL)


def with_hubs(pairs: DataFrame, documents: DataFrame) -> DataFrame:
    """The pairs with the columns of their right document, in front of those of one left document this one itself, with
    right null. A document travels once for each pair it is the right one of, and once for all it is the left one of.

    Args:
        pairs: left, right (numbers of documents), and more.
        documents: doc, and more.
    """
    found = [name for name in documents.columns if name != "doc"]
    right = pairs.join(documents.withColumnRenamed("doc", "right"), on="right")
    left = pairs.select("left").distinct().join(documents.withColumnRenamed("doc", "left"), on="left")
    hubs = left.withColumns(
        {field.name: F.lit(None).cast(field.dataType) for field in pairs.schema if field.name != "left"}
    )
    columns = (*pairs.columns, *found)
    both = hubs.select(*columns).union(right.select(*columns)).repartition("left")
    return both.sortWithinPartitions("left", F.col("right").asc_nulls_first())


def decisions(context: Context, accepted: DataFrame, removes: bool, rule: str) -> DataFrame:
    """Rows of `duplicates` for the groups that accepted pairs make."""
    ends = examples_at_ends(context, accepted)
    groups = components(accepted)
    edges = (
        accepted.join(_named(ends, "left"), on="left")
        .join(_named(ends, "right"), on="right")
        .join(groups.withColumnRenamed("node", "left"), on="left")
    )
    rows = edges.repartition("component").mapInArrow(decided(removes), DECIDED_DDL)
    return as_duplicates(rows.withColumn("rule", F.lit(rule)))


def rejected(context: Context, pairs: DataFrame, rule: str) -> DataFrame:
    """Rows of `duplicates` for pairs that met in a band and are not alike enough: for each example the likest."""
    ends = examples_at_ends(context, pairs)
    both = pairs.join(_named(ends, "left"), on="left").join(_named(ends, "right"), on="right")
    likest = both.groupBy("right_task", "right_example_id").agg(
        F.max(F.struct("similarity", "containment", "bands", "left_example_id", "left_task")).alias("one")
    )
    found = likest.selectExpr(
        "right_task AS task", "right_example_id AS example_id", "one.left_example_id AS kept_id",
        "one.left_task AS kept_task", "one.similarity AS similarity", "one.containment AS containment",
        "one.bands AS bands", f"'{REJECTED}' AS kind", "false AS removed",
    )  # fmt: skip
    return as_duplicates(found.withColumn("rule", F.lit(rule)))


def examples_at_ends(context: Context, pairs: DataFrame) -> DataFrame:
    """The examples that pairs name: doc, example_id, task, answer_key, and `place`, by which they are kept."""
    ids = pairs.selectExpr("explode(array(left, right)) AS doc").distinct()
    keys = context.warehouse.read(tables.EXAMPLES).selectExpr(
        "xxhash64(example_id) AS doc", "example_id", "task", "answer_key"
    )
    known = ranked(context, keys.join(ids, on="doc", how="left_semi"))
    place = "concat(role_rank, lpad(CAST(priority + 3000000000 AS string), 12, '0'), example_id) AS place"
    return known.selectExpr("doc", "example_id", "task", "answer_key", place)


def _named(ends: DataFrame, side: str) -> DataFrame:
    return ends.select(F.col("doc").alias(side), *(F.col(name).alias(f"{side}_{name}") for name in ENDS))


def _count_and_tell(context: Context, pairs: DataFrame) -> int:
    """How many pairs there are; says which buckets were too large for all of theirs."""
    counts = ("count_if(left <> right) AS pairs", "count_if(left = right) AS buckets", "max(bucket) AS largest")
    found = pairs.agg(*map(F.expr, counts)).collect()[0]
    if found["buckets"]:
        context.messages.warn(
            f"deduplicate: {found['buckets']:,} buckets have more than a thousand examples, the largest "
            f"{found['largest']:,}; in these an example is compared with two others, and some near-duplicates may stay"
        )
    return int(found["pairs"])
