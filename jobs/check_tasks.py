"""examples -> gates: whether each task is fit to be published, before any pair of it is rendered.

Reads `examples`, `duplicates` and counts of `quarantine`. Writes `gates`, one row for each task and gate: pass, warn or
block, with the evidence. `render` leaves the pairs of blocked tasks out, and the run goes on. Only tasks whose
examples, templates or limits have changed are looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.examples import LEAVING
from taskmill.jobs.gates.answer_counts import answer_counts, conflicts
from taskmill.jobs.gates.option_counts import option_counts
from taskmill.jobs.gates.shapes import shapes
from taskmill.jobs.gates.text_samples import TextSample, text_samples
from taskmill.jobs.gates.verdicts_of import NO_SAMPLE, Statistics, verdicts_of
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import CHECK_TASKS, DEDUPLICATE, INGEST, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.gates.answers import AnswerCounts, Conflicts
from taskmill.udfs.gates.verdicts import BLOCK, WARN
from taskmill.udfs.ids import fingerprint

STEP = CHECK_TASKS
RULES = "gates-2"  # raise when the same examples would get other verdicts
REFUSED_LABEL = "label_out_of_range"
# Gates that want the same to be counted.
OF_TEXTS = frozenset({"lexical_giveaway", "outside_definition"})
OF_ANSWERS = OF_TEXTS | {"single_output", "majority", "label_entropy", "conflicting_outputs"}
OF_OPTIONS = frozenset({"position_bias", "length_bias"})
OF_SHAPES = frozenset({"unused_field", "idle_template", "sparse_language"})
SHOWN = 3
Row = Mapping[str, Any]


def run(context: Context) -> None:
    """Brings `gates` up to date."""
    fingerprints = task_fingerprints(context)
    stale = context.ledger.stale(STEP, fingerprints)
    gone = context.ledger.gone(STEP, fingerprints)
    if gone:
        context.warehouse.delete(tables.GATES, f"task IN {sql_list(gone)}")
        context.ledger.remove(STEP, gone)
    if stale:
        with context.step(STEP, counted(len(stale), "task")) as seconds:
            context.ledger.begin(STEP, stale)
            rows = gate_rows(context, stale)
            frame = context.spark.createDataFrame(rows, tables.GATES.schema)
            context.warehouse.replace(tables.GATES, frame, f"task IN {sql_list(stale)}")
            blocked = {row["task"] for row in rows if row["verdict"] == BLOCK}
            counts = {task: Counts(rows_in=1, rows_out=1) for task in stale}
            outputs = {task: BLOCK if task in blocked else "" for task in stale}
            context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs)
        tell(context, rows, len(stale))
    else:
        context.messages.say(f"{STEP}: up to date")
    tell_of_blocked(context)


def task_fingerprints(context: Context) -> dict[str, str]:
    """For each task what its verdicts depend on: its rows, the limits, and what templates want (not their text)."""
    limits = {name: (one.warn, one.block) for name, one in context.pipeline.gates.limits().items()}
    ingested = context.ledger.done(INGEST)
    found = {}
    for name, entry in context.ledger.done(DEDUPLICATE).items():
        if name not in context.catalog.tasks:
            continue  # its source left the catalog, and earlier steps have not been told
        task = context.catalog.tasks[name]
        templates = [(one.name, one.language, one.needs, one.uses) for one in task.templates]
        excepted = sorted(context.pipeline.gates.excepted_of(name))
        found[name] = fingerprint(
            RULES, entry.output, ingested[name].fingerprint, templates, task.follows_data, task.choices,
            sorted(task.mapping.fields), task.is_benchmark, limits, excepted,
        )  # fmt: skip
    return found


def gate_rows(context: Context, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of `gates` of these tasks: some for each, whatever the number of its examples."""
    gates = context.pipeline.gates
    limits, statistics = gates.limits(), statistics_of(context, names)
    return [
        {
            "task": name, "gate": one.gate, "verdict": one.verdict, "value": float(one.value),
            "limit": None if one.limit is None else float(one.limit), "excepted": excepted, "evidence": one.evidence,
            "example_ids": list(one.example_ids), "run_id": context.run_id,
        }
        for name in names
        for one, excepted in verdicts_of(
            context.catalog.tasks[name], statistics[name], limits, gates.excepted_of(name)
        )
    ]  # fmt: skip


