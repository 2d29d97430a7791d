"""Columns that a source's expressions name and its schema does not have, seen without Spark.

Only where the schema says all that there is: JSON, and CSV without a header. A source with a `query` is left to Spark,
and whatever is not plainly a column counts as known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskmill.jobs.catalog.read_checks import schema_columns
from taskmill.jobs.catalog.sql_text import columns_of, problem_of
from taskmill.jobs.configuration.config import SPLITS, Read, Source
from taskmill.jobs.configuration.mistakes import close_to, nearest
from taskmill.jobs.configuration.positions import Document, KeyPath
from taskmill.udfs.languages import language_of_name
from taskmill.udfs.parsers.formats import PARSERS, parser_of

INTERNAL = frozenset({"_metadata", "_refused", "_raw"})


def column_mistakes(source: Source, expressions: Iterable[tuple[KeyPath, str]], document: Document) -> Iterator[str]:
    """A message for each column that an expression reads and the declared schema lacks."""
    known = declared_columns(source)
    if not known:
        return
    lower = {name.lower() for name in known} | INTERNAL
    for key_path, text in expressions:
        for name in columns_of(text) if problem_of(text) is None else ():
            if name.lower() not in lower:
                yield document.mistake(key_path, no_column(key_path, text, name, nearest(name, known)))


def declared_columns(source: Source) -> tuple[str, ...]:
    """The columns of the source's rows, where its schema alone tells them."""
    read = source.read
    if source.query is None and read.format in PARSERS:
        return columns_of_format(read)
    header = str(read.options.get("header", "false")).lower() == "true"
    if source.query is not None or read.schema_ is None or read.format not in {"json", "csv"}:
        return ()
    return () if read.format == "csv" and header else schema_columns(read.schema_)


def columns_of_format(read: Read) -> tuple[str, ...]:
    """The columns of a format of our own; none where its options are wrong, which is told elsewhere."""
    try:
        return tuple(parser_of(read.format, read.options).schema.names)
    except (TypeError, ValueError):
        return ()


def no_column(key_path: KeyPath, text: str, name: str, hint: str) -> str:
    """What to say of a name that is no column. A `split` or `language` of one word was hardly meant as one."""
    if text == name and key_path == ("split",):
        close = close_to(name, SPLITS)
        nearest_split = f". Did you mean {close!r}?" if close else ""
        return f"{name!r} is no split and no column; write {', '.join(SPLITS)}, or SQL that gives one{nearest_split}"
    if text == name and key_path[-1] == "language":
        tag = language_of_name(name)
        which = f"{tag!r}" if tag else "a tag as en or pt-BR, a list, or SQL that gives one"
        return f"{name!r} is no language tag and no column; write {which}"
    return f"no column {name!r}{hint}"
