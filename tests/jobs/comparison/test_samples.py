"""Samples: the same whatever the order, whole where the set is small, and alike in both sets."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from taskmill.jobs.comparison import costs, samples
from taskmill.jobs.comparison.samples import HIGHEST, Keyed, Pair, Record, drawn, normal_keys, of_file, of_tables
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage import tables
from tests.jobs.comparison.sets import diverse, templated, write_lines, write_tables


def a_record(number: int, response: str = "x") -> Record:
    prompt = f"prompt {number}"
    return Record(normal_keys(pa.array([prompt]))[0], (Pair(prompt, response),))


RECORDS = [a_record(number) for number in range(300)]


def in_batches(found: Sequence[Record], size: int = 37) -> Iterator[Keyed]:
    for start in range(0, len(found), size):
        part = found[start : start + size]
        yield Keyed([one.key for one in part], part.__getitem__)


@pytest.mark.parametrize("size", [1, 7, 100, 299, 300, 301, 1_000])
def test_drawn_are_the_lowest_in_any_order(size: int) -> None:
    expected = sorted(RECORDS, key=lambda one: one.order)[:size]
    for seed in range(3):
        shuffled = random.Random(seed).sample(RECORDS, len(RECORDS))
        found, limit = drawn(in_batches(shuffled), size)
        assert found == expected
        assert limit == (HIGHEST if size >= 300 else expected[-1].key)


def test_equal_prompts_are_drawn_together() -> None:
    found, limit = drawn(in_batches([a_record(number, answer) for number in range(100) for answer in "ab"]), 50)
    keys = [one.key for one in found]
    assert all(keys.count(key) == 2 for key in set(keys) - {limit})


def test_samples_of_two_sets_agree_on_what_both_have(tmp_path: Path) -> None:
    """A prompt of both sets is in both samples or in neither, as far down as both reach."""
    shared = diverse(400)
    ours = of_file(write_lines(tmp_path / "a.jsonl", shared), 60)
    other = of_file(write_lines(tmp_path / "b.jsonl", [*shared, *templated(300)][::-1]), 90)
    limit = min(ours.limit, other.limit)
    both = {row["instruction"] for row in shared}
    ours_in, other_in = (set(one.up_to(limit).prompts.to_pylist()) for one in (ours, other))
    assert ours_in and ours_in == other_in & both


def test_tables_and_a_file_of_the_same_pairs_give_the_same_sample(tmp_path: Path) -> None:
    rows = templated(80)
    tables = of_tables(str(write_tables(tmp_path / "tables", rows)), 50)
    file = of_file(write_lines(tmp_path / "a.jsonl", rows), 50)
    assert tables.prompts == file.prompts and tables.responses == file.responses and tables.keys == file.keys
    assert not tables.is_whole and len(tables) == 50 and tables.reading.pairs == len(rows)
    assert set(tables.choices) == {("bad", "good")} and set(file.choices) == {None}


def test_what_is_read_is_what_the_tables_have() -> None:
    """Without Spark the names stand a second time."""
    assert (tables.PAIRS.name, tables.LEDGER.name) == (samples.PAIRS, costs.LEDGER)
    assert set(samples.COLUMNS) <= set(tables.PAIRS.schema.names)
    assert set(costs.COLUMNS) <= set(tables.LEDGER.schema.names)


def test_a_conversation_is_drawn_as_a_whole_and_counted(tmp_path: Path) -> None:
    turns = [{"role": role, "content": text} for role, text in
             [("user", "A"), ("assistant", "B"), ("user", "C"), ("assistant", "D")]]  # fmt: skip
    found = of_file(write_lines(tmp_path / "a.jsonl", [{"messages": turns}, {"prompt": "P", "completion": "Q"}]), 10)
    assert found.reading.forms == {"messages": 1, "prompt_completion": 1}
    assert (found.reading.records, found.reading.pairs, len(found)) == (2, 3, 3)
    assert sorted(found.exchanges.tolist()) == [1, 2, 2]
    assert len(set(found.keys)) == 2


def test_what_cannot_be_read_is_counted_with_its_first_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"prompt": "P", "completion": "C"}\n' + "{x\n" * 7 + '{"text": "t"}\n\n{"prompt": "P", "completion": ""}\n'
    )
    found = of_file(path, 10).reading
    assert found.refused.total() == 9 and found.records == 1
    assert found.places == {
        "no JSON: expecting property name enclosed in double quotes": [2, 3, 4, 5, 6],
        "keys of no known form": [9],
        "an empty response": [11],
    }


@pytest.mark.parametrize(
    ("is_array", "told"), [(False, "lines 1, 2, 3, 4, 5, ..."), (True, "items 1, 2, 3, 4, 5, ...")]
)
def test_places_are_lines_or_items(tmp_path: Path, is_array: bool, told: str) -> None:
    rows = [{"text": "t"}] * 6 + [{"prompt": "P", "completion": "C"}]
    path = write_lines(tmp_path / "a.json", rows)
    if is_array:
        path.write_text(json.dumps(rows))
    assert of_file(path, 10).reading.places_told("keys of no known form") == told


def test_a_file_without_a_record_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("")
    with pytest.raises(ConfigError, match="has no records"):
        of_file(path, 10)
    write_lines(path, [{"text": "a"}, {"text": "b"}])
    with pytest.raises(ConfigError, match=r"none of 2 records .* keys of no known form \(lines 1, 2\); .*--form"):
        of_file(path, 10)


def test_tables_without_pairs_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="compare needs table 'pairs'"):
        of_tables(str(tmp_path), 10)
    with pytest.raises(TableError, match="no pairs to compare"):
        of_tables(str(write_tables(tmp_path / "t", [])), 10)
