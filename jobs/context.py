"""What every step is handed: the session, the configuration, the catalog, the tables, the ledger, and who to tell."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskmill.jobs.storage.ledger import Ledger
from taskmill.jobs.storage.roots import resolved_root
from taskmill.jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from taskmill.jobs.catalog.catalog import Catalog
    from taskmill.jobs.configuration.pipeline import Pipeline
    from taskmill.jobs.messages import Messages


@dataclass(frozen=True)
class Context:
    """One run. `warehouse` and `ledger` know its id."""

    spark: SparkSession
    pipeline: Pipeline
    catalog: Catalog
    warehouse: Warehouse
    ledger: Ledger
    messages: Messages
    run_id: str
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str, what: str) -> Iterator[Callable[[], float]]:
        """Shows that a step is at work; gives a function that tells its seconds so far."""
        begun = time.monotonic()
        with self.messages.working(name, what):
            yield lambda: time.monotonic() - begun


def new_run_id() -> str:
    """An id that sorts by time: `20260131T142530-1f2e3d4c`."""
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + "-" + uuid.uuid4().hex[:8]


def open_context(
    spark: SparkSession, pipeline: Pipeline, catalog: Catalog, messages: Messages, reader: str | None = None
) -> Context:
    """A run over these tables: creates what is missing and reads the ledger.

    Args:
        reader: the name of a command that only reads: nothing is created for it.

    Raises:
        TableError: for a reader, when there is no ledger.
    """
    run_id = messages.run_id
    warehouse = Warehouse(spark, resolved_root(pipeline.tables), run_id)
    with messages.working("tables", f"opening {pipeline.tables}"):
        if reader is None:
            warehouse.create_tables()
        ledger = Ledger(warehouse, run_id)
        ledger.load(reader or "this")
    return Context(spark, pipeline, catalog, warehouse, ledger, messages, run_id)
