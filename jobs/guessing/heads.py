"""The beginnings of files, unpacked: as much of them as a guess needs, and no more, whatever they would unpack to."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from taskmill.udfs.parsers.archives import is_zip
from taskmill.udfs.parsers.compression import XZ_MEMORY, Decompressor, Inflate, compression_of, end_of_zeros
from taskmill.udfs.parsers.files import MAX_LAYERS, opened
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File
from taskmill.udfs.parsers.tar_archives import is_tar

MAX_BYTES = 1_000_000  # of one file, stored and unpacked
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024  # of an archive, and of a file in it: its directory may stand at the end
ARCHIVE = "archive"
_PIECE = 64 * 1024
_STREAMS: dict[str, Callable[[], Decompressor]] = {
    "gzip": lambda: Inflate(31),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY),
}
_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException, MemoryError)


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        path: with the name inside its archive, as `files.opened` writes it.
        content: unpacked, at most `MAX_BYTES`.
        is_whole: whether that is all of it.
        packing: gzip, bzip2, xz, zstd, `archive`, or none; the outermost one.
    """

    path: str
    content: bytes
    is_whole: bool = True
    packing: str = ""

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def lines(self) -> bytes:
        """The content up to its last line break if it is cut off: whole lines only."""
        return self.content if self.is_whole else self.content[: self.content.rfind(b"\n") + 1]


def is_archive(content: bytes) -> bool:
    """Whether a content is a zip or tar archive, or may be one in a compression: such a file is needed whole."""
    compression = compression_of(content)
    inner = _beginning(content, compression)[0] if compression else content
    return is_zip(inner) or is_tar(inner)


def heads(path: str, stored: bytes, is_whole: bool = True) -> Iterator[Head | BadRecord]:
    """The beginnings of the files in a stored file, or why there is none; never raises for what it holds.

    Args:
        stored: the bytes on disk, or as many of them as were read.
        is_whole: whether these are all.
    """
    if not is_archive(stored):
        yield _unpacked(path, stored, is_whole)
        return
    if not is_whole:
        yield BadRecord(UNREADABLE_FILE, f"an archive of more than {MAX_ARCHIVE_BYTES:,} bytes")
        return
    for found in opened(path, stored, MAX_ARCHIVE_BYTES):
        if isinstance(found, File):
            yield Head(found.path, found.content[:MAX_BYTES], len(found.content) <= MAX_BYTES, ARCHIVE)
        else:
            yield found


def _unpacked(path: str, stored: bytes, is_whole: bool) -> Head | BadRecord:
    packing = compression = compression_of(stored) or ""
    content = stored
    for _ in range(MAX_LAYERS):
        if not compression:
            return Head(path, content[:MAX_BYTES], is_whole and len(content) <= MAX_BYTES, packing)
        content, ended, fault = _beginning(content, compression)
        if not content and fault:
            return BadRecord(UNREADABLE_FILE, f"{compression}: {fault}")
        is_whole = is_whole and ended
        compression = compression_of(content) or ""
    return BadRecord(UNREADABLE_FILE, f"more than {MAX_LAYERS} compressions inside each other")


def _beginning(content: bytes, compression: str) -> tuple[bytes, bool, str]:
    """At most `MAX_BYTES` and one of what is compressed, whether that is all, and what is wrong with it.

    What comes before a fault is given, as the fault may only be that not all of the file was read.
    """
    out = io.BytesIO()
    try:
        ended = _zstd(content, out) if compression == "zstd" else _streams(content, _STREAMS[compression], out)
    except _ERRORS as error:
        return out.getvalue()[: MAX_BYTES + 1], False, " ".join(str(error).split())
    return out.getvalue()[: MAX_BYTES + 1], ended, ""


def _streams(content: bytes, stream: Callable[[], Decompressor], out: io.BytesIO) -> bool:
    """Writes what the streams hold, and gives whether the last one ended."""
    position = 0
    while position < len(content):
        one = stream()
        while not one.eof:
            data = content[position : position + _PIECE] if one.needs_input else b""
            position += len(data)
            if one.needs_input and not data:
                return False
            out.write(one.decompress(data, _PIECE))
            if out.tell() > MAX_BYTES:
                return False
        position = end_of_zeros(content, position - len(one.unused_data))
    return True


def _zstd(content: bytes, out: io.BytesIO) -> bool:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        while data := stream.read(_PIECE):
            out.write(data)
            if out.tell() > MAX_BYTES:
                return False
    return True
