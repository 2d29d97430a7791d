"""Codecs of entities and JSON, and the filter around every codec: there and back over hostile values."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from datetime import date
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jinja2 import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from taskmill.udfs.structures.codec import Codec, NotRoundTripError, difference, filter_of
from taskmill.udfs.structures.span_codecs import SPAN_CODECS, encode_inline_tags, read_inline_tags
from taskmill.udfs.structures.spans import TAG_CODECS

FILTERS = {name: filter_of(codec) for name, codec in SPAN_CODECS.items()}

Entities = list[dict[str, Any]]
HOSTILE = st.text(st.sampled_from("ab <>&;:/\n\t\x85\u2028_x0é\ud800"), max_size=12)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
TOKENS = ["Amara", "Diallo", "left", "Porto"]
TEXT = "Amara Diallo left Porto"
ENTITIES: Entities = [
    {"text": "Amara Diallo", "type": "person", "start": 0, "end": 12, "first": 0, "last": 1},
    {"text": "Porto", "type": "place", "start": 18, "end": 23, "first": 3, "last": 3},
]


def arguments(name: str, tokens: list[str], text: str) -> list[Any]:
    if name == "as_inline_tags":
        return [text]
    return [tokens] if name in TAG_CODECS else []


def can_stand_on_a_line(text: str) -> bool:
    return text.splitlines() == [text] and text == text.strip()


# The filter


def render(template: str, **fields: Any) -> str:
    environment = ImmutableSandboxedEnvironment()
    environment.filters.update(FILTERS)
    return environment.from_string(template).render(fields)


def test_codecs_as_filters_of_templates() -> None:
    fields = {"entities": ENTITIES, "text": TEXT, "tokens": TOKENS, "tags": ["NAME", "NAME", "VERB", "NAME"]}
    expected = {
        "entities | as_inline_tags(text)": "<person>Amara Diallo</person> left <place>Porto</place>",
        "tags | as_token_labels(tokens)": "Amara: NAME\nDiallo: NAME\nleft: VERB\nPorto: NAME",
        "entities | as_bio(tokens)": "Amara\tB-person\nDiallo\tI-person\nleft\tO\nPorto\tB-place",
        "entities | as_bioes(tokens)": "Amara\tB-person\nDiallo\tE-person\nleft\tO\nPorto\tS-place",
        "entities | as_iob1(tokens)": "Amara\tI-person\nDiallo\tI-person\nleft\tO\nPorto\tI-place",
        "entities | as_entity_lines": "Amara Diallo: person\nPorto: place",
        "entities | as_entities_by_type": "person: Amara Diallo\nplace: Porto",
        "[] | as_entity_lines": "none",
        "[] | as_entities_by_type": "none",
        "[] | as_inline_tags(text)": TEXT,
        "{'é': [1, 2.0, none]} | as_json": '{"é": [1, 2.0, null]}',
    }
    assert {text: render("{{ " + text + " }}", **fields) for text in expected} == expected
    assert {text.split("| ")[1].split("(")[0] for text in expected} == set(SPAN_CODECS)


@pytest.mark.parametrize(
    ("encode", "decode", "value", "message"),
    [
        (str, int, 1.0, "lossy: the text cannot be read: "),
        (lambda value: f"{value:.1f}", float, 0.25, "lossy: value: 0.25 became 0.2"),
        (str, float, 1, "lossy: value: 1 became 1.0"),
        (lambda value: "x", lambda text: True, 1, "lossy: value: 1 became True"),
        (lambda value: "x", lambda text: 0.0, -0.0, "lossy: value: -0.0 became 0.0"),
        (lambda value: value, lambda text: text, " a", "lossy: value: ' a' became 'a'"),
        (json.dumps, lambda text: [["a"]], [["a"], "b"], "lossy: value: length 2 became 1"),
        (json.dumps, lambda text: {"k": [0, 2]}, {"k": [0, 1]}, "lossy: value['k'][1]: 1 became 2"),
        (json.dumps, lambda text: {"k": 1}, {"k": 1, "l": None}, "lossy: value: keys ['k', 'l'] became ['k']"),
    ],
    ids=["unreadable", "rounded", "int_float", "int_bool", "signed_zero", "stripped", "length", "nested", "keys"],
)
def test_filter_refuses_a_text_that_does_not_give_the_value_back(
    encode: Any, decode: Any, value: Any, message: str
) -> None:
    with pytest.raises(NotRoundTripError) as caught:
        filter_of(Codec("lossy", encode, decode))(value)
    assert str(caught.value).startswith(message)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_filter_keeps_messages_short() -> None:
    for value in ("x" * 10_000, ["x" * 10_000] * 3, {"k" * 10_000: 1}):
        with pytest.raises(NotRoundTripError, match="^lossy: .{1,193}$"):
            filter_of(Codec("lossy", lambda value: "x", lambda text: [["a"]]))(value)


SELF: list[Any] = []
SELF.append(SELF)


@pytest.mark.parametrize(
    "value",
    [Undefined(), [Undefined()], {"a": Undefined()}, (1, 2), {1: "a"}, float("nan"), [float("inf")], date(2020, 1, 1),
     {"a"}, b"a", Markup("a"), SELF],
    ids=["undefined", "undefined_item", "undefined_member", "tuple", "key", "nan", "infinity", "date", "set", "bytes",
         "markup", "endless"],
)  # fmt: skip
def test_filter_refuses_what_is_no_json_value(value: Any) -> None:
    accepts_all = filter_of(Codec("all", lambda value, *_: "x", lambda text, *_: value))
    for arguments in ((value,), ("x", value)):
        with pytest.raises(ValueError, match="^all: ") as caught:
            accepts_all(*arguments)
        assert type(caught.value) is ValueError


@given(one=JSON_VALUES, other=JSON_VALUES)
def test_difference_is_none_for_equal_json_only(one: Any, other: Any) -> None:
    equal = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (difference(one, other) is None) == equal
    assert difference(one, json.loads(json.dumps(one))) is None


# JSON


@given(JSON_VALUES)
def test_json_round_trips_with_its_keys_in_order(value: Any) -> None:
    text = FILTERS["as_json"](value)
    assert json.loads(text, object_pairs_hook=lambda pairs: pairs) == json.loads(
        json.dumps(value), object_pairs_hook=lambda pairs: pairs
    )
    assert "\n" not in text


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', "NaN", "[Infinity]", "1e999", "", "{'a': 1}", "[1] 2", "[" * 10**5]
)
def test_json_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        SPAN_CODECS["as_json"].decode(text)


def test_json_is_refused_below_a_fixed_depth() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    assert json.loads(FILTERS["as_json"](value)) == value
    for deeper in ([value], {"a": value}):
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            FILTERS["as_json"](deeper)
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            SPAN_CODECS["as_json"].decode(json.dumps(deeper))


# Inline tags


@st.composite
def marked_texts(draw: st.DrawFn, letters: st.SearchStrategy[str] = HOSTILE) -> tuple[Entities, str]:
    text = draw(letters)
    bound = st.integers(0, len(text))
    places = draw(st.lists(st.tuples(bound, bound, letters.filter(bool)), max_size=5))
    spans = [(min(one, other), max(one, other), type_) for one, other, type_ in places]
    return [{"text": text[a:b], "type": type_, "start": a, "end": b} for a, b, type_ in spans], text


def cross(entities: Entities) -> bool:
    pairs = combinations(sorted((entity["start"], entity["end"]) for entity in entities), 2)
    return any(start < other_start < end < other_end for (start, end), (other_start, other_end) in pairs)


@given(marked_texts())
def test_inline_tags_round_trip_unless_entities_cross(drawn: tuple[Entities, str]) -> None:
    entities, text = drawn
    if cross(entities):
        with pytest.raises(NotRoundTripError, match="cross"):
            encode_inline_tags(entities, text)
        return
    marked = encode_inline_tags(entities, text)
    wanted = sorted(entities, key=lambda entity: (entity["start"], -entity["end"]))
    assert read_inline_tags(marked) == (text, wanted)
    assert SPAN_CODECS["as_inline_tags"].decode(marked, text) == wanted
    if text.strip():
        assert FILTERS["as_inline_tags"](entities, text) == marked


@given(marked_texts(st.text(st.sampled_from("a1 <>&_x0-é.:"), max_size=12)))
def test_inline_tags_are_xml(drawn: tuple[Entities, str]) -> None:
    entities, text = drawn
    assume(not cross(entities))
    root = ElementTree.fromstring(f"<r>{encode_inline_tags(entities, text)}</r>")
    assert "".join(root.itertext()) == text
    assert Counter("".join(element.itertext()) for element in list(root.iter())[1:]) == Counter(
        entity["text"] for entity in entities
    )


def test_inline_tags_write_what_no_name_may_hold_by_its_code_point() -> None:
    places = [("a b", 0, 2), ("_x0020_", 0, 1), ("1", 1, 1), ("名", 2, 3)]
    entities = [{"text": "<a>"[a:b], "type": type_, "start": a, "end": b} for type_, a, b in places]
    assert FILTERS["as_inline_tags"](entities, "<a>") == (
        "<a_x0020_b><_x005F_x0020_>&lt;</_x005F_x0020_><_x0031_></_x0031_>a</a_x0020_b><名>&gt;</名>"
    )


@pytest.mark.parametrize(
    "change",
    [{"start": 1}, {"end": 24}, {"start": -23}, {"text": "Porto"}, {"start": False}, {"type": None}, {"type": ""}],
    ids=str,
)
def test_inline_tags_refuse_entities_of_another_text(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        FILTERS["as_inline_tags"]([{**ENTITIES[0], **change}], TEXT)
    assert type(caught.value) is ValueError


def test_inline_tags_nest_up_to_a_fixed_depth() -> None:
    entity = {"text": "a", "type": "t", "start": 0, "end": 1}
    assert FILTERS["as_inline_tags"]([entity] * 100, "a") == "<t>" * 100 + "a" + "</t>" * 100
    with pytest.raises(NotRoundTripError, match="nested"):
        FILTERS["as_inline_tags"]([entity] * 101, "a")


# Texts and types


PIECES = ["a: b", "a; b", "a\rb", "a\nb", "a\u2028b", "none", " ", ":", ";", "\x85", ""]
LINES = st.lists(st.sampled_from([*"abcdef", *PIECES]), min_size=1, max_size=3).map("".join)


@given(st.lists(st.fixed_dictionaries({"text": LINES, "type": LINES.filter(bool)}), max_size=4))
def test_texts_and_types_round_trip_or_are_refused(entities: Entities) -> None:
    fits = all(can_stand_on_a_line(entity["text"]) and can_stand_on_a_line(entity["type"]) for entity in entities)
    fits &= not any(": " in entity["type"] for entity in entities)
    by_type = {entity["type"]: [e["text"] for e in entities if e["type"] == entity["type"]] for entity in entities}
    further = [{**entity, "start": 0} for entity in entities]
    cases: dict[str, tuple[bool, Any]] = {"as_entity_lines": (fits, entities), "as_entities_by_type": (fits, by_type)}
    if any("; " in entity["text"] for entity in entities):
        cases["as_entities_by_type"] = (False, {})
    for name, (accepted, wanted) in cases.items():
        if accepted:
            assert SPAN_CODECS[name].decode(FILTERS[name](further)) == wanted
        else:
            with pytest.raises(NotRoundTripError):
                SPAN_CODECS[name].encode(further)


# All of them


@pytest.mark.parametrize("name", [name for name in SPAN_CODECS if name != "as_json"])
@pytest.mark.parametrize("value", [None, {}, "x", [None], [{}], [["x"]]], ids=repr)
def test_other_shapes_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        FILTERS[name](value, *arguments(name, TOKENS, TEXT))
    assert type(caught.value) is ValueError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("as_inline_tags", TEXT[1:]),
        ("as_inline_tags", TEXT.replace("left", "<a></a><b>left</b>")),  # written from the outside to the inside
        ("as_inline_tags", TEXT.replace("left", "<_x0061_>left</_x0061_>")),
        ("as_inline_tags", TEXT.replace("left", "<a>left</_x0061_>")),
        ("as_inline_tags", TEXT.replace("left", "<_x110000_>left</_x110000_>")),
        ("as_inline_tags", TEXT.replace("left", "<a>left")),
        ("as_inline_tags", TEXT.replace("left", "<a>le<b>ft</a></b>")),
        ("as_token_labels", "Amara: A\nDiallo: A\nleft: A"),
        ("as_token_labels", "Amara: A\nDiallo: A\nleft: A\nPorto: "),
        ("as_token_labels", "Amara: A\nDiallo: A\nleft: A\nOporto: A"),
        ("as_bio", "Amara\tO\nDiallo\tI-a\nleft\tO\nPorto\tO"),
        ("as_bioes", "Amara\tU-a\nDiallo\tO\nleft\tO\nPorto\tO"),
        ("as_entity_lines", ""),
        ("as_entity_lines", "none\nPorto: place"),
        ("as_entities_by_type", "place: Porto\nplace: Oslo"),
        ("as_entities_by_type", "place: Porto;  Oslo"),
    ],
)
def test_text_that_no_codec_writes_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        SPAN_CODECS[name].decode(text, *arguments(name, TOKENS, TEXT))


@pytest.mark.parametrize("name", SPAN_CODECS)
@given(data=st.data())
def test_no_text_is_read_that_is_not_written(name: str, data: st.DataObject) -> None:
    codec, others = SPAN_CODECS[name], arguments(name, TOKENS, TEXT)
    written = codec.encode(["NAME"] * 4 if name == "as_token_labels" else ENTITIES, *others)
    at = data.draw(st.integers(0, len(written)))
    for text in (written[:at] + data.draw(HOSTILE) + written[at + data.draw(st.integers(0, 3)) :], data.draw(HOSTILE)):
        try:
            found = codec.decode(text, *others)
        except ValueError:
            continue
        if name == "as_entities_by_type":
            found = [{"text": entity, "type": type_} for type_, texts in found.items() for entity in texts]
        again = codec.encode(found, *others)
        assert again == text.strip() or (name == "as_json" and json.loads(again) == json.loads(text.strip()))


@pytest.mark.parametrize("name", SPAN_CODECS)
@pytest.mark.parametrize("unit", ["<a>", "</a>", "<", "&amp;", '"', '\\"', ": ", "a: b\n", "\t", "; ", "[", "{", "_x"])
def test_long_text_is_read_in_linear_time(name: str, unit: str) -> None:
    for text in (unit * 30_000, "<" + unit * 30_000):
        try:
            SPAN_CODECS[name].decode(text, *arguments(name, ["a"] * 30_000, text))
        except ValueError as error:
            assert len(str(error)) < 1_000
