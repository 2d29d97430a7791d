"""Turns a step's `run` into a command line, for spark-submit and for the `taskmill` command alike."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.bundled import bundled_conf as bundled_conf
from taskmill.jobs.errors import ConfigError, TaskmillError

if TYPE_CHECKING:
    from taskmill.jobs.catalog.catalog import Catalog
    from taskmill.jobs.configuration.pipeline import Pipeline
    from taskmill.jobs.context import Context

DONE, FAILED, MISCONFIGURED = 0, 1, 2


@dataclass(frozen=True)
class Options:
    """What every command takes. `conf` None is the bundled sample."""

    conf: Path | None = None
    tables: str | None = None
    overrides: tuple[str, ...] = ()
    master: str | None = None
    verbosity: int = 0
    json_logs: bool = False

    @property
    def conf_path(self) -> Path:
        return self.conf if self.conf is not None else bundled_conf() / "sample.yaml"


def load(options: Options) -> tuple[Pipeline, Catalog]:
    """The checked configuration and catalog, without Spark.

    Raises:
        ConfigError: with every mistake in them.
    """
    from taskmill.jobs.catalog.catalog import load_catalog
    from taskmill.jobs.configuration.pipeline import load_pipeline
    from taskmill.jobs.mixing.mixture_files import own_mixtures

    if not options.conf_path.is_file():
        raise ConfigError(f"--conf {str(options.conf_path)!r}: there is no such file")
    pipeline = load_pipeline(options.conf_path, options.overrides, options.tables)
    catalog = load_catalog(pipeline)
    own_mixtures(pipeline, catalog)
    return pipeline, catalog


@contextmanager
def opened(options: Options, reader: str | None = None) -> Iterator[Context]:
    """A run: configuration checked first, then Spark started (or the session taken that spark-submit made).

    Args:
        reader: the name of a command that only reads the pairs: it creates no tables.

    Raises:
        ConfigError: with every mistake of the configuration.
        TableError: if the tables cannot be written, or for a reader are not there.
    """
    from taskmill.jobs.context import new_run_id, open_context
    from taskmill.jobs.messages import Messages
    from taskmill.jobs.spark.archive import keep_recording
    from taskmill.jobs.spark.session import SessionSettings, get_session, has_local_places
    from taskmill.jobs.storage.roots import check_readable, check_writable

    pipeline, catalog = load(options)
    messages = Messages(new_run_id(), options.verbosity, options.json_logs)
    settings = SessionSettings(
        app_name="taskmill",
        master=options.master,
        profile=pipeline.profile,
        extra_conf={key: str(value) for key, value in pipeline.spark.items()},
        driver_memory=pipeline.driver_memory,
    )
    if has_local_places(settings):
        if reader is None:
            check_writable(pipeline.tables)
        else:
            check_readable(pipeline.tables, "pairs", reader)
    with messages.working("spark", "starting"):
        spark = get_session(settings)
    context = open_context(spark, pipeline, catalog, messages, reader)
    try:
        yield context
    finally:
        context.ledger.flush()
    keep_recording()


def guarded(work: Callable[[], None]) -> int:
    """Does the work and gives the exit code: 0 done, 1 a step failed, 2 the configuration is wrong.

    Our own errors are printed as a message; anything else is a defect and shows its traceback.
    """
    try:
        work()
    except ConfigError as error:
        for mistake in error.mistakes:
            print(f"ConfigError: {mistake}", file=sys.stderr)
        if len(error.mistakes) > 1:
            print(f"{len(error.mistakes)} mistakes; nothing was run", file=sys.stderr)
        return MISCONFIGURED
    except TaskmillError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return FAILED
    return DONE


def main(run: Callable[[Context], None], arguments: Sequence[str] | None = None) -> None:
    """The command line of a step; ends the process with its exit code."""
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name)
    parser.add_argument("--conf", type=Path, help="pipeline file; without it, the bundled sample")
    parser.add_argument("--tables", help="where the tables are: a folder, a URI, or catalog:SCHEMA")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="overrides a setting; may be repeated"
    )
    parser.add_argument("--master", help="Spark master; only outside spark-submit")
    parser.add_argument(
        "--log", choices=["text", "json"], default="text", help="json: one JSON object a line, on stderr"
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    found = parser.parse_args(arguments)
    options = Options(
        conf=found.conf, tables=found.tables, overrides=tuple(found.set), master=found.master,
        verbosity=int(found.verbose) - int(found.quiet), json_logs=found.log == "json",
    )  # fmt: skip

    def work() -> None:
        with opened(options) as context:
            run(context)

    sys.exit(guarded(work))
