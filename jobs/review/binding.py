"""What decisions mean for the next run: which pairs of which tasks are refused or get another text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.review.decisions import decisions_in
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.review.verdicts import ACCEPT, PAIR, REJECT, TASK, Verdict, verdicts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.catalog.task import Task

ROW_DDL = "task string, example_id string, template string, decision_id string, rejected string"


@dataclass(frozen=True)
class Bound:
    """What binds one task.

    Attributes:
        templates: names of templates that are rejected for it, and by whom.
        pairs: example and template of each pair that is rejected or fixed.
    """

    templates: dict[str, Verdict] = field(default_factory=dict)
    pairs: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Stands for what binds; empty for nothing, so that a task nobody reviewed does not change."""
        if not self.templates and not self.pairs:
            return ""
        whole = sorted((name, one.by.decision_id) for name, one in self.templates.items())
        return fingerprint(whole, sorted((*pair, one.by.decision_id) for pair, one in self.pairs.items()))

    @property
    def rejected(self) -> dict[str, str]:
        return {name: told(one) for name, one in self.templates.items()}


def told(verdict: Verdict) -> str:
    """Who rejected what, and when."""
    by = verdict.by
    what = f"as part of the whole {by.item.scope} " if by.item.scope != PAIR else ""
    moment = datetime.fromtimestamp(by.decided_at / 1_000_000, timezone.utc)
    return f"{what}by {by.reviewer}, {moment:%Y-%m-%d}"


def bindings(context: Context, tasks: Mapping[str, Task]) -> dict[str, Bound]:
    """What binds each of these tasks; no entry where nothing does."""
    found: defaultdict[str, Bound] = defaultdict(Bound)
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for name, task in tasks.items():
        by_type[task.task_type.task_type].append(name)
    # The widest decision is told where several reject the same.
    order = [PAIR, "template", TASK]
    standing = verdicts(decisions_in(context.warehouse), context.pipeline.review.adjudicators)
    for item, verdict in sorted(standing.items(), key=lambda one: (order.index(one[0].scope), one[0])):
        if verdict.kind == ACCEPT:
            continue
        for name in [item.task] if item.task else by_type[item.task_type]:
            if name not in tasks:
                continue
            if item.scope == PAIR:
                found[name].pairs[item.example_id, item.template] = verdict
                continue
            for template in [item.template] if item.template else [one.name for one in tasks[name].templates]:
                found[name].templates[template] = verdict
    return dict(found)


def reviewed_examples(context: Context, bound: Mapping[str, Bound], tasks: Collection[str]) -> DataFrame | None:
    """Columns example_id, reviewed: what is decided of the pairs of an example, as rendering takes it; None for
    nothing."""
    rows = [
        (name, example_id, template, one.by.decision_id, told(one) if one.kind == REJECT else None)
        for name in tasks
        for (example_id, template), one in bound.get(name, Bound()).pairs.items()
    ]
    if not rows:
        return None
    fixes = context.warehouse.read(tables.DECISIONS).select(
        "decision_id", F.col("fixed_prompt").alias("prompt"), F.col("fixed_response").alias("response")
    )
    # The texts of fixes do not pass the driver.
    joined = fixes.join(F.broadcast(context.spark.createDataFrame(rows, ROW_DDL)), on="decision_id", how="inner")
    one = F.struct("template", F.struct("rejected", "prompt", "response").alias("decided"))
    by_example = joined.groupBy("example_id").agg(F.map_from_entries(F.sort_array(F.collect_list(one))).alias("all"))
    return by_example.select("example_id", F.to_json("all").alias("reviewed"))


def warn_of_new_wordings(context: Context, bound: Mapping[str, Bound], tasks: Mapping[str, Task]) -> None:
    """Tells of decisions that bind although the wording is another one than the reviewer saw."""
    for name in sorted(set(bound) & set(tasks)):
        for line in outdated(tasks[name], bound[name]):
            context.messages.warn(f"review: {name}: {line}", task=name)


def outdated(task: Task, bound: Bound) -> Iterator[str]:
    """A line for each template of the task that was reworded since decisions on it were made."""
    current = {one.name: one.template_id(task.task_type.task_type) for one in task.templates}
    look = f"look at it again with `taskmill preview {task.name} --template"
    for template, verdict in sorted(bound.templates.items()):
        seen = verdict.by.template_id
        if template in current and seen and seen != current[template]:
            yield (
                f"template {template!r} stays out (rejected {told(verdict)}), though its wording is new; {look} "
                f"{template}`; a later accept lifts the reject"
            )
    old = Counter(
        (template, one.kind)
        for (_, template), one in bound.pairs.items()
        if template in current and one.by.template_id and one.by.template_id != current[template]
        and template not in bound.templates
    )  # fmt: skip
    for (template, kind), count in sorted(old.items()):
        yield (
            f"{counted(count, 'pair')} of template {template!r} {'stay' if count > 1 else 'stays'} "
            f"{'out' if kind == REJECT else 'as fixed'} though its wording has changed since; {look} {template}`; a "
            "later accept lifts a decision"
        )
