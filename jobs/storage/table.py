"""What tables are described with: `Table`, columns with their comments, and the types of columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

STRING, INTEGER, LONG, DOUBLE = StringType(), IntegerType(), LongType(), DoubleType()
BOOLEAN, TIMESTAMP, STRINGS, INTEGERS = (
    BooleanType(),
    TimestampType(),
    ArrayType(StringType()),
    ArrayType(IntegerType()),
)
LONGS = ArrayType(LongType())
COUNTS = MapType(StringType(), LongType())
SCORES = MapType(StringType(), DoubleType())
SIMILARITIES = MapType(StringType(), DoubleType())


def structs(**kinds: DataType) -> ArrayType:
    """The type of a list of records with these fields. Delta knows no constraints within lists: they may be null."""
    return ArrayType(StructType([StructField(name, kind) for name, kind in kinds.items()]))


@dataclass(frozen=True)
class Table:
    """One Delta table. `indexed` is how many of its first columns Delta keeps statistics of."""

    name: str
    comment: str
    key: tuple[str, ...]
    schema: StructType
    indexed: int
    partitioned_by: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.fieldNames())


def column(name: str, kind: DataType, comment: str, nullable: bool = False) -> StructField:
    return StructField(name, kind, nullable, {"comment": comment})


def maybe(name: str, kind: DataType, comment: str) -> StructField:
    return column(name, kind, comment, nullable=True)
