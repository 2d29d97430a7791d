"""Whether mixtures that were made are still what their rules and the tables as they are now would make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.mixing.candidates import setting_among
from taskmill.jobs.mixing.fingerprints import mixture_fingerprint
from taskmill.jobs.mixing.mixture_files import load_mixture
from taskmill.jobs.storage.ledger import DONE, MIX, REMOVED, Entry

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

UP_TO_DATE, CHANGED, UNFINISHED = "up to date", "made of other pairs or by other rules", "not finished"
UNKNOWN = "cannot be made again"


def mixture_states(context: Context, tasks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The state of every mixture that was made, by name: one of the above, the last with the reason.

    Args:
        tasks: the rows of table `tasks`.
    """
    with_pairs = [row for row in tasks if row["fold"] is not None]
    made = {name: entry for (step, name), entry in context.ledger.entries.items() if step == MIX}
    return {
        name: _state(context, name, entry, with_pairs)
        for name, entry in sorted(made.items())
        if entry.status != REMOVED
    }


def _state(context: Context, name: str, entry: Entry, tasks: Sequence[Mapping[str, Any]]) -> str:
    if entry.status != DONE:
        return UNFINISHED
    try:
        setting = setting_among(context, load_mixture(context.pipeline, context.catalog, name), tasks)
    except (ConfigError, TableError) as error:
        return f"{UNKNOWN}: {error.mistakes[0] if isinstance(error, ConfigError) else error}"
    return UP_TO_DATE if entry.fingerprint == mixture_fingerprint(context, setting) else CHANGED
