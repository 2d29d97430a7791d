"""A source's raw rows, with what cannot be read marked instead of lost.

Every frame has the source's columns and three of ours: `_metadata` (file_path, file_name; null where there are no files),
`_refused` (why the row cannot be read, or null) and `_raw` (the refused text).

Spark's readers replace invalid UTF-8 without a word. So JSON Lines are read as text and parsed afterwards, and CSV is
read byte for byte as ISO-8859-1 and turned into UTF-8 column by column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.config import Read, nearest
from taskmill.jobs.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

OURS = ("_metadata", "_refused", "_raw")
FILE_FORMATS = frozenset({"json", "csv", "text", "parquet", "orc", "avro", "delta"})
CORRUPT = "_corrupt"
BYTES_AS_CHARACTERS = "ISO-8859-1"  # every byte is a character of it, so nothing is lost or replaced
SHOWN_CHARS = 1_000  # of a file that cannot be parsed: the rest is still in the file


def read_rows(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str] = ()) -> DataFrame:
    """The rows of one `read` block.

    Args:
        places: its paths, resolved.
        skipped: files (as `_metadata.file_path` writes them) that cannot be read and are left out.

    Raises:
        ConfigError: if a CSV header lacks a column of the schema.
    """
    if read.format == "json":
        return _json(spark, read, places, skipped)
    if read.format == "csv":
        return _csv(spark, read, places, skipped)
    if read.format == "text":
        return _text(spark, read, places, skipped)
    return _other(spark, read, places, skipped)


def _json(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    """JSON Lines, or with `multiLine` one document a file: an object, or an array of them."""
    options = {key: str(value) for key, value in read.options.items()}
    whole_files = options.pop("multiLine", "false").lower() == "true"
    ddl = read.schema_ or _inferred(spark, places, {**options, "multiLine": str(whole_files)})
    texts = _without(spark.read.text(list(places), wholetext=whole_files), skipped).where("trim(value) <> ''")
    valid = F.expr("try_validate_utf8(value)")
    kind = f"array<struct<{ddl}>>" if whole_files else f"{ddl}, {CORRUPT} string"
    parsed = F.from_json(valid, kind, {**options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT})
    rows = texts.select(parsed.alias("parsed"), "_metadata", F.expr("is_valid_utf8(value)").alias("valid"), F.expr("make_valid_utf8(value)").alias("value"))
    broken = F.col("parsed").isNull() if whole_files else F.expr(f"parsed IS NULL OR parsed.{CORRUPT} IS NOT NULL")
    refused = F.when(~F.col("valid"), "invalid_utf8").when(broken, "unreadable_file" if whole_files else "unreadable_line")
    raw = F.when(refused.isNotNull(), F.substring("value", 1, SHOWN_CHARS) if whole_files else F.col("value"))
    marked = rows.select("parsed", "_metadata", refused.alias("_refused"), raw.alias("_raw"))
    if whole_files:
        marked = marked.withColumn("parsed", F.explode_outer("parsed"))
    return marked.select("parsed.*", "_metadata", "_refused", "_raw").drop(CORRUPT)


def _inferred(spark: SparkSession, places: Sequence[str], options: Mapping[str, str]) -> str:
    """The schema Spark finds by reading everything once; sources that declare theirs spare that."""
    schema = spark.read.options(**options).json(list(places)).drop("_corrupt_record").schema
    return ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in schema.fields)


def _csv(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    recode = "encoding" not in read.options and "charset" not in read.options
    options = {key: str(value) for key, value in read.options.items()}
    if recode:
        options["encoding"] = BYTES_AS_CHARACTERS
    columns, types = _csv_columns(spark, read, places, options)
    names = [f"c{index}" for index in range(len(columns))]
    schema = ", ".join([*(f"{name} string" for name in names), f"{CORRUPT} string"])
    reader = spark.read.schema(schema).options(**options).option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", CORRUPT)
    # Spark parses only the columns that are asked for, and then takes a short line for a whole one.
    frame = _without(reader.option("columnPruning", "false").option("enforceSchema", "true").csv(list(places)), skipped)

    def text(name: str) -> str:
        return f"cast(encode({name}, '{BYTES_AS_CHARACTERS}') as string)" if recode else name

    cells = [F.expr(text(name)).alias(name) for name in [*names, CORRUPT]]
    rows = frame.select(*cells, "_metadata")
    invalid = F.expr(" OR ".join(f"NOT coalesce(is_valid_utf8({name}), true)" for name in names))
    refused = F.when(F.col(CORRUPT).isNotNull(), "unreadable_line").when(invalid, "invalid_utf8")
    whole = F.to_json(F.struct(*(F.expr(f"make_valid_utf8({name})").alias(column) for name, column in zip(names, columns, strict=True))))
    raw = F.when(refused.isNotNull(), F.coalesce(F.expr(f"make_valid_utf8({CORRUPT})"), whole))
    typed = [_typed(name, types.get(column, "string")).alias(column) for name, column in zip(names, columns, strict=True)]
    return rows.select(*typed, "_metadata", refused.alias("_refused"), raw.alias("_raw"))


def _typed(name: str, kind: str) -> Column:
    return F.col(name) if kind == "string" else F.expr(f"try_cast({name} as {kind})")


def _csv_columns(spark: SparkSession, read: Read, places: Sequence[str], options: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The columns of the files in their order, and the declared types."""
    declared = _declared(spark, read.schema_)
    if options.get("header", "false").lower() != "true":
        if not declared:
            raise ConfigError(f"read: csv without a header needs `schema`, as in 'question string, answer string' ({places[0]})")
        return list(declared), declared
    header = [_utf8(name) for name in spark.read.options(**options).csv(list(places)).columns]
    for name in declared:
        if name not in header:
            raise ConfigError(f"read: schema: the files have no column {name!r}{nearest(name, header)} ({places[0]})")
    return header, declared


