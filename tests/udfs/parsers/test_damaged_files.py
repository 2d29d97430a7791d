"""Stored files that are cut off, damaged in every place, or made to unpack into more than there is room for."""

from __future__ import annotations

import gzip
import io
import random
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.parsers import archives
from taskmill.udfs.parsers.files import opened
from taskmill.udfs.parsers.records import BadRecord, File
from tests.udfs.parsers.packed import CHECKED, LINES, MIB, PACKERS, found_in, tarred, zipped


@pytest.mark.parametrize("name", PACKERS)
def test_a_file_cut_off_anywhere_gives_whole_lines_and_says_so(name: str) -> None:
    text = LINES * (20 if name == "zstd" else 1)  # its blocks, which are given whole, are 128 KiB
    packed = PACKERS[name](text)
    longest = 0
    for end in range(10, len(packed), 7):
        files, bad = found_in(packed[:end])
        content = files.get("a", b"")
        assert text.startswith(content)
        assert content[-1:] in (b"", b"\n")
        assert [one.reason for one in bad] == ["unreadable_file"]
        assert "cut off" in bad[0].detail and "bytes could be unpacked" in bad[0].detail
        longest = max(longest, len(content))
    assert longest


def test_what_follows_a_damaged_stream_is_not_given_and_what_its_checksum_denies_neither() -> None:
    second = bytearray(gzip.compress(LINES))
    second[-5] ^= 1  # a checksum
    files, bad = found_in(gzip.compress(b"whole\npart") + second + gzip.compress(b"more\n"))
    assert files == {"a": b"whole\n"}
    assert len(bad) == 1 and bad[0].reason == "unreadable_file"
    start = len(gzip.compress(b"whole\npart"))
    assert f"what begins at byte {start} of" in bad[0].detail
    assert bad[0].detail.endswith("; 10 bytes are known to be sound")
    files, bad = found_in(gzip.compress(b"whole\n") + b"garbage")
    assert files == {"a": b"whole\n"} and len(bad) == 1


@pytest.mark.parametrize("name", PACKERS)
def test_bombs_are_noticed_early(name: str) -> None:
    bomb = PACKERS[name](bytes(64 * MIB))
    tracemalloc.start()
    files, bad = found_in(bomb, MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert files == {}
    assert bad == [BadRecord("file_too_large", "more bytes, unpacked; the limit is 1,048,576")]
    assert peak < 16 * MIB  # of which the dictionary of xz is 8


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_large_members_are_refused_and_the_others_given(method: int) -> None:
    for archive in (zipped({"big": bytes(MIB), "small": b"1"}, method), tarred({"big": bytes(MIB), "small": b"1"})):
        files, bad = found_in(archive, 1_000)
        assert files == {"a!/small": b"1"}
        assert bad == [BadRecord("file_too_large", "big: 1,048,576 bytes, unpacked; the limit is 1,000")]
    assert found_in(b"12345", 4)[1] == [BadRecord("file_too_large", "5 bytes, unpacked; the limit is 4")]


def test_members_that_share_their_bytes_are_bounded_together() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(4 * MIB))
        for number in range(1, 5_000):
            entry = zipfile.ZipInfo(str(number))
            for field in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(entry, field, getattr(archive.filelist[0], field))
            archive.filelist.append(entry)
    began = time.perf_counter()
    files, bad = found_in(out.getvalue(), 4 * MIB)
    assert time.perf_counter() - began < 10
    assert 4 * MIB * len(files) <= 200 * len(out.getvalue())
    assert len(files) + len(bad) == 5_000 and {one.reason for one in bad} == {"file_too_large"}


def test_archives_of_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    members = {str(number): b"" for number in range(12)}
    monkeypatch.setattr(archives.Bounds, "members", 10)
    monkeypatch.setattr(archives.Bounds.__init__, "__defaults__", (10,))
    assert found_in(zipped(members)) == ({}, [BadRecord("unreadable_file", archives.TOO_MANY)])
    files, bad = found_in(tarred(members))
    assert len(files) == 10 and bad == [BadRecord("unreadable_file", archives.TOO_MANY)]


