"""pairs -> files: training files in the forms that training tools read.

Reads `pairs`. Writes JSON Lines or parquet folders through Spark, nothing passes the driver. With a fold, four: `train`
(`fold <> k AND NOT array_contains(excluded_folds, k) AND NOT held_out_task AND NOT held_out_example`), `held_out` (the
fold: tasks of unseen clusters), `held_out_tasks` (unseen tasks of the other clusters; where some are kept out) and
`held_out_examples` (unseen examples of tasks that are trained on).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.attribution import shares_of, write_attribution
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.left_out_tasks import left_out_tasks
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LABELS = ("pair_id", "task", "task_cluster", "fold", "source", "licence", "languages")


def _message(role: str, text: str) -> Column:
    return F.struct(F.lit(role).alias("role"), F.col(text).alias("content"))


FORMATS: Mapping[str, Callable[[], list[Column]]] = {
    "chat": lambda: [F.array(_message("user", "prompt"), _message("assistant", "response")).alias("messages")],
    "prompt_completion": lambda: [F.col("prompt"), F.col("response").alias("completion")],
    "alpaca": lambda: [
        F.col("prompt").alias("instruction"),
        F.lit("").alias("input"),
        F.col("response").alias("output"),
    ],
    "text": lambda: [F.concat_ws("\n\n", "prompt", "response").alias("text")],
}
FILE_TYPES = ("jsonl", "parquet")


@dataclass(frozen=True)
class Export:
    """What to write: form, file type, folder, held-out fold (None: everything on one side), which split (None: all).

    `do_not_train` puts what its owners ask not to train on with the rest.
    """

    form: str
    file_type: str
    out: str
    fold: int | None = None
    split: str | None = None
    labels: bool = True
    overwrite: bool = False
    do_not_train: bool = False


def run(context: Context, export: Export) -> None:
    """Writes the files and says where, and how many pairs each side has.

    Raises:
        ConfigError: for unknown forms and folds.
        TableError: if there are no pairs, or the place is taken.
    """
    check(context, export)
    pairs = context.warehouse.read(tables.PAIRS, "export")
    if pairs.isEmpty():
        raise no_pairs(context, "export")
    if export.split is not None:
        pairs = pairs.where(F.col("split") == export.split)
    left_out = left_out_tasks(context)  # by the rules as they are now: the pairs may be of before
    pairs = pairs.where(~F.col("task").isin(list(left_out)))
    shares = []
    for side, rows in sides(pairs, export.fold, export.do_not_train).items():
        if side == "held_out_tasks" and not context.pipeline.held_out_tasks.each_cluster:
            continue
        place = f"{export.out.rstrip('/')}/{side}"
        with context.step("export", place):
            _write(rows.select(*FORMATS[export.form](), *(LABELS if export.labels else ())), export, place)
        mine = shares_of(side, rows)
        count = sum(share.pairs for share in mine)
        context.messages.say(f"export: {counted(count, 'pair')} in {place}", side=side, place=place)
        shares += mine
    write_attribution(context, shares, export.out)
    context.messages.say(f"export: whose data these are: {export.out.rstrip('/')}/ATTRIBUTION.md")


def check(context: Context, export: Export) -> None:
    """Refuses unknown forms and folds before anything is read."""
    if export.form not in FORMATS:
        raise ConfigError(f"--format {export.form!r}: unknown (known: {', '.join(FORMATS)})")
    if export.file_type not in FILE_TYPES:
        raise ConfigError(f"--type {export.file_type!r}: unknown (known: {', '.join(FILE_TYPES)})")
    checked_fold(context, export.fold)


def sides(pairs: DataFrame, fold: int | None, do_not_train: bool = False) -> dict[str, DataFrame]:
    """The pairs to write by side. What its owners ask not to train on is on no training side, unless `do_not_train`."""
    trainable = pairs if do_not_train else pairs.where(~F.col("do_not_train"))
    if fold is None:
        return {"train": trainable}
    held_out = F.col("fold") == fold
    excluded, of_new_task = F.array_contains("excluded_folds", fold), F.col("held_out_task")
    is_new = F.col("held_out_example")
    return {
        "train": trainable.where(~held_out & ~excluded & ~of_new_task & ~is_new),
        "held_out": pairs.where(held_out),
        "held_out_tasks": pairs.where(~held_out & of_new_task),
        "held_out_examples": pairs.where(~held_out & ~of_new_task & is_new),
    }


def _write(rows: DataFrame, export: Export, place: str) -> None:
    from pyspark.errors import AnalysisException

    writer = rows.write.mode("overwrite" if export.overwrite else "errorifexists")
    try:
        if export.file_type == "jsonl":
            writer.json(place)
        else:
            writer.parquet(place)
    except AnalysisException as error:
        if "PATH_ALREADY_EXISTS" in str(error):
            raise TableError(f"export: {place} exists; choose another --out, or --overwrite to replace it") from error
        raise
