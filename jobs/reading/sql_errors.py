"""What Spark finds wrong with a source when it plans its reading, told as a mistake in the source's file.

Spark knows the SQL that it was given, not the file: the key is found by the text or the column that its error names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.column_checks import INTERNAL, no_column
from taskmill.jobs.catalog.source_checks import expressions_of, field_path, reads_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.configuration.mistakes import nearest
from taskmill.jobs.configuration.positions import Document, KeyPath

if TYPE_CHECKING:
    from pyspark.errors import PySparkException

# The names that `candidates` gives a source's expressions: number of the task, then the field, where or language.
OUR_NAME = re.compile(r"`_(\d+)_(_where|_language\d+|\w+)`")
NAME_PARAMETERS = ("objectName", "routineName", "functionName", "relationName", "fieldName")
SQL_MARK = "== SQL"
NO_FORMAT = re.compile(r"ailed to find (?:the )?data source: (\S+)\. ")


def spark_mistake(error: PySparkException, tasks: Sequence[Task], document: Document) -> str:
    """The mistake as `file, line N: key: what`; without line and key where the error does not tell them.

    Args:
        tasks: those of one source, in the order in which they were planned.
    """
    found = _key_of(error, tasks, document)
    if found is None:
        return f"{document.path}: {_told(error)}"
    key_path, text = found
    return document.mistake(key_path, _unresolved(error, tasks, key_path, text) or _told(error))


def unknown_format(error: Exception, source: Source, document: Document) -> str | None:
    """The mistake where no reader of a source's format is installed, or None for any other error."""
    found = NO_FORMAT.search(str(error))
    for key_path, read in reads_of(source) if found is not None else ():
        if found is not None and read.format == found[1]:
            what = f"Spark has no reader for {read.format!r}; correct it, or add the package that brings it"
            return document.mistake((*key_path, "format"), what)
    return None


def _unresolved(error: PySparkException, tasks: Sequence[Task], key_path: KeyPath, text: str) -> str | None:
    """What to say of a name that Spark does not know, or None for other errors."""
    condition, parameters = error.getCondition() or "", error.getMessageParameters() or {}
    if condition.startswith("UNRESOLVED_COLUMN"):
        name = _bare(parameters["objectName"])
        # Spark proposes no more than five columns, ours among them.
        near = [one for one in map(_bare, parameters.get("proposal", "").split(", ")) if one not in {"", *INTERNAL}]
        return no_column(key_path, text, name, nearest(name, near).replace("it has:", "it has, among others:"))
    if condition == "UNRESOLVED_ROUTINE":
        return f"Spark SQL has no function {_bare(parameters['routineName'])!r}"
    if condition == "TABLE_OR_VIEW_NOT_FOUND" and key_path == ("query",):
        name = _bare(parameters["relationName"])
        return f"a query sees no table {name!r}{nearest(name, ['rows', *tasks[0].source.inputs])}"
    if condition.startswith("DATATYPE_MISMATCH") and "__where" in parameters.get("sqlExpr", ""):
        return "a condition is expected, something that is true or false"
    return None


def _told(error: PySparkException) -> str:
    """The first line of Spark's message, without its code and the plan behind it."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return re.sub(r"^\[[A-Z0-9_.]+\] |\s*SQLSTATE: .*$", "", lines[0].strip())


def _key_of(error: PySparkException, tasks: Sequence[Task], document: Document) -> tuple[KeyPath, str] | None:
    """The key whose text Spark's error is about, and that text."""
    fragments, around = _sql_of(error)
    source = tasks[0].source
    for key_path, read in reads_of(source):
        if read.schema_ is not None and read.schema_ in around:
            return (*key_path, "schema"), read.schema_
    # Spark puts a line of its own below the one in which a query breaks off.
    if source.query is not None and source.query.strip().splitlines()[0] in around:
        return ("query",), source.query
    texts = list(expressions_of(source, document))
    named = _named_key(around, tasks, document)
    for key_path, text in texts:
        if key_path == named:
            return key_path, text
    wanted = [*fragments, *_names(error)]
    return next((found for part in wanted for found in texts if _holds(found[1], part)), None)


def _named_key(around: str, tasks: Sequence[Task], document: Document) -> KeyPath | None:
    """The key of the expression whose name of ours stands in the SQL."""
    name = OUR_NAME.search(around)
    if name is None or int(name[1]) >= len(tasks):
        return None
    task = tasks[int(name[1])]
    task_type, mapping = task.task_type.task_type, task.mapping
    if name[2] == "_where":
        return ("tasks", task_type, "where")
    if name[2].startswith("_language"):
        return ("language",) if mapping.language is None else ("tasks", task_type, "language")
    return field_path(document, task_type, name[2])


def _sql_of(error: PySparkException) -> tuple[list[str], str]:
    """The pieces of SQL that the error points at, and all the SQL that it shows."""
    # The other kind of context points into Python code, ours.
    contexts = [context for context in error.getQueryContext() or [] if context.contextType().name == "SQL"]
    shown = [*(context.summary() for context in contexts), *str(error).partition(SQL_MARK)[1:]]
    fragments = [context.fragment() for context in contexts]
    return fragments, "\n".join([*fragments, *shown])


def _names(error: PySparkException) -> Iterator[str]:
    parameters = error.getMessageParameters() or {}
    for parameter in NAME_PARAMETERS:
        if parameter in parameters:
            yield _bare(parameters[parameter])


def _holds(text: str, part: str) -> bool:
    """Whether a text has this piece of SQL in it, as a whole word where it is a word."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _bare(name: str) -> str:
    """`a`.`b` as a.b."""
    return name.replace("`", "").strip()
