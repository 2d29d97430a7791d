"""examples -> signatures: the band keys of every example, by which near-duplicates are found.

They are made anew only for tasks whose examples, settings or boilerplate have changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from taskmill.jobs.configuration.settings import NearDuplicates
from taskmill.jobs.context import Context
from taskmill.jobs.examples import CONTENT_TEXTS, DRAWS, content_fields, numbered, rows_by_task, sent_to_workers
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import INGEST, SIGN, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.near_duplicates.arrays import Numbers
from taskmill.udfs.near_duplicates.documents import FREQUENT_DDL, SIGNATURE_DDL, Hashing, frequent, signed
from taskmill.udfs.near_duplicates.shingles import Shingling

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RULES = "minhash-1"  # raise when the same examples would get other signatures
SAMPLED = 2_000  # examples of a task in which boilerplate is looked for
FEWEST_SAMPLED = 200  # fewer say nothing about what is common
BOILERPLATE = 0.05  # of the examples have a shingle that tells nothing
# Columns of `sample_bounds`, beside example_id and a count.
IS_SAMPLED = "conv(right(example_id, 8), 16, 10) < below"
IS_COMMON = "count >= at_least"
# What is compared whole is short, or has hardly a word of its own.
WHOLES = r"""transform(texts, text -> xxhash64(
    CASE WHEN length(text) < 1000 THEN lower(regexp_replace(trim(text), r'\s+', ' ')) ELSE text END))"""


def hashing_of(settings: NearDuplicates) -> Hashing:
    """How documents are compared under these settings."""
    bands, rows = settings.bands_and_rows
    short = min(settings.words, 3)
    return Hashing(Shingling(words=settings.words, short_words=short), bands, rows)


def documents_of(context: Context, settings: NearDuplicates, only: DataFrame | None = None) -> DataFrame:
    """Examples as the kernels take them: task, example_id, doc (a 64-bit number for the id), scope, texts, and
    wholes: for each text a hash that is equal for texts that differ only in case and white space.

    Args:
        only: numbers of examples (column doc); None for all.
    """
    languages = "array_join(languages, ',')"
    is_wide = settings.scope == "all"
    return (
        numbered(context.warehouse.read(tables.EXAMPLES, SIGN), only)
        .join(F.broadcast(content_fields(context)), on="task", how="inner")
        .selectExpr(
            "task", "example_id", "xxhash64(example_id) AS doc",
            f"xxhash64({languages}) AS scope" if is_wide else f"xxhash64(task_type, {languages}) AS scope",
            f"array(array_join({CONTENT_TEXTS}, '\\n')) AS texts" if is_wide else f"{CONTENT_TEXTS} AS texts",
        )
        .withColumn("wholes", F.expr(WHOLES))
    )  # fmt: skip


def update_signatures(context: Context, settings: NearDuplicates, hashing: Hashing) -> Hashing:
    """Brings `signatures` up to date, and gives the hashing with the boilerplate of every task."""
    ingested = context.ledger.done(INGEST)
    rows = {task: entry.counts.rows_out for task, entry in ingested.items()}
    found = boilerplate(context, partial(documents_of, context, settings), hashing, rows)
    hashing = Hashing(hashing.shingling, hashing.bands, hashing.rows, hashing.seed, found)
    fingerprints = {
        task: fingerprint(RULES, entry.output, settings.of_signatures, found[task].tolist() if task in found else [])
        for task, entry in ingested.items()
    }
    gone = context.ledger.gone(SIGN, fingerprints)
    stale = context.ledger.stale(SIGN, fingerprints)
    if gone:
        context.warehouse.delete(tables.SIGNATURES, f"task IN {sql_list(gone)}")
        context.ledger.remove(SIGN, gone)
    if not stale:
        return hashing
    predicate = f"task IN {sql_list(stale)}"
    context.ledger.begin(SIGN, stale)
    signatures = documents_of(context, settings).where(predicate).mapInArrow(signed(hashing), SIGNATURE_DDL)
    context.warehouse.replace(tables.SIGNATURES, signatures, predicate)
    signed_rows = rows_by_task(context.warehouse.read(tables.SIGNATURES).where(predicate).select("task"))
    counts = {
        task: Counts(
            rows_in=ingested[task].counts.rows_out, rows_out=signed_rows.get(task, 0),
            not_selected=ingested[task].counts.rows_out - signed_rows.get(task, 0),
        )
        for task in stale
    }  # fmt: skip
    context.ledger.finish(SIGN, counts, fingerprints, 0.0)
    return hashing


def boilerplate(
    context: Context,
    documents: Callable[[DataFrame], DataFrame],
    hashing: Hashing,
    rows: Mapping[str, int],
    share: float = BOILERPLATE,
    fewest: int = FEWEST_SAMPLED,
) -> Mapping[str, Numbers]:
    """For each task the shingles that many of its examples share, sorted: a wording common to all of them must not
    make them alike. Found in a sample that depends on the ids alone; a few thousand numbers reach the driver.

    Args:
        documents: gives task and texts of the examples that it is given the numbers of.
        rows: how many examples of each task it can give.
        share: of a task's examples; what so many have is boilerplate.
        fewest: examples of a task; of one with fewer nothing is known.
    """
    known = sum(count >= fewest for count in rows.values())
    if not known:
        return {}
    bounds = sample_bounds(context, rows, share, fewest)
    ids = context.warehouse.read(tables.EXAMPLES).select("task", "example_id").join(F.broadcast(bounds), on="task")
    drawn = ids.where(IS_SAMPLED).selectExpr("xxhash64(example_id) AS doc")
    sample = documents(sent_to_workers(drawn, count=known * SAMPLED))
    shingles = sample.select("task", "texts").mapInArrow(frequent(hashing), FREQUENT_DDL)
    common = shingles.groupBy("task", "hash").count().join(F.broadcast(bounds), on="task", how="inner")
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row in common.where(IS_COMMON).select("task", "hash").collect():
        found[row["task"]].append(row["hash"])
    return {task: _sorted(hashes) for task, hashes in found.items()}


def sample_bounds(context: Context, rows: Mapping[str, int], share: float, fewest: int) -> DataFrame:
    """What `IS_SAMPLED` and `IS_COMMON` need of each task that has enough examples: task, below, at_least."""
    sampled = {task: min(count, SAMPLED) for task, count in rows.items() if count >= fewest}
    return context.spark.createDataFrame(
        [(task, int(count / rows[task] * DRAWS), int(count * share)) for task, count in sampled.items()],
        "task string, below long, at_least long",
    )


def _sorted(hashes: Iterable[int]) -> Numbers:
    return np.sort(np.array(list(hashes), np.int64).view(np.uint64))
