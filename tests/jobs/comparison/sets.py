"""Instruction sets made up for tests."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

VERBS = ("write", "describe", "explain", "summarize", "list", "translate", "compare", "classify", "draw", "invent")
NOUNS = ("story", "river", "letter", "recipe", "theorem", "garden", "village", "machine", "argument", "poem", "engine")
WORDS = [f"{one}{two}" for one in ("bar", "fen", "gil", "hob", "jun", "kas", "lor", "mip") for two in NOUNS]


def templated(count: int = 200) -> list[dict[str, str]]:
    """One template, labels for responses; every tenth prompt also stands with the other label."""
    draw = random.Random(1)
    rows = []
    for number in range(count):
        text = " ".join(draw.choices(WORDS, k=6))
        label = draw.choice(["good", "bad"])
        prompt = f"Read this review and say how it sounds to you. {text} Is the review good or bad?"
        rows.append({"prompt": prompt, "completion": label})
        if number % 10 == 0:
            rows.append({"prompt": prompt, "completion": "good" if label == "bad" else "bad"})
    return rows


def diverse(count: int = 200) -> list[dict[str, str]]:
    """Prompts of many verbs, objects and lengths, with sentences for responses."""
    draw = random.Random(2)

    def words(fewest: int, most: int) -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(fewest, most)))

    return [
        {
            "instruction": f"Please {draw.choice(VERBS)} the {draw.choice(NOUNS)} of {words(3, 25)}.",
            "output": f"{words(8, 40)}. And {words(9, 9)}.",
        }
        for _ in range(count)
    ]


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_tables(root: Path, rows: Sequence[Mapping[str, str]], seconds: float = 36.0) -> Path:
    """Tables `pairs` and `ledger` as a run would leave them, as far as they are compared."""
    write_deltalake(
        str(root / "pairs"),
        pa.table(
            {
                "prompt": pa.array([row["prompt"] for row in rows], pa.string()),
                "response": pa.array([row["completion"] for row in rows], pa.string()),
                "choices": pa.array([["bad", "good"]] * len(rows), pa.list_(pa.string())),
                "quality": pa.array([1.0] * len(rows), pa.float64()),
                "task_cluster": pa.array(["one"] * len(rows), pa.string()),
            }
        ),
        partition_by=["task_cluster"],
    )
    # Two tasks noted together have the seconds of their step each.
    ledger = [("r1", "render", 1, seconds), ("r1", "render", 1, seconds), ("r1", "ingest", 2, seconds)]
    names = ("run_id", "step", "sequence", "seconds")
    write_deltalake(
        str(root / "ledger"),
        pa.table({name: list(column) for name, column in zip(names, zip(*ledger, strict=True), strict=True)}),
    )
    return root
