"""What every step did with every row, what is up to date, and the sums that must close.

The unit of work is (step, task). Its newest ledger row says what its slice of the step's table was made from. A slice
that is about to be replaced is first marked `started`: whatever happens then, it is not taken for up to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING

from taskmill.jobs.errors import StepError
from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from taskmill.jobs.storage.warehouse import Warehouse

STARTED, DONE, REMOVED = "started", "done", "removed"
INGEST, SIGN, DEDUPLICATE, CLUSTER_TASKS = "ingest", "sign", "deduplicate", "cluster_tasks"
GROUP_EXAMPLES, CHECK_TASKS, DECONTAMINATE = "group_examples", "check_tasks", "decontaminate"
DEDUPLICATE_PAIRS, RENDER = "deduplicate_pairs", "render"
SELECT, MIX = "select", "mix"  # their units of work are rounds and mixtures, which stand where others have tasks


@dataclass(frozen=True)
class Counts:
    """Where the rows of one step and task went; every row that entered is in exactly one of the others."""

    rows_in: int = 0
    rows_out: int = 0
    copies: int = 0
    duplicates: int = 0
    quarantined: int = 0
    not_selected: int = 0

    @property
    def missing(self) -> int:
        """Rows that entered and are nowhere; negative for rows from nowhere."""
        return self.rows_in - self.rows_out - self.copies - self.duplicates - self.quarantined - self.not_selected

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: value + getattr(other, name) for name, value in asdict(self).items()})


@dataclass(frozen=True)
class Entry:
    """The newest ledger row of one step and task.

    `output` stands for what the step made of the task: a later step that depends on it is up to date while it is equal,
    whatever the step was done again for.
    """

    status: str
    fingerprint: str
    counts: Counts
    output: str = ""


@dataclass
class Ledger:
    """The ledger table, its newest rows held in memory (one per step and task)."""

    warehouse: Warehouse
    run_id: str
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    sequence: int = 0
    pending: list[dict[str, object]] = field(default_factory=list)

    def load(self, needed_by: str = "this") -> None:
        """Reads the newest row of every step and task.

        Raises:
            TableError: if there is no ledger.
        """
        from pyspark.sql import functions as F

        if tables.LEDGER.name in self.warehouse.empty:
            return
        rows = self.warehouse.read(tables.LEDGER, needed_by)
        newest = rows.groupBy("step", "task").agg(
            F.max_by(F.struct("status", "fingerprint", "output", *asdict(Counts())), "sequence").alias("newest"),
            F.max("sequence").alias("sequence"),
        )
        for row in newest.collect():
            values = row["newest"].asDict()
            status, fingerprint, output = (values.pop(name) for name in ("status", "fingerprint", "output"))
            self.entries[row["step"], row["task"]] = Entry(status, fingerprint, Counts(**values), output)
            self.sequence = max(self.sequence, row["sequence"])

    def done(self, step: str) -> dict[str, Entry]:
        """The finished tasks of a step."""
        return {task: entry for (name, task), entry in self.entries.items() if name == step and entry.status == DONE}

    def stale(self, step: str, fingerprints: Mapping[str, str]) -> list[str]:
        """Tasks whose slice is not what `fingerprints` would make, sorted."""
        done = self.done(step)
        return sorted(
            task for task, value in fingerprints.items() if task not in done or done[task].fingerprint != value
        )

    def gone(self, step: str, tasks: Iterable[str]) -> list[str]:
        """Tasks the step has rows of that are not among `tasks` any more, sorted."""
        kept = set(tasks)
        known = {task for (name, task), entry in self.entries.items() if name == step and entry.status != REMOVED}
        return sorted(known - kept)

    def begin(self, step: str, tasks: Iterable[str]) -> None:
        """Marks slices that are about to be replaced; those never written need no mark."""
        known = [task for task in tasks if (step, task) in self.entries]
        self._note([(step, task, Entry(STARTED, "", Counts())) for task in known], 0.0)
        if known:
            self.flush()

    def finish(
        self,
        step: str,
        counts: Mapping[str, Counts],
        fingerprints: Mapping[str, str],
        seconds: float,
        outputs: Mapping[str, str] | None = None,
    ) -> None:
        """Records finished slices. Without `outputs`, what they were made from stands for what they are.

        Raises:
            StepError: if the rows of a task do not add up; nothing is recorded then, and the next run does the step
            again.
        """
        wrong = [f"{task}: {found} ({found.missing} rows missing)" for task, found in counts.items() if found.missing]
        if wrong:
            raise StepError(
                f"{step}: the rows do not add up; this is a defect of taskmill, please report it.\n" + "\n".join(wrong)
            )
        made = fingerprints if outputs is None else outputs
        entries = [(step, task, Entry(DONE, fingerprints[task], found, made[task])) for task, found in counts.items()]
        self._note(entries, seconds)

    def remove(self, step: str, tasks: Iterable[str]) -> None:
        """Records that the rows of these tasks have left the step's table."""
        self._note([(step, task, Entry(REMOVED, "", Counts())) for task in tasks], 0.0)

    def flush(self) -> None:
        """Writes what was noted. A finished slice whose row is lost with the process is only made once more."""
        if self.pending:
            frame = self.warehouse.spark.createDataFrame(self.pending, tables.LEDGER.schema)
            self.warehouse.append(tables.LEDGER, frame)
            self.pending.clear()

    def _note(self, found: list[tuple[str, str, Entry]], seconds: float) -> None:
        self.sequence += 1
        now, program = datetime.now(timezone.utc), version("taskmill")
        self.pending += [
            {
                "run_id": self.run_id, "step": step, "task": task, "status": entry.status, "sequence": self.sequence,
                "fingerprint": entry.fingerprint, "output": entry.output, **asdict(entry.counts),
                "seconds": float(seconds), "finished_at": now, "taskmill": program,
            }
            for step, task, entry in found
        ]  # fmt: skip
        self.entries.update({(step, task): entry for step, task, entry in found})
