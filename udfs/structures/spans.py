"""Entity spans as one tag a token and back, in three schemes; and tags as text, a line for each token.

- `bio`: every entity opens with `B-type` and goes on with `I-type`. Called IOB2 by Tjong Kim Sang and Veenstra (1999,
  "Representing Text Chunks"), after Ratnaparkhi (1998).
- `iob1`: entities are `I-type` throughout, and `B-type` opens one only where the token before it ends another of its
  type (Ramshaw and Marcus 1995, "Text Chunking using Transformation-Based Learning"; with types as in CoNLL-2003).
- `bioes`: `B`, `I` and `E` begin, continue and end an entity, `S` is one of a single token. `L` and `U` of the spelling
  BILOU are read as `E` and `S` (Ratinov and Roth 2009, "Design Challenges and Misconceptions in Named Entity
  Recognition").

Outside of entities the tag is `O`. A type is any text but the empty one, and may hold hyphens.

In codecs, entities are a list of `{"type", "first", "last", ...}`, places in a list of tokens, the last one included.
Other keys may be there, and are no part of what is read back. Null is no list: a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from taskmill.udfs.structures.codec import Codec, NotRoundTripError, line_part, lines_of, text_list
from taskmill.udfs.structures.slots import if_written

Entity = dict[str, Any]

OUTSIDE = "O"
TAB = "\t"
_BILOU = {"L": "E", "U": "S"}


@dataclass(frozen=True, order=True)
class Span:
    """An entity: its first token, the token after its last one, both from 0, and its type."""

    start: int
    end: int
    type: str


class _Tag(NamedTuple):
    """A prefix and a type; `O` and an empty type outside of entities."""

    prefix: str
    type: str


_NOTHING = _Tag(OUTSIDE, "")


def spans_of_tags(tags: Sequence[str], scheme: str) -> list[Span]:
    """The entities of one sentence, in their order.

    Raises:
        ValueError: if `scheme` is not known, or a tag is not one that the scheme allows there (with its position).
    """
    opens = _scheme(scheme)
    spans: list[Span] = []
    before = _NOTHING
    start = 0
    for position, tag in enumerate(tags):
        current = _parsed(tag, scheme, position)
        refused = _refusal(before, current, scheme)
        if refused:
            raise ValueError(f"tag {position}, {tag!r}, {refused} ({scheme})")
        begins = current is not _NOTHING and opens(before, current)
        if before is not _NOTHING and (begins or current is _NOTHING):
            spans.append(Span(start, position, before.type))
        if begins:
            start = position
        before = current
    if before is not _NOTHING:
        refused = _refusal(before, _NOTHING, scheme)
        if refused:
            raise ValueError(f"the end, after tag {len(tags) - 1}, {refused} ({scheme})")
        spans.append(Span(start, len(tags), before.type))
    return spans


def tags_of_spans(spans: Sequence[Span], count: int, scheme: str) -> list[str]:
    """The tags of a sentence of `count` tokens, which give back the spans, whatever their order here.

    Raises:
        ValueError: if `scheme` is not known, spans overlap, or one is empty, without a type or not within the sentence.
    """
    _scheme(scheme)
    tags = [OUTSIDE] * count
    before = Span(0, 0, "")
    for span in sorted(spans):
        if not 0 <= span.start < span.end <= count:
            raise ValueError(f"{span} is empty or not within the {count} tokens")
        if not span.type:
            raise ValueError(f"{span} has no type")
        if span.start < before.end:
            raise ValueError(f"{before} and {span} overlap")
        tags[span.start : span.end] = _tags(span, before, scheme)
        before = span
    return tags


def _tags(span: Span, before: Span, scheme: str) -> list[str]:
    size = span.end - span.start
    if scheme == "bioes":
        prefixes = "S" if size == 1 else "B" + "I" * (size - 2) + "E"
    elif scheme == "bio" or (before.end == span.start and before.type == span.type):
        prefixes = "B" + "I" * (size - 1)
    else:
        prefixes = "I" * size
    return [f"{prefix}-{span.type}" for prefix in prefixes]


def _parsed(tag: str, scheme: str, position: int) -> _Tag:
    if tag == OUTSIDE:
        return _NOTHING
    prefix, hyphen, type_ = tag.partition("-")
    if scheme == "bioes":
        prefix = _BILOU.get(prefix, prefix)
    if prefix not in _PREFIXES[scheme] or not hyphen or not type_:
        raise ValueError(f"tag {position}, {tag!r}, is none of {scheme}")
    return _Tag(prefix, type_)


def _opens_bio(before: _Tag, current: _Tag) -> bool:
    return current.prefix == "B"


def _opens_iob1(before: _Tag, current: _Tag) -> bool:
    return current.prefix == "B" or before.type != current.type


def _opens_bioes(before: _Tag, current: _Tag) -> bool:
    return current.prefix in ("B", "S")


# For each scheme: whether a tag, after the one before it, opens an entity.
_OPENS: Mapping[str, Callable[[_Tag, _Tag], bool]] = {"bio": _opens_bio, "iob1": _opens_iob1, "bioes": _opens_bioes}
_PREFIXES: Mapping[str, frozenset[str]] = {
    "bio": frozenset("BI"), "iob1": frozenset("BI"), "bioes": frozenset("BIES"),
}  # fmt: skip
SCHEMES = tuple(_OPENS)


def _scheme(scheme: str) -> Callable[[_Tag, _Tag], bool]:
    if scheme not in _OPENS:
        raise ValueError(f"{scheme!r} is not a tagging scheme (known: {', '.join(SCHEMES)})")
    return _OPENS[scheme]


def _refusal(before: _Tag, current: _Tag, scheme: str) -> str:
    """Why `current` cannot follow `before`; empty if it can."""
    continues = before.type == current.type and before is not _NOTHING
    if scheme == "bio":
        return "continues no entity of its type" if current.prefix == "I" and not continues else ""
    if scheme == "iob1":
        return "opens an entity where I- would do" if current.prefix == "B" and not continues else ""
    is_open = before.prefix in ("B", "I")
    if current.prefix in ("I", "E"):
        return "" if is_open and continues else "continues no entity of its type"
    return f"leaves an entity {before.type!r} without its end" if is_open else ""


def checked_entities(entities: Any, **kinds: type) -> list[Entity]:
    """The entities, with these keys only, of these types.

    Raises:
        ValueError: if `entities` is no list of objects that have the keys, or an entity has no type.
    """
    if not isinstance(entities, list):
        raise ValueError(f"entities are a list, not {type(entities).__name__}")
    for number, entity in enumerate(entities, 1):
        if not isinstance(entity, dict):
            raise ValueError(f"entity {number} is {type(entity).__name__}, no object")
        for key, kind in kinds.items():
            if type(entity.get(key)) is not kind:  # exact, for True is an int too
                raise ValueError(f"entity {number} has no {key!r} that is {kind.__name__}")
        if not entity["type"]:
            raise ValueError(f"the type of entity {number} is empty")
    return [{key: entity[key] for key in kinds} for entity in entities]


def encode_token_labels(tags: Any, tokens: Any) -> str:
    """A line `token: label` for each token.

    Raises:
        ValueError: if these are no two lists of text of the same length.
        NotRoundTripError: if a token or label is empty or has a line break or a blank at an end, or a label holds `: `.
    """
    if len(text_list(tags, "tags")) != len(text_list(tokens, "tokens")):
        raise ValueError(f"{len(tags)} tags for {len(tokens)} tokens")
    return "\n".join(
        f"{_line_head(token)}: {line_part(tag, 'label', ': ')}" for token, tag in zip(tokens, tags, strict=True)
    )


def decode_token_labels(text: str, tokens: Any) -> list[str]:
    """The labels that `encode_token_labels` wrote; a line is split at its last `: `.

    Raises:
        ValueError: for any other text, or if the tokens are others.
    """
    return _decode_column(text, tokens, ": ")


def _line_head(token: str, *separators: str) -> str:
    """The token, if it can stand in front of a separator; a blank at its end is safe there (tweets have such tokens).

    Raises:
        NotRoundTripError: as `line_part`.
    """
    line_part(token.rstrip(" "), "token", *separators)
    return token


def _decode_column(text: str, tokens: Any, separator: str) -> list[str]:
    """What stands behind the tokens, one on each line."""
    lines = lines_of(text)
    if len(lines) != len(text_list(tokens, "tokens")):
        raise ValueError(f"{len(lines)} lines for {len(tokens)} tokens")
    found: list[str] = []
    for number, (line, token) in enumerate(zip(lines, tokens, strict=True), 1):
        before, _, label = line.rpartition(separator)
        if before != _line_head(token):
            raise ValueError(f"line {number} is not for the token {token[:80]!r}")
        found.append(line_part(label, "label"))
    return found


def project_tags(entities: Any, tokens: Any) -> list[Entity]:
    """The keys first, last and type, in the order of the tokens.

    Raises:
        ValueError: if an entity lacks a key, or lies outside of the tokens.
    """
    count = len(text_list(tokens, "tokens"))
    found = checked_entities(entities, first=int, last=int, type=str)
    for entity in found:
        if not 0 <= entity["first"] <= entity["last"] < count:
            raise ValueError(f"tokens {entity['first']} to {entity['last']} are not within the {count} tokens")
    return sorted(found, key=lambda entity: (entity["first"], entity["last"]))


def encode_tags(entities: Any, tokens: Any, scheme: str) -> str:
    """A line `token<TAB>tag` for each token, as CoNLL-2003 has it; `scheme` as in `spans`.

    Raises:
        ValueError: if these are no entities of the tokens.
        NotRoundTripError: if two of them overlap, or a token or type is empty or has a line break, a TAB or a blank at
            an end.
    """
    found = project_tags(entities, tokens)
    spans = [Span(entity["first"], entity["last"] + 1, line_part(entity["type"], "type", TAB)) for entity in found]
    try:
        tags = tags_of_spans(spans, len(tokens), scheme)
    except ValueError as error:
        raise NotRoundTripError(str(error)) from error
    return "\n".join(f"{_line_head(token, TAB)}{TAB}{tag}" for token, tag in zip(tokens, tags, strict=True))


def decode_tags(text: str, tokens: Any, scheme: str) -> list[Entity]:
    """The entities that `encode_tags` wrote, with the keys first, last and type.

    Raises:
        ValueError: for any other text, or if the tokens are others.
    """
    spans = spans_of_tags(_decode_column(text, tokens, TAB), scheme)
    found = [{"first": span.start, "last": span.end - 1, "type": span.type} for span in spans]
    return if_written(found, encode_tags(found, tokens, scheme), text)


def _tag_codec(scheme: str) -> Codec:
    return Codec(f"as_{scheme}", partial(encode_tags, scheme=scheme), partial(decode_tags, scheme=scheme), project_tags)


TAG_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_token_labels", encode_token_labels, decode_token_labels),
        _tag_codec("bio"),
        _tag_codec("bioes"),
        _tag_codec("iob1"),
    )
}
