"""examples x templates -> pairs: renders every task whose examples, wordings, cluster or fold have changed.

Reads `examples`, `duplicates`, `tasks` and `contamination`. Writes `pairs` (one row: a rendered prompt and response),
partitioned by task cluster, `quarantine` (what could not be rendered) and `templates`. The text is rendered and written
once: only accepted pairs are written, their number is compared with the expected one, and tasks that fall short are
rendered again for the refusals alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from taskmill.jobs.command import main
from taskmill.jobs.configuration.config import TaskType
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.repeated_pairs import RULE as REPEATED_RULE
from taskmill.jobs.duplicates.repeated_pairs import outputs_of, remove_repeated, tasks_to_render_again
from taskmill.jobs.examples import (
    FEW_IDS,
    GROUP,
    SAME_TEXT,
    excluded_folds,
    is_held_out,
    kept_examples,
    rows_by_task,
    sent_to_workers,
)
from taskmill.jobs.left_out_tasks import left_out_tasks
from taskmill.jobs.render_plans import Placed, build_plans, check_plan, labels, rendered_tasks, wordings_fingerprint
from taskmill.jobs.review.binding import Bound, bindings, reviewed_examples, warn_of_new_wordings
from taskmill.jobs.shot_pools import pool_parts, with_pools
from taskmill.jobs.siblings import sibling_parts, with_siblings
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import (
    CLUSTER_TASKS,
    DECONTAMINATE,
    DEDUPLICATE,
    DEDUPLICATE_PAIRS,
    GROUP_EXAMPLES,
    RENDER,
    Counts,
)
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint, pair_id_column
from taskmill.udfs.rendering.batches import LISTS, PAIR_DDL, REFUSED_DDL, pair_renderer, refused_renderer
from taskmill.udfs.rendering.dialects import tier
from taskmill.udfs.rendering.plans import IN_PROMPT, AnyTemplate, PublishedTemplate, RenderPlan
from taskmill.udfs.rendering.reviewed import FIXED_IN_REVIEW

STEP = RENDER
UPSTREAM = (DEDUPLICATE, GROUP_EXAMPLES, CLUSTER_TASKS, DECONTAMINATE, DEDUPLICATE_PAIRS)
OUT_OF = "CASE WHEN out_of IS NULL THEN array() ELSE from_json(out_of, 'array<int>') END"  # of an example
RULES = "5"  # raise when the same example and template would give another pair
OF_EXAMPLE = ("example_id", "split", "source", "revision", "licence", "do_not_train", "languages", "flags")
TURNS_DDL = "array<struct<prompt: string, response: string>>"
PASSED = (*OF_EXAMPLE, "out_of", "belongs_to")  # JSON of folds, and a group; null for most
PASSED_DDL = (
    "example_id string, split string, source string, revision string, licence string, do_not_train boolean, "
    "languages array<string>, flags array<string>, out_of string, belongs_to string"
)


def run(context: Context) -> None:
    """Brings `pairs` and `templates` up to date."""
    with ThreadPoolExecutor(max_workers=1) as pool:  # a small table, which the large one need not wait for
        templates = pool.submit(write_templates, context)
        render_tasks(context)
        templates.result()


def render_tasks(context: Context) -> None:
    """Brings `pairs` up to date."""
    left_out, reviews = left_out_tasks(context), bindings(context, rendered_tasks(context))
    fingerprints = task_fingerprints(context, left_out, reviews)
    gone = context.ledger.gone(STEP, fingerprints)
    changed = context.ledger.stale(STEP, fingerprints)
    stale = sorted({*changed, *tasks_to_render_again(context, [*changed, *gone], fingerprints)})
    if gone:
        leave(context, gone)
    if not stale:
        context.messages.say(f"{STEP}: up to date")
        return
    leave_out(context, {name: left_out[name] for name in stale if name in left_out}, fingerprints)
    stale = [name for name in stale if name not in left_out]
    if not stale:
        return
    expected = {name: context.ledger.done(DEDUPLICATE_PAIRS)[name].counts.rows_out for name in stale}
    with context.step(STEP, f"{counted(sum(expected.values()), 'pair')} of {counted(len(stale), 'task')}") as seconds:
        context.ledger.begin(STEP, stale)
        counts = write_pairs(context, stale, expected, reviews)
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs_of(context, counts, fingerprints))
    total = sum((counts[name] for name in stale), Counts())
    context.messages.say(
        f"{STEP}: {counted(total.rows_out, 'pair')} of {counted(len(stale), 'task')}, "
        f"{total.quarantined:,} quarantined, {total.duplicates:,} repeated",
        step=STEP, rows_in=total.rows_in, rows_out=total.rows_out,
    )  # fmt: skip


def write_pairs(
    context: Context, names: Sequence[str], expected: Mapping[str, int], reviews: Mapping[str, Bound]
) -> dict[str, Counts]:
    """Renders these tasks, and gives the counts of all whose rows changed."""
    predicate = f"task IN {sql_list(names)}"
    plans = {
        name: replace(plan, rejected=reviews[name].rejected) if name in reviews else plan
        for name, plan in build_plans(context, names, placed_tasks(context)).items()
    }
    showing = {name: plan for name, plan in plans.items() if plan.few_shot is not None}
    if showing:
        plans |= with_pools(context, showing, to_render(context, showing, reviews))
    warn_of_new_wordings(context, reviews, {name: context.catalog.tasks[name] for name in names})
    context.warehouse.replace(tables.PAIRS, pairs(context, plans, reviews), predicate)
    with ThreadPoolExecutor(max_workers=1) as pool:  # a pair removed meanwhile is accounted for below
        repeated = pool.submit(remove_repeated, context, names)
        accepted = rows_by_task(context.warehouse.read(tables.PAIRS).where(predicate))
        short = {name: plan for name, plan in plans.items() if accepted.get(name, 0) < expected[name]}
        write_refused(context, short, reviews, predicate)
        touched = repeated.result()
    if short or touched:
        return account(context, sorted({*names, *touched}))
    return {name: Counts(expected[name], rows_out=accepted.get(name, 0)) for name in names}


def task_fingerprints(context: Context, left_out: Mapping[str, str], reviews: Mapping[str, Bound]) -> dict[str, str]:
    """For each task that is trained on what its pairs depend on: examples, groups, cluster and fold, folds it must
    stay out of, pairs left out, wordings, limits, what reviewers decided."""
    upstream = [context.ledger.done(step) for step in UPSTREAM]
    limits = asdict(context.pipeline.limits.of_render), context.pipeline.held_out_examples, context.pipeline.seed
    return {
        name: fingerprint(
            RULES,
            [entries[name].output for entries in upstream],
            wordings_fingerprint(context, task),
            limits,
            asdict(check_plan(context, task)),
            reviews[name].digest if name in reviews else "",
            *pool_parts(context, name),
            *sibling_parts(context, name),
            *(["left out"] if name in left_out else []),
        )  # fmt: skip
        for name, task in rendered_tasks(context).items()
        if name in upstream[-1]
    }


def placed_tasks(context: Context) -> Placed:
    """Cluster and fold of each task that is trained on."""
    rows = (
        context.warehouse.read(tables.TASKS, STEP)
        .where("fold IS NOT NULL")
        .select("task", "task_cluster", "fold")
        .collect()
    )
    return {row["task"]: (row["task_cluster"], row["fold"]) for row in rows}


def pairs(context: Context, plans: Mapping[str, RenderPlan], reviews: Mapping[str, Bound]) -> DataFrame:
    """The accepted pairs as rows of `pairs`."""
    examples = with_siblings(context, to_render(context, plans, reviews), plans, reviews)
    rendered = examples.mapInArrow(pair_renderer(plans, PASSED), f"{PASSED_DDL}, {PAIR_DDL}")
    # Joined here, the labels need not travel from the workers with each pair.
    labelled = rendered.join(F.broadcast(labels(context, plans)), on="number", how="inner")
    answered = f"CASE WHEN answers_in = '{IN_PROMPT}' THEN prompt_language ELSE languages[0] END"
    return labelled.withColumns(
        {
            "choices": F.coalesce("choices", "fixed_choices"),
            "response_language": F.coalesce("response_language", F.expr(answered)),
            "group_id": F.expr(GROUP),
            "shots": F.split("shots", " "),
            "turns": F.from_json("turns", TURNS_DDL),
            "flags": F.expr(f"IF(is_fixed, array_append(flags, '{FIXED_IN_REVIEW}'), flags)"),
            "warnings": F.expr("CASE WHEN warned IS NULL THEN array() ELSE split(warned, ' ') END"),
            "form": F.expr("CASE WHEN form IS NULL THEN array() ELSE split(form, ' ') END"),
            "excluded_folds": F.expr(f"array_sort(array_union(task_out_of, {OUT_OF}))"),
        }
    ).select(
        "*",
        pair_id_column("example_id", "template_id").alias("pair_id"),
        F.xxhash64("prompt", "response").alias("text_key"),
        is_held_out(context, "group_id").alias("held_out_example"),
        F.lit(context.run_id).alias("run_id"),
    ).select(*tables.PAIRS.columns)  # fmt: skip


def to_render(context: Context, plans: Mapping[str, RenderPlan], reviews: Mapping[str, Bound]) -> DataFrame:
    """The examples of these tasks, each with the templates it is not rendered with, the folds whose training sets it
    must stay out of and what reviewers decided, both as JSON, and its group, if any. Ids are joined, the text stays in
    place."""
    passed = [F.to_json(name).alias(name) if name in LISTS else name for name in OF_EXAMPLE]
    examples = kept_examples(context, STEP).where(F.col("task").isin(list(plans))).select("task", *passed, "fields")
    known, most = known_of_examples(context, plans, reviews)
    joined = examples.join(sent_to_workers(known, most), on="example_id", how="left")
    if most > FEW_IDS:  # the join moves the examples; rendering wants those of a task in a row
        joined = joined.sortWithinPartitions("task")
    return joined.select("task", *PASSED, "fields", "skipped", "reviewed")


def known_of_examples(
    context: Context, plans: Mapping[str, RenderPlan], reviews: Mapping[str, Bound]
) -> tuple[DataFrame, int]:
    """What other tables know of these tasks' examples (example_id, skipped, out_of, belongs_to, reviewed; one row each,
    no row for most), and how many rows that are at most."""
    duplicates, groups = context.warehouse.read(tables.DUPLICATES), context.warehouse.read(tables.GROUPS)
    left_out = (
        duplicates.where(f"kind = '{SAME_TEXT}' AND rule <> '{REPEATED_RULE}' AND task IN {sql_list(plans)}")
        .groupBy("example_id")
        .agg(F.concat_ws(" ", F.sort_array(F.collect_set("template_id"))).alias("skipped"))
    )
    folds = excluded_folds(context).select("example_id", F.to_json("excluded_folds").alias("out_of"))
    own = groups.where(f"task IN {sql_list(plans)}").selectExpr("example_id", "group_id AS belongs_to")
    known = left_out.join(folds, on="example_id", how="full").join(own, on="example_id", how="full")
    decided = reviewed_examples(context, reviews, plans)
    if decided is None:
        known = known.withColumn("reviewed", F.lit(None).cast("string"))
    else:
        known = known.join(decided, on="example_id", how="full")
    most = sum(table.count() for table in (duplicates, groups, context.warehouse.read(tables.CONTAMINATION)))
    return known, most + sum(len(one.pairs) for one in reviews.values())


def write_refused(
    context: Context, short: Mapping[str, RenderPlan], reviews: Mapping[str, Bound], predicate: str
) -> None:
    """Renders the tasks that fall short again, and writes what is refused."""
    where = f"step = '{STEP}' AND {predicate}"
    if not short:
        context.warehouse.delete(tables.QUARANTINE, where)
        return
    schema = f"task string, example_id string, source string, fields string, {REFUSED_DDL}"
    refused = to_render(context, short, reviews).mapInArrow(
        refused_renderer(short, ("task", "example_id", "source", "fields")), schema
    )
    rows = refused.select(
        F.lit(STEP).alias("step"), "task", "source", pair_id_column("example_id", "template_id").alias("row_id"),
        F.array("reason").alias("reasons"), F.concat_ws(": ", "template", "detail").alias("detail"),
        F.lit(None).cast("string").alias("file"), "example_id", "template_id", F.lit(context.run_id).alias("run_id"),
        F.col("fields").alias("row"),
    )  # fmt: skip
    context.warehouse.replace(tables.QUARANTINE, rows, where)


def leave_out(context: Context, reasons: Mapping[str, str], fingerprints: Mapping[str, str]) -> None:
    """Removes the pairs of tasks that are not to be published, and says which and how many there would be."""
    if not reasons:
        return
    upstream = context.ledger.done(DEDUPLICATE_PAIRS)
    counts = {name: upstream[name].counts.rows_out for name in reasons}
    with context.step(STEP, f"leaving out {counted(len(reasons), 'task')}") as seconds:
        context.ledger.begin(STEP, reasons)
        remove_rows(context, list(reasons))
        found = {name: Counts(count, not_selected=count) for name, count in counts.items()}
        context.ledger.finish(STEP, found, fingerprints, seconds())
    for name, reason in reasons.items():
        context.messages.say(
            f"{STEP}: {name}: {counted(counts[name], 'pair')} not published: {reason}",
            step=STEP, task=name, not_selected=counts[name], reason=reason,
        )  # fmt: skip


def leave(context: Context, gone: Sequence[str]) -> None:
    """Removes the rows of tasks that are not rendered any more."""
    remove_rows(context, gone)
    context.ledger.remove(STEP, gone)


def remove_rows(context: Context, tasks: Sequence[str]) -> None:
    """Removes what this step wrote of these tasks."""
    predicate = f"task IN {sql_list(tasks)}"
    context.warehouse.delete(tables.PAIRS, predicate)
    context.warehouse.delete(tables.QUARANTINE, f"step = '{STEP}' AND {predicate}")
    context.warehouse.delete(tables.DUPLICATES, f"rule = '{REPEATED_RULE}' AND {predicate}")


def write_templates(context: Context) -> None:
    """Brings `templates` up to date with the templates in use."""
    used = {
        template.template_id(task.task_type.task_type): (task.task_type, template)
        for task in context.catalog.tasks.values()
        for template in task.templates
    }
    written = {row["template_id"] for row in context.warehouse.read(tables.TEMPLATES).select("template_id").collect()}
    if written != set(used):
        rows = context.spark.createDataFrame([_template_row(*one) for one in used.values()], tables.TEMPLATES.schema)
        context.warehouse.replace(tables.TEMPLATES, rows, "true")


def _template_row(task_type: TaskType, template: AnyTemplate) -> dict[str, Any]:
    is_published = isinstance(template, PublishedTemplate)
    texts: dict[str, str | None] = {"follow_up": None, "answer_choices": None}
    if isinstance(template, PublishedTemplate):
        texts |= {"prompt": template.jinja, "response": "", "answer_choices": template.answer_choices}
    else:
        texts |= {"prompt": template.prompt, "response": template.response, "follow_up": template.follow_up}
    return {
        "template_id": template.template_id(task_type.task_type), "task_type": task_type.task_type,
        "template": template.name, "origin": "published" if is_published else task_type.origin_of(template.name),
        "language": template.language, "dialect": template.dialect, "tier": tier(template)[0],
        "inverts": template.inverts, "needs": list(template.needs), **texts,
    }  # fmt: skip


def account(context: Context, tasks: Sequence[str]) -> dict[str, Counts]:
    """Where the pairs of each task went: what was expected from counting, the rest from the tables as written."""
    places = {
        "rows_out": context.warehouse.read(tables.PAIRS),
        "quarantined": context.warehouse.read(tables.QUARANTINE).where(f"step = '{STEP}'"),
        "duplicates": context.warehouse.read(tables.DUPLICATES).where(f"rule = '{REPEATED_RULE}'"),
    }
    named = [rows.select("task", F.lit(place).alias("place")) for place, rows in places.items()]
    rows = reduce(DataFrame.unionByName, named).where(f"task IN {sql_list(tasks)}").groupBy("task", "place").count()
    found = {(row["task"], row["place"]): row["count"] for row in rows.collect()}
    expected = context.ledger.done(DEDUPLICATE_PAIRS)
    return {
        name: Counts(expected[name].counts.rows_out, **{place: found.get((name, place), 0) for place in places})
        for name in tasks
    }


if __name__ == "__main__":
    main(run)
