"""Reading files that are right and files that are not: nothing is lost, and every refusal says why."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc

from taskmill.jobs.configuration.config import Read
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.reading.readers import read_rows


def rows_of(spark: Any, path: Path, **read: Any) -> list[dict[str, Any]]:
    frame = read_rows(spark, Read(path=str(path), **read), [str(path)])
    return [row.asDict(recursive=True) for row in frame.collect()]


def shown(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in (*columns, "_refused")) for row in rows), key=str)


def test_json_lines_mark_broken_lines_and_bytes(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "good"}\n\n{"a": \n{"a": "caf\xe9"}\n{"a": null}\n')
    rows = rows_of(spark, path, format="json", schema="a string")
    assert shown(rows, "a") == [("good", None), (None, "invalid_utf8"), (None, "unreadable_line"), (None, None)]
    assert {row["_raw"] for row in rows if row["_refused"]} == {'{"a": ', '{"a": "caf\ufffd"}'}
    assert all(row["_metadata"]["file_name"] == "a.jsonl" for row in rows)


def test_a_key_that_stands_twice_is_refused(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "one", "a": "two"}\n{"a": "a", "b": "a"}\n{}\n')
    rows = rows_of(spark, path, format="json", schema="a string")
    assert shown(rows, "a") == [("a", None), ("two", "repeated_key"), (None, None)]


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2}]', '{"a": 1}'], ids=["array", "object"])
def test_json_documents_are_arrays_or_objects(spark: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    rows = rows_of(spark, path, format="json", schema="a int", options={"multiLine": True})
    assert [row["a"] for row in rows] == [1, 2][: text.count("a")]


def test_a_broken_json_document_is_one_refused_file(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}, {"a"')
    rows = rows_of(spark, path, format="json", schema="a int", options={"multiLine": True})
    assert shown(rows, "a") == [(None, "unreadable_file")]


def test_csv_finds_columns_by_name_and_marks_short_lines_and_bytes(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffname,größe\n"é, \n""ja""",1\nzwei\ndrei,x\n'.encode() + b"vier\xff,4\n")
    options = {"header": True, "multiLine": True, "quote": '"', "escape": '"'}
    rows = rows_of(spark, path, format="csv", schema="`größe` int, name string", options=options)
    readable = [(row["name"], row["größe"]) for row in rows if row["_refused"] is None]
    assert readable == [('é, \n"ja"', 1), ("drei", None)]
    assert sorted(row["_refused"] for row in rows if row["_refused"]) == ["invalid_utf8", "unreadable_line"]


def test_csv_with_a_missing_column_says_what_there_is(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,label\nx,1\n")
    with pytest.raises(ConfigError, match="no column 'lable'.*Did you mean 'label'"):
        rows_of(spark, path, format="csv", schema="name string, lable int", options={"header": True})


def test_tsv_keeps_bare_quotes(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('He said "no.\t1\n"\t2\n')
    rows = rows_of(spark, path, format="csv", schema="text string, n int", options={"sep": "\t", "quote": ""})
    assert shown(rows, "text", "n") == [('"', 2, None), ('He said "no.', 1, None)]


def test_text_is_read_by_line_or_whole(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    assert [row["value"] for row in rows_of(spark, path, format="text")] == ["one", "two"]
    whole = rows_of(spark, path, format="text", options={"wholetext": True})
    assert [row["value"] for row in whole] == ["one\ntwo\n"]


@pytest.mark.parametrize("kind", ["parquet", "orc", "delta"])
def test_columnar_formats_come_as_they_are(spark: Any, tmp_path: Path, kind: str) -> None:
    spark.createDataFrame([(1, "x"), (2, None)], "a int, b string").write.format(kind).save(str(tmp_path / kind))
    rows = rows_of(spark, tmp_path / kind, format=kind)
    assert shown(rows, "a", "b") == [(1, "x", None), (2, None, None)]


def test_a_skipped_file_is_not_opened(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "good.jsonl.gz").write_bytes(gzip.compress(b'{"a": "good"}\n'))
    bad = tmp_path / "bad.jsonl.gz"
    bad.write_bytes(gzip.compress(b'{"a": "bad"}\n' * 5000)[:60])
    read = Read(format="json", path="x", schema="a string")
    rows = read_rows(spark, read, [f"{tmp_path}/*.gz"], skipped=[bad.as_uri()]).collect()
    assert [row["a"] for row in rows] == ["good"]


def test_hugging_face_folders_tell_their_columns_and_labels(spark: Any, tmp_path: Path) -> None:
    features = {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    for number in range(2):
        table = pa.table({"text": [f"text {number}", None], "label": [number, -1]}).replace_schema_metadata(metadata)
        with ipc.new_stream(tmp_path / f"data-{number:05}-of-00003.arrow", table.schema) as writer:
            writer.write_table(table)
    content = (tmp_path / "data-00001-of-00003.arrow").read_bytes()
    (tmp_path / "data-00002-of-00003.arrow").write_bytes(content[: len(content) // 2])
    (tmp_path / "state.json").write_text("{}")
    rows = rows_of(spark, tmp_path, format="hugging_face")
    assert shown([row for row in rows if row["_refused"] is None], "text", "label") == [
        ("text 0", "no", None), ("text 1", "yes", None), (None, None, None), (None, None, None),
    ]  # fmt: skip
    (bad,) = [row for row in rows if row["_refused"]]
    assert bad["_refused"].startswith("unreadable_file an Arrow table: ")
    assert bad["_metadata"]["file_name"] == "data-00002-of-00003.arrow"


def test_a_hugging_face_folder_without_a_table_says_so(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"state\.json: no Arrow table: .*the columns of the source"):
        rows_of(spark, tmp_path, format="hugging_face")
