"""Texts that are searched for many things, most of which are in none of them.

Rendering goes through a gigabyte in a second or two, and so must what checks it: a mark is looked for in the bytes of
all texts at once, its rarest byte first, and only where one is found does it matter in which row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.rendering.columns import Mask, byte_lengths, where


class Texts:
    """A column of texts without nulls.

    Args:
        array: string, shape (n,).
    """

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @cached_property
    def sizes(self) -> npt.NDArray[np.int32]:
        """Bytes of each."""
        return byte_lengths(self.array)

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.sizes, dtype=np.int64)

    @cached_property
    def _bytes(self) -> bytes:
        """All texts, one after the other."""
        data = self.array.buffers()[2] if len(self.array) else None
        if data is None:
            return b""
        offsets = np.frombuffer(self.array.buffers()[1], np.int32)
        first, last = offsets[self.array.offset], offsets[self.array.offset + len(self.array)]
        return memoryview(data)[first:last].tobytes()

    def nowhere(self) -> Mask:
        return np.zeros(len(self), np.bool_)

    def having(self, mark: str, rarest: int = 0) -> Mask:
        """Which texts hold `mark`.

        Args:
            rarest: place of the byte of the mark that other texts have least often.
        """
        needle, data = mark.encode(), self._bytes
        first = data.find(needle[rarest : rarest + 1])  # as fast as memory; a search for several bytes is not
        start = data.find(needle, max(0, first - rarest)) if first >= 0 else -1
        found = self.nowhere()
        if start < 0:
            return found
        rest = np.frombuffer(data, np.uint8)[start:]
        places = np.flatnonzero(rest[: len(rest) - len(needle) + 1] == needle[0])
        for place in range(1, len(needle)):
            places = places[rest[places + place] == needle[place]]
        places += start
        rows = np.searchsorted(self._ends, places, side="right")
        found[rows[places + len(needle) <= self._ends[rows]]] = True  # not across the ends of neighbours
        return found

    def having_any(self, *marks: str) -> Mask:
        """Which texts hold one of the marks."""
        found = self.nowhere()
        for mark in marks:
            found |= self.having(mark)
        return found

    def matching(self, pattern: str, among: Mask | None = None) -> Mask:
        """Which texts, among some, match a regular expression (RE2)."""
        if among is None:
            return np.asarray(pc.match_substring_regex(self.array, pattern))
        found = self.nowhere()
        rows = where(among)
        if len(rows):
            found[rows] = pc.match_substring_regex(self.array.take(pa.array(rows)), pattern)
        return found

    def satisfying(self, predicate: Callable[[str], bool], among: Mask) -> Mask:
        """Which texts, among some, a function of one text holds for."""
        found = self.nowhere()
        for row in where(among).tolist():
            found[row] = predicate(self.array[row].as_py())
        return found
