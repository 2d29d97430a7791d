"""The part of the report on examples to train on that have content of held-out ones."""

from __future__ import annotations

from collections import Counter, defaultdict

from taskmill.jobs.report.charts import Share, bars, stacked_bars
from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.material import Material, Row
from taskmill.jobs.report.page import Part, Section, percentage

# Kinds with their colours, and what holds an example out: docs/contamination.md.
KINDS = {"same_question_and_answer": 5, "same_question": 1, "same_context": 4, "same_text": 0, "same_group": 3}
CHANNELS = {
    "benchmark": "of a benchmark",
    "task": "of a task kept out of all training",
    "fold": "of a fold",
    "split": "of the same task's test split",
}
EXAMPLES_EACH = 2
MANY = 0.05  # of a task's examples: worth a look


def contamination_section(material: Material) -> Section | None:
    """By kind and channel, by fold, by task, and the most telling examples."""
    counts = material.tallies.totals("contamination", "kind")
    if not counts:
        return None
    by_channel: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in counts.items():
        kind, channel = name.split(" ")
        by_channel[channel][kind] = count
    rows = [
        (CHANNELS.get(channel, channel), _pieces(found), f"{sum(found.values()):,}")
        for channel, found in sorted(by_channel.items())
    ]
    folds = sorted(
        material.tallies.totals("contamination", "excluded_folds").items(), key=lambda one: int(one[0] or -1)
    )
    tasks = material.tallies.by_task("contamination", "kind")
    telling = _telling(material)
    columns = (
        "kind",
        "example of",
        "held-out example of",
        "share",
        "words",
        "what both have",
        "examples like it",
        "id",
        "other id",
    )
    return Section(
        "contamination",
        "Overlaps with what is held out",
        [
            Part(
                "By kind",
                "Examples to train on that have content of an example that is held out. They stay out of the training "
                "sets of those folds, and only of these. An example counts for each held-out task it overlaps.",
                stacked_bars(rows, "Overlapping examples by kind and by why the other one is held out"),
                is_wide=True,
                columns=("held-out example is", "kind", "examples"),
                rows=[
                    (CHANNELS.get(channel, channel), kind, count)
                    for channel, found in sorted(by_channel.items())
                    for kind, count in sorted(found.items())
                ],
                numbers=("examples",),
                fold="Figures",
            ),
            Part(
                "By fold",
                "Examples that stay out of a fold's training set for their content.",
                bars([(f"fold {fold}", count, "") for fold, count in folds], "Examples kept out by fold"),
                columns=("fold", "examples"),
                rows=folds,
                numbers=("examples",),
                fold="Figures",
            )
            if folds
            else Part(),
            Part(
                "By task",
                "",
                columns=("task", *KINDS, "of its examples"),
                rows=_task_rows(material),
                numbers=(*KINDS, "of its examples"),
                shares=("of its examples",),
                fold=f"Figures of {len(tasks):,} tasks",
            ),
            Part(
                "The most telling",
                "Runs of words that an example to train on has in common with a held-out one, in lower case.",
                columns=columns,
                rows=[
                    (
                        row["kind"],
                        row["task"],
                        row["other_task"],
                        row["share"],
                        row["words"],
                        row["span"],
                        row["examples"],
                        row["example_id"],
                        row["other_id"],
                    )
                    for row in telling
                ],
                numbers=("share", "words", "examples like it"),
                shares=("share",),
            ),
        ],
        _notices(material),
    )


def _pieces(found: dict[str, int]) -> list[Share]:
    return [Share(kind, found[kind], colour) for kind, colour in KINDS.items() if kind in found]


def _task_rows(material: Material) -> list[tuple[object, ...]]:
    shares = _shares(material)
    rows = []
    for task, found in sorted(material.tallies.by_task("contamination", "kind").items()):
        kinds: Counter[str] = Counter()
        for one in found:
            kinds[(one.value or "").split(" ")[0]] += one.count
        rows.append((task, *(kinds[kind] for kind in KINDS), shares.get(task, 0.0)))
    return rows


def _shares(material: Material) -> dict[str, float]:
    """The share of each task's examples that overlap held-out ones."""
    return {task: count / max(material.task(task)["example_count"], 1) for task, count in material.overlapping.items()}


def _telling(material: Material) -> list[Row]:
    """For each kind and channel the examples with most words in common."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(material.overlaps, key=lambda row: (-(row["words"] or 0), row["task"], row["other_task"])):
        groups[row["kind"], row["held_out"]].append(row)
    ordered = sorted(groups, key=lambda key: (list(KINDS).index(key[0]) if key[0] in KINDS else len(KINDS), key[1]))
    told = {}
    for key in ordered:
        different = {row["span"]: row for row in reversed(groups[key])}  # of those with one span the first
        for row in sorted(different.values(), key=groups[key].index)[:EXAMPLES_EACH]:
            told[row["example_id"], row["other_id"]] = row
    return list(told.values())


def _notices(material: Material) -> list[str]:
    many = {task: share for task, share in _shares(material).items() if share > MANY}
    if not many:
        return []
    ordered = sorted(many, key=lambda task: (-many[task], task))
    told = listed([f"{task} ({percentage(many[task])})" for task in ordered])
    return [f"More than {percentage(MANY)} of the examples overlap held-out ones: {told}."]
