"""JSON documents read strictly (RFC 8259), and values that know their place, so that a refusal can name it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from taskmill.udfs.parsers.records import (
    BOM,
    INVALID_UTF8,
    SHOWN_CHARS,
    UNREADABLE_FILE,
    UNREADABLE_RECORD,
    BadRecord,
    shown,
)

MAX_DEPTH = 100  # of lists and objects: the decoder calls itself once for each
MAX_INT32 = 2**31 - 1
KEY_CHARS = 60  # of a key in a message
_BRACKET = re.compile(r"[\[\]{}]")


class ShapeError(ValueError):
    """A value that is not what its format says; the message begins with its path, as `data[3].paragraphs[0]`."""


@dataclass(frozen=True)
class RepeatedKey:
    """An object in which a key stands twice: which of the values is meant cannot be told."""

    key: str
    pairs: list[tuple[str, Any]]


def document(content: bytes, nan_is_null: bool = False) -> Any:
    """The value of a JSON document in UTF-8, with or without a byte order mark; if it is none, a BadRecord.

    An object with a repeated key is a `RepeatedKey`, which `Node` refuses as soon as somebody looks into it: so one
    bad object costs only what is read from it.

    Args:
        nan_is_null: for formats whose files write missing values as NaN. Otherwise NaN is refused, as infinity is.
    """
    try:
        text = content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return BadRecord(INVALID_UTF8, f"byte {error.start + 1} of the file", shown(content), line)
    if _is_deeper(text, MAX_DEPTH):
        detail = f"lists and objects inside each other deeper than {MAX_DEPTH}"
        return BadRecord(UNREADABLE_FILE, detail, shown(text))
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_nan_as_null if nan_is_null else _refused_constant
        )
    except json.JSONDecodeError as error:
        return BadRecord(UNREADABLE_FILE, f"{error.msg}, column {error.colno}", _line_of(text, error), error.lineno)
    except ValueError as error:  # a constant, or a number of more digits than Python reads
        return BadRecord(UNREADABLE_FILE, str(error), shown(text))


def _is_deeper(text: str, depth: int) -> bool:
    """Whether lists and objects stand deeper in each other; right up to the first mistake in a text that is no JSON."""
    if text.count("[") + text.count("{") <= depth:
        return False
    outside_strings = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    level = 0
    for part in outside_strings:
        for bracket in _BRACKET.findall(part):
            level += 1 if bracket in "[{" else -1
            if level > depth:
                return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | RepeatedKey:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return RepeatedKey(repeated, pairs)


def _refused_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _nan_as_null(name: str) -> None:
    if name != "NaN":
        _refused_constant(name)


def _line_of(text: str, error: json.JSONDecodeError) -> str:
    """The line of an error, cut to where the error is."""
    start = max(text.rfind("\n", 0, error.pos) + 1, error.pos - SHOWN_CHARS // 2)
    end = text.find("\n", error.pos)
    return shown(text[start : start + SHOWN_CHARS if end < 0 else end])


@dataclass(frozen=True)
class Node:
    """A JSON value and its path from the top, as `data[3].paragraphs[0]`; the top itself has none.

    Each method gives what the value holds when it is of that kind.

    Raises:
        ShapeError: if it is of another kind.
    """

    value: Any
    path: str = ""

    def member(self, key: str) -> Node:
        """A member that must be there."""
        found = self.get(key)
        if found is None:
            raise self._error(f"there is no {key!r}" if key not in self.value else f"{key!r} is null")
        return found

    def get(self, key: str) -> Node | None:
        """A member, None when it is absent or null."""
        if isinstance(self.value, RepeatedKey):
            raise self._error(f"the key {self.value.key[:KEY_CHARS]!r} stands twice")
        if not isinstance(self.value, dict):
            raise self._expected("an object")
        found = self.value.get(key)
        return None if found is None else Node(found, f"{self.path}.{key}" if self.path else key)

    def items(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self._expected("a list")
        return [Node(item, f"{self.path}[{position}]") for position, item in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self._expected("text")
        if not is_unicode(self.value):
            raise self._error("half of a surrogate pair, which no encoding can write")
        return self.value

    def texts(self) -> list[str]:
        """A list of texts; a text that stands alone is a list of one."""
        return [self.text()] if isinstance(self.value, str) else [item.text() for item in self.items()]

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self._expected("true or false")
        return self.value

    def integer(self) -> int:
        """A whole number of 32 bits."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self._expected("a whole number")
        if not -MAX_INT32 - 1 <= self.value <= MAX_INT32:
            raise self._error("a number beyond 32 bits")
        return self.value

    def refused(self, error: ShapeError) -> BadRecord:
        """The record of which this is the value, which has an error somewhere inside."""
        text = json.dumps(self.value, ensure_ascii=False, default=_written)
        return BadRecord(UNREADABLE_RECORD, str(error), shown(text.encode("utf-8", "backslashreplace")))

    def _expected(self, kind: str) -> ShapeError:
        return self._error(f"expected {kind}, found {_kind(self.value)}")

    def _error(self, what: str) -> ShapeError:
        return ShapeError(f"{self.path or 'the document'}: {what}")


def is_unicode(text: str) -> bool:
    """Whether a text can be written: JSON can escape half of a surrogate pair, which no encoding has."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, RepeatedKey):
        return f"an object in which the key {value.key[:KEY_CHARS]!r} stands twice"
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return kinds[type(value)]


def _written(value: RepeatedKey) -> list[tuple[str, Any]]:
    """An object with a repeated key for showing it: no dictionary could hold both values."""
    return value.pairs
