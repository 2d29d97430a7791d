"""What the sections of the report are made of: plain values, read once, of a size that does not grow with the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from taskmill.jobs.report.tallies import Tallies
from taskmill.jobs.storage.ledger import (
    DEDUPLICATE,
    DEDUPLICATE_PAIRS,
    DONE,
    INGEST,
    RENDER,
    Counts,
    Entry,
)

Row = Mapping[str, Any]
Entries = Mapping[tuple[str, str], Entry]


def no_rows(_table: str) -> Sequence[Row]:
    """For material without further tables."""
    return ()


@dataclass(frozen=True)
class Material:
    """Everything the sections may show.

    Attributes:
        place: where the tables are.
        runs: the last runs that did something, the newest first: run_id, taskmill, finished_at, tasks, seconds.
        entries: the newest ledger row of each step and task.
        before: the same as it was before the newest run.
        tasks: table `tasks`.
        templates: table `templates` without the texts, by id.
        folds: what each fold holds out, and `violations` what is on both sides of one.
        groups: the largest groups of duplicates, and `group_sizes` how many groups there are of each size.
        overlapping: for each task, how many of its examples have content of held-out ones.
        overlaps: for each two tasks whose examples overlap, how many do and the most telling example.
        refused: for each step, reason and task, how many rows were refused and one of them.
        pairs: the pairs to read.
        moves: how the places of tasks changed with the newest clustering, where the newest run made it.
        safety_samples: of each task and flag of personal data one example, masked.
        mixtures: the state of every mixture that was made (`jobs/mixing/states.py`).
        stored: the rows of any other table that does not grow with the data, by its name; none where there is no such
            table.
    """

    place: str
    tasks: Sequence[Row]
    entries: Entries = field(default_factory=dict)
    before: Entries = field(default_factory=dict)
    runs: Sequence[Row] = ()
    tallies: Tallies = field(default_factory=lambda: Tallies(()))
    templates: Mapping[str, Row] = field(default_factory=dict)
    folds: Sequence[Row] = ()
    violations: Sequence[Row] = ()
    groups: Sequence[Row] = ()
    group_sizes: Mapping[int, int] = field(default_factory=dict)
    overlapping: Mapping[str, int] = field(default_factory=dict)
    overlaps: Sequence[Row] = ()
    refused: Sequence[Row] = ()
    pairs: Sequence[Row] = ()
    moves: Sequence[Row] = ()
    safety_samples: Sequence[Row] = ()
    mixtures: Mapping[str, str] = field(default_factory=dict)
    stored: Callable[[str], Sequence[Row]] = no_rows

    def task(self, name: str) -> Row:
        """The row of `tasks`, or what stands for one of a task that never got so far."""
        return self._tasks.get(
            name, {"task": name, "task_cluster": "none", "fold": None, "role": "train", "example_count": 0}
        )

    @cached_property  # it is asked for every task, by every section
    def _tasks(self) -> dict[str, Row]:
        return {row["task"]: row for row in self.tasks}

    def is_benchmark(self, name: str) -> bool:
        return bool(self.task(name)["role"] == "benchmark")


@dataclass(frozen=True)
class Way:
    """Where the rows of a task went, and then the wordings of its examples; every number is in one place."""

    rows: int = 0
    refused: int = 0
    left_out: int = 0
    copies: int = 0
    duplicates: int = 0
    examples: int = 0
    benchmark: int = 0  # of the examples: they are compared against, and never pairs
    wordings: int = 0  # drawn for its examples
    repeats: int = 0
    refused_pairs: int = 0
    unpublished: int = 0  # of tasks that a gate blocks, or whose licences are refused
    pairs: int = 0

    def __add__(self, other: Way) -> Way:
        return Way(*(one + another for one, another in zip(vars(self).values(), vars(other).values(), strict=True)))


def ways(material: Material, entries: Entries | None = None) -> dict[str, Way]:
    """The way of every task that was read, sorted by name."""
    used = material.entries if entries is None else entries
    tasks = sorted(task for (step, task), entry in used.items() if step == INGEST and entry.status == DONE)
    return {task: _way(used, task, material.is_benchmark(task)) for task in tasks}


def _way(entries: Entries, task: str, is_benchmark: bool) -> Way:
    ingested, deduplicated, planned, rendered = (
        _counts(entries, step, task) for step in (INGEST, DEDUPLICATE, DEDUPLICATE_PAIRS, RENDER)
    )
    examples = deduplicated.rows_out
    return Way(
        rows=ingested.rows_in, refused=ingested.quarantined, left_out=ingested.not_selected, copies=ingested.copies,
        duplicates=deduplicated.duplicates, examples=examples, benchmark=examples if is_benchmark else 0,
        wordings=planned.rows_in - planned.not_selected, repeats=planned.duplicates + rendered.duplicates,
        refused_pairs=rendered.quarantined, unpublished=rendered.not_selected, pairs=rendered.rows_out,
    )  # fmt: skip


def _counts(entries: Entries, step: str, task: str) -> Counts:
    entry = entries.get((step, task))
    return entry.counts if entry is not None and entry.status == DONE else Counts()
