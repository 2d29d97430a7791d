"""What every codec of a structure takes and gives, the template filter that accepts only what can be read back, and the
codec that takes any value: JSON.

Values are plain JSON values: dict with text keys, list, str, int, finite float, bool and None.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SHOWN_CHARS = 200
MAX_VALUES = 1_000_000  # in one structure; a list that holds itself would never end
MAX_JSON_DEPTH = 100  # far below where Python's own reader and writer of JSON run out of stack
_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # where str.splitlines() splits
_Path = tuple["_Path", Any] | None  # the keys down to a value, the last one outermost


class NotRoundTripError(ValueError):
    """A structure whose text does not give it back."""


def _whole(value: Any, *_: Any) -> Any:
    return value


@dataclass(frozen=True)
class Codec:
    """A structure as text and back: decoding what `encode` gives is `project` of the value, or `encode` raises.

    Attributes:
        name: the filter's name in templates: `{{ entities | as_json }}`.
        encode: (value, *args) -> text; ValueError for a value of another shape, NotRoundTripError for one of the right
            shape that cannot be written so that it is read back.
        decode: (text, *args) -> value; ValueError for text that is none of its. Blanks around the text do not count.
        project: (value, *args) -> the part of the value that its text holds; the whole value unless the codec says so.
    """

    name: str
    encode: Callable[..., str]
    decode: Callable[..., Any]
    project: Callable[..., Any] = _whole


def filter_of(codec: Codec) -> Callable[..., str]:
    """The template filter (value, *args) -> text, which gives the text as `codec` encodes it.

    The filter raises NotRoundTripError unless both the text and the text without blanks around it (as responses are
    stored) give the value back, and ValueError if the value is none the codec takes, or it or an argument is not plain
    JSON, as undefined ones are not. The message begins with the codec's name and has at most 200 characters.
    """

    def encoded(value: Any, *args: Any) -> str:
        for part in (value, *args):
            check_plain(part, codec.name)
        try:
            text = codec.encode(value, *args)
            wanted = codec.project(value, *args)
            for form in dict.fromkeys((text, text.strip())):
                _check_decoded(codec, form, wanted, *args)
        except ValueError as error:
            kind = NotRoundTripError if isinstance(error, NotRoundTripError) else ValueError
            raise kind(_shortened(f"{codec.name}: {error}")) from error
        return text

    encoded.__name__ = codec.name
    return encoded


def _check_decoded(codec: Codec, text: str, wanted: Any, *args: Any) -> None:
    try:
        found = codec.decode(text, *args)
    except ValueError as error:
        raise NotRoundTripError(f"the text cannot be read: {error}") from error
    differs = difference(wanted, found)
    if differs is not None:
        raise NotRoundTripError(differs)


def check_plain(value: Any, name: str) -> None:
    """Raises ValueError, beginning with `name`, unless `value` is plain JSON throughout, at any depth."""
    left: list[Any] = [value]
    seen = 0
    while left:
        part = left.pop()
        seen += 1
        if seen > MAX_VALUES:
            raise ValueError(f"{name}: more than {MAX_VALUES:,} values in one structure")
        # Exact types: an undefined value, a date or a subclass that prints in another way is no JSON.
        if type(part) is dict:
            if not all(type(key) is str for key in part):
                raise ValueError(f"{name}: an object's key is not text")
            left.extend(part.values())
        elif type(part) is list:
            left.extend(part)
        elif part is not None and type(part) not in (str, int, bool, float):
            raise ValueError(f"{name}: {type(part).__name__} is not a plain JSON value")
        elif type(part) is float and not math.isfinite(part):
            raise ValueError(f"{name}: JSON has no {part!r}")


def difference(wanted: Any, found: Any) -> str | None:
    """The first difference between two plain JSON values, in words; None if there is none.

    Integers, floats and booleans are told apart, as are 0.0 and -0.0; the order of an object's keys does not count.
    """
    left: list[tuple[_Path, Any, Any]] = [(None, wanted, found)]
    while left:
        path, one, other = left.pop()
        if type(one) is not type(other):
            return _said(path, one, other)
        if isinstance(one, dict):
            if one.keys() != other.keys():
                return _said(path, sorted(one), sorted(other), "keys ")
            left.extend(((path, key), one[key], other[key]) for key in reversed(one))
        elif isinstance(one, list):
            if len(one) != len(other):
                return _said(path, len(one), len(other), "length ")
            left.extend(((path, at), one[at], other[at]) for at in reversed(range(len(one))))
        elif one != other or (isinstance(one, float) and repr(one) != repr(other)):
            return _said(path, one, other)
    return None


def _said(path: _Path, one: Any, other: Any, what: str = "") -> str:
    keys: list[str] = []
    while path is not None:
        path, key = path
        keys.append(f"[{key!r}]")
    return _shortened(f"value{''.join(reversed(keys))}: {what}{_brief(one)} became {_brief(other)}")


def _brief(value: Any) -> str:
    """A scalar as it is; of a list or object only what it is, for it may be nested more deeply than can be printed."""
    if isinstance(value, list | dict) and not all(type(item) is str for item in value):
        return f"a {type(value).__name__} of {len(value)}"
    return _shortened(repr(value[:SHOWN_CHARS] if isinstance(value, str) else value), SHOWN_CHARS // 3)


def _shortened(text: str, most: int = SHOWN_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def text_list(values: Any, what: str) -> list[str]:
    """`values`, if they are a list of text; else ValueError, which calls them `what`."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{what} are no list of text")
    return values


def line_part(text: str, what: str, *separators: str) -> str:
    """`text`, if it can stand on a line as it is.

    Raises:
        NotRoundTripError: if it is empty, has a blank at an end, a line break, or a separator inside.
    """
    if not text or text != text.strip() or _BREAK.search(text):
        raise NotRoundTripError(f"{what} {text[:80]!r} is empty, has a blank at an end or a line break")
    for separator in separators:
        if separator in text:
            raise NotRoundTripError(f"{what} {text[:80]!r} holds {separator!r}")
    return text


def lines_of(text: str) -> list[str]:
    """The lines of `text` without the blanks around it; none if it is blank. Only `\\n` ends one."""
    stripped = text.strip()
    return stripped.split("\n") if stripped else []


def encode_json(value: Any) -> str:
    """Any plain JSON value (RFC 8259) on one line, keys in their order, other letters than ASCII's as they are.

    Raises:
        ValueError: if `value` holds anything else, such as NaN, or is nested more than 100 deep.
    """
    check_plain(value, "JSON")
    _check_depth(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def decode_json(text: str) -> Any:
    """The value written in `text`, whatever blanks and line breaks it has between its parts.

    Raises:
        ValueError: for text that is no JSON, names a key of an object twice, or is nested more than 100 deep.
    """
    try:
        value = json.loads(text.strip(), object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError(f"JSON nested more than {MAX_JSON_DEPTH} deep") from error
    check_plain(value, "JSON")  # Python reads NaN, and 1e999 as an infinity
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key of a JSON object comes twice")
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        nested = [part for part in level if isinstance(part, dict | list)]
        if not nested:
            return
        level = [inner for part in nested for inner in (part.values() if isinstance(part, dict) else part)]
    raise ValueError(f"JSON nested more than {MAX_JSON_DEPTH} deep")


JSON = Codec("as_json", encode_json, decode_json)
