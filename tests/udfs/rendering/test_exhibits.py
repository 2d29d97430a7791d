"""Pairs that show solved examples, from Arrow batches, without Spark."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from taskmill.udfs.fields import FieldType
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.plans import STYLES, FormPlan, OptionForms, SystemForms
from taskmill.udfs.forms.wordings import facts_of
from taskmill.udfs.pair_checks.registry import WARN, CheckPlan
from taskmill.udfs.rendering.batches import pair_renderer
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.exhibits import POOL_COLUMNS, packed, unpacked
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

SCHEMA = pa.schema([(name, pa.string()) for name in POOL_COLUMNS])
TEMPLATES = (
    ("t1", Template("is_it", "{{ text }} Good or bad?", "{{ choices[label] }}")),
    ("t2", Template("write", "Write a {{ choices[label] }} review.", "{{ text }}", inverts=True)),
)
HOW = FewShot(1.0, (2,), before_answer="\n", after_answer="\n\n")
PLAN = RenderPlan(
    task="a.t", task_type="t", task_cluster="c", fold=0, choices=("bad", "good"), answer="label",
    fields={"text": FieldType("text"), "label": FieldType("choice")}, templates=TEMPLATES[:1], draw=Draw(20),
    few_shot=HOW,
)  # fmt: skip
Row = dict[str, Any]


def example(name: str, text: str, label: int = 0, **other: Any) -> Row:
    fields = json.dumps({"text": text, "label": label})
    return {
        **dict.fromkeys(POOL_COLUMNS), "task": "a.t", "example_id": name, "languages": '["en"]', "fields": fields,
        **other,
    }  # fmt: skip


POOL = [example("s1", "Nice.", 1), example("s2", "Dull.", 0)]


def batch(rows: list[Row]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def pairs_of(rows: list[Row], pool: list[Row], plan: RenderPlan = PLAN) -> list[Row]:
    plan = replace(plan, pool=packed(batch(pool)) if pool else b"")
    render = pair_renderer({"a.t": plan}, ("example_id",))
    return [pair for piece in render([batch(rows)]) for pair in piece.to_pylist()]


def shown_by(rows: list[Row], pool: list[Row], plan: RenderPlan = PLAN) -> list[list[str]]:
    return [sorted((pair["shots"] or "").split()) for pair in pairs_of(rows, pool, plan)]


def test_a_prompt_has_what_it_shows_in_front() -> None:
    (pair,) = pairs_of([example("q", "So so.")], POOL)
    texts = {"s1": "Nice. Good or bad?\ngood\n\n", "s2": "Dull. Good or bad?\nbad\n\n"}
    ids = pair["shots"].split()
    assert sorted(ids) == ["s1", "s2"]
    assert pair["prompt"] == "".join(texts[name] for name in ids) + "So so. Good or bad?"
    assert pair["response"] == "bad"
    assert pair["prompt_chars"] == len(pair["prompt"])
    assert pair["warned"] is None


def test_a_pool_survives_its_journey() -> None:
    assert unpacked(packed(batch(POOL))).to_pylist() == POOL


@pytest.mark.parametrize(
    ("pool", "plan"),
    [
        pytest.param([], PLAN, id="no pool"),
        pytest.param(POOL, replace(PLAN, few_shot=None), id="not asked for"),
        pytest.param(POOL, replace(PLAN, few_shot=replace(HOW, rate=0.0)), id="never"),
        pytest.param(POOL, replace(PLAN, few_shot=replace(HOW, max_tokens=8)), id="no room"),
        pytest.param(POOL, replace(PLAN, checks=CheckPlan(max_tokens=8)), id="no room for any pair"),
        pytest.param(POOL, replace(PLAN, limits=Limits(max_prompt_chars=30)), id="no room for a prompt"),
        pytest.param([example("s3", "  So so. ", 1)], PLAN, id="the same question"),
        pytest.param([example("s3", "Else.", belongs_to="g")], PLAN, id="the same group"),
        pytest.param([example("q", "So so.")], PLAN, id="itself"),
        pytest.param([example("s3", "Na ja.", languages='["de"]')], PLAN, id="another language"),
        pytest.param([example("s3", "Else.", skipped="t1")], PLAN, id="not rendered with this wording"),
        pytest.param([example("s3", "Else.", 7)], PLAN, id="no pair comes of it"),
        pytest.param(
            [example("s3", "Else.", reviewed='{"is_it": {"rejected": "by a person"}}')], PLAN, id="a reviewer said no"
        ),
        pytest.param(
            [example("s3", "Else.", reviewed='{"is_it": {"prompt": "Mended"}}')], PLAN, id="a reviewer wrote it"
        ),
        pytest.param(
            [example("s3", "<b>Else</b>")], replace(PLAN, checks=CheckPlan({"markup": WARN})), id="a check warned"
        ),
    ],
)
def test_nothing_is_shown(pool: list[Row], plan: RenderPlan) -> None:
    (pair,) = pairs_of([example("q", "So so.", belongs_to="g")], pool, plan)
    assert pair["shots"] is None
    assert pair["prompt"] == "So so. Good or bad?"


def test_the_whole_pair_is_within_the_budget() -> None:
    pool = [example(f"s{number}", "x" * 30 * (number + 1), number % 2) for number in range(8)]
    rows = [example(f"q{number}", "y" * 15 * number, number % 2) for number in range(30)]
    most = 60
    plan = replace(PLAN, few_shot=replace(HOW, shots=(1, 5), max_tokens=most))
    pairs = pairs_of(rows, pool, plan)
    assert any(pair["shots"] for pair in pairs)
    for pair in pairs:
        if pair["shots"]:
            assert len(f"{pair['prompt']}{pair['response']}".encode()) <= 4 * most


def test_pairs_show_the_same_however_batches_are_cut() -> None:
    pool = [example(f"s{number}", f"Text {number}.", number % 2) for number in range(20)]
    rows = [example(f"q{number}", f"Other {number}.", number % 2) for number in range(40)]
    plan = replace(PLAN, templates=TEMPLATES, few_shot=replace(HOW, rate=0.5))
    whole = pairs_of(rows, pool, plan)
    assert 0 < sum(pair["shots"] is None for pair in whole) < len(whole)
    assert [pair for row in rows for pair in pairs_of([row], pool, plan)] == whole
    assert [pair for row in rows for pair in pairs_of([row], pool[::-1], plan)] == whole


def test_an_inverted_wording_may_show_the_same_question_with_another_answer() -> None:
    plan = replace(PLAN, templates=TEMPLATES[1:])
    assert shown_by([example("q", "Nice.", 1)], [*POOL, example("s3", "Great.", 1)], plan) == [["s2", "s3"]]


def test_a_text_that_a_reviewer_wrote_stays_as_it_is() -> None:
    row = example("q", "So so.", reviewed='{"is_it": {"prompt": "Is it good?"}}')
    (pair,) = pairs_of([row], POOL)
    assert (pair["prompt"], pair["shots"], pair["is_fixed"]) == ("Is it good?", None, True)


def test_checks_look_at_the_pair_without_what_it_shows() -> None:
    """The answer stands in what is shown, and is not given away by it."""
    checks = CheckPlan({"answer_in_prompt": WARN, "unresolved_braces": WARN}, hidden="text")
    plan = replace(
        PLAN, templates=(("t", Template("echo", "Say it. {{ choices[label] }}", "{{ text }}")),), checks=checks
    )
    pairs = pairs_of([example("q", "Tell me more", 1)], [example("s1", "I will tell me more of it", 0)], plan)
    assert [(pair["shots"], pair["warned"]) for pair in pairs] == [("s1", None)]


def test_what_is_shown_is_in_the_style_of_what_is_asked() -> None:
    wording = Template("listed", "{{ text }} Which is it?\n{{ choices | bulleted }}", "{{ choices[label] }}")
    forms = FormPlan(
        20, OptionForms(styles=tuple((style, 1.0) for style in STYLES), by_label=0.5, shuffled=0.5),
        system=SystemForms(0.5, (("", ("Be brief.",)),)), answer="label", labels=("label",), answers=("label",),
        wordings=(facts_of(wording, "label", ("label",), (), None, False),),
    )  # fmt: skip
    plan = replace(PLAN, templates=(("t3", wording),), forms=forms)
    pool = [example(f"s{number}", f"Text {number}.", number % 2) for number in range(60)]
    pairs = pairs_of([example(f"q{number}", f"Other {number}.", number % 2) for number in range(100)], pool, plan)
    marks = {"letters": "A. ", "brackets": "(A) ", "numbers": "1. ", "bullets": "- "}
    styles: Counter[str] = Counter()
    for pair in pairs:
        tags = pair["form"].split()
        shots = (pair["shots"] or "").split()
        assert [tag for tag in tags if tag.startswith("shots:")] == ([f"shots:{len(shots)}"] if shots else [])
        style = next(tag for tag in tags if tag.startswith("options:")).removeprefix("options:")
        assert pair["prompt"].count(f"\n{marks[style]}") >= 1 + len(shots)
        assert [pair["prompt"].count(f"\n{mark}") for name, mark in marks.items() if name != style] == [0, 0, 0]
        by_label = [block for block in pair["prompt"].split("\n\n")[:-1] if not block.endswith(("good", "bad"))]
        assert len(by_label) == (len(shots) if "answer:label" in tags else 0)
        styles[style] += len(shots)
    assert min(styles[style] for style in marks) > 5, styles
