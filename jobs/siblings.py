"""Examples of a task that ask about one text: what a dialogue about it is made of.

The text itself does not travel, only a hash of it and what each example has of its own. A sibling is of the same group
and split as the example it is brought to, so both are held out or neither is, and stays out of no more training sets;
neither is known to be nearly the same as another example, which would give its answer away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.catalog.follow_ups import shared_fields
from taskmill.jobs.catalog.forms import multi_turn
from taskmill.jobs.examples import DRAWS, drawn_number, excluded_folds, kept_examples
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.forms.siblings import PARTS_DDL, parted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context
    from taskmill.jobs.review.binding import Bound

RULE = "turns-1"  # raise when the same examples would become other dialogues
SIBLINGS = 16  # of a text that its questions choose from
ALIKE = "template_id IS NULL AND NOT removed"  # of rows of duplicates
MANY = 50_000  # examples with their siblings, a few kilobytes each
USABLE = "filter(siblings, one -> one.example_id <> example_id AND (one.out_of IS NULL OR one.out_of <=> out_of))"


def sibling_parts(context: Context, task: str) -> list[object]:
    """What the dialogues of a task depend on, beside the task itself; nothing where it has none."""
    how = multi_turn(context.pipeline, context.catalog.tasks[task])
    return [] if how is None else [RULE, asdict(how)]


def with_siblings(
    context: Context, examples: DataFrame, tasks: Iterable[str], reviews: Mapping[str, Bound]
) -> DataFrame:
    """The examples with a column `siblings`: for those that are to be dialogues what else is asked about their text, a
    JSON list of `example_id` and `fields` (JSON text, without what is shared), null for the others.

    Few of them go to every worker; where they are many, the examples travel too.
    """
    plans = {name: multi_turn(context.pipeline, context.catalog.tasks[name]) for name in tasks}
    rates = {name: plan.rate for name, plan in plans.items() if plan is not None}
    if not rates:
        return examples.withColumn("siblings", F.lit(None).cast("string"))
    reviewed = {example_id for name in rates if name in reviews for example_id, _ in reviews[name].pairs}
    siblings = siblings_of(context, rates, reviewed)
    done = context.ledger.done(DEDUPLICATE)
    if sum(rate * done[name].counts.rows_out for name, rate in rates.items()) <= MANY:
        return examples.join(F.broadcast(siblings), on="example_id", how="left")
    return examples.join(siblings, on="example_id", how="left").sortWithinPartitions("task")


def siblings_of(context: Context, rates: Mapping[str, float], reviewed: Iterable[str]) -> DataFrame:
    """Columns example_id, siblings: one row for each example that is to be a dialogue and can be.

    Args:
        rates: of the tasks with dialogues.
        reviewed: examples of which people have decided something; they are nobody's siblings.
    """
    parts = _parts(context, {name: shared_fields(context.catalog.tasks[name].task_type) for name in rates})
    text = ["task", "shared_key", "group_id", "split"]
    first = Window.partitionBy(*text).orderBy("drawn", "example_id")
    usable = parts.join(_unusable(context, reviewed), on="example_id", how="left_anti").withColumns(
        {"drawn": drawn_number(context, "sibling", "example_id")}
    )
    among = usable.withColumn("place", F.row_number().over(first)).where(f"place <= {SIBLINGS}")
    one = F.struct("drawn", "example_id", "out_of", "own")
    of_text = among.groupBy(*text).agg(F.sort_array(F.collect_list(one)).alias("siblings"))
    bounds = context.spark.createDataFrame(
        [(name, int(rate * DRAWS)) for name, rate in rates.items()], "task string, bound long"
    )
    asking = (
        parts.drop("own")
        .join(F.broadcast(bounds), on="task")
        .where(drawn_number(context, "multi_turn", "example_id") < F.col("bound"))
    )
    met = asking.join(of_text, on=text).withColumn("siblings", F.expr(USABLE)).where("size(siblings) > 0")
    told = F.expr("to_json(transform(siblings, one -> named_struct('example_id', one.example_id, 'fields', one.own)))")
    return met.select("example_id", told.alias("siblings"))


def _parts(context: Context, shared: Mapping[str, tuple[str, ...]]) -> DataFrame:
    """Columns task, example_id, shared_key, own, split, group_id, out_of: the examples that may share a text with
    others."""
    examples = kept_examples(context, "render").where(F.col("task").isin(list(shared)))
    texts = examples.select("task", "example_id", "split", "fields").mapInArrow(parted(shared), PARTS_DDL)
    groups = context.warehouse.read(tables.GROUPS).where(f"task IN {sql_list(shared)}").select("example_id", "group_id")
    folds = excluded_folds(context).select("example_id", F.to_json("excluded_folds").alias("out_of"))
    return texts.join(groups, on="example_id").join(folds, on="example_id", how="left")


def _unusable(context: Context, reviewed: Iterable[str]) -> DataFrame:
    """Column example_id."""
    alike = context.warehouse.read(tables.DUPLICATES).where(ALIKE)
    decided = context.spark.createDataFrame([(name,) for name in sorted(set(reviewed))], "example_id string")
    ends = alike.select("example_id").union(alike.select("kept_id")).union(decided)
    return ends.distinct()