def _utf8(name: str) -> str:
    """A header cell that was read byte for byte, without a byte order mark."""
    try:
        return name.encode(BYTES_AS_CHARACTERS).decode("utf-8").removeprefix("\ufeff")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return name


def _declared(spark: SparkSession, ddl: str | None) -> dict[str, str]:
    if ddl is None:
        return {}
    return {field.name: field.dataType.simpleString() for field in spark.createDataFrame([], ddl).schema.fields}


def _text(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    reader = spark.read.options(**{key: str(value) for key, value in read.options.items()})
    rows = _without(reader.format("text").load(list(places)), skipped)
    refused = F.when(~F.expr("is_valid_utf8(value)"), "invalid_utf8")
    raw = F.when(refused.isNotNull(), F.substring(F.expr("make_valid_utf8(value)"), 1, SHOWN_CHARS))
    return rows.select("*", refused.alias("_refused"), raw.alias("_raw"))


def _other(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    reader = spark.read.options(**{key: str(value) for key, value in read.options.items()})
    nothing = [F.lit(None).cast("string").alias("_refused"), F.lit(None).cast("string").alias("_raw")]
    if read.format == "table":
        return _without_files(reader.table(str(read.table))).select("*", *nothing)
    frame = reader.format(read.format).load(list(places)) if places else reader.format(read.format).load()
    frame = _without(frame, skipped) if read.format in FILE_FORMATS else _without_files(frame)
    return frame.select("*", *nothing)


def _without(frame: DataFrame, skipped: Collection[str]) -> DataFrame:
    """The frame with `_metadata` as an ordinary column. Spark does not open files that a filter on it leaves out."""
    both_forms = {form for path in skipped for form in (path, path.replace("file:///", "file:/"))}
    kept = frame.where(~F.col("_metadata.file_path").isin(*both_forms)) if skipped else frame
    names = F.struct(F.col("_metadata.file_path").alias("file_path"), F.col("_metadata.file_name").alias("file_name"))
    return kept.select(*(F.col(f"`{name}`") for name in frame.columns), names.alias("_metadata"))


def _without_files(frame: DataFrame) -> DataFrame:
    return frame.withColumn("_metadata", F.lit(None).cast("struct<file_path: string, file_name: string>"))
