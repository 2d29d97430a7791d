"""What `tasks` says of where tasks are, for the steps and commands after `cluster_tasks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def fold_count(context: Context) -> int:
    """How many folds there are; where each cluster is one, as many as `tasks` has clusters to train on."""
    folds = context.pipeline.folds
    if isinstance(folds, int):
        return folds
    if isinstance(folds, tuple):
        return len(folds)
    highest = context.warehouse.read(tables.TASKS).agg(F.max("fold")).collect()[0][0]
    return 0 if highest is None else int(highest) + 1


def checked_fold(context: Context, fold: int | None) -> list[int]:
    """The fold that an option names, or all of them.

    Raises:
        ConfigError: for an unknown fold.
    """
    count = fold_count(context)
    if fold is not None and not 0 <= fold < count:
        raise ConfigError(f"--fold {fold}: the folds are 0 to {count - 1}")
    return list(range(count)) if fold is None else [fold]


def no_pairs(context: Context, command: str) -> TableError:
    """What a command says that finds no pairs."""
    return TableError(
        f"{command}: table {tables.PAIRS.name!r} under {context.pipeline.tables!r} has no rows. Run `taskmill run` "
        "with the same --tables first"
    )
