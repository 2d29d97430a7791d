"""In which mixtures a pair is and which rounds chose its example, from the tables alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from taskmill.jobs.storage.stored_rows import Row, StoredRows, equals
from taskmill.jobs.words import counted

MIXTURE, ACCOUNT, SELECTIONS, LEDGER = "mixture", "mixture_account", "selections", "ledger"
TAKEN = ("mixture", "pair_id", "repeats", "weight")
CHOSEN = ("mixture", "round", "place", "score")
MOST_TOLD = 20
MOST_RULES = 4


@dataclass(frozen=True)
class InMixture:
    """What a mixture has of a pair or of an example.

    Attributes:
        told: how often it comes and with which weight, or why it is not there as far as the tables know.
    """

    mixture: str
    is_in: bool
    told: str


def of_pair(tables: StoredRows, task: str, pair_id: str) -> tuple[InMixture, ...]:
    """A pair in every mixture that was made, by name; none where there are no mixtures."""
    rows = {row["mixture"]: row for row in tables.rows(MIXTURE, TAKEN, equals(task=task, pair_id=pair_id))}
    found = {name: InMixture(name, True, _taken(row)) for name, row in rows.items()}
    rules = _rules(tables, task)
    late = _made_before(tables, task) if set(rules) - set(rows) else set()
    for name in set(rules) - set(rows):
        found[name] = InMixture(name, False, _why_not(rules[name], name in late))
    return tuple(found[name] for name in sorted(found))


def of_example(tables: StoredRows, task: str, example_id: str) -> tuple[InMixture, ...]:
    """The mixtures that have pairs of an example."""
    own: defaultdict[str, list[Row]] = defaultdict(list)
    for row in tables.rows(MIXTURE, TAKEN, equals(task=task, example_id=example_id)):
        own[row["mixture"]].append(row)
    return tuple(InMixture(name, True, _pairs(own[name])) for name in sorted(own))


def rounds_of(tables: StoredRows, task: str, example_id: str) -> tuple[Row, ...]:
    """The rounds that chose an example: mixture, round, place, score."""
    rows = tables.rows(SELECTIONS, CHOSEN, equals(task=task, example_id=example_id))
    return tuple(sorted(rows, key=lambda row: (row["mixture"], row["round"])))


def _taken(row: Row) -> str:
    times = "once" if row["repeats"] == 1 else f"{row['repeats']:,} times"
    return f"{times}, weight {row['weight']:g}"


def _pairs(rows: Sequence[Row]) -> str:
    repeated = sum(row["repeats"] for row in rows)
    return counted(len(rows), "pair") + (f", {repeated:,} with repeats" if repeated > len(rows) else "")


def _rules(tables: StoredRows, task: str) -> dict[str, dict[str, int]]:
    """For every mixture the rules that left pairs of a task out, each with how many."""
    names = {row["mixture"] for row in tables.rows(ACCOUNT, ["mixture"], "true")}
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for row in tables.rows(ACCOUNT, ["mixture", "place", "pairs"], equals(task=task)):
        if row["place"] != MIXTURE:
            found[row["mixture"]][row["place"]] = row["pairs"]
    return found


def _why_not(rules: dict[str, int], is_late: bool) -> str:
    """The rule, where only one left out pairs of the task; which rule acts on which pair is not stored."""
    if is_late or not rules:
        return "the mixture was made before these pairs of its task"
    if len(rules) == 1:
        return f"left out by {next(iter(rules))}"
    ordered = sorted(rules.items(), key=lambda one: (-one[1], one[0]))
    shown = ", ".join(f"{rule} ({pairs:,})" for rule, pairs in ordered[:MOST_RULES])
    more = f" and {len(ordered) - MOST_RULES} more" if len(ordered) > MOST_RULES else ""
    return f"left out by one of the rules that left out pairs of its task: {shown}{more}"


def _made_before(tables: StoredRows, task: str) -> set[str]:
    """The mixtures that were made before the pairs of a task were made as they are now."""
    rendered = _newest(tables.rows(LEDGER, ["task", "sequence"], equals(step="render", status="done", task=task)))
    mixed = _newest(tables.rows(LEDGER, ["task", "sequence"], equals(step="mix", status="done")))
    return {name for name, sequence in mixed.items() if sequence < rendered.get(task, 0)}


def _newest(rows: Sequence[Row]) -> dict[str, int]:
    """The highest sequence of each unit."""
    found: dict[str, int] = {}
    for row in rows:
        found[row["task"]] = max(row["sequence"], found.get(row["task"], 0))
    return found
