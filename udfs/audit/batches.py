"""The audit over Arrow batches of examples: the functions Spark calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from taskmill.udfs.audit.swaps import swapped_value
from taskmill.udfs.audit.terms import Lexicon

Batches = Iterable[pa.RecordBatch]
ORIGINAL = "original"
LABEL_CHARS = 80
SPACE = " "

MENTIONS_SCHEMA = pa.schema(
    [
        ("task", pa.string()), ("example_id", pa.string()), ("label", pa.string()), ("groups", pa.string()),
        ("hints", pa.string()), ("looked_at", pa.bool_()),
    ]
)  # fmt: skip
MENTIONS_DDL = "task string, example_id string, label string, groups string, hints string, looked_at boolean"
VARIANTS_SCHEMA = pa.schema([(name, pa.string()) for name in ("task", "example_id", "languages", "fields", "variant")])
VARIANTS_DDL = "task string, example_id string, languages string, fields string, variant string"


def mention_finder(
    lexicons: Mapping[str, Lexicon], content: Mapping[str, tuple[str, ...]]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives for each example the groups its content mentions (with blanks between them) and its hints
    (JSON, as `Lexicon.hints` gives them).

    Batches have task, example_id, answer, fields (JSON) and languages (JSON). `looked_at` is false where there is no
    lexicon for any language of the example.

    Args:
        content: task -> the fields that are what is asked about; the answer says nothing of what it goes with.
    """

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [_mentions(row, lexicons, content) for row in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(rows, schema=MENTIONS_SCHEMA)

    return find


def variant_maker(lexicons: Mapping[str, Lexicon]) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives each example as it is, and once for each category of groups that changes it when its
    groups are exchanged; examples that nothing changes are left out."""

    def make(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [variant for row in batch.to_pylist() for variant in _variants(row, lexicons)]
            yield pa.RecordBatch.from_pylist(rows, schema=VARIANTS_SCHEMA)

    return make


def _mentions(
    row: Mapping[str, Any], lexicons: Mapping[str, Lexicon], content: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    used = _lexicons(row, lexicons)
    fields = json.loads(row["fields"]) if used else {}
    texts = [text for name in content[row["task"]] for text in _texts(fields.get(name))]
    groups = sorted({group for lexicon in used for text in texts for group in lexicon.mentioned(text)})
    hints = sorted({hint for lexicon in used for text in texts for hint in lexicon.hints(text)})
    return {
        "task": row["task"], "example_id": row["example_id"], "label": (row["answer"] or "")[:LABEL_CHARS],
        "groups": SPACE.join(groups), "hints": json.dumps(hints, ensure_ascii=False), "looked_at": bool(used),
    }  # fmt: skip


def _variants(row: Mapping[str, Any], lexicons: Mapping[str, Lexicon]) -> list[dict[str, Any]]:
    fields = json.loads(row["fields"])
    found: dict[str, Any] = {}
    for lexicon in _lexicons(row, lexicons):
        for category in lexicon.swaps:
            before = found.get(category, fields)
            after = swapped_value(before, lexicon, category)
            if after != before:
                found[category] = after
    base = {name: row[name] for name in ("task", "example_id", "languages")}
    texts = {category: json.dumps(value, ensure_ascii=False) for category, value in found.items()}
    variants = [{**base, "fields": text, "variant": category} for category, text in texts.items()]
    return [{**base, "fields": row["fields"], "variant": ORIGINAL}, *variants] if variants else []


def _lexicons(row: Mapping[str, Any], lexicons: Mapping[str, Lexicon]) -> list[Lexicon]:
    """Those of the example's languages; of `pt-BR` that of `pt`."""
    tags = dict.fromkeys(tag.split("-")[0] for tag in json.loads(row["languages"]))
    return [lexicons[tag] for tag in tags if tag in lexicons]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
