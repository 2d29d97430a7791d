"""Slots as lines, as an object and as tags: there and back or refused, against the json and XML readers of Python."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import NotRoundTripError
from taskmill.udfs.structures.filters import STRUCTURE_FILTERS
from taskmill.udfs.structures.slot_codecs import SLOT_LIST_CODECS, project_slots

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
FILTERS = {name: STRUCTURE_FILTERS[name] for name in SLOT_LIST_CODECS}
WITHOUT_PLACES = [name for name in SLOT_LIST_CODECS if name != "as_slot_tags"]

Slots = list[dict[str, str]]
Places = list[dict[str, int]]
UTTERANCE = "fly from Oslo to Rome & back"
SLOTS = [{"slot": "to", "value": "Rome"}, {"slot": "from", "value": "Oslo"}]
PLACES = [{"start": 17, "end": 21}, {"start": 9, "end": 13}]
HOSTILE = st.one_of(
    st.text(st.sampled_from('a:;,="{}<>& \n\t\x85\u2028\xa0'), max_size=6),
    st.text(max_size=3),
    st.sampled_from(["none", "a: b", ":", "a:", "", "4", "null"]),
)
LISTS = st.lists(st.fixed_dictionaries({"slot": HOSTILE, "value": HOSTILE}), max_size=4)


def can_stand_on_a_line(text: str) -> bool:
    return len(text.splitlines()) == 1 and text == text.strip()


@st.composite
def placed(draw: st.DrawFn) -> tuple[Slots, str, Places]:
    """Slots of an utterance that stand one behind the other, in any order of the list."""
    pieces = draw(
        st.lists(st.tuples(st.text("a <&é", max_size=3), st.text("b >é", min_size=1, max_size=3)), max_size=4)
    )
    names = st.sampled_from(["from", "to", "a b", "1"])
    utterance, found = "", []
    for before, value in pieces:
        start = len(utterance) + len(before)
        utterance += before + value
        found.append(({"slot": draw(names), "value": value}, {"start": start, "end": start + len(value)}))
    found = draw(st.permutations(found))
    return [slot for slot, _ in found], utterance, [place for _, place in found]


def test_slots_as_text() -> None:
    assert FILTERS["as_slot_lines"](SLOTS) == "to: Rome\nfrom: Oslo"
    assert FILTERS["as_slot_object"](SLOTS) == '{"to": "Rome", "from": "Oslo"}'
    tagged = FILTERS["as_slot_tags"](SLOTS, UTTERANCE, PLACES)
    assert tagged == "fly from <from>Oslo</from> to <to>Rome</to> &amp; back"
    assert [FILTERS[name]([]) for name in WITHOUT_PLACES] == ["none", "{}"]
    assert FILTERS["as_slot_tags"]([], UTTERANCE, []) == "fly from Oslo to Rome &amp; back"


@given(slots=LISTS)
def test_lines_round_trip_or_are_refused(slots: Slots) -> None:
    codec = SLOT_LIST_CODECS["as_slot_lines"]
    fits = all(can_stand_on_a_line(part) for slot in slots for part in slot.values())
    if not fits or any(": " in slot["slot"] for slot in slots):
        with pytest.raises(NotRoundTripError):
            codec.encode(slots)
        return
    text = FILTERS["as_slot_lines"]([{**slot, "start": 0} for slot in slots])
    assert codec.decode(text) == slots


@given(slots=LISTS)
def test_an_object_holds_every_slot_once_or_is_refused(slots: Slots) -> None:
    if len({slot["slot"] for slot in slots}) < len(slots):
        with pytest.raises(NotRoundTripError, match="twice"):
            FILTERS["as_slot_object"](slots)
        return
    text = FILTERS["as_slot_object"](slots)
    assert list(json.loads(text).items()) == [(slot["slot"], slot["value"]) for slot in slots]
    assert SLOT_LIST_CODECS["as_slot_object"].decode(text) == slots


@given(placed())
def test_tags_are_xml_that_gives_the_slots_in_the_order_of_the_utterance(drawn: tuple[Slots, str, Places]) -> None:
    slots, utterance, places = drawn
    text = SLOT_LIST_CODECS["as_slot_tags"].encode(slots, utterance, places)
    in_order = [
        slot for _, slot in sorted(zip([place["start"] for place in places], slots, strict=True), key=lambda p: p[0])
    ]
    root = ElementTree.fromstring(f"<r>{text}</r>")
    assert "".join(root.itertext()) == utterance
    assert [element.text for element in root] == [slot["value"] for slot in in_order]
    assert SLOT_LIST_CODECS["as_slot_tags"].decode(text, utterance, places) == in_order


@pytest.mark.parametrize(
    "places",
    [None, [], [None, None], [{}, {}], PLACES[:1], PLACES[::-1], [PLACES[0], {"start": 9, "end": 14}],
     [PLACES[0], {"start": True, "end": 13}]],
    ids=repr,
)  # fmt: skip
def test_values_that_stand_elsewhere_are_refused(places: Any) -> None:
    with pytest.raises(ValueError) as caught:
        FILTERS["as_slot_tags"](SLOTS, UTTERANCE, places)
    assert type(caught.value) is ValueError


def test_values_that_cross_are_refused() -> None:
    slots = [{"slot": "a", "value": "Oslo to"}, {"slot": "b", "value": "to Rome"}]
    with pytest.raises(NotRoundTripError, match="cross"):
        FILTERS["as_slot_tags"](slots, UTTERANCE, [{"start": 9, "end": 16}, {"start": 14, "end": 21}])


@pytest.mark.parametrize("name", SLOT_LIST_CODECS)
@pytest.mark.parametrize("value", [None, {}, "x", [None], [{}], [{"slot": "a"}], [{"slot": "a", "value": 1}]], ids=repr)
def test_what_are_no_slots_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        FILTERS[name](value, *([UTTERANCE, PLACES] if name == "as_slot_tags" else []))
    assert type(caught.value) is ValueError


@pytest.mark.parametrize("name", WITHOUT_PLACES)
@given(data=st.data())
def test_no_text_is_read_that_is_not_written(name: str, data: st.DataObject) -> None:
    codec = SLOT_LIST_CODECS[name]
    written = codec.encode(SLOTS)
    at = data.draw(st.integers(0, len(written)))
    for text in (written[:at] + data.draw(HOSTILE) + written[at + data.draw(st.integers(0, 3)) :], data.draw(HOSTILE)):
        try:
            again = codec.encode(codec.decode(text))
        except ValueError:
            continue
        assert again == text.strip() or (name == "as_slot_object" and json.loads(again) == json.loads(text.strip()))


@pytest.mark.parametrize("text", ['{"a": 1}', '{"a": "1", "a": "2"}', '["a"]', '"a"', '{"a": {"b": "c"}}', "none"])
def test_objects_of_anything_but_text_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        SLOT_LIST_CODECS["as_slot_object"].decode(text)


def test_project_slots_leaves_other_keys_out() -> None:
    assert project_slots([{**slot, "start": 3} for slot in SLOTS]) == SLOTS


@needs_data
def test_published_slots_round_trip() -> None:
    """Restaurants as `name[The Eagle], area[riverside]`; values are not always copied from the text."""
    counts: Counter[str] = Counter()
    for slots in published_slots():
        for name in WITHOUT_PLACES:
            assert SLOT_LIST_CODECS[name].decode(FILTERS[name](slots)) == slots
            counts[name] += len(slots)
    assert set(counts.values()) == {sum(map(len, published_slots()))}
    assert len(published_slots()) == 100


def published_slots() -> list[Slots]:
    path = next((Path(DATA) / "super_natural_instructions").rglob("task958_*"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    outputs = [instance["output"][0] for instance in json.loads(raw)["Instances"]]
    pattern = re.compile(r"([\w ]+)\[([^\]]*)\]")
    return [[{"slot": name.strip(), "value": value} for name, value in pattern.findall(text)] for text in outputs]
