"""Formats, options and schemas of `read` blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.read_checks import FORMATS, SPARK_FORMATS, read_mistakes, schema_columns, schema_problem
from taskmill.jobs.configuration.config import Read
from taskmill.jobs.configuration.positions import Document, load_document
from taskmill.jobs.reading.readers import FILE_FORMATS


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "a.yaml"
    path.write_text(f"read:\n  path: a\n{text}", encoding="utf-8")
    document = load_document(path)
    read = Read.model_validate(document.value["read"])
    return [message.removeprefix(f"{tmp_path}/") for message in read_mistakes(read, ("read",), document)]


def test_every_format_with_a_reader_of_its_own_is_known() -> None:
    assert set(FORMATS) >= FILE_FORMATS


@pytest.mark.parametrize("name", [*SPARK_FORMATS, "org.apache.iceberg.spark.source.IcebergSource"])
def test_read_mistakes_let_known_formats_and_classes_pass(name: str) -> None:
    read = Read(format=name, path="a", table="b")
    assert list(read_mistakes(read, ("read",), Document(Path("a"), {}))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("  format: cvs\n", "line 3: read.format: no format 'cvs' (it has: ", id="format"),
        pytest.param("  format: cvs\n", "Did you mean 'csv'?", id="nearest-format"),
        pytest.param("  format: squat\n", "Did you mean 'squad'?", id="nearest-format-of-ours"),
        pytest.param("  format: squad\n  schema: id string\n",
                     "line 4: read.schema: squad has columns of its own: id, ", id="schema-of-ours"),
        pytest.param("  format: parallel_text\n  options: {language: '(.+)', langage: x}\n",
                     "parallel_text has no such option. Did you mean 'language'?", id="option-of-ours"),
        pytest.param("  format: parallel_text\n  options: {language: '('}\n",
                     "line 4: read.options: language: '(' is no regular expression", id="value-of-ours"),
        pytest.param("  format: parallel_text\n  options: {language: true}\n", "language: True is no text",
                     id="type-of-ours"),
        pytest.param("  format: JSON\n", "Did you mean 'json'?", id="format-in-upper-case"),
        pytest.param("  format: csv\n  options: {heder: true}\n",
                     "line 4: read.options.heder: csv has no such option. Did you mean 'header'?", id="csv"),
        pytest.param("  format: csv\n  options: {seperater: x}\n", "csv has no such option. It has: basePath, ",
                     id="no-near-option"),
        pytest.param("  format: json\n  options:\n    multiline: true\n",
                     "line 5: read.options.multiline: json has no such option. Did you mean 'multiLine'?", id="json"),
        pytest.param("  format: json\n  options: {sep: x}\n", "json has no such option", id="option-of-another-format"),
        pytest.param("  format: text\n  options: {wholeText: true}\n", "Did you mean 'wholetext'?", id="text"),
        pytest.param("  format: json\n  schema: premise strng\n",
                     "line 4: read.schema: 'strng' is no type of Spark", id="type"),
        pytest.param("  format: json\n  schema: premise strng\n", "Did you mean 'string'?", id="nearest-type"),
    ],
)  # fmt: skip
def test_read_mistakes_tell_key_line_and_the_nearest_right_name(tmp_path: Path, text: str, expected: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert found.startswith("a.yaml, line ")
    assert expected in found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('  format: csv\n  options: {header: true, sep: "\\t", quote: "", pathGlobFilter: "*.tsv"}\n',
                     id="csv"),
        pytest.param("  format: json\n  options: {multiLine: true, allowComments: true}\n", id="json"),
        pytest.param("  format: text\n  options: {wholetext: true}\n", id="text"),
        pytest.param("  format: parquet\n  options: {mergeSchema: true}\n", id="options-of-other-formats"),
        pytest.param("  format: jdbc\n  options: {url: x, dbtable: y}\n", id="jdbc"),
    ],
)  # fmt: skip
def test_read_mistakes_let_documented_options_pass(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == []


@pytest.mark.parametrize(
    ("ddl", "columns"),
    [
        ("a int", ("a",)),
        ("a int, `b c` STRING NOT NULL COMMENT 'x, y'", ("a", "b c")),
        ("a struct<b: int, c: array<struct<d: string>>>, e decimal(10, 2)", ("a", "e")),
        ("a map<string, array<int>>, b varchar(3), c timestamp_ntz", ("a", "b", "c")),
        ("`a``b` int", ("a`b",)),
        ("größe int", ("größe",)),
    ],
)
def test_schema_columns_are_the_outermost_names(ddl: str, columns: tuple[str, ...]) -> None:
    assert schema_problem(ddl) is None
    assert schema_columns(ddl) == columns


@pytest.mark.parametrize(
    ("ddl", "expected"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("a", "'a' has no type", id="no-type"),
        pytest.param("a, b int", "'a' has no type", id="no-type-in-a-list"),
        pytest.param("a int,", "a column is expected", id="comma-at-the-end"),
        pytest.param("a: int", "without a colon", id="colon"),
        pytest.param("a array<int", "the brackets do not match", id="open-bracket"),
        pytest.param("a array<int>>", "the brackets do not match", id="closed-twice"),
        pytest.param("a integr", "Did you mean 'integer'?", id="type"),
    ],
)
def test_schema_problem_says_what_is_plainly_wrong(ddl: str, expected: str) -> None:
    assert expected in (schema_problem(ddl) or "")
