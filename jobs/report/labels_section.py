"""The part of the report on answers: whether a task's labels are balanced, and where the right choice stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskmill.jobs.report.charts import COLOURS, FADED, Share, stacked_bars
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section, percentage
from taskmill.jobs.report.tallies import Tally
from taskmill.jobs.words import counted

MOST_TASKS = 60
SEGMENTS = FADED - 1  # labels with a colour of their own; the others are one piece
MOST_LABELS = 5  # of a task, named in the table
FEW_LABELS = 40  # a task with more different answers, most of which occur once, has texts for answers
REPEATED = 0.5  # the share of a task's examples whose answers occur several times, for them to be labels
DOMINANT = 0.9
LEAST_EXAMPLES = 50  # of fewer nothing can be told
Values = Sequence[Tally]


def labels_section(material: Material) -> Section | None:
    """Tasks whose answers are labels, and the positions of right choices."""
    answers = material.tallies.by_task("examples", "answer")
    examples = material.tallies.counts("examples", "answer_chars")
    labels = {task: found for task, found in answers.items() if are_labels(found, examples[task])}
    positions = material.tallies.by_task("pairs", "gold_position")
    if not labels and not positions:
        return None
    largest = sorted(labels, key=lambda task: (-examples[task], task))[:MOST_TASKS]
    placed = sorted(positions, key=lambda task: (-_count(positions[task]), task))[:MOST_TASKS]
    return Section(
        "labels",
        "Answers",
        [
            Part(
                "Labels",
                "Tasks whose answers are a few labels: how often each is the right one, the most frequent first. The "
                "number is how many examples were read." + _first_of(len(largest), len(labels)),
                stacked_bars(
                    [(task, shares(labels[task]), f"{_count(labels[task]):,}") for task in largest],
                    "How often each label is right, by task",
                    legend=False,
                ),
                is_wide=True,
                columns=("task", "examples", "labels", "most frequent", "its share", "the next"),
                rows=[_label_row(task, labels[task]) for task in sorted(labels)],
                numbers=("examples", "labels", "its share"),
                shares=("its share",),
                fold="Figures",
            ),
            Part(
                "Places of the right choice",
                "Of pairs that offer choices: in which place the right one stands. A place that is right too often "
                "can be learnt instead of the task." + _first_of(len(placed), len(positions)),
                stacked_bars(
                    [(task, _places(positions[task]), f"{_count(positions[task]):,}") for task in placed],
                    "In which place the right choice stands, by task",
                    legend=False,
                ),
                is_wide=True,
                columns=("task", "pairs", "places", "most frequent place", "its share"),
                rows=[_place_row(task, found) for task, found in sorted(positions.items())],
                numbers=("pairs", "places", "most frequent place", "its share"),
                shares=("its share",),
                fold="Figures",
            ),
        ],
        _notices(labels),
    )


def are_labels(found: Values, examples: int) -> bool:
    """Whether a task's answers are labels rather than texts: most of its examples share theirs with others."""
    kinds = sum(one.values for one in found)
    repeated = sum(one.count for one in found if one.value is not None and one.count > 1)
    return kinds <= max(FEW_LABELS, examples // 20) and repeated >= REPEATED * max(examples, 1)


def shares(found: Values, most: int = SEGMENTS) -> list[Share]:
    """The most frequent values as pieces of a bar, the others as one."""
    named = [one for one in found if one.value is not None][:most]
    pieces = [Share(str(one.value), one.count, place % COLOURS) for place, one in enumerate(named)]
    others = _count(found) - sum(piece.count for piece in pieces)
    kinds = sum(one.values for one in found) - len(named)
    return [*pieces, Share(f"{kinds:,} others", others, FADED)] if others else pieces


def _places(found: Values) -> list[Share]:
    """Places in their order."""
    ordered = sorted(found, key=lambda one: (one.value is None, int(one.value or 0)))
    told = [
        Share(str(int(one.value) + 1), one.count, place % FADED)
        for place, one in enumerate(ordered[:SEGMENTS])
        if one.value is not None
    ]
    others = _count(found) - sum(one.count for one in told)
    return [*told, Share("later ones", others, FADED)] if others else told


def _count(found: Values) -> int:
    return sum(one.count for one in found)


def _label_row(task: str, found: Values) -> tuple[object, ...]:
    first = found[0]
    named = [f"{one.value} ({one.count:,})" for one in found[1:MOST_LABELS] if one.value is not None]
    return (
        task,
        _count(found),
        sum(one.values for one in found),
        first.value,
        first.count / _count(found),
        "; ".join(named),
    )


def _place_row(task: str, found: Values) -> tuple[object, ...]:
    first = found[0]
    return task, _count(found), sum(one.values for one in found), int(first.value or 0) + 1, first.count / _count(found)


def _first_of(shown: int, there: int) -> str:
    return f" The largest {shown:,} of {counted(there, 'task')}." if shown < there else ""


def _notices(labels: Mapping[str, Values]) -> list[str]:
    enough = {task: found for task, found in labels.items() if _count(found) >= LEAST_EXAMPLES}
    only = sorted(task for task, found in enough.items() if len(found) == 1)
    notices = [f"{task}: every answer is {enough[task][0].value!r}." for task in only]
    for task, found in sorted(enough.items()):
        share = found[0].count / _count(found)
        if DOMINANT < share < 1:
            notices.append(f"{task}: {percentage(share)} of the answers are {found[0].value!r}.")
    return notices
