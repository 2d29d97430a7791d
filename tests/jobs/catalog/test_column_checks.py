"""Columns that a schema does not have, found before Spark starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.column_checks import column_mistakes, declared_columns
from taskmill.jobs.catalog.source_checks import expressions_of
from taskmill.jobs.command import bundled_conf
from taskmill.jobs.configuration.config import Source, read_model
from taskmill.jobs.configuration.positions import load_document

SOURCE = """\
source: snli
revision: "1.0"
licence: MIT
language: en
read: {format: json, path: a, schema: "premise string, gold int, parts array<struct<text: string>>"}
split: train
tasks:
  nli:
    premise: premise
    label: gold - 1
"""
BUNDLED = sorted([*(bundled_conf() / "sources").glob("*.yaml"), *(bundled_conf() / "sample").glob("*.yaml")])


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "snli.yaml"
    path.write_text(text, encoding="utf-8")
    document = load_document(path)
    source, wrong = read_model(Source, document)
    assert source is not None, wrong
    found = column_mistakes(source, expressions_of(source, document), document)
    return [message.removeprefix(f"{tmp_path}/") for message in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("gold - 1", "gold - 1", id="as-it-is"),
        pytest.param("gold - 1", "GOLD", id="upper-case"),
        pytest.param("gold - 1", '"size(filter(parts, part -> part.text = premise))"', id="lambda"),
        pytest.param("gold - 1", "parts[0].text", id="member"),
        pytest.param("gold - 1", "_metadata.file_name", id="metadata"),
        pytest.param("gold - 1", "gild -", id="no-sql"),
        pytest.param("split: train", "query: SELECT premise AS gold FROM rows\nsplit: other", id="query"),
        pytest.param(', schema: "premise string, gold int, parts array<struct<text: string>>"', "", id="no-schema"),
    ],
)
def test_column_mistakes_are_silent_where_a_column_may_be_there(tmp_path: Path, old: str, new: str) -> None:
    assert old in SOURCE
    assert mistakes(tmp_path, SOURCE.replace(old, new)) == []


@pytest.mark.parametrize("read", ["format: parquet", "format: csv, options: {header: true}"])
def test_column_mistakes_are_silent_where_files_have_columns_of_their_own(tmp_path: Path, read: str) -> None:
    assert mistakes(tmp_path, SOURCE.replace("format: json", read).replace("gold - 1", "gild")) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("premise: premise", "premise: premis", "line 9: tasks.nli.premise: no column 'premis' (it has: "
                     "gold, parts, premise). Did you mean 'premise'?", id="column"),
        pytest.param("gold - 1", "coalesce(gold, label.id)", "line 10: tasks.nli.label: no column 'label' (it",
                     id="column-with-a-member"),
        pytest.param("gold - 1", '"size(filter(parts, part -> part.text = premis))"', "no column 'premis'",
                     id="in-a-lambda"),
        pytest.param("split: train", "split: training", "line 6: split: 'training' is no split and no column; write "
                     "train, validation, test, or SQL that gives one. Did you mean 'train'?", id="split"),
        pytest.param("split: train", "split: lower(part)", "line 6: split: no column 'part'", id="split-expression"),
        pytest.param("language: en", "language: lang", "line 4: language: 'lang' is no language tag and no "
                     "column; write a tag as en or pt-BR, a list, or SQL that gives one", id="language"),
        pytest.param("language: en", "language: [en, english]", "'english' is no language tag", id="languages"),
    ],
)  # fmt: skip
def test_column_mistakes_tell_key_line_and_the_nearest_column(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    (found,) = mistakes(tmp_path, SOURCE.replace(old, new))
    assert found.startswith("snli.yaml, line ")
    assert expected in found


def test_column_mistakes_are_told_of_csv_without_a_header(tmp_path: Path) -> None:
    text = SOURCE.replace("format: json", "format: csv, options: {quote: x}").replace("gold - 1", "gild")
    assert mistakes(tmp_path, text) == [
        "snli.yaml, line 10: tasks.nli.label: no column 'gild' (it has: gold, parts, premise). Did you mean 'gold'?"
    ]


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_column_mistakes_raise_no_false_alarm(path: Path) -> None:
    document = load_document(path)
    source, _ = read_model(Source, document)
    assert source is not None
    assert list(column_mistakes(source, expressions_of(source, document), document)) == []


def test_declared_columns_tell_something_of_many_bundled_sources() -> None:
    sources = [read_model(Source, load_document(path))[0] for path in BUNDLED]
    assert sum(bool(source and declared_columns(source)) for source in sources) >= 15
