"""Examples as documents: which fields are sets, which have to be equal, and what a comparison of two gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates.comparisons import compared
from taskmill.udfs.near_duplicates.documents import Hashing, frequent, shingled, signed
from taskmill.udfs.near_duplicates.shingles import Shingling

WORDS = [f"word{number}" for number in range(400)]
LONG = " ".join(WORDS[:60])
OTHER_END = " ".join([*WORDS[:59], "changed"])
HASHING = Hashing(Shingling(words=3, short_words=3))


def batch(rows: list[tuple[int, list[str | None]]], task: str = "s.t", scope: int = 1) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "task": pa.array([task] * len(rows)),
            "example_id": pa.array([f"id{doc}" for doc, _ in rows]),
            "doc": pa.array([doc for doc, _ in rows], pa.int64()),
            "scope": pa.array([scope] * len(rows), pa.int64()),
            "texts": pa.array([texts for _, texts in rows], pa.list_(pa.string())),
            "wholes": pa.array([[hash(text) for text in texts] for _, texts in rows], pa.list_(pa.int64())),
        }
    )


def likeness(left: list[str | None], right: list[str | None], hashing: Hashing = HASHING) -> float:
    """The similarity of two examples, by way of what travels between the workers."""
    (found,) = shingled(hashing)([batch([(1, left), (2, right)])])
    rows: list[dict[str, Any]] = [
        {"left": 1, "right": right, "bands": bands, **{name: row[name] for name in ("scope", "sizes", "hashes")}}
        for row, right, bands in zip(found.to_pylist(), (None, 2), (None, 3), strict=True)
    ]
    types = [("left", pa.int64()), ("right", pa.int64()), ("bands", pa.int32())]
    schema = pa.schema([*types, *((name, found.schema.field(name).type) for name in ("scope", "sizes", "hashes"))])
    (result,) = compared([pa.RecordBatch.from_pylist(rows, schema)])
    assert result.column("bands").to_pylist() == [3]
    return float(result.column("similarity")[0].as_py())


def jaccard(left: str, right: str, n: int = 3) -> float:
    sets = [{tuple(text.split()[at : at + n]) for at in range(len(text.split()) - n + 1)} for text in (left, right)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS[:12]), min_size=12, max_size=40), st.integers(0, 11))
def test_one_field_is_compared_as_a_set(words: list[str], place: int) -> None:
    left, right = " ".join(words), " ".join([*words[:place], "other", *words[place + 1 :]])
    if len({tuple(words[at : at + 3]) for at in range(len(words) - 2)}) >= 8:
        assert likeness([left], [right]) == pytest.approx(jaccard(left, right))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param([LONG, LONG], [LONG, OTHER_END], jaccard(LONG, OTHER_END), id="the-field-least-alike"),
        pytest.param([LONG, "who?"], [LONG, "who?"], 1.0, id="an-equal-short-field"),
        pytest.param([LONG, "who?"], [LONG, "when?"], 0.0, id="another-short-field"),
        pytest.param([LONG, "3 - 2"], [LONG, "3 + 2"], 0.0, id="signs-alone"),
        pytest.param([LONG, None], [LONG, None], 1.0, id="two-nulls"),
        pytest.param([LONG, None], [LONG, "who?"], 0.0, id="a-null"),
        pytest.param([LONG, "who?"], ["who?", LONG], 0.0, id="other-fields"),
    ],
)
def test_fields_are_compared_one_by_one(left: list[str | None], right: list[str | None], expected: float) -> None:
    assert likeness(left, right) == pytest.approx(expected)


def test_boilerplate_does_not_count() -> None:
    one, other = (f"{LONG} {' '.join(WORDS[start : start + 12])}" for start in (100, 200))
    assert likeness([one], [other]) > 0.6
    (counted,) = frequent(HASHING)([batch([(1, [LONG])])])
    common = np.sort(counted.column("hash").to_numpy().view(np.uint64))
    assert likeness([one], [other], Hashing(HASHING.shingling, boilerplate={"s.t": common})) == 0.0


def test_a_shingle_counts_once_for_an_example() -> None:
    rows: list[tuple[int, list[str | None]]] = [(1, [LONG, None, LONG]), (2, [LONG])]
    (counted,) = frequent(HASHING)([batch(rows)])
    once = len(frequent_hashes([(1, [LONG])]))
    assert sorted(Counter(counted.column("hash").to_pylist()).values()) == [2] * once


def frequent_hashes(rows: list[tuple[int, list[str | None]]]) -> list[int]:
    (counted,) = frequent(HASHING)([batch(rows)])
    found: list[int] = counted.column("hash").to_pylist()
    return found


def test_examples_are_signed_alike_if_they_are_alike() -> None:
    rows = [(1, [LONG, "who?"]), (2, [OTHER_END, "who?"]), (3, [LONG, "when?"]), (4, ["short", "who?"])]
    (found,) = signed(HASHING)([batch(rows)])
    keys = {row["doc"]: set(row["keys"]) for row in found.to_pylist()}
    assert sorted(keys) == [1, 2, 3]  # the fourth has nothing long enough
    assert all(len(own) == HASHING.bands for own in keys.values())
    assert len(keys[1] & keys[2]) > HASHING.bands / 2
    assert not keys[1] & keys[3]


def test_other_scopes_never_meet() -> None:
    (one,), (other,) = (signed(HASHING)([batch([(1, [LONG])], scope=scope)]) for scope in (1, 2))
    assert not set(one.column("keys")[0].as_py()) & set(other.column("keys")[0].as_py())


def test_batches_of_several_tasks_and_slices_are_read_right() -> None:
    rows = [(number, [f"{LONG} {number}", "x"]) for number in range(6)]
    whole = pa.Table.from_batches([batch(rows[:3]), batch(rows[3:], task="u.v")]).combine_chunks().to_batches()[0]
    found = [row for part in signed(HASHING)([whole.slice(1, 4)]) for row in part.to_pylist()]
    alone = [row for one in rows[1:5] for part in signed(HASHING)([batch([one])]) for row in part.to_pylist()]
    assert [(row["doc"], row["keys"]) for row in found] == [(row["doc"], row["keys"]) for row in alone]
    assert [row["task"] for row in found] == ["s.t", "s.t", "u.v", "u.v"]
