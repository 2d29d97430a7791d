"""A source's rows as candidates for examples: one row for each source row and task, with the reasons it is refused, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.catalog import Task
from taskmill.jobs.config import SPLITS, Source
from taskmill.jobs.source_checks import is_constant_language, is_constant_split
from taskmill.udfs import checks
from taskmill.udfs.fields import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame, SparkSession


CANDIDATE = ("task", "selected", "split", "fields", "content", "answer", "languages", "found", "file", "row")


def reshape(spark: SparkSession, source: Source, views: Mapping[str, DataFrame]) -> DataFrame:
    """The rows after the source's query, which sees the main read as `rows` and each input by its name."""
    rows = views["rows"]
    if source.query is None:
        return rows
    names = {name: f"taskmill_{source.source}_{name}" for name in views}
    for name, frame in views.items():
        frame.createOrReplaceTempView(names[name])
    tables = ", ".join(f"`{name}` AS (SELECT * FROM {view})" for name, view in names.items())
    return spark.sql(f"WITH {tables} SELECT * FROM (\n{source.query}\n)")


def candidates(source: Source, tasks: Sequence[Task], rows: DataFrame) -> DataFrame:
    """Every row for each of the source's tasks, with columns `CANDIDATE`.

    `found` holds what the checks found (empty: accepted), `row` the raw row as JSON, `file` where it came from.
    A row that a task's `where` leaves out has `selected` false.
    """
    raw_columns = [name for name in rows.columns if name != "_metadata"]
    file = F.col("_metadata.file_path") if "_metadata" in rows.columns else F.lit(None).cast("string")
    evaluated = rows.select(
        "*",
        file.alias("_file"),
        _split(source).alias("_split"),
        F.to_json(F.struct(*(f"`{name}`" for name in raw_columns)), {"ignoreNullFields": "false"}).alias("_row"),
        *(F.expr(text).alias(f"_{number}_{field}") for number, task in enumerate(tasks) for field, text in _sql_of(task).items()),
    )
    entries = F.array(*(_entry(task, number) for number, task in enumerate(tasks)))
    exploded = evaluated.select(F.inline(entries), F.col("_split").alias("split"), F.col("_file").alias("file"), F.col("_row").alias("row"))
    return exploded.select(*CANDIDATE)


def unreadable(tasks: Sequence[Task], refused: DataFrame) -> DataFrame:
    """Rows that could not be read, once for each of the source's tasks, with columns `CANDIDATE`."""
    nothing = F.lit(None).cast("string")
    return refused.select(
        F.explode(F.array(*(F.lit(task.name) for task in tasks))).alias("task"),
        F.lit(True).alias("selected"), nothing.alias("split"), nothing.alias("fields"), nothing.alias("content"),
        nothing.alias("answer"), F.lit(None).cast("array<string>").alias("languages"), F.array("_refused").alias("found"),
        F.col("_metadata.file_path").alias("file"),
        F.to_json(F.struct(F.col("_raw").alias("unreadable"))).alias("row"),
    )  # fmt: skip


def _sql_of(task: Task) -> dict[str, str]:
    """The expressions of one task that are evaluated over the raw columns."""
    mapping = task.mapping
    found = dict(mapping.fields)
    if mapping.where is not None:
        found["_where"] = mapping.where
    for number, language in enumerate(task.source.languages(task.task_type.task_type)):
        if not is_constant_language(language):
            found[f"_language{number}"] = language
    return found


def _split(source: Source) -> Column:
    """The split in our words: what publishers call dev, val or valid is validation."""
    if is_constant_split(source.split):
        return F.lit(source.split)
    split = F.lower(F.expr(source.split))
    return F.when(split.isin("dev", "val", "valid"), F.lit("validation")).otherwise(split)


def _entry(task: Task, number: int) -> Column:
    """The struct of one task: its canonical fields as JSON, and what the checks found."""
    types = task.task_type.field_types
    raw = {name: F.col(f"_{number}_{name}") for name in types if name in task.mapping.fields}
    values = {name: _value(kind, raw.get(name)) for name, kind in types.items()}
    count = _choice_count(task, values)
    found = [
        check for name, kind in types.items() if name in raw for check in _field_checks(name, kind, raw[name], values[name], count)
    ]
    languages = F.array(*_languages(task, number))
    found += [checks.unknown_language(languages), checks.unknown_split(F.col("_split"), SPLITS)]
    selected = F.coalesce(F.col(f"_{number}__where"), F.lit(False)) if task.mapping.where is not None else F.lit(True)
    content = F.to_json(F.struct(*(values[name].alias(name) for name in task.task_type.content_fields)))
    return F.struct(
        F.lit(task.name).alias("task"),
        selected.alias("selected"),
        F.to_json(F.struct(*(value.alias(name) for name, value in values.items())), {"ignoreNullFields": "false"}).alias("fields"),
        F.concat(F.lit(task.task_type.task_type), content).alias("content"),
        _answer(task, values).alias("answer"),
        languages.alias("languages"),
        checks.found(found).alias("found"),
    )


def _value(kind: FieldType, raw: Column | None) -> Column:
    """The canonical value; null when it is missing or of another type. A blank optional text counts as missing."""
    if raw is None:
        return F.lit(None).cast(kind.ddl)
    value = raw.try_cast(kind.ddl)
    return F.when(F.trim(value) != "", value) if kind.kind == "text" and kind.optional else value


def _field_checks(name: str, kind: FieldType, raw: Column, value: Column, choice_count: Column) -> list[Column]:
    found = [] if kind.optional and kind.kind == "text" else [checks.bad_value(name, raw, value)]
    if kind.kind == "choice":
        found = [checks.label_out_of_range(name, raw, value, choice_count)]
    if kind.optional:
        return found
    missing_items = F.exists(raw, lambda item: item.isNull()) if kind.item is not None else None
    found.append(checks.missing_field(name, raw, missing_items))
    if kind.kind == "text":
        found.append(checks.empty_field(name, value))
    return found


def _choice_count(task: Task, values: Mapping[str, Column]) -> Column:
    if isinstance(task.choices, str):
        return F.size(values[task.choices])
    return F.lit(len(task.choices or ()))


def _answer(task: Task, values: Mapping[str, Column]) -> Column:
    """The gold answer as text: a choice as its text, lists and structs as JSON."""
    answer = values[task.task_type.answer]
    kind = task.task_type.field_types[task.task_type.answer]
    if kind.kind == "choice":
        choices = values[task.choices] if isinstance(task.choices, str) else F.array(*(F.lit(text) for text in task.choices or ()))
        return F.get(choices, answer)
    return answer.cast("string") if kind.is_scalar else F.to_json(answer)


def _languages(task: Task, number: int) -> list[Column]:
    declared = task.source.languages(task.task_type.task_type)
    return [
        F.lit(text) if is_constant_language(text) else F.col(f"_{number}__language{position}").cast("string")
        for position, text in enumerate(declared)
    ]
