"""Which languages and optional fields the examples of tasks have: what decides the templates they are rendered with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.context import Context
from taskmill.jobs.examples import kept_examples
from taskmill.udfs.rendering.plans import in_languages_of


@dataclass(frozen=True)
class Shape:
    """What some examples of a task have in common, and how many they are."""

    languages: tuple[str, ...]
    present: frozenset[str]
    examples: int


def shapes(context: Context, tasks: Collection[Task]) -> dict[str, list[Shape]]:
    """The shapes of each task's examples: as many rows as there are sets of languages and needed fields."""
    if not tasks:
        return {}
    needs = [(task.name, sorted({need for one in task.templates for need in one.needs})) for task in tasks]
    of_tasks = context.spark.createDataFrame(needs, "task string, needed array<string>")
    present = "filter(needed, name -> get_json_object(fields, concat('$.', name)) IS NOT NULL) AS present"
    rows = kept_examples(context, "check_tasks").join(F.broadcast(of_tasks), on="task", how="inner")
    found: defaultdict[str, list[Shape]] = defaultdict(list)
    counted = rows.selectExpr("task", "languages", present).groupBy("task", "languages", "present").count()
    for row in counted.collect():
        shape = Shape(tuple(row["languages"]), frozenset(row["present"]), row["count"])
        found[row["task"]].append(shape)
    return dict(found)


def examples_by_language(found: Iterable[Shape]) -> dict[str, int]:
    """How many examples are in each language, whatever others they are in."""
    counts: Counter[str] = Counter()
    for shape in found:
        counts.update(dict.fromkeys(shape.languages, shape.examples))
    return dict(counts)


def idle_templates(task: Task, found: Sequence[Shape]) -> dict[str, str]:
    """The templates that no example is rendered with, and why: what they need, or their language."""
    spoken = [set(_places(task, shape)) for shape in found]
    reasons = {}
    for place, template in enumerate(task.templates):
        having = [shape.present.issuperset(template.needs) for shape in found]
        if not any(has and place in places for has, places in zip(having, spoken, strict=True)):
            reasons[template.name] = f"in {template.language}" if any(having) else f"needs {', '.join(template.needs)}"
    return reasons


def _places(task: Task, shape: Shape) -> Iterable[int]:
    return in_languages_of(task.templates, shape.languages) if task.follows_data else range(len(task.templates))
