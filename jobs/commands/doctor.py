"""Looks at everything that taskmill needs from its surroundings, and says what to do about what is missing."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from taskmill.jobs.errors import JarError, JavaError, TaskmillError
from taskmill.jobs.spark.archive import archive_key, find_archive
from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.spark.jars import delta_package, find_jars, spark_home
from taskmill.jobs.spark.java import find_java
from taskmill.jobs.spark.jvm import spark_log
from taskmill.jobs.spark.session import SessionSettings, get_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession
    from rich.console import Console

_PACKAGES = ("taskmill", "pyspark", "delta-spark", "deltalake", "pyarrow", "pandas", "jinja2", "pydantic")

# What the column functions import; a worker without it fails at the first batch.
_WORKER_MODULES = ("pyarrow", "jinja2", "numpy", "taskmill.udfs")


@dataclass
class Findings:
    """What was found, as rows to print, and the problems, each with its cure."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, look: Callable[[], str]) -> None:
        """Adds the row that `look` returns; an error of ours becomes a problem instead of ending the report."""
        try:
            self.rows.append((name, look()))
        except TaskmillError as error:
            self.rows.append((name, "[red]missing[/red]"))
            self.problems.append(str(error))


def run_doctor() -> int:
    """Prints the report, with a session started to ask the workers; 0 when nothing stands in the way of a run."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    findings = look_around()
    if not findings.problems:
        with console.status("starting Spark to ask its workers"):
            look_at_session(findings)
    report_environment(findings, console)
    return 1 if findings.problems else 0


def look_around() -> Findings:
    """Everything that can be seen without starting Spark."""
    findings = Findings()
    findings.add("Python", lambda: f"{platform.python_version()}  {sys.executable}")
    findings.add("Java", _java)
    for package in _PACKAGES:
        findings.add(package, lambda package=package: _version(package))  # type: ignore[misc]
    findings.add("Delta jars", _jars)
    findings.add("cache folder", _cache)
    findings.add("class archive", _archive)
    return findings


def look_at_session(findings: Findings) -> None:
    """Starts a local session, or takes the one there is, and has its workers import what they need."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    worker = os.environ.get("PYSPARK_PYTHON", sys.executable)
    cure = f"They run {worker}: unset PYSPARK_PYTHON, or set it to {sys.executable}."
    try:
        session = get_session(SessionSettings(app_name="taskmill doctor", record=False))
        missing = _ask_workers(session)
    except TaskmillError as error:
        findings.problems.append(str(error))
        return
    except (PySparkException, Py4JError) as error:
        findings.problems.append(f"Spark's workers do not work: {_telling_line(str(error))}. {cure}")
        return
    findings.rows.append(("Spark", f"{session.version} started"))
    if spark_log():
        findings.rows.append(("Spark's log", str(spark_log())))
    findings.rows.append(("workers import", ", ".join(name for name in _WORKER_MODULES if name not in missing)))
    findings.problems += [f"Spark's workers cannot import {name}: {error}. {cure}" for name, error in missing.items()]


def _telling_line(trace: str) -> str:
    """The line of a worker's or Java's trace that names the fault."""
    lines = [line.strip().rstrip(".") for line in trace.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"^\w*(Error|Exception):|^\[[A-Z_]+\]|Cannot run program", line)]
    return (telling or lines or ["no message"])[-1]


def report_environment(findings: Findings, console: Console) -> None:
    """Prints the findings as a table, then each problem with its cure."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, found in findings.rows:
        table.add_row(name, found)
    console.print(table)
    for number, problem in enumerate(findings.problems, start=1):
        console.print(f"\n[red]{number}.[/red]", problem)
    console.print("\nNothing is missing." if not findings.problems else "")


def _java() -> str:
    java = find_java()
    return f"{java.version}  {java.home}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise TaskmillError(f"the package {package} is not installed. Install again: pip install taskmill") from None


def _jars() -> str:
    jars = find_jars()
    if jars is None:
        return f"not fetched yet; the first run fetches {delta_package()}"
    return "shipped with this Spark" if not jars else f"{len(jars)} in {jars[0].parent}"


def _cache() -> str:
    folder = cache_folder()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(existing, os.W_OK):
        raise TaskmillError(f"the cache folder {folder} cannot be written. Set TASKMILL_CACHE to a folder you own.")
    return str(folder)


def _archive() -> str:
    try:
        archive = find_archive(archive_key(find_java(), spark_home(), find_jars() or ()))
    except (JavaError, JarError, OSError):
        archive = None
    if archive is None:
        return "none yet; the first local run records one, and later ones start in about half the time"
    return f"{archive.stat().st_size / 1e6:.0f} MB  {archive}"


def _ask_workers(session: SparkSession) -> dict[str, str]:
    """What a worker cannot import: module to error."""
    modules = _WORKER_MODULES

    def import_all(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import importlib

        import pyarrow as pa

        errors: dict[str, Any] = {"module": [], "error": []}
        for module in modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                errors["module"].append(module)
                errors["error"].append(str(error))
        for _ in batches:
            pass
        yield pa.RecordBatch.from_pydict(errors, schema=pa.schema([("module", pa.string()), ("error", pa.string())]))

    found = session.range(1, numPartitions=1).mapInArrow(import_all, "module string, error string").collect()
    return {row.module: row.error for row in found}
