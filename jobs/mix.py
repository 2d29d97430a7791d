"""pairs -> mixture: which pairs are trained on together, how often, and with what weight.

Reads `pairs` (ids, labels and lengths, no text), `tasks`, where asked for `wording_scores` and `selections`. Writes
`mixture`, one row for each pair that is taken, and `mixture_account`, where the others went and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from rich.console import Console

from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.mixing.account import Account, Taken, planned, show
from taskmill.jobs.mixing.candidates import Setting, candidates, setting_of
from taskmill.jobs.mixing.cuts import counted_cells, taken
from taskmill.jobs.mixing.fingerprints import mixture_fingerprint
from taskmill.jobs.mixing.mixture_files import load_mixture, own_mixtures, presets
from taskmill.jobs.selection.rounds import choose_round
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import MIX, SELECT, Counts
from taskmill.jobs.storage.mixture_tables import MIXING, MIXTURE, MIXTURE_ACCOUNT
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.mixtures.plans import Cell, CellKey, Plan, Rules, plan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.configuration.mixture_settings import Mixture

STEP = MIX


def run(context: Context) -> None:
    """Brings the mixtures of the pipeline's own files up to date."""
    mix(context, own_mixtures(context.pipeline, context.catalog))


def run_named(context: Context, names: Sequence[str], dry_run: bool = False) -> None:
    """Brings these mixtures up to date, or without names the pipeline's own; with `dry_run` only says what they take.

    Raises:
        ConfigError: for an unknown name, none at all, or a fold that there is not.
        TableError: if there are no pairs, or no scores that a mixture goes by.
    """
    named = [load_mixture(context.pipeline, context.catalog, name) for name in names]
    mixtures = named or own_mixtures(context.pipeline, context.catalog)
    if context.warehouse.read(tables.PAIRS, STEP).isEmpty():
        raise no_pairs(context, STEP)
    if not mixtures:
        raise ConfigError(
            f"{STEP}: name a mixture ({', '.join(presets())}), or write some and name their folder with `mixtures` in "
            "the pipeline file"
        )
    mix(context, mixtures, dry_run)


def mix(context: Context, mixtures: Sequence[Mixture], dry_run: bool = False) -> None:
    """Brings these mixtures up to date."""
    if not mixtures:
        return
    for mixture in mixtures:
        checked_fold(context, mixture.fold)
    if not dry_run:
        context.warehouse.create_tables(MIXING)
    for mixture in mixtures:
        setting = setting_of(context, mixture)
        if dry_run:
            _show_plan(context, setting)
        else:
            choose_round(context, setting, 1)
            _mix_one(context, setting)


def _show_plan(context: Context, setting: Setting) -> None:
    """Prints what a mixture would take; one that selects, of what its rounds have chosen so far."""
    name = setting.mixture.mixture
    is_chosen = setting.mixture.select is None or any(
        unit.rsplit(" ", 1)[0] == name for unit in context.ledger.done(SELECT)
    )
    if not is_chosen:
        raise TableError(f"{STEP}: {name!r} selects, and has not yet; run `taskmill select {name}` first")
    _tell(context, _planned(context, setting)[1], is_plan=True)


def _mix_one(context: Context, setting: Setting) -> None:
    name = setting.mixture.mixture
    fingerprint = mixture_fingerprint(context, setting)
    if not context.ledger.stale(STEP, {name: fingerprint}):
        context.messages.say(f"{STEP}: {name} is up to date")
        return
    with context.step(STEP, name) as seconds:
        context.ledger.begin(STEP, [name])
        account = _written(context, setting)
        entered = context.warehouse.read(tables.PAIRS).count()  # of the table, not of the plan that is to be checked
        counts = Counts(entered, rows_out=account.pairs, not_selected=sum(account.dropped.values()))
        context.ledger.finish(STEP, {name: counts}, {name: fingerprint}, seconds())
    _tell(context, account, is_plan=False)


def _written(context: Context, setting: Setting) -> Account:
    """Writes the mixture, and its account from what was written."""
    name = setting.mixture.mixture
    predicate = f"mixture IN {sql_list([name])}"
    with Persisted() as persisted:
        pairs = persisted.keep(candidates(context, setting))  # ids and numbers, read for counts, cuts and rows
        cells, account, found = _planned(context, setting, pairs)
        rows = taken(context, pairs, cells, found).select(
            "task", "pair_id", "example_id", "repeats", "weight", "tokens", F.lit(context.run_id).alias("run_id"),
            F.lit(name).alias("mixture"),
        )  # fmt: skip
        context.warehouse.replace(MIXTURE, rows, predicate)
    totals = context.warehouse.read(MIXTURE).where(predicate).groupBy("task").agg(
        F.count(F.lit(1)).alias("pairs"), F.sum("repeats").alias("repeated"),
        F.sum(F.col("tokens") * F.col("repeats")).alias("tokens"),
    )  # fmt: skip
    # The languages are the plan's: they stand in `pairs`, and the cells that were cut are of one each.
    written = {
        row["task"]: Taken(row["pairs"], row["repeated"], row["tokens"], account.taken[row["task"]].languages)
        for row in totals.collect()
    }
    account = Account(name, written, account.dropped, account.shares)
    accounted = context.spark.createDataFrame(account.rows(context.run_id), MIXTURE_ACCOUNT.schema)
    context.warehouse.replace(MIXTURE_ACCOUNT, accounted, predicate)
    return account


def _planned(
    context: Context, setting: Setting, pairs: DataFrame | None = None
) -> tuple[dict[CellKey, Cell], Account, Plan]:
    """The cells, what is to be taken of each, and the account of it."""
    cells, tasks, before = counted_cells(candidates(context, setting) if pairs is None else pairs)
    found = plan(cells, tasks, rules_of(setting))
    return cells, planned(setting.mixture.mixture, cells, found, before), found


def rules_of(setting: Setting) -> Rules:
    """The rules of a mixture as plans know them."""
    mixture, budget = setting.mixture, setting.mixture.budget
    caps = {name: cap for name, cap in mixture.caps.model_dump(exclude={"example"}).items() if cap is not None}
    return Rules(
        setting.parts, caps, mixture.balance_labels, mixture.templates, setting.scores, mixture.epochs,
        None if budget is None else budget.pairs, None if budget is None else budget.tokens,
    )  # fmt: skip


def _tell(context: Context, account: Account, is_plan: bool) -> None:
    if context.messages.level >= 0 and not context.messages.json_logs:
        show(account, Console(highlight=False), is_plan)
    context.messages.detail(
        f"{STEP}: {account.mixture}: {counted(account.pairs, 'pair')} of {account.entered:,}",
        mixture=account.mixture, pairs=account.pairs, repeated=account.repeated, tokens=account.tokens,
    )  # fmt: skip


if __name__ == "__main__":
    main(run)
