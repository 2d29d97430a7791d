"""The options of examples in another order, and the labels that point to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.draws import Numbers, orders
from taskmill.udfs.rendering.columns import Constant, Mask, Texts, Values, is_unicode
from taskmill.udfs.rendering.row_sets import RowSet

# Options that say something of others by where these stand, and texts that name options: another order would make them
# wrong. English, as such options are in exams; RE2 and Python read both patterns alike.
PLACED_OPTION = re.compile(
    r"(?i:\bof the (?:above|below|preceding|following)\b)"
    r"|^\W*(?i:both |neither |either |only |all of )?\(?[A-E]\)?\s*(?:&|,|(?i:and|or|nor)\b)"
    r"\s*\(?[A-E]\b\)?\W*(?i:only)?\W*$"
)
NAMED_OPTION = (
    r"\(A\)(?s:.*)\(B\)|(?:^|\n)\s*A[.)]\s(?s:.*)\n\s*B[.)]\s"
    r"|(?i:\b(?:answer|option|choice)s?(?: is| are| was|:)?) *\(?[A-E]\)?(?:[.,;:!]|\s*$|\))"
)


def shuffled(
    rows: RowSet, numbers: Numbers, wanted: Mask, held_in: str | None, labels: Collection[str], read: Collection[str]
) -> tuple[RowSet, Mask]:
    """The rows with their choices in a drawn order, and which rows that is.

    Args:
        rows: with the name `choices`.
        numbers: what the order of each row is drawn from.
        wanted: rows to shuffle, where that can be done: not those whose labels point nowhere, and not those in which a
            text says of an option where it stands.
        held_in: the field the choices are in, if any.
        labels: fields with one label or a list of them.
        read: text fields that the wording reads.
    """
    lists = _lists(rows)
    sizes = np.fromiter((len(one) for one in lists), np.int64, rows.size)
    is_moved = wanted & (sizes > 1) & ~_placed(lists) & ~_named(rows, read)
    columns = {name: list(rows.columns[name].items(rows.size)) for name in labels if name in rows.columns}
    for values in columns.values():
        is_moved &= np.fromiter(
            (_point_into(value, size) for value, size in zip(values, sizes.tolist(), strict=True)), np.bool_, rows.size
        )
    moved = np.flatnonzero(is_moved)
    if not len(moved):
        return rows, is_moved
    order = orders(numbers[moved], sizes[moved])
    new = list(lists)
    for row, places in zip(moved.tolist(), order.tolist(), strict=True):
        old = lists[row]
        new[row] = [old[place] for place in places[: len(old)]]
    found = rows.with_column("choices", Values(new))
    if held_in is not None:
        found = found.with_column(held_in, Values(new))
    where_now = np.argsort(order, axis=1).tolist()
    for name, values in columns.items():
        found = found.with_column(name, Values(_relabelled(values, moved, where_now)))
    return found, is_moved


def _lists(rows: RowSet) -> Sequence[Sequence[Any]]:
    return [value if isinstance(value, list) else [] for value in rows.columns["choices"].items(rows.size)]


def _point_into(label: Any, size: int) -> bool:
    if isinstance(label, list):
        return all(_point_into(one, size) for one in label)
    return isinstance(label, int) and not isinstance(label, bool) and 0 <= label < size


def _relabelled(values: Sequence[Any], moved: npt.NDArray[np.int64], where_now: Sequence[Sequence[int]]) -> list[Any]:
    new = list(values)
    for row, places in zip(moved.tolist(), where_now, strict=True):
        label = values[row]
        new[row] = sorted(places[one] for one in label) if isinstance(label, list) else places[label]
    return new


def _placed(lists: Sequence[Sequence[Any]]) -> Mask:
    """Rows one of whose options says where others stand."""
    known: dict[int, bool] = {}  # a fixed list is one object for all rows
    return np.fromiter(
        (
            known[id(one)] if id(one) in known else known.setdefault(id(one), _has_placed(one))
            for one in lists
        ),
        np.bool_,
        len(lists),
    )  # fmt: skip


def _has_placed(options: Sequence[Any]) -> bool:
    return any(isinstance(option, str) and PLACED_OPTION.search(option) is not None for option in options)


def _named(rows: RowSet, read: Collection[str]) -> Mask:
    """Rows one of whose texts names options by their letters."""
    found = np.zeros(rows.size, np.bool_)
    for name in read:
        column = rows.columns.get(name)
        if column is None or isinstance(column, Constant):
            continue
        texts = column.array if isinstance(column, Texts) else _texts(column.items(rows.size))
        found |= np.asarray(pc.match_substring_regex(texts, NAMED_OPTION).fill_null(False), np.bool_)
    return found


def _texts(values: Any) -> pa.StringArray:
    """Text as it is, null for anything else and for what UTF-8 cannot write."""
    return pa.array([value if isinstance(value, str) and is_unicode(value) else None for value in values], pa.string())
