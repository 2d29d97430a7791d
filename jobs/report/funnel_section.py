"""The part of the report on where every row went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from taskmill.jobs.report.charts import Share, flow, shortened, stacked_bars
from taskmill.jobs.report.material import Material, Way, ways
from taskmill.jobs.report.page import Part, Section, percentage
from taskmill.jobs.words import counted

MOST_ROWS = 60  # of a picture; the table has them all
MOST_CHARS = 60  # of a name in a sentence
MANY_LOST = 0.2  # of the rows or wordings of a task: worth a look
COLUMNS = (
    "task",
    "cluster",
    "rows",
    "refused",
    "left out",
    "copies",
    "duplicates",
    "examples",
    "wordings",
    "repeats",
    "refused pairs",
    "not published",
    "pairs",
)


def funnel_section(material: Material) -> Section | None:
    """Rows and pairs as flows, then each cluster and each task."""
    found = ways(material)
    if not found:
        return None
    clusters: dict[str, Way] = defaultdict(Way)
    for task, way in found.items():
        clusters[material.task(task)["task_cluster"]] += way
    ordered = dict(sorted(clusters.items(), key=lambda one: (-one[1].rows, one[0])))
    total = sum(found.values(), Way())
    return Section(
        "funnel",
        "Where every row went",
        [
            Part(
                "From rows to examples",
                "Every row of every source is in exactly one of these places. Copies are identical rows, taken "
                "together; duplicates are equal or nearly equal to an example that was kept; left out are rows that "
                "the source's own conditions do not select.",
                flow("rows read", total.rows, _fates(total), "What became of the rows"),
                columns=("place", "rows"),
                rows=[(one.name, one.count) for one in _fates(total)],
                numbers=("rows",),
                fold="Figures",
            ),
            Part(
                "From examples to pairs",
                "Each example to train on is given to some of its task's wordings. A repeat is a pair equal to another "
                "one, for instance because its wording leaves out what makes its example different.",
                flow("wordings drawn", total.wordings, _pair_fates(total), "What became of the wordings drawn"),
                columns=("place", "pairs"),
                rows=[(one.name, one.count) for one in _pair_fates(total)],
                numbers=("pairs",),
                fold="Figures",
            ),
            Part(
                "By task cluster",
                "The same for the rows of each cluster; the number is how many were read.",
                _bars(ordered, "Where the rows of each task cluster went"),
                is_wide=True,
                columns=("cluster", *COLUMNS[2:]),
                rows=[(name, *_numbers(way)) for name, way in ordered.items()],
                numbers=COLUMNS[2:],
                fold="Figures",
            ),
            Part(
                "By task",
                "Tasks that lost most of their rows first."
                + (f" The first {MOST_ROWS} of {len(found):,}." if len(found) > MOST_ROWS else ""),
                _bars(
                    dict(sorted(found.items(), key=lambda one: -_lost(one[1]))[:MOST_ROWS]),
                    "Where the rows of each task went",
                ),
                is_wide=True,
                columns=COLUMNS,
                rows=[(task, material.task(task)["task_cluster"], *_numbers(way)) for task, way in found.items()],
                numbers=COLUMNS[2:],
                fold=f"Figures of all {counted(len(found), 'task')}",
            ),
        ],
        _notices(material, found),
    )


def _fates(way: Way) -> list[Share]:
    return [
        Share("examples to train on", way.examples - way.benchmark, 0),
        Share("examples of benchmarks", way.benchmark, 4),
        Share("duplicates", way.duplicates, 1),
        Share("copies", way.copies, 6),
        Share("refused", way.refused, 5),
        Share("left out", way.left_out, 7),
    ]


def _pair_fates(way: Way) -> list[Share]:
    return [
        Share("pairs", way.pairs, 0),
        Share("repeats", way.repeats, 1),
        Share("refused", way.refused_pairs, 5),
        Share("not published", way.unpublished, 7),
    ]


def _bars(found: Mapping[str, Way], told: str) -> str:
    return stacked_bars([(name, _fates(way), f"{way.rows:,}") for name, way in found.items()], told)


def _numbers(way: Way) -> tuple[int, ...]:
    return (
        way.rows,
        way.refused,
        way.left_out,
        way.copies,
        way.duplicates,
        way.examples,
        way.wordings,
        way.repeats,
        way.refused_pairs,
        way.unpublished,
        way.pairs,
    )


def _lost(way: Way) -> float:
    return (way.refused + way.left_out + way.copies + way.duplicates) / max(way.rows, 1)


def _notices(material: Material, found: Mapping[str, Way]) -> list[str]:
    notices = []
    none = [task for task, way in found.items() if not way.pairs and not material.is_benchmark(task)]
    if none:
        notices.append(f"{counted(len(none), 'task')} made no pairs: {listed(none)}.")
    for what, share in (
        ("rows refused", {task: way.refused / max(way.rows, 1) for task, way in found.items()}),
        (
            "rows left as duplicates or copies",
            {task: (way.duplicates + way.copies) / max(way.rows, 1) for task, way in found.items()},
        ),
        ("pairs refused", {task: way.refused_pairs / max(way.wordings, 1) for task, way in found.items()}),
        ("pairs repeat others", {task: way.repeats / max(way.wordings, 1) for task, way in found.items()}),
    ):
        many = sorted((task for task in share if share[task] > MANY_LOST), key=lambda task: (-share[task], task))
        if many:
            told = listed([f"{task} ({percentage(share[task])})" for task in many])
            notices.append(f"More than {percentage(MANY_LOST)} of the {what}: {told}.")
    return notices


def listed(names: Sequence[str], most: int = 4) -> str:
    """Some of the names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(shortened(name, MOST_CHARS) for name in names[:most]) + more
