"""Texts made shorter, so that a pair keeps to its budget: a run of whole sentences, or words, that still holds what it
has to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

LEAST_BYTES = 200  # what would be left of a passage below this is no passage
SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？][”’」』）]*|\n")
WORD_END = re.compile(r"\S(?=\s)")
SEARCHED_SHARE = 0.5  # of a text may go to end it with a sentence; else it ends with a word


def level(sizes: Sequence[int], over: int) -> int:
    """The size that texts may have for all of them together to lose `over`: the longest loses first, down to the next
    one, then both of them; at least `LEAST_BYTES`."""
    found = 0
    longest = sorted(sizes, reverse=True)
    for count, following in enumerate([*longest[1:], 0][: len(longest)], start=1):
        found = (sum(longest[:count]) - over) // count
        if found >= following:
            break
    return max(found, LEAST_BYTES)


def shortened(text: str, most: int, kept: Collection[str] = ()) -> str | None:
    """A part of the text of at most `most` bytes of UTF-8, its beginning where that holds what it has to.

    Args:
        kept: texts that the part must hold where the whole does.

    Returns:
        The text itself where it is short enough; None where there is no such part, or `most` is below `LEAST_BYTES`.
    """
    if len(text.encode()) <= most:
        return text
    if most < LEAST_BYTES:
        return None
    spans = [(text.index(one), text.index(one) + len(one)) for one in kept if one and one in text]
    start, end = (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else (0, 0)
    for first in _starts(text, start, end, most):
        for part in _cuts(text[first:], most):
            if part and first + len(part) >= end:
                return part
    return None


def _starts(text: str, start: int, end: int, most: int) -> Iterator[int]:
    """Where a part that holds `start` to `end` may begin, the best place first: at the beginning, then where what it
    must hold stands in its middle, or its end is that of the text, at a sentence or at a word; at last right there."""
    yield 0
    wanted, rest = len(text[start:end].encode()), len(text[start:].encode())
    if not start or wanted > most:
        return
    room = max((most - wanted) // 2, most - rest)
    before = len(text[:start].encode()[-room:].decode(errors="ignore")) if room else 0
    for pattern in (SENTENCE_END, WORD_END):
        ends = (_past_blanks(text, found.end()) for found in pattern.finditer(text, 0, start))
        # What begins much later would waste the room that there is.
        yield from islice((place for place in ends if start - before <= place <= start - before // 2), 1)
    yield max(0, start - before)
    yield start


def _past_blanks(text: str, place: int) -> int:
    return place + len(text[place:]) - len(text[place:].lstrip())


def _cuts(text: str, most: int) -> Iterator[str]:
    """Beginnings that have room, the best first: up to the end of a sentence, of a word, of a character."""
    head = text.encode()[:most].decode(errors="ignore")
    if len(head) == len(text):
        yield text.rstrip()
        return
    for pattern in (SENTENCE_END, WORD_END):
        # A pattern may have to see the blank behind the last character that has room.
        ends = [found.end() for found in pattern.finditer(text, 0, len(head) + 1) if found.end() <= len(head)]
        if ends and ends[-1] >= SEARCHED_SHARE * len(head):
            yield head[: ends[-1]].rstrip()
    yield head.rstrip()
