"""What reviewers decided, applied to what was rendered: pairs that are refused, and texts that take others' places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.columns import Indices
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows, checked

REJECTED_IN_REVIEW, FIXED_IN_REVIEW = "rejected_in_review", "fixed_in_review"  # a reason; a flag
Reviews = Mapping[int, Mapping[str, Mapping[str, Any]]]  # row of a batch -> name of a template -> what was decided


def reviews_of(batch: pa.RecordBatch) -> Reviews:
    """The decisions on the pairs of each row, from a column `reviewed`: JSON, null for most.

    Of each template by its name either `rejected` (by whom) or `prompt` and `response`, one of which may be missing.
    """
    if "reviewed" not in batch.schema.names:
        return {}
    return {row: json.loads(text) for row, text in enumerate(batch.column("reviewed").to_pylist()) if text is not None}


def all_rejected(size: int, detail: str) -> RenderedRows:
    """Every pair of a template refused, without rendering any."""
    none = pa.repeat(pa.scalar("", pa.string()), size)
    return RenderedRows(none, none, {row: Rendered(reason=REJECTED_IN_REVIEW, detail=detail) for row in range(size)})


def with_reviews(
    found: RenderedRows, template: str, rows: Indices, reviews: Reviews, limits: Limits
) -> tuple[RenderedRows, frozenset[int]]:
    """The pairs of one template as reviewers want them, and the positions of those whose text is theirs.

    Args:
        rows: of the batch, those rendered.
    """
    if not reviews:
        return found, frozenset()
    alone, fixed = dict(found.alone), set()
    for position, row in enumerate(rows.tolist()):
        decided = reviews.get(row, {}).get(template)
        if decided is None:
            continue
        if "rejected" in decided:
            alone[position] = Rendered(reason=REJECTED_IN_REVIEW, detail=decided["rejected"])
        else:
            mended = _mended(found, position, decided, limits)
            if mended is not None:
                alone[position] = mended
                fixed.add(position)
    return replace(found, alone=alone), frozenset(fixed)


def _mended(found: RenderedRows, position: int, decided: Mapping[str, Any], limits: Limits) -> Rendered | None:
    """The pair with the reviewer's text; None where half of it is to stay and rendering gave none."""
    rendered = found.alone.get(position)
    if rendered is None:
        rendered = Rendered(found.prompts[position].as_py(), found.responses[position].as_py())
    is_whole = {"prompt", "response"}.issubset(decided)
    if rendered.reason is not None and not is_whole:
        return None
    prompt, response = decided.get("prompt", rendered.prompt), decided.get("response", rendered.response)
    return checked(prompt, response, limits, rendered.choices)
