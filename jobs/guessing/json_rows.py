"""The rows in JSON: lines, an array, or the list inside one object; also of a document that is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from taskmill.jobs.guessing.heads import Head
from taskmill.jobs.guessing.layouts import LINES, Layout, spread
from taskmill.udfs.parsers.json_documents import document
from taskmill.udfs.parsers.records import BadRecord, Line, lines

# A string, closed or not, or a mark. Each alternative begins with another character, so this is linear.
_PART = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_CLOSERS = {"[": "]", "{": "}"}
_BLANKS = b" \t\r\n"
BOM = b"\xef\xbb\xbf"


def json_layout(head: Head) -> Layout | None:
    """How a file of JSON is to be read, or None if it is none.

    JSON Lines are told from a document by what the first lines hold, not by a name: `.json` is used for both.
    """
    content = head.content.removeprefix(BOM).lstrip(_BLANKS)
    if not content.startswith((b"{", b"[")):
        return None
    if content.startswith(b"{") and (found := _json_lines(head)):
        return found
    top = document(content, nan_is_null=True)
    if isinstance(top, BadRecord) and not head.is_whole:
        top = document(mended(content.decode("utf-8", "ignore")).encode(), nan_is_null=True)
    return None if isinstance(top, BadRecord) else _layout_of(top)


def mended(text: str) -> str:
    """A cut-off document without its last item, closed: a whole document with the items before it.

    The item is one of the outermost list that has several. Text without such a list stays as it is.
    """
    stack: list[str] = []
    outermost: int | None = None
    cut, closers = 0, ""
    for part in _PART.finditer(text):
        mark = part.group()
        if mark in _CLOSERS:
            stack.append(mark)
        elif mark in ("]", "}"):
            if not stack:
                return text
            stack.pop()
        elif mark == "," and stack and stack[-1] == "[" and (outermost is None or len(stack) <= outermost):
            outermost, cut = len(stack), part.start()
            closers = "".join(_CLOSERS[one] for one in reversed(stack))
    return text[:cut] + closers if cut else text


def _json_lines(head: Head) -> Layout | None:
    """JSON Lines, if the first line is a whole object and nearly all the others are too."""
    rows: list[Any] = []
    bad = 0
    for value in _values(head.lines):
        if isinstance(value, dict):
            rows.append(value)
        else:
            bad += 1
        if not rows or bad > len(rows):
            return None
    if len(rows) == 1 and head.is_whole:  # a document in one line is read either way
        return None
    return Layout(LINES, spread(rows), faults=bad) if rows else None


def _values(content: bytes) -> Iterator[Any]:
    for line in lines(content):
        if not isinstance(line, Line):
            yield line
        elif line.text.strip():
            yield document(line.text.encode())


def _layout_of(top: Any) -> Layout | None:
    """A document: an array of objects, an array of texts, or an object with a list of objects that are the rows."""
    if isinstance(top, list):
        if top and all(isinstance(item, str) for item in top):
            return Layout("label_list", tuple({"value": item} for item in top))
        rows = [item for item in top if isinstance(item, dict)]
        return Layout("json", spread(rows), {"multiLine": True}, faults=len(top) - len(rows)) if rows else None
    if not isinstance(top, dict):
        return None
    if _is_squad(top):
        return Layout("squad", (top,))
    if "Instances" in top and "Definition" in top:
        return Layout("super_natural_instructions", (top,))
    lists = {name: items for name, items in top.items() if _is_rows(items)}
    if not lists:
        return Layout("json", (top,), {"multiLine": True})
    name = max(lists, key=lambda one: len(lists[one]))
    return Layout("json", spread(lists[name]), {"multiLine": True}, explode=name, documents=(top,))


def _is_rows(items: Any) -> bool:
    return isinstance(items, list) and len(items) > 1 and all(isinstance(item, dict) for item in items)


def _is_squad(top: dict[str, Any]) -> bool:
    articles = top.get("data")
    for key in ("paragraphs", "qas"):
        first = _first(articles)
        if not isinstance(first, dict):
            return False
        articles = first.get(key)
    return isinstance(_first(articles), dict)


def _first(items: Any) -> Any:
    return items[0] if isinstance(items, Sequence) and not isinstance(items, str) and items else None
