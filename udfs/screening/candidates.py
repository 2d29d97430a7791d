"""Candidates on their way to becoming examples: redacted where that is wanted, and with a reason where they must not go
on. Ids are made of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from taskmill.udfs.ids import hashed
from taskmill.udfs.personal_data.kinds import KINDS
from taskmill.udfs.personal_data.redaction import redacted_texts, without_parts
from taskmill.udfs.screening.flags import rows_by_screen
from taskmill.udfs.screening.pieces import pieces_of, with_texts
from taskmill.udfs.screening.screens import LOOK, NO, PLACE_IN_JSON, Screen, Search
from taskmill.udfs.sensitive.themes import THEMES

PERSONAL_DATA, SENSITIVE_THEME = "personal_data", "sensitive_theme"  # reasons
HELD_IN_PLACE = "that cannot be redacted"  # in the detail of a row refused for want of redaction
Row = dict[str, Any]


def candidate_screen(
    screens: Mapping[str, Screen], search: Search
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` over candidates: task, fields, answer, references, languages, group_key, found, and
    with or without row.

    A candidate in which something is found that is quarantined has `personal_data <kind>` or `sensitive_theme <theme>`
    added to `found`. Of any other, what is to be redacted is replaced by placeholders in `fields`, `answer` and
    `references`; where numbers point into the texts, or a find is spread over several of them, the candidate is
    refused instead. Of a refused one `row` and `found` are masked too. Nulls stay nulls.
    """

    def screened(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _screened_batch(batch, screens, search)

    return screened


def _screened_batch(batch: pa.RecordBatch, screens: Mapping[str, Screen], search: Search) -> pa.RecordBatch:
    changed: dict[int, Row] = {}
    for screen, rows in rows_by_screen(batch["task"], screens):
        if screen.acts:
            for row in _worth(batch, rows, screen, search):
                changed[row] = _screened(batch.slice(row, 1).to_pylist()[0], screen, search)
    if not changed:
        return batch
    columns = [_with(batch[name], {row: one[name] for row, one in changed.items()}) for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _with(column: pa.Array, values: Mapping[int, Any]) -> pa.Array:
    """The column with other values in some rows."""
    indices = list(range(len(column)))
    for place, row in enumerate(values):
        indices[row] = len(column) + place
    other = pa.array(list(values.values()), column.type)
    return pa.concat_arrays([column, other]).take(pa.array(indices))


def _worth(batch: pa.RecordBatch, rows: list[int], screen: Screen, search: Search) -> list[int]:
    """The rows that may have something in one of their texts."""
    kinds, names = (
        screen.redact | screen.quarantine,
        [name for name in ("fields", "row", "group_key") if name in batch.schema.names],
    )
    chosen = batch.take(pa.array(rows))
    texts = [_filled(chosen[name]) for name in names]
    texts.append(pa.array(["\n".join(one or ()) for one in chosen["references"].to_pylist()], pa.string()))
    worth = [False] * len(rows)
    for column in texts if kinds else ():
        worth = [one or other for one, other in zip(worth, search.worth_reading(column, kinds), strict=True)]
    if screen.refused_themes:
        tags = [one or list(screen.languages) for one in chosen["languages"].to_pylist()]
        themes = search.worth_classifying(_filled(chosen["fields"]), tags)
        worth = [one or other for one, other in zip(worth, themes, strict=True)]
    return [row for row, is_worth in zip(rows, worth, strict=True) if is_worth]


def _filled(column: pa.StringArray) -> pa.StringArray:
    return column.fill_null("")


def _screened(candidate: Row, screen: Screen, search: Search) -> Row:
    languages = candidate["languages"] or list(screen.languages)
    if not candidate["selected"]:
        return candidate
    if candidate["found"]:
        return _masked(candidate, screen, search, languages)
    reasons = _reasons(candidate, screen, search, languages)
    if not reasons and screen.redact:
        candidate, kept = _redacted(candidate, screen, search, languages)
        reasons = [f"{PERSONAL_DATA} {kind} {HELD_IN_PLACE}" for kind in kept]
    return _masked({**candidate, "found": reasons}, screen, search, languages) if reasons else candidate


def _reasons(candidate: Row, screen: Screen, search: Search, languages: list[str]) -> list[str]:
    texts = _texts(candidate)
    spans = search.recogniser(texts, screen.quarantine, [languages] * len(texts)) if screen.quarantine else []
    seen = {span.kind for one in spans for span in one}
    found = [f"{PERSONAL_DATA} {kind}" for kind in KINDS if kind in seen]
    if screen.refused_themes:
        (themes,) = search.themes(["\n".join(texts)], [languages])
        found += [
            f"{SENSITIVE_THEME} {theme}" for theme in THEMES if theme in themes and theme in screen.refused_themes
        ]
    return found


def _texts(candidate: Row) -> list[str]:
    texts = [piece.text for piece in pieces_of(candidate["fields"])]
    return [*texts, *(text for text in candidate["references"] or () if text)]


def _redacted(candidate: Row, screen: Screen, search: Search, languages: list[str]) -> tuple[Row, list[str]]:
    """The candidate without its finds, and the kinds of what it cannot go without."""
    fields, references = candidate["fields"], candidate["references"] or []
    pieces = pieces_of(fields)
    texts = [*(piece.text for piece in pieces), candidate["answer"] or "", *(text or "" for text in references)]
    redaction = redacted_texts(texts, screen.redact, languages, search.recogniser)
    group_key = _group(candidate["group_key"], screen.redact, search, languages)
    if not redaction.found:
        return {**candidate, "group_key": group_key}, []
    if _held(candidate, screen):
        return candidate, redaction.found
    clean = redaction.texts
    answer, others = clean[len(pieces)], clean[len(pieces) + 1 :]
    changed = {
        **candidate,
        "fields": with_texts(fields, pieces, clean[: len(pieces)]),
        "answer": None if candidate["answer"] is None else answer,
        "references": candidate["references"]
        and [None if old is None else new for old, new in zip(references, others, strict=True)],
        "group_key": group_key,
    }
    return changed, sorted(set(redaction.left.values()), key=KINDS.index)


def _held(candidate: Row, screen: Screen) -> bool:
    """Whether numbers of the candidate point into its texts."""
    return screen.points != NO and (screen.points != LOOK or PLACE_IN_JSON.search(candidate["fields"]) is not None)


def _group(key: str | None, kinds: frozenset[str], search: Search, languages: list[str]) -> str | None:
    """What belongs together still does, under a name that tells nothing: with placeholders alone, all would."""
    if key is None or not any(search.recogniser([key], kinds, [languages])[0]):
        return key
    return hashed("group_key", key)


def _masked(candidate: Row, screen: Screen, search: Search, languages: list[str]) -> Row:
    """A refused candidate without what must not be kept of it."""
    kinds = screen.redact | screen.quarantine
    if not kinds or candidate.get("row") is None:
        return candidate
    pieces = pieces_of(candidate["row"])
    texts = [*(piece.text for piece in pieces), *candidate["found"]]
    redaction = redacted_texts(texts, kinds, languages, search.recogniser)
    clean = without_parts(redaction.texts, redaction.left)
    return {
        **candidate,
        "row": with_texts(candidate["row"], pieces, clean[: len(pieces)]),
        "found": clean[len(pieces) :],
    }
