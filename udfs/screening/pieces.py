"""The texts in a JSON text, in place: what is not changed stays as it is, to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

# A string; one that a colon follows is a name, and no value.
STRING = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?')


class Piece(NamedTuple):
    """A text and the characters of the JSON that say it, quotes and all."""

    start: int
    end: int
    text: str


def pieces_of(json_text: str) -> list[Piece]:
    """The strings of a JSON text that are values, wherever they stand in it."""
    found = (match for match in STRING.finditer(json_text) if match.group(2) is None)
    return [Piece(*match.span(1), json.loads(match.group(1), strict=False)) for match in found]


def with_texts(json_text: str, pieces: Sequence[Piece], texts: Sequence[str]) -> str:
    """The JSON text with other texts in place of its pieces."""
    parts, place = [], 0
    for piece, text in zip(pieces, texts, strict=True):
        said = json_text[piece.start : piece.end] if text == piece.text else json.dumps(text, ensure_ascii=False)
        parts += [json_text[place : piece.start], said]
        place = piece.end
    return "".join([*parts, json_text[place:]])
