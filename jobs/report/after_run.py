"""The report that a run ends with: where it goes, and when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import RENDER
from taskmill.jobs.storage.roots import local_folder

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

NAME = "report.html"


def report_after_run(context: Context, has_changed: bool) -> None:
    """Writes the report, unless the configuration says no, the run changed nothing, or there are no pairs."""
    out = report_file(context)
    if out is None or not any(entry.counts.rows_out for entry in context.ledger.done(RENDER).values()):
        return
    if has_changed or not out.exists() or is_outdated(context, out):
        from taskmill.jobs.report.build import run  # what draws takes a moment to load

        run(context, out)


def is_outdated(context: Context, out: Path) -> bool:
    """Whether a run has written to the ledger after the report and was then stopped; unknown for tables elsewhere."""
    folder = local_folder(context.pipeline.tables)
    changes = (
        [path.stat().st_mtime for path in folder.glob(f"{tables.LEDGER.name}/_delta_log/*.json")] if folder else []
    )
    return max(changes, default=0.0) > out.stat().st_mtime


def wanted_file(context: Context, out: Path | None) -> Path:
    """The file that an option names, or else where a run puts its report.

    Raises:
        ConfigError: if that is nowhere.
    """
    found = out or report_file(context)
    if found is None:
        raise ConfigError("--out: a run with these settings and tables writes no report, so name the file to write")
    return found


def report_file(context: Context) -> Path | None:
    """Where the report goes: the file that the configuration names, or else one beside the tables. None where it wants
    none, and where the tables are not in a folder of this machine: whoever has them elsewhere says where to look."""
    wanted = context.pipeline.report
    if isinstance(wanted, str):
        return Path(wanted)
    folder = local_folder(context.pipeline.tables)
    if not wanted or folder is None or not (folder / tables.PAIRS.name / "_delta_log").is_dir():
        return None
    return folder / NAME
