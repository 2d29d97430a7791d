"""What can be wrong with a `read` block: its format, its options, its schema. Seen without Spark.

Spark passes over an option that it does not know without a word, and finds an unknown format or type only when the
file is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from taskmill.jobs.configuration.config import Read
from taskmill.jobs.configuration.mistakes import close_to, nearest
from taskmill.jobs.configuration.positions import Document, KeyPath
from taskmill.udfs.parsers.formats import PARSERS, option_names, parser_of

SPARK_FORMATS = ("avro", "binaryFile", "csv", "delta", "jdbc", "json", "orc", "parquet", "table", "text", "xml")
FORMATS = tuple(sorted({*SPARK_FORMATS, *PARSERS}))

# As Spark 4.1 reads them (CSVOptions, JSONOptions, TextOptions, FileIndexOptions), by format.
FILE_OPTIONS = (
    "pathGlobFilter", "recursiveFileLookup", "modifiedBefore", "modifiedAfter", "basePath", "ignoreCorruptFiles",
    "ignoreMissingFiles", "ignoreInvalidPartitionPaths",
)  # fmt: skip
PARSER_OPTIONS = (
    "mode", "columnNameOfCorruptRecord", "locale", "timeZone", "dateFormat", "timestampFormat", "timestampNTZFormat",
    "timeFormat", "enableDateTimeParsingFallback", "multiLine", "lineSep", "encoding", "charset", "compression",
    "samplingRatio", "singleVariantColumn",
)  # fmt: skip
OPTIONS = {
    "csv": (
        *FILE_OPTIONS, *PARSER_OPTIONS, "sep", "delimiter", "quote", "escape", "charToEscapeQuoteEscaping", "comment",
        "header", "inferSchema", "preferDate", "enforceSchema", "columnPruning", "ignoreLeadingWhiteSpace",
        "ignoreTrailingWhiteSpace", "nullValue", "emptyValue", "nanValue", "positiveInf", "negativeInf", "maxColumns",
        "maxCharsPerColumn", "inputBufferSize", "unescapedQuoteHandling", "codec", "extension",
    ),
    "json": (
        *FILE_OPTIONS, *PARSER_OPTIONS, "primitivesAsString", "prefersDecimal", "inferTimestamp", "dropFieldIfAllNull",
        "allowComments", "allowUnquotedFieldNames", "allowSingleQuotes", "allowNumericLeadingZeros",
        "allowNonNumericNumbers", "allowBackslashEscapingAnyCharacter", "allowUnquotedControlChars", "maxNestingDepth",
        "maxNumLen", "maxStringLen",
    ),
    "text": (*FILE_OPTIONS, "wholetext", "lineSep", "encoding", "compression"),
}  # fmt: skip
TYPES = frozenset({
    "boolean", "tinyint", "byte", "smallint", "short", "int", "integer", "bigint", "long", "float", "real", "double",
    "decimal", "dec", "numeric", "string", "char", "character", "varchar", "binary", "date", "time", "timestamp",
    "timestamp_ntz", "timestamp_ltz", "interval", "void", "variant", "array", "map", "struct", "geometry", "geography",
})  # fmt: skip
# A name in backticks, a text in quotes, one character that parts others, or a word.
TOKEN = re.compile(r"`(?:[^`]|``)*`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[<>(),:]|[^\s<>(),:`'\"]+")


def read_mistakes(read: Read, key_path: KeyPath, document: Document) -> Iterator[str]:
    """Every mistake of one `read` block but its paths, as messages with file and line."""
    # Formats that come with a package have a class, and its name has dots.
    if read.format not in FORMATS and "." not in read.format:
        yield document.mistake((*key_path, "format"), f"no format {read.format!r}{nearest(read.format, FORMATS)}")
    known = option_names(read.format) if read.format in PARSERS else OPTIONS.get(read.format, tuple(read.options))
    for name in read.options:
        if name not in known:
            close = close_to(name, known, at_least=0.7)  # among so many, something is always a little like it
            hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(sorted(known))}"
            yield document.mistake((*key_path, "options", name), f"{read.format} has no such option. {hint}")
    if read.format in PARSERS:
        yield from _parser_mistakes(read, key_path, document)
    elif read.schema_ is not None:
        problem = schema_problem(read.schema_)
        if problem:
            what = f"{problem}; write it as in 'question string, answer string'"
            yield document.mistake((*key_path, "schema"), what)


def _parser_mistakes(read: Read, key_path: KeyPath, document: Document) -> Iterator[str]:
    """What is wrong with the options of a format of our own."""
    options = {name: value for name, value in read.options.items() if name in option_names(read.format)}
    try:
        columns = parser_of(read.format, options).schema.names
    except ValueError as error:
        yield document.mistake((*key_path, "options"), str(error))
        return
    if read.schema_ is not None:
        which = f"has columns of its own: {', '.join(columns)}" if columns else "finds its columns in the files"
        what = f"{read.format} {which}; leave `schema` out"
        yield document.mistake((*key_path, "schema"), what)


def schema_problem(ddl: str) -> str | None:
    """What is plainly wrong with a schema, or None. Spark, which reads it in the end, may find more."""
    columns = _columns(ddl)
    if columns is None:
        return "the brackets do not match"
    if not columns:
        return "it is empty"
    for column in columns:
        name, kind = (*column, "", "")[:2]
        if not kind:
            return f"{name!r} has no type" if name else "a column is expected between two commas, and at the end"
        if kind == ":":
            return f"write {name!r} and its type without a colon"
        if kind.lower() not in TYPES:
            return f"{kind!r} is no type of Spark{nearest(kind, TYPES)}"
    return None


def schema_columns(ddl: str) -> tuple[str, ...]:
    """The names of a schema's columns; none where it cannot be read."""
    return tuple(column[0].strip("`").replace("``", "`") for column in _columns(ddl) or () if column)


def _columns(ddl: str) -> list[list[str]] | None:
    """The words of each column, what is in brackets left out; None where brackets do not match."""
    columns: list[list[str]] = [[]]
    depth = 0
    for token in TOKEN.findall(ddl):
        if token in {">", ")"}:
            depth -= 1
        elif token in {"<", "("}:
            depth += 1
        elif depth == 0 and token == ",":
            columns.append([])
        elif depth == 0:
            columns[-1].append(token)
        if depth < 0:
            return None
    if depth:
        return None
    return columns if columns != [[]] else []
