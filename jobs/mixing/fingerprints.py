"""Whether a mixture or a round is what its rules and the tables as they are now would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskmill.jobs.storage.ledger import RENDER, SELECT
from taskmill.udfs.ids import fingerprint

if TYPE_CHECKING:
    from taskmill.jobs.context import Context
    from taskmill.jobs.mixing.candidates import Setting

RULES = "1"  # raise when the same pairs and rules would give another mixture
UNSEEN = {"description", "based_on"}


def mixture_fingerprint(context: Context, setting: Setting) -> str:
    """Stands for all that a mixture depends on."""
    rounds = {unit: entry.output for unit, entry in context.ledger.done(SELECT).items()
              if unit.rsplit(" ", 1)[0] == setting.mixture.mixture}  # fmt: skip
    return fingerprint(RULES, pool_fingerprint(context, setting), setting.mixture.model_dump(exclude=UNSEEN), rounds)


def pool_fingerprint(context: Context, setting: Setting) -> str:
    """Stands for the pairs that a mixture may take before it selects or counts: those of the tasks of its parts."""
    mixture = setting.mixture.model_dump(include={"fold", "split", "inverts", "drop_below"})
    own = setting.tasks
    rendered = {task: entry.output for task, entry in context.ledger.done(RENDER).items() if task in own}
    clusters = {task: cluster for task, cluster in setting.clusters.items() if task in own}
    parts = [(part.name, part.tasks) for part in setting.parts]
    left_out = [task for task in setting.left_out if task in own]
    return fingerprint(mixture, setting.seed, rendered, parts, setting.scores, left_out, clusters)
