"""Which pairs may take part in a mixture: their ids, and for the others the first rule that leaves them out.

Nothing of their text is read: what is needed of it, its length, stands in columns of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from taskmill.jobs.configuration.mixture_settings import Mixture
from taskmill.jobs.left_out_tasks import left_out_tasks
from taskmill.jobs.mixing.mixture_files import is_called
from taskmill.jobs.mixing.wording_scores import wording_scores
from taskmill.jobs.sides import is_beside, is_trainable
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.mixture_tables import SELECTIONS
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.mixtures.rates import Part

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from taskmill.jobs.context import Context

CHARS_A_TOKEN = 4
CELL = ("task", "template_id", "language", "label")
NOT_PUBLISHED, SPLIT, DO_NOT_TRAIN, HELD_OUT = "not_published", "other_split", "do_not_train", "held_out"
INVERTS, NO_PART, WORDING, SELECT, EXAMPLE = "inverts", "no_part", "drop_below", "select", "cap_example"
RULES = (NOT_PUBLISHED, SPLIT, DO_NOT_TRAIN, HELD_OUT, INVERTS, NO_PART, WORDING, SELECT, EXAMPLE)


@dataclass(frozen=True)
class Setting:
    """A mixture with what it is made of as the tables are now.

    Attributes:
        clusters: of every task that has pairs, in the mixture or not.
        parts: with their tasks by name.
        scores: of the wordings of these tasks, by template_id; empty where the mixture does not go by them.
        left_out: tasks that are not published, in the mixture or not.
    """

    mixture: Mixture
    seed: int
    clusters: Mapping[str, str]
    parts: tuple[Part, ...]
    scores: Mapping[str, float]
    left_out: tuple[str, ...]

    @cached_property  # it is asked for every task
    def tasks(self) -> frozenset[str]:
        """Those whose pairs it can take; on other tasks it does not depend."""
        return frozenset(task for part in self.parts for task in part.tasks)

    @property
    def dropped_wordings(self) -> list[str]:
        limit = self.mixture.drop_below
        return [] if limit is None else sorted(name for name, score in self.scores.items() if score < limit)


def setting_of(context: Context, mixture: Mixture) -> Setting:
    """What the mixture means for these tables.

    Raises:
        TableError: if it goes by scores of wordings, and there are none.
    """
    rows = context.warehouse.read(tables.TASKS, "mix").where("fold IS NOT NULL")
    known = rows.select("task", "task_cluster", "task_type").collect()
    return setting_among(context, mixture, [row.asDict() for row in known])


def setting_among(context: Context, mixture: Mixture, rows: Sequence[Mapping[str, Any]]) -> Setting:
    """The same, of rows of `tasks` that were read already: of those that have pairs, with cluster and type.

    Raises:
        TableError: if it goes by scores of wordings, and there are none.
    """
    clusters = {row["task"]: row["task_cluster"] for row in rows}
    parts = _parts(context, mixture, clusters)
    own = {task for part in parts for task in part.tasks}
    types = {row["task_type"] for row in rows if row["task"] in own}
    scores = wording_scores(context, mixture.mixture, types) if mixture.needs_wording_scores else {}
    seed = context.pipeline.seed if mixture.seed is None else mixture.seed
    return Setting(mixture, seed, clusters, parts, scores, tuple(sorted(left_out_tasks(context))))


def _parts(context: Context, mixture: Mixture, clusters: Mapping[str, str]) -> tuple[Part, ...]:
    if not mixture.parts:
        return (Part("all", tuple(sorted(clusters))),)
    found = []
    for name, part in mixture.parts.items():
        own = [
            task
            for task, cluster in sorted(clusters.items())
            if (not part.tasks or _is_named(context, task, part.tasks))
            and (not part.clusters or any(fnmatchcase(cluster, pattern) for pattern in part.clusters))
        ]
        found.append(part.rated(name, tuple(own)))
    return tuple(found)


def _is_named(context: Context, task: str, patterns: Sequence[str]) -> bool:
    known = context.catalog.tasks.get(task)
    if known is None:  # its source has left since the pairs were made
        return any(fnmatchcase(task, pattern) for pattern in patterns)
    return any(is_called(known, pattern) for pattern in patterns)


def candidates(context: Context, setting: Setting, with_selection: bool = True) -> DataFrame:
    """Every pair's ids and cell, its tokens, and `rule`: null for those that may take part.

    Args:
        with_selection: whether the mixture's `select` and its cap of examples act too; without, what these choose from.
    """
    mixture = setting.mixture
    pairs = context.warehouse.read(tables.PAIRS, "mix")
    ids = pairs.select(
        "pair_id", "example_id", "task", "template_id", "source", "task_cluster", "quality",
        F.coalesce(F.col("languages")[0], F.lit("und")).alias("language"), _label(mixture).alias("label"),
        F.ceil((F.col("prompt_chars") + F.col("response_chars")) / CHARS_A_TOKEN).cast("long").alias("tokens"),
        _draw(setting, "mix", "pair_id").alias("drawn"), _rule(setting).alias("rule"),
    )  # fmt: skip
    if not with_selection:
        return ids
    if mixture.select is not None:
        chosen = context.warehouse.read(SELECTIONS, "mix").where(F.col("mixture") == mixture.mixture)
        # Of an example that was chosen there is one row: the join repeats nothing.
        ids = ids.join(chosen.select("example_id", F.lit(True).alias("is_chosen")), on="example_id", how="left")
        is_other = F.col("rule").isNull() & F.col("is_chosen").isNull()
        ids = ids.withColumn("rule", F.when(is_other, F.lit(SELECT)).otherwise(F.col("rule"))).drop("is_chosen")
    if mixture.caps.example is not None:
        # By a draw of its own: what is left is no likelier to be drawn afterwards than anything else.
        order = (_draw(setting, EXAMPLE, "pair_id"), "pair_id")
        place = F.row_number().over(Window.partitionBy("example_id", F.col("rule").isNull()).orderBy(*order))
        is_over = F.col("rule").isNull() & (place > mixture.caps.example)
        ids = ids.withColumn("rule", F.when(is_over, F.lit(EXAMPLE)).otherwise(F.col("rule")))
    return ids


def _label(mixture: Mixture) -> Column:
    """What stands for a pair's label, where labels count: the place of the right answer among its choices."""
    if mixture.balance_labels is None and (mixture.select is None or not mixture.select.label_coverage):
        return F.lit("")
    return F.when(F.col("inverts") | F.col("gold_index").isNull(), F.lit("")).otherwise(
        F.col("gold_index").cast("string")
    )


