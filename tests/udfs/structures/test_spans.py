"""Tags to spans and back: every short sequence, against definitions that keep no state; and published corpora."""

from __future__ import annotations

import gzip
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import NotRoundTripError, filter_of
from taskmill.udfs.structures.span_codecs import SPAN_CODECS
from taskmill.udfs.structures.spans import SCHEMES, TAG_CODECS, Span, spans_of_tags, tags_of_spans

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
FILTERS = {name: filter_of(codec) for name, codec in SPAN_CODECS.items()}
PIECES = ["a", "b", "é", "-", "a: b", "a\tb", "a\rb", "a\nb", "a\u2028b", " ", ":", "\x85", ""]
HOSTILE = st.lists(st.sampled_from([*"abcdef", *PIECES]), min_size=1, max_size=3).map("".join)
schemes = pytest.mark.parametrize("scheme", SCHEMES)

# A sentence of each scheme as a regular language, one character a tag: lower case for `I`, and `^` before it for `B`;
# in bioes `[a`, `a`, `a]` and `[a]` for B, I, E and S.
WRITTEN = {
    "bio": {"B": "^{}", "I": "{}"},
    "iob1": {"B": "^{}", "I": "{}"},
    "bioes": {"B": "[{}", "I": "{}", "E": "{}]", "S": "[{}]"},
}
LANGUAGES = {
    "bio": re.compile(r"(O|\^a(a)*|\^b(b)*)*"),
    "iob1": re.compile(r"(O|a|b|(?<=a)\^a|(?<=b)\^b)*"),
    "bioes": re.compile(r"(O|\[a+\]|\[b+\])*"),
}
PREFIXES = {scheme: tuple(prefixes) for scheme, prefixes in WRITTEN.items()}


def sequences(scheme: str, longest: int) -> Iterator[tuple[str, ...]]:
    tags = ["O", *(f"{prefix}-{type_}" for prefix in PREFIXES[scheme] for type_ in "ab")]
    return (sequence for length in range(longest + 1) for sequence in product(tags, repeat=length))


def is_of_scheme(tags: Sequence[str], scheme: str) -> bool:
    written = "".join("O" if tag == "O" else WRITTEN[scheme][tag[0]].format(tag[2:]) for tag in tags)
    return LANGUAGES[scheme].fullmatch(written) is not None


def joined(before: str, after: str, scheme: str) -> bool:
    """Whether two neighbouring tags of a sentence of the scheme are of one entity."""
    if "O" in (before, after) or before[2:] != after[2:]:
        return False
    return after[0] in "IE" if scheme == "bioes" else after[0] == "I"


def spans_by_definition(tags: Sequence[str], scheme: str) -> list[Span]:
    """Of all stretches those whose tags are joined and that are not joined to their neighbours."""
    return [
        Span(start, end, tags[start][2:])
        for start in range(len(tags))
        for end in range(start + 1, len(tags) + 1)
        if tags[start] != "O"
        and all(joined(tags[at], tags[at + 1], scheme) for at in range(start, end - 1))
        and not (start > 0 and joined(tags[start - 1], tags[start], scheme))
        and not (end < len(tags) and joined(tags[end - 1], tags[end], scheme))
    ]


@schemes
def test_every_short_sequence_is_read_as_defined_and_written_back(scheme: str) -> None:
    accepted = 0
    for tags in sequences(scheme, 5):
        if is_of_scheme(tags, scheme):
            spans = spans_of_tags(tags, scheme)
            assert spans == spans_by_definition(tags, scheme), tags
            assert tags_of_spans(spans, len(tags), scheme) == list(tags)
            accepted += 1
        else:
            with pytest.raises(ValueError, match=r"tag \d|the end, after tag \d"):
                spans_of_tags(tags, scheme)
    assert accepted == SEGMENTATIONS


def segmentations(count: int) -> int:
    """How many sentences of `count` tokens there are: the first is outside, or of an entity of either type."""
    return 1 if count == 0 else segmentations(count - 1) + 2 * sum(map(segmentations, range(count)))


