"""How well each wording teaches, as `taskmill templates rank` measured it: read where it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from taskmill.jobs.errors import TableError
from taskmill.jobs.storage.table import DOUBLE, STRING, Table, column

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

# Only what is read here; the table is another command's.
WORDING_SCORES = Table(
    "wording_scores",
    "How well a wording teaches",
    key=("template_id",),
    indexed=2,
    schema=StructType([column("template_id", STRING, "The wording"), column("score", DOUBLE, "0 to 1")]),
)


def wording_scores(context: Context, mixture: str) -> dict[str, float]:
    """The score of every wording that has one, by template_id; the mean where it was measured several times.

    Raises:
        TableError: if there are none, naming the command that measures them.
    """
    warehouse = context.warehouse
    if not warehouse.exists(WORDING_SCORES):
        raise TableError(
            f"mixture {mixture!r} goes by the scores of wordings, and there is no table {WORDING_SCORES.name!r} under "
            f"{warehouse.root!r}. Run `taskmill templates rank` with the same --tables first, or give the mixture "
            "`templates: even` and no `drop_below`"
        )
    rows = warehouse.read(WORDING_SCORES).select(*WORDING_SCORES.columns).where("score IS NOT NULL")
    found = rows.groupBy("template_id").agg(F.avg("score").alias("score")).collect()
    return {row["template_id"]: float(row["score"]) for row in found}
