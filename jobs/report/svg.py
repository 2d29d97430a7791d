"""Pictures as SVG text: elements with escaped attributes, colours, and labels that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

CHAR_WIDTH = 0.62  # of the font size: what a character of a sans-serif face takes on average, generously
GOLDEN_ANGLE = 137.508  # degrees; hues this far apart are never near each other


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def inside(self, other: Box) -> bool:
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.x + self.width <= other.x + other.width
            and self.y + self.height <= other.y + other.height
        )


def element(name: str, *content: str, title: str | None = None, **attributes: object) -> str:
    """An element; `_` in an attribute's name is `-`, and a trailing one is dropped. Content is taken as it is, a title
    (shown when the pointer rests on the element) and attributes are escaped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"' for key, value in attributes.items()
    )
    inner = (f"<title>{escape(title)}</title>" if title is not None else "") + "".join(content)
    return f"<{name}{written}>{inner}</{name}>"


def label(text: str, **attributes: object) -> str:
    """A text element, its text escaped."""
    return element("text", escape(text), title=None, **attributes)


def picture(width: float, height: float, parts: Iterable[str], told: str) -> str:
    """A whole picture that shrinks with the page; `told` says to a screen reader what it shows."""
    return element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {height:g}", role="img",
        aria_label=told, width=f"{width:g}",
    )  # fmt: skip


def text_width(text: str, size: float) -> float:
    """About how wide a text is; characters of East Asian scripts are a full square."""
    return sum(size if ord(char) > 0x2E80 else size * CHAR_WIDTH for char in text)


def colour(place: int, lightness: int = 52) -> str:
    """The colour of the place-th of any number of kinds: neighbours in the list are far apart in hue."""
    return f"hsl({(place * GOLDEN_ANGLE) % 360:.0f} 62% {lightness}%)"


def placed_labels(
    wanted: Sequence[tuple[float, float, str]], size: float, within: Box, taken: Sequence[Box] = ()
) -> list[tuple[float, float, str]]:
    """For each text near whose point there is room, where its baseline begins; texts are placed in their order.

    Args:
        wanted: x and y of what is labelled, and the text.
        taken: where no label may lie.
    """
    used = list(taken)
    found = []
    for x, y, text in wanted:
        box = next((one for one in _places(x, y, text, size) if _is_free(one, within, used)), None)
        if box is not None:
            used.append(Box(box.x - size / 2, box.y, box.width + size, box.height))
            found.append((box.x, box.y + size * 0.8, text))
    return found


def _places(x: float, y: float, text: str, size: float) -> Iterable[Box]:
    """Boxes around a point, nearest first."""
    width, height = text_width(text, size), size * 1.15
    for away in (0.6, 1.2, 2.0, 3.0, 4.5, 6.0):
        gap = away * size
        yield Box(x + gap, y - height / 2, width, height)
        yield Box(x - gap - width, y - height / 2, width, height)
        yield Box(x - width / 2, y - gap - height, width, height)
        yield Box(x - width / 2, y + gap, width, height)
        for dx, dy in ((gap, -gap - height), (gap, gap), (-gap - width, -gap - height), (-gap - width, gap)):
            yield Box(x + dx, y + dy, width, height)


def _is_free(box: Box, within: Box, used: Sequence[Box]) -> bool:
    return box.inside(within) and not any(box.overlaps(one) for one in used)


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
