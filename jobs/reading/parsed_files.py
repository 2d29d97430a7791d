"""Files in formats of our own, read by Spark's `binaryFile` scan and parsed by the workers.

So every file system and credential that Spark knows works, and thousands of files are one scan.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from taskmill.jobs.configuration.config import Read
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.parsers.batches import file_schemas, parse_files, parse_groups, parsed_schema
from taskmill.udfs.parsers.formats import parser_of
from taskmill.udfs.parsers.records import GroupParser, OpenParser, Parser

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TABLE_ENDINGS = (".arrow", ".parquet")


def parsed_rows(
    spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str], max_bytes: int
) -> DataFrame:
    """The records of a `read` block in one of our formats, as `readers.read_rows` gives them.

    `_metadata` also has the line a record begins in, and names a file in an archive as `archive.zip!/file`.
    """
    parser = parser_of(read.format, read.options)
    stored = spark.read.format("binaryFile").load(list(places))
    files = stored.select(F.col("_metadata.file_path").alias("path"), "content")
    if skipped:
        files = files.where(~F.regexp_replace("path", "^file:/+", "file:///").isin(*skipped))
    if isinstance(parser, OpenParser):
        parser = _closed(files, parser, max_bytes)
    schema = from_arrow_schema(parsed_schema(parser))
    if isinstance(parser, GroupParser):
        rows = _grouped(spark, files, parser).mapInArrow(parse_groups(parser, max_bytes), schema)
    else:
        rows = files.mapInArrow(parse_files(parser, max_bytes), schema)
    return rows.selectExpr(
        *(f"`{name}`" for name in parser.schema.names),
        "struct(_file AS file_path, substring_index(_file, '/', -1) AS file_name, _line AS line) AS _metadata",
        "_refused", "_raw",
    )  # fmt: skip


def _grouped(spark: SparkSession, files: DataFrame, parser: GroupParser) -> DataFrame:
    """Column files: those that make one document together. Only their names reach the driver."""
    paths = [row["path"] for row in files.select("path").collect()]
    group_of = spark.createDataFrame([(path, parser.group_of(path)) for path in paths], "path string, named string")
    together = files.join(F.broadcast(group_of), on="path", how="inner").groupBy("named")
    return together.agg(F.collect_list(F.struct("path", "content")).alias("files")).select("files")


def _closed(files: DataFrame, parser: OpenParser, max_bytes: int) -> Parser:
    """The parser with the columns of the first table by name. The table stays with the workers.

    Raises:
        ConfigError: if there is none.
    """
    paths = sorted(row["path"] for row in files.select("path").collect())
    first = next((path for path in paths if path.endswith(TABLE_ENDINGS)), paths[0])
    one = files.where(F.col("path") == first).mapInArrow(file_schemas(parser, max_bytes), "schema binary, fault string")
    found = one.collect()
    stored = next((row["schema"] for row in found if row["schema"] is not None), None)
    if stored is None:
        faults = "; ".join(row["fault"] for row in found) or "there is nothing in it"
        raise ConfigError(f"read: {first}: {faults}; the columns of the source are those of this file")
    try:
        return parser.with_schema(pa.ipc.read_schema(pa.py_buffer(stored)))
    except ValueError as error:
        raise ConfigError(f"read: {first}: {error}") from error
