"""The files in tar archives: old tar, ustar and pax (POSIX.1-2017, utility pax), and GNU's long names.

Not read by `tarfile`: some headers send it round in circles in the Pythons that are about (CVE-2024-6232,
CVE-2025-8194).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskmill.udfs.parsers.archives import TOO_MANY, Bounds, Member
from taskmill.udfs.parsers.compression import FILE_TOO_LARGE, Unpacked, end_of_zeros, larger_than
from taskmill.udfs.parsers.records import UNREADABLE_FILE

_BLOCK = 512
_MAX_EXTENSION = 1024 * 1024  # bytes: some long names
_FILES, _DIRECTORY, _SPARSE = (b"0", b"\0", b"7"), b"5", b"S"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL = b"L", b"K", (b"x", b"X"), b"g"
_EXTENSIONS = (_LONG_NAME, _LONG_LINK, *_PAX, _PAX_FOR_ALL)
_WITHOUT_CONTENT = {b"1": "a link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a pipe"}
_PATH, _SIZE, _IS_SPARSE = "path", "size", "is sparse"

Extension = Mapping[str, str]  # what a header in front says of the next file, or of all files


class _DamagedError(ValueError):
    """Nothing more can be read; the message says why and where."""


@dataclass(frozen=True)
class _Entry:
    """A header: the kind, name and size of what it stands for, and where its content starts and the next header."""

    kind: bytes
    name: str
    size: int
    start: int
    end: int
    is_sparse: bool = False

    @property
    def is_directory(self) -> bool:
        return self.kind == _DIRECTORY or (self.kind in _FILES and self.name.endswith("/"))  # as the first tars did


def is_tar(content: bytes) -> bool:
    """Whether a header with the right checksum stands in front: magic bytes came later than tar."""
    return _is_header(content[:_BLOCK])


def tar_members(content: bytes, bounds: Bounds) -> Iterator[Member]:
    """The files of a tar archive in its order.

    What is cut off has its beginning. A damaged header ends the archive. Links, devices and sparse files are not
    read, and each is said. So is a missing end, two blocks of zeros: whole files may be missing there.
    """
    try:
        for entry in _entries(content):
            bounds.members -= 1
            if bounds.members < 0:
                raise _DamagedError(TOO_MANY)
            if not entry.is_directory:
                yield Member(entry.name, _content(content, entry, bounds.max_bytes))
    except _DamagedError as error:
        yield Member(None, Unpacked.nothing(str(error)))


def _content(content: bytes, entry: _Entry, limit: int) -> Unpacked:
    if entry.kind in _WITHOUT_CONTENT:
        return Unpacked.nothing(f"{_WITHOUT_CONTENT[entry.kind]}, which is not followed")
    if entry.is_sparse or entry.kind not in _FILES:
        return Unpacked.nothing("a sparse file" if entry.is_sparse else f"a file of the unknown kind {entry.kind!r}")
    if entry.size > limit:
        return Unpacked.nothing(larger_than(limit, entry.size), FILE_TOO_LARGE)
    found = content[entry.start : entry.start + entry.size]
    if len(found) < entry.size:
        detail = f"cut off: {len(found):,} of {entry.size:,} bytes are there"
        return Unpacked(found, UNREADABLE_FILE, detail, len(found))
    return Unpacked.whole(found)


def _entries(content: bytes) -> Iterator[_Entry]:
    """Every header but extensions, which are applied to what follows them.

    Raises:
        _DamagedError: where an archive does not go on as it should.
    """
    position = 0
    for_all: dict[str, str] = {}
    for_next: dict[str, str] = {}
    while position < len(content):
        if end_of_zeros(content, position) >= position + _BLOCK:
            _check_end(content, position)
            return
        entry = _entry(content, position, {**for_all, **for_next})
        position = entry.end
        if entry.kind == _PAX_FOR_ALL:
            for_all.update(_extension(content, entry))
        elif entry.kind in _EXTENSIONS:
            for_next.update(_extension(content, entry))
        else:
            for_next = {}
            yield entry
    raise _DamagedError("a tar archive without its end: files may be missing")


def _check_end(content: bytes, position: int) -> None:
    rest = len(content) - end_of_zeros(content, position)
    if rest:
        raise _DamagedError(f"{rest:,} bytes behind the end of the tar archive")


def _entry(content: bytes, position: int, extension: Extension) -> _Entry:
    header = content[position : position + _BLOCK]
    kind = header[156:157]
    size = _number(header[124:136]) if _is_header(header) else None
    if size is not None and kind not in _EXTENSIONS and _SIZE in extension:
        size = _decimal(extension[_SIZE])
    if size is None:
        raise _DamagedError(f"a damaged tar archive: no file begins at byte {position:,} of {len(content):,}")
    start = _end_of_sparse_map(content, position) if kind == _SPARSE else position + _BLOCK
    has_content = kind != _DIRECTORY and kind not in _WITHOUT_CONTENT
    end = start + (-(-size // _BLOCK) * _BLOCK if has_content else 0)
    name = extension.get(_PATH) or _name(header)
    return _Entry(kind, name, size, start, end, kind == _SPARSE or _IS_SPARSE in extension)


def _is_header(header: bytes) -> bool:
    if len(header) < _BLOCK:
        return False
    return _number(header[148:156]) == sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _number(field: bytes) -> int | None:
    """A number in octal digits, or with GNU, where those do not suffice, in bytes; None if it is none, or negative."""
    if field[0] & 0x80:
        return None if field[0] & 0x40 else int.from_bytes(bytes([field[0] & 0x3F]) + field[1:], "big")
    digits = field.split(b"\0", 1)[0].strip()
    return int(digits or b"0", 8) if not digits.strip(b"01234567") else None


def _decimal(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _end_of_sparse_map(content: bytes, position: int) -> int:
    """Where the content of one of GNU's sparse files begins: its map may go on in blocks of its own."""
    goes_on = content[position + 482 : position + 483]
    position += _BLOCK
    while goes_on not in (b"", b"\0"):
        goes_on = content[position + 504 : position + 505]
        position += _BLOCK
    return position


def _extension(content: bytes, entry: _Entry) -> dict[str, str]:
    if entry.size > _MAX_EXTENSION or entry.start + entry.size > len(content):
        raise _DamagedError(f"a tar archive that is cut off, or damaged, at byte {entry.start:,} of {len(content):,}")
    found = content[entry.start : entry.start + entry.size]
    if entry.kind == _LONG_LINK:
        return {}
    if entry.kind == _LONG_NAME:
        return {_PATH: found.split(b"\0", 1)[0].decode("utf-8", "replace")}
    return dict(_pax_records(found, entry.start))


def _pax_records(found: bytes, start: int) -> Iterator[tuple[str, str]]:
    """Those that matter here, of lines such as `20 path=name\\n`, where 20 counts the bytes of the whole line."""
    position = 0
    while position < len(found) and found[position]:
        blank = found.find(b" ", position, position + 10)
        length = _decimal(found[position : max(blank, position)].decode("latin-1"))
        if length is None or not blank < position + length <= len(found):
            raise _DamagedError(f"a damaged tar archive: no pax record begins at byte {start + position:,}")
        key, _, value = found[blank + 1 : position + length - 1].partition(b"=")
        if key in (b"path", b"GNU.sparse.name"):
            yield _PATH, value.decode("utf-8", "replace")
        elif key == b"size":
            yield _SIZE, value.decode("utf-8", "replace")
        if key.startswith(b"GNU.sparse."):
            yield _IS_SPARSE, ""
        position += length
