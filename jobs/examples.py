"""The examples that later steps work on, and the order in which equal ones survive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Kinds in table duplicates: of examples, and of pairs.
EXACT, CONFLICT, NEAR, CONTRAST, REJECTED = "exact", "conflict", "near", "contrast", "rejected"
SAME_TEXT = "same_text"
OF_EXAMPLES = (EXACT, CONFLICT, NEAR, CONTRAST, REJECTED)
LEAVING = f"removed AND kind IN ('{EXACT}', '{NEAR}')"
COMPARED = {"template_id": "string", "containment": "double", "bands": "int", "group_id": "string"}
# The content of an example, a text for each field; needs content_fields, the names of these.
CONTENT_TEXTS = "transform(content_fields, name -> get_json_object(fields, concat('$.', name)))"
# Its answers as texts. A structure is none: what two of them have in common is their keys.
ANSWER_TEXTS = """IF(answers_with_text, coalesce(references, array(answer)),
    transform(answer_fields, name -> get_json_object(fields, concat('$.', name))))"""
FEW_IDS = 2_000_000  # that go to every worker rather than having texts travel
# Of rows of contamination: those of examples that must not help to answer others.
IN_THE_WAY = "size(excluded_folds) > 0 OR held_out = 'split'"
DRAWS = 2**32
GROUP = "coalesce(belongs_to, lower(hex(xxhash64(example_id))))"  # of an example; needs its `belongs_to`, if any
ORDER = ("role_rank", "priority", "example_id")  # the first survives: benchmarks, then the lower priority, then the id


def kept_examples(context: Context, needed_by: str) -> DataFrame:
    """`examples` without those another one stands for. The ids of those that left travel, as long as they are few; the
    text does not."""
    duplicates = context.warehouse.read(tables.DUPLICATES, needed_by)
    removed = sent_to_workers(duplicates.where(LEAVING).select("example_id"), duplicates.count())
    return context.warehouse.read(tables.EXAMPLES, needed_by).join(removed, on="example_id", how="left_anti")


def numbered(examples: DataFrame, only: DataFrame | None) -> DataFrame:
    """Those examples whose numbers `only` has (column doc: a 64-bit hash of the id); all where it is None. Spark is not
    relied on to choose them before their texts are taken out."""
    if only is None:
        return examples
    return examples.join(only, on=F.xxhash64("example_id") == only["doc"], how="left_semi")


def drawn_number(context: Context, decision: str, ids: str) -> Column:
    """A number below `DRAWS` for each id. Hashes are as good as draws."""
    drawn = F.xxhash64(F.lit(context.pipeline.seed), F.lit(decision), ids)
    return (drawn % DRAWS + DRAWS) % DRAWS


def is_held_out(context: Context, group: str) -> Column:
    """Whether a draw for the group holds its examples out."""
    return drawn_number(context, "held_out_example", group) < int(context.pipeline.held_out_examples * DRAWS)


def sent_to_workers(ids: DataFrame, count: int | None = None) -> DataFrame:
    """Ids to join with. Few go to every worker; for more, what is joined with them travels.

    Args:
        count: how many there are, or more; None to count them.
    """
    return F.broadcast(ids) if (ids.count() if count is None else count) <= FEW_IDS else ids


def content_fields(context: Context) -> DataFrame:
    """Columns task, content_fields (the names of the fields whose equality makes two examples of a task the same),
    answers_with_text (whether the answer is one text or choice), and answer_fields: the texts among several."""
    types = {name: task.task_type for name, task in context.catalog.tasks.items()}
    rows = [(name, list(one.content_fields), one.answer_is_text, list(one.text_answers)) for name, one in types.items()]
    columns = "task string, content_fields array<string>, answers_with_text boolean, answer_fields array<string>"
    return context.spark.createDataFrame(rows, columns)


def excluded_folds(context: Context) -> DataFrame:
    """Columns example_id, excluded_folds: every example that must stay out of some folds' training sets, once."""
    folds = F.array_sort(F.array_distinct(F.flatten(F.collect_list("excluded_folds")))).alias("excluded_folds")
    rows = context.warehouse.read(tables.CONTAMINATION).where("size(excluded_folds) > 0")
    return rows.groupBy("example_id").agg(folds)


def ranked(context: Context, rows: DataFrame) -> DataFrame:
    """Rows that have a task, with the columns of `ORDER` that come from its source."""
    order = context.spark.createDataFrame(
        [(name, 0 if task.is_benchmark else 1, task.source.priority) for name, task in context.catalog.tasks.items()],
        "task string, role_rank int, priority int",
    )
    return rows.join(F.broadcast(order), on="task", how="inner")


def rows_by_task(rows: DataFrame) -> dict[str, int]:
    """How many rows each task has; column task."""
    return {row["task"]: row["count"] for row in rows.groupBy("task").count().collect()}


def as_duplicates(rows: DataFrame) -> DataFrame:
    """Rows with the columns of `duplicates`; those that only comparing gives are null."""
    nulls = {name: F.lit(None).cast(kind) for name, kind in COMPARED.items() if name not in rows.columns}
    return rows.withColumns(nulls).select(*tables.DUPLICATES.columns)
