"""Which task type some columns are for: their names against its fields, and what they hold against what it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from taskmill.jobs.guessing.columns import Column
from taskmill.jobs.guessing.evidence import Evidence, evidence_for
from taskmill.jobs.guessing.kinds import INTEGER, NUMBER, TEXT
from taskmill.jobs.guessing.vocabulary import name_quality, plain
from taskmill.udfs.fields import FieldType

LEAST_SCORE = 0.45  # of a candidate that is worth telling
CLEAR_SCORE, CLEAR_LEAD = 0.55, 0.03
MADE_UP = 0.7  # of what a name counts that was not in the files
MAX_MISSING = 1  # of the required fields
CLEARLY_WRONG = 0.15  # evidence below it: what the columns hold is not what the type asks


@dataclass(frozen=True)
class Asked:
    """A task type as far as a guess needs it; `choices` are texts, or the field that has those of each example."""

    name: str
    fields: Mapping[str, FieldType]
    answer: tuple[str, ...]
    choices: tuple[str, ...] | str | None = None

    @property
    def required(self) -> list[str]:
        return [field for field, kind in self.fields.items() if not kind.optional]


@dataclass(frozen=True)
class Candidate:
    """A task type that the columns may be for.

    Attributes:
        columns: by field; a required field may be missing.
        score: 0 to 1.
        reasons: in words, for a person.
    """

    asked: Asked
    columns: Mapping[str, Column]
    score: float
    reasons: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        return [field for field in self.asked.required if field not in self.columns]


def candidates(
    asked: Sequence[Asked], columns: Sequence[Column], name: str = "", is_made_up: bool = False
) -> list[Candidate]:
    """The task types that the columns may be for, the best first.

    Args:
        name: of the files and their folder; a hint where the columns fit several types.
        is_made_up: whether nobody named the columns: their names then say little.
    """
    found = (_candidate(one, columns, name, is_made_up) for one in asked)
    likely = (one for one in found if one.score >= LEAST_SCORE and len(one.missing) <= MAX_MISSING)
    return sorted(likely, key=lambda one: (-one.score, one.asked.name))


def is_clear(found: Sequence[Candidate]) -> bool:
    """Whether the first candidate is far enough ahead of the others to be drafted."""
    if not found or found[0].score < CLEAR_SCORE:
        return False
    return len(found) == 1 or found[0].score - found[1].score >= CLEAR_LEAD


def _candidate(asked: Asked, columns: Sequence[Column], name: str, is_made_up: bool) -> Candidate:
    matched = _matched(asked, columns)
    chosen = {field: column for field, (column, _) in matched.items()}
    required = asked.required
    by_name = sum(matched[field][1] for field in required if field in matched) / len(required)
    by_name *= MADE_UP if is_made_up else 1.0
    seen = evidence_for(asked.name, chosen, columns, name)
    covered = _coverage(chosen, columns)
    more = 0.02 * sum(field in matched for field in asked.fields if field not in required)
    score = 0.55 * by_name + 0.3 * seen.weight + 0.15 * covered + more
    if seen.weight < CLEARLY_WRONG or not all(field in matched for field in required[:1]):
        score *= 0.5
    if any(field not in matched for field in required):
        score *= 0.85
    return Candidate(asked, chosen, round(min(score, 1.0), 3), _reasons(chosen, seen))


def _reasons(chosen: Mapping[str, Column], seen: Evidence) -> tuple[str, ...]:
    names = [
        field if plain(column.name) == plain(field) else f"{field} from {column.name}"
        for field, column in chosen.items()
    ]
    return (", ".join(names), *seen.reasons)


def _matched(asked: Asked, columns: Sequence[Column]) -> dict[str, tuple[Column, float]]:
    """For each field the column that fits it best, no column twice, and the required fields first."""
    pairs = [
        (name_quality(asked.name, field, column.name) * _fits(kind, column), field, column)
        for (field, kind), column in product(asked.fields.items(), columns)
    ]
    found: dict[str, tuple[Column, float]] = {}
    taken: set[str] = set()
    order = {field: number for number, field in enumerate(asked.fields)}
    spare = set(asked.fields) - set(asked.required)
    for quality, field, column in sorted(pairs, key=lambda pair: (pair[1] in spare, -pair[0], order[pair[1]])):
        if quality > 0 and field not in found and column.name not in taken:
            found[field] = column, quality
            taken.add(column.name)
    return found


def _fits(kind: FieldType, column: Column) -> float:
    """How well the values of a column fit a type of field, from 0 (they cannot be one) to 1."""
    held = column.kind.name
    if not column.present:
        return 0.0
    if kind.kind == "choice":
        return 1.0 if column.labels and not column.is_text_list else 0.0
    if kind.kind in ("number", "integer"):
        return 1.0 if held in (NUMBER, INTEGER) else 0.0
    if kind.kind == "text":
        if held == TEXT:
            return 0.6 if column.labels else 1.0
        return 0.85 if column.is_text_list else 0.7 if held in (INTEGER, NUMBER) else 0.0
    if kind.item is not None and kind.item.kind == "text":
        return 1.0 if column.is_text_list else 0.0
    if kind.is_labels:
        return 1.0 if column.is_text_list and column.labels else 0.0
    return 0.0  # lists of structs and tables are put together by a person, or by a format of our own


def _coverage(chosen: Mapping[str, Column], columns: Sequence[Column]) -> float:
    """The share of what the columns tell that the fields use: texts and label sets, not ids and addresses."""
    used = {one.name for one in chosen.values()}
    told = [column for column in columns if column.is_text or column.labels]
    return sum(column.name in used for column in told) / len(told) if told else 0.0
