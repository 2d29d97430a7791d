"""Files as they were when they were read, and which of them have to be read again.

A file is the same while its size and time of change are, or else while its bytes are: what was only copied or touched
is not read again. A task of which some files changed keeps the rows of the others, where rows and files can be told
apart; otherwise it is read whole.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.files import file_stamps
from taskmill.jobs.catalog.source_checks import place_of
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.checks import quoted
from taskmill.udfs.parsers.formats import PARSERS, parser_of
from taskmill.udfs.parsers.records import GroupParser, OpenParser

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

ROW_FORMATS = frozenset({"csv", "text", "parquet", "orc", "avro"})  # json too, with a schema
# A folder such as `lang=en` makes a column, which a lone file would lack; a name may hold the signs of a pattern; and
# what URIs write in another way is not worth the trouble.
ODD_NAME = re.compile(r"[%*?{}\[\]\\\s]|(^|/)[^/=]+=[^/]*/")
MILLISECOND = 1_000_000
MAX_CHECKED_BYTES = 64 * 1024 * 1024  # a task holds a file's bytes several times while they are summed


@dataclass(frozen=True)
class FileRecord:
    """A file as one task read it.

    Attributes:
        name: its path, under the data folder where it is there.
        changed_at: nanoseconds since 1970.
        checksum: SHA-256 of its bytes; None where it changed meanwhile or is too large to be asked for.
        settings: what else the rows depend on.
        rows: rows that entered, of which `left_out` were left out on purpose.
    """

    name: str
    bytes: int
    changed_at: int
    checksum: str | None = None
    settings: str = ""
    rows: int = 0
    left_out: int = 0

    @property
    def stamp(self) -> tuple[str, int, int]:
        return self.name, self.bytes, self.changed_at


def file_uri(path: str) -> str:
    """A path as `_metadata.file_path` writes it: Hadoop takes `..` out without looking at links."""
    return path if "://" in path else Path(os.path.abspath(path)).as_uri()  # noqa: PTH100


def file_name(context: Context, path: str) -> str:
    """What a file is called in the tables: the data folder may move."""
    return file_uri(path).removeprefix(_data_folder(context))


def file_name_sql(context: Context, path: str) -> str:
    """`file_name` in SQL, over `_metadata.file_path`; a file in an archive is `archive.zip!/file`."""
    whole = f"regexp_replace({path}, '^file:/+', 'file:///')"  # Spark's readers differ in how many slashes they write
    folder = quoted(_data_folder(context))
    return f"CASE WHEN startswith({whole}, {folder}) THEN substr({whole}, length({folder}) + 1) ELSE {whole} END"


def stored_sql(name: str) -> str:
    """The name of what is stored: of the archive for a file in an archive."""
    return f"substring_index({name}, '!/', 1)"


def _data_folder(context: Context) -> str:
    return file_uri(context.pipeline.data).rstrip("/") + "/"


def present_files(context: Context, source: Source) -> dict[str, FileRecord]:
    """The files of a source's main read, by name."""
    places = [place_of(context.pipeline, path) for path in source.read.paths]
    stamps = file_stamps(context.spark, places)
    found = [FileRecord(file_name(context, path), size, changed_at) for path, size, changed_at in stamps]
    return {file.name: file for file in found}


def is_read_by_file(source: Source, names: Iterable[str]) -> bool:
    """Whether each row comes from one file whatever the others hold, and tells from which."""
    read = source.read
    if source.query is not None or source.inputs or source.templates is not None or not read.paths:
        return False
    if any(ODD_NAME.search(name) for name in names):
        return False
    if read.format == "json":
        return read.schema_ is not None
    if read.format in PARSERS:
        return not isinstance(parser_of(read.format, read.options), GroupParser | OpenParser)
    return read.format in ROW_FORMATS


def known_files(context: Context, tasks: Iterable[str]) -> dict[str, dict[str, FileRecord]]:
    """For each of these tasks the files it was made from, as far as they are on record."""
    found: defaultdict[str, dict[str, FileRecord]] = defaultdict(dict)
    if tables.FILES.name in context.warehouse.empty:
        return found
    rows = context.warehouse.read(tables.FILES).where(f"task IN {sql_list(tasks)}").drop("run_id")
    for row in rows.collect():
        values = row.asDict()
        task = values.pop("task")
        found[task][row["name"]] = FileRecord(**values)
    return found


def unchanged(context: Context, present: Mapping[str, FileRecord], known: Mapping[str, FileRecord]) -> set[str]:
    """The names of files that are as they were. Bytes are looked at only where size is the same and time is not."""
    same = {name for name, file in present.items() if name in known and known[name].stamp == file.stamp}
    unsure = [
        name for name, file in present.items()
        if name in known and name not in same and known[name].checksum and known[name].bytes == file.bytes
    ]  # fmt: skip
    found = checksums(context, {name: present[name] for name in unsure})
    return same | {name for name, checksum in found.items() if checksum == known[name].checksum}


def checksums(context: Context, files: Mapping[str, FileRecord]) -> dict[str, str]:
    """SHA-256 of the files' bytes, computed by Spark's workers; none for those that are not as on record any more, or
    too large."""
    limit = min(context.pipeline.limits.max_file_bytes, MAX_CHECKED_BYTES)
    places = [place_of(context.pipeline, name) for name, file in files.items() if file.bytes <= limit]
    if not places:
        return {}
    stored = context.spark.read.format("binaryFile").load(places)
    name = f"{file_name_sql(context, '_metadata.file_path')} AS name"
    columns = ("length", "unix_millis(modificationTime) AS changed", "sha2(content, 256) AS checksum")
    found = {}
    for row in stored.selectExpr(name, *columns).collect():
        file = files.get(row["name"])
        if file is not None and (row["length"], row["changed"]) == (file.bytes, file.changed_at // MILLISECOND):
            found[row["name"]] = row["checksum"]
    return found


def remember(context: Context, tasks: Sequence[str], files: Mapping[str, Iterable[FileRecord]]) -> None:
    """Writes the records of these tasks in place of what there was."""
    rows = [{"task": task, "run_id": context.run_id, **vars(file)} for task, found in files.items() for file in found]
    frame = context.spark.createDataFrame(rows, tables.FILES.schema)
    context.warehouse.replace(tables.FILES, frame, f"task IN {sql_list(tasks)}")


def forget(context: Context, tasks: Iterable[str]) -> None:
    """Removes the records of these tasks: they are read whole the next time."""
    context.warehouse.delete(tables.FILES, f"task IN {sql_list(tasks)}")
