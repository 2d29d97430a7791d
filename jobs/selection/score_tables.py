"""Tables of scores that models or people made: of examples, or of pairs, which are then taken together by example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType

from taskmill.jobs.configuration.config import nearest
from taskmill.jobs.configuration.mixture_settings import ScoreColumn
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.roots import CATALOG_PREFIX

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from taskmill.jobs.context import Context

EXAMPLE, PAIR = "example_id", "pair_id"


def example_scores(context: Context, place: str, columns: Mapping[str, ScoreColumn]) -> DataFrame:
    """Column example_id and the wanted ones as doubles, one row an example; null for what is no number.

    Raises:
        TableError: if there is no such table.
        ConfigError: if it has no ids, or lacks a column, or one holds no numbers.
    """
    rows = _opened(context, place)
    numbers = {field.name for field in rows.schema.fields if isinstance(field.dataType, NumericType)}
    for name in columns:
        if name not in numbers:
            what = "holds no numbers" if name in rows.columns else "is not there"
            raise ConfigError(f"scores {place!r}: column {name!r} {what}{nearest(name, numbers - {EXAMPLE, PAIR})}")
    if EXAMPLE not in rows.columns:
        if PAIR not in rows.columns:
            raise ConfigError(f"scores {place!r}: it needs a column {EXAMPLE!r} or {PAIR!r}{nearest('', rows.columns)}")
        ids = context.warehouse.read(tables.PAIRS, "select").select(PAIR, EXAMPLE)
        rows = rows.join(ids, on=PAIR, how="inner")
    finite = {name: F.when(~F.isnan(F.col(name).cast("double")), F.col(name).cast("double")) for name in columns}
    found = rows.select(EXAMPLE, *(value.alias(name) for name, value in finite.items()))
    return found.groupBy(EXAMPLE).agg(*(_together(name, column.across).alias(name) for name, column in columns.items()))


def _together(name: str, across: str) -> Column:
    return {"mean": F.avg, "highest": F.max, "spread": F.stddev_pop}[across](name)


def _opened(context: Context, place: str) -> DataFrame:
    spark = context.spark
    try:
        if place.startswith(CATALOG_PREFIX):
            return spark.read.table(place.removeprefix(CATALOG_PREFIX))
        if DeltaTable.isDeltaTable(spark, place):
            return spark.read.format("delta").load(place)
        return spark.read.parquet(place)
    except AnalysisException as error:
        raise TableError(
            f"scores {place!r}: there is no Delta table and there are no parquet files; correct `scores` or --scores"
        ) from error
