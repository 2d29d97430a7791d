"""What gates want to know of the texts of a task's sampled examples, all of a task at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from taskmill.udfs.gates.giveaways import Giveaway, Labelled, giveaways

CONSTANT = 0.9  # of the examples; a field that is equal in so many is an instruction, no content
TEXT_CHARS = 4_000
DDL = "task string, sampled int, constants map<string, string>, giveaways string"
SCHEMA = pa.schema(
    [("task", pa.string()), ("sampled", pa.int32()), ("constants", pa.map_(pa.string(), pa.string())),
     ("giveaways", pa.string())]
)  # fmt: skip


def told_by_texts(sample: pa.Table) -> pa.Table:
    """One row of `DDL` for a task.

    Args:
        sample: examples of one task: task, example_id, names (of the fields), texts (of them; null for a missing one),
            label (the answer), is_closed (whether answers are labels; only then words are counted).
    """
    rows = sorted(sample.to_pylist(), key=lambda row: str(row["example_id"]))
    texts = [
        {name: text for name, text in zip(row["names"], row["texts"], strict=True) if text is not None} for row in rows
    ]
    labelled = [
        Labelled(row["example_id"], found, row["label"]) for row, found in zip(rows, texts, strict=True)
    ] if rows[0]["is_closed"] else []  # fmt: skip
    found = {
        "task": rows[0]["task"], "sampled": len(rows), "constants": list(constants(texts).items()),
        "giveaways": json.dumps([vars(one) for one in giveaways(labelled)]),
    }  # fmt: skip
    return pa.Table.from_pylist([found], SCHEMA)


def constants(examples: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The fields that nearly all examples have one text in, and it."""
    found = {}
    for name in sorted({name for one in examples for name in one}) if len(examples) > 1 else ():
        text, having = Counter(one.get(name) for one in examples).most_common(1)[0]
        if text is not None and having >= CONSTANT * len(examples):
            found[name] = text
    return found


def read_giveaways(text: str) -> list[Giveaway]:
    """What `told_by_texts` gives as JSON."""
    rows: list[dict[str, Any]] = json.loads(text)
    return [Giveaway(**{**row, "example_ids": tuple(row["example_ids"])}) for row in rows]
