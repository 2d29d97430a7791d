"""Shares of both sets as bars, with what each is between."""

from __future__ import annotations

from collections.abc import Sequence

from taskmill.jobs.comparison.rows import OTHER, OURS, Row
from taskmill.jobs.report.charts import FONT, Layout, in_both_layouts
from taskmill.jobs.report.svg import element, label, picture, text_width
from taskmill.udfs.measures.jackknife import Estimate

TALL, GAP = 9.0, 1.0  # units: a bar, and what is between the two of a measure
PITCH, NARROW_PITCH = 30.0, 44.0
WIDE = 380.0  # units: 100 %
LEGEND = 24.0
COLOURS = {OURS: 0, OTHER: 1}  # of the page, told apart by the colour-blind


def share_bars(rows: Sequence[Row], told: str) -> str:
    """Two bars for each measure that is a share, a line over each for its interval; empty where all there are are 0."""
    shares = [row for row in rows if row.measure.look == "share" and _values(row)]
    if not any(map(any, map(_values, shares))):
        return ""
    return in_both_layouts(lambda layout: _bars(shares, told, layout))


def _values(row: Row) -> list[float]:
    return [estimate.value for estimate in (row.ours, row.other) if estimate is not None]


def _bars(rows: Sequence[Row], told: str, layout: Layout) -> str:
    pitch = NARROW_PITCH if layout.is_narrow else PITCH
    left, wide = layout.left([row.measure.name for row in rows]), layout.wide(WIDE)
    parts = _legend(left)
    for place, row in enumerate(rows):
        y = LEGEND + place * pitch
        parts += layout.told(row.measure.name, "", y, left, left + wide)
        y += layout.bar
        parts.append(element("line", x1=left, x2=left, y1=y - 1, y2=y + 2 * TALL + GAP + 1, class_="line"))
        for side, estimate in ((OURS, row.ours), (OTHER, row.other)):
            if estimate is not None and estimate.value > 0:
                parts += _bar(f"{row.measure.name}, {side}: {row.shown(side)}", estimate, side, left, y, wide)
            y += TALL + GAP
    return picture(layout.width(left + wide, []), LEGEND + len(rows) * pitch, parts, told)


def _bar(title: str, estimate: Estimate, side: str, left: float, y: float, wide: float) -> list[str]:
    low, high = (min(max(end, 0.0), 1.0) * wide for end in estimate.interval)
    colour = f"c{COLOURS[side]}"
    length = estimate.value * wide
    bar = element("rect", title=title, x=left, y=y, width=max(length, 1.5), height=TALL, class_=colour)
    if high - low < 1:
        return [bar]
    return [
        bar,
        element("rect", title=title, x=left + low, y=y + TALL / 2 - 1, width=high - low, height=2.0, class_="c7"),
    ]


def _legend(left: float) -> list[str]:
    parts, x = list[str](), left
    for side, colour in COLOURS.items():
        parts.append(element("rect", x=x, y=4.0, width=12.0, height=12.0, class_=f"c{colour}"))
        parts.append(label(side, x=x + 17, y=15.0, font_size=FONT))
        x += text_width(side, FONT) + 40
    parts.append(label("of 100 %, and what it is between", x=x, y=15.0, font_size=FONT - 1, class_="quiet"))
    return parts
