"""pairs, examples -> selections: the most informative examples within a budget, round by round.

Reads `pairs` (ids), `examples` (the heads of their content, where diversity or rarity counts) and a table of scores,
where one is named. Writes `selections`, one row for each example that is chosen.
"""

from __future__ import annotations

from taskmill.jobs.command import main
from taskmill.jobs.configuration.mixture_settings import Select
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.mixing.candidates import setting_of
from taskmill.jobs.mixing.mixture_files import load_mixture, own_mixtures
from taskmill.jobs.selection.rounds import choose_round
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import SELECT
from taskmill.jobs.storage.mixture_tables import MIXING

STEP = SELECT


def run(context: Context) -> None:
    """Makes the first round of every mixture of the pipeline's own files that selects."""
    for mixture in own_mixtures(context.pipeline, context.catalog):
        if mixture.select is not None:
            run_round(context, mixture.mixture)


def run_round(
    context: Context,
    name: str,
    number: int = 1,
    scores: str | None = None,
    examples: int | None = None,
    anew: bool = False,
) -> None:
    """Makes a round of a mixture's `select`, unless it has been made.

    Args:
        scores, examples: in the place of what the mixture says.

    Raises:
        ConfigError: for an unknown mixture, or one that does not select.
        TableError: if there are no pairs, or no table of scores.
    """
    mixture = load_mixture(context.pipeline, context.catalog, name)
    if mixture.select is None:
        raise ConfigError(f"mixture {name!r} has no `select`; add one, as in select: {{examples: 10000}}")
    changed = {key: value for key, value in (("scores", scores), ("examples", examples)) if value is not None}
    select = Select.model_validate({**mixture.select.model_dump(), **changed})
    checked_fold(context, mixture.fold)
    if context.warehouse.read(tables.PAIRS, STEP).isEmpty():
        raise no_pairs(context, STEP)
    context.warehouse.create_tables(MIXING)
    choose_round(context, setting_of(context, mixture.model_copy(update={"select": select})), number, anew)


if __name__ == "__main__":
    main(run)
