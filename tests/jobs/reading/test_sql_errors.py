"""Mistakes that only Spark finds, told where they stand in the source's file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import AnalysisException

from taskmill.jobs.catalog.catalog import Catalog
from taskmill.jobs.command import Options, load
from taskmill.jobs.reading.reading_plans import _opened
from taskmill.jobs.reading.readings import Reading
from taskmill.jobs.reading.sql_errors import spark_mistake, unknown_format
from tests.conftest import REVIEWS, make_project, write

# Without a schema, so that the check before Spark has nothing to compare with.
UNDECLARED = REVIEWS.replace(', schema: "id int, text string, label int"', "")
PROPOSAL = "`text`, `id`, `_raw`, `label`, `_metadata`"


def planned(folder: Path, text: str) -> tuple[Any, Catalog, list[Any]]:
    """The small project with this source in place of the reviews: pipeline, catalog, and the source's tasks."""
    make_project(folder)
    write(folder / "sources/reviews.yaml", text)
    pipeline, catalog = load(Options(folder / "pipeline.yaml"))
    return pipeline, catalog, [task for task in catalog.tasks.values() if task.source.source == "reviews"]


def told(folder: Path, text: str, error: AnalysisException) -> str:
    _, catalog, tasks = planned(folder, text)
    return spark_mistake(error, tasks, catalog.documents["Source reviews"]).removeprefix(f"{folder}/sources/")


def error(condition: str | None, fragment: str = "", summary: str = "", message: str = "", **parameters: str) -> Any:
    """As Spark raises it when it plans a source."""
    context = SimpleNamespace(
        contextType=lambda: SimpleNamespace(name="SQL"), fragment=lambda: fragment, summary=lambda: summary
    )
    return AnalysisException(message, condition, parameters, [context] if fragment else [])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("old", "new", "raised", "expected"),
    [
        pytest.param("text: text", "text: upper(txt)",
                     error("UNRESOLVED_COLUMN.WITH_SUGGESTION", "txt", "(upper(txt)) AS `_0_text`\n        ^^^",
                           objectName="`txt`", proposal=PROPOSAL),
                     "reviews.yaml, line 8: tasks.sentiment.text: no column 'txt' (it has, among others: id, label, "
                     "text). Did you mean 'text'?", id="column"),
        pytest.param("split: train", "split: training",
                     error("UNRESOLVED_COLUMN.WITH_SUGGESTION", "training", "regexp_replace(lower(training), '^(dev|va",
                           objectName="`training`", proposal=PROPOSAL),
                     "reviews.yaml, line 6: split: 'training' is no split and no column; write train, validation, test,"
                     " or SQL that gives one. Did you mean 'train'?", id="split"),
        pytest.param("language: en", "language: english",
                     error("UNRESOLVED_COLUMN.WITH_SUGGESTION", "english", "(english) AS `_0__language0`",
                           objectName="`english`", proposal=PROPOSAL),
                     "reviews.yaml, line 4: language: 'english' is no language tag and no column", id="language"),
        pytest.param("text: text", "text: lowr(text)",
                     error("UNRESOLVED_ROUTINE", "lowr(text)", "cut off", routineName="`lowr`"),
                     "reviews.yaml, line 8: tasks.sentiment.text: Spark SQL has no function 'lowr'", id="function"),
        pytest.param("{text: text, label: label}", "{fields: {text: text, label: label}, where: label}",
                     error("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "coalesce(`_0__where`, false)", "cut off",
                           sqlExpr='"coalesce(_0__where, false)"'),
                     "reviews.yaml, line 8: tasks.sentiment.where: a condition is expected", id="where"),
        pytest.param("split:", "query: SELECT * FROM rowz\nsplit:",
                     error("TABLE_OR_VIEW_NOT_FOUND", "rowz", "SELECT * FROM rowz", relationName="`rowz`"),
                     "reviews.yaml, line 6: query: a query sees no table 'rowz' (it has: rows). Did you mean 'rows'?",
                     id="table"),
        pytest.param("text: text", "text: text",
                     error("PARSE_SYNTAX_ERROR", message="Odd. SQLSTATE: 42601 (line 1)\n\n== SQL ==\n?"),
                     "reviews.yaml: Odd.", id="nowhere"),
        pytest.param("text: text", "text: text", error(None), "reviews.yaml: AnalysisException", id="nothing"),
    ],
)  # fmt: skip
def test_spark_mistake_finds_the_key(tmp_path: Path, old: str, new: str, raised: Any, expected: str) -> None:
    assert told(tmp_path, UNDECLARED.replace(old, new), raised).startswith(expected)


