"""The slots of an utterance as text and back: lines, a JSON object, and tags within the utterance.

Slots are a list of `{"slot", "value", ...}`, both text; a slot may come twice. Other keys may be there, and are no part
of what is read back. Null is no list: a ValueError. Calls and pairs on one line are in `slots`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.udfs.structures.codec import Codec, NotRoundTripError, decode_json, encode_json, line_part, lines_of
from taskmill.udfs.structures.slots import NO_PAIRS, if_written
from taskmill.udfs.structures.span_codecs import decode_inline_tags, encode_inline_tags, project_inline_tags
from taskmill.udfs.structures.spans import Entity

Slot = dict[str, str]

_END = ": "


def project_slots(slots: Any) -> list[Slot]:
    """The keys slot and value; the order of the list counts.

    Raises:
        ValueError: if `slots` is no list of objects that have these keys, or one of them is no text.
    """
    if not isinstance(slots, list):
        raise ValueError(f"slots are a list, not {type(slots).__name__}")
    for number, slot in enumerate(slots, 1):
        if (
            not isinstance(slot, dict)
            or not isinstance(slot.get("slot"), str)
            or not isinstance(slot.get("value"), str)
        ):
            raise ValueError(f"item {number} is no object with a slot and a value that are text")
    return [{"slot": slot["slot"], "value": slot["value"]} for slot in slots]


def encode_slot_lines(slots: Any) -> str:
    """A line `from: Oslo` for each slot; `none` if there is none.

    Raises:
        ValueError: if `slots` is no list of slots.
        NotRoundTripError: if a name or value is empty or has a line break or a blank at an end, or a name holds `: `.
    """
    lines = (
        f"{line_part(slot['slot'], 'slot', _END)}{_END}{line_part(slot['value'], 'value')}"
        for slot in project_slots(slots)
    )
    return "\n".join(lines) or NO_PAIRS


def decode_slot_lines(text: str) -> list[Slot]:
    """The slots that `encode_slot_lines` wrote; a line is split at its first `: `.

    Raises:
        ValueError: for any other text.
    """
    lines = [] if text.strip() == NO_PAIRS else lines_of(text)
    parts = [line.partition(_END) for line in lines]
    found = [{"slot": name, "value": value} for name, _, value in parts]
    return if_written(found, encode_slot_lines(found), text)


def encode_slot_object(slots: Any) -> str:
    """A JSON object with the values by their slots: `{"from": "Oslo", "to": "Rome"}`.

    Raises:
        ValueError: if `slots` is no list of slots.
        NotRoundTripError: if a slot comes twice.
    """
    found = project_slots(slots)
    by_name = {slot["slot"]: slot["value"] for slot in found}
    if len(by_name) < len(found):
        raise NotRoundTripError("a slot comes twice, which an object cannot say")
    return encode_json(by_name)


def decode_slot_object(text: str) -> list[Slot]:
    """The slots of a JSON object whose values are text, in its order.

    Raises:
        ValueError: for any other text, or if a key comes twice.
    """
    by_name = decode_json(text)
    if not isinstance(by_name, dict):
        raise ValueError(f"slots are a JSON object, not {type(by_name).__name__}")
    return project_slots([{"slot": name, "value": value} for name, value in by_name.items()])


def project_slot_tags(slots: Any, utterance: Any, places: Any) -> list[Slot]:
    """The keys slot and value in the order of the utterance, outer slots first.

    Raises:
        ValueError: as `encode_slot_tags`.
    """
    return _slots_of(project_inline_tags(_entities(slots, places), utterance))


def encode_slot_tags(slots: Any, utterance: Any, places: Any) -> str:
    """The utterance with an XML element around each value: `fly from <from>Oslo</from>`; escapes as `as_inline_tags`.

    Args:
        places: for each slot `{"start", "end"}`, offsets into the utterance in code points, the end not included.

    Raises:
        ValueError: if there are more or fewer places than slots, or a value is not the text at its place.
        NotRoundTripError: if two values cross, or more than 100 are nested.
    """
    return encode_inline_tags(_entities(slots, places), utterance)


def decode_slot_tags(marked: str, utterance: Any, places: Any) -> list[Slot]:
    """The slots that `encode_slot_tags` marked in `utterance`; the tags say where, `places` are not looked at.

    Raises:
        ValueError: for any other text than it wrote, or if it is not `utterance` that is marked.
    """
    return _slots_of(decode_inline_tags(marked, utterance))


def _entities(slots: Any, places: Any) -> list[Entity]:
    found = project_slots(slots)
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise ValueError("places are no list of objects")
    if len(places) != len(found):
        raise ValueError(f"{len(places)} places for {len(found)} slots")
    return [
        {"text": slot["value"], "type": slot["slot"], "start": place.get("start"), "end": place.get("end")}
        for slot, place in zip(found, places, strict=True)
    ]


def _slots_of(entities: list[Entity]) -> list[Slot]:
    return [{"slot": entity["type"], "value": entity["text"]} for entity in entities]


SLOT_LIST_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_slot_lines", encode_slot_lines, decode_slot_lines, project_slots),
        Codec("as_slot_object", encode_slot_object, decode_slot_object, project_slots),
        Codec("as_slot_tags", encode_slot_tags, decode_slot_tags, project_slot_tags),
    )
}
