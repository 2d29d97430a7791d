"""Charts of counts: where a number of things went, bars, stacked bars, and how lengths are spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor

from taskmill.jobs.report.page import percentage
from taskmill.jobs.report.svg import element, label, picture, text_width
from taskmill.jobs.report.tallies import BINS_PER_DECADE, bin_start

FONT = 13.0
TALL = 16.0  # units: a bar
NARROW = 360.0  # units a picture takes on a phone
COLOURS = 8  # classes c0, c1... of the page
NAME_CHARS = 38
FLOW_HEIGHT, FLOW_WIDTH, BAR = 190.0, 560.0, 16.0
LEAST = 1.5  # units: what there is can be seen
FADED = 7  # the colour of what is left out, or of all the others


@dataclass(frozen=True)
class Share:
    """A piece of something: its name, how many, and the number of its colour."""

    name: str
    count: int
    colour: int


def shortened(name: str, chars: int = NAME_CHARS) -> str:
    return name if len(name) <= chars else name[: chars - 1] + "…"


def flow(name: str, total: int, shares: Sequence[Share], told: str) -> str:
    """A bar that parts into its shares, each with its number: what became of `total`."""
    return in_both_layouts(lambda layout: _flow(name, total, shares, told, layout))


def _flow(name: str, total: int, shares: Sequence[Share], told: str, layout: Layout) -> str:
    there = [share for share in shares if share.count]
    top, gap = 26.0, 10.0
    heights = [max(LEAST, FLOW_HEIGHT * share.count / max(total, 1)) for share in there]
    parts = [label(f"{total:,} {name}", x=0.0, y=14.0, font_size=FONT, font_weight=600)]
    parts.append(element("rect", title=f"{total:,} {name}", x=0.0, y=top, width=BAR, height=sum(heights), class_="c7"))
    middle, left, y = 70.0 if layout.is_narrow else 200.0, top, top
    for share, height in zip(there, heights, strict=True):
        text = f"{share.count:,} {share.name}"
        title = f"{text}: {percentage(share.count / max(total, 1))}"
        colour = f"c{share.colour}"
        bend = (BAR + middle) / 2
        path = (
            f"M{BAR:g} {left:.1f} C{bend:.1f} {left:.1f} {bend:.1f} {y:.1f} {middle:.1f} {y:.1f} "
            f"L{middle:.1f} {y + height:.1f} C{bend:.1f} {y + height:.1f} {bend:.1f} {left + height:.1f} "
            f"{BAR:g} {left + height:.1f} Z"
        )
        parts.append(element("path", title=title, d=path, class_=f"ribbon {colour}"))
        parts.append(element("rect", title=title, x=middle, y=y, width=BAR, height=height, class_=colour))
        line = y + max(height / 2, 8.0)
        more = element("tspan", percentage(share.count / max(total, 1)), dx=8.0, class_="quiet")
        parts.append(element("text", escape(text), more, x=middle + BAR + 8, y=line + 4, font_size=FONT))
        left += height
        y += max(height, 16.0) + gap
    return picture(layout.wide(FLOW_WIDTH), max(y, top + FLOW_HEIGHT), parts, told)


def in_both_layouts(draw: Callable[[Layout], str]) -> str:
    """A picture for wide pages, and one for narrow ones, of which the page shows the one that fits."""
    pictures = [("broad", draw(Layout(is_narrow=False))), ("narrow", draw(Layout(is_narrow=True)))]
    return "".join(element("div", drawn, class_=name) for name, drawn in pictures)


@dataclass(frozen=True)
class Layout:
    """How rows of bars lie: the name before the bar, or on narrow pages above it."""

    is_narrow: bool

    @property
    def pitch(self) -> float:
        return 40.0 if self.is_narrow else 24.0

    @property
    def bar(self) -> float:
        """Where the bar begins below the top of its row."""
        return 18.0 if self.is_narrow else 4.0

    def left(self, names: Sequence[str]) -> float:
        """Where bars begin."""
        longest = max((text_width(shortened(name), FONT) for name in names), default=0.0)
        return 0.0 if self.is_narrow else longest + 14

    def wide(self, units: float) -> float:
        """How long bars may be."""
        return NARROW if self.is_narrow else units

    def width(self, right: float, told: Sequence[str]) -> float:
        """Of a picture whose bars end there, with these texts behind them."""
        longest = max((text_width(text, FONT) for text in told), default=0.0)
        return NARROW if self.is_narrow else right + longest + 14

    def told(self, name: str, more: str, y: float, left: float, behind: float) -> list[str]:
        """The name of a row, and what is said behind its bar."""
        chars = NAME_CHARS
        if self.is_narrow:
            chars = min(chars, int((NARROW - text_width(more, FONT) - FONT) / text_width("x", FONT)))
            text = label(shortened(name, chars), x=0.0, y=y + 13, font_size=FONT)
            behind_text = label(more, x=NARROW, y=y + 13, font_size=FONT, text_anchor="end", class_="quiet")
        else:
            text = label(shortened(name, chars), x=left - 8, y=y + 16, font_size=FONT, text_anchor="end")
            behind_text = label(more, x=behind, y=y + 16, font_size=FONT, class_="quiet")
        return [element("g", text, title=name) if len(name) > chars else text, behind_text]


def bars(counts: Sequence[tuple[str, int, str]], told: str, colour: int = 0) -> str:
    """A bar for each name with its number; the third of a row is said behind the number."""
    return in_both_layouts(lambda layout: _bars(counts, told, colour, layout))


def _bars(counts: Sequence[tuple[str, int, str]], told: str, colour: int, layout: Layout) -> str:
    most = max((count for _, count, _ in counts), default=1) or 1
    left, wide = layout.left([name for name, _, _ in counts]), layout.wide(300.0)
    parts = []
    texts = [f"{count:,}" + (f", {more}" if more else "") for _, count, more in counts]
    for place, (name, count, _) in enumerate(counts):
        y, length = place * layout.pitch, max(wide * count / most, LEAST)
        title = f"{name}: {texts[place]}"
        parts += layout.told(name, texts[place], y, left, left + length + 6)
        parts.append(
            element("rect", title=title, x=left, y=y + layout.bar, width=length, height=TALL, class_=f"c{colour}")
        )
    return picture(layout.width(left + wide, texts), len(counts) * layout.pitch + 2, parts, told)


def stacked_bars(rows: Sequence[tuple[str, Sequence[Share], str]], told: str, legend: bool = True) -> str:
    """A bar for each name, all of one length, parted into shares; the third of a row is said behind it.

    Args:
        legend: whether shares of one name have one colour throughout, which is then explained above the bars. Else
            their names stand in the bars, as far as there is room.
    """
    return in_both_layouts(lambda layout: _stacked_bars(rows, told, legend, layout))


def _stacked_bars(rows: Sequence[tuple[str, Sequence[Share], str]], told: str, legend: bool, layout: Layout) -> str:
    left, wide = layout.left([name for name, _, _ in rows]), layout.wide(430.0)
    parts: list[str] = []
    top = 0.0
    if legend:
        there = {share.name for _, shares, _ in rows for share in shares if share.count}
        names = {share.name: share.colour for _, shares, _ in rows for share in shares if share.name in there}
        top = _legend(names, left, left + wide, parts)
    for place, (name, shares, more) in enumerate(rows):
        y = top + place * layout.pitch
        parts += layout.told(name, more, y, left, left + wide + 8)
        parts += _pieces(name, shares, left, y + layout.bar, wide, has_names=not legend)
    width = layout.width(left + wide, [more for _, _, more in rows])
    return picture(width, top + len(rows) * layout.pitch + 2, parts, told)


def _pieces(name: str, shares: Sequence[Share], left: float, y: float, wide: float, has_names: bool) -> list[str]:
    """One bar, parted."""
    parts, x, total = [], left, sum(share.count for share in shares) or 1
    for share in shares:
        length = wide * share.count / total
        if not length:
            continue
        title = f"{name}: {share.name}: {share.count:,} ({percentage(share.count / total)})"
        class_ = f"segment c{share.colour}" if length > 3 else f"c{share.colour}"
        parts.append(element("rect", title=title, x=x, y=y, width=max(length, LEAST), height=TALL, class_=class_))
        if has_names and text_width(share.name, FONT - 1) + 8 < length:
            parts.append(label(share.name, x=x + 5, y=y + 12, font_size=FONT - 1, class_=f"on{share.colour}"))
        x += length
    return parts


def _legend(names: Mapping[str, int], left: float, right: float, parts: list[str]) -> float:
    """Adds what the colours mean; gives where it ends."""
    x, y = left, 0.0
    for name, colour in names.items():
        width = text_width(name, FONT) + 30
        if x > left and x + width > right:
            x, y = left, y + 20
        parts.append(element("rect", x=x, y=y + 3, width=12.0, height=12.0, class_=f"c{colour}"))
        parts.append(label(name, x=x + 17, y=y + 14, font_size=FONT))
        x += width
    return y + 28


def length_strips(rows: Sequence[tuple[str, Mapping[int, int], str]], behind: str, told: str) -> str:
    """For each name how lengths are spread, on a scale on which each step is ten times the one before: the darker, the
    more of its rows. The third of a row is said behind it, under the heading `behind`."""
    return in_both_layouts(lambda layout: _length_strips(rows, behind, told, layout))


def _length_strips(rows: Sequence[tuple[str, Mapping[int, int], str]], behind: str, told: str, layout: Layout) -> str:
    bins = [place for _, found, _ in rows for place in found]
    low = floor(min(bins, default=0) / BINS_PER_DECADE) * BINS_PER_DECADE
    high = max(bins, default=0) + 1
    left, top = layout.left([name for name, _, _ in rows]), 42.0 if layout.is_narrow else 24.0
    cell = layout.wide((high - low) * 13.0) / (high - low)
    right = left + (high - low) * cell
    parts = []
    for decade in range(low, high, BINS_PER_DECADE):
        x, anchor = left + (decade - low) * cell, "middle"
        if layout.is_narrow:  # nothing may stand out on either side
            anchor = "start" if decade == low else "end" if x > NARROW - 30 else "middle"
        parts.append(element("line", x1=x, x2=x, y1=top - 4, y2=top + len(rows) * layout.pitch, class_="line"))
        scale = f"{round(bin_start(decade)):,}"
        parts.append(label(scale, x=x, y=top - 11, font_size=FONT - 1, text_anchor=anchor, class_="quiet"))
    if layout.is_narrow:
        parts.append(label(behind, x=NARROW, y=13.0, font_size=FONT - 1, text_anchor="end", class_="quiet"))
    else:
        parts.append(label(behind, x=right + 10, y=13.0, font_size=FONT - 1, class_="quiet"))
    for line, (name, found, more) in enumerate(rows):
        y, most, total = top + line * layout.pitch, max(found.values(), default=1) or 1, sum(found.values()) or 1
        parts += layout.told(name, more, y, left, right + 10)
        for place, count in sorted(found.items()):
            span = f"{bin_start(place):,.0f} to {bin_start(place + 1):,.0f} characters"
            title = f"{name}: {span}: {count:,} ({percentage(count / total)})"
            parts.append(
                element(
                    "rect", title=title, x=left + (place - low) * cell, y=y + layout.bar, width=cell - 1, height=TALL,
                    class_="cell", fill_opacity=round(0.12 + 0.88 * count / most, 3),
                )
            )  # fmt: skip
    return picture(
        layout.width(right, [behind, *(more for _, _, more in rows)]), top + len(rows) * layout.pitch + 4, parts, told
    )


def histogram(found: Mapping[int, int], edges: Sequence[str], told: str, unit: str) -> str:
    """Upright bars, one for each place; `edges` stand under their left sides."""
    wide, height, top = 26.0, 130.0, 22.0
    most = max(found.values(), default=1) or 1
    parts = []
    for place in range(len(edges) - 1):
        count = found.get(place, 0)
        tall = max(height * count / most, LEAST if count else 0.0)
        parts.append(
            element(
                "rect",
                title=f"{edges[place]} to {edges[place + 1]}: {count:,} {unit}",
                x=20 + place * wide,
                y=top + height - tall,
                width=wide - 2,
                height=tall,
                class_="c0",
            )
        )
    parts.append(
        element("line", x1=20.0, x2=20 + (len(edges) - 1) * wide, y1=top + height, y2=top + height, class_="line")
    )
    every = max(1, (len(edges) - 1) // 10)
    parts += [
        label(edge, x=20 + place * wide, y=top + height + 17, font_size=FONT - 1, text_anchor="middle", class_="quiet")
        for place, edge in enumerate(edges)
        if place % every == 0
    ]
    parts.append(label(f"highest bar: {most:,} {unit}", x=20.0, y=12.0, font_size=FONT - 1, class_="quiet"))
    return picture(40 + (len(edges) - 1) * wide, top + height + 26, parts, told)


def quantile(found: Mapping[int, int], share: float) -> int:
    """About the length that this share of the rows do not exceed, from how many there are in each bin."""
    total, below = sum(found.values()), 0.0
    for place, count in sorted(found.items()):
        if below + count >= share * total:
            within = (share * total - below) / count
            return round(10 ** ((place + within) / BINS_PER_DECADE))
        below += count
    return 0
