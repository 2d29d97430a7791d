"""Rounds of choosing: what is chosen in one is never chosen in another, and a round that was made stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from taskmill.jobs.configuration.mixture_settings import DIVERSITY, OWN_SCORES, QUALITY, RARITY, Select
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.mixing.fingerprints import pool_fingerprint
from taskmill.jobs.selection.example_vectors import VECTOR, example_vectors
from taskmill.jobs.selection.pool import GROUP, Group, Sizes, budgets, pool, sizes_of
from taskmill.jobs.selection.score_tables import example_scores
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage.ledger import DONE, SELECT, Counts
from taskmill.jobs.storage.mixture_tables import SELECTIONS
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.selection.choices import Wish, chosen

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context
    from taskmill.jobs.mixing.candidates import Setting

CHOSEN = "task string, example_id string, place int, score double, scores map<string, double>"
CHOSEN_TYPE = pa.schema(
    [
        ("task", pa.string()), ("example_id", pa.string()), ("place", pa.int32()), ("score", pa.float64()),
        ("scores", pa.map_(pa.string(), pa.float64())),
    ]
)  # fmt: skip


def choose_round(context: Context, setting: Setting, number: int, anew: bool = False) -> None:
    """Makes a round of a mixture's `select`, unless it has been made.

    Args:
        anew: makes it again. What other rounds have is still not chosen.

    Raises:
        ConfigError: for a round that leaves one out.
        TableError: if no example is left to choose.
    """
    select = setting.mixture.select
    if select is None:
        return
    name = setting.mixture.mixture
    unit = f"{name} {number}"
    made = context.ledger.entries.get((SELECT, unit))
    print_of = fingerprint(pool_fingerprint(context, setting), select.model_dump(), number)
    if made is not None and made.status == DONE and not anew:
        changed = "" if made.fingerprint == print_of else ", of other pairs or by other rules; --anew chooses again"
        context.messages.say(
            f"{SELECT}: round {number} of {name} stands: {counted(made.counts.rows_out, 'example')}{changed}"
        )
        return
    rounds = _rounds_made(context, name)
    if number > max(rounds, default=0) + 1:
        raise ConfigError(f"--round {number}: the next round of {name!r} is {max(rounds, default=0) + 1}")
    with context.step(SELECT, f"round {number} of {name}") as seconds:
        context.ledger.begin(SELECT, [unit])
        counts = _write(context, setting, select, number)
        output = fingerprint(print_of, context.run_id)  # by the run: a table of scores may have changed
        context.ledger.finish(SELECT, {unit: counts}, {unit: print_of}, seconds(), {unit: output})
    context.messages.say(
        f"{SELECT}: {counted(counts.rows_out, 'example')} of {counts.rows_in:,} for round {number} of {name}",
        mixture=name, round=number, examples=counts.rows_out,
    )  # fmt: skip


def _rounds_made(context: Context, name: str) -> list[int]:
    units = [unit.rsplit(" ", 1) for unit in context.ledger.done(SELECT)]
    return [int(number) for mixture, number in units if mixture == name]


def _write(context: Context, setting: Setting, select: Select, number: int) -> Counts:
    name = setting.mixture.mixture
    own = f"mixture IN {sql_list([name])}"
    taken = context.warehouse.read(SELECTIONS).where(f"{own} AND round <> {number}")
    with Persisted() as persisted:
        mark = taken.select("example_id", F.lit(True).alias("is_taken"))
        examples = pool(context, setting).join(mark, on="example_id", how="left")
        examples = persisted.keep(examples.withColumn("is_taken", F.coalesce("is_taken", F.lit(False))))
        sizes = sizes_of(examples)
        if sizes.whole == sum(sizes.taken.values()):
            raise TableError(f"{SELECT}: no example is left to choose for {name!r}; `taskmill mix {name} --dry-run` "
                             "shows which rules leave pairs out")  # fmt: skip
        rows = _scored(context, setting, select, examples, sizes)
        picked = rows.groupBy(*GROUP).applyInArrow(
            _chooser(setting, select, budgets(sizes, setting, select.examples)), CHOSEN
        )
        found = picked.select(
            F.lit(name).alias("mixture"), F.lit(number).alias("round"), "task", "example_id", "place", "score",
            "scores", F.lit(context.run_id).alias("run_id"),
        )  # fmt: skip
        context.warehouse.replace(SELECTIONS, found, f"{own} AND round = {number}")
    count = context.warehouse.read(SELECTIONS).where(f"{own} AND round = {number}").count()
    return Counts(sizes.whole, rows_out=count, not_selected=sizes.whole - count)


def _scored(context: Context, setting: Setting, select: Select, examples: DataFrame, sizes: Sizes) -> DataFrame:
    """The pool with a column for each score, and its vectors where these are needed."""
    if DIVERSITY in select.by or RARITY in select.by:
        vectors = example_vectors(context, examples, sizes.groups, setting.seed)
        examples = examples.join(vectors, on="example_id", how="inner")
    if select.columns:
        if select.scores is None:
            raise ConfigError(
                f"select of {setting.mixture.mixture!r}: {sorted(select.columns)[0]!r} is no score of its own; "
                f"name the table (`scores`, or --scores). Scores that need none: {', '.join(OWN_SCORES)}"
            )
        scores = example_scores(context, select.scores, select.columns)
        renamed = scores.withColumnsRenamed({name: _column(name) for name in select.columns})
        examples = examples.join(renamed, on="example_id", how="left")
    own = {_column(name): F.col(name) for name in (RARITY, QUALITY) if name in select.by}
    return examples.withColumns(own)


def _column(name: str) -> str:
    """The column of a score, beside those of the pool whatever it is called."""
    return f"score of {name}"


def _chooser(setting: Setting, select: Select, wanted: Mapping[Group, int]) -> Callable[[pa.Table], pa.Table]:
    names = [name for name in select.by if name != DIVERSITY]
    weights, seed = select.weights, setting.seed
    wish = Wish(
        {name: weights[name] for name in names}, {name: select.by[name].prefer for name in names},
        weights.get(DIVERSITY, 0.0), select.label_coverage,
    )  # fmt: skip

    def choose(group: pa.Table) -> pa.Table:
        rows = group.sort_by("example_id")  # whatever the partitions, the order is the same
        cluster, language = rows.column("task_cluster")[0].as_py(), rows.column("language")[0].as_py()
        labels = list(zip(rows.column("task").to_pylist(), rows.column("label").to_pylist(), strict=True))
        scores = {name: rows.column(_column(name)).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names}
        vectors = None
        if wish.diversity > 0:
            raw = b"".join(rows.column(VECTOR).to_pylist())
            vectors = np.frombuffer(raw, np.float32).reshape(len(labels), -1)
        earlier = rows.column("is_taken").to_numpy(zero_copy_only=False).astype(np.bool_)
        found = chosen(scores, labels, vectors, earlier, wanted.get((cluster, language), 0), wish, seed)
        taken = rows.take(pa.array(found.taken))
        ranks = [[(name, float(found.ranks[name][place])) for name in names] for place in found.taken]
        return pa.Table.from_arrays(
            [
                taken.column("task"), taken.column("example_id"),
                pa.array(range(1, len(found.taken) + 1), pa.int32()), pa.array(found.score[found.taken], pa.float64()),
                pa.array(ranks, CHOSEN_TYPE.field("scores").type),
            ],
            schema=CHOSEN_TYPE,
        )  # fmt: skip

    return choose
