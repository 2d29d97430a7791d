"""The top of the report: the run in a few numbers, and what wants attention first."""

from __future__ import annotations

from collections.abc import Sequence

from langcodes import tag_is_valid

from taskmill.jobs.report.material import Material, Way, ways
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

MOST_NOTICES = 20
URGENT = ("folds", "changes", "funnel")  # sections whose notices come first


def summary_section(material: Material, others: Sequence[Section]) -> Section:
    """What was read and made, and the notices of all other sections."""
    found = ways(material)
    total = sum(found.values(), Way())
    pairs = material.tallies
    languages = {
        one.value or ""
        for kind in ("languages", "prompt_language", "response_language")
        for one in pairs.all_of("pairs", kind)
    }
    wordings = {one.value for one in pairs.all_of("pairs", "template")}
    benchmarks = sum(material.is_benchmark(task) for task in found)
    clusters = {row["task_cluster"] for row in material.tasks}
    sources = {row["source"] for row in material.tasks}
    rows: list[tuple[str, object, str]] = [
        ("Rows read", total.rows, f"from {counted(len(sources), 'source')}"),
        ("Pairs made", total.pairs, f"of {counted(total.examples - total.benchmark, 'example')} to train on"),
        ("Tasks", len(found), f"{counted(benchmarks, 'benchmark')} among them, which make no pairs"),
        ("Task clusters", len(clusters), f"in {counted(len(material.folds), 'fold')}"),
        ("Wordings in use", len(wordings), ""),
        ("Languages", sum(map(tag_is_valid, languages)), "of data, prompts and responses"),
        ("Refused", total.refused + total.refused_pairs, "rows and pairs, in quarantine"),
        ("Overlaps", sum(material.overlapping.values()), "examples with content of held-out ones"),
    ]
    ordered = sorted(others, key=lambda section: section.anchor not in URGENT)
    notices = [(section.anchor, text) for section in ordered for text in section.notices]
    shown = notices[:MOST_NOTICES]
    if len(notices) > len(shown):
        shown.append((notices[MOST_NOTICES][0], f"{len(notices) - len(shown):,} more, told in the sections below."))
    return Section(
        "summary",
        "Summary",
        [
            Part(columns=("figure", "value", "note"), rows=rows, look="tiles", name="totals"),
            Part(
                "What wants attention" if shown else "",
                "" if shown else "Nothing stands out.",
                columns=("section", "notice") if shown else (),
                rows=shown,
                look="notices",
                name="attention",
            ),
        ],
    )


def subtitle(material: Material) -> str:
    """In a line which run this is."""
    if not material.runs:
        return f"Tables: {material.place}"
    run = material.runs[0]
    return (
        f"Run {run['run_id']}, finished {run['finished_at']:%d %B %Y, %H:%M} UTC, taskmill {run['taskmill']}. "
        f"Tables: {material.place}"
    )
