"""Texts in JSON against Python's own parser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.screening.pieces import pieces_of, with_texts

VALUES = st.recursive(
    st.one_of(st.text(st.sampled_from('ab"\\:,{}[]\n é你'), max_size=8), st.integers(), st.none(), st.booleans()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def upper(value: Any) -> Any:
    if isinstance(value, str):
        return value.upper()
    if isinstance(value, dict):
        return {name: upper(one) for name, one in value.items()}
    return [upper(one) for one in value] if isinstance(value, list) else value


@given(VALUES, st.sampled_from([(",", ":"), (", ", " : ")]), st.booleans())
def test_pieces_are_the_strings_that_are_values(value: Any, separators: tuple[str, str], is_ascii: bool) -> None:
    text = json.dumps(value, separators=separators, ensure_ascii=is_ascii)
    pieces = pieces_of(text)
    assert [piece.text for piece in pieces] == list(texts_in(value))
    assert with_texts(text, pieces, [piece.text for piece in pieces]) == text
    assert json.loads(with_texts(text, pieces, [piece.text.upper() for piece in pieces])) == upper(value)


def test_what_is_not_changed_stays_to_the_byte() -> None:
    text = '{"a":1.0E10,"b":"\\u00e9","c":"x"}'
    assert with_texts(text, pieces_of(text), ["é", "y"]) == '{"a":1.0E10,"b":"\\u00e9","c":"y"}'
