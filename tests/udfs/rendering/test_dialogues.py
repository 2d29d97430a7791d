"""Questions about one text as dialogues, from Arrow batches, without Spark."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from taskmill.udfs.fields import FieldType
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.plans import FormPlan, OptionForms
from taskmill.udfs.forms.siblings import PARTS_SCHEMA, MultiTurn, parted
from taskmill.udfs.forms.wordings import facts_of
from taskmill.udfs.pair_checks.registry import WARN, CheckPlan
from taskmill.udfs.rendering.batches import pair_renderer
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.exhibits import POOL_COLUMNS, packed
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

Row = dict[str, Any]
SCHEMA = pa.schema([(name, pa.string()) for name in (*POOL_COLUMNS, "siblings")])
WORDING = Template("ask", "{{ text }} {{ question }}", "{{ answer }}.", follow_up="And: {{ question }}")
PLAN = RenderPlan(
    task="a.t", task_type="t", task_cluster="c", fold=0, choices=None, answer=None, draw=Draw(20),
    fields={name: FieldType("text") for name in ("text", "question", "answer")}, templates=(("t1", WORDING),),
    multi_turn=MultiTurn(1.0, 3),
)  # fmt: skip
SIBLINGS = {"s1": ("Who?", "Ann"), "s2": ("Where?", "Rome"), "s3": ("When?", "2001")}


def example(siblings: dict[str, tuple[str, str]] | None, **other: Any) -> Row:
    told = [
        {"example_id": name, "fields": json.dumps({"question": question, "answer": answer})}
        for name, (question, answer) in (siblings or {}).items()
    ]
    return {
        **dict.fromkeys(SCHEMA.names), "task": "a.t", "example_id": "q", "languages": '["en"]',
        "fields": json.dumps({"text": "It rains.", "question": "What?", "answer": "Rain"}),
        "siblings": json.dumps(told) if told else None, **other,
    }  # fmt: skip


def pair_of(row: Row, plan: RenderPlan = PLAN) -> Row:
    batch = pa.RecordBatch.from_pylist([row], schema=SCHEMA)
    (pair,) = [pair for out in pair_renderer({"a.t": plan}, ("example_id",))([batch]) for pair in out.to_pylist()]
    return pair


def test_a_dialogue_has_the_text_once_and_asks_last_what_the_pair_asks() -> None:
    (first, *more) = json.loads(pair_of(example({"s1": SIBLINGS["s1"]}))["turns"])
    assert first == {"prompt": "It rains. Who?", "response": "Ann."}
    assert more == [{"prompt": "And: What?", "response": "Rain."}]


def test_the_prompt_is_all_that_stands_before_the_last_answer() -> None:
    pair = pair_of(example(SIBLINGS))
    turns = json.loads(pair["turns"])
    sides = [side for turn in turns for side in (turn["prompt"], turn["response"])]
    assert pair["prompt"] == "\n\n".join(sides[:-1])
    assert pair["response"] == sides[-1] == "Rain."
    assert pair["prompt"].count("It rains.") == 1
    assert pair["form"] == f"turns:{len(turns)}"
    assert len(pair["shots"].split()) == len(turns) - 1
    assert pair["prompt_chars"] == len(pair["prompt"])
    for name, turn in zip(pair["shots"].split(), turns, strict=False):
        question, answer = SIBLINGS[name]
        assert turn["prompt"].endswith(question)
        assert turn["response"] == f"{answer}."


def test_every_number_of_turns_is_drawn_and_the_order_of_siblings_does_not_matter() -> None:
    counts = set()
    for number in range(40):
        row = example(SIBLINGS, example_id=f"q{number}")
        pair = pair_of(row)
        assert pair == pair_of(example(dict(reversed(SIBLINGS.items())), example_id=f"q{number}"))
        counts.add(pair["form"])
    assert counts == {"turns:2", "turns:3"}


HOW = PLAN.multi_turn


@pytest.mark.parametrize(
    ("row", "plan"),
    [
        pytest.param(example(None), PLAN, id="no siblings"),
        pytest.param(example(SIBLINGS), replace(PLAN, multi_turn=None), id="not asked for"),
        pytest.param(
            example(SIBLINGS), replace(PLAN, templates=(("t1", replace(WORDING, follow_up=None)),)), id="no follow-up"
        ),
        pytest.param(example(SIBLINGS), replace(PLAN, multi_turn=MultiTurn(1.0, 3, 10)), id="no room"),
        pytest.param(example(SIBLINGS), replace(PLAN, limits=Limits(max_prompt_chars=30)), id="no room for a prompt"),
        pytest.param(example({"s1": ("WHAT?", "Snow")}), PLAN, id="the same question"),
        pytest.param(
            example({"s1": ("Who?", " ")}),
            replace(PLAN, templates=(("t1", replace(WORDING, response="{{ answer }}")),)),
            id="no pair comes of it",
        ),
        pytest.param(
            example({"s1": ("<b>Who</b>?", "Ann")}),
            replace(PLAN, checks=CheckPlan({"markup": WARN})),
            id="a check warned",
        ),
        pytest.param(example(SIBLINGS, reviewed='{"ask": {"response": "Mended"}}'), PLAN, id="a reviewer wrote it"),
    ],
)
def test_a_pair_stays_as_it_is(row: Row, plan: RenderPlan) -> None:
    pair = pair_of(row, plan)
    assert (pair["prompt"], pair["turns"], pair["shots"], pair["form"]) == ("It rains. What?", None, None, None)


def test_a_dialogue_shows_no_other_examples() -> None:
    shot = example(None, example_id="p", fields=json.dumps({"text": "Sun.", "question": "Why?", "answer": "June"}))
    pool = packed(pa.RecordBatch.from_pylist([shot], schema=SCHEMA).select(POOL_COLUMNS))
    plan = replace(PLAN, few_shot=FewShot(1.0, (1,)), pool=pool)
    assert "Sun." not in pair_of(example(SIBLINGS), plan)["prompt"]
    assert pair_of(example(None), plan)["shots"] == "p"


@pytest.mark.parametrize("most", [20, 25, 40])
def test_a_dialogue_is_within_its_budget(most: int) -> None:
    plan = replace(PLAN, multi_turn=MultiTurn(1.0, 3, most))
    for number in range(20):
        pair = pair_of(example(SIBLINGS, example_id=f"q{number}"), plan)
        assert len(f"{pair['prompt']}{pair['response']}".encode()) <= 4 * most


def test_a_pair_in_another_style_is_no_dialogue() -> None:
    wording = Template(
        "ask",
        "{{ text }} {{ question }}\n{{ choices | bulleted }}",
        "{{ choices[label] }}",
        follow_up="{{ question }}\n{{ choices | bulleted }}",
    )
    forms = FormPlan(
        20, OptionForms(styles=(("bullets", 1.0), ("letters", 1.0))), answer="label", labels=("label",),
        answers=("label",), wordings=(facts_of(wording, "label", ("label",), (), None, False),),
    )  # fmt: skip
    plan = replace(
        PLAN, templates=(("t2", wording),), forms=forms, choices=("no", "yes"), answer="label",
        fields={"text": FieldType("text"), "question": FieldType("text"), "label": FieldType("choice")},
    )  # fmt: skip
    siblings = json.dumps([{"example_id": "s1", "fields": json.dumps({"question": "Why?", "label": 0})}])
    fields = json.dumps({"text": "It rains.", "question": "What?", "label": 1})
    pairs = [
        pair_of({**example(None, example_id=f"q{number}", fields=fields), "siblings": siblings}, plan)
        for number in range(30)
    ]
    assert {pair["turns"] is not None for pair in pairs} == {True, False}
    for pair in pairs:
        assert (pair["turns"] is None) == ("options:letters" in pair["form"].split())


def test_parted_takes_out_what_is_shared() -> None:
    rows = [
        {"task": "a.t", "example_id": "e1", "split": "train", "fields": '{"text": "It rains.", "question": "Who?"}'},
        {"task": "a.t", "example_id": "e2", "split": "test", "fields": '{"text": "It rains.", "question": "Why?"}'},
        {"task": "b.t", "example_id": "e3", "split": "train", "fields": '{"passage": null, "question": "Why?"}'},
        {"task": "b.t", "example_id": "e4", "split": "train", "fields": '{"question": "Why?", "passage": "Sun."}'},
    ]
    shared = {"a.t": ("text",), "b.t": ("passage",)}
    (found,) = parted(shared)([pa.RecordBatch.from_pylist(rows)])
    assert found.schema == PARTS_SCHEMA
    one, two, four = found.to_pylist()
    assert [one["example_id"], two["example_id"], four["example_id"]] == ["e1", "e2", "e4"]
    assert one["shared_key"] == two["shared_key"] != four["shared_key"]
    assert [json.loads(row["own"]) for row in (one, two, four)] == [
        {"question": "Who?"},
        {"question": "Why?"},
        {"question": "Why?"},
    ]
