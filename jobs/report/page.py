"""The HTML page and its figures as JSON: both from the same sections. Everything from data is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, Template
from markupsafe import Markup, escape

LONG_TEXT = 600  # characters; a longer text is folded
SHOWN_OF_LONG = 400
WORDY = 50  # characters of a cell that wants some width
DIGITS = 3  # of numbers that are not whole


@dataclass(frozen=True)
class Part:
    """One thing on the page, any of its parts empty. Rows hold values as they are: the page sets them, JSON has them.

    Attributes:
        name: of its rows in the JSON, where that is not the heading.
        picture: SVG, of which all text is escaped already; its figures are the rows.
        is_wide: whether the picture keeps its size and scrolls, rather than shrink to the page.
        numbers: the columns that are figures, set to the right.
        shares: those of them that are shown as percentages.
        fold: what to press to see the rows, where they are folded away.
        look: how rows are shown: a table, tiles with a number each, sentences that link to a section, or cards to read.
    """

    heading: str = ""
    text: str = ""
    picture: str = ""
    is_wide: bool = False
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    numbers: Sequence[str] = ()
    shares: Sequence[str] = ()
    fold: str = ""
    look: Literal["table", "tiles", "notices", "cards"] = "table"
    name: str = ""

    def records(self) -> list[dict[str, object]]:
        """The rows with the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading that the navigation leads to.

    Attributes:
        notices: what of it wants attention; the summary tells it too.
    """

    anchor: str
    title: str
    parts: Sequence[Part] = field(default_factory=tuple)
    notices: Sequence[str] = ()


def figures(sections: Sequence[Section]) -> dict[str, Any]:
    """What stands on the page: for each section its notices and sentences, and its rows by name."""
    return {
        section.anchor: {
            "title": section.title,
            "notices": list(section.notices),
            "said": [part.text for part in section.parts if part.text],
            "figures": {
                part.name or part.heading or section.title: part.records() for part in section.parts if part.columns
            },
        }
        for section in sections
    }


def shown(value: object, is_share: bool = False) -> str:
    """A value as the page shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_share and isinstance(value, int | float):
        return percentage(float(value))
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    return str(value)


def percentage(share: float) -> str:
    """A share in percent, never 0 for what there is and never 100 for what is not all."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def rendered_page(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """The whole page as HTML."""
    style, script = _asset("page.css"), _asset("page.js")
    return _template().render(
        title=title,
        subtitle=subtitle,
        sections=sections,
        style=Markup(style),
        script=Markup(script),
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
            "form-action 'none'"
        ),
    )


def _hash(text: str) -> str:
    """What a Content-Security-Policy names a text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return files("taskmill.jobs.report").joinpath(name).read_text(encoding="utf-8")


def _is_long(text: object) -> bool:
    return isinstance(text, str) and len(text) > LONG_TEXT


def _is_wordy(value: object) -> bool:
    return isinstance(value, str | list | tuple) and len(shown(value)) > WORDY


def _is_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{32,64}", value) is not None


def _breakable(text: str) -> Markup:
    """A name with places where a line may end; anything else as it is."""
    told = escape(text)
    return told if " " in text else Markup(re.sub(r"(?<=[._])(?=[^._])", "<wbr>", str(told)))


def _prose(text: str) -> Markup:
    """A sentence, what stands in backticks as code; no line begins with a percent sign."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))).replace(" %", "&nbsp;%"))


def _head(text: str) -> str:
    """The beginning of a long text, up to the end of a word."""
    cut = text[:SHOWN_OF_LONG]
    return cut.rsplit(" ", 1)[0] if " " in cut[SHOWN_OF_LONG // 2 :] else cut


def _records(part: Part) -> list[dict[str, object]]:
    return part.records()


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "shown": shown,
        "head": _head,
        "prose": _prose,
        "breakable": _breakable,
        "picture": Markup,
        "records": _records,
    }
    environment.tests |= {"long": _is_long, "wordy": _is_wordy, "id": _is_id}
    return environment.from_string(_asset("page.html"))


def numbered(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[Any]]:
    """Rows of mappings as rows of these columns."""
    return [[row.get(name) for name in columns] for row in rows]
