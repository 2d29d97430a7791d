"""pairs -> files: training files in the forms that training tools read.

Reads `pairs`, and for a mixture `mixture`, whose training side it writes in shards (`jobs/mixing/shards.py`). Writes
JSON Lines or parquet folders through Spark, nothing passes the driver. With a fold, four: `train` (what `jobs/sides.py`
lets be trained on), `held_out` (the fold: tasks of unseen clusters), `held_out_tasks` (unseen tasks of the other
clusters; where some are kept out) and `held_out_examples` (unseen examples of tasks that are trained on).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.attribution import Share, shares_of, write_attribution
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.left_out_tasks import left_out_tasks
from taskmill.jobs.mixing.mixture_files import load_mixture
from taskmill.jobs.mixing.shards import in_shards, mixture_rows, placed, shard_count, with_texts
from taskmill.jobs.sides import sides
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from taskmill.jobs.configuration.mixture_settings import Mixture

LABELS = ("pair_id", "task", "task_cluster", "fold", "source", "licence", "languages")


OF_TURNS = """flatten(transform(turns, one -> array(
    named_struct('role', 'user', 'content', one.prompt),
    named_struct('role', 'assistant', 'content', one.response))))"""


def _prompt() -> Column:
    """What is asked, behind the system message if there is one."""
    return F.concat_ws("\n\n", "system", "prompt")


def _messages() -> Column:
    single = F.array(_message("user", "prompt"), _message("assistant", "response"))
    asked = F.coalesce(F.expr(OF_TURNS), single)
    with_system = F.concat(F.array(_message("system", "system")), asked)
    return F.when(F.col("system").isNotNull(), with_system).otherwise(asked)


def _message(role: str, text: str) -> Column:
    return F.struct(F.lit(role).alias("role"), F.col(text).alias("content"))


FORMATS: Mapping[str, Callable[[], list[Column]]] = {
    "chat": lambda: [_messages().alias("messages")],
    "prompt_completion": lambda: [_prompt().alias("prompt"), F.col("response").alias("completion")],
    "alpaca": lambda: [
        _prompt().alias("instruction"),
        F.lit("").alias("input"),
        F.col("response").alias("output"),
    ],
    "text": lambda: [F.concat_ws("\n\n", "system", "prompt", "response").alias("text")],
}
FILE_TYPES = ("jsonl", "parquet")


@dataclass(frozen=True)
class Export:
    """What to write: form, file type, folder, held-out fold (None: everything on one side), which split (None: all).

    `do_not_train` puts what its owners ask not to train on with the rest. With a mixture, the training side is that,
    while its fold is held out, in `shards` (None: by size).
    """

    form: str
    file_type: str
    out: str
    fold: int | None = None
    split: str | None = None
    labels: bool = True
    overwrite: bool = False
    do_not_train: bool = False
    mixture: str | None = None
    shards: int | None = None


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
    mixture = None if export.mixture is None else load_mixture(context.pipeline, context.catalog, export.mixture)
    fold = export.fold if mixture is None else mixture.fold
    if mixture is not None and export.fold not in {None, fold}:
        raise ConfigError(f"--fold {export.fold}: mixture {mixture.mixture!r} is made for fold {fold}")
    if mixture is not None and export.split is not None:
        raise ConfigError(f"--split {export.split}: mixture {mixture.mixture!r} says itself which split it takes")
    if export.split is not None:
        pairs = pairs.where(F.col("split") == export.split)
    left_out = left_out_tasks(context)  # by the rules as they are now: the pairs may be of before
    pairs = pairs.where(~F.col("task").isin(list(left_out)))
    shares = []
    for side, rows in sides(pairs, fold, export.do_not_train).items():
        if side == "held_out_tasks" and not context.pipeline.held_out_tasks.each_cluster:
            continue
        if side == "train" and mixture is not None:
            shares += _write_mixture(context, export, mixture, rows)
            continue
        place = f"{export.out.rstrip('/')}/{side}"
        with context.step("export", place):
            _write(rows.select(*_columns(export)), export, place)
        shares += _told(context, side, rows, place)
    write_attribution(context, shares, export.out)
    context.messages.say(f"export: whose data these are: {export.out.rstrip('/')}/ATTRIBUTION.md")


def _columns(export: Export) -> list[Column | str]:
    return [*FORMATS[export.form](), *(LABELS if export.labels else ())]


def _told(context: Context, side: str, rows: DataFrame, place: str, files: str = "") -> list[Share]:
    """Says how many pairs of whom were written."""
    mine = shares_of(side, rows)
    count = sum(share.pairs for share in mine)
    context.messages.say(f"export: {counted(count, 'pair')} in {place}{files}", side=side, place=place)
    return mine


def _write_mixture(context: Context, export: Export, mixture: Mixture, pairs: DataFrame) -> list[Share]:
    """Writes the training side as the mixture has it."""
    own = mixture_rows(context, mixture, "export")
    found = own.agg(F.count(F.lit(1)).alias("pairs"), F.sum("repeats").alias("rows")).collect()[0]
    count = int(found["rows"] or 0)
    if not count:
        name = mixture.mixture
        raise TableError(f"export: mixture {name!r} has no pairs; `taskmill mix {name} --dry-run` says why")
    shards = shard_count(count, export.shards)
    place = f"{export.out.rstrip('/')}/train"
    with context.step("export", place):
        seed = context.pipeline.seed if mixture.seed is None else mixture.seed
        ordered = in_shards(with_texts(pairs, placed(own, count, shards, seed), count), shards)
        labels = ("weight",) if export.labels else ()
        _write(ordered.select(*_columns(export), *labels), export, place)
    rows = with_texts(pairs, own, count).withColumn("repeat", F.explode(F.sequence(F.lit(1), "repeats")))
    return _told(context, "train", rows, place, f", in {counted(shards, 'shard')}")


def check(context: Context, export: Export) -> None:
    """Refuses unknown forms and folds before anything is read."""
    if export.form not in FORMATS:
        raise ConfigError(f"--format {export.form!r}: unknown (known: {', '.join(FORMATS)})")
    if export.file_type not in FILE_TYPES:
        raise ConfigError(f"--type {export.file_type!r}: unknown (known: {', '.join(FILE_TYPES)})")
    checked_fold(context, export.fold)


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
