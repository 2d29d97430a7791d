"""The part of the report on how long prompts, responses and answers are."""

from __future__ import annotations

from collections import Counter

from taskmill.jobs.report.charts import length_strips, quantile
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section

MOST_ROWS = 60
KINDS = (
    ("Prompts", "pairs", "prompt_chars"),
    ("Responses", "pairs", "response_chars"),
    ("Answers", "examples", "answer_chars"),
)
COLUMNS = ("task", "rows", "mean", "median, about", "95 % up to, about", "longest")
TOLD = {
    "Prompts": "In characters, for each task cluster: darker where it has more of its prompts; each line is ten times "
    "the one before.",
    "Responses": "The same for what is to be answered.",
    "Answers": "The same for the answers of the examples, before any wording.",
}


def lengths_section(material: Material) -> Section | None:
    """For each kind of text how its lengths are spread, by cluster, and figures by task."""
    parts = [part for kind in KINDS if (part := _part(material, *kind)) is not None]
    return Section("lengths", "Lengths", parts) if parts else None


def _part(material: Material, heading: str, table: str, kind: str) -> Part | None:
    tallies = material.tallies.by_task(table, kind)
    if not tallies:
        return None
    by_task = {task: {int(one.value or 0): one.count for one in found} for task, found in tallies.items()}
    longest = {task: max(int(one.largest or 0) for one in found) for task, found in tallies.items()}
    clusters: dict[str, Counter[int]] = {}
    most: Counter[str] = Counter()
    for task, found in by_task.items():
        cluster = material.task(task)["task_cluster"]
        clusters.setdefault(cluster, Counter()).update(found)
        most[cluster] = max(most[cluster], longest[task])
    ordered = sorted(clusters, key=lambda name: (-clusters[name].total(), name))[:MOST_ROWS]
    strips = [
        (name, clusters[name], f"{min(quantile(clusters[name], 0.5), most[name]):,}; {most[name]:,}")
        for name in ordered
    ]
    rows = [
        (
            task,
            sum(found.values()),
            sum(one.total or 0 for one in tallies[task]) / sum(found.values()),
            *(min(quantile(found, share), longest[task]) for share in (0.5, 0.95)),
            longest[task],
        )
        for task, found in sorted(by_task.items())
    ]
    return Part(
        heading,
        TOLD[heading],
        length_strips(strips, "median, about; longest", f"Lengths of {heading.lower()} by task cluster"),
        is_wide=True,
        columns=COLUMNS,
        rows=rows,
        numbers=COLUMNS[1:],
        fold="Figures by task",
    )
