"""Compressed bytes, known by what they begin with and not by a name, unpacked no further than a limit."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from taskmill.udfs.parsers.records import UNREADABLE_FILE

FILE_TOO_LARGE = "file_too_large"
XZ_MEMORY = 256 * 1024 * 1024  # xz -9 needs 65 MiB; a header may ask for 4 GiB
_INPUT_BYTES = 16 * 1024
_OUTPUT_BYTES = 64 * 1024
_ZEROS = re.compile(rb"\0*")
_MAGIC = {  # RFC 1952; the block marks of bzip2; the .xz specification 2.1.1.1; RFC 8878 3.1, skippable frames too
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}


@dataclass(frozen=True)
class Unpacked:
    """What could be unpacked: the whole content, or what is sound of it and why there is not more.

    Attributes:
        reason: of a bad record; None if the content is whole.
        detail: the same in words.
        read_bytes: how many bytes were unpacked, given or not, at most.
    """

    content: bytes
    reason: str | None
    detail: str
    read_bytes: int

    @staticmethod
    def whole(content: bytes) -> Unpacked:
        return Unpacked(content, None, "", len(content))

    @staticmethod
    def nothing(detail: str, reason: str = UNREADABLE_FILE, read_bytes: int = 0) -> Unpacked:
        return Unpacked(b"", reason, detail, read_bytes)


class Decompressor(Protocol):
    """What reads one stream, as the standard library's `BZ2Decompressor` and `LZMADecompressor` do."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream has been read and its checksum is right."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to give without more input."""

    @property
    def unused_data(self) -> bytes:
        """Input behind the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes more."""


class Inflate:
    """A stream of zlib's as a `Decompressor`; `wbits` as for `zlib.decompressobj`: 31 is gzip, -15 bare deflate."""

    def __init__(self, wbits: int) -> None:
        self._stream = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        # All input may be taken while output is still inside: a full answer means that there may be more.
        self.needs_input = not self._stream.unconsumed_tail and len(found) < max_length
        return found


_STREAMS: dict[str, Callable[[], Decompressor]] = {
    "gzip": lambda: Inflate(31),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY),
}


class _CutOffError(ValueError):
    """The content ends within a stream."""


class _TooLargeError(ValueError):
    """There is more than the limit."""


def compression_of(content: bytes) -> str | None:
    """How a content is compressed: gzip, bzip2, xz or zstd; None if it is not, or in another way."""
    return next((name for name, magic in _MAGIC.items() if magic.match(content)), None)


def decompressed(content: bytes, compression: str, limit: int) -> Unpacked:
    """The content of all streams (members, frames) in a row, and zeros may follow each.

    Of a content that is cut off, everything before the cut is given. Of a damaged one only the streams before the
    damage, whose checksums are right: nothing tells which bytes of a stream with a wrong checksum are the wrong ones.
    (Of zstd nothing then, as its streams are read as one.) Memory follows the limit, not what is compressed.

    Args:
        compression: as `compression_of` names it.
        limit: bytes; of more nothing is given.
    """
    if compression == "zstd":
        return _zstd(content, limit)
    return unpacked_streams(content, _STREAMS[compression], limit)


def unpacked_streams(content: bytes, stream: Callable[[], Decompressor], limit: int) -> Unpacked:
    """`decompressed` for any kind of stream that starts anew behind its end."""
    out = io.BytesIO()  # gives its bytes away without copying them
    position = sound = 0
    try:
        while position < len(content):
            position = _read_stream(content, position, stream(), out, limit)
            sound = out.tell()
            position = end_of_zeros(content, position)
    except _TooLargeError:
        return Unpacked.nothing(larger_than(limit), FILE_TOO_LARGE, out.tell())
    except _CutOffError:
        return _cut_off(out)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        return _damaged(out, sound, f"{error}, in what begins at byte {position:,} of {len(content):,}")
    return Unpacked.whole(out.getvalue())


def larger_than(limit: int, size: int | None = None) -> str:
    """What is wrong with a file of this size, or of one that nobody knows."""
    return f"{f'{size:,}' if size else 'more'} bytes, unpacked; the limit is {limit:,}"


def end_of_zeros(content: bytes, position: int) -> int:
    """Where the zeros end that begin at a position, or there are none."""
    found = _ZEROS.match(content, position)
    return found.end() if found else position


def _read_stream(content: bytes, start: int, stream: Decompressor, out: io.BytesIO, limit: int) -> int:
    """Writes what one stream holds, and gives where it ends."""
    position = start
    while not stream.eof:
        data = b""
        if stream.needs_input:
            data = content[position : position + _INPUT_BYTES]
            position += len(data)
            if not data:
                raise _CutOffError
        out.write(stream.decompress(data, _OUTPUT_BYTES))
        if out.tell() > limit:
            raise _TooLargeError
    return position - len(stream.unused_data)


def _zstd(content: bytes, limit: int) -> Unpacked:
    out = io.BytesIO()
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            while data := stream.read(_OUTPUT_BYTES):
                out.write(data)
                if out.tell() > limit:
                    return Unpacked.nothing(larger_than(limit), FILE_TOO_LARGE, out.tell())
    except (OSError, pa.ArrowException, MemoryError) as error:
        return _cut_off(out) if "Truncated" in str(error) else _damaged(out, 0, str(error))
    return Unpacked.whole(out.getvalue())


def _cut_off(out: io.BytesIO) -> Unpacked:
    read = out.tell()
    return Unpacked(out.getvalue(), UNREADABLE_FILE, f"cut off: {read:,} bytes could be unpacked", read)


def _damaged(out: io.BytesIO, sound: int, fault: str) -> Unpacked:
    read = out.tell() + _OUTPUT_BYTES  # the last call may have unpacked as much before it failed
    out.truncate(sound)
    return Unpacked(out.getvalue(), UNREADABLE_FILE, f"damaged: {fault}; {sound:,} bytes are known to be sound", read)
