"""Arrow tables as Hugging Face's `datasets` stores them (`save_to_disk` and its cache), and the names of their labels.

Such `.arrow` files are IPC streams; IPC files ("Feather V2") are read as well
(https://arrow.apache.org/docs/format/Columnar.html, "Serialization and Interprocess Communication").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from taskmill.udfs.parsers.json_documents import RepeatedKey, document
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord

FILE_MAGIC = b"ARROW1"
PADDED_MAGIC = b"ARROW1\0\0"  # the stream inside an IPC file begins behind it
_MESSAGE = b"\xff\xff\xff\xff"
_END, _OLD_END = _MESSAGE + b"\0\0\0\0", b"\0\0\0\0"  # until Arrow 0.15 messages began with their length
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError)
METADATA_KEY = b"huggingface"
LISTS = ("List", "LargeList", "Sequence")


def schema_in(content: bytes) -> pa.Schema:
    """The schema of a table, with its metadata, even where the batches behind it are cut off.

    Raises:
        ValueError: if there is none.
    """
    try:
        return _stream(content)[1].schema
    except _ARROW_ERRORS as error:
        raise ValueError(f"no Arrow table: {error}") from None


def batches(content: bytes) -> Iterator[pa.RecordBatch | BadRecord]:
    """The record batches of a table, each checked in full: offsets, UTF-8, and what else could not be relied on.

    Batches share memory with the content. Where one is cut off or damaged the last thing given is a bad record,
    as it is where the stream has no end mark, since whole batches may be missing then. Never raises.
    """
    count = 0
    try:
        source, reader = _stream(content)
        for batch in reader:
            batch.validate(full=True)
            yield batch
            count += 1
        fault = "" if _has_end(content, source.tell()) else "no end mark: batches may be missing"
    except _ARROW_ERRORS as error:
        fault = " ".join(str(error).split())
    if fault:
        yield BadRecord(UNREADABLE_FILE, f"an Arrow table: {fault}; {count} whole batches were read")


def class_labels(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of a table's labels: for each `ClassLabel`, by the path of its column, the names in their order.

    They stand in the metadata `huggingface` that `datasets` writes into Arrow and Parquet files, as
    `{"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}`. The path of a member of a
    struct has a dot; lists add nothing to it, as in SQL: `entities.tag` is an array of labels.

    Returns:
        Nothing if the table has no such metadata, or no labels.

    Raises:
        ValueError: if the metadata cannot be read; the message says where.
    """
    stored = (schema.metadata or {}).get(METADATA_KEY)
    if stored is None:
        return {}
    metadata = document(stored)
    if isinstance(metadata, BadRecord):
        raise _error(metadata.detail)
    features = _member(_member(metadata, "info"), "features")
    return {} if features is None else dict(_labels(features, ""))


def _labels(feature: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """The labels in a feature; as deep as `json_documents` reads, which is bounded."""
    if isinstance(feature, list):  # how lists were written before `Sequence` and `List`
        for item in feature:
            yield from _labels(item, path)
        return
    if isinstance(feature, RepeatedKey) or not isinstance(feature, dict):
        raise _error(f"{path or 'features'} is no feature")
    kind = feature.get("_type")
    if kind == "ClassLabel":
        yield path, _names(feature, path)
    elif kind in LISTS:
        yield from _labels(feature.get("feature"), path)
    elif not isinstance(kind, str):  # a struct; one of its members may be called `_type`
        for name, member in feature.items():
            yield from _labels(member, f"{path}.{name}" if path else name)


def _names(feature: Mapping[str, Any], path: str) -> list[str]:
    names = feature.get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _error(f"the names of {path} are no list of texts")
    return names


def _member(value: Any, key: str) -> Any:
    """A member of an object; None if it is absent or null, or there is no object to have it."""
    if value is None or isinstance(value, dict):
        return (value or {}).get(key)
    raise _error(f"there is no object to have {key!r}")


def _error(what: str) -> ValueError:
    return ValueError(f"the metadata {METADATA_KEY.decode()!r} of the table: {what}")


def _stream(content: bytes) -> tuple[pa.BufferReader, ipc.RecordBatchStreamReader]:
    """A reader, and how far it has come. An IPC file is read as the stream it holds: so it may lack its end."""
    whole = pa.py_buffer(content)
    source = pa.BufferReader(whole[len(PADDED_MAGIC) :] if content.startswith(FILE_MAGIC) else whole)
    reader = ipc.open_stream(source)
    _read_names(reader.schema)
    return source, reader


def _read_names(schema: pa.Schema) -> None:
    """Reads the names of all columns and their members: Arrow checks values, but not whether names are UTF-8.

    Raises:
        UnicodeDecodeError: if one is not.
    """
    waiting: list[pa.Field | pa.DataType] = list(schema)
    while waiting:
        one = waiting.pop()
        if isinstance(one, pa.Field):
            one.name.encode()
            one = one.type
        if pa.types.is_dictionary(one):
            waiting.append(one.value_type)
        else:
            waiting += [one.field(number) for number in range(one.num_fields)]


def _has_end(content: bytes, position: int) -> bool:
    """Whether the end mark stands in front of where the reader stopped; position as in `_stream`."""
    start = len(PADDED_MAGIC) if content.startswith(FILE_MAGIC) else 0
    end = _END if content.startswith(_MESSAGE, start) else _OLD_END
    return content.startswith(end, start + position - len(end))
