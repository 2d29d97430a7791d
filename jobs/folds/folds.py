"""`taskmill folds`: what each fold holds out, what is trained on meanwhile, what that costs, and whether it holds."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table as Grid

from taskmill.jobs.errors import StepError
from taskmill.jobs.folds.fold_proof import CHANNELS, TRAINABLE, Violation, trained_on, violations
from taskmill.jobs.folds.placed_tasks import fold_count, no_pairs
from taskmill.jobs.storage import tables
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

CONTENT = "same_content"  # of examples; other channels keep whole tasks out
SHOWN = 20
Row = Mapping[str, Any]


def run(context: Context, verify: bool, as_json: bool) -> None:
    """Prints the plan of every fold; with `verify`, also what is on both sides of one.

    Raises:
        TableError: if there are no pairs.
        StepError: with `verify`, if anything is.
    """
    with context.step("folds", "counting"):
        plan = fold_plans(context)
        if not plan:
            raise no_pairs(context, "folds")
        found = violations(context, [fold["fold"] for fold in plan]) if verify else []
    if as_json:
        told = {"folds": plan, "violations": [one.as_row() for one in found]} if verify else {"folds": plan}
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show(plan, Console(highlight=False))
    if found:
        raise StepError(_told(found))
    if verify:
        context.messages.say(f"folds: {counted(len(plan), 'fold')}, nothing on both sides ({', '.join(CHANNELS)})")


def fold_plans(context: Context) -> list[dict[str, Any]]:
    """For each fold: what it holds out, and what is trained on and stays out meanwhile; empty where there are no pairs.

    `unseen_clusters`, `unseen_tasks` and `unseen_examples` count the pairs of the three levels of generalisation;
    `cost` the pairs that stay out for what they share, by channel. A pair that two channels keep out counts for the
    first of them.
    """
    tasks = [row.asDict(recursive=True) for row in context.warehouse.read(tables.TASKS, "folds").collect()]
    folds = range(fold_count(context))
    counted_pairs = _pairs_by_task(context, folds)
    if not counted_pairs:
        return []
    return [_fold_plan(context, fold, tasks, counted_pairs) for fold in folds]


def _pairs_by_task(context: Context, folds: Sequence[int]) -> dict[str, Row]:
    """For each task: pairs in all, and for each fold those trained on, kept out, and unseen examples."""
    pairs = context.warehouse.read(tables.PAIRS, "folds")
    counts = [F.count(F.lit(1)).alias("pairs")]
    for fold in folds:
        out = f"fold <> {fold} AND array_contains(excluded_folds, {fold}) AND {TRAINABLE}"
        is_new = f"fold <> {fold} AND held_out_example AND NOT held_out_task"
        for name, predicate in (("trained", trained_on(fold)), ("out", out), ("new", is_new)):
            counts.append(F.count_if(F.expr(predicate)).alias(f"{name}_{fold}"))
    return {row["task"]: row.asDict() for row in pairs.groupBy("task").agg(*counts).collect()}


def _fold_plan(context: Context, fold: int, tasks: Sequence[Row], pairs: Mapping[str, Row]) -> dict[str, Any]:
    held_out = [row for row in tasks if row["fold"] == fold]
    unseen = [row["task"] for row in tasks if row["held_out_task"] and row["fold"] != fold]
    cost: Counter[str] = Counter()
    excluded: defaultdict[str, list[str]] = defaultdict(list)
    for row in tasks:
        lost = pairs.get(row["task"], {}).get(f"out_{fold}", 0)
        channels = [one["channel"] for one in row["exclusions"] if one["fold"] == fold]
        if lost:
            cost[channels[0] if channels else CONTENT] += lost
        if channels and row["fold"] != fold:
            excluded[channels[0]].append(row["task"])
    sources = [context.catalog.tasks[row["task"]].source for row in held_out if row["task"] in context.catalog.tasks]
    return {
        "fold": fold,
        "clusters": dict(sorted(Counter(row["task_cluster"] for row in held_out).items())),
        "tasks": sorted(row["task"] for row in held_out),
        "examples": sum(row["example_count"] for row in held_out),
        "unseen_clusters": sum(pairs.get(row["task"], {}).get("pairs", 0) for row in held_out),
        "unseen_tasks": sum(pairs.get(name, {}).get("pairs", 0) for name in unseen),
        "unseen_examples": sum(row[f"new_{fold}"] for row in pairs.values()),
        "trained": sum(row[f"trained_{fold}"] for row in pairs.values()),
        "languages": _languages(context, held_out),
        "licences": sorted({source.licence for source in sources}),
        "excluded_tasks": {channel: sorted(names) for channel, names in sorted(excluded.items())},
        "cost": dict(sorted(cost.items())),
    }


def _languages(context: Context, held_out: Sequence[Row]) -> list[str]:
    """The declared languages of these tasks; expressions over rows count as `by row`."""
    found = set()
    for row in held_out:
        task = context.catalog.tasks.get(row["task"])
        for language in task.languages if task else ():
            found.add(language if len(language) <= 12 and "(" not in language else "by row")
    return sorted(found)


def show(plan: Sequence[Row], console: Console) -> None:
    """The plan as a table, and under it what each fold holds out and what its exclusions cost."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("fold", "tasks", "unseen\nclusters", "unseen\ntasks", "unseen\nexamples", "trained\non", "kept\nout"):
        grid.add_column(name, justify="right", overflow="fold")
    for one in plan:
        numbers = (one["unseen_clusters"], one["unseen_tasks"], one["unseen_examples"], one["trained"])
        grid.add_row(
            str(one["fold"]), f"{len(one['tasks']):,}", *(f"{number:,}" for number in numbers),
            f"{sum(one['cost'].values()):,}",
        )  # fmt: skip
    console.print(grid)
    for one in plan:
        clusters = ", ".join(f"{name} ({count})" for name, count in one["clusters"].items())
        console.print(f"\nfold {one['fold']} holds out {clusters or 'nothing'}", soft_wrap=False)
        console.print(f"  languages: {', '.join(one['languages']) or 'none'}; licences: {', '.join(one['licences'])}")
        for channel, pairs in one["cost"].items():
            names = one["excluded_tasks"].get(channel, [])
            of = (
                f" of {', '.join(names[:3])}{f' and {len(names) - 3:,} more' if len(names) > 3 else ''}"
                if names
                else ""
            )
            console.print(f"  kept out: {counted(pairs, 'pair')}{of} ({channel})")


def _told(found: Sequence[Violation]) -> str:
    more = [f"  and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
    lines = [f"folds: {counted(len(found), 'violation')}:", *(f"  {one.told()}" for one in found[:SHOWN]), *more]
    return "\n".join([*lines, "`taskmill run` brings the tables up to date with the rules; then look again"])
