"""A small run as plain values, for tests of what the report makes of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import Any

from taskmill.jobs.report.material import Material
from taskmill.jobs.report.tallies import Tallies, Tally
from taskmill.jobs.storage.ledger import DEDUPLICATE, DEDUPLICATE_PAIRS, DONE, INGEST, RENDER, Counts, Entry

EVIL = "<script>alert('x')</script>\"&</script> שלום \u200b\u202e end"
REVIEWS, NOTES, EXAM = "reviews.sentiment", "notes.gist", "exam.gist"


def entries(reviews: int = 100) -> dict[tuple[str, str], Entry]:
    """Of two tasks to train on and a benchmark, as many rows as the test wants of the first."""
    counts = {
        (INGEST, REVIEWS): Counts(rows_in=reviews, rows_out=reviews - 10, copies=4, quarantined=5, not_selected=1),
        (DEDUPLICATE, REVIEWS): Counts(rows_in=reviews - 10, rows_out=reviews - 13, duplicates=3),
        (DEDUPLICATE_PAIRS, REVIEWS): Counts(
            rows_in=2 * (reviews - 13), rows_out=reviews - 15, duplicates=2, not_selected=reviews - 13
        ),
        (RENDER, REVIEWS): Counts(rows_in=reviews - 15, rows_out=reviews - 16, quarantined=1),
        (INGEST, NOTES): Counts(rows_in=20, rows_out=20),
        (DEDUPLICATE, NOTES): Counts(rows_in=20, rows_out=20),
        (DEDUPLICATE_PAIRS, NOTES): Counts(rows_in=20, rows_out=20),
        (RENDER, NOTES): Counts(rows_in=20, rows_out=20),
        (INGEST, EXAM): Counts(rows_in=30, rows_out=30),
        (DEDUPLICATE, EXAM): Counts(rows_in=30, rows_out=30),
    }
    return {key: Entry(DONE, "", value) for key, value in counts.items()}


def task(name: str, cluster: str, **others: Any) -> dict[str, Any]:
    return {
        "task": name,
        "task_cluster": cluster,
        "task_type": name.split(".")[1],
        "source": name.split(".")[0],
        "fold": 0,
        "role": "train",
        "cluster_origin": "rules",
        "example_count": 20,
        "confidence": 1.0,
        "nearest_cluster": None,
        "similarities": {cluster: 0.7},
        "similar_tasks": [],
        "map_x": 0.1,
        "map_y": float(len(name)),
        **others,
    }


def run(run_id: str, hour: int) -> dict[str, Any]:
    finished = datetime(2026, 1, 31, hour, tzinfo=timezone.utc)
    return {"run_id": run_id, "taskmill": "1.0", "finished_at": finished, "tasks": 3, "sequence": hour}


def tallies(word: str) -> Tallies:
    return Tallies(
        [
            Tally("pairs", REVIEWS, "template", "t1", 83),
            Tally("pairs", REVIEWS, "template", "t2", 1),
            Tally("pairs", NOTES, "template", "t3", 20),
            Tally("pairs", REVIEWS, "languages", "en", 84),
            Tally("pairs", NOTES, "languages", "he", 20),
            Tally("pairs", NOTES, "languages", "not a tag", 1),
            Tally("pairs", REVIEWS, "prompt_language", "en", 84),
            Tally("pairs", REVIEWS, "response_language", "en", 84),
            Tally("pairs", REVIEWS, "licence", word, 84),
            Tally("pairs", NOTES, "licence", "CC0-1.0", 20),
            Tally("pairs", NOTES, "do_not_train", "true", 20),
            *(Tally("pairs", REVIEWS, "prompt_chars", str(place), 42, total=900.0, largest=25.0) for place in (6, 8)),
            Tally("pairs", NOTES, "prompt_chars", "24", 20, total=300_000.0, largest=20_000.0),
            Tally("pairs", REVIEWS, "gold_position", "0", 80),
            Tally("pairs", REVIEWS, "gold_position", "1", 4),
            Tally("pairs", REVIEWS, "warnings", word, 30),
            Tally("pairs", REVIEWS, "quality", "19", 84, total=82.0, largest=1.0),
            Tally("examples", REVIEWS, "answer", "good", 86),
            Tally("examples", REVIEWS, "answer", word, 4),
            Tally("examples", REVIEWS, "answer_chars", "3", 90, total=360.0, largest=5.0),
            Tally("examples", NOTES, "answer", None, 20, values=20),
            Tally("examples", NOTES, "answer_chars", "8", 20, total=500.0, largest=30.0),
            Tally("examples", REVIEWS, "flags", "personal_email", 7),
            Tally("examples", NOTES, "flags", "personal_card", 2),
            Tally("examples", NOTES, "flags", "redacted_email", 3),
            Tally("examples", NOTES, "flags", "theme_violence", 4),
            Tally("examples", NOTES, "flags", "other_language", 9),
            Tally("quarantine", REVIEWS, "safety", "personal_data card", 1),
            Tally("quarantine", REVIEWS, "safety", "personal_data card that cannot be redacted", 2),
            Tally("quarantine", REVIEWS, "safety", "sensitive_theme drugs", 5),
            Tally("examples", REVIEWS, "copies", "yes", 2, total=6.0, largest=4.0),
            Tally("duplicates", REVIEWS, "kind", "exact removed", 3),
            Tally("duplicates", REVIEWS, "kind", "conflict kept", 1),
            Tally("duplicates", REVIEWS, "repeats", NOTES, 3),
            Tally("contamination", REVIEWS, "kind", "same_text fold", 9),
            Tally("contamination", REVIEWS, "excluded_folds", "0", 9),
        ]
    )


def pair(pair_id: str, name: str, prompt: str, **others: Any) -> dict[str, Any]:
    return {
        "pair_id": pair_id,
        "example_id": pair_id,
        "task": name,
        "task_cluster": "opinions",
        "fold": 1,
        "split": "train",
        "template": "is_it_good",
        "inverts": False,
        "languages": ["en"],
        "prompt_language": "en",
        "response_language": "en",
        "licence": "CC0-1.0",
        "do_not_train": False,
        "held_out_example": False,
        "held_out_task": False,
        "excluded_folds": [0],
        "flags": [],
        "prompt_chars": len(prompt),
        "response_chars": 4,
        "choices": ["good", "bad"],
        "choice_count": 2,
        "gold_index": 0,
        "prompt": prompt,
        "response": "good",
        **others,
    }


def gate(name: str, gate_name: str, verdict: str, evidence: str = "all answers are 'yes'") -> dict[str, Any]:
    """A row of table `gates`."""
    return {"task": name, "gate": gate_name, "verdict": verdict, "value": 1.0, "limit": 2.0, "excepted": False,
            "evidence": evidence, "example_ids": ["a", "b", "c"]}  # fmt: skip


def mixture_account(name: str = "balanced", language: str = "en") -> list[dict[str, Any]]:
    """Rows of table `mixture_account`: 60 of 84 pairs of the reviews, ten of them twice, and 15 of 20 of the notes."""
    common = {"mixture": name, "repeated": 0, "tokens": 0, "share": None, "languages": None, "run_id": "r"}
    taken: list[dict[str, Any]] = [
        {"task": REVIEWS, "pairs": 60, "repeated": 70, "tokens": 700, "share": 0.75, "languages": {"en": 70}},
        {"task": NOTES, "pairs": 15, "repeated": 15, "tokens": 900, "share": 0.25,
         "languages": Counter({language: 9}) + Counter({"en": 6})},
    ]  # fmt: skip
    left_out: list[dict[str, Any]] = [
        {"task": REVIEWS, "place": "rates", "pairs": 4}, {"task": REVIEWS, "place": "cap_example", "pairs": 20},
        {"task": NOTES, "place": "cap_example", "pairs": 5},
    ]  # fmt: skip
    return [{**common, "place": "mixture", **row} for row in (*left_out, *taken)]


def material(word: str = EVIL, **others: Any) -> Material:
    """The run, with a word of one's choice wherever text from data comes in."""
    names = {"t1": "is_it_good", "t2": word, "t3": "short", "t4": "never_drawn"}
    held_out = {
        "fold": 0,
        "clusters": {word: 1},
        "tasks": [NOTES],
        "unseen_clusters": 20,
        "unseen_tasks": 0,
        "unseen_examples": 3,
        "trained": 60,
        "cost": {"same_source": 3},
        "excluded_tasks": {"same_source": [word]},
    }
    told: dict[str, Any] = {
        "place": "warehouse",
        "runs": [run("second", 12), run("first", 10)],
        "entries": entries(),
        "before": entries(90),
        "tasks": [
            task(REVIEWS, "opinions", fold=1, confidence=0.3),
            task(NOTES, word),
            task(EXAM, word, role="benchmark", fold=None),
        ],
        "tallies": tallies(word),
        "stored": lambda name: {
            "gates": [gate(EXAM, "majority", "warn", word)],
            "mixture_account": mixture_account("balanced", word),
        }.get(name, []),
        "mixtures": {"balanced": f"cannot be made again: {word}"},
        "templates": {
            key: {
                "template_id": key,
                "task_type": "sentiment",
                "template": name,
                "language": "en",
                "dialect": "native",
                "tier": "kernels",
                "origin": "hand",
                "inverts": key == "t2",
            }
            for key, name in names.items()
        },
        "folds": [held_out],
        "violations": [{"fold": 0, "channel": "same_source", "task": word, "other": word, "detail": word}],
        "groups": [
            {
                "group_id": "g1",
                "size": 4,
                "kinds": ["exact"],
                "kept_id": "k1",
                "kept_task": NOTES,
                "tasks": 1,
                "similarity": 1.0,
                "text": word,
            }
        ],
        "group_sizes": {4: 1, 2: 7},
        "overlapping": {REVIEWS: 2},
        "overlaps": [
            {
                "kind": "same_text",
                "held_out": "fold",
                "task": REVIEWS,
                "other_task": NOTES,
                "examples": 9,
                "words": 12,
                "example_id": "e1",
                "other_id": "e2",
                "share": 0.7512,
                "span": word,
            }
        ],
        "refused": [
            {
                "step": "ingest",
                "reason": "missing_field",
                "task": REVIEWS,
                "rows": 5,
                "row_id": "r1",
                "detail": word,
                "file": "data/one.jsonl",
                "row": word,
                "chars": 9_000,
            }
        ],
        "pairs": [
            pair("a1", REVIEWS, word, flags=["personal_email"]),
            pair("a2", REVIEWS, word + " x" * 1_000),
            pair("b1", NOTES, "A note.", task_cluster=word, choices=None, gold_index=None),
        ],
        "safety_samples": [{"task": REVIEWS, "flag": "personal_email", "example_id": "a1", "sample": word}],
        "moves": [{"task": REVIEWS, "what": "fold", "before": 0, "now": 1}],
    }
    return Material(**{**told, **others})
