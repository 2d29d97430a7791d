"""What rendering does with each task: its templates, how many each example gets, and which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.catalog.forms import few_shot, form_plan, multi_turn
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.context import Context
from taskmill.jobs.examples import kept_examples
from taskmill.jobs.storage import tables
from taskmill.udfs.ids import fingerprint, hashed_column
from taskmill.udfs.pair_checks.registry import CheckPlan
from taskmill.udfs.rendering.draw_counts import COUNTS_DDL, draw_counter, fields_that_decide
from taskmill.udfs.rendering.plans import LABELS_DDL, Draw, RenderPlan, dealing_parts, in_languages_of, numbered

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Placed = Mapping[str, tuple[str, int]]  # task -> task_cluster, fold


def rendered_tasks(context: Context) -> dict[str, Task]:
    """The tasks that become pairs: all but benchmarks."""
    return {name: task for name, task in context.catalog.tasks.items() if not task.is_benchmark}


def wordings_fingerprint(context: Context, task: Task) -> str:
    """Stands for the templates of a task, for how many an example gets, and for the forms of its pairs."""
    pipeline = context.pipeline
    drawn = task.templates_per_example(pipeline)
    how = None if drawn == "all" else (pipeline.draw, pipeline.seed)
    ids = [template.template_id(task.task_type.task_type) for template in task.templates]
    forms = form_plan(pipeline, task)
    formed = [] if forms is None else [asdict(forms)]
    return fingerprint(ids, drawn, how, task.choices, task.task_type.answer, task.follows_data, *formed)


def build_plans(context: Context, tasks: Iterable[str], placed: Placed) -> dict[str, RenderPlan]:
    """The plan of each task."""
    wanted = [context.catalog.tasks[name] for name in tasks]
    dealt = dealing_boundaries(context, [task for task in wanted if _is_dealt(context, task)])
    limits = context.pipeline.limits.of_render
    plans = []
    for task in wanted:
        drawn = task.templates_per_example(context.pipeline)
        cluster, fold = placed[task.name]
        plan = RenderPlan(
            task=task.name,
            task_type=task.task_type.task_type,
            task_cluster=cluster,
            fold=fold,
            choices=task.choices,
            answer=task.task_type.answer_fields[0] if task.task_type.answer_is_choice else None,
            templates=tuple((template.template_id(task.task_type.task_type), template) for template in task.templates),
            draw=Draw(context.pipeline.seed, None if drawn == "all" else drawn, dealt.get(task.name)),
            fields=task.known_fields,
            limits=limits,
            follows_data=task.follows_data,
            checks=check_plan(context, task),
            forms=form_plan(context.pipeline, task),
            few_shot=few_shot(context.pipeline, task),
            multi_turn=multi_turn(context.pipeline, task),
        )
        plans.append(plan)
    return {plan.task: plan for plan in numbered(plans)}


def check_plan(context: Context, task: Task) -> CheckPlan:
    """What is looked for in the pairs of a task."""
    checks, kind = context.pipeline.checks, task.task_type
    return CheckPlan(
        severities=checks.severities(task.name),
        hidden=str(kind.answer) if kind.hides_answer and kind.answer in kind.text_answers else None,
        is_structured=not task.published and bool(kind.answer_fields) and not kind.answer_is_text,
        max_tokens=checks.max_tokens,
        max_ratio=checks.max_ratio,
    )


def labels(context: Context, plans: Mapping[str, RenderPlan]) -> DataFrame:
    """What all pairs of one task and template share, by `number`; `task_out_of` has the folds the task stays out of."""
    rows = [label for plan in plans.values() for label in plan.labels()]
    tasks = context.warehouse.read(tables.TASKS, "render")
    held_out = tasks.selectExpr("task", "excluded_folds AS task_out_of", "held_out_task")
    return context.spark.createDataFrame(rows, LABELS_DDL).join(F.broadcast(held_out), on="task", how="inner")


def dealing_boundaries(context: Context, tasks: Iterable[Task]) -> dict[str, tuple[str, ...]]:
    """For each task the dealing keys that cut its examples into as many equal shares as it has templates.

    A share's examples get the same template, so templates are dealt evenly to within one example, and yet what an
    example gets depends on its id alone. A few keys a task reach the driver, whatever the size of the data.
    """
    shares = {task.name: len(task.templates) for task in tasks}
    if not shares:
        return {}
    sizes = context.spark.createDataFrame(list(shares.items()), "task string, shares int")
    seed, word = (F.lit(part) for part in dealing_parts(context.pipeline.seed))
    keys = kept_examples(context, "render").select("task", hashed_column(seed, word, "example_id").alias("key"))
    by_task = Window.partitionBy("task")
    share = F.floor(
        (F.row_number().over(by_task.orderBy("key")) - 1) * F.col("shares") / F.count(F.lit(1)).over(by_task)
    )
    upper = keys.join(F.broadcast(sizes), on="task", how="inner").select("task", "key", share.alias("share"))
    ends: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for row in upper.groupBy("task", "share").agg(F.max("key").alias("end")).collect():
        ends[row["task"]][row["share"]] = row["end"]
    return {task: _filled(found, shares[task]) for task, found in ends.items()}


def drawn_counts(context: Context, tasks: Iterable[str]) -> dict[str, int]:
    """How many templates the examples of each task are drawn in all: counted by Spark, without drawing them, unless the
    forms of a task make that number a matter of draws."""
    names = set(tasks)
    narrowed = _narrowed_counts(context, names)
    return {**_plain_counts(context, names - narrowed.keys()), **narrowed}


def _narrowed_counts(context: Context, tasks: Iterable[str]) -> dict[str, int]:
    """For the tasks among these whose examples draw between kinds of wordings."""
    known = context.catalog.tasks
    forms = {name: form_plan(context.pipeline, known[name]) for name in tasks}
    names = sorted(name for name, plan in forms.items() if plan is not None and plan.narrows)
    if not names:
        return {}
    plans = build_plans(context, names, dict.fromkeys(names, ("", 0)))
    deciding = sorted({field for plan in plans.values() for field in fields_that_decide(plan)})
    present = [F.when(F.get_json_object("fields", f"$.{field}").isNotNull(), field) for field in deciding]
    examples = kept_examples(context, "render").where(F.col("task").isin(names)).select(
        "task", "example_id", F.to_json("languages").alias("languages"), F.concat_ws(" ", *present).alias("present")
    )  # fmt: skip
    drawn = examples.mapInArrow(draw_counter(plans), COUNTS_DDL).groupBy("task").agg(F.sum("drawn").alias("drawn"))
    return {**dict.fromkeys(names, 0), **{row["task"]: row["drawn"] for row in drawn.collect()}}


def _plain_counts(context: Context, tasks: Iterable[str]) -> dict[str, int]:
    """From the fields that examples have and lack."""
    catalog, counts = context.catalog, dict.fromkeys(tasks, 0)
    needs = {
        name: sorted({need for template in catalog.tasks[name].templates for need in template.needs}) for name in counts
    }
    for fields in {tuple(found) for found in needs.values()}:
        names = [name for name, found in needs.items() if tuple(found) == fields]
        present = [F.get_json_object("fields", f"$.{field}").isNotNull().alias(f"has_{field}") for field in fields]
        following = [name for name in names if catalog.tasks[name].follows_data]
        languages = F.when(F.col("task").isin(following), F.col("languages")).alias("languages")
        rows: DataFrame = kept_examples(context, "render").where(F.col("task").isin(names))
        examples = rows.select("task", languages, *present)
        for row in examples.groupBy(*examples.columns).count().collect():
            having = {field for field in fields if row[f"has_{field}"]}
            drawn = _drawn_with(context, catalog.tasks[row["task"]], having, row["languages"])
            counts[row["task"]] += row["count"] * drawn
    return counts


def _drawn_with(context: Context, task: Task, having: set[str], languages: Sequence[str] | None) -> int:
    places = in_languages_of(task.templates, languages) if languages is not None else range(len(task.templates))
    eligible = sum(having.issuperset(task.templates[place].needs) for place in places)
    drawn = task.templates_per_example(context.pipeline)
    return eligible if drawn == "all" else min(drawn, eligible)


def _is_dealt(context: Context, task: Task) -> bool:
    return context.pipeline.draw == "dealt" and task.templates_per_example(context.pipeline) != "all"


def _filled(ends: Mapping[int, str], shares: int) -> tuple[str, ...]:
    """The upper ends of all shares but the last; an empty share (fewer examples than templates) ends where the one
    before does."""
    found, last = [], ""
    for share in range(shares - 1):
        last = ends.get(share, last)
        found.append(last)
    return tuple(found)
