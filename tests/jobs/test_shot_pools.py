"""Few-shot pairs end to end: what they show is never held out where they are trained on, and always the same."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.errors import StepError
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from taskmill.jobs.folds.fold_proof import violations
from taskmill.jobs.folds.leakage import run as leakage
from taskmill.jobs.render import pairs as rendered
from taskmill.jobs.render import placed_tasks, to_render
from taskmill.jobs.render_plans import build_plans
from taskmill.jobs.shot_pools import with_pools
from tests.conftest import Row, Runner, make_project, read_table, versions, write, write_lines

pytestmark = pytest.mark.slow  # whole runs over many examples; udfs/forms has the rules one by one
RANDOM = random.Random(5)
WORDS = [f"{first}{second}" for first in ("bar", "cor", "dim", "fen", "gol", "hus", "kel") for second in "abcdefghijkl"]
MOST_TOKENS = 160
FORMS = f"""\
forms:
  few_shot: {{rate: 0.6, shots: [1, 3], max_tokens: {MOST_TOKENS}}}
  tasks:
    "notes.*": {{few_shot: {{rate: 0}}}}
    talk.talk: {{few_shot: {{rate: 0}}, multi_turn: {{rate: 0.7, turns: 3}}}}
held_out_examples: 0.3
near_duplicates: {{words: 3}}
"""


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=count))


PASSAGES = [words(25) for _ in range(40)]  # of which two questions make a group
QUOTED = [f"{words(12)} {words(12)}" for _ in range(8)]  # texts of both tasks, on two sides of a fold
TEXTS = [words(14) for _ in range(50)]
ASK: list[Row] = [
    {"text": text, "question": words(5), "answer": words(2), "split": "test" if number % 5 == 4 else "train"}
    for number, text in enumerate([*PASSAGES, *QUOTED])
    for _ in range(2)
]
RATE: list[Row] = [
    {"text": one, "question": "", "answer": answer, "split": "train"}
    for text in TEXTS
    for one, answer in ((text, "good"), (f"{text} so", "bad"))  # nearly the same, another answer: both stay
] + [{"text": text, "question": "", "answer": "good", "split": "train"} for text in QUOTED]
TALK: list[Row] = [  # about passages of their own, and some that are held out elsewhere
    {"text": text, "question": words(5), "answer": words(2), "split": "train"}
    for text in (*(words(40) for _ in range(20)), *QUOTED)
    for _ in range(4)
]
SOURCE = """\
source: NAME
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: NAME.jsonl, schema: "text string, question string, answer string, split string"}
split: split
tasks:
  NAME: MAPPING
"""
ASK_TYPE = """\
task_type: ask
task_cluster: reading
description: Answer.
fields: {text: text, question: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ text }} {{ question }}", response: "{{ answer }}"}
  - {name: inverted, inverts: true, prompt: "{{ text }} {{ answer }} Which question?", response: "{{ question }}"}
"""
TALK_TYPE = """\
task_type: talk
task_cluster: reading
description: Answer.
fields: {text: text, question: text, answer: text}
answer: answer
templates:
  - name: plain
    prompt: "Passage: {{ text }} Question: {{ question }}"
    follow_up: "And now: {{ question }}"
    response: "{{ answer }}"
  - {name: inverted, inverts: true, prompt: "{{ text }} Why {{ answer }}?", response: "{{ question }}"}
"""
RATE_TYPE = """\
task_type: rate
task_cluster: rating
description: Good or bad?
fields: {text: text, label: choice}
answer: label
choices: [bad, good]
templates:
  - {name: plain, prompt: "{{ text }} Good or bad?", response: "{{ choices[label] }}"}
