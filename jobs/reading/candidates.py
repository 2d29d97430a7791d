"""A source's rows as candidates for examples: one row for each source row and task, with the reasons it is refused,
if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.published import fitted
from taskmill.jobs.catalog.source_checks import is_constant_language, is_constant_split
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import FIRST, SPLITS, Source
from taskmill.jobs.reading.answers import ONE_ANSWER, first_of, for_each, usable
from taskmill.udfs import checks
from taskmill.udfs.checks import quoted
from taskmill.udfs.fields import FieldType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CANDIDATE = (
    "task",
    "selected",
    "split",
    "fields",
    "answer",
    "references",
    "languages",
    "group_key",
    "found",
    "file",
    "row",
)
UNREADABLE_ROW = "to_json(struct(_raw AS unreadable))"
KEEP_NULLS = "map('ignoreNullFields', 'false')"


def candidates(
    spark: SparkSession, source: Source, tasks: Sequence[Task], views: Mapping[str, DataFrame], owner: str
) -> DataFrame:
    """Every row for each of the source's tasks, with columns `CANDIDATE`.

    `found` holds what the checks found (empty: accepted), `row` the raw row as JSON, `file` where it came from.
    A row that a task's `where` leaves out has `selected` false. `languages` is null where the task declares them.

    Args:
        source: one of the sources that are read together.
        tasks: the tasks of that one; the others' differ in name and language alone.
        views: what `read_rows` gives for the main read (as `rows`) and for each input.
        owner: SQL over `_metadata` that gives the name of the source a row belongs to.
    """
    if source.query is None:
        return _mapped(source, tasks, views["rows"], owner)
    readable = {name: frame.where("_refused IS NULL").drop("_refused", "_raw") for name, frame in views.items()}
    reshaped = _reshaped(spark, source, readable).selectExpr(
        "*", "CAST(NULL AS string) AS _refused", "CAST(NULL AS string) AS _raw"
    )
    mapped = _mapped(source, tasks, reshaped, owner)
    # A query sees readable rows only. What it does not see goes around it.
    for frame in views.values():
        mapped = mapped.unionByName(unreadable(tasks, frame.where("_refused IS NOT NULL"), owner))
    return mapped


def unreadable(tasks: Sequence[Task], refused: DataFrame, owner: str) -> DataFrame:
    """Rows that could not be read, once for each task of their source, with columns `CANDIDATE`."""
    names = ", ".join(_name(task, owner) for task in tasks)
    return refused.selectExpr(
        f"explode(array({names})) AS task", "true AS selected", "CAST(NULL AS string) AS split",
        "CAST(NULL AS string) AS fields", "CAST(NULL AS string) AS answer", "CAST(NULL AS array<string>) AS references",
        "CAST(NULL AS array<string>) AS languages", "CAST(NULL AS string) AS group_key", "array(_refused) AS found",
        "_metadata.file_path AS file", f"{UNREADABLE_ROW} AS row",
    )  # fmt: skip


def _reshaped(spark: SparkSession, source: Source, views: Mapping[str, DataFrame]) -> DataFrame:
    """The rows after the source's query, which sees the main read as `rows` and each input by its name."""
    names = {name: f"taskmill_{source.source}_{name}" for name in views}
    for name, frame in views.items():
        frame.createOrReplaceTempView(names[name])
    tables = ", ".join(f"`{name}` AS (SELECT * FROM {view})" for name, view in names.items())
    return spark.sql(f"WITH {tables} SELECT * FROM (\n{source.query}\n)")


def _mapped(source: Source, tasks: Sequence[Task], rows: DataFrame, owner: str) -> DataFrame:
    columns = [name for name in rows.columns if name not in {"_metadata", "_refused", "_raw"}]
    tasks = [fitted(task, columns) for task in tasks]
    data = [f"`{name}`" for name in columns]
    file = "_metadata.file_path" if "_metadata" in rows.columns else "CAST(NULL AS string)"
    whole_row = f"to_json(struct({', '.join(data)}), {KEEP_NULLS})"
    evaluated = rows.selectExpr(
        "_refused",
        f"{owner} AS _owner",
        f"{file} AS _place",  # no column of a reader has this name: Spark would lose it on the way
        f"{_split(source)} AS _split",
        f"CAST({source.group or 'NULL'} AS string) AS _group",
        f"CASE WHEN _refused IS NULL THEN {whole_row} ELSE {UNREADABLE_ROW} END AS _row",
        *(
            f"({text}) AS `_{number}_{field}`"
            for number, task in enumerate(tasks)
            for field, text in _sql_of(task).items()
        ),
    )
    typed = evaluated.selectExpr(
        "*",
        *(
            f"{_value(kind, _raw(task, number, name))} AS `{number}_{name}`"
            for number, task in enumerate(tasks)
            for name, kind in task.field_types.items()
            if not (task.has_each_answer and name == task.task_type.answer)
        ),
    )
    exploded = typed.selectExpr(
        f"inline({_entries(tasks)})", "_split AS split", "_group AS group_key", "_place AS file", "_row AS row"
    )
    return exploded.selectExpr(*CANDIDATE)


def _entries(tasks: Sequence[Task]) -> str:
    """The array of structs of one row: one for each task, or for each answer where a task wants that."""
    single = [_entry(task, number) for number, task in enumerate(tasks) if not task.has_each_answer]
    several = [
        for_each(_answers(number), _entry(task, number)) for number, task in enumerate(tasks) if task.has_each_answer
    ]
    arrays = [f"array({', '.join(single)})"] if single else []
    return f"concat({', '.join([*arrays, *several])})" if several else arrays[0]


def _name(task: Task, owner: str) -> str:
    """SQL of the name that a task of this type has for each of the sources that are read together."""
    return f"concat({owner}, {quoted('.' + task.task_type.task_type)})"


