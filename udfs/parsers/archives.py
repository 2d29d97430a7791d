"""The files in zip archives, and what both kinds of archive share. (Tar: see `tar_archives`.)"""

from __future__ import annotations

import bz2
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from taskmill.udfs.parsers.compression import (
    FILE_TOO_LARGE,
    Decompressor,
    Inflate,
    Unpacked,
    larger_than,
    unpacked_streams,
)

MAX_MEMBERS = 100_000
TOO_MANY = f"an archive of more than {MAX_MEMBERS:,} files"
_ZIP_FILE, _ZIP_ENTRY, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_HEADER = struct.Struct("<26xHH")  # APPNOTE.TXT 4.3.7, with the lengths of the two fields behind it
_ENCRYPTED = 1
_METHODS: Mapping[int, Callable[[], Decompressor]] = {
    zipfile.ZIP_DEFLATED: lambda: Inflate(-15),
    zipfile.ZIP_BZIP2: bz2.BZ2Decompressor,
}


@dataclass
class Bounds:
    """How much may still be unpacked of one stored file.

    Attributes:
        max_bytes: of one file in it.
        left: bytes of all that is yet to be unpacked, at every depth.
        members: of archives, directories too.
    """

    max_bytes: int
    left: int
    members: int = MAX_MEMBERS

    @property
    def limit(self) -> int:
        """Bytes, of the next file."""
        return max(0, min(self.max_bytes, self.left))


@dataclass(frozen=True)
class Member:
    """A file in an archive by its name there, None for the archive itself, and what could be unpacked of it."""

    name: str | None
    unpacked: Unpacked


def is_zip(content: bytes) -> bool:
    return content.startswith((_ZIP_FILE, _EMPTY_ZIP))


def zip_members(content: bytes, bounds: Bounds) -> Iterator[Member]:
    """The files of a zip archive (PKWARE APPNOTE.TXT) in the order of its directory: stored, deflated or in bzip2.

    Without the directory, which stands at the end, nothing of an archive is read.
    """
    if content.count(_ZIP_ENTRY) > bounds.members:  # before a directory of millions is built
        yield Member(None, Unpacked.nothing(TOO_MANY))
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, LookupError, struct.error) as error:
        yield Member(None, Unpacked.nothing(f"no directory of a zip archive could be read: {error}"))
        return
    for entry in entries:
        bounds.members -= 1
        if not entry.filename.endswith("/"):
            unpacked = _content(content, entry, bounds.limit)
            # Entries may all point at the same bytes: what they read counts too.
            bounds.left -= max(unpacked.read_bytes, min(entry.compress_size, len(content)))
            yield Member(entry.filename, unpacked)


def _content(content: bytes, entry: zipfile.ZipInfo, limit: int) -> Unpacked:
    """Not read by `zipfile`, which unpacks a piece of bzip2 into as much as it holds, a thousandfold and more."""
    start = max(entry.header_offset, 0)
    if not content.startswith(_ZIP_FILE, start) or start + _LOCAL_HEADER.size > len(content):
        return Unpacked.nothing("there is no file where the directory of the archive says")
    if entry.flag_bits & _ENCRYPTED:
        return Unpacked.nothing("encrypted")
    if entry.file_size > limit:
        return Unpacked.nothing(larger_than(limit, entry.file_size), FILE_TOO_LARGE)
    start += _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack_from(content, start))
    packed = content[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        return _checked(Unpacked.whole(packed), entry)
    if entry.compress_type not in _METHODS:
        return Unpacked.nothing(f"compression method {entry.compress_type} of zip archives is not supported")
    return _checked(unpacked_streams(packed, _METHODS[entry.compress_type], limit), entry)


def _checked(found: Unpacked, entry: zipfile.ZipInfo) -> Unpacked:
    if found.reason is not None:  # a stream without its end as well: an archive that has its directory is not cut off
        return Unpacked.nothing(found.detail, found.reason, found.read_bytes)
    size = len(found.content)
    if size != entry.file_size:
        said = f"damaged: {size:,} bytes could be unpacked; the directory of the archive says {entry.file_size:,}"
        return Unpacked.nothing(said, read_bytes=size)
    if zlib.crc32(found.content) != entry.CRC:
        return Unpacked.nothing(f"damaged: the checksum of its {size:,} bytes is wrong", read_bytes=size)
    return found
