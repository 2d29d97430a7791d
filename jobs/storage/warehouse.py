"""Where the Delta tables are, and the only ways they are read and written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from taskmill.jobs.storage import tables
from taskmill.jobs.storage.roots import CATALOG_PREFIX, missing_table, other_columns
from taskmill.jobs.storage.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Warehouse:
    """The tables under one root: a folder, an object store, or `catalog:schema` of the session's catalogue.

    Attributes:
        run_id: noted in every commit, so that a table's history says which run wrote it.
    """

    spark: SparkSession
    root: str
    run_id: str = ""
    empty: set[str] = field(default_factory=set)  # tables this object has made and nobody has written to

    def place(self, table: Table) -> str:
        """What a person can open: the table's path, or its name in the catalogue."""
        if self._schema:
            return f"{self._schema}.{table.name}"
        return f"{self.root.rstrip('/')}/{table.name}"

    def create_tables(self, wanted: Sequence[Table] = tables.ALL) -> None:
        """Creates what is missing, before any step writes: two first writes at the same time would be in conflict."""
        if self._schema:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        with ThreadPoolExecutor(max_workers=4) as pool:
            known = list(pool.map(self._is_known, wanted))
        missing = [table for table, is_known in zip(wanted, known, strict=True) if not is_known]
        for table in missing[:1]:  # by itself: it loads Delta's classes, which two threads would only wait for
            self._create(table)
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(self._create, missing[1:]))

    def _is_known(self, table: Table) -> bool:
        """Whether the table is there, with the columns that this version writes."""
        if not self.exists(table):
            return False
        if set(self._read(table).columns) != set(table.columns):
            raise other_columns(self.root, table.name)
        return True

    def exists(self, table: Table) -> bool:
        if self._schema:
            return bool(self.spark.catalog.tableExists(self.place(table)))
        return bool(DeltaTable.isDeltaTable(self.spark, self.place(table)))

    def read(self, table: Table, needed_by: str = "this") -> DataFrame:
        """The table's rows.

        Raises:
            TableError: if it does not exist, naming the command that makes it.
        """
        if not self.exists(table):
            raise missing_table(self.root, table.name, needed_by)
        return self._read(table)

    def append(self, table: Table, rows: DataFrame) -> None:
        self._write(table, rows, {})

    def replace(self, table: Table, rows: DataFrame, predicate: str) -> None:
        """Puts `rows` in the place of those that match `predicate`, in one commit.

        `replaceWhere` is the one overwrite that also clears the slice when there are no rows. Rows outside the
        predicate fail the write.
        """
        if self._has_none(table, predicate):
            self._write(table, rows, {})
        else:
            self._write(table, rows, {"replaceWhere": predicate})

    def delete(self, table: Table, predicate: str) -> None:
        """Deletes the rows that match, or does nothing, not even an empty commit, when none does."""
        if not self._has_none(table, predicate):
            self._delta(table).delete(predicate)

    def delete_matching(self, table: Table, rows: DataFrame, key: Sequence[str]) -> None:
        """Deletes the table's rows whose `key` columns stand in `rows`, in one commit."""
        condition = " AND ".join(f"kept.{name} = gone.{name}" for name in key)
        self._delta(table).alias("kept").merge(rows.alias("gone"), condition).whenMatchedDelete().execute()

    @property
    def _schema(self) -> str:
        return self.root.removeprefix(CATALOG_PREFIX) if self.root.startswith(CATALOG_PREFIX) else ""

    def _has_none(self, table: Table, predicate: str) -> bool:
        return table.name in self.empty or self._read(table).where(predicate).isEmpty()

    def _read(self, table: Table) -> DataFrame:
        if self._schema:
            return self.spark.read.table(self.place(table))
        return self.spark.read.format("delta").load(self.place(table))

    def _delta(self, table: Table) -> DeltaTable:
        if self._schema:
            return DeltaTable.forName(self.spark, self.place(table))
        return DeltaTable.forPath(self.spark, self.place(table))

    def _write(self, table: Table, rows: DataFrame, options: dict[str, str]) -> None:
        self.empty.discard(table.name)
        writer = rows.select(*table.columns).write.format("delta").mode("overwrite" if options else "append")
        for key, value in {**options, "userMetadata": self.run_id}.items():
            writer = writer.option(key, value)
        if self._schema:
            writer.saveAsTable(self.place(table))
        else:
            writer.save(self.place(table))

    def _create(self, table: Table) -> None:
        builder = DeltaTable.createIfNotExists(self.spark).addColumns(table.schema).comment(table.comment)
        builder = builder.tableName(self.place(table)) if self._schema else builder.location(self.place(table))
        builder = builder.property("delta.dataSkippingNumIndexedCols", str(table.indexed))
        for key, value in table.properties.items():
            builder = builder.property(key, value)
        if table.partitioned_by:
            builder = builder.partitionedBy(*table.partitioned_by)
        builder.execute()
        self.empty.add(table.name)


def sql_list(values: Iterable[str]) -> str:
    """`('a', 'b')` for a predicate; values are names or hashes and hold no quote."""
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values)) + ")"
