"""Packed files for tests, made by the libraries that write such files, and what is found in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping

import pyarrow as pa

from taskmill.udfs.parsers.files import opened
from taskmill.udfs.parsers.records import BadRecord, File

MIB = 1024 * 1024
LINES = "".join(f"line {number}\n" for number in range(2_000)).encode()


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd
}  # fmt: skip
CHECKED = ("gzip", "bzip2", "xz")  # by a checksum: zstd has one only if asked for
TAR_FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: Mapping[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def found_in(content: bytes, max_bytes: int = MIB, path: str = "a") -> tuple[dict[str, bytes], list[BadRecord]]:
    found = list(opened(path, content, max_bytes))
    files = [one for one in found if isinstance(one, File)]
    assert len({one.path for one in files}) == len(files)
    return {one.path: one.content for one in files}, [one for one in found if isinstance(one, BadRecord)]
