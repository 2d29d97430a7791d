"""A bounded sample of each task's texts, looked at where it lies: what instructions say, and words that tell labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.clusters.task_samples import id_bound
from taskmill.jobs.context import Context
from taskmill.jobs.examples import CONTENT_TEXTS, content_fields, kept_examples
from taskmill.udfs.gates.answers import AnswerCounts
from taskmill.udfs.gates.giveaways import Giveaway
from taskmill.udfs.gates.samples import DDL, TEXT_CHARS, read_giveaways, told_by_texts

# Examples that are looked at, those with the lowest ids (hashes), or a few more: the same whatever the partitions.
OF_LABELS, OF_OTHERS = 1_000, 20
MOST_LABELS, EXAMPLES_PER_LABEL = 100, 5  # answers are labels when they are few, each of several examples
ANSWER_CHARS = 80


@dataclass(frozen=True)
class TextSample:
    """What the sampled texts of one task tell.

    Attributes:
        constants: fields that nearly all examples have one text in, and it.
        has_labels: whether answers are labels; only then words are counted.
    """

    examples: int
    constants: Mapping[str, str]
    giveaways: tuple[Giveaway, ...]
    has_labels: bool


def text_samples(
    context: Context, tasks: Collection[Task], answers: Mapping[str, AnswerCounts]
) -> dict[str, TextSample]:
    """What a sample of each task tells. It is all of the texts that travels, and a row a task reaches the driver."""
    if not tasks:
        return {}
    sizes = {task.name: (answers[task.name].examples, _are_labels(answers[task.name])) for task in tasks}
    wanted = [
        (name, is_closed, id_bound(examples, OF_LABELS if is_closed else OF_OTHERS))
        for name, (examples, is_closed) in sizes.items()
    ]
    bounds = context.spark.createDataFrame(wanted, "task string, is_closed boolean, bound string")
    texts = f"transform({CONTENT_TEXTS}, text -> substring(text, 1, {TEXT_CHARS}))"
    rows = (
        kept_examples(context, "check_tasks")
        .join(F.broadcast(bounds.join(content_fields(context), on="task")), on="task", how="inner")
        .where("substring(example_id, 1, length(bound)) <= bound")
        .selectExpr(
            "task", "example_id", "content_fields AS names", f"{texts} AS texts",
            f"lower(trim(substring(answer, 1, {ANSWER_CHARS}))) AS label", "is_closed",
        )
    )  # fmt: skip
    found = rows.groupBy("task").applyInArrow(told_by_texts, DDL)
    return {
        row["task"]: TextSample(
            row["sampled"], row["constants"], tuple(read_giveaways(row["giveaways"])), sizes[row["task"]][1]
        )
        for row in found.collect()
    }


def _are_labels(counts: AnswerCounts) -> bool:
    """Whether answers are few and short: sentences that recur are no labels, they have words of what is asked."""
    return counts.are_short and 2 <= counts.distinct <= min(MOST_LABELS, counts.examples / EXAMPLES_PER_LABEL)
