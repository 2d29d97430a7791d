"""Of tasks whose examples bring their own options: at which place the right one stands, and how long it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.context import Context
from taskmill.jobs.examples import kept_examples
from taskmill.udfs.gates.options import LengthCounts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

GOLD = "CAST(get_json_object(fields, concat('$.', answer_field)) AS int)"
OPTIONS = "from_json(get_json_object(fields, concat('$.', options_field)), 'array<string>')"
PLACES_LOOKED_AT = 8  # for options that all examples share
# The options that are an example's own, by place, and where the right one stands among them: 0 for nowhere.
OWN = "filter(sequence(0, size(options) - 1), place -> NOT array_contains(shared, place))"
ENDS = LONGEST, SHORTEST = "array_max", "array_min"


@dataclass(frozen=True)
class OptionCounts:
    """Of one task: (options, place of the right one) -> examples, and guesses by length."""

    places: Mapping[tuple[int, int], int] = field(default_factory=Counter)
    longest: LengthCounts = LengthCounts(0, 0, 0.0)
    shortest: LengthCounts = LengthCounts(0, 0, 0.0)


def has_own_options(task: Task) -> bool:
    """Whether each example of the task brings its options, one of which is right."""
    return isinstance(task.choices, str) and task.task_type.answer_is_choice


def option_counts(context: Context, tasks: Iterable[Task]) -> dict[str, OptionCounts]:
    """The counts of each of these tasks that has own options; their sizes are those of its lists of options.

    An option that stands at one place in all examples ("neither of them") is a label: how often it is right is a matter
    of how labels are spread. Options are counted without it, and examples for which it is right not at all.
    """
    wanted = [(task.name, str(task.task_type.answer), str(task.choices)) for task in tasks if has_own_options(task)]
    if not wanted:
        return {}
    of_tasks = context.spark.createDataFrame(wanted, "task string, answer_field string, options_field string")
    rows = (
        kept_examples(context, "check_tasks")
        .join(F.broadcast(of_tasks), on="task", how="inner")
        .selectExpr("task", f"{GOLD} AS gold", f"{OPTIONS} AS options")
        .where("size(options) > 1 AND gold IS NOT NULL")
    )
    shared = context.spark.createDataFrame(shared_places(rows), "task string, shared array<int>")
    own = (
        rows.join(F.broadcast(shared), on="task", how="inner")
        .withColumn("own", F.expr(OWN))
        .selectExpr(
            "task", "array_position(own, gold) - 1 AS place",
            "transform(own, place -> length(get(options, place))) AS lengths",
        )
        .where("place >= 0 AND size(lengths) > 1")
        .selectExpr("*", "size(lengths) AS options", *(f"{end}(lengths) AS {end}" for end in ENDS))
    )  # fmt: skip
    is_alone = {end: f"size(filter(lengths, one -> one = {end})) = 1" for end in ENDS}
    is_hit = {end: f"{is_alone[end]} AND get(lengths, int(place)) = {end}" for end in ENDS}
    counts = own.groupBy("task", "options", "place").agg(
        F.count(F.lit(1)).alias("examples"),
        *(F.count_if(F.expr(is_alone[end])).alias(f"{end}_trials") for end in ENDS),
        *(F.count_if(F.expr(is_hit[end])).alias(f"{end}_hits") for end in ENDS),
    )  # fmt: skip
    return _by_task(counts)


def shared_places(rows: DataFrame) -> list[tuple[str, list[int]]]:
    """For each task the places at which all its examples have one and the same option. One that only some have, as
    where the number of options differs, is their own."""
    told = [
        of(F.get("options", F.lit(place))).alias(f"{of.__name__}_{place}")
        for place in range(PLACES_LOOKED_AT)
        for of in (F.min, F.max, F.count)
    ]
    found = []
    for row in rows.groupBy("task").agg(F.count(F.lit(1)).alias("examples"), *told).collect():
        equal = [
            place
            for place in range(PLACES_LOOKED_AT)
            if row[f"count_{place}"] == row["examples"] > 1 and row[f"min_{place}"] == row[f"max_{place}"]
        ]
        found.append((row["task"], equal))
    return found


def _by_task(counts: DataFrame) -> dict[str, OptionCounts]:
    places: defaultdict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    lengths: defaultdict[tuple[str, str], LengthCounts] = defaultdict(lambda: LengthCounts(0, 0, 0.0))
    for row in counts.collect():
        places[row["task"]][row["options"], row["place"]] += row["examples"]
        for end in ENDS:
            trials, hits, before = row[f"{end}_trials"], row[f"{end}_hits"], lengths[row["task"], end]
            lengths[row["task"], end] = LengthCounts(
                before.trials + trials, before.hits + hits, before.chance + trials / row["options"]
            )
    return {name: OptionCounts(places[name], lengths[name, LONGEST], lengths[name, SHORTEST]) for name in places}
