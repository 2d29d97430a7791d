"""Intents and slots as a call and back: `find_flight(from="Oslo", to="Rome")`; and what JSON scalars look like in text.

Names are bare where they can be, values are JSON. A call holds names once each (`{"intent": ..., "slots": {...}}`);
pairs may repeat one (`[{"slot": ..., "value": ...}]`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from taskmill.udfs.structures.codec import Codec

Scalar = str | int | float | bool | None
T = TypeVar("T")

NO_PAIRS = "none"
QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'  # a JSON string; no two ways to match, so linear
SCALAR_WORD = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null"
_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_MARKS = r'\s()\[\]=,"'
_BARE_NAME = re.compile(rf"[^{_MARKS}]+")
_PIECE = re.compile(rf"(?P<quoted>{QUOTED})|(?P<bare>[^{_MARKS}]+)|(?P<mark>\(|\)|\[|\]|=|, )")


def json_scalar(value: Scalar) -> str:
    """`value` as JSON, other letters than ASCII's as they are.

    Raises:
        ValueError: if `value` is no str, int, float, bool or None, or a float that JSON does not have (NaN, infinity).
    """
    if not (value is None or isinstance(value, str | int | float)):
        raise ValueError(f"text, a number, a boolean or null is wanted, not {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"JSON has no {value!r}")
    return json.dumps(value, ensure_ascii=False)


def is_plain(text: str) -> bool:
    """Whether `text` can stand on its line as it is: no line break, tab or blank is lost, and it is not in quotes."""
    return text == text.strip() and not _BREAK.search(text) and not is_quoted(text)


def is_quoted(text: str) -> bool:
    """Whether `text` begins and ends with a quote mark, which a lone quote mark does not."""
    return len(text) > 1 and text[0] == text[-1] == '"'


def if_written(value: T, again: str, text: str) -> T:
    """`value` as read from `text`, if writing it gives `again`, the same text; blanks around `text` do not count.

    So a codec reads nothing but what it writes, however generous its parser.

    Raises:
        ValueError: if the texts differ; the message says where.
    """
    stripped = text.strip()
    if again.strip() == stripped:
        return value
    pairs = enumerate(zip(stripped, again.strip(), strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(stripped), len(again)))
    raise ValueError(f"at character {at} the text is not as this codec writes it")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"a name is text, not {type(name).__name__}")
    return name if _BARE_NAME.fullmatch(name) else json_scalar(name)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(json_scalar, value)) + "]"
    return json_scalar(value)


def _keys(value: Any, *keys: str) -> list[Any]:
    if not isinstance(value, dict) or value.keys() != set(keys):
        raise ValueError(f"an object with the keys {' and '.join(keys)} is wanted, and no others")
    return [value[key] for key in keys]


def encode_slots(value: Any) -> str:
    """`{"intent": str, "slots": {name: scalar or list of scalars}}` as `intent(name=value, ...)`.

    Raises:
        ValueError: if `value` is not of this shape, or holds NaN or an infinity.
    """
    intent, slots = _keys(value, "intent", "slots")
    if not isinstance(slots, dict):
        raise ValueError(f"slots are an object, not {type(slots).__name__}")
    inner = ", ".join(f"{_name(name)}={_value(filler)}" for name, filler in slots.items())
    return f"{_name(intent)}({inner})"


def encode_pairs(value: Any) -> str:
    """A list of `{"slot": str, "value": scalar or list of scalars}` as `slot=value, ...`; `none` if it is empty.

    Raises:
        ValueError: as `encode_slots`.
    """
    if not isinstance(value, list):
        raise ValueError(f"slots are a list, not {type(value).__name__}")
    pairs = [_keys(pair, "slot", "value") for pair in value]
    return ", ".join(f"{_name(slot)}={_value(filler)}" for slot, filler in pairs) or NO_PAIRS


class _Reader:
    """The pieces of a text, from left to right: names, values and marks."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.piece = _PIECE.match(text)

    def error(self, wanted: str) -> ValueError:
        return ValueError(f"{wanted} is wanted at character {self.at}")

    def next_is(self, mark: str) -> bool:
        return self.piece is not None and self.piece["mark"] == mark

    def take(self, wanted: str) -> re.Match[str]:
        piece = self.piece
        if piece is None:
            raise self.error(wanted)
        self.at = piece.end()
        self.piece = _PIECE.match(self.text, self.at)
        return piece

    def mark(self, mark: str) -> None:
        if not self.next_is(mark):
            raise self.error(repr(mark))
        self.take(mark)

    def name(self) -> str:
        if self.piece is None or self.piece["mark"]:
            raise self.error("a name")
        piece = self.take("a name")
        return str(json.loads(piece[0])) if piece["quoted"] else piece[0]

    def scalar(self) -> Scalar:
        if self.piece is None or self.piece["mark"]:
            raise self.error("a value")
        if self.piece["bare"] and not re.fullmatch(SCALAR_WORD, self.piece[0]):
            raise self.error("text in quotes, a number, true, false or null")
        value: Scalar = json.loads(self.take("a value")[0])
        return value

    def value(self) -> Scalar | list[Scalar]:
        if not self.next_is("["):
            return self.scalar()
        self.mark("[")
        values: list[Scalar] = []
        while not self.next_is("]"):
            if values:
                self.mark(", ")
            values.append(self.scalar())
        self.mark("]")
        return values

    def pairs(self) -> list[tuple[str, Any]]:
        """`name=value` as often as it comes, up to a closing bracket or the end."""
        found: list[tuple[str, Any]] = []
        while self.at < len(self.text) and not self.next_is(")"):
            if found:
                self.mark(", ")
            name = self.name()
            self.mark("=")
            found.append((name, self.value()))
        return found


def decode_slots(text: str) -> dict[str, Any]:
    """What `encode_slots` wrote; slots keep their order.

    Raises:
        ValueError: for any other text; the message says at which character.
    """
    reader = _Reader(text.strip())
    intent = reader.name()
    reader.mark("(")
    slots = dict(reader.pairs())
    reader.mark(")")
    value = {"intent": intent, "slots": slots}
    return if_written(value, encode_slots(value), text)


def decode_pairs(text: str) -> list[dict[str, Any]]:
    """What `encode_pairs` wrote.

    Raises:
        ValueError: for any other text; the message says at which character.
    """
    stripped = text.strip()
    found = [] if stripped == NO_PAIRS else _Reader(stripped).pairs()
    value = [{"slot": name, "value": filler} for name, filler in found]
    return if_written(value, encode_pairs(value), text)


SLOT_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_slots", encode_slots, decode_slots),
        Codec("as_slot_pairs", encode_pairs, decode_pairs),
    )
}