def test_a_tar_that_is_cut_off_gives_what_is_there() -> None:
    tar = tarred({"a": b"1\n" * 400, "b": b"2\n" * 400})
    cut = tar[: tar.index(b"2\n2\n") + 301]
    files, bad = found_in(cut)
    assert files == {"a!/a": b"1\n" * 400, "a!/b": b"2\n" * 150}
    missing_end = "a tar archive without its end: files may be missing"
    assert [one.detail for one in bad] == ["b: cut off: 301 of 800 bytes are there", missing_end]
    assert [one.detail for one in found_in(tar[:1536])[1]] == [missing_end]
    assert "512 bytes behind the end" in found_in(tar + b"1" * 512)[1][0].detail
    files, bad = found_in(gzip.compress(cut)[:-4])
    assert files == {"a!/a": b"1\n" * 400, "a!/b": b"2\n" * 150} and "cut off" in bad[-1].detail


@pytest.mark.parametrize(
    ("header", "field"),
    [("size", b"\xff" * 12), ("size", b"\x80" + b"\xff" * 11), ("size", b"77777777777\0"), ("size", b"-0000000100\0")],
    ids=["negative", "huge", "large", "minus"],
)
def test_sizes_that_lead_nowhere_end_a_tar(header: str, field: bytes) -> None:
    tar = bytearray(tarred({"a": b"1", "b": b"2"}))
    tar[1024 + 124 : 1024 + 136] = field
    tar[1024 + 148 : 1024 + 156] = b" " * 8
    tar[1024 + 148 : 1024 + 156] = f"{sum(tar[1024:1536]):06o}\0 ".encode()
    files, bad = found_in(bytes(tar))
    assert files == {"a!/a": b"1"} and bad


@pytest.mark.parametrize("name", CHECKED)
def test_damage_never_passes_for_content(name: str) -> None:
    packed = PACKERS[name](LINES[:9_000]) + PACKERS[name](LINES[9_000:])
    chance = random.Random(name)
    for _ in range(600):
        damaged = bytearray(packed)
        place = chance.randrange(10, len(packed))  # behind the magic bytes, without which it is a file like others
        damaged[place] ^= 1 << chance.randrange(8)
        files, bad = found_in(bytes(damaged))
        if not any("cut off" in one.detail for one in bad):  # some damage looks as if the end was missing
            assert LINES.startswith(files.get("a", b""))
            assert bad or files["a"] == LINES


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_damaged_member_of_a_zip_gives_nothing_and_the_others_are_given(method: int) -> None:
    packed = zipped({"a": LINES, "b": b"2\n"}, method)
    chance = random.Random(method)
    for _ in range(300):
        damaged = bytearray(packed)
        damaged[chance.randrange(31, packed.index(b"PK\x03\x04", 31))] ^= 1 << chance.randrange(8)
        files, bad = found_in(bytes(damaged))
        assert files.pop("a!/b") == b"2\n"
        assert (files == {} and len(bad) == 1) or (files == {"a!/a": LINES} and not bad)  # bits that fill a byte


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "gz in zip", *PACKERS])
def test_no_damage_makes_reading_raise_or_hang(kind: str) -> None:
    members = {"a.txt": LINES[:900], "b/c.gz": gzip.compress(LINES), "é" * 60: b"3", "d.zip": zipped({"e": LINES[:99]})}
    made = {
        "zip": lambda: zipped(members), "tar": lambda: tarred(members),
        "tar.gz": lambda: gzip.compress(tarred(members)),
        "gz in zip": lambda: zipped({"a": gzip.compress(LINES)}, zipfile.ZIP_STORED),
    }  # fmt: skip
    content = made[kind]() if kind in made else PACKERS[kind](LINES)
    chance = random.Random(kind)
    for _ in range(400):
        damaged = bytearray(content[: chance.randrange(len(content)) if chance.random() < 0.5 else len(content)])
        for _ in range(chance.randrange(4) if damaged else 0):
            reach = chance.choice([len(damaged), min(400, len(damaged))])  # directories stand at the end
            place = -chance.randrange(1, reach + 1)
            damaged[place] = chance.choice([0, 255, chance.randrange(256)])
        for one in opened("a", bytes(damaged), 100_000):
            assert isinstance(one, File) or one.reason in ("unreadable_file", "file_too_large")


@given(
    st.binary(max_size=600),
    st.sampled_from([b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\0", b"(\xb5/\xfd", b"PK\x03\x04"]),
)
@settings(deadline=None)
def test_any_bytes_behind_magic_bytes_are_read_without_raising(content: bytes, magic: bytes) -> None:
    files, bad = found_in(magic + content)
    assert files or bad