def statistics_of(context: Context, names: Sequence[str]) -> dict[str, Statistics]:
    """What is counted of these tasks, as far as gates that are not off want to know it."""
    read, kept = context.ledger.done(INGEST), context.ledger.done(DEDUPLICATE)
    on = context.pipeline.gates.limits().keys()
    tasks = [context.catalog.tasks[name] for name in names if kept[name].counts.rows_out]
    with ThreadPoolExecutor(max_workers=2) as pool:  # small jobs, which would wait for each other
        refused = pool.submit(refused_labels, context, names if "outside_choices" in on else ())
        options = pool.submit(option_counts, context, tasks if on & OF_OPTIONS else ())
        shaped = pool.submit(shapes, context, tasks if on & OF_SHAPES else ())
        answers, contradicting, texts = answers_of(context, tasks, on)
    return {
        name: Statistics(
            examples=kept[name].counts.rows_out,
            rows=read[name].counts.rows_in - read[name].counts.not_selected,
            refused=refused.result().get(name, 0),
            answers=answers.get(name),
            conflicts=contradicting.get(name, Conflicts(0, 0)),
            options=options.result().get(name),
            shapes=shaped.result().get(name, ()),
            texts=texts.get(name, NO_SAMPLE),
        )
        for name in names
    }


def answers_of(
    context: Context, tasks: Sequence[Task], on: AbstractSet[str]
) -> tuple[Mapping[str, AnswerCounts], Mapping[str, Conflicts], Mapping[str, TextSample]]:
    """How answers are spread, which inputs have several, and what texts say, of the tasks whose answer is known."""
    answering = [task for task in tasks if task.task_type.answer is not None]
    if not on & OF_ANSWERS or not answering:
        return {}, {}, {}
    answers = answer_counts(context, [task.name for task in answering])
    one_answer = [task.name for task in answering if not task.has_each_answer and "conflicting_outputs" in on]
    sampled = answering if on & OF_TEXTS else ()
    return answers, conflicts(context, one_answer), text_samples(context, sampled, answers)


def refused_labels(context: Context, names: Sequence[str]) -> dict[str, int]:
    """How many rows of each task were quarantined for a label that is none of the choices."""
    if not names:
        return {}
    refused = context.warehouse.read(tables.QUARANTINE, STEP).where(
        f"step = '{INGEST}' AND task IN {sql_list(names)} AND array_contains(reasons, '{REFUSED_LABEL}')"
    )
    return {row["task"]: row["count"] for row in refused.groupBy("task").count().collect()}


def tell(context: Context, rows: Sequence[Row], checked: int) -> None:
    """A line for the tasks, and one for each gate that warns or blocks."""
    by_gate: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["verdict"] in {WARN, BLOCK}:
            by_gate[row["gate"]].append(row)
    flagged = {row["task"] for found in by_gate.values() for row in found}
    context.messages.say(
        f"{STEP}: {counted(checked, 'task')}, {checked - len(flagged):,} without a remark"
        + ("; `taskmill gates` tells of the others" if flagged else ""),
        step=STEP, tasks=checked, flagged=len(flagged),
    )  # fmt: skip
    for gate, found in by_gate.items():
        blocks = sum(row["verdict"] == BLOCK for row in found)
        told = f"blocks {counted(blocks, 'task')}" if blocks else ""
        warned = f"warns of {counted(len(found) - blocks, 'task')}" if len(found) > blocks else ""
        names = [row["task"] for row in sorted(found, key=lambda row: (row["verdict"] != BLOCK, row["task"]))]
        context.messages.say(f"  {gate} {' and '.join(filter(None, (told, warned)))}: {_listed(names)}")


def tell_of_blocked(context: Context) -> None:
    """Warns of tasks of which nothing is published, and of what others lose with them."""
    blocked = sorted(task for task, entry in context.ledger.done(STEP).items() if entry.output == BLOCK)
    if not blocked:
        return
    rows = context.warehouse.read(tables.GATES).where(f"verdict = '{BLOCK}'").select("task", "gate", "evidence")
    reasons = sorted((row["task"], row["gate"], row["evidence"]) for row in rows.collect())
    told = "; ".join(f"{task} ({gate}: {evidence})" for task, gate, evidence in reasons[:SHOWN])
    more = f" and {len(reasons) - SHOWN:,} more" if len(reasons) > SHOWN else ""
    task, gate, _ = reasons[0]
    context.messages.warn(
        f"{STEP}: nothing is rendered of {counted(len(blocked), 'blocked task')}: {told}{more}. To render it all the "
        f"same: `gates: {{except: {{{task}: [{gate}]}}}}` in the pipeline file"
    )
    for name, lost in sorted(lost_to_blocked(context, blocked).items()):
        context.messages.warn(
            f"{STEP}: {counted(lost, 'example')} of {name} left as duplicates of blocked tasks' examples; give the "
            "blocked source a higher `priority` number, so that it gives way, or take it out of `sources`"
        )


def lost_to_blocked(context: Context, blocked: Sequence[str]) -> dict[str, int]:
    """How many examples of other tasks were removed because a blocked task has them too."""
    rows = context.warehouse.read(tables.DUPLICATES).where(
        f"{LEAVING} AND kept_task IN {sql_list(blocked)} AND task NOT IN {sql_list(blocked)}"
    )
    return {row["task"]: row["lost"] for row in rows.groupBy("task").agg(F.count(F.lit(1)).alias("lost")).collect()}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


if __name__ == "__main__":
    main(run)
