"""Examples that belong together: no passage, near-duplicate or declared group on both sides of a draw."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import networkx as nx
import pytest

from tests.conftest import Row, Runner, make_project, read_table, versions, write, write_lines

RANDOM = random.Random(11)
WORDS = [f"{first}{second}" for first in ("bar", "cor", "dim", "fen", "gol", "hus", "kel") for second in "abcdefghijkl"]
SHARE = 0.3


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=count))


DEFINITION = words(60)
PASSAGES = [words(40) for _ in range(60)]
TEXTS = [words(30) for _ in range(40)]
ASK: list[Row] = [{"text": passage, "question": words(6), "answer": words(2)} for passage in PASSAGES for _ in range(3)]
SHORTEN: list[Row] = [
    {"text": words(50), "answer": passage} for passage in PASSAGES[:10]
]  # an answer that is a passage
ALIKE: list[Row] = [
    {"text": one, "answer": answer, "key": f"key{number % 8}"}
    for number, text in enumerate(TEXTS)
    for one, answer in ((text, "yes"), (f"{text} so", "no"))
]
SOURCE = """\
source: NAME
revision: r1
licence: CC0-1.0
language: en
group: key
read: {format: json, path: NAME.jsonl, schema: "text string, question string, answer string, key string"}
split: train
tasks:
  NAME: MAPPING
"""
TYPE = """\
task_type: NAME
description: Answer.
fields: FIELDS
answer: answer
templates:
  - {name: plain, prompt: "PROMPT", response: "{{ answer }}"}
"""
TASKS = {
    "ask": ("{text: text, question: question, answer: answer}", "{text: text, question: text, answer: text}", ASK),
    "shorten": ("{text: text, answer: answer}", "{text: text, answer: text}", SHORTEN),
    "alike": (
        f"{{told: \"'{DEFINITION}'\", text: text, answer: answer}}",
        "{told: text, text: text, answer: text}",
        ALIKE,
    ),
}


@pytest.fixture(scope="module")
def tables(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("groups")
    make_project(folder, compares=True)
    for name, (mapping, fields, rows) in TASKS.items():
        write(folder / f"sources/{name}.yaml", SOURCE.replace("NAME", name).replace("MAPPING", mapping))
        prompt = {"ask": "{{ text }} {{ question }}", "alike": "{{ told }} {{ text }}"}.get(name, "{{ text }}")
        text = TYPE.replace("NAME", name).replace("FIELDS", fields).replace("PROMPT", prompt)
        write(folder / f"templates/{name}.yaml", text)
        write_lines(folder / f"data/{name}.jsonl", rows)
    overrides = [f"held_out_examples={SHARE}", "near_duplicates.words=3"]
    run_pipeline(folder / "pipeline.yaml", folder / "tables", overrides)
    before = versions(folder / "tables")
    run_pipeline(folder / "pipeline.yaml", folder / "tables", overrides)
    assert versions(folder / "tables") == before
    return folder / "tables"


def test_groups_are_the_components_of_what_is_shared(tables: Path) -> None:
    removed = {row["example_id"] for row in read_table(tables, "duplicates") if row["removed"]}
    examples = [row for row in read_table(tables, "examples") if row["example_id"] not in removed]
    graph = nx.Graph()
    for row in examples:
        for text in [*json.loads(row["fields"]).values(), row["group_key"]]:
            if isinstance(text, str) and text != DEFINITION and (len(text) >= 120 or text.startswith("key")):
                graph.add_edge(row["example_id"], text)
    for row in read_table(tables, "duplicates"):
        if row["template_id"] is None:
            graph.add_edge(row["example_id"], row["kept_id"])
    known = {row["example_id"] for row in examples}
    expected = {frozenset(part & known) for part in nx.connected_components(graph)}
    groups = defaultdict(set)
    for row in read_table(tables, "groups"):
        groups[row["group_id"]].add(row["example_id"])
    assert {frozenset(part) for part in groups.values()} == {part for part in expected if len(part) > 1}
    assert len(groups) == 60 + 8


def test_a_group_is_on_one_side(tables: Path) -> None:
    sides: defaultdict[str, set[bool]] = defaultdict(set)
    pairs = read_table(tables, "pairs")
    for row in pairs:
        sides[row["group_id"]].add(row["held_out_example"])
    assert all(len(side) == 1 for side in sides.values())
    groups = {row["example_id"]: row["group_id"] for row in read_table(tables, "groups")}
    assert all(row["group_id"] == groups.get(row["example_id"], row["group_id"]) for row in pairs)
    held_out = sum(True in side for side in sides.values()) / len(sides)
    assert held_out == pytest.approx(SHARE, abs=0.12)
    by_passage: defaultdict[str, set[bool]] = defaultdict(set)
    for row in pairs:
        if row["task"] == "ask.ask":
            by_passage[row["prompt"].rsplit(" ", 6)[0]].add(row["held_out_example"])
    assert len(by_passage) == 60
    assert all(len(side) == 1 for side in by_passage.values())
