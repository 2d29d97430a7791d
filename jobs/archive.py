"""The class archive: Java's loaded classes in one file, so that a later session starts without loading them again.

The first local session records it while it works; its JVM writes the file after the command has ended. A later session
takes it over once it is whole. Java itself checks that it fits, and ignores it without a word when it does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from taskmill.jobs.cache import cache_folder
from taskmill.jobs.java import Java

# First four bytes of a whole archive: Java writes them last, so a file cut off half way does not have them.
_DYNAMIC_ARCHIVE_MAGIC = 0xF00BABA8

# What nobody has started from for this long goes; an archive has about 200 MB.
_KEPT_DAYS = 30

# Java may still be writing a recording that is younger.
_RECORDING_SECONDS = 3600


def archive_folder() -> Path:
    """Where the archives lie, one for each combination of Java, Spark installation and Delta jars."""
    return cache_folder() / "classes"


def archive_path(java: Java, spark_home: Path, jars: Sequence[Path]) -> Path:
    """The archive for this Java and class path; Java refuses one whose jars have another name, size or time."""
    parts = [str(java.home), java.version]
    for place in (spark_home / "jars", *sorted((spark_home / "jars").glob("spark-core_*.jar")), *jars):
        with contextlib.suppress(OSError):
            parts.append(f"{place} {place.stat().st_mtime_ns}")
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return archive_folder() / f"{key}.jsa"


def archive_options(archive: Path, *, record: bool) -> list[str]:
    """Java options that start from the archive, or record it when there is none and `record` allows."""
    with contextlib.suppress(OSError):
        _adopt_recording(archive)
        if archive.is_file():
            os.utime(archive)
            return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"]
        if record:
            archive.parent.mkdir(parents=True, exist_ok=True)
            return [f"-XX:ArchiveClassesAtExit={archive.with_suffix(f'.{os.getpid()}.recording')}"]
    return []


def _adopt_recording(archive: Path) -> None:
    for recording in archive.parent.glob(f"{archive.stem}.*.recording"):
        if _is_whole(recording) and not archive.exists():
            recording.rename(archive)
            _delete_unused(archive)
        elif time.time() - recording.stat().st_mtime > _RECORDING_SECONDS:
            recording.unlink()


def _is_whole(recording: Path) -> bool:
    with recording.open("rb") as file:
        return file.read(4) in (_DYNAMIC_ARCHIVE_MAGIC.to_bytes(4, "little"), _DYNAMIC_ARCHIVE_MAGIC.to_bytes(4, "big"))


def _delete_unused(archive: Path) -> None:
    for other in archive.parent.glob("*.jsa"):
        if other != archive and time.time() - other.stat().st_mtime > _KEPT_DAYS * 24 * 3600:
            other.unlink()