def _draw(setting: Setting, decision: str, of: str) -> Column:
    """53 bits, which a double holds exactly. The name of the mixture has no part in it: of two mixtures that differ in
    their budget alone, the smaller lies within the larger."""
    return F.shiftrightunsigned(F.xxhash64(F.lit(setting.seed), F.lit(decision), of), 11)


def _rule(setting: Setting) -> Column:
    """The first rule that leaves a pair out; null where none does."""
    mixture = setting.mixture
    with_part = sorted(setting.tasks)
    wrong: list[tuple[str, Column]] = [
        (NOT_PUBLISHED, F.expr(f"task IN {sql_list(setting.left_out)}") if setting.left_out else F.lit(False)),
        (SPLIT, F.lit(False) if mixture.split == "all" else F.col("split") != mixture.split),
        (DO_NOT_TRAIN, ~is_trainable()),
        (HELD_OUT, ~is_beside(mixture.fold)),
        (INVERTS, F.lit(False) if mixture.inverts else F.col("inverts")),
        (NO_PART, F.expr(f"task NOT IN {sql_list(with_part)}") if with_part else F.lit(True)),
        (WORDING, F.expr(f"template_id IN {sql_list(setting.dropped_wordings)}") if setting.dropped_wordings
         else F.lit(False)),
    ]  # fmt: skip
    return reduce(
        lambda rest, one: F.when(one[1], F.lit(one[0])).otherwise(rest), reversed(wrong), F.lit(None).cast("string")
    )