SEGMENTATIONS = sum(map(segmentations, range(6)))  # the same in every scheme, for they tell the same spans apart


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Spans side by side or apart, of types that look like tags."""
    types = st.sampled_from(["per", "O", "B-", "-", "I-per", "é x", "E-"])
    spans, at = [], 0
    for size, gap, type_ in draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2), types), max_size=6)):
        spans.append(Span(at + gap, at + gap + size, type_))
        at += gap + size
    return spans, at + draw(st.integers(0, 2))


@schemes
@given(sentence=sentences(), shuffled=st.randoms(use_true_random=False))
def test_spans_come_back_whatever_their_order(scheme: str, sentence: tuple[list[Span], int], shuffled: Random) -> None:
    spans, count = sentence
    mixed = shuffled.sample(spans, len(spans))
    tags = tags_of_spans(mixed, count, scheme)
    assert len(tags) == count
    assert spans_of_tags(tags, scheme) == spans


@given(sentence=sentences())
def test_bilou_is_read_as_bioes(sentence: tuple[list[Span], int]) -> None:
    spans, count = sentence
    tags = tags_of_spans(spans, count, "bioes")
    bilou = [re.sub("^E-", "L-", re.sub("^S-", "U-", tag)) for tag in tags]
    assert spans_of_tags(bilou, "bioes") == spans


def test_the_schemes_as_they_are_published() -> None:
    spans = [Span(0, 2, "per"), Span(2, 3, "per"), Span(3, 4, "loc"), Span(5, 8, "loc")]
    assert {scheme: " ".join(tags_of_spans(spans, 8, scheme)) for scheme in SCHEMES} == {
        "bio": "B-per I-per B-per B-loc O B-loc I-loc I-loc",
        "iob1": "I-per I-per B-per I-loc O I-loc I-loc I-loc",
        "bioes": "B-per E-per S-per S-loc O B-loc I-loc E-loc",
    }


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        ("bio", "O I-a", "tag 1, 'I-a', continues no entity"),
        ("bio", "B-a I-b", "tag 1, 'I-b', continues no entity"),
        ("bio", "S-a", "tag 0, 'S-a', is none of bio"),
        ("bio", "BI-a", "tag 0, 'BI-a', is none of bio"),
        ("bio", "B", "tag 0, 'B', is none of bio"),
        ("bio", "B-", "tag 0, 'B-', is none of bio"),
        ("bio", "-a", "tag 0, '-a', is none of bio"),
        ("bio", "o", "tag 0, 'o', is none of bio"),
        ("iob1", "O B-a", "tag 1, 'B-a', opens an entity where I- would do"),
        ("iob1", "I-b B-a", "tag 1, 'B-a', opens an entity where I- would do"),
        ("iob1", "O-a", "tag 0, 'O-a', is none of iob1"),
        ("bioes", "B-a O", "tag 1, 'O', leaves an entity 'a' without its end"),
        ("bioes", "B-a S-a", "tag 1, 'S-a', leaves an entity 'a' without its end"),
        ("bioes", "B-a I-a", "the end, after tag 1, leaves an entity 'a' without its end"),
        ("bioes", "S-a E-a", "tag 1, 'E-a', continues no entity"),
        ("bioes", "U-a L-a", "tag 1, 'L-a', continues no entity"),
        ("iob2", "O", "'iob2' is not a tagging scheme"),
    ],
)  # fmt: skip
def test_tags_outside_of_the_scheme_are_refused_with_their_position(scheme: str, tags: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        spans_of_tags(tags.split(), scheme)


@schemes
@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([Span(0, 2, "a"), Span(1, 3, "b")], "overlap"),
        ([Span(0, 3, "a"), Span(1, 2, "a")], "overlap"),
        ([Span(0, 1, "a"), Span(0, 1, "b")], "overlap"),
        ([Span(1, 1, "a")], "is empty or not within the 3 tokens"),
        ([Span(2, 4, "a")], "is empty or not within the 3 tokens"),
        ([Span(-1, 1, "a")], "is empty or not within the 3 tokens"),
        ([Span(0, 1, "")], "has no type"),
    ],
    ids=["crossing", "nested", "same_place", "empty", "beyond_the_end", "negative", "no_type"],
)
def test_spans_that_no_tags_can_hold_are_refused(scheme: str, spans: list[Span], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tags_of_spans(spans, 3, scheme)


def test_long_sentences_take_linear_time() -> None:
    tags = ["B-a", *["I-a"] * 50_000]
    assert spans_of_tags(tags, "bio") == [Span(0, 50_001, "a")]
    assert tags_of_spans([Span(at, at + 1, "a") for at in range(50_000)], 50_000, "iob1")[-1] == "B-a"


def can_stand_on_a_line(text: str) -> bool:
    return text.splitlines() == [text] and text == text.strip()


def can_head_a_line(token: str) -> bool:
    """A blank at the end is safe in front of a separator."""
    return can_stand_on_a_line(token.rstrip(" "))


@given(tokens=st.lists(HOSTILE, max_size=4), data=st.data())
def test_token_labels_round_trip_or_are_refused(tokens: list[str], data: st.DataObject) -> None:
    tags = data.draw(st.lists(HOSTILE, min_size=len(tokens), max_size=len(tokens)))
    fits = all(map(can_head_a_line, tokens)) and all(can_stand_on_a_line(tag) and ": " not in tag for tag in tags)
    if fits:
        assert FILTERS["as_token_labels"](tags, tokens).count("\n") == max(len(tokens) - 1, 0)
    else:
        with pytest.raises(NotRoundTripError):
            TAG_CODECS["as_token_labels"].encode(tags, tokens)


@pytest.mark.parametrize("name", ["as_bio", "as_bioes", "as_iob1"])
@given(tokens=st.lists(HOSTILE, min_size=1, max_size=4), data=st.data())
def test_tags_of_tokens_round_trip_or_are_refused(name: str, tokens: list[str], data: st.DataObject) -> None:
    at = st.integers(0, len(tokens) - 1)
    places = data.draw(st.lists(st.tuples(at, at, HOSTILE.filter(bool)), max_size=3))
    entities: list[dict[str, Any]] = [
        {"first": min(a, b), "last": max(a, b), "type": type_, "text": ""} for a, b, type_ in places
    ]
    types = [entity["type"] for entity in entities]
    fits = all(map(can_head_a_line, tokens)) and all(map(can_stand_on_a_line, types))
    taken = Counter(at for entity in entities for at in range(entity["first"], entity["last"] + 1))
    if fits and not any("\t" in part for part in [*tokens, *types]) and max(taken.values(), default=0) < 2:
        text = FILTERS[name](entities, tokens)
        found = TAG_CODECS[name].decode(text, tokens)
        assert [{**entity, "text": ""} for entity in found] == sorted(entities, key=lambda entity: entity["first"])
    else:
        with pytest.raises(NotRoundTripError):
            TAG_CODECS[name].encode(entities, tokens)


def published(corpus: str, separator: str) -> Iterator[list[list[str]]]:
    """Token and tag of every sentence; the lines `-DOCSTART-` of wikigold stand alone and are none."""
    for path in sorted((Path(DATA) / corpus).iterdir()):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for filled, lines in groupby(raw.decode().split("\n"), key=lambda line: bool(line.strip())):
            rows = [line.rstrip("\r").rsplit(separator, 1) for line in lines]
            if filled and rows[0][0] != "-DOCSTART-":
                yield rows


COUNTS = {"wnut17": (5690, 3890), "btc": (9339, 14885), "wikigold": (1696, 3558)}  # of sentences and entities
corpora = pytest.mark.parametrize(
    ("corpus", "separator", "scheme"), [("wnut17", "\t", "bio"), ("btc", "\t", "bio"), ("wikigold", " ", "iob1")]
)


@needs_data
@corpora
def test_published_tags_come_back(corpus: str, separator: str, scheme: str) -> None:
    sentences_read = entities_read = 0
    for rows in published(corpus, separator):
        tags = [tag for _, tag in rows]
        spans = spans_of_tags(tags, scheme)
        assert tags_of_spans(spans, len(tags), scheme) == tags
        for other in SCHEMES:
            assert spans_of_tags(tags_of_spans(spans, len(tags), other), other) == spans
        sentences_read += 1
        entities_read += len(spans)
    assert (sentences_read, entities_read) == COUNTS[corpus]


def arguments(tokens: list[str], spans: list[Span], tags: list[str]) -> dict[str, tuple[Any, ...]]:
    """What every codec is given for a sentence whose tokens are joined by blanks."""
    starts = list(accumulate((len(token) + 1 for token in tokens), initial=0))
    text = " ".join(tokens)
    places = [(starts[span.start], starts[span.end] - 1, span) for span in spans]
    entities = [
        {"text": text[start:end], "type": span.type, "start": start, "end": end, "first": span.start,
         "last": span.end - 1}
        for start, end, span in places
    ]  # fmt: skip
    given_too = dict.fromkeys(TAG_CODECS, (tokens,)) | {"as_inline_tags": (text,)}
    values = dict.fromkeys(SPAN_CODECS, entities) | {"as_token_labels": tags}
    return {name: (value, *given_too.get(name, ())) for name, value in values.items()}


# In btc, 4 sentences have an empty token; in wnut17, 8 have `&amp; ` or `&quot; ` within an entity.
REFUSED = {"wnut17": {"as_entities_by_type": 8}, "btc": dict.fromkeys(TAG_CODECS, 4), "wikigold": {}}


@needs_data
@corpora
def test_published_annotations_come_back_by_every_codec(corpus: str, separator: str, scheme: str) -> None:
    refused: Counter[str] = Counter()
    for rows in published(corpus, separator):
        tokens, tags = [token for token, _ in rows], [tag for _, tag in rows]
        spans = spans_of_tags(tags, scheme)
        for name, values in arguments(tokens, spans, tags).items():
            try:
                FILTERS[name](*values)
            except NotRoundTripError:
                refused[name] += 1
                texts = [" ".join(tokens[span.start : span.end]) for span in spans]
                assert any("; " in text for text in texts) or not all(map(can_head_a_line, tokens))
    assert refused == REFUSED[corpus]