"""


def make_few_shot_project(folder: Path) -> None:
    make_project(folder, compares=True)
    write(folder / "pipeline.yaml", (folder / "pipeline.yaml").read_text() + FORMS)
    for name, mapping, text, rows in (
        ("ask", "{text: text, question: question, answer: answer}", ASK_TYPE, ASK),
        ("talk", "{text: text, question: question, answer: answer}", TALK_TYPE, TALK),
        ("rate", "{text: text, label: \"IF(answer = 'good', 1, 0)\"}", RATE_TYPE, RATE),
    ):
        write(folder / f"sources/{name}.yaml", SOURCE.replace("NAME", name).replace("MAPPING", mapping))
        write(folder / f"templates/{name}.yaml", text)
        write_lines(folder / f"data/{name}.jsonl", rows)


@pytest.fixture(scope="module")
def made(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path]:
    folder = tmp_path_factory.mktemp("shots")
    make_few_shot_project(folder)
    return run_pipeline(folder / "pipeline.yaml", folder / "tables"), folder


@pytest.fixture(scope="module")
def pairs(made: tuple[Context, Path]) -> list[Row]:
    return read_table(made[1] / "tables", "pairs")


def few_shot(pairs: list[Row]) -> list[Row]:
    """Pairs with other examples in front, shots or turns."""
    return [pair for pair in pairs if pair["shots"] is not None]


def test_there_is_something_to_look_at(made: tuple[Context, Path], pairs: list[Row]) -> None:
    """Examples of every kind that must not be shown are there."""
    found = few_shot(pairs)
    assert {len(pair["shots"]) for pair in found} >= {1, 3}
    by_task = defaultdict(list)
    for pair in pairs:
        by_task[pair["task"]].append(pair["shots"] is not None)
    shares = {task: sum(ones) / len(ones) for task, ones in by_task.items()}
    assert 0.4 < shares["ask.ask"] < 0.8
    assert 0.4 < shares["rate.rate"] < 0.8
    assert shares["notes.gist"] == 0  # its own setting
    assert 0.2 < shares["talk.talk"] < 0.4  # dialogues, of the wording that has a follow-up
    trained = [pair for pair in pairs if pair["split"] == "train" and pair["task"] != "notes.gist"]
    assert any(pair["excluded_folds"] for pair in trained)
    assert any(pair["held_out_example"] for pair in trained)
    assert {pair["split"] for pair in found} == {"train", "test"}
    assert len({pair["fold"] for pair in pairs if pair["task"] in {"ask.ask", "rate.rate"}}) == 2
    groups = read_table(made[1] / "tables", "groups")
    assert {row["task"] for row in groups} >= {"ask.ask", "rate.rate"}


def test_what_is_shown_is_trained_on_wherever_the_pair_is(made: tuple[Context, Path], pairs: list[Row]) -> None:
    """By the predicate of each fold's training set, on the examples that are shown."""
    tables = made[1] / "tables"
    own = {pair["example_id"]: pair for pair in pairs}
    examples = {row["example_id"]: row for row in read_table(tables, "examples")}
    removed = {row["example_id"] for row in read_table(tables, "duplicates") if row["removed"]}
    for pair in few_shot(pairs):
        is_dialogue = pair["turns"] is not None
        assert (f"turns:{len(pair['shots']) + 1}" if is_dialogue else f"shots:{len(pair['shots'])}") in pair["form"]
        assert is_dialogue == (pair["task"] == "talk.talk")
        for name in pair["shots"]:
            shot = own[name]
            assert shot["task"] == pair["task"]
            assert shot["fold"] == pair["fold"]
            assert not shot["do_not_train"] and not shot["held_out_task"]
            assert shot["held_out_example"] == (is_dialogue and pair["held_out_example"])
            assert set(shot["excluded_folds"]) <= set(pair["excluded_folds"])
            assert examples[name]["split"] == (pair["split"] if is_dialogue else "train")
            assert examples[name]["role"] == "train"
            assert name not in removed


