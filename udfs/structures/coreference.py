"""Coreference clusters as text and back: `[Alice|1] said [she|1] would come`.

Clusters are a list; each is a list of mentions `{"start", "end"}`, offsets into the text in code points, the end not
included. Their numbers in the text are their places in the list, from 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.slots import QUOTED, if_written

Cluster = list[dict[str, int]]

NO_CLUSTERS = "none"
_SPECIAL = re.compile(r"([\\\[\]|])")
_PIECE = re.compile(r"\\(?P<escaped>[\\\[\]|])|(?P<open>\[)|\|(?P<number>[0-9]{1,9})\]|(?P<plain>[^\\\[\]|]+)")
_MENTION = re.compile(rf"(?:, )?(?P<words>{QUOTED}) (?P<start>[0-9]{{1,9}})-(?P<end>[0-9]{{1,9}})")


def _mentions(clusters: Any, text: str) -> list[tuple[int, int, int]]:
    """Start, end and cluster number of every mention, in the order given.

    Raises:
        ValueError: if `clusters` has another shape, an empty cluster, or an empty mention or one outside the text.
    """
    if not isinstance(clusters, list):
        raise ValueError(f"clusters are a list, not {type(clusters).__name__}")
    found: list[tuple[int, int, int]] = []
    for number, cluster in enumerate(clusters, 1):
        if not isinstance(cluster, list) or not cluster:
            raise ValueError(f"cluster {number} is no list of one or more mentions")
        for mention in cluster:
            if not isinstance(mention, dict) or mention.keys() != {"start", "end"}:
                raise ValueError(f"a mention of cluster {number} has other keys than start and end")
            start, end = mention["start"], mention["end"]
            if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
                raise ValueError(f"a mention of cluster {number} is empty or not within the {len(text)} characters")
            found.append((start, end, number))
    return found


def encode_inline(clusters: Any, text: str) -> str:
    """`text` with each mention in brackets, a bar and its cluster's number behind it; mentions may nest.

    A backslash stands before the text's own brackets, bars and backslashes.

    Raises:
        ValueError: if `clusters` are no clusters of mentions in `text`.
        NotRoundTripError: if mentions cross or begin or end with a blank, or those of a cluster are not in the order
            of the text, or one comes twice.
    """
    mentions = _mentions(clusters, text)
    for (start, end, number), (next_start, next_end, next_number) in zip(mentions, mentions[1:], strict=False):
        if number == next_number and (start, end) >= (next_start, next_end):
            raise NotRoundTripError(f"cluster {number}: the mention at {next_start} comes twice or is out of order")
    pieces: list[str] = []
    open_mentions: list[tuple[int, int]] = []
    at = 0
    for start, end, number in sorted(mentions, key=lambda mention: (mention[0], -mention[1], mention[2])):
        at = _close(open_mentions, text, at, start, pieces)
        if open_mentions and open_mentions[-1][0] < end:
            raise NotRoundTripError(f"the mentions that end at {open_mentions[-1][0]} and at {end} cross")
        if text[start].isspace() or text[end - 1].isspace():
            raise NotRoundTripError(f"the mention at {start} begins or ends with a blank")
        pieces += [_escaped(text[at:start]), "["]
        at = start
        open_mentions.append((end, number))
    at = _close(open_mentions, text, at, len(text), pieces)
    pieces.append(_escaped(text[at:]))
    return "".join(pieces)


def _close(open_mentions: list[tuple[int, int]], text: str, at: int, until: int, pieces: list[str]) -> int:
    """Writes what is left of the mentions that end at `until` or before; returns how far the text is written."""
    while open_mentions and open_mentions[-1][0] <= until:
        end, number = open_mentions.pop()
        pieces += [_escaped(text[at:end]), f"|{number}]"]
        at = end
    return at


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def decode_inline(marked: str, text: str) -> list[Cluster]:
    """The clusters that `encode_inline` wrote over `text`; blanks around `marked` and `text` do not count.

    Raises:
        ValueError: for any other text, or if it is not `text` that is marked.
    """
    plain, mentions = _read(marked.strip())
    if plain != text.strip():
        raise ValueError("without its marks the text is not the one that was given")
    shift = len(text) - len(text.lstrip())  # no mention begins or ends with a blank, so these stood before all of them
    clusters = _clusters([(start + shift, end + shift, number) for start, end, number in mentions])
    return if_written(clusters, encode_inline(clusters, text), marked)


def _read(marked: str) -> tuple[str, list[tuple[int, int, int]]]:
    """The text without its marks, and start, end and cluster number of every mention."""
    pieces: list[str] = []
    starts: list[int] = []
    mentions: list[tuple[int, int, int]] = []
    at = length = 0
    while at < len(marked):
        found = _PIECE.match(marked, at)
        if found is None or (found["number"] and not starts):
            raise ValueError(f"a bracket, bar or backslash at character {at} marks nothing")
        at = found.end()
        if found["open"]:
            starts.append(length)
        elif found["number"]:
            mentions.append((starts.pop(), length, int(found["number"])))
        else:
            pieces.append(found["escaped"] or found["plain"])
            length += len(pieces[-1])
    if starts:
        raise ValueError(f"{len(starts)} brackets are not closed")
    return "".join(pieces), mentions


def _clusters(mentions: list[tuple[int, int, int]]) -> list[Cluster]:
    by_number: dict[int, Cluster] = {}
    for start, end, number in sorted(mentions):
        by_number.setdefault(number, []).append({"start": start, "end": end})
    if sorted(by_number) != list(range(1, len(by_number) + 1)):
        raise ValueError("the numbers of the clusters are not 1, 2, 3 and so on")
    return [by_number[number] for number in sorted(by_number)]


def encode_lines(clusters: Any, text: str) -> str:
    """A line for each cluster, its mentions as JSON strings with their offsets: `"Alice" 0-5, "she" 11-14`.

    Mentions keep their order, and may cross; no cluster is `none`.

    Raises:
        ValueError: if `clusters` are no clusters of mentions in `text`.
    """
    lines: list[list[str]] = [[] for _ in clusters] if isinstance(clusters, list) else []
    for start, end, number in _mentions(clusters, text):
        lines[number - 1].append(f"{json.dumps(text[start:end], ensure_ascii=False)} {start}-{end}")
    return "\n".join(", ".join(line) for line in lines) or NO_CLUSTERS


def decode_lines(written: str, text: str) -> list[Cluster]:
    """The clusters that `encode_lines` wrote over `text`.

    Raises:
        ValueError: for any other text, or if words and offsets do not fit; the message names the line.
    """
    stripped = written.strip()
    lines = [] if stripped == NO_CLUSTERS else stripped.split("\n")
    clusters = [_read_line(line, number, text) for number, line in enumerate(lines, 1)]
    return if_written(clusters, encode_lines(clusters, text), written)


def _read_line(line: str, number: int, text: str) -> Cluster:
    cluster: Cluster = []
    at = 0
    while at < len(line):
        found = _MENTION.match(line, at)
        if found is None:
            raise ValueError(f"line {number}: a mention is wanted at character {at}")
        start, end = int(found["start"]), int(found["end"])
        words = json.loads(found["words"])
        # Lengths first: a short line must not make the text be copied many times.
        if len(words) != end - start or words != text[start:end]:
            raise ValueError(f"line {number}: the words at {start}-{end} are others")
        cluster.append({"start": start, "end": end})
        at = found.end()
    return cluster


COREFERENCE_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_coref_inline", encode_inline, decode_inline),
        Codec("as_coref_lines", encode_lines, decode_lines),
    )
}
