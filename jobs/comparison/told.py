"""A comparison as text for the terminal, as a page and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.text import Text

from taskmill.jobs.comparison.costs import Prices
from taskmill.jobs.comparison.pictures import share_bars
from taskmill.jobs.comparison.rows import OTHER, OURS, Group, Row, confidence_told
from taskmill.jobs.comparison.samples import Sample
from taskmill.jobs.comparison.sentences import Sentence
from taskmill.jobs.report.page import Part, Section, rendered_page
from taskmill.jobs.words import counted, visible

NAME_WIDTH, VALUE_WIDTH = 40, 15  # columns; with the heading of the side that is stronger, 80
MOST_REASONS = 5
NO_BREAK = "\N{NO-BREAK SPACE}"
COLUMNS = ("measure", "ours", "theirs", "stronger")


@dataclass(frozen=True)
class Comparison:
    """All there is to tell."""

    ours: Sample
    other: Sample
    groups: Sequence[Group]
    sentences: Sequence[Sentence]
    prices: Prices

    def figures(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "ours": _figures(self.ours),
            "theirs": _figures(self.other),
            "confidence": confidence_told(),
            "prices": asdict(self.prices),
            "sentences": [one.text for one in self.sentences],
            "measures": [
                {"kind": group.key, **row.record()} for group in self.groups for row in group.rows
            ],
            "said": {group.key: group.text for group in self.groups},
        }  # fmt: skip


def show(found: Comparison, console: Console) -> None:
    """Prints what was read, where each is stronger, and every measure; in 80 columns."""
    for line in _read_lines(found):
        _wrapped(console, line, first="", then=" " * 8)
    console.print()
    for sentence in found.sentences:
        _wrapped(console, sentence.text, first="- ", then="  ")
    for group in found.groups:
        console.print()
        console.print(
            Text(f"{group.title:<{NAME_WIDTH}}", style="bold") + Text(_cells("ours", "theirs") + "  stronger")
        )
        for row in group.rows:
            console.print(_line(row))
        _wrapped(console, group.text, first="  ", then="  ", style="dim")
    console.print()
    _wrapped(console, _method(found), style="dim")


def _wrapped(console: Console, text: str, first: str = "", then: str = "", style: str = "") -> None:
    """A text in lines, of which none begins with a percent sign."""
    tied = visible(text).replace(" %", f"{NO_BREAK}%")
    lines = wrap(tied, console.width, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)
    for line in lines:
        console.print(Text(line.replace(NO_BREAK, " "), style=style), soft_wrap=True)


def page(found: Comparison) -> str:
    """The comparison as HTML; everything from data is escaped by the page."""
    first = Section(
        "plain-words",
        "In plain words",
        [
            Part(
                columns=("section", "what"),
                rows=[(f"kind-{one.group}" if one.group else "sets", one.text) for one in found.sentences],
                look="notices",
            )
        ],
    )
    read = Section(
        "sets",
        "The two sets",
        [
            Part(
                columns=("", "ours", "theirs"),
                rows=list(zip(*_facts(found.ours, found.other), strict=True)),
                numbers=("ours", "theirs"),
            ),
            *_refused(found),
            Part(text=_method(found)),
        ],
    )
    groups = [
        Section(
            f"kind-{group.key}",
            group.title,
            [
                Part(
                    text=group.text,
                    picture=share_bars(group.rows, f"{group.title}: shares of both sets"),
                    columns=COLUMNS,
                    rows=[(row.measure.name, row.shown(OURS), row.shown(OTHER), _side(row)) for row in group.rows],
                    numbers=("ours", "theirs"),
                    name=group.title,
                )
            ],
        )
        for group in found.groups
    ]
    subtitle = f"ours: {found.ours.name}; theirs: {found.other.name}"
    return rendered_page("taskmill compare", subtitle, [first, *groups, read])


def _method(found: Comparison) -> str:
    return (
        f"± is half of the {confidence_told()} interval (delete-a-group jackknife). A set is called stronger where the "
        "difference is beyond noise and worth telling; values without a better side are for taste. docs/compare.md has "
        "every measure with its source and limits."
    )


def _figures(sample: Sample) -> dict[str, Any]:
    reading = sample.reading
    return {
        "name": sample.name,
        "records": reading.records,
        "pairs": reading.pairs,
        "forms": dict(reading.forms),
        "refused": [
            {"reason": reason, "count": count, "first": reading.places[reason]}
            for reason, count in reading.refused.most_common()
        ],
        "sampled_records": sample.record_count,
        "sampled_pairs": len(sample),
        "is_whole": sample.is_whole,
    }


def _read_lines(found: Comparison) -> Iterator[str]:
    for side, sample in ((OURS, found.ours), (OTHER, found.other)):
        yield f"{side:<6}  {sample.name}: {_read(sample)}"
        for reason, count in sample.reading.refused.most_common(MOST_REASONS):
            yield f"        {_cannot(sample, reason, count)}"
        more = len(sample.reading.refused) - MOST_REASONS
        if more > 0:
            yield f"        {counted(more, 'more reason')} in --json"


def _read(sample: Sample) -> str:
    reading = sample.reading
    forms = ", ".join(name for name, _ in reading.forms.most_common())
    records = "" if reading.records == reading.pairs else f" of {counted(reading.records, 'record')}"
    looked = "all looked at" if sample.is_whole else f"{len(sample):,} looked at"
    return f"{counted(reading.pairs, 'pair')}{records} ({forms}), {looked}"


def _cannot(sample: Sample, reason: str, count: int) -> str:
    return f"{counted(count, 'record')} left out: {reason} ({sample.reading.places_told(reason)})"


def _refused(found: Comparison) -> list[Part]:
    rows = [
        (side, reason, count, sample.reading.places_told(reason))
        for side, sample in ((OURS, found.ours), (OTHER, found.other))
        for reason, count in sample.reading.refused.most_common()
    ]
    if not rows:
        return []
    return [Part("Left out", columns=("set", "reason", "records", "where"), rows=rows, numbers=("records",))]


def _facts(*samples: Sample) -> list[list[object]]:
    names = ["set", "records", "pairs", "forms", "records left out", "pairs looked at"]
    values = [
        [
            sample.name, sample.reading.records, sample.reading.pairs, ", ".join(sample.reading.forms),
            sample.reading.refused.total(), len(sample),
        ]
        for sample in samples
    ]  # fmt: skip
    return [list(names), *values]


def _line(row: Row) -> Text:
    side = _side(row)
    style = {OURS: "green", OTHER: "cyan"}.get(side, "")
    line = Text(f"  {row.measure.name:<{NAME_WIDTH - 2}}{_cells(_value(row, OURS), _value(row, OTHER))}")
    return line + Text(f"  {side}", style=style) if side else line


def _cells(ours: str, other: str) -> str:
    return f"{ours:>{VALUE_WIDTH}}{other:>{VALUE_WIDTH}}"


def _value(row: Row, side: str) -> str:
    """A value as it fits its column: rather without its interval than touching the one before."""
    told = row.shown(side)
    return told if len(told) < VALUE_WIDTH else row.shown(side, with_reach=False)


def _side(row: Row) -> str:
    return row.stronger or ""
