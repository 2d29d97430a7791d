"""A few examples of every task on the driver, the same whatever the partitions: what tasks are compared by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.examples import ANSWER_TEXTS, CONTENT_TEXTS, content_fields, kept_examples

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

ID_DIGITS = 8  # of an id, which is a hash: enough to cut a task's examples at a share
SPARE = 2.0  # times as many as are wanted, so that there are enough
TEXT_CHARS, ANSWER_CHARS = 600, 300
CONSTANT = 0.9  # of a task's examples; a field that is equal in so many is an instruction, no content


@dataclass(frozen=True)
class SampledExample:
    """The content fields of an example as texts (None for a missing one), its answers, and its languages."""

    fields: Mapping[str, str | None]
    answers: tuple[str, ...]
    languages: tuple[str, ...]


def sampled_examples(context: Context, kept: Mapping[str, int], count: int) -> dict[str, list[SampledExample]]:
    """For each task the `count` examples with the lowest ids.

    Args:
        kept: task -> how many examples it has.
    """
    bounds = context.spark.createDataFrame(
        [(task, id_bound(number, count)) for task, number in kept.items()], "task string, bound string"
    )
    of_tasks = F.broadcast(bounds.join(content_fields(context), on="task"))
    texts = f"transform({CONTENT_TEXTS}, text -> substring(text, 1, {TEXT_CHARS}))"
    answers = f"transform({ANSWER_TEXTS}, text -> substring(text, 1, {ANSWER_CHARS}))"
    rows = (
        kept_examples(context, "cluster_tasks")
        .join(of_tasks, on="task")
        .where(f"substring(example_id, 1, {ID_DIGITS}) <= bound")
        .selectExpr("task", "example_id", "content_fields", f"{texts} AS texts", f"{answers} AS answers", "languages")
        .collect()
    )
    found: defaultdict[str, list[SampledExample]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["task"], row["example_id"])):
        if len(found[row["task"]]) < count:
            fields = dict(zip(row["content_fields"], row["texts"], strict=True))
            given = tuple(answer for answer in row["answers"] if answer is not None)
            found[row["task"]].append(SampledExample(fields, given, tuple(row["languages"])))
    return dict(found)


def id_bound(examples: int, count: int) -> str:
    """The highest beginning of an id to look at: ids are spread evenly."""
    highest = 16**ID_DIGITS - 1
    share = min(1.0, (SPARE * count + 10) / max(examples, 1))
    return f"{int(share * highest):0{ID_DIGITS}x}"


def constant_fields(examples: Sequence[SampledExample]) -> dict[str, str]:
    """The fields that nearly all examples have one text in, such as a definition that comes with the data, and it."""
    found = {}
    for name in examples[0].fields if len(examples) > 1 else ():
        text, having = Counter(one.fields[name] for one in examples).most_common(1)[0]
        if text is not None and having >= CONSTANT * len(examples):
            found[name] = text
    return found


def languages_of(examples: Iterable[SampledExample]) -> tuple[str, ...]:
    """The languages of these examples, sorted."""
    return tuple(sorted({language for one in examples for language in one.languages}))
