"""A source's raw rows, with what cannot be read marked instead of lost.

Every frame has the source's columns and three of ours: `_metadata` (file_path, file_name; null where there are no
files), `_refused` (why the row cannot be read, or null) and `_raw` (the refused text).

Spark's readers replace invalid UTF-8 without a word. So JSON Lines are read as text and parsed afterwards, and CSV is
read byte for byte as ISO-8859-1 and turned into UTF-8 column by column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.configuration.config import Read, nearest
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.reading.parsed_files import parsed_rows
from taskmill.udfs.checks import quoted
from taskmill.udfs.parsers.formats import PARSERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

OURS = ("_metadata", "_refused", "_raw")
FILE_FORMATS = frozenset({"json", "csv", "text", "parquet", "orc", "avro", "delta"})
CORRUPT = "_corrupt"
# Spark takes one of the values of a key that stands twice, and does not say so.
HAS_REPEATED_KEY = "size(json_object_keys(value)) > size(array_distinct(json_object_keys(value)))"
BYTES_AS_CHARACTERS = "ISO-8859-1"  # every byte is a character of it, so nothing is lost or replaced
MAX_FILE_BYTES = 512 * 1024 * 1024
SHOWN_CHARS = 1_000  # of a file that cannot be parsed: the rest is still in the file


def read_rows(
    spark: SparkSession,
    read: Read,
    places: Sequence[str],
    skipped: Collection[str] = (),
    max_file_bytes: int = MAX_FILE_BYTES,
) -> DataFrame:
    """The rows of one `read` block.

    Args:
        places: its paths, resolved.
        skipped: files (as `_metadata.file_path` writes them) that cannot be read and are left out.
        max_file_bytes: of one file, unpacked, in a format of our own; larger ones are refused.

    Raises:
        ConfigError: if a CSV header lacks a column of the schema.
    """
    if read.format == "json":
        return _json(spark, read, places, skipped)
    if read.format == "csv":
        return _csv(spark, read, places, skipped)
    if read.format == "text":
        return _text(spark, read, places, skipped)
    if read.format in PARSERS:
        return parsed_rows(spark, read, places, skipped, max_file_bytes)
    return _other(spark, read, places, skipped)


def _json(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    """JSON Lines, or with `multiLine` one document a file: an object, or an array of them."""
    options = {key: str(value) for key, value in read.options.items()}
    whole_files = options.pop("multiLine", "false").lower() == "true"
    ddl = read.schema_ or _inferred(spark, places, {**options, "multiLine": str(whole_files)})
    reader = spark.read.format("text").option("wholetext", whole_files)
    texts = _without(reader.load(list(places)), skipped).where("trim(value) <> ''")
    kind = f"array<struct<{ddl}>>" if whole_files else f"{ddl}, {CORRUPT} string"
    settings = _sql_map({**options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT})
    parsed = texts.selectExpr(
        f"from_json(try_validate_utf8(value), {quoted(kind)}, {settings}) AS parsed",
        "_metadata", "is_valid_utf8(value) AS valid", "make_valid_utf8(value) AS value",
        f"{HAS_REPEATED_KEY} AS repeated",
    )  # fmt: skip
    broken = "parsed IS NULL" if whole_files else f"parsed IS NULL OR parsed.{CORRUPT} IS NOT NULL"
    reason = "unreadable_file" if whole_files else "unreadable_line"
    marked = parsed.selectExpr(
        "*",
        f"CASE WHEN NOT valid THEN 'invalid_utf8' WHEN {broken} THEN '{reason}' "
        "WHEN repeated THEN 'repeated_key' END AS _refused",
    )
    raw = f"CASE WHEN _refused IS NOT NULL THEN {f'left(value, {SHOWN_CHARS})' if whole_files else 'value'} END AS _raw"
    if whole_files:
        return marked.selectExpr("inline_outer(parsed)", "_metadata", "_refused", raw)
    return marked.selectExpr("parsed.*", "_metadata", "_refused", raw).drop(CORRUPT)


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
    reader = (
        spark.read.schema(schema)
        .options(**options)
        .option("mode", "PERMISSIVE")
        .option("columnNameOfCorruptRecord", CORRUPT)
    )
    # Spark parses only the columns that are asked for, and then takes a short line for a whole one.
    frame = _without(reader.option("columnPruning", "false").option("enforceSchema", "true").csv(list(places)), skipped)

    def text(name: str) -> str:
        return f"cast(encode({name}, '{BYTES_AS_CHARACTERS}') as string)" if recode else name

    cells = frame.selectExpr(*(f"{text(name)} AS {name}" for name in [*names, CORRUPT]), "_metadata")
    invalid = " OR ".join(f"NOT coalesce(is_valid_utf8({name}), true)" for name in names)
    refused = (
        f"CASE WHEN {CORRUPT} IS NOT NULL THEN 'unreadable_line' WHEN {invalid} THEN 'invalid_utf8' END AS _refused"
    )
    marked = cells.selectExpr("*", refused)
    pairs = list(zip(names, columns, strict=True))
    whole = f"to_json(struct({', '.join(f'make_valid_utf8({name}) AS `{column}`' for name, column in pairs)}))"
    raw = f"CASE WHEN _refused IS NOT NULL THEN coalesce(make_valid_utf8({CORRUPT}), {whole}) END AS _raw"
    typed = [f"{_typed(name, types.get(column, 'string'))} AS `{column}`" for name, column in pairs]
    return marked.selectExpr(*typed, "_metadata", "_refused", raw)


def _typed(name: str, kind: str) -> str:
    return name if kind == "string" else f"try_cast({name} AS {kind})"


def _csv_columns(
    spark: SparkSession, read: Read, places: Sequence[str], options: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The columns of the files in their order, and the declared types."""
    declared = _declared(spark, read.schema_)
    if options.get("header", "false").lower() != "true":
        if not declared:
            raise ConfigError(
                f"read: csv without a header needs `schema`, as in 'question string, answer string' ({places[0]})"
            )
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
    refused = "CASE WHEN NOT is_valid_utf8(value) THEN 'invalid_utf8' END AS _refused"
    raw = f"CASE WHEN NOT is_valid_utf8(value) THEN left(make_valid_utf8(value), {SHOWN_CHARS}) END AS _raw"
    return rows.selectExpr("*", refused, raw)


