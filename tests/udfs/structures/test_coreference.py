"""Coreference clusters: there and back, over made-up clusters and published pronouns."""

from __future__ import annotations

import csv
import gzip
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.coreference import COREFERENCE_CODECS, decode_inline, encode_inline, encode_lines

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
codecs = pytest.mark.parametrize("codec", COREFERENCE_CODECS.values(), ids=COREFERENCE_CODECS)

TEXT = "Alice said [so]: she saw her dog."
HOSTILE = st.text(st.sampled_from('[]|\\" 1,-\n\x85a😀'), max_size=14)


def mention(start: int, end: int) -> dict[str, int]:
    return {"start": start, "end": end}


CLUSTERS = [[mention(0, 5), mention(17, 20), mention(25, 28)], [mention(25, 32)]]


@st.composite
def texts_with_clusters(draw: st.DrawFn) -> tuple[str, list[list[dict[str, int]]]]:
    text = draw(HOSTILE.filter(bool))
    bounds = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda pair: pair[0] < pair[1])
    found = draw(st.lists(st.lists(bounds, min_size=1, max_size=3, unique=True).map(sorted), max_size=3))
    return text, [[mention(*pair) for pair in cluster] for cluster in found]


def reads_only_what_it_writes(codec: Codec, written: str, text: str) -> None:
    try:
        value = codec.decode(written, text)
    except ValueError:
        return
    assert codec.encode(value, text).strip() == written.strip()


def test_clusters_as_text() -> None:
    assert encode_inline(CLUSTERS, TEXT) == "[Alice|1] said \\[so\\]: [she|1] saw [[her|1] dog|2]."
    assert encode_lines(CLUSTERS, TEXT) == '"Alice" 0-5, "she" 17-20, "her" 25-28\n"her dog" 25-32'


@codecs
def test_no_clusters_and_no_text_round_trip(codec: Codec) -> None:
    for text in ("", TEXT, " a "):
        assert codec.decode(codec.encode([], text), text) == []
    assert encode_lines([], TEXT) == "none"


@codecs
@given(drawn=texts_with_clusters())
def test_clusters_round_trip(codec: Codec, drawn: tuple[str, list[list[dict[str, int]]]]) -> None:
    text, clusters = drawn
    spans = [(m["start"], m["end"]) for cluster in clusters for m in cluster]
    crosses = any(a < c < b < d for a, b in spans for c, d in spans)
    if codec.name == "as_coref_inline" and (crosses or any(text[a:b] != text[a:b].strip() for a, b in spans)):
        with pytest.raises(NotRoundTripError):
            codec.encode(clusters, text)
        return
    written = codec.encode(clusters, text)
    assert codec.decode(written, text) == clusters
    assert codec.decode(written.strip(), text) == clusters


@given(drawn=texts_with_clusters())
def test_marks_taken_out_leave_the_text(drawn: tuple[str, list[list[dict[str, int]]]]) -> None:
    text, clusters = drawn
    try:
        marked = encode_inline(clusters, text)
    except NotRoundTripError:
        return
    unmarked = re.sub(r"\\(.)|\[|\|[0-9]+\]", lambda found: found[1] or "", marked)
    assert unmarked == text
    assert re.sub(r"\\.", "", marked).count("[") == sum(map(len, clusters))


@codecs
@given(data=st.data())
def test_other_text_is_refused(codec: Codec, data: st.DataObject) -> None:
    written = codec.encode(CLUSTERS, TEXT)
    at = data.draw(st.integers(0, len(written)))
    changed = written[:at] + data.draw(HOSTILE) + written[at + data.draw(st.integers(0, 4)) :]
    reads_only_what_it_writes(codec, changed, TEXT)
    reads_only_what_it_writes(codec, data.draw(HOSTILE), data.draw(HOSTILE))


@pytest.mark.parametrize(
    "marked", ["[Al|1", "Al|1]", "[Al|2]", "[Al|01]", "[Al]", "[Al|]", "[Bo|1]", "A\\l", "[[Al|1]|1]", "[|1]Al", "\\"]
)
def test_marks_that_were_not_written_are_refused(marked: str) -> None:
    with pytest.raises(ValueError):
        decode_inline(marked, "Al")


@codecs
@pytest.mark.parametrize(
    "clusters",
    [
        None, {}, [[]], [None], [[None]], [[{"start": 0}]], [[{**mention(0, 1), "text": "A"}]], [[mention(0, 0)]],
        [[mention(-1, 2)]], [[mention(3, 2)]], [[mention(0, 99)]], [[{"start": False, "end": 1}]],
        [[{"start": 0.0, "end": 1}]],
    ],
    ids=repr,
)  # fmt: skip
def test_what_are_no_clusters_is_refused(codec: Codec, clusters: Any) -> None:
    with pytest.raises(ValueError):
        codec.encode(clusters, TEXT)


@pytest.mark.parametrize(
    "clusters",
    [
        [[mention(0, 10)], [mention(6, 15)]], [[mention(17, 20), mention(0, 5)]], [[mention(0, 5), mention(0, 5)]],
        [[mention(5, 10)]], [[mention(0, 6)]],
    ],
    ids=["crossing", "out of order", "twice", "blank before", "blank after"],
)  # fmt: skip
def test_what_cannot_stand_inline_is_refused(clusters: Any) -> None:
    with pytest.raises(NotRoundTripError):
        encode_inline(clusters, TEXT)


def test_deeply_nested_mentions_round_trip() -> None:
    clusters = [[mention(0, 5_000 - at)] for at in range(5_000)]
    text = "a" * 5_000
    assert decode_inline(encode_inline(clusters, text), text) == clusters


@pytest.mark.timeout(10)
@codecs
@pytest.mark.parametrize("unit", ["[", "]", "|", "\\", "|1]", "[a|1]", '"', '"" 0-9, ', '"aa" 0-2, ', '"a" 0-1\n'])
def test_long_text_is_read_in_linear_time(codec: Codec, unit: str) -> None:
    for written in (unit * 20_000, "[" * 20_000 + unit * 20_000, '"' + unit * 20_000):
        reads_only_what_it_writes(codec, written, "a" * 20_000)


def pronouns(name: str) -> list[tuple[str, list[list[dict[str, int]]]]]:
    """Passages with their two names and the pronoun, which is in the cluster of one name, or alone."""
    text = gzip.decompress((Path(DATA) / "gap" / name).read_bytes()).decode("utf-8")
    found = []
    for row in csv.DictReader(text.rstrip("\n").split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE):
        clusters: dict[str, list[tuple[int, int]]] = {"A": [], "B": [], "Pronoun": []}
        for key in clusters:
            start = int(row[f"{key}-offset"])
            same = "A" if row["A-coref"] == "TRUE" else "B" if row["B-coref"] == "TRUE" else "Pronoun"
            clusters[same if key == "Pronoun" else key].append((start, start + len(row[key])))
        found.append((row["Text"], [[mention(*m) for m in sorted(c)] for c in clusters.values() if c]))
    return found


@needs_data
@codecs
@pytest.mark.parametrize(("name", "count"), [("gap-development.tsv.gz", 2_000), ("gap-validation.tsv.gz", 454)])
def test_published_pronouns_round_trip(codec: Codec, name: str, count: int) -> None:
    passages = pronouns(name)
    assert len(passages) == count
    for text, clusters in passages:
        assert codec.decode(codec.encode(clusters, text), text) == clusters
