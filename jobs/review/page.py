"""The page on which people review: one file without network, in which nothing from data can run.

Data stands in a JSON island, in which no character can end it, and reaches the page as text alone. The page's policy
allows its own script and style, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup

from taskmill.udfs.ids import hashed

ESCAPED = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}


def rendered_page(items: Sequence[Mapping[str, Any]], number: int = 1, reviewers: int = 1) -> str:
    """The whole page as HTML.

    Args:
        number: of the reviewer whose page it is, of so many `reviewers`.
    """
    sample = hashed(*(item["text_hash"] for item in items), str(number))[:12]
    data = {"sample": sample, "items": items}
    script, style = _file("page.js"), _file("page.css")
    return _page().render(
        title="taskmill review" + (f", reviewer {number} of {reviewers}" if reviewers > 1 else ""),
        script=Markup(script), style=Markup(style), script_hash=source_hash(script), style_hash=source_hash(style),
        data=Markup(island(data)),
    )  # fmt: skip


def island(data: object) -> str:
    """JSON that can stand within a script element: nothing in it ends the element or begins a comment."""
    return json.dumps(data, ensure_ascii=False).translate(ESCAPED)


def source_hash(text: str) -> str:
    """How a Content-Security-Policy names an inline script or style (CSP level 2, hash sources)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _file(name: str) -> str:
    return files("taskmill.jobs.review").joinpath(name).read_text(encoding="utf-8")


def _page() -> Template:
    return Environment(autoescape=True, keep_trailing_newline=True).from_string(_file("page.html"))