def test_unknown_format_is_told_of_the_read_that_has_it(tmp_path: Path) -> None:
    _, catalog, _ = planned(tmp_path, UNDECLARED.replace("format: json", "format: org.odd.Format"))
    source, document = catalog.sources["reviews"], catalog.documents["Source reviews"]
    raised = RuntimeError("[DATA_SOURCE_NOT_FOUND] Failed to find the data source: org.odd.Format. Make sure")
    found = unknown_format(raised, source, document) or ""
    assert "reviews.yaml, line 5: read.format: Spark has no reader for 'org.odd.Format'" in found
    assert unknown_format(RuntimeError("Something else. "), source, document) is None


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param(UNDECLARED.replace("text: text", "text: txt"), 8, "tasks.sentiment.text: no column 'txt'",
                     id="column"),
        pytest.param(UNDECLARED.replace("split: train", "split: training"), 6, "split: 'training' is no split",
                     id="split"),
        pytest.param(UNDECLARED.replace("language: en", "language: english"), 4, "language: 'english' is no language",
                     id="language"),
        pytest.param(UNDECLARED.replace("label: label", "label: lowr(label)"), 8, "tasks.sentiment.label: Spark SQL",
                     id="function"),
        pytest.param(UNDECLARED.replace("text: text", 'text: "aes_encrypt(text)"'), 8,
                     "tasks.sentiment.text: The `aes_encrypt` requires",
                     id="arguments"),
        pytest.param(UNDECLARED.replace("text: text", 'text: "transform(array(text), x -> txt)"'), 8,
                     "tasks.sentiment.text: no column 'txt'", id="in-a-lambda"),
        pytest.param(UNDECLARED.replace("{text: text, label: label}", "{where: id, fields: {text: text, label: id}}"),
                     8, "tasks.sentiment.where: a condition is expected", id="where"),
        pytest.param(REVIEWS.replace("label int", "label int int"), 5, "read.schema: Syntax error at or near 'int'",
                     id="schema"),
        pytest.param(REVIEWS.replace("format: json", "format: csv").replace("label int", "label array<itn>"), 5,
                     'read.schema: Unsupported data type "ITN"', id="csv-schema"),
        pytest.param(UNDECLARED.replace("split:", "query: |\n  SELECT id, txt\n  FROM rows\nsplit:"), 6,
                     "query: no column 'txt'", id="query"),
        pytest.param(UNDECLARED.replace("split:", "query: SELECT array[1, 2] FROM rows\nsplit:"), 6,
                     "query: Syntax error at or near", id="query-syntax"),
        pytest.param(UNDECLARED.replace("split:", "query: SELECT id, label FROM rows\nsplit:"), 9,
                     "tasks.sentiment.text: no column 'text' (it has, among others: id, label)", id="behind-a-query"),
        pytest.param(UNDECLARED.replace("format: json", "format: org.odd.Format"), 5,
                     "read.format: Spark has no reader", id="format"),
    ],
)  # fmt: skip
def test_what_spark_finds_is_told_with_key_and_line(
    spark: Any, tmp_path: Path, text: str, line: int, expected: str
) -> None:
    pipeline, catalog, tasks = planned(tmp_path, text)
    context: Any = SimpleNamespace(spark=spark, pipeline=pipeline, catalog=catalog)
    (found,) = _opened(context, Reading([catalog.sources["reviews"]], tasks))
    assert found.startswith(f"{tmp_path}/sources/reviews.yaml, line {line}: {expected}")
    assert not any(name in found for name in ("_raw", "_refused", "_metadata"))
