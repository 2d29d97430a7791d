"""The part of the report to read: some pairs of every task cluster, as they are."""

from __future__ import annotations

from typing import Any

from taskmill.jobs.report.gallery import MOST_PAIRS
from taskmill.jobs.report.material import Material, Row
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted


def gallery_section(material: Material) -> Section | None:
    """A card a pair."""
    if not material.pairs:
        return None
    clusters = len({row["task_cluster"] for row in material.pairs})
    cards = [card(row) for row in material.pairs]
    text = (
        f"{counted(len(cards), 'pair')} of {counted(clusters, 'task cluster')}, the same ones as long as the data are "
        f"the same: of each task some with different wordings, at most {MOST_PAIRS:,} in all. `taskmill explain` with "
        "an id says where a pair comes from."
    )
    columns = tuple(dict.fromkeys(name for one in cards for name in one))
    return Section(
        "pairs",
        "Pairs to read",
        [
            Part(
                text=text,
                columns=columns,
                rows=[[one.get(name) for name in columns] for one in cards],
                look="cards",
                name="pairs",
            )
        ],
    )


def card(row: Row) -> dict[str, Any]:
    """What a card shows of a pair: its labels, then its texts."""
    held_out = [what for name, what in (("held_out_task", "task"), ("held_out_example", "example")) if row[name]]
    told: dict[str, Any] = {
        "task": row["task"],
        "cluster": row["task_cluster"],
        "fold": str(row["fold"]) if row["fold"] >= 0 else "none",
        "kept out of folds": [str(fold) for fold in row["excluded_folds"]],
        "held out": held_out,
        "split": row["split"],
        "wording": row["template"] + (" (inverts)" if row["inverts"] else ""),
        "data": row["languages"],
        "prompt language": row["prompt_language"],
        "response language": row["response_language"],
        "licence": row["licence"],
        "not to be trained on": bool(row["do_not_train"]),
        "flags": row["flags"],
        "form": row.get("form"),
        "system message": row.get("system"),
        "warnings": row.get("warnings"),
        "quality": row.get("quality"),
        "choices": _choices(row),
        "characters": [row["prompt_chars"], row["response_chars"]],
        "id": row["pair_id"],
        "prompt": row["prompt"],
        "response": row["response"],
    }
    return told


def _choices(row: Row) -> str:
    """The choices, the right one marked."""
    if not row["choices"]:
        return ""
    told = [f"{choice} ✓" if place == row["gold_index"] else str(choice) for place, choice in enumerate(row["choices"])]
    more = row["choice_count"] - len(told)
    return " | ".join(told) + (f" and {more:,} more" if more > 0 else "")
