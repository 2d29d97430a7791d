"""The story of one example: the decision in a line, and what the tables say of it beside other examples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from taskmill.jobs.commands.explain_mixtures import InMixture, of_example, rounds_of
from taskmill.jobs.storage.stored_rows import Row, StoredRows, any_of, equals
from taskmill.jobs.words import counted

MOST_EVIDENCE = 5  # rows of each table that are told with their texts
EXAMPLE = ("task", "example_id", "source", "task_type", "split", "role", "copies", "revision", "licence",
           "do_not_train", "languages", "flags", "answer", "fields")  # fmt: skip
DUPLICATE = ("kind", "task", "example_id", "template_id", "kept_id", "kept_task", "removed", "similarity",
             "containment", "bands", "group_id", "rule")  # fmt: skip
OVERLAP = ("task", "example_id", "held_out", "other_task", "other_id", "kind", "share", "words", "others",
           "excluded_folds", "rule", "spans")  # fmt: skip
KINDS = ("exact", "near", "conflict", "contrast", "rejected", "same_text")  # in the order that they are told
LEAVING = ("exact", "near")
STAYING = {"conflict": "the same content, another answer", "contrast": "alike, another answer"}


@dataclass(frozen=True)
class Evidence:
    """A row of `duplicates` or `contamination` that names the example.

    Attributes:
        is_own: whether the row is about this example; else it is the one that the row compares with.
        other: the example at the other end; None where table `examples` has it not.
    """

    row: Row
    is_own: bool
    other_id: str
    other_task: str
    other: Row | None


@dataclass(frozen=True)
class Story:
    """One example and all that is told of it.

    Attributes:
        example: its row of `examples`; None where it is not there any more, though other tables name it.
        more_duplicates, more_contamination: rows beyond those told.
        removal: the row of `duplicates` for which it left.
        left_out: for a pair, the row of `duplicates` for which its template is left out.
        pair_count: its rows in `pairs`.
        blocked_by: gates that block its task.
        mixtures: those that have pairs of it.
        rounds: of `select`, that chose it.
    """

    example_id: str
    task: str
    example: Row | None
    decision: str
    duplicates: tuple[Evidence, ...]
    more_duplicates: int
    contamination: tuple[Evidence, ...]
    more_contamination: int
    removal: Row | None
    left_out: Row | None
    pair_count: int
    blocked_by: tuple[str, ...] = ()
    mixtures: tuple[InMixture, ...] = ()
    rounds: tuple[Row, ...] = ()


def story_of(tables: StoredRows, task: str, example_id: str, template_id: str | None = None) -> Story:
    """The story of an example; for a pair of it without what is told of other templates."""
    examples = tables.rows("examples", EXAMPLE, equals(task=task, example_id=example_id))
    duplicates = _duplicates(tables, example_id, template_id)
    overlaps = _overlaps(tables, example_id)
    refused = tables.rows("quarantine", ["reasons"], equals(task=task, example_id=example_id))
    pairs = tables.rows("pairs", ["example_id"], equals(task=task, example_id=example_id))
    own = [row for row in duplicates if row["example_id"] == example_id]
    removal = next((row for row in own if row["removed"] and row["kind"] in LEAVING), None)
    left_out = next((row for row in own if row["template_id"] is not None), None) if template_id is not None else None
    reasons = [reason for row in refused for reason in row["reasons"]]
    out_of = [row for row in overlaps if row["example_id"] == example_id]
    example = examples[0] if examples else None
    blocked_by = tuple(row["gate"] for row in tables.rows("gates", ["gate"], equals(task=task, verdict="block")))
    told = _told(tables, example_id, duplicates), _told(tables, example_id, overlaps)
    return Story(
        example_id, task, example, decision(example, own, removal, out_of, reasons, len(pairs), blocked_by), told[0],
        len(duplicates) - len(told[0]), told[1], len(overlaps) - len(told[1]), removal, left_out, len(pairs),
        blocked_by, of_example(tables, task, example_id), rounds_of(tables, task, example_id),
    )  # fmt: skip


def decision(
    example: Row | None, own: Sequence[Row], removal: Row | None, overlaps: Sequence[Row], reasons: Sequence[str],
    pair_count: int, blocked_by: Sequence[str] = (),
) -> str:  # fmt: skip
    """What became of an example, in one line; `own` and `overlaps` are the rows about it in the two tables."""
    if example is None:
        return "not in table examples any more: its source has changed since"
    if removal is not None:
        return f"removed as {removal['kind']} duplicate of {removal['kept_id']} ({removal['kept_task']})"
    if example["role"] == "benchmark":
        said = ["kept as a benchmark: compared against, never rendered"]
    elif blocked_by:
        said = [f"kept, but not rendered: its task is blocked by {', '.join(blocked_by)}"]
    else:
        is_accounted = pair_count or reasons or _left_out(own)
        said = [f"kept, in {counted(pair_count, 'pair')}" + ("" if is_accounted else ": not rendered yet")]
    said += [
        f"{kind} with {rows[0]['kept_id']}{_and_others(rows)} (stays: {STAYING[kind]})"
        for kind in STAYING if (rows := [row for row in own if row["kind"] == kind])
    ]  # fmt: skip
    if any(row["kind"] == "near" for row in own):
        said.append("a near duplicate that stays")
    return "; ".join([*said, *_overlapping(overlaps), *_refused(reasons), *_left_out(own), *_asked_out(example)])


def why_no_pair(story: Story, template: Row | None, reasons: Sequence[str]) -> str:
    """Why an example's pair with a template is not in `pairs`, the first reason that holds.

    Args:
        template: its row of `templates`; None where there is none.
        reasons: those of the pair's rows in `quarantine`.
    """
    example = story.example
    if reasons:
        return f"refused in rendering: {', '.join(dict.fromkeys(reasons))}"
    if story.left_out is not None:
        return (
            f"left out: it would repeat the pair of example {story.left_out['kept_id']} ({story.left_out['kept_task']})"
        )
    if example is None or story.removal is not None:
        return f"its example is not rendered: {story.decision}"
    if example["role"] == "benchmark":
        return "its example is of a benchmark, and these are never rendered"
    if story.blocked_by:
        return f"its task is blocked by {', '.join(story.blocked_by)}: `taskmill gates --task {story.task}` says why"
    if template is None:
        return "no template in table templates has the last digits of this id: the wording has changed or left"
    if template["task_type"] != example["task_type"]:
        return f"its wording is of task type {template['task_type']}, its example of {example['task_type']}"
    fields = json.loads(example["fields"])
    missing = [name for name in template["needs"] if fields.get(name) is None]
    if missing:
        return f"not drawn: the wording needs {', '.join(missing)}, which the example does not have"
    if story.pair_count:
        return (
            f"not drawn: {counted(story.pair_count, 'pair')} of the example {'is' if story.pair_count == 1 else 'are'} "
            "there; see templates_per_example and prompt_language"
        )
    return "not drawn, or not rendered yet: no pair of the example is there"


def _duplicates(tables: StoredRows, example_id: str, template_id: str | None) -> list[Row]:
    """Rows of `duplicates` that name an example, its own first; of pairs those with this template, before others."""
    names_it = any_of([equals(example_id=example_id), equals(kept_id=example_id)])
    found = tables.rows("duplicates", DUPLICATE, names_it)
    kept = [row for row in found if template_id is None or row["template_id"] in {None, template_id}]

    def order(row: Row) -> tuple[bool, bool, int, float, str, str]:
        kind = KINDS.index(row["kind"]) if row["kind"] in KINDS else len(KINDS)
        is_asked = template_id is not None and row["template_id"] == template_id
        return (not is_asked, row["example_id"] != example_id, kind, -row["similarity"], row["example_id"],
                row["template_id"] or "")  # fmt: skip

    return sorted(kept, key=order)


def _overlaps(tables: StoredRows, example_id: str) -> list[Row]:
    """Rows of `contamination` that name an example: its own first, then those that have most in common."""
    names_it = any_of([equals(example_id=example_id), equals(other_id=example_id)])
    found = tables.rows("contamination", OVERLAP, names_it)
    return sorted(found, key=lambda row: (row["example_id"] != example_id, -row["share"], -row["words"],
                                          row["other_task"], row["other_id"], row["example_id"]))  # fmt: skip


def _told(tables: StoredRows, example_id: str, rows: Sequence[Row]) -> tuple[Evidence, ...]:
    """The first rows, each with the example at its other end; all these are read at once."""
    ends = [(row, row["example_id"] == example_id, *_other_end(row, example_id)) for row in rows[:MOST_EVIDENCE]]
    wanted = [equals(task=task, example_id=other) for _, _, other, task in ends]
    found = tables.rows("examples", EXAMPLE, any_of(wanted)) if wanted else []
    examples = {row["example_id"]: row for row in found}
    return tuple(Evidence(row, is_own, other, task, examples.get(other)) for row, is_own, other, task in ends)


def _other_end(row: Row, example_id: str) -> tuple[str, str]:
    """Id and task of the other example of a row."""
    if row["example_id"] != example_id:
        return row["example_id"], row["task"]
    return (row["kept_id"], row["kept_task"]) if "kept_id" in row else (row["other_id"], row["other_task"])


def _and_others(rows: Sequence[Row]) -> str:
    return f" and {len(rows) - 1} more" if len(rows) > 1 else ""


def _overlapping(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    folds = sorted({fold for row in rows for fold in row["excluded_folds"]})
    if not folds:
        return ["contaminated: has content of held-out examples, but no fold excludes it"]
    noun = "fold" if len(folds) == 1 else "folds"
    return [f"contaminated: out of the training sets of {noun} {', '.join(map(str, folds))}"]


def _refused(reasons: Sequence[str]) -> list[str]:
    return [f"{counted(len(reasons), 'wording')} refused: {_distinct(reasons)}"] if reasons else []


def _distinct(names: Iterable[str]) -> str:
    """`a, b (3)`: each once, with how often where that is more than once."""
    counts = [(name, len(list(same))) for name, same in groupby(sorted(names))]
    return ", ".join(name + (f" ({count})" if count > 1 else "") for name, count in counts)


def _left_out(own: Sequence[Row]) -> list[str]:
    count = sum(row["kind"] == "same_text" for row in own)
    return [f"{counted(count, 'wording')} left out, which would repeat another pair"] if count else []


def _asked_out(example: Row) -> list[str]:
    return ["its owners ask that it is not trained on"] if example["do_not_train"] else []
