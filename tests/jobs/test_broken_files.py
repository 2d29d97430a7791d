"""Files that are broken in the ways of the world: each is read right, or refused with its file and line, and the rest
of its source survives."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import Row, Runner, make_project, read_table, write

SENTENCE = "Ada\tB-person\nswims\tO\n\n"
TAGS = """\
source: tags
revision: r1
licence: CC0-1.0
language: en
read: {format: conll, path: "tags/*", options: {separator: tab}}
split: train
tasks:
  names: {text: text, names: entities.text}
"""
NAMES = """\
task_type: names
description: Who is named?
fields: {text: text, names: "list<text>"}
answer: names
templates:
  - {name: who, prompt: "Who? {{ text }}", response: "{{ names | as_json }}"}
"""
LONG = 50_000_000
PACKED = gzip.compress("".join(f"Word{number}\tO\n\n" for number in range(4_000)).encode(), mtime=0)
FILES = {
    "bom.conll": b"\xef\xbb\xbf" + SENTENCE.replace("Ada", "Bom").encode(),
    "crlf.conll": SENTENCE.replace("Ada", "Crlf").replace("\n", "\r\n").encode(),
    "nul.conll": SENTENCE.replace("Ada", "N\x00l").encode(),
    "long.conll": b"x" * LONG + b"\tO\n\n" + SENTENCE.replace("Ada", "Long").encode(),
    "latin.conll": SENTENCE.replace("Ada", "Lat\u00edn").encode("latin-1") + SENTENCE.replace("Ada", "Next").encode(),
    "columns.conll": b"One\tO\tmore\n\n" + SENTENCE.replace("Ada", "Columns").encode(),
    "scheme.conll": b"Two\tO\nthree\tI-person\n\n" + SENTENCE.replace("Ada", "Scheme").encode(),
    "end.conll": SENTENCE.replace("Ada", "End").rstrip().encode(),
    "cut.conll.gz": PACKED[: len(PACKED) // 2],
    "checksum.conll.gz": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
    "empty.conll": b"",
}
# File -> where and why its bad part is refused.
REFUSED = {
    "long.conll": ("line_too_long", "line 1"), "latin.conll": ("invalid_utf8", "line 1"),
    "columns.conll": ("unreadable_record", "line 1"), "scheme.conll": ("unreadable_record", "line 2"),
    "cut.conll.gz": ("unreadable_file", ""), "checksum.conll.gz": ("unreadable_file", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def tables(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    make_project(folder)
    write(folder / "sources/tags.yaml", TAGS)
    write(folder / "templates/names.yaml", NAMES)
    (folder / "data/tags").mkdir()
    for name, content in FILES.items():
        (folder / "data/tags" / name).write_bytes(content)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    counts = context.ledger.done(INGEST)["tags.names"].counts
    assert counts.missing == 0
    refused = [
        (row["file"].rsplit("/", 1)[-1], row["detail"][:40]) for row in read_table(folder / "tables", "quarantine")
    ]
    assert counts.quarantined == len(REFUSED), "\n".join(map(str, refused))
    return folder / "tables"


def mine(tables: Path, name: str) -> list[Row]:
    return [row for row in read_table(tables, name) if row["source"] == "tags"]


def test_what_can_be_read_is_read(tables: Path) -> None:
    texts = {row["answer"]: row["fields"] for row in mine(tables, "examples")}
    names = {"Bom", "Crlf", "Long", "Next", "Columns", "Scheme", "End"}
    assert {f'["{name}"]' for name in names} <= set(texts)
    assert any("\\u0000" in answer for answer in texts)
    assert not any("\\r" in fields for fields in texts.values())
    whole = [row for row in mine(tables, "examples") if "Word" in row["fields"]]
    assert len(whole) > 0  # the whole lines before the fault


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_file_and_line(tables: Path, name: str) -> None:
    reason, where = REFUSED[name]
    (row,) = [row for row in mine(tables, "quarantine") if row["file"].endswith(f"/{name}")]
    assert row["reasons"] == [reason]
    assert where in row["detail"]
