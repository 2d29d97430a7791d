"""examples x templates -> duplicates: pairs that would come out equal, found before they are rendered.

A wording that reads only some of a task type's fields (a closed-book question about a passage) gives equal pairs for
examples that differ elsewhere. Reads `examples`. Writes `duplicates` with kind `same_text`, for wordings that leave a
required field out: one example keeps the pair, the others do without. Hashes of the used fields are compared, not
texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.repeated_pairs import removed_by_task, same_text
from taskmill.jobs.examples import kept_examples, ranked
from taskmill.jobs.left_out_tasks import left_out_tasks
from taskmill.jobs.render_plans import (
    build_plans,
    drawn_counts,
    rendered_tasks,
    wordings_fingerprint,
)
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE, DEDUPLICATE_PAIRS, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.rendering.batches import USED_DDL, used_keys

STEP = DEDUPLICATE_PAIRS
RULE = "same-used-fields-1"


def run(context: Context) -> None:
    """Brings the pair rows of `duplicates` up to date."""
    fingerprints = task_fingerprints(context)
    stale = context.ledger.stale(STEP, fingerprints)
    gone = context.ledger.gone(STEP, fingerprints)
    if gone:
        context.warehouse.delete(tables.DUPLICATES, f"rule = '{RULE}' AND task IN {sql_list(gone)}")
        context.ledger.remove(STEP, gone)
    if not stale:
        context.messages.say(f"{STEP}: up to date")
        return
    with context.step(STEP, counted(len(stale), "task")) as seconds:
        context.ledger.begin(STEP, stale)
        # A pair of a task that is left out is not there to be repeated.
        rendered = rendered_tasks(context).keys() - left_out_tasks(context).keys()
        write_same_text(context, [name for name in stale if name in rendered], stale)
        counts, outputs = account(context, stale)
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs)
    total = sum(counts.values(), Counts())
    context.messages.say(
        f"{STEP}: {counted(total.rows_out, 'pair')} to render, {total.duplicates:,} would repeat another",
        step=STEP, rows_in=total.rows_in, rows_out=total.rows_out,
    )  # fmt: skip


def task_fingerprints(context: Context) -> dict[str, str]:
    """The same for all tasks of a type: their examples share its wordings, so a pair of one may repeat a pair of
    another."""
    deduplicated, left_out = context.ledger.done(DEDUPLICATE), left_out_tasks(context)
    by_type: defaultdict[str, list[Task]] = defaultdict(list)
    for name in deduplicated:
        by_type[context.catalog.tasks[name].task_type.task_type].append(context.catalog.tasks[name])
    found = {}
    for tasks in by_type.values():
        parts = [
            (
                task.name,
                deduplicated[task.name].output,
                wordings_fingerprint(context, task),
                task.source.priority,
                task.is_benchmark or task.name in left_out,
            )
            for task in tasks
        ]
        found.update(dict.fromkeys([task.name for task in tasks], fingerprint(RULE, sorted(parts))))
    return found


def write_same_text(context: Context, rendered: Iterable[str], stale: Iterable[str]) -> None:
    """Writes which pairs of the stale tasks repeat another."""
    partial = partial_templates(context, rendered)
    predicate = f"rule = '{RULE}' AND task IN {sql_list(stale)}"
    if not partial:
        context.warehouse.delete(tables.DUPLICATES, predicate)
        return
    names = sorted({task for tasks in partial.values() for task in tasks})
    plans = build_plans(context, names, dict.fromkeys(names, ("", 0)))
    examples = (
        kept_examples(context, STEP)
        .where(F.col("task").isin(names))
        .select("task", "example_id", F.to_json("languages").alias("languages"), "fields")
    )
    used = examples.mapInArrow(used_keys(plans, frozenset(partial)), USED_DDL)
    context.warehouse.replace(
        tables.DUPLICATES, same_text(ranked(context, used), ["template_id", "used_key"], RULE), predicate
    )


def partial_templates(context: Context, tasks: Iterable[str]) -> Mapping[str, list[str]]:
    """Templates that do not read all that makes an example what it is, by id, with the tasks that use them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in tasks:
        task = context.catalog.tasks[name]
        whole = {*task.task_type.content_fields, *task.task_type.answer_fields}
        for template in task.templates:
            if not whole.issubset(template.uses):
                found[template.template_id(task.task_type.task_type)].append(name)
    return found


def account(context: Context, stale: list[str]) -> tuple[dict[str, Counts], dict[str, str]]:
    """Counts of pairs before rendering, and what stands for those that are left out."""
    left_out = removed_by_task(context, RULE, stale)
    rendered = rendered_tasks(context)
    drawn = drawn_counts(context, [name for name in stale if name in rendered])
    deduplicated = context.ledger.done(DEDUPLICATE)
    counts, outputs = {}, {}
    for name in stale:
        possible = deduplicated[name].counts.rows_out * len(context.catalog.tasks[name].templates)
        repeats = left_out.get(name, (0, 0))
        counts[name] = Counts(
            rows_in=possible,
            rows_out=drawn.get(name, 0) - repeats[0],
            duplicates=repeats[0],
            not_selected=possible - drawn.get(name, 0),
        )
        outputs[name] = fingerprint(repeats)
    return counts, outputs


if __name__ == "__main__":
    main(run)
