"""Stored files as the files in them, against the libraries that write such files."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.parsers.files import opened
from taskmill.udfs.parsers.records import BadRecord, File
from tests.udfs.parsers.packed import CHECKED, LINES, MIB, PACKERS, TAR_FORMATS, found_in, tarred, zipped

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
NAMES = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40), min_size=1, max_size=7).map(
    "/".join
)
MEMBERS = st.dictionaries(NAMES, st.binary(max_size=2_000).map(lambda content: b"_" + content), max_size=6)


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x1f\x8b", b"BZh9 is text", b"PK", b"\0" * 1024], ids=repr)
def test_files_that_are_not_packed_are_given_as_they_are(content: bytes) -> None:
    assert list(opened("x/train.gz", content, 2_000)) == [File("x/train.gz", content)]


@pytest.mark.parametrize("name", PACKERS)
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=3), repeats=st.integers(1, 3_000))
@settings(max_examples=30, deadline=None)
def test_compressed_files_keep_their_path(name: str, parts: list[bytes], repeats: int) -> None:
    parts = [b"_" + part * repeats for part in parts]
    packed = b"".join(PACKERS[name](part) for part in parts)
    assert found_in(packed, 3 * MIB, "x/train.any") == ({"x/train.any": b"".join(parts)}, [])


def test_streams_may_be_followed_by_zeros() -> None:
    for name in CHECKED:
        packed = PACKERS[name](b"a\n") + bytes(8) + PACKERS[name](b"b\n") + bytes(512)
        assert found_in(packed) == ({"a": b"a\nb\n"}, []), name


@given(MEMBERS, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))
@settings(deadline=None)
def test_written_zip_archives_are_read_back_in_their_order(members: dict[str, bytes], method: int) -> None:
    files, bad = found_in(zipped(members, method), path="x/a.zip")
    assert list(files.items()) == [(f"x/a.zip!/{name}", content) for name, content in members.items()]
    assert not bad


def test_content_that_fills_a_piece_of_output_to_the_brim_is_whole() -> None:
    for size in range(64 * 1024 - 300, 64 * 1024 + 300):
        assert found_in(zipped({"a": b"1" * size})) == ({"a!/a": b"1" * size}, [])


@given(MEMBERS.filter(bool), st.sampled_from(TAR_FORMATS), st.sampled_from(["", *PACKERS]))
@settings(deadline=None)
def test_written_tar_archives_are_read_back_in_their_order(members: dict[str, bytes], kind: int, packer: str) -> None:
    if kind == tarfile.USTAR_FORMAT:
        members = {name: content for name, content in members.items() if len(name.encode()) < 99}
    tar = tarred(members, kind)
    files, bad = found_in(PACKERS[packer](tar) if packer and members else tar, path="a.tgz")
    assert bad == [] or not members
    assert members == {} or list(files.items()) == [(f"a.tgz!/{name}", content) for name, content in members.items()]


def test_long_names_of_each_tar_format_are_read() -> None:
    for kind in TAR_FORMATS:
        name = "/".join(["folder" * 5] * 4 + ["file" * 10])
        name = name if kind == tarfile.USTAR_FORMAT else name * 5
        assert found_in(tarred({name: b"1", "b": b"2"}, kind)) == ({f"a!/{name}": b"1", "a!/b": b"2"}, [])


def test_extended_headers_of_a_tar_count_for_the_next_file_or_for_all() -> None:
    out = io.BytesIO()
    common = {"comment": "of no use here", "path": "every/file"}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=common) as archive:
        for number in (600, 700):
            entry = tarfile.TarInfo(f"file{number}")
            entry.size, entry.pax_headers = number, {"size": str(number)} if number == 600 else {}
            archive.addfile(entry, io.BytesIO(b"1" * number))
    tar = bytearray(out.getvalue())
    start = tar.index(b"file600\0")
    tar[start + 124 : start + 136] = b"0" * 12  # as it is for what octal digits cannot say
    tar[start + 148 : start + 156] = b" " * 8
    tar[start + 148 : start + 156] = f"{sum(tar[start : start + 512]):06o}\0 ".encode()
    found = list(opened("a", bytes(tar), MIB))
    assert found == [File("a!/every/file", b"1" * 600), File("a!/every/file", b"1" * 700)]


def test_zip_archives_written_to_a_pipe_are_read() -> None:
    class Pipe(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, content: object) -> int:
            self.written += bytes(content)  # type: ignore[call-overload]
            return len(content)  # type: ignore[arg-type]

    pipe = Pipe()
    with (
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a", "w", force_zip64=True) as member,
    ):
        member.write(LINES)
    assert found_in(pipe.written) == ({"a!/a": LINES}, [])


def test_archives_hold_compressed_files_and_archives_to_a_depth_of_three() -> None:
    inner = zipped({"b.txt": gzip.compress(b"b\n"), "c.zip": zipped({"d.gz": gzip.compress(b"d\n"), "e": b"e\n"})})
    files, bad = found_in(inner)
    assert files == {"a!/b.txt": b"b\n", "a!/c.zip!/d.gz": b"d\n", "a!/c.zip!/e": b"e\n"}
    assert bad == []
    files, bad = found_in(gzip.compress(inner))
    assert files == {"a!/b.txt": b"b\n", "a!/c.zip!/e": b"e\n"}
    said = "c.zip!/d.gz: more than 3 compressions or archives inside each other"
    assert bad == [BadRecord("unreadable_file", said)]


def test_names_are_shown_without_tricks_and_litter_is_left_out() -> None:
    members = {
        "../../etc/passwd": b"1", "/root/x": b"2", "a/./b//c": b"3", "..": b"4", "dir\\file": b"5",
        "__MACOSX/a": b"6", "a/.DS_Store": b"7", "folder/": b"",
    }  # fmt: skip
    shown = {"etc/passwd": b"1", "root/x": b"2", "a/b/c": b"3", "unnamed": b"4", "dir/file": b"5"}
    for archive in (zipped(members), tarred(members)):
        assert found_in(archive) == ({f"a!/{name}": content for name, content in shown.items()}, [])


def test_encrypted_members_and_unknown_methods_are_bad_records() -> None:
    archive = bytearray(zipped({"a": b"1" * 50, "b": b"2", "c": b"3" * 50}))
    for name, offset, value in ((b"a", 8, 1), (b"c", 10, 93)):
        start = archive.index(b"PK\x01\x02", 0 if name == b"a" else archive.index(b"PK\x01\x02") + 60)
        assert archive[start + 46 : start + 47] == name
        archive[start + offset] = value
    files, bad = found_in(bytes(archive))
    assert files == {"a!/b": b"2"}
    assert [one.detail for one in bad] == [
        "a: encrypted", "c: compression method 93 of zip archives is not supported"
    ]  # fmt: skip


def test_links_devices_and_sparse_files_of_tar_are_bad_records() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind in (
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("d", tarfile.CHRTYPE),
            ("f", tarfile.FIFOTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "target" * 30
            archive.addfile(entry)
        entry = tarfile.TarInfo("s")
        entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse"}
        archive.addfile(entry)
        entry = tarfile.TarInfo("file")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"1"))
    files, bad = found_in(out.getvalue())
    assert files == {"a!/file": b"1"}
    assert [one.detail for one in bad] == [
        "l: a symbolic link, which is not followed", "h: a link, which is not followed",
        "d: a device, which is not followed", "f: a pipe, which is not followed", "sparse: a sparse file",
    ]  # fmt: skip


def test_archives_of_other_kinds_are_named() -> None:
    assert found_in(b"7z\xbc\xaf\x27\x1c...") == (
        {},
        [BadRecord("unreadable_file", "archives of the kind 7z are not read")],
    )


@needs_data
def test_every_published_file_is_opened_as_python_opens_it() -> None:
    paths = sorted(Path(DATA).rglob("*.gz"))
    assert len(paths) == 67
    for path in paths:
        stored = path.read_bytes()
        assert list(opened(str(path), stored, 64 * MIB)) == [File(str(path), gzip.decompress(stored))]


@needs_data
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_folder_of_published_files_survives_an_archive(kind: str) -> None:
    folder = Path(DATA, "ntrex")
    stored = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    archive = zipped(stored) if kind == "zip" else gzip.compress(tarred(stored), 1)
    files, bad = found_in(archive, 64 * MIB, "ntrex.any")
    expected = {name: gzip.decompress(content) if name.endswith(".gz") else content for name, content in stored.items()}
    assert files == {f"ntrex.any!/{name}": content for name, content in expected.items()}
    assert not bad
