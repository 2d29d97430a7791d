"""A stored file as the files in it: decompressed, taken out of archives, or the reason why not."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from taskmill.udfs.parsers.archives import Bounds, is_zip, zip_members
from taskmill.udfs.parsers.compression import (
    FILE_TOO_LARGE,
    Unpacked,
    compression_of,
    decompressed,
    larger_than,
)
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File
from taskmill.udfs.parsers.tar_archives import is_tar, tar_members

MAX_LAYERS = 3  # compressions and archives inside each other: a .gz in a .tar.gz has three
UNPACKED_RATIO = 200  # bytes unpacked, all together, for each that is stored; text in formats of the field has 2 to 30
IN_ARCHIVE = "!/"
_UNKNOWN = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar"}


def opened(path: str, content: bytes, max_bytes: int) -> Iterator[File | BadRecord]:
    """The files in a stored file, in the order in which they are stored; never raises for what it holds.

    gzip, bzip2, xz, zstd, zip and tar are known by what they begin with, whatever the name, in up to `MAX_LAYERS`
    inside each other. A file that is only compressed keeps its path. One in an archive is `path!/name`, the name
    without `..` and the like; directories, `__MACOSX/` and `.DS_Store` are left out.

    What is cut off or damaged gives the whole lines before the fault, as far as `compression.decompressed` trusts
    them, and a bad record `unreadable_file` that says how much was read. So do encrypted files, links and devices,
    kinds of archives that are not read, and archives of more than `MAX_MEMBERS` files, without a file. The other
    files of an archive are given all the same. The details begin with the name in the archive.

    Args:
        max_bytes: of one file, unpacked. More is the bad record `file_too_large`, found out before there is more in
            memory. All files together have `UNPACKED_RATIO` times the bytes that are stored, at least `max_bytes`.
    """
    bounds = Bounds(max_bytes, max(max_bytes, UNPACKED_RATIO * len(content)))
    yield from _Opening(path, bounds).files("", Unpacked.whole(content), MAX_LAYERS)


@dataclass(frozen=True)
class _Opening:
    path: str
    bounds: Bounds

    def files(self, name: str, found: Unpacked, layers: int) -> Iterator[File | BadRecord]:
        """The files in what was unpacked under a name in the archive, and the fault that unpacking found, if any."""
        content = found.content
        compression = compression_of(content)
        is_packed = compression is not None or is_zip(content) or is_tar(content)
        if is_packed and not layers:
            yield self._bad(name, UNREADABLE_FILE, f"more than {MAX_LAYERS} compressions or archives inside each other")
        elif compression is not None:
            yield from self.files(name, self._decompressed(content, compression), layers - 1)
        elif is_packed:
            yield from self._members(name, content, layers - 1)
        else:
            yield from self._file(name, found)
        if found.reason is not None:
            yield self._bad(name, found.reason, found.detail)

    def _decompressed(self, content: bytes, compression: str) -> Unpacked:
        found = decompressed(content, compression, self.bounds.limit)
        self.bounds.left -= found.read_bytes
        return found

    def _members(self, name: str, content: bytes, layers: int) -> Iterator[File | BadRecord]:
        for member in (zip_members if is_zip(content) else tar_members)(content, self.bounds):
            shown = "" if member.name is None else _shown(member.name)
            if not _is_litter(shown):
                inner = IN_ARCHIVE.join(part for part in (name, shown) if part)
                yield from self.files(inner, member.unpacked, layers)

    def _file(self, name: str, found: Unpacked) -> Iterator[File | BadRecord]:
        content = found.content
        unknown = next((kind for magic, kind in _UNKNOWN.items() if content.startswith(magic)), None)
        if unknown is not None:
            yield self._bad(name, UNREADABLE_FILE, f"archives of the kind {unknown} are not read")
        elif len(content) > self.bounds.max_bytes:
            yield self._bad(name, FILE_TOO_LARGE, larger_than(self.bounds.max_bytes, len(content)))
        elif found.reason is None:
            yield File(self._path(name), content)
        elif whole := content[: content.rfind(b"\n") + 1]:
            yield File(self._path(name), whole)

    def _path(self, name: str) -> str:
        return f"{self.path}{IN_ARCHIVE}{name}" if name else self.path

    def _bad(self, name: str, reason: str, detail: str) -> BadRecord:
        return BadRecord(reason, f"{name}: {detail}" if name else detail)


def _shown(name: str) -> str:
    """The name of a file below its archive, wherever it would have itself unpacked."""
    return posixpath.normpath("/" + name.replace("\\", "/")).strip("/") or "unnamed"


def _is_litter(name: str) -> bool:
    """What macOS adds to archives."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1] == ".DS_Store"
