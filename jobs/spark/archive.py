"""The class archive: Java's loaded classes in one file, so that a later session starts without loading them again.

The first local session records it while it works; its JVM writes the file after the command has ended, and a later
session takes it over once it is whole, provided that the command went well: one that failed early has loaded little.
Java checks that it fits, and without a word ignores one that does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.spark.java import Java

# First four bytes of a whole archive (CDS_DYNAMIC_ARCHIVE_MAGIC in OpenJDK's cds.h). Java writes them last, so a
# recording that was cut off, by kill -9 or a full disk, does not have them.
_MAGIC = (0xF00BABA8).to_bytes(4, "little")

# An archive that nobody has started from for this long goes; it has about 200 MB.
_KEPT_SECONDS = 30 * 24 * 3600

# Java may still be writing a recording that is younger.
_RECORDING_SECONDS = 3600

_recordings: list[Path] = []


def archive_folder() -> Path:
    """Where the archives lie."""
    return cache_folder() / "classes"


def archive_key(java: Java, spark_home: Path, jars: Sequence[Path]) -> str:
    """Names what an archive fits: Java refuses one whose jars have another name, size or time."""
    parts = [str(java.home.resolve()), java.version]
    for place in (spark_home / "jars", *sorted((spark_home / "jars").glob("spark-core_*.jar")), *jars):
        with contextlib.suppress(OSError):
            parts.append(f"{place} {place.stat().st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def find_archive(key: str) -> Path | None:
    """The largest archive for this key, which has the most classes, or None; any others are deleted.

    Its size ends its name: Java would crash on one that was cut short since.
    """
    found = sorted(archive_folder().glob(f"{key}-*.jsa"))
    sizes = {archive: archive.stat().st_size for archive in found}
    whole = [archive for archive in found if archive.stem == f"{key}-{sizes[archive]}"]
    largest = max(whole, key=lambda archive: sizes[archive], default=None)
    for archive in found:
        if archive != largest:
            archive.unlink(missing_ok=True)
    return largest


def archive_options(key: str, *, record: bool) -> list[str]:
    """Java options that start from the archive; when there is none, options that record it if `record` allows."""
    try:
        _adopt_recordings(key)
        archive = find_archive(key)
        if archive is not None:
            os.utime(archive)
            return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds*=off"]
        if record:
            archive_folder().mkdir(parents=True, exist_ok=True)
            recording = archive_folder() / f"{key}.{os.getpid()}.recording"
            _recordings.append(recording)
            return [f"-XX:ArchiveClassesAtExit={recording}", "-Xlog:cds*=off"]
    except OSError:
        # A cache that cannot be written, or another process tidying it: this session starts without.
        pass
    return []


def drop_archive(key: str) -> bool:
    """Deletes the archive for this key; whether there was one."""
    archives = list(archive_folder().glob(f"{key}-*.jsa"))
    for archive in archives:
        archive.unlink(missing_ok=True)
    return bool(archives)


def keep_recording() -> None:
    """Notes that what this process has recorded may be used: its work went well."""
    for recording in _recordings:
        with contextlib.suppress(OSError):
            _mark(recording).touch()


def drop_recording() -> None:
    """Deletes what this process has recorded; for a start that failed, whose JVM has ended."""
    while _recordings:
        with contextlib.suppress(OSError):
            _recordings.pop().unlink(missing_ok=True)


def _adopt_recordings(key: str) -> None:
    """Takes over the recordings of work that went well, and deletes those that will never be whole or wanted."""
    for recording in archive_folder().glob(f"{key}.*.recording"):
        # The JVM ends after the command: a whole recording that is not marked by then never will be.
        if _is_whole(recording) and not _mark(recording).exists():
            recording.unlink()
        elif _is_whole(recording):
            recording.rename(archive_folder() / f"{key}-{recording.stat().st_size}.jsa")
            _mark(recording).unlink()
            _delete_unused()
    for left in (*archive_folder().glob("*.recording"), *archive_folder().glob("*.kept")):
        if time.time() - left.stat().st_mtime > _RECORDING_SECONDS:
            left.unlink()


def _mark(recording: Path) -> Path:
    """The empty file that says that a recording may be used."""
    return recording.with_suffix(".kept")


def _is_whole(recording: Path) -> bool:
    with recording.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _delete_unused() -> None:
    for archive in archive_folder().glob("*.jsa"):
        if time.time() - archive.stat().st_mtime > _KEPT_SECONDS:
            archive.unlink()