def _sql_of(task: Task) -> dict[str, str]:
    """The expressions of one task that are evaluated over the raw columns."""
    mapping = task.mapping
    found = dict(mapping.fields)
    if mapping.answers is not None:
        found["_answers"] = usable(found.pop(str(task.task_type.answer)))
    if mapping.where is not None:
        found["_where"] = mapping.where
    for number, language in enumerate(task.languages):
        if not is_constant_language(language):
            found[f"_language{number}"] = language
    return found


def _split(source: Source) -> str:
    """The split in our words: what publishers call dev, val or valid is validation."""
    if is_constant_split(source.split):
        return quoted(source.split)
    return f"regexp_replace(lower({source.split}), '^(dev|val|valid)$', 'validation')"


def _answers(number: int) -> str:
    return f"`_{number}__answers`"


def _raw(task: Task, number: int, name: str) -> str | None:
    """What the source's expression gave for a field; None where it is not mapped."""
    if task.mapping.answers is not None and name == task.task_type.answer:
        return ONE_ANSWER if task.has_each_answer else first_of(_answers(number))
    return f"`_{number}_{name}`" if name in task.mapping.fields else None


def _value(kind: FieldType, raw: str | None) -> str:
    """The canonical value; null when it is missing or of another type. A blank optional text counts as missing."""
    if raw is None:
        return f"CAST(NULL AS {kind.ddl})"
    if kind.kind == "any":
        return raw
    value = f"try_cast({raw} AS {kind.ddl})"
    return f"CASE WHEN trim({value}) <> '' THEN {value} END" if kind.kind == "text" and kind.optional else value


def _entry(task: Task, number: int) -> str:
    """The struct of one task: its canonical fields as JSON, and what the checks found."""
    types = task.field_types
    values = {name: f"`{number}_{name}`" for name in types}
    if task.has_each_answer:
        answer = str(task.task_type.answer)
        values[answer] = _value(types[answer], ONE_ANSWER)
    found = [check for name in task.mapping.fields for check in _field_checks(task, number, name, types[name], values)]
    languages = "CAST(NULL AS array<string>)"
    if not all(map(is_constant_language, task.languages)):
        languages = f"array({', '.join(_languages(task, number))})"
        found.append(checks.unknown_language(languages))
    found.append(checks.unknown_split("_split", SPLITS))
    selected = (
        f"_refused IS NOT NULL OR coalesce(`_{number}__where`, false)" if task.mapping.where is not None else "true"
    )
    members = ", ".join(f"{value} AS `{name}`" for name, value in values.items())
    return (
        f"struct({_name(task, '_owner')} AS task, {selected} AS selected, "
        f"to_json(struct({members}), {KEEP_NULLS}) AS fields, "
        f"{_answer(task, values)} AS answer, {_references(task, number, values)} AS references, "
        f"{languages} AS languages, "
        f"CASE WHEN _refused IS NULL THEN {checks.found(found)} ELSE array(_refused) END AS found)"
    )


def _field_checks(task: Task, number: int, name: str, kind: FieldType, values: Mapping[str, str]) -> list[str]:
    raw, value = str(_raw(task, number, name)), values[name]
    if kind.is_labels:
        count = f"size({values[task.choices]})" if isinstance(task.choices, str) else str(len(task.choices or ()))
        is_list = kind.item is not None
        found = [checks.bad_value(name, raw, value)] if is_list else []
        found.append(checks.label_out_of_range(name, raw, value, count, is_list=is_list))
    else:
        found = [] if kind.kind in {"text", "any"} else [checks.bad_value(name, raw, value)]
    if not kind.optional:
        found.append(checks.missing_field(name, raw, is_list=kind.item is not None))
    if kind.kind == "text" and not kind.optional:
        found.append(checks.empty_field(name, value))
    return found


def _answer(task: Task, values: Mapping[str, str]) -> str:
    """The gold answer as text: a choice as its text, lists and structs as JSON, several fields as a JSON object; empty
    where only templates know it."""
    names, types = task.task_type.answer_fields, task.field_types
    if not names:
        return "''"
    if len(names) == 1:
        return _as_text(task, types[names[0]], values[names[0]], values)
    members = (f"{_member(task, types[name], values[name], values)} AS `{name}`" for name in names)
    return f"to_json(struct({', '.join(members)}), {KEEP_NULLS})"


def _as_text(task: Task, kind: FieldType, value: str, values: Mapping[str, str]) -> str:
    readable = _member(task, kind, value, values)
    return f"CAST({readable} AS string)" if kind.is_scalar else f"to_json({readable})"


def _member(task: Task, kind: FieldType, value: str, values: Mapping[str, str]) -> str:
    """A value with the texts of choices in place of their indices."""
    if not kind.is_labels:
        return value
    fixed = f"array({', '.join(quoted(text) for text in task.choices or ())})"
    choices = values[task.choices] if isinstance(task.choices, str) else fixed
    return (
        f"transform({value}, label -> get({choices}, label))" if kind.item is not None else f"get({choices}, {value})"
    )


def _references(task: Task, number: int, values: Mapping[str, str]) -> str:
    """All right answers as texts, where the source keeps several."""
    if task.mapping.answers in {None, FIRST}:
        return "CAST(NULL AS array<string>)"
    kind = task.field_types[str(task.task_type.answer)]
    one = _as_text(task, kind, f"try_cast(reference AS {kind.ddl})", values)
    return f"transform({_answers(number)}, reference -> {one})"


def _languages(task: Task, number: int) -> list[str]:
    declared = task.languages
    return [
        quoted(text) if is_constant_language(text) else f"CAST(`_{number}__language{position}` AS string)"
        for position, text in enumerate(declared)
    ]