def test_nothing_is_shown_of_the_own_group_or_a_near_duplicate(made: tuple[Context, Path], pairs: list[Row]) -> None:
    group = {pair["example_id"]: pair["group_id"] for pair in pairs}
    text = {row["example_id"]: json.loads(row["fields"])["text"] for row in read_table(made[1] / "tables", "examples")}
    for pair in few_shot(pairs):
        if pair["turns"] is not None:
            continue
        groups = [group[name] for name in pair["shots"]]
        assert pair["group_id"] not in groups
        assert len(set(groups)) == len(groups)
        assert all(
            text[name].removesuffix(" so") != text[pair["example_id"]].removesuffix(" so") for name in pair["shots"]
        )


def test_the_text_is_what_was_recorded_and_within_the_budget(pairs: list[Row]) -> None:
    plain = {
        (pair["example_id"], pair["template"]): (pair["prompt"], pair["response"])
        for pair in pairs
        if pair["shots"] is None
    }
    whole = 0
    for pair in few_shot(pairs):
        if pair["turns"] is not None:
            continue
        assert len(f"{pair['prompt']}{pair['response']}".encode()) <= 4 * MOST_TOKENS
        assert pair["prompt_chars"] == len(pair["prompt"])
        shown = [plain.get((name, pair["template"])) for name in pair["shots"]]
        assert pair["prompt"].count("\n\n\n") == len(shown)
        for block, one in zip(pair["prompt"].split("\n\n\n"), shown, strict=False):
            if one is not None:
                assert block == "\n\n".join(one)
                whole += 1
    assert whole > 20


def test_a_dialogue_is_about_one_text_and_its_turns_are_pairs(made: tuple[Context, Path], pairs: list[Row]) -> None:
    fields = {row["example_id"]: json.loads(row["fields"]) for row in read_table(made[1] / "tables", "examples")}
    group = {pair["example_id"]: pair["group_id"] for pair in pairs}
    dialogues = [pair for pair in pairs if pair["turns"] is not None]
    assert {len(pair["turns"]) for pair in dialogues} == {2, 3}
    for pair in dialogues:
        ones = [fields[name] for name in (*pair["shots"], pair["example_id"])]
        assert len({one["text"] for one in ones}) == 1
        assert len({one["question"] for one in ones}) == len(ones) == len(pair["turns"])
        assert {group[name] for name in pair["shots"]} == {pair["group_id"]}
        asked = [
            f"Passage: {ones[0]['text']} Question: {ones[0]['question']}",
            *(f"And now: {one['question']}" for one in ones[1:]),
        ]
        assert [turn["prompt"] for turn in pair["turns"]] == asked
        assert [turn["response"] for turn in pair["turns"]] == [one["answer"] for one in ones]
        sides = [side for turn in pair["turns"] for side in (turn["prompt"], turn["response"])]
        assert (pair["prompt"], pair["response"]) == ("\n\n".join(sides[:-1]), sides[-1])


def test_a_dialogue_is_exported_as_messages(made: tuple[Context, Path], pairs: list[Row], tmp_path: Path) -> None:
    export(made[0], Export("chat", "parquet", str(tmp_path / "out")))
    known = {pair["pair_id"]: pair for pair in pairs}
    found = {row["pair_id"]: row["messages"] for row in ds.dataset(tmp_path / "out/train").to_table().to_pylist()}
    for pair_id, messages in found.items():
        turns = known[pair_id]["turns"] or [known[pair_id]]
        said = [(role, turn[side]) for turn in turns for role, side in (("user", "prompt"), ("assistant", "response"))]
        assert [(one["role"], one["content"]) for one in messages] == said
    assert max(len(messages) for messages in found.values()) == 6


