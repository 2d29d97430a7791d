"""Which files a source's paths name, and whether they are still the ones that were read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from taskmill.jobs.catalog.source_checks import is_local

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MAX_TRIED_BYTES = 16 * 2**20
Stamp = tuple[str, int, int]  # path, bytes, time of last change in nanoseconds


def file_stamps(spark: SparkSession, places: Sequence[str]) -> list[Stamp]:
    """Path, size and time of change of every file, sorted. Remote ones are listed by Spark, without opening them."""
    found = [_stamp(Path(name)) for place in places if is_local(place) for name in local_files(place)]
    remote = [place for place in places if not is_local(place)]
    if remote:
        listed = spark.read.format("binaryFile").load(remote).select("path", "length", "modificationTime").collect()
        found += [(row["path"], row["length"], int(row["modificationTime"].timestamp() * 1e9)) for row in listed]
    return sorted(found)


def local_files(place: str) -> list[str]:
    """The files that a local path, folder or glob names."""
    return [name for match in glob(place.removeprefix("file://"), recursive=True) for name in _files_in(match)]


def is_cut_off(path: str) -> bool:
    """Whether a small local gzip file, given as path or URI, cannot be unpacked to its end; False for files that are
    not looked at.

    Spark would find out too, but only after a pass over everything has failed.
    """
    if not path.endswith(".gz") or not is_local(path):
        return False
    place = Path(unquote(path.removeprefix("file://")) if path.startswith("file://") else path)
    if place.stat().st_size > MAX_TRIED_BYTES:
        return False
    try:
        with gzip.open(place) as file:
            while file.read(2**20):
                pass
    except (EOFError, OSError, zlib.error):
        return True
    return False


def _files_in(match: str) -> list[str]:
    """The file itself, or the files of a folder that Spark would read (it skips hidden ones)."""
    if not Path(match).is_dir():
        return [match]
    return [str(path) for path in Path(match).rglob("*") if path.is_file() and path.name[0] not in "._"]


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns
