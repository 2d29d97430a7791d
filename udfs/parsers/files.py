"""A stored file as the file it holds: unpacked, or the reason why not. (Archives: see `opened`.)"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File

GZIP = b"\x1f\x8b"


def opened(path: str, content: bytes, max_bytes: int) -> Iterator[File | BadRecord]:
    """The file that is stored, decompressed."""
    if not content.startswith(GZIP):
        yield File(path, content)
        return
    try:
        yield File(path, gzip.decompress(content))
    except (EOFError, OSError, zlib.error) as error:
        yield BadRecord(UNREADABLE_FILE, f"{error}; the limit is {max_bytes}")
