"""Hugging Face datasets as `datasets` stores them: folders of `save_to_disk`, its cache, and Parquet files of the hub.

Which columns there are stands in the files themselves, and with them the names of the labels
(https://huggingface.co/docs/datasets/about_dataset_features).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from taskmill.udfs.parsers.arrow_tables import batches, class_labels, schema_in
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File, Found, Record

BESIDE = frozenset({"dataset_info.json", "dataset_dict.json", "state.json", "README.md", ".gitattributes"})
PARQUET_MAGIC = b"PAR1"
ROWS_AT_ONCE = 1_000
NAMES, INDICES = "names", "indices"
SMALLER: Mapping[pa.DataType, pa.DataType] = {
    pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64(),
    pa.float16(): pa.float32(), pa.date64(): pa.date32(), pa.null(): pa.string(), pa.large_string(): pa.string(),
    pa.string_view(): pa.string(), pa.large_binary(): pa.binary(), pa.binary_view(): pa.binary(),
}  # fmt: skip


@dataclass(frozen=True)
class HuggingFace:
    """Tables in Arrow (IPC streams and files) or Parquet, told apart by their first bytes.

    Attributes:
        labels: `names`: a `ClassLabel` becomes the name of its class, and one without (-1) null; `indices`: stays as it
            is stored.
    """

    labels: str = NAMES

    def __post_init__(self) -> None:
        if self.labels not in {NAMES, INDICES}:
            raise ValueError(f"labels: {self.labels!r} is not known; write names or indices")

    @property
    def schema(self) -> pa.Schema:
        """Nothing: the files tell."""
        return pa.schema([])

    def records(self, file: File) -> Iterator[Found]:
        """Every row of a file, with the columns of that file."""
        try:
            parser = self.with_schema(self.schema_in(file.content))
        except ValueError as error:
            yield BadRecord(UNREADABLE_FILE, str(error))
            return
        for found in parser.tables(file):
            if isinstance(found, BadRecord):
                yield found
            else:
                yield from (Record(row) for row in found.to_pylist())

    def schema_in(self, content: bytes) -> pa.Schema:
        """The schema of a file, with its metadata.

        Raises:
            ValueError: if there is none.
        """
        if not content.startswith(PARQUET_MAGIC):
            return schema_in(content)
        try:
            return pq.read_schema(pa.BufferReader(content))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ValueError(f"no Parquet table: {error}") from None

    def with_schema(self, schema: pa.Schema) -> HuggingFaceTable:
        """The parser of files with this schema.

        Raises:
            ValueError: if the metadata with the names of the labels cannot be read.
        """
        return HuggingFaceTable(schema, class_labels(schema) if self.labels == NAMES else {})


@dataclass(frozen=True)
class HuggingFaceTable:
    """The tables of one dataset.

    Attributes:
        stored: the schema of its files.
        labels: by the path of a column the names of its labels, in their order.
    """

    stored: pa.Schema
    labels: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are given: labels as text, and no type that Spark has not."""
        return pa.schema([pa.field(one.name, self._type(one.type, one.name)) for one in self.stored])

    def records(self, file: File) -> Iterator[Found]:
        """Every row of a file; see `tables`, which gives many at once."""
        for found in self.tables(file):
            if isinstance(found, BadRecord):
                yield found
            else:
                yield from (Record(row) for row in found.to_pylist())

    def tables(self, file: File) -> Iterator[pa.RecordBatch | BadRecord]:
        """The rows of a file in batches with `schema`; what `save_to_disk` writes beside the tables is left out."""
        if file.name in BESIDE:
            return
        for found in _parquet(file.content) if file.content.startswith(PARQUET_MAGIC) else batches(file.content):
            yield found if isinstance(found, BadRecord) else self._given(found)

    def _given(self, batch: pa.RecordBatch) -> pa.RecordBatch | BadRecord:
        missing = [name for name in self.stored.names if name not in batch.schema.names]
        if missing or len(batch.schema.names) != len(self.stored.names):
            return BadRecord(UNREADABLE_FILE, f"other columns than in the first file: {', '.join(batch.schema.names)}")
        try:
            arrays = [self._column(batch.column(name), name).cast(kind) for name, kind in self._types()]
            return pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        except (pa.ArrowException, ValueError, IndexError) as error:
            return BadRecord(UNREADABLE_FILE, f"other columns than in the first file: {error}")

    def _types(self) -> list[tuple[str, pa.DataType]]:
        return [(one.name, one.type) for one in self.schema]

    def _type(self, kind: pa.DataType, path: str) -> pa.DataType:
        if path in self.labels and pa.types.is_integer(kind):
            return pa.string()
        if isinstance(kind, pa.ExtensionType):
            return self._type(kind.storage_type, path)
        if pa.types.is_dictionary(kind):
            return self._type(kind.value_type, path)
        if _is_list(kind):
            return pa.list_(self._type(kind.value_type, path))
        if pa.types.is_struct(kind):
            return pa.struct([(one.name, self._type(one.type, f"{path}.{one.name}")) for one in kind])
        if pa.types.is_timestamp(kind):
            return pa.timestamp("us", kind.tz)
        if pa.types.is_time(kind) or pa.types.is_duration(kind):
            return pa.string()
        return pa.binary() if pa.types.is_fixed_size_binary(kind) else SMALLER.get(kind, kind)

    def _column(self, values: pa.Array, path: str) -> pa.Array:
        """The values with names in place of labels; types are left to a cast."""
        kind = values.type
        if path in self.labels and pa.types.is_integer(kind):
            return _named(values, self.labels[path])
        if isinstance(kind, pa.ExtensionType):
            return self._column(values.storage, path)
        if pa.types.is_dictionary(kind):
            return self._column(values.dictionary_decode(), path)
        if pa.types.is_duration(kind):
            return values.cast(pa.int64())
        if _is_list(kind):
            lists = values.cast(pa.list_(kind.value_type))
            return pa.ListArray.from_arrays(lists.offsets, self._column(lists.values, path), mask=lists.is_null())
        if pa.types.is_struct(kind):
            members = [self._column(values.field(number), f"{path}.{one.name}") for number, one in enumerate(kind)]
            names = [one.name for one in kind]
            return pa.StructArray.from_arrays(members, names=names, mask=values.is_null())
        return values


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _named(labels: pa.Array, names: list[str]) -> pa.StringArray:
    """The names of labels; IndexError for one that is neither an index nor -1, which says that there is none."""
    bounds = pc.min_max(labels).as_py()
    if bounds["max"] is not None and (bounds["max"] >= len(names) or bounds["min"] < -1):
        raise IndexError(f"a label is no index into its {len(names)} names")
    known = pc.if_else(pc.greater_equal(labels, 0), labels, None)
    return pa.array(names, pa.string()).take(known)


def _parquet(content: bytes) -> Iterator[pa.RecordBatch | BadRecord]:
    count = 0
    try:
        for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(ROWS_AT_ONCE):
            yield batch
            count += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        detail = f"a Parquet table: {' '.join(str(error).split())}; {count:,} rows were read"
        yield BadRecord(UNREADABLE_FILE, detail)
