"""Examples that ask about one text: what they share, as a hash, and what is their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from taskmill.udfs.ids import hashed

PARTS_SCHEMA = pa.schema([(name, pa.string()) for name in ("task", "example_id", "split", "shared_key", "own")])
PARTS_DDL = "task string, example_id string, split string, shared_key string, own string"


@dataclass(frozen=True)
class MultiTurn:
    """How the pairs of a task become dialogues.

    Attributes:
        rate: of the examples, among those that have siblings.
        turns: at most, the pair itself included; from 2 on as many are drawn.
        max_tokens: of a dialogue, at four bytes of UTF-8 a token.
    """

    rate: float
    turns: int = 4
    max_tokens: int = 2048


def parted(shared: Mapping[str, tuple[str, ...]]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that parts examples into what they share and what is their own.

    Batches have string columns task, example_id, split, fields.

    Args:
        shared: for each task the fields that several examples may have in common. One that lacks any of them is left
            out.
    """

    def part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = []
            for task, example_id, split, text in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                own = json.loads(text)
                common = [own.pop(name, None) for name in shared[task]]
                if None not in common:
                    key = hashed(json.dumps(common, ensure_ascii=False))
                    rows.append((task, example_id, split, key, json.dumps(own, ensure_ascii=False)))
            columns = zip(*rows, strict=True) if rows else [()] * len(PARTS_SCHEMA)
            yield pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=PARTS_SCHEMA)

    return part
