"""Files of records: every way they are written, and what is broken in them, with its place."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskmill.jobs.comparison import record_files
from taskmill.jobs.comparison.record_files import records
from taskmill.jobs.errors import ConfigError

ROWS: list[dict[str, Any]] = [{"prompt": f"שלום {number} 🙂", "completion": "x" * number} for number in range(40)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
ARRAY = json.dumps(ROWS, ensure_ascii=False, indent=1).encode()


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd], ids=lambda one: one.__name__
)
@pytest.mark.parametrize("content", [LINES, ARRAY, b"\xef\xbb\xbf" + LINES, b"\xef\xbb\xbf" + ARRAY, LINES[:-1]],
                         ids=["lines", "array", "lines with mark", "array with mark", "no last line end"])  # fmt: skip
def test_records_of_every_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(record_files, "CHUNK", 7)  # so that items and letters are cut in the middle
    path = tmp_path / "any.name"
    path.write_bytes(pack(content))
    assert [(one.place, one.value, one.fault) for one in records(path)] == [
        (place, row, "") for place, row in enumerate(ROWS, 1)
    ]


def test_records_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    assert [one.value for one in records(path)] == ROWS


def test_broken_lines_are_told_with_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_files, "MAX_RECORD", 60)
    path = tmp_path / "x.jsonl"
    lines = [
        b'{"a": 1}',
        b"",
        b"  \r",
        b"{broken",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"b": "' + b"y" * 200 + b'"}',
        b"[1]",
    ]
    path.write_bytes(b"\n".join(lines))
    found = [(one.place, one.value, one.fault) for one in records(path)]
    assert found == [
        (1, {"a": 1}, ""),
        (4, None, "no JSON: expecting property name enclosed in double quotes"),
        (5, None, "no UTF-8"),
        (6, {"a": None}, ""),
        (7, None, "a line of more than 60 bytes"),
        (8, [1], ""),
    ]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"")
    assert list(records(path)) == []
    path.write_bytes(b"[ ]")
    assert list(records(path)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(LINES)[:-20], "damaged or cut off"),
        (b"\x1f\x8b\x08" + b"x" * 50, "damaged or cut off"),
        (b"PAR1" + b"x" * 50, "damaged or cut off"),
        (ARRAY[:-10], "no JSON"),
        (b"[", "has no end"),
        (b'[{"a": 1} {"a": 2}]', "neither , nor ]"),
        (b'[{"a": "\xff\xff\xff\xff\xff"}]', "no UTF-8"),
    ],
    ids=["cut gzip", "no gzip", "no parquet", "cut array", "open array", "no comma", "no utf-8"],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        list(records(path))


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        list(records(tmp_path / "none.jsonl"))
    with pytest.raises(ConfigError, match="is a folder"):
        list(records(tmp_path))
