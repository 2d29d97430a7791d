"""Where tables may be, as far as it can be seen before Spark starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from taskmill.jobs.errors import TableError

CATALOG_PREFIX = "catalog:"


def resolved_root(root: str) -> str:
    """The root with a local folder made absolute: Delta takes a relative path for a table's name."""
    folder = None if "://" in root else local_folder(root)
    return root if folder is None else str(folder)


def local_folder(root: str) -> Path | None:
    """The folder of a root on this machine; None for a catalogue's schema and for other places."""
    path = root.removeprefix("file://")
    return None if root.startswith(CATALOG_PREFIX) or "://" in path else Path(path).absolute()


def check_writable(root: str) -> None:
    """Makes the folder of a local root, and tries whether a file can be made in it.

    Raises:
        TableError: if not. Spark would say so in a hundred lines, from its inside.
    """
    folder = local_folder(root)
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        raise TableError(f"tables: {root!r} is a file, and the tables need a folder; give another --tables") from error
    except OSError as error:
        raise TableError(
            f"tables: {root!r} is no folder that can be written ({error.strerror}); give another --tables"
        ) from error


def check_readable(root: str, table: str, needed_by: str) -> None:
    """Looks whether a table is there, where that can be seen without Spark.

    Raises:
        TableError: if it is not, naming the command that makes it.
    """
    folder = local_folder(root)
    if folder is not None and not (folder / table / "_delta_log").is_dir():
        raise missing_table(root, table, needed_by)


def missing_table(root: str, table: str, needed_by: str) -> TableError:
    """The error for a table that does not exist."""
    return TableError(
        f"{needed_by} needs table {table!r} under {root!r}, which does not exist. Run `taskmill run` with the same "
        "--tables first, or correct `tables` in the pipeline file."
    )


def other_columns(root: str, table: str) -> TableError:
    """The error for a table of another version."""
    return TableError(
        f"tables: {table!r} under {root!r} has other columns than this version of taskmill writes. All but "
        "`decisions` is made from the sources: give another --tables, or delete them and run again; `taskmill review "
        "export` first where people have reviewed."
    )