def _other(spark: SparkSession, read: Read, places: Sequence[str], skipped: Collection[str]) -> DataFrame:
    reader = spark.read.options(**{key: str(value) for key, value in read.options.items()})
    if read.format == "table":
        frame = _without_files(reader.table(str(read.table)))
    else:
        loaded = reader.format(read.format).load(list(places)) if places else reader.format(read.format).load()
        frame = _without(loaded, skipped) if read.format in FILE_FORMATS else _without_files(loaded)
    return frame.selectExpr("*", "CAST(NULL AS string) AS _refused", "CAST(NULL AS string) AS _raw")


def _without(frame: DataFrame, skipped: Collection[str]) -> DataFrame:
    """The frame with `_metadata` as an ordinary column. Spark does not open files that a filter on it leaves out."""
    both_forms = {form for path in skipped for form in (path, path.replace("file:///", "file:/"))}
    kept = frame.where(~F.col("_metadata.file_path").isin(*both_forms)) if skipped else frame
    names = "struct(_metadata.file_path AS file_path, _metadata.file_name AS file_name) AS _metadata"
    return kept.selectExpr(*(f"`{name}`" for name in frame.columns), names)


def _without_files(frame: DataFrame) -> DataFrame:
    return frame.selectExpr("*", "CAST(NULL AS struct<file_path: string, file_name: string>) AS _metadata")


def _sql_map(values: Mapping[str, str]) -> str:
    return f"map({', '.join(quoted(part) for pair in values.items() for part in pair)})"
