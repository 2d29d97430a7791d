"""The beginnings of packed files, against what packed them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.guessing.heads import ARCHIVE, MAX_BYTES, Head, heads
from taskmill.udfs.parsers.records import BadRecord


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
TEXT = st.text(alphabet="ab\n\x00", max_size=300).map(lambda text: text.encode() * 50)


def only(path: str, stored: bytes, is_whole: bool = True) -> Head:
    (found,) = heads(path, stored, is_whole)
    assert isinstance(found, Head)
    return found


@pytest.mark.parametrize("packing", PACKERS)
@given(content=TEXT)
@settings(max_examples=10, deadline=None)
def test_heads_give_back_what_was_packed(packing: str, content: bytes) -> None:
    # Bytes that happen to look packed would rightly be unpacked once more.
    found = only("a.txt", PACKERS[packing](b"text " + content))
    assert (found.content, found.is_whole, found.packing) == (b"text " + content, True, packing)


@pytest.mark.parametrize("packing", [name for name in PACKERS if name])
def test_heads_of_a_cut_off_file_are_the_beginning(packing: str) -> None:
    content = b"".join(b"%d;" % (number * number) for number in range(40_000))
    packed = PACKERS[packing](content)
    for share in (0.3, 0.7, 0.95):
        for found in heads("a", packed[: int(len(packed) * share)], False):
            if isinstance(found, Head):
                assert content.startswith(found.content)
                assert not found.is_whole
    assert any(isinstance(one, Head) for one in heads("a", packed[: int(len(packed) * 0.95)], False))


@pytest.mark.parametrize("packing", PACKERS)
def test_heads_are_no_longer_than_the_limit_whatever_unpacks(packing: str) -> None:
    found = only("a", PACKERS[packing](b"0" * 20 * MAX_BYTES))
    assert (len(found.content), found.is_whole) == (MAX_BYTES, False)


@pytest.mark.parametrize("packing", [name for name in PACKERS if name])
def test_heads_do_not_unpack_what_they_do_not_give(packing: str) -> None:
    packed = PACKERS[packing](b"0" * 30 * MAX_BYTES)
    tracemalloc.start()
    only("a", packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * MAX_BYTES  # xz needs some for itself


def test_heads_read_what_two_compressions_hold_and_members_in_a_row() -> None:
    assert only("a", gzip.compress(bz2.compress(b"text"))).content == b"text"
    assert only("a", gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 9).content == b"one two"


def test_heads_open_archives() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("data/a.csv", "x,y\n")
        archive.writestr("data/b.csv", "0" * (MAX_BYTES + 1))
    names = [(one.path, one.is_whole, one.packing) for one in heads("z.zip", whole.getvalue()) if isinstance(one, Head)]
    assert names == [("z.zip!/data/a.csv", True, ARCHIVE), ("z.zip!/data/b.csv", False, ARCHIVE)]
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as file:
        member = tarfile.TarInfo("a.txt")
        member.size = 4
        file.addfile(member, io.BytesIO(b"text"))
    assert only("t.tar.gz", tar.getvalue()).path == "t.tar.gz!/a.txt"


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"\x1f\x8b\x08" + b"\0" * 40, id="broken-gzip"),
        pytest.param(b"\xfd7zXZ\0" + b"x" * 40, id="broken-xz"),
        pytest.param(b"PK\x03\x04broken", id="broken-zip"),
        pytest.param(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x")))), id="too-deep"),
    ],
)
def test_heads_say_why_there_is_none(stored: bytes) -> None:
    (found,) = heads("a", stored)
    assert isinstance(found, BadRecord)
    assert found.detail


def test_lines_of_a_cut_off_head_are_whole() -> None:
    assert Head("a", b"one\ntwo\nthr", is_whole=False).lines == b"one\ntwo\n"
    assert Head("a", b"one\ntwo").lines == b"one\ntwo"
