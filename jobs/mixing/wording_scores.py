"""How well each wording teaches, as `taskmill templates rank` measured it: read where it is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from taskmill.jobs.errors import TableError
from taskmill.jobs.storage.scores_table import WORDING_SCORES

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def wording_scores(context: Context, mixture: str, task_types: Collection[str]) -> dict[str, float]:
    """The score of every wording of these task types that has one, by template_id.

    Raises:
        TableError: if there are none, naming the command that measures them.
    """
    warehouse = context.warehouse
    if not warehouse.exists(WORDING_SCORES):
        raise TableError(
            f"mixture {mixture!r} goes by the scores of wordings, and there is no table {WORDING_SCORES.name!r} under "
            f"{warehouse.root!r}. Run `taskmill templates rank` with the same --tables first, or give the mixture "
            "`templates: even` and no `drop_below`"
        )
    rows = warehouse.read(WORDING_SCORES).where("score IS NOT NULL").select("template_id", "task_type", "score")
    return {row["template_id"]: row["score"] for row in rows.collect() if row["task_type"] in task_types}
