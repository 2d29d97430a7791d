"""The part of the report on languages and licences."""

from __future__ import annotations

from collections import Counter

from langcodes import Language, tag_is_valid

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

MOST_BARS = 25
KINDS = (
    ("Languages of the data", "languages", "A pair of several languages counts for each of them."),
    ("Languages of the prompts", "prompt_language", "What the wordings are written in."),
    ("Languages of the responses", "response_language", "What is to be answered in."),
)


def languages_section(material: Material) -> Section | None:
    """Pairs by language, of data, wordings and responses."""
    parts = []
    notices = []
    for heading, kind, told in KINDS:
        counts = material.tallies.totals("pairs", kind)
        kinds = _values(material, kind)
        if not counts:
            continue
        ordered = [(tag, count) for tag, count in _ordered(counts) if tag]
        tasks = _tasks(material, kind)
        shown = [(language_name(tag), count, counted(tasks[tag], "task")) for tag, count in ordered[:MOST_BARS]]
        parts.append(
            Part(
                heading,
                told + (f" The first {MOST_BARS} of {len(ordered):,}." if len(ordered) > MOST_BARS else "") + kinds,
                bars(shown, f"Pairs by {heading[0].lower()}{heading[1:]}"),
                columns=("tag", "language", "pairs", "tasks"),
                rows=[(tag, language_name(tag), count, tasks[tag]) for tag, count in ordered],
                numbers=("pairs", "tasks"),
                fold="Figures",
            )
        )
        wrong = [tag for tag, _ in ordered if not tag_is_valid(tag)]
        if wrong:
            notices.append(f"Values of {kind} that are no language tags: {listed(wrong)}.")
    return Section("languages", "Languages", parts, notices) if parts else None


def licences_section(material: Material) -> Section | None:
    """Pairs by licence, and what must not be trained on."""
    counts = material.tallies.totals("pairs", "licence")
    if not counts:
        return None
    tasks = _tasks(material, "licence")
    marks = material.tallies.by_task("pairs", "do_not_train")
    held = {task: sum(one.count for one in found if one.value == "true") for task, found in marks.items()}
    held = {task: count for task, count in held.items() if count}
    notices = (
        [f"{counted(sum(held.values()), 'pair')} that owners ask not to train on: {listed(sorted(held))}."]
        if held
        else []
    )
    parts = [
        Part(
            text="As the sources declare them; each pair carries its own.",
            picture=bars(
                [(name, count, counted(tasks[name], "task")) for name, count in _ordered(counts)], "Pairs by licence"
            ),
            columns=("licence", "pairs", "tasks"),
            rows=[(name, count, tasks[name]) for name, count in _ordered(counts)],
            numbers=("pairs", "tasks"),
            fold="Figures",
        )
    ]
    if held:
        parts.append(
            Part(
                "Not to be trained on",
                "Their owners ask for it; export keeps them off the training side.",
                columns=("task", "pairs"),
                rows=sorted(held.items()),
                numbers=("pairs",),
            )
        )
    return Section("licences", "Licences", parts, notices)


def language_name(tag: str) -> str:
    """`German (de)`; a tag that is none as it is."""
    return f"{Language.get(tag).display_name()} ({tag})" if tag_is_valid(tag) else tag


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _tasks(material: Material, kind: str) -> Counter[str]:
    """How many tasks have each value."""
    return Counter(one.value or "" for one in material.tallies.all_of("pairs", kind))


def _values(material: Material, kind: str) -> str:
    """Says so when a task has more values than are kept of it."""
    rest = [one for one in material.tallies.all_of("pairs", kind) if one.value is None]
    return f" Left out: {sum(one.count for one in rest):,} pairs of values that are rare in their task." if rest else ""
