"""What changes in the pairs of a task when the groups in its examples are exchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.render_plans import build_plans
from taskmill.udfs.audit.batches import ORIGINAL, VARIANTS_DDL, variant_maker
from taskmill.udfs.audit.terms import Lexicon
from taskmill.udfs.rendering.batches import PAIR_DDL, pair_renderer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

PASSED = ("task", "example_id", "variant")


@dataclass(frozen=True)
class Swap:
    """The pairs of one task when one category is exchanged.

    Attributes:
        examples: that hold a word of the category.
        pairs: of these examples, as they are.
        prompts, responses: how many of the pairs have another prompt, or response, afterwards.
        refused: pairs that are none afterwards, such as those with offsets into the text.
        ids: examples whose response changes.
    """

    category: str
    examples: int
    pairs: int
    prompts: int
    responses: int
    refused: int
    ids: tuple[str, ...]


def swaps_of(
    context: Context, examples: DataFrame, tasks: Iterable[str], lexicons: Mapping[str, Lexicon]
) -> dict[str, list[Swap]]:
    """By task and category. Examples keep their ids, so every draw is that of the pair as it is."""
    names = sorted(tasks)
    plans = build_plans(context, names, dict.fromkeys(names, ("", 0)))
    variants = examples.mapInArrow(variant_maker(lexicons), VARIANTS_DDL)
    rendered = variants.mapInArrow(
        pair_renderer(plans, PASSED), f"{', '.join(f'{name} string' for name in PASSED)}, {PAIR_DDL}"
    ).select(*PASSED, "number", F.xxhash64("prompt").alias("prompt"), F.xxhash64("response").alias("response"))
    found: defaultdict[str, list[Swap]] = defaultdict(list)
    for row in sorted(_compared(variants, rendered).collect(), key=lambda row: (row["task"], row["variant"])):
        counts = {name: row[name] for name in ("examples", "pairs", "prompts", "responses", "refused")}
        found[row["task"]].append(Swap(row["variant"], ids=tuple(row["ids"]), **counts))
    return dict(found)


def _compared(variants: DataFrame, rendered: DataFrame) -> DataFrame:
    """Hashes of texts are compared; the texts stay with the workers."""
    is_original = F.col("variant") == ORIGINAL
    before = rendered.where(is_original).select(
        "example_id", "number", F.col("prompt").alias("old_prompt"), F.col("response").alias("old_response")
    )
    after = rendered.where(~is_original).drop("task")
    wanted = variants.where(~is_original).select("task", "example_id", "variant")
    pairs = wanted.join(before, on="example_id", how="left").join(
        after, on=["example_id", "variant", "number"], how="left"
    )
    changed = "response <> old_response"
    return pairs.groupBy("task", "variant").agg(
        F.countDistinct("example_id").alias("examples"),
        F.count("number").alias("pairs"),
        F.count_if(F.expr("prompt <> old_prompt")).alias("prompts"),
        F.count_if(F.expr(changed)).alias("responses"),
        F.count_if(F.expr("number IS NOT NULL AND prompt IS NULL")).alias("refused"),
        F.slice(F.array_sort(F.collect_set(F.expr(f"IF({changed}, example_id, NULL)"))), 1, 5).alias("ids"),
    )
