"""Parsers over Arrow batches of stored files: the functions Spark calls, and what they give.

A batch of files becomes batches of records, a few hundred at a time, so that memory follows the largest file and not
the number of records in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.files import opened
from taskmill.udfs.parsers.records import (
    BadRecord,
    BatchParser,
    File,
    Found,
    GroupParser,
    OpenParser,
    Parser,
    TableParser,
)

RECORDS_AT_ONCE = 512
RECORDS_IN_BATCH = 10_000  # of one that a parser gives whole
OURS = pa.schema([("_file", pa.string()), ("_line", pa.int64()), ("_refused", pa.string()), ("_raw", pa.string())])

FILE_SCHEMA = pa.schema([("schema", pa.binary()), ("fault", pa.string())])

Batches = Iterable[pa.RecordBatch]
Placed = tuple[str, Found]  # the file, and what was found in it


def parsed_schema(parser: Parser | GroupParser) -> pa.Schema:
    """The columns of what `parse_files` and `parse_groups` give: the parser's own and `OURS`."""
    return pa.schema([*parser.schema, *OURS])


def parse_files(parser: Parser, max_bytes: int) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that turns batches of files (path string, content binary) into batches of records.

    Bad records have nulls in the parser's columns, and in `_refused` the reason and, behind a blank, what is wrong.

    Args:
        max_bytes: of one file, decompressed.
    """

    def parse(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
                if isinstance(parser, TableParser):
                    yield from _tables(parser, path.as_py(), content.as_py(), max_bytes)
                else:
                    yield from _batches(_records(parser, path.as_py(), content.as_py(), max_bytes), parser)

    return parse


def parse_groups(parser: GroupParser, max_bytes: int) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """As `parse_files`, for batches of groups (files list<struct<path: string, content: binary>>)."""

    def parse(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for files in batch.column("files"):
                yield from _group(parser, files.as_py(), max_bytes)

    return parse


def _records(parser: Parser, path: str, content: bytes, max_bytes: int) -> Iterator[Placed]:
    for file in opened(path, content, max_bytes):
        if isinstance(file, BadRecord):
            yield path, file
        else:
            for found in parser.records(file):
                yield file.path, found


def _tables(parser: TableParser, path: str, content: bytes, max_bytes: int) -> Iterator[pa.RecordBatch]:
    for file in opened(path, content, max_bytes):
        if isinstance(file, BadRecord):
            yield _batch([(path, file)], parser.schema)
        else:
            yield from _whole_batches(parser, parser.tables(file), file.path)


def _group(parser: GroupParser, stored: Iterable[Mapping[str, Any]], max_bytes: int) -> Iterator[pa.RecordBatch]:
    files: list[File] = []
    bad: list[Placed] = []
    for one in stored:
        for file in opened(one["path"], one["content"], max_bytes):
            if isinstance(file, BadRecord):
                bad.append((one["path"], file))
            else:
                files.append(file)
    yield from _batches(iter(bad), parser)
    if not files:
        return
    first = min(file.path for file in files)  # stands for the group
    if isinstance(parser, BatchParser):
        yield from _whole_batches(parser, parser.batches_of(files), first)
        return
    yield from _batches(((first, found) for found in parser.records_of(files)), parser)


def _whole_batches(
    parser: BatchParser | TableParser, given: Iterable[pa.RecordBatch | BadRecord], path: str
) -> Iterator[pa.RecordBatch]:
    for found in given:
        if isinstance(found, BadRecord):
            yield _batch([(path, found)], parser.schema)
            continue
        for start in range(0, found.num_rows, RECORDS_IN_BATCH):
            piece = found.slice(start, RECORDS_IN_BATCH)
            nulls = pa.nulls(piece.num_rows, pa.string())
            lines = piece.column("line").cast(pa.int64()) if isinstance(parser, BatchParser) else nulls.cast(pa.int64())
            ours = [pa.repeat(path, piece.num_rows), lines, nulls, nulls]
            yield pa.RecordBatch.from_arrays([*piece.columns, *ours], schema=parsed_schema(parser))


def file_schemas(parser: OpenParser, max_bytes: int) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that turns batches of files (path string, content binary) into the schemas of those that have one
    (schema binary, as Arrow writes it; or null and a text `fault`)."""

    def schemas(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
                for file in opened(path.as_py(), content.as_py(), max_bytes):
                    yield _schema_of(parser, file)

    return schemas


def _schema_of(parser: OpenParser, file: File | BadRecord) -> pa.RecordBatch:
    schema, fault = None, None
    try:
        if isinstance(file, BadRecord):
            fault = file.detail
        else:
            schema = parser.schema_in(file.content).serialize().to_pybytes()
    except ValueError as error:
        fault = str(error)
    return pa.RecordBatch.from_pylist([{"schema": schema, "fault": fault}], schema=FILE_SCHEMA)


def _batches(found: Iterator[Placed], parser: Parser | GroupParser) -> Iterator[pa.RecordBatch]:
    while some := list(islice(found, RECORDS_AT_ONCE)):
        yield _batch(some, parser.schema)


def _batch(found: list[Placed], schema: pa.Schema) -> pa.RecordBatch:
    values: list[Mapping[str, Any]] = [{} if isinstance(one, BadRecord) else one.values for _, one in found]
    columns = [pa.array([row.get(field.name) for row in values], field.type) for field in schema]
    columns += [
        pa.array([path for path, _ in found], pa.string()),
        pa.array([one.line for _, one in found], pa.int64()),
        pa.array([_refused(one) for _, one in found], pa.string()),
        pa.array([one.raw if isinstance(one, BadRecord) else None for _, one in found], pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema([*schema, *OURS]))


def _refused(found: Found) -> str | None:
    if not isinstance(found, BadRecord):
        return None
    # A record of many lines says itself which of them is at fault.
    where = "" if found.line is None or found.detail.startswith("line ") else f"line {found.line}: "
    return f"{found.reason} {where}{found.detail}"
