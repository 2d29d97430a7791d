"""What became of the pairs of every wording and task, from the tables: one query, which reads no text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from taskmill.jobs.examples import SAME_TEXT
from taskmill.jobs.review.binding import bindings
from taskmill.jobs.review.decisions import decisions_in
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import RENDER
from taskmill.udfs.ranking.counts import Counts
from taskmill.udfs.rendering.reviewed import REJECTED_IN_REVIEW
from taskmill.udfs.review.verdicts import (
    ACCEPT,
    ADVISER,
    FLAGGED,
    PAIR,
    TEMPLATE,
    Decision,
    by_item,
    verdicts,
)

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

Key = tuple[str, str]  # template_id, task
MADE, REFUSED, REPEATED = "made", "refused", "repeated"


def counts_of(context: Context, inverting: Collection[str]) -> dict[Key, Counts]:
    """By wording and task, decisions of people and models with them.

    Args:
        inverting: ids of wordings that ask for another field than the answer.
    """
    found: defaultdict[Key, Counts] = defaultdict(Counts)
    for row in counted_rows(context).collect():  # as many as tasks have wordings, times a few
        one = found[row["template_id"], row["task"]]
        if row["place"] == MADE:
            names = row["what"].split()
            one.add_pairs(row["count"], row["quality"], names, row["template_id"] in inverting)
        elif row["place"] == REPEATED:
            one.repeated += row["count"]
        elif row["what"] == REJECTED_IN_REVIEW:
            one.rejected += row["count"]
        else:
            one.refused[row["what"]] += row["count"]
    current = template_ids(context)
    add_decisions(found, decisions_in(context.warehouse), current, context.pipeline.review.adjudicators)
    for task, bound in bindings(context, context.catalog.tasks).items():
        for name, verdict in bound.templates.items():
            if verdict.by.item.scope == TEMPLATE and (task, name) in current:
                found[current[task, name], task].is_out = True
    return dict(found)


def counted_rows(context: Context) -> DataFrame:
    """Columns place, template_id, task, what (warnings of pairs, or a reason), count and the sum of quality."""
    pairs = context.warehouse.read(tables.PAIRS).select(
        F.lit(MADE).alias("place"), "template_id", "task", F.concat_ws(" ", "warnings").alias("what"), "quality"
    )
    refused = context.warehouse.read(tables.QUARANTINE).where(f"step = '{RENDER}' AND template_id IS NOT NULL")
    repeated = context.warehouse.read(tables.DUPLICATES).where(f"kind = '{SAME_TEXT}' AND template_id IS NOT NULL")
    nothing = F.lit(0.0).alias("quality")
    rows = [
        pairs,
        refused.select(F.lit(REFUSED).alias("place"), "template_id", "task", F.expr("reasons[0] AS what"), nothing),
        repeated.select(F.lit(REPEATED).alias("place"), "template_id", "task", F.lit("").alias("what"), nothing),
    ]
    # Each counted by itself: the columns of a union could not be left unread.
    grouped = [
        one.groupBy("place", "template_id", "task", "what").agg(
            F.count(F.lit(1)).alias("count"), F.sum("quality").alias("quality")
        )
        for one in rows
    ]
    return reduce(DataFrame.unionByName, grouped)


def template_ids(context: Context) -> dict[tuple[str, str], str]:
    """The id of the wording of each name, by task and name."""
    return {
        (name, one.name): one.template_id(task.task_type.task_type)
        for name, task in context.catalog.tasks.items()
        for one in task.templates
    }


def add_decisions(
    counts: defaultdict[Key, Counts],
    decisions: Iterable[Decision],
    current: Mapping[tuple[str, str], str],
    adjudicators: Collection[str] = (),
) -> None:
    """Adds what people decided, and what models advise, of pairs with wordings in use.

    Pairs that were looked at for their flags alone tell nothing of the others, as in `review status`.

    Args:
        current: task and name of each wording in use, and its id.
    """
    of_pairs = [one for one in decisions if one.item.scope == PAIR]
    drawn = {one.item for one in of_pairs if one.drawn != FLAGGED}
    looked_at = [one for one in of_pairs if one.item in drawn]
    for last in last_of_models(looked_at):
        key = _key(last, current)
        if key is not None:
            counts[key].advised += 1
            counts[key].advised_against += last.decision != ACCEPT
    for verdict in verdicts(looked_at, adjudicators).values():
        key = _key(verdict.by, current)
        if key is not None:
            counts[key].judged += 1
            counts[key].wrong += verdict.kind != ACCEPT


def last_of_models(decisions: Iterable[Decision]) -> list[Decision]:
    """What each model said last of each pair."""
    of_models = [one for one in decisions if one.reviewer.startswith(ADVISER)]
    return list({(item, one.reviewer): one for item, made in by_item(of_models).items() for one in made}.values())


def _key(by: Decision, current: Mapping[tuple[str, str], str]) -> Key | None:
    """The wording of a pair; None where it is not in use any more, or has another text than the one looked at."""
    template_id = current.get((by.item.task, by.item.template))
    return None if template_id is None or by.template_id not in ("", template_id) else (template_id, by.item.task)
