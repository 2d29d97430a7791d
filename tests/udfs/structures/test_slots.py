"""Intents and slots: there and back, and against Python's own parser, whose calls look the same."""

from __future__ import annotations

import ast
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import Codec
from taskmill.udfs.structures.slots import (
    SLOT_CODECS,
    decode_pairs,
    decode_slots,
    encode_pairs,
    encode_slots,
    if_written,
    is_plain,
    json_scalar,
)

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
codecs = pytest.mark.parametrize("codec", SLOT_CODECS.values(), ids=SLOT_CODECS)

FLIGHT = {"intent": "find_flight", "slots": {"from": "Oslo", "to": ["Rome", "Bari"], "seats": 2, "meal": None}}
HOSTILE = st.one_of(
    st.text(st.sampled_from("()[]=,\"\\': \t\n\x85\u2028\xa0a1"), max_size=7),
    st.text(max_size=4),
    st.sampled_from(["", "none", "null", "1.5", "a.b", "book a flight", '"'] + ["B-fromloc.city_name"]),
)
SCALARS = st.one_of(HOSTILE, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
CALLS = st.fixed_dictionaries({"intent": HOSTILE, "slots": st.dictionaries(HOSTILE, VALUES, max_size=4)})
PAIRS = st.lists(st.fixed_dictionaries({"slot": HOSTILE, "value": VALUES}), max_size=4)


def is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and True are told apart, the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def reads_only_what_it_writes(codec: Codec, text: str) -> None:
    try:
        value = codec.decode(text)
    except ValueError:
        return
    assert codec.encode(value) == text.strip()


def test_slots_as_text() -> None:
    assert encode_slots(FLIGHT) == 'find_flight(from="Oslo", to=["Rome", "Bari"], seats=2, meal=null)'
    assert encode_slots({"intent": "book a flight", "slots": {}}) == '"book a flight"()'
    pairs = [{"slot": "to", "value": "Rome"}, {"slot": "to", "value": "Zürich"}, {"slot": "a b", "value": []}]
    assert encode_pairs(pairs) == 'to="Rome", to="Zürich", "a b"=[]'
    assert encode_pairs([]) == "none"


@given(value=CALLS)
def test_calls_round_trip(value: dict[str, Any]) -> None:
    text = encode_slots(value)
    read = decode_slots(text)
    assert is_same(read, value)
    assert list(read["slots"]) == list(value["slots"])
    assert text == text.strip()


@given(value=PAIRS)
def test_pairs_round_trip(value: list[dict[str, Any]]) -> None:
    text = encode_pairs(value)
    assert is_same(decode_pairs(text), value)
    assert text == text.strip()


@given(
    slots=st.dictionaries(
        st.from_regex(r"s_[a-z0-9]{1,4}", fullmatch=True),
        st.one_of(st.text("ab (),='\"\\\n", max_size=5), st.integers(0), st.lists(st.text('a],"', max_size=3))),
        max_size=4,
    )
)
def test_calls_are_what_python_reads(slots: dict[str, Any]) -> None:
    call: Any = ast.parse(encode_slots({"intent": "do_it", "slots": slots}), mode="eval").body
    assert call.func.id == "do_it"
    assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords} == slots


@codecs
@given(data=st.data())
def test_other_text_is_refused(codec: Codec, data: st.DataObject) -> None:
    value = FLIGHT if codec.name == "as_slots" else [{"slot": k, "value": v} for k, v in FLIGHT["slots"].items()]  # type: ignore[attr-defined]
    text = codec.encode(value)
    at = data.draw(st.integers(0, len(text)))
    reads_only_what_it_writes(codec, text[:at] + data.draw(HOSTILE) + text[at + data.draw(st.integers(0, 3)) :])
    reads_only_what_it_writes(codec, data.draw(HOSTILE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a name is wanted at character 0"), ("f", r"'\(' is wanted at character 1"),
        ("f(", r"'\)' is wanted at character 2"), ("f(a)", "'=' is wanted at character 3"),
        ("f(a=)", "a value is wanted at character 4"), ("f(a=Rome)", "text in quotes"),
        ("f(a=1 b=2)", "wanted at character 5"), ("f(a=[1)", "wanted at character 6"),
        ("f(a=[[1]])", "a value is wanted at character 5"), ("f() g", "at character 3 "),
        ('f(a="\\q")', "Invalid"), ("f(a=1, a=2)", "not as this codec writes it"),
        ("f(a=1.50)", "at character 7 "), ("f(a=1e999)", "JSON has no inf"), ('"f"()', "at character 0 "),
    ],
)  # fmt: skip
def test_other_text_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode_slots(text)


@pytest.mark.parametrize(
    "value",
    [
        None, "f()", {}, {"intent": "f"}, {"intent": None, "slots": {}}, {"intent": "f", "slots": []},
        {"intent": "f", "slots": {"a": {}}}, {"intent": "f", "slots": {"a": [[1]]}},
        {"intent": "f", "slots": {"a": math.nan}}, {"intent": "f", "slots": {1: "a"}},
        {"intent": "f", "slots": {}, "score": 1},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_call_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        encode_slots(value)


@pytest.mark.parametrize("value", [None, {}, [None], [{"slot": "a"}], [{"slot": 1, "value": 1}]], ids=repr)
def test_what_are_no_pairs_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        encode_pairs(value)


@pytest.mark.timeout(10)
@codecs
@pytest.mark.parametrize("unit", ["(", "[", "a=[", "a=1, ", '"', '\\"', "1", "a", ", ", "=", "f("])
def test_long_text_is_read_in_linear_time(codec: Codec, unit: str) -> None:
    for text in (unit * 20_000, "f(" + unit * 20_000, 'f(a="' + unit * 20_000, "a=" + unit * 20_000):
        reads_only_what_it_writes(codec, text)


def test_if_written_says_where_texts_differ() -> None:
    assert if_written(3, "abc", " abc\n") == 3
    for again, text, at in [("abc", "abd", 2), ("abc", "ab", 2), ("ab", "abc", 2), ("", "a", 0)]:
        with pytest.raises(ValueError, match=f"at character {at} "):
            if_written(3, again, text)


def test_json_scalar_takes_nothing_but_scalars() -> None:
    assert [json_scalar(value) for value in ("ä", 1, 1.0, True, None)] == ['"ä"', "1", "1.0", "true", "null"]
    for value in ([], {}, b"", math.inf, object()):
        with pytest.raises(ValueError):
            json_scalar(value)  # type: ignore[arg-type]


def test_is_plain_where_nothing_is_lost() -> None:
    assert all(map(is_plain, ["", "a b", '"', '"a', "1.5"]))
    assert not any(map(is_plain, [" a", "a\n", "a\tb", "a\u2028b", '"a"', '""', "\xa0"]))


@needs_data
def test_published_intents_round_trip() -> None:
    intents = json.loads((Path(DATA) / "banking77/categories.json").read_text(encoding="utf-8"))
    assert len(intents) == 77
    for intent in intents:
        text = encode_slots({"intent": intent, "slots": {}})
        assert text == f"{intent}()"
        assert decode_slots(text) == {"intent": intent, "slots": {}}
