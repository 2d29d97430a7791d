"""`taskmill review sample`: pairs for people to look at, drawn by their ids alone, as a page and as files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, ReviewError
from taskmill.jobs.folds.placed_tasks import no_pairs
from taskmill.jobs.review.decision_files import nearest
from taskmill.jobs.review.decisions import decisions_in, text_hash
from taskmill.jobs.review.page import rendered_page
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.review.sampling import allotted, assigned, share_surely_enough, unit_draw
from taskmill.udfs.review.statistics import sample_size
from taskmill.udfs.review.verdicts import ADVISER, COMMENT, FLAGGED, PAIR, RANDOM, Decision

if TYPE_CHECKING:
    from pyspark.sql import Column

Row = dict[str, Any]
STRATUM = ("task", "prompt_language", "template")
IDS = ("pair_id", "task", "example_id", "template", "template_id")
READ = ("pair_id", "task", "task_type", "example_id", "template", "template_id", "split", "prompt_language",
        "response_language", "flags", "choices", "form", "system", "prompt", "response")  # fmt: skip
TO_FILL_IN = ("decision", "reviewer", "decided_at", "comment", "fixed_prompt", "fixed_response")
MOST = 20_000  # items; more than anyone reviews, and few enough for the driver


@dataclass(frozen=True)
class Sample:
    """What to draw.

    Attributes:
        size: items in all; None to take as many random ones as `margin` and `confidence` need.
        task: a glob of tasks.
        each_task: whether the size holds for every task rather than for all together.
        flagged: share of the size that goes to pairs with flags or warnings.
        reviewers: how many people share the items, and `overlap` the share of items that two of them get.
        again: whether pairs that were decided on may be drawn once more.
    """

    out: Path
    size: int | None = None
    margin: float = 0.05
    confidence: float = 0.95
    task: str = "*"
    each_task: bool = False
    flagged: float = 0.2
    reviewers: int = 1
    overlap: float = 0.2
    again: bool = False


def run(context: Context, sample: Sample) -> None:
    """Draws the sample and writes it: a page for each reviewer, one CSV and one JSON Lines file of all items.

    Raises:
        ConfigError: for an impossible wish.
        ReviewError: if nothing is left to look at.
    """
    with context.step("review", "drawing"):
        pairs = candidates(context, sample)
        chosen = draw_ids(context, pairs, sample)
        if not chosen:
            raise ReviewError(
                f"review sample: no pair of tasks {sample.task!r} is left to look at; correct --task, or give --again"
            )
        items = with_texts(context, chosen, sample)
    write(context, sample, items)


def candidates(context: Context, sample: Sample) -> DataFrame:
    """Ids, strata and `is_flagged` of the pairs that may be drawn, without their texts."""
    pairs = context.warehouse.read(tables.PAIRS, "review sample")
    if pairs.isEmpty():
        raise no_pairs(context, "review sample")
    found = [F.size(name) > 0 for name in ("flags", "warnings") if name in pairs.columns]
    flagged: Column = reduce(lambda one, other: one | other, found)
    ids = pairs.select(*IDS, "prompt_language", flagged.alias("is_flagged"))
    if sample.task != "*":
        named = [name for name in context.catalog.tasks if fnmatchcase(name, sample.task)]
        if not named:
            raise ConfigError(
                f"--task {sample.task!r}: there is no such task{nearest(sample.task, context.catalog.tasks)}"
            )
        ids = ids.where(F.col("task").isin(named))
    if not sample.again:
        seen = decided_pairs(decisions_in(context.warehouse))
        if seen:
            decided = context.spark.createDataFrame(sorted(seen), "example_id string, template string")
            ids = ids.join(F.broadcast(decided), on=["example_id", "template"], how="left_anti")
    return ids


def decided_pairs(decisions: Iterable[Decision]) -> set[tuple[str, str]]:
    """Example and template of the pairs that people decided on: comments decide nothing, and models advise people."""
    return {
        (one.item.example_id, one.item.template)
        for one in decisions
        if one.item.scope == PAIR and one.decision != COMMENT and not one.reviewer.startswith(ADVISER)
    }


def draw_ids(context: Context, pairs: DataFrame, sample: Sample) -> dict[str, str]:
    """The ids of the chosen pairs, each with how it was drawn."""
    rows = pairs.groupBy(*STRATUM).agg(F.count(F.lit(1)).alias("all"), F.count_if("is_flagged").alias("flagged"))
    strata = sorted(tuple(row) for row in rows.collect())
    sizes = {stratum[:3]: stratum[3] for stratum in strata}
    flagged = {stratum[:3]: stratum[4] for stratum in strata}
    random_wanted, flagged_wanted = _wanted(sizes, flagged, sample, context.pipeline.seed)
    total = sum(random_wanted.values()) + sum(flagged_wanted.values())
    if total > MOST:
        raise ConfigError(f"--size: {total:,} items are more than the {MOST:,} that a sample may have")
    chosen = dict.fromkeys(_lowest(context, pairs, sizes, random_wanted, RANDOM), RANDOM)
    more = _lowest(context, pairs.where("is_flagged"), flagged, flagged_wanted, FLAGGED)
    return chosen | {pair_id: FLAGGED for pair_id in more if pair_id not in chosen}


Sizes = Mapping[tuple[str, ...], int]


def _wanted(sizes: Sizes, flagged: Sizes, sample: Sample, seed: int) -> tuple[Sizes, Sizes]:
    """How many random and how many flagged pairs each stratum gives."""
    groups = sorted({stratum[0] for stratum in sizes}) if sample.each_task else [""]
    random_wanted: dict[tuple[str, ...], int] = {}
    flagged_wanted: dict[tuple[str, ...], int] = {}
    for group in groups:
        own = {stratum: size for stratum, size in sizes.items() if not group or stratum[0] == group}
        population = sum(own.values())
        if sample.size is None:
            random = sample_size(population, sample.margin, sample.confidence)
            extra = round(random * sample.flagged)
        else:
            extra = min(round(sample.size * sample.flagged), sum(flagged[stratum] for stratum in own))
            random = sample.size - extra
        random_wanted |= allotted(own, random, unit_draw(seed, f"random {group}"))
        flagged_wanted |= allotted(
            {stratum: flagged[stratum] for stratum in own}, extra, unit_draw(seed, f"flagged {group}")
        )
    return random_wanted, flagged_wanted


def _lowest(context: Context, pairs: DataFrame, sizes: Sizes, wanted: Sizes, word: str) -> list[str]:
    """Of each stratum the ids with the lowest draws. Only ids that may be among these are sorted."""
    asked = [
        (*stratum, count, share_surely_enough(count, sizes[stratum])) for stratum, count in wanted.items() if count
    ]
    if not asked:
        return []
    schema = "task string, prompt_language string, template string, wanted int, share double"
    strata = context.spark.createDataFrame(asked, schema)
    # 53 bits, which a double holds exactly.
    drawn = F.shiftrightunsigned(F.xxhash64(F.lit(context.pipeline.seed), F.lit(f"review {word}"), "pair_id"), 11)
    near = pairs.join(F.broadcast(strata), on=list(STRATUM), how="inner").where(
        drawn / F.lit(2.0**53) <= F.col("share")
    )
    place = F.row_number().over(Window.partitionBy(*STRATUM).orderBy(drawn, "pair_id"))
    chosen = near.withColumn("place", place).where("place <= wanted").select("pair_id")
    return [row["pair_id"] for row in chosen.collect()]


def with_texts(context: Context, chosen: Mapping[str, str], sample: Sample) -> list[Row]:
    """The items with their texts, flagged ones first, then in an order of their own that tells nothing."""
    pairs = context.warehouse.read(tables.PAIRS)
    ids = context.spark.createDataFrame(sorted(chosen.items()), "pair_id string, drawn string")
    extra = [name for name in ("warnings", "quality") if name in pairs.columns]
    found = pairs.select(*READ, *extra).join(F.broadcast(ids), on="pair_id", how="inner").collect()
    rows = [row.asDict(recursive=True) for row in found]
    rows.sort(key=lambda row: (not (row["flags"] or row.get("warnings")), fingerprint(row["pair_id"])))
    people = assigned([row["pair_id"] for row in rows], sample.reviewers, sample.overlap, context.pipeline.seed)
    for row, who in zip(rows, people, strict=True):
        row |= {
            "scope": PAIR,
            "text_hash": text_hash(row["prompt"], row["response"]),
            "reviewers": list(who),
            "warnings": row.get("warnings") or [],
        }
    return rows


def write(context: Context, sample: Sample, items: Sequence[Row]) -> None:
    """Writes pages and files, and says what is where.

    Raises:
        ReviewError: if there is a reviewer for whom no pair is left, or the files cannot be written.
    """
    if len(items) < sample.reviewers:
        raise ReviewError(
            f"--reviewers {sample.reviewers}: there are only {counted(len(items), 'pair')} to share; give fewer "
            "reviewers, or a larger --size"
        )
    pages = range(1, sample.reviewers + 1)
    try:
        sample.out.mkdir(parents=True, exist_ok=True)
        for number in pages:
            own = [item for item in items if number in item["reviewers"]]
            name = "review.html" if sample.reviewers == 1 else f"review_{number}.html"
            sample.out.joinpath(name).write_text(rendered_page(own, number, sample.reviewers), encoding="utf-8")
        _write_lines(sample.out / "sample.jsonl", items)
        _write_csv(sample.out / "sample.csv", items)
    except OSError as error:
        raise ReviewError(f"--out {str(sample.out)!r}: cannot be written ({error.strerror})") from error
    drawn = Counter(item["drawn"] for item in items)
    double = sum(len(item["reviewers"]) > 1 for item in items)
    context.messages.say(
        f"review: {counted(len(items), 'pair')} in {sample.out} ({drawn[RANDOM]:,} at random, {drawn[FLAGGED]:,} for "
        "their flags" + (f"; {double:,} of them for two reviewers" if double else "") + ")",
        items=len(items), out=str(sample.out),
    )  # fmt: skip


def _write_lines(path: Path, items: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def _write_csv(path: Path, items: Sequence[Row]) -> None:
    """With the columns that a reviewer fills in, empty; lists as JSON."""
    columns = [*items[0], *(name for name in TO_FILL_IN if name not in items[0])]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for item in items:
            writer.writerow({name: _cell(value) for name, value in item.items()})


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