@pytest.mark.parametrize(("partitions", "batch"), [(1, 10_000), (2, 3), (7, 1)])
def test_pairs_are_the_same_whatever_the_partitioning(
    made: tuple[Context, Path], pairs: list[Row], partitions: int, batch: int
) -> None:
    context, _ = made
    settings = {
        "spark.sql.shuffle.partitions": str(partitions), "spark.sql.execution.arrow.maxRecordsPerBatch": str(batch)
    }  # fmt: skip
    before = {key: context.spark.conf.get(key) for key in settings}
    for key, value in settings.items():
        context.spark.conf.set(key, value)
    try:
        plans = build_plans(context, ["ask.ask", "rate.rate", "talk.talk"], placed_tasks(context))
        examples = to_render(context, plans, {}).repartition(partitions, "example_id")
        plans = with_pools(context, plans, examples)
        assert plans["ask.ask"].pool and plans["rate.rate"].pool
        found = [row.asDict(recursive=True) for row in rendered(context, plans, {}).collect()]
    finally:
        for key, old in before.items():
            context.spark.conf.set(key, str(old))
    names = ("prompt", "response", "shots", "turns", "form", "excluded_folds")
    theirs = {pair["pair_id"]: [pair[name] for name in names] for pair in found}
    mine = {pair["pair_id"]: [pair[name] for name in names] for pair in pairs if pair["task"] != "notes.gist"}
    mine = {key: value for key, value in mine.items() if key in theirs}
    assert len(mine) > 150
    assert {key: theirs[key] for key in mine} == mine


@pytest.mark.parametrize("fold", [0, 1])
def test_no_exported_training_set_shows_what_is_held_out(
    made: tuple[Context, Path], pairs: list[Row], tmp_path: Path, fold: int
) -> None:
    """By the texts of the files alone: no text of a held-out example stands in any of them."""
    context, folder = made
    export(context, Export("prompt_completion", "parquet", str(tmp_path / "out"), fold=fold))
    trained = ds.dataset(tmp_path / "out/train").to_table().to_pylist()
    assert any("\n\n\n" in row["prompt"] for row in trained)
    held_out = {
        pair["example_id"] for pair in pairs
        if pair["fold"] == fold or pair["held_out_example"] or fold in pair["excluded_folds"]
    }  # fmt: skip
    texts = {
        json.loads(row["fields"])["text"]
        for row in read_table(folder / "tables", "examples")
        if row["example_id"] in held_out
    }
    assert len(texts) > 20
    whole = "\n".join(row["prompt"] for row in trained)
    assert [text for text in texts if text in whole] == []


def test_the_proofs_look_at_what_is_shown(made: tuple[Context, Path]) -> None:
    """A pair that shows what is held out is found, whether its label or its content tells."""
    context, folder = made
    assert violations(context, [0, 1]) == []
    leakage(context, None, 1000)
    pairs = f"delta.`{folder}/tables/pairs`"
    version = versions(folder / "tables")["pairs"]
    by_id = {pair["example_id"]: pair for pair in read_table(folder / "tables", "pairs")}
    kept_out = next(one for one in by_id.values() if one["task"] == "ask.ask" and one["held_out_example"])
    excluded = next(
        one for one in by_id.values()
        if one["task"] == "rate.rate" and one["excluded_folds"] and not one["held_out_example"]
    )  # fmt: skip
    for task, shot in (("ask.ask", kept_out), ("rate.rate", excluded)):
        context.spark.sql(f"UPDATE {pairs} SET shots = array('{shot['example_id']}') WHERE task = '{task}'")
    found = {(one.channel, one.task, one.fold) for one in violations(context, [0, 1])}
    assert found == {("shown", "ask.ask", -1), ("shown", "rate.rate", excluded["excluded_folds"][0])}
    with pytest.raises(StepError, match="leak"):
        leakage(context, None, 1000)
    context.spark.sql(f"RESTORE TABLE {pairs} TO VERSION AS OF {version}")
    assert violations(context, [0, 1]) == []


def test_a_second_run_finds_all_up_to_date_and_a_change_of_the_settings_is_seen(
    run_pipeline: Runner, made: tuple[Context, Path]
) -> None:
    _, folder = made
    before = versions(folder / "tables")
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    assert versions(folder / "tables") == before
    run_pipeline(folder / "pipeline.yaml", folder / "tables", ["forms.few_shot.rate=0", "forms.tasks={}"])
    assert few_shot(read_table(folder / "tables", "pairs")) == []
