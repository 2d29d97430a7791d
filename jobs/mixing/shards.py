"""The pairs of a mixture in shards: shuffled as a whole, and of even size whatever their number.

The order is that of a hash of seed, pair and repeat. Which shard a pair is in is worked out over ids; then its text
moves once, straight to its shard. Where the ids are too many to send to every worker, joining them with the texts moves
these once more.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from taskmill.jobs.errors import TableError
from taskmill.jobs.examples import sent_to_workers
from taskmill.jobs.mixing.candidates import setting_of
from taskmill.jobs.mixing.fingerprints import mixture_fingerprint
from taskmill.jobs.storage.ledger import DONE, MIX
from taskmill.jobs.storage.mixture_tables import MIXTURE
from taskmill.jobs.storage.warehouse import sql_list

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.configuration.mixture_settings import Mixture
    from taskmill.jobs.context import Context

SHARD_PAIRS = 100_000  # of a shard, when nobody says how many there are to be
STRETCH_PAIRS = 50_000  # that are put in order together, about
SHARD, POSITION = "shard", "position"


def mixture_rows(context: Context, mixture: Mixture, needed_by: str) -> DataFrame:
    """The rows of a mixture, when they are what its rules and the pairs as they are now make.

    Raises:
        TableError: if it was not made, or of other pairs or by other rules.
    """
    name = mixture.mixture
    entry = context.ledger.entries.get((MIX, name))
    if entry is None or not context.warehouse.exists(MIXTURE):
        raise TableError(f"{needed_by}: mixture {name!r} has not been made; run `taskmill mix {name}` first")
    if entry.status != DONE or entry.fingerprint != mixture_fingerprint(context, setting_of(context, mixture)):
        raise TableError(
            f"{needed_by}: mixture {name!r} was made of other pairs or by other rules; run `taskmill mix {name}` again"
        )
    return context.warehouse.read(MIXTURE, needed_by).where(f"mixture IN {sql_list([name])}")


def with_texts(pairs: DataFrame, rows: DataFrame, count: int) -> DataFrame:
    """The pairs of the mixture with their texts, and what `rows` has of each beside its ids."""
    own = rows.drop("task", "example_id", "tokens", "run_id", "mixture")
    return pairs.join(sent_to_workers(own, count), on="pair_id", how="inner")


def placed(rows: DataFrame, count: int, shards: int, seed: int) -> DataFrame:
    """A row for each repeat of each pair, with its position in the whole and its shard: ids and numbers alone.

    Args:
        count: how many rows there are with repeats.
    """
    repeated = rows.withColumn("repeat", F.explode(F.sequence(F.lit(1), "repeats")))
    # 53 bits, which a double holds exactly.
    order = F.shiftrightunsigned(F.xxhash64(F.lit(seed), F.lit("shuffle"), "pair_id", "repeat"), 11)
    stretches = max(1, count // STRETCH_PAIRS)
    # A stretch is a range of the hash, which is spread evenly: none is much larger than another.
    stretch = F.least(F.floor(F.col("order") / F.lit(2.0**53) * stretches).cast("int"), F.lit(stretches - 1))
    drawn = repeated.withColumn("order", order).withColumn("stretch", stretch)
    sizes = {row["stretch"]: row["count"] for row in drawn.groupBy("stretch").count().collect()}
    before = [0, *accumulate(sizes.get(one, 0) for one in range(stretches))]
    starts = rows.sparkSession.createDataFrame(list(enumerate(before[:-1])), "stretch int, start long")
    place = F.row_number().over(Window.partitionBy("stretch").orderBy("order", "pair_id", "repeat"))
    position = F.col("start") + place - 1
    found = drawn.join(F.broadcast(starts), on="stretch", how="inner").withColumn(POSITION, position)
    return found.withColumn(SHARD, (F.col(POSITION) % shards).cast("int")).drop("order", "stretch", "start", "repeats")


def in_shards(rows: DataFrame, shards: int) -> DataFrame:
    """The rows, moved to their shards and in order there: a file each."""
    return rows.repartitionById(shards, F.col(SHARD)).sortWithinPartitions(POSITION)


def shard_count(count: int, wanted: int | None) -> int:
    """As many shards as are wanted, but none that would be empty."""
    return max(1, min(count, wanted if wanted is not None else -(-count // SHARD_PAIRS)))
