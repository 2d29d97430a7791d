"""Samples of sets of pairs that do not depend on order: the records whose first prompts have the lowest hashes.

The hash is that of the prompt's normal form, in both sets. So equal prompts are in a sample together, which makes
shares of repeated prompts those of the whole set, and a prompt that both sets have is in both samples or in neither,
as far down as both reach. (The lowest ids of pairs would not do: an id begins with its example's, so that all wordings
of a few examples would be drawn.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.jobs.comparison.forms import Conversation, read
from taskmill.jobs.comparison.record_files import records
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage.roots import missing_table
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.udfs.ids import hashed
from taskmill.udfs.measures.jackknife import Integers, group_numbers
from taskmill.udfs.text import keys, normalised

HIGHEST = "g"  # behind every hash
BATCH = 2_000
MOST_PLACES = 5  # of records that cannot be read, for each reason
COLUMNS = ("prompt", "response", "choices", "quality")
PAIRS = "pairs"  # the module with the tables' names loads Spark's types


@dataclass(frozen=True)
class Pair:
    """One exchange of a record. `choices` are those that the table knows, None where it does not."""

    prompt: str
    response: str
    choices: tuple[str, ...] | None = None
    quality: float | None = None


@dataclass(frozen=True)
class Record:
    """What is drawn or not: an exchange, or a conversation of several."""

    key: str
    pairs: tuple[Pair, ...]
    has_system: bool = False

    @property
    def order(self) -> tuple[str, str]:
        return self.key, hashed(*(side for pair in self.pairs for side in (pair.prompt, pair.response)))


@dataclass(frozen=True)
class Keyed:
    """Records of which only the keys are made: most are not drawn.

    Attributes:
        record: gives the one at a place.
    """

    keys: Sequence[str]
    record: Callable[[int], Record]


@dataclass
class Reading:
    """What was read on the way: records by form, and those that could not be, by reason with their first places, which
    are lines, items of an array or rows of a table (`unit`)."""

    forms: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[int]] = field(default_factory=dict)
    unit: str = "line"

    @property
    def records(self) -> int:
        return self.forms.total()

    def refuse(self, reason: str, place: int) -> None:
        self.refused[reason] += 1
        first = self.places.setdefault(reason, [])
        if len(first) < MOST_PLACES:
            first.append(place)

    def places_told(self, reason: str) -> str:
        """The first places where records were refused for a reason: `lines 3, 5, ...`"""
        first, count = self.places[reason], self.refused[reason]
        told = ", ".join(f"{place:,}" for place in first) + (", ..." if count > len(first) else "")
        return f"{self.unit}{'s' if count > 1 else ''} {told}"


@dataclass(frozen=True)
class Sample:
    """The drawn pairs of a set, those of lower hashes first.

    Attributes:
        name: of the file or the tables.
        limit: the hash up to which all records are here; `HIGHEST` where the sample is the whole set.
        keys: of each pair its record's, so equal for what belongs together, shape (pairs,).
        exchanges: of each pair how many its record has.
    """

    name: str
    reading: Reading
    limit: str
    record_count: int
    prompts: pa.StringArray
    responses: pa.StringArray
    keys: tuple[str, ...]
    exchanges: Integers
    has_system: np.typing.NDArray[np.bool_]
    choices: tuple[tuple[str, ...] | None, ...]
    quality: tuple[float | None, ...]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def is_whole(self) -> bool:
        return self.limit == HIGHEST

    @property
    def groups(self) -> Integers:
        """Of each pair its group of the jackknife."""
        return group_numbers(self.keys)

    def first(self, count: int) -> Sample:
        """The pairs with the lowest hashes, at most so many."""
        return self.take(slice(0, count)) if count < len(self) else self

    def up_to(self, limit: str) -> Sample:
        """The pairs whose hashes are not above a limit."""
        return self.first(sum(key <= limit for key in self.keys))

    def take(self, part: slice) -> Sample:
        size = len(range(*part.indices(len(self))))
        start = part.start or 0
        return Sample(
            self.name, self.reading, self.limit, self.record_count, self.prompts.slice(start, size),
            self.responses.slice(start, size), self.keys[part], self.exchanges[part], self.has_system[part],
            self.choices[part], self.quality[part],
        )  # fmt: skip


def of_file(path: Path, size: int, form: str | None = None) -> Sample:
    """A sample of the records of a file, in one pass.

    Raises:
        ConfigError: if the file cannot be read, or no record of it.
    """
    reading = Reading()
    found = drawn(_keyed(_conversations(path, form, reading)), size)
    if not found[0]:
        raise ConfigError(_nothing_read(path, reading, form))
    return _sample(str(path), reading, *found)


def of_tables(root: str, size: int) -> Sample:
    """A sample of table `pairs`, in one pass over the columns that are compared; without Spark.

    Raises:
        TableError: if there is no such table, or it has no pairs.
    """
    stored = StoredRows(root)
    if not stored.has(PAIRS):
        raise missing_table(root, PAIRS, "compare")
    reading = Reading()
    found = drawn(_stored(stored, reading), size)
    if not found[0]:
        raise TableError(f"table {PAIRS!r} under {root!r} has no pairs to compare; `taskmill gates` may say why")
    return _sample(root, reading, *found)


def drawn(found: Iterable[Keyed], size: int) -> tuple[list[Record], str]:
    """The records with the lowest keys, sorted, and the limit up to which all are there. At most twice as many are
    held at a time."""
    kept: list[Record] = []
    limit = HIGHEST
    for batch in found:
        for place, key in enumerate(batch.keys):
            if key > limit:
                continue
            kept.append(batch.record(place))
            if len(kept) >= 2 * size:
                kept = sorted(kept, key=lambda one: one.order)[:size]
                limit = kept[-1].key
    kept.sort(key=lambda one: one.order)
    if len(kept) > size:
        limit = kept[size - 1].key
    return kept[:size], limit


def _conversations(path: Path, form: str | None, reading: Reading) -> Iterator[Conversation]:
    for found in records(path):
        read_one = found.fault or read(found.value, form)
        if isinstance(read_one, str):
            reading.refuse(read_one, found.place)
            reading.unit = found.unit
        else:
            reading.forms[read_one.form] += 1
            reading.pairs += len(read_one.exchanges)
            yield read_one


def _keyed(conversations: Iterator[Conversation]) -> Iterator[Keyed]:
    while batch := list(islice(conversations, BATCH)):
        of_prompts = normal_keys(pa.array([one.exchanges[0].prompt for one in batch], pa.string()))
        yield Keyed(of_prompts, partial(_of_conversation, of_prompts, batch))


def _of_conversation(of_prompts: Sequence[str], batch: Sequence[Conversation], place: int) -> Record:
    one = batch[place]
    return Record(of_prompts[place], tuple(Pair(*exchange) for exchange in one.exchanges), one.has_system)


def _stored(stored: StoredRows, reading: Reading) -> Iterator[Keyed]:
    for batch in stored.batches(PAIRS, COLUMNS):
        reading.forms["table"] += batch.num_rows
        reading.pairs += batch.num_rows
        of_prompts = normal_keys(batch.column("prompt").cast(pa.string()))
        yield Keyed(of_prompts, partial(_of_row, of_prompts, batch))


def _of_row(of_prompts: Sequence[str], batch: pa.RecordBatch, place: int) -> Record:
    (row,) = batch.slice(place, 1).to_pylist()
    choices = None if row["choices"] is None else tuple(row["choices"])
    return Record(of_prompts[place], (Pair(row["prompt"], row["response"], choices, row["quality"]),))


def normal_keys(texts: pa.StringArray) -> list[str]:
    """A hash of each text's normal form: equal for texts that differ only in case and blanks."""
    found: list[str] = keys(normalised(pc.utf8_trim_whitespace(texts))).to_pylist()
    return found


def _sample(name: str, reading: Reading, found: Sequence[Record], limit: str) -> Sample:
    pairs = [(record, pair) for record in found for pair in record.pairs]
    return Sample(
        name,
        reading,
        limit,
        len(found),
        pa.array([pair.prompt for _, pair in pairs], pa.string()),
        pa.array([pair.response for _, pair in pairs], pa.string()),
        tuple(record.key for record, _ in pairs),
        np.array([len(record.pairs) for record, _ in pairs], np.int64),
        np.array([record.has_system for record, _ in pairs], bool),
        tuple(pair.choices for _, pair in pairs),
        tuple(pair.quality for _, pair in pairs),
    )


def _nothing_read(path: Path, reading: Reading, form: str | None) -> str:
    if not reading.refused:
        return f"{str(path)!r} has no records"
    reason, count = reading.refused.most_common(1)[0]
    places = reading.places_told(reason)
    hint = "" if form else "; name its form with --form (`taskmill compare --help` lists them)"
    return (
        f"{str(path)!r}: none of {reading.refused.total():,} records can be read, most because of: {reason} "
        f"({places}){hint}"
    )
