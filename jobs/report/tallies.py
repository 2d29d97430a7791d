"""Counts of all that the report shows as distributions: every table read once, in one Spark query.

A row gives *facts* (its wording, its language, how long it is), and facts are counted by task. What may take any
number of values, such as answers, keeps the most frequent of them and a row for the rest: what reaches the driver grows
with the number of tasks, never with the data. No text is read but answers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.storage import tables
from taskmill.udfs.screening.candidates import PERSONAL_DATA, SENSITIVE_THEME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

BINS_PER_DECADE = 6  # of lengths: each bin reaches half as far again as the one before
MOST_VALUES = 500  # of one kind and task
LONGEST_LABEL = 60  # characters; a longer answer is a text, and texts are not compared
QUALITY_BINS = 20
BETWEEN = "\x1f"  # between members of what is counted as one; it stands in no name or tag


@dataclass(frozen=True)
class Fact:
    """What is counted of a row, in SQL: a value as text (NULL counts nothing), and a number to add up.

    A fact of several parts, or of a list, is counted as one text and taken apart on the driver: a row for each part
    would be the better half of the work. With `parts`, these are the kinds of its tallies.
    """

    kind: str
    value: str
    number: str = "NULL"
    parts: tuple[str, ...] = ()
    is_list: bool = False

    def sql(self) -> str:
        """Kind, value and number."""
        value = (
            f"IF(size({self.value}) > 0, array_join({self.value}, '{BETWEEN}'), NULL)" if self.is_list else self.value
        )
        return f"'{self.kind}', CAST({value} AS STRING), CAST({self.number} AS DOUBLE)"


@dataclass(frozen=True)
class Tally:
    """How often a task has a value; value None stands for all that are not kept, `values` of them.

    Attributes:
        total: sum of the numbers of these rows, and `largest` the largest of them.
    """

    table: str
    task: str
    kind: str
    value: str | None
    count: int
    values: int = 1
    total: float | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Tallies:
    """All tallies, by table and kind."""

    found: Sequence[Tally]

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], dict[str, list[Tally]]]:
        grouped: dict[tuple[str, str], dict[str, list[Tally]]] = defaultdict(lambda: defaultdict(list))
        for one in sorted(self.found, key=lambda one: (one.value is None, -one.count, one.value or "")):
            grouped[one.table, one.kind][one.task].append(one)
        return grouped

    def by_task(self, table: str, kind: str) -> dict[str, list[Tally]]:
        """For each task its values, the most frequent first, the rest last."""
        return dict(self._by_kind.get((table, kind), {}))

    def counts(self, table: str, kind: str) -> Counter[str]:
        """How often each task has any value."""
        return Counter({task: sum(one.count for one in found) for task, found in self.by_task(table, kind).items()})

    def totals(self, table: str, kind: str) -> Counter[str]:
        """How often there is each value, over all tasks; the rests count as ''."""
        found: Counter[str] = Counter()
        for one in self.all_of(table, kind):
            found[one.value or ""] += one.count
        return found

    def all_of(self, table: str, kind: str) -> list[Tally]:
        return [one for found in self.by_task(table, kind).values() for one in found]


def length_bin(chars: str) -> str:
    """SQL of the bin of a length in characters."""
    return f"CAST(floor(log10(greatest({chars}, 1)) * {BINS_PER_DECADE} + 1e-9) AS INT)"


def bin_start(place: int) -> float:
    """The least length in a bin."""
    return float(10 ** (place / BINS_PER_DECADE))


LABELS = ("prompt_language", "response_language", "licence", "split", "do_not_train")
PAIR_FACTS = (
    Fact("template", "template_id"),
    Fact("languages", "languages", is_list=True),
    Fact("labels", f"concat_ws('{BETWEEN}', {', '.join(LABELS)})", parts=LABELS),
    Fact("prompt_chars", length_bin("prompt_chars"), number="prompt_chars"),
    Fact("response_chars", length_bin("response_chars"), number="response_chars"),
    Fact("gold_position", "gold_index"),
    Fact("flags", "flags", is_list=True),
    Fact("form", "form", is_list=True),
)
# Of columns of pairs that not every version writes.
OPTIONAL_PAIR_FACTS = {
    "warnings": Fact("warnings", "warnings", is_list=True),
    "quality": Fact(
        "quality", f"CAST(least(floor(quality * {QUALITY_BINS}), {QUALITY_BINS - 1}) AS INT)", number="quality"
    ),
}
EXAMPLE_FACTS = (
    Fact("answer", f"IF(char_length(answer) <= {LONGEST_LABEL}, answer, NULL)"),
    Fact("answer_chars", length_bin("char_length(answer)"), number="char_length(answer)"),
    Fact("copies", "IF(copies > 1, 'yes', NULL)", number="copies"),
    Fact("flags", "flags", is_list=True),
)
# Of the reasons of a row those of its screening, each with its kind or theme.
QUARANTINE_FACTS = (
    Fact(
        "safety",
        f"filter(split(detail, '; '), told -> told RLIKE '^({PERSONAL_DATA}|{SENSITIVE_THEME}) ')",
        is_list=True,
    ),
)
DUPLICATE_FACTS = (
    Fact("kind", "concat(kind, IF(removed, ' removed', ' kept'))"),
    Fact("repeats", "IF(removed, kept_task, NULL)"),
)
CONTAMINATION_FACTS = (
    Fact("kind", "concat(kind, ' ', held_out)"),
    Fact("excluded_folds", "excluded_folds", is_list=True),
)
FACTS = (
    (tables.EXAMPLES, EXAMPLE_FACTS),
    (tables.DUPLICATES, DUPLICATE_FACTS),
    (tables.CONTAMINATION, CONTAMINATION_FACTS),
    (tables.QUARANTINE, QUARANTINE_FACTS),
)


def read_tallies(context: Context) -> Tallies:
    """The tallies of the tables as they are."""
    pairs = context.warehouse.read(tables.PAIRS, "report")
    optional = [fact for name, fact in OPTIONAL_PAIR_FACTS.items() if name in pairs.columns]
    used = [(tables.PAIRS, pairs, (*PAIR_FACTS, *optional))]
    used += [(table, context.warehouse.read(table, "report"), facts) for table, facts in FACTS]
    frames = [_facts(table.name, rows, facts) for table, rows, facts in used]
    found = _most_frequent(reduce(lambda one, other: one.unionByName(other), frames)).collect()
    by_name = {(table.name, fact.kind): fact for table, _, facts in used for fact in facts}
    return Tallies(taken_apart([Tally(**row.asDict()) for row in found], by_name))


def taken_apart(found: Iterable[Tally], facts: Mapping[tuple[str, str], Fact]) -> list[Tally]:
    """Tallies of lists and of several parts as tallies of their members."""
    apart: dict[tuple[str, str, str, str | None], Tally] = {}
    for one in found:
        fact = facts[one.table, one.kind]
        for kind, value in _members(one, fact):
            key = (one.table, one.task, kind, value)
            count = one.count + (apart[key].count if key in apart else 0)
            apart[key] = replace(one, kind=kind, value=value, count=count)
    return list(apart.values())


def _members(one: Tally, fact: Fact) -> list[tuple[str, str | None]]:
    """Kinds and values of what was counted as one."""
    if one.value is None:
        return [(kind, None) for kind in fact.parts or (one.kind,)]
    if fact.parts:
        return list(zip(fact.parts, one.value.split(BETWEEN, len(fact.parts) - 1), strict=True))
    return [(one.kind, value) for value in (one.value.split(BETWEEN) if fact.is_list else [one.value])]


def _facts(name: str, rows: DataFrame, facts: Sequence[Fact]) -> DataFrame:
    """A row for each fact. `stack` is compiled, functions over arrays are not."""
    listed = ", ".join(fact.sql() for fact in facts)
    told = rows.selectExpr("task", f"stack({len(facts)}, {listed}) AS (kind, value, number)")
    return told.where("value IS NOT NULL").withColumn("table", F.lit(name))


def _most_frequent(facts: DataFrame) -> DataFrame:
    """Facts counted by value, of each kind and task the `MOST_VALUES` most frequent, and one row for the others.

    Only numbers are kept of a group: with a text Spark would sort all facts instead of hashing them.
    """
    key = ("table", "task", "kind")
    counted = facts.groupBy(*key, "value").agg(
        F.count(F.lit(1)).alias("count"), F.sum("number").alias("total"), F.max("number").alias("largest")
    )
    place = F.row_number().over(Window.partitionBy(*key).orderBy(F.desc("count"), "value"))
    kept = F.when(place <= MOST_VALUES, F.col("value")).alias("value")
    shortened = counted.select(*key, kept, "count", "total", "largest")
    return shortened.groupBy(*key, "value").agg(
        F.sum("count").alias("count"), F.count(F.lit(1)).alias("values"), F.sum("total").alias("total"),
        F.max("largest").alias("largest"),
    )  # fmt: skip
