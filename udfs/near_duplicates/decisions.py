"""Whole groups of near-duplicates at once: what becomes of each example, as rows of table `duplicates`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from taskmill.udfs.near_duplicates.groups import CONTRAST, REMOVED, Decision, Edge, both_ways, decide

DECIDED_DDL = (
    "kind string, task string, example_id string, kept_id string, kept_task string, removed boolean, "
    "similarity double, containment double, bands int, group_id string"
)
NEAR_KIND, CONTRAST_KIND = "near", "contrast"
Rows = list[dict[str, Any]]


def decided(removes: bool) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that decides about the groups of a partition, `DECIDED_DDL`.

    It takes accepted pairs, all of a component in the same partition: left, right, component (long), similarity,
    containment, bands, and for each side its example_id, task, answer_key and place (who is first by it stays).

    Args:
        removes: whether those that leave are to leave, or only to be told.
    """

    def find(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = [row for batch in batches for row in batch.to_pylist()]
        if not rows:
            return
        found = list(_decided(rows, removes))
        if found:
            yield pa.RecordBatch.from_pylist(found, schema=_SCHEMA)

    return find


_SCHEMA = pa.schema(
    [
        ("kind", pa.string()), ("task", pa.string()), ("example_id", pa.string()), ("kept_id", pa.string()),
        ("kept_task", pa.string()), ("removed", pa.bool_()), ("similarity", pa.float64()),
        ("containment", pa.float64()), ("bands", pa.int32()), ("group_id", pa.string()),
    ]
)  # fmt: skip


def _decided(rows: Rows, removes: bool) -> Iterator[dict[str, Any]]:
    examples = {
        row[side]: {name: row[f"{side}_{name}"] for name in ("example_id", "task", "answer_key", "place")}
        for row in rows
        for side in ("left", "right")
    }
    pairs = {frozenset((row["left"], row["right"])): row for row in rows}
    group_of = {row[side]: row["component"] for row in rows for side in ("left", "right")}
    order = sorted(examples, key=lambda doc: examples[doc]["place"])
    first_of: dict[int, str] = {}
    for doc in order:
        first_of.setdefault(group_of[doc], examples[doc]["example_id"])
    edges = both_ways(
        [row["left"] for row in rows],
        [row["right"] for row in rows],
        [(row["similarity"], _same_answer(examples, row)) for row in rows],
    )
    for decision in decide(order, edges, group_of):
        pair = pairs[frozenset((decision.node, decision.other))]
        yield {
            "kind": _kind(decision, edges[decision.node]),
            "task": examples[decision.node]["task"],
            "example_id": examples[decision.node]["example_id"],
            "kept_id": examples[decision.other]["example_id"],
            "kept_task": examples[decision.other]["task"],
            "removed": removes and decision.kind == REMOVED,
            "similarity": pair["similarity"],
            "containment": pair["containment"],
            "bands": pair["bands"],
            "group_id": first_of[group_of[decision.node]],
        }


def _same_answer(examples: dict[int, dict[str, Any]], row: dict[str, Any]) -> bool:
    return bool(examples[row["left"]]["answer_key"] == examples[row["right"]]["answer_key"])


def _kind(decision: Decision, edges: list[Edge]) -> str:
    """Whether an example that stays differs in its answer from the one it is like."""
    if decision.kind == CONTRAST:
        return CONTRAST_KIND
    same = next(edge.same_answer for edge in edges if edge.other == decision.other)
    return NEAR_KIND if same else CONTRAST_KIND
