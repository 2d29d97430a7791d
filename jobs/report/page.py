"""The HTML page: sections of headings, sentences, pictures and tables. Everything from data is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from jinja2 import Environment, Template
from markupsafe import Markup


@dataclass(frozen=True)
class Part:
    """One thing on the page, any of its parts empty.

    Attributes:
        picture: SVG, of which all text is escaped already.
        is_wide: whether the picture keeps its size and scrolls, rather than shrink to the page.
        numbers: the columns that are figures, set to the right.
    """

    heading: str = ""
    text: str = ""
    picture: str = ""
    is_wide: bool = False
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading that the navigation leads to."""

    anchor: str
    title: str
    parts: Sequence[Part] = field(default_factory=tuple)


def rendered_page(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """The whole page as HTML."""
    told = [
        {
            "anchor": section.anchor,
            "title": section.title,
            "parts": [{**vars(part), "picture": Markup(part.picture)} for part in section.parts],
        }
        for section in sections
    ]
    return _template().render(title=title, subtitle=subtitle, sections=told)


@cache
def _template() -> Template:
    text = files("taskmill.jobs.report").joinpath("page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
