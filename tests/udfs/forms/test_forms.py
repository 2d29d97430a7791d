"""Forms together: nothing without a configuration, nothing by position, and no decision that changes another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from taskmill.udfs.forms.phrases import PHRASES
from taskmill.udfs.forms.plans import ExampleForms, FormPlan, OptionForms, SystemForms, Variant
from taskmill.udfs.forms.wordings import facts_of, rewritten
from taskmill.udfs.rendering.columns import row_columns
from taskmill.udfs.rendering.draw_counts import draw_counter
from taskmill.udfs.rendering.plans import Draw, PublishedTemplate, RenderPlan, Template
from tests.udfs.forms.pairs import (
    ASK,
    BULLETED,
    IN_TEXT,
    LETTERED,
    OPEN,
    REASONED,
    SENTENCE,
    TASK,
    Row,
    pairs_of,
    plan_of,
    quiz,
)
from tests.udfs.rendering.both_tiers import render_both

TEMPLATES = (LETTERED, BULLETED, IN_TEXT, OPEN, SENTENCE, ASK, REASONED)
STYLES = (("brackets", 1.0), ("letters", 1.0), ("numbers", 1.0), ("own", 1.0))
EVERYTHING = FormPlan(
    seed=11, options=OptionForms(0.7, STYLES, 0.5, 0.5), inverted=0.2, reasoning=0.5,
    system=SystemForms(0.4, (("", ("Be brief.", "Be kind.")),)), max_tokens=100, shrinks=("passage",),
    explanation=("why",),
)  # fmt: skip
NOTHING = FormPlan(seed=11)


def rows_of(count: int) -> dict[str, Row]:
    """Some with an explanation, some with a passage that is too long for `EVERYTHING`."""
    return {
        name: {**row, "why": f"Because of {name}." if number % 3 else None, "passage": "It is long. " * (number % 60)}
        for number, (name, row) in enumerate(quiz(count).items())
    }


@pytest.mark.parametrize("choices", ["options", ("yes", "no", "maybe", "never")], ids=["field", "fixed"])
def test_forms_at_rates_of_nothing_change_no_pair(choices: Any) -> None:
    rows = rows_of(80)
    without = pairs_of(plan_of(TEMPLATES, None, choices), rows)
    with_nothing = pairs_of(plan_of(TEMPLATES, NOTHING, choices), rows)
    assert [{**pair, "form": []} for pair in with_nothing] == without
    assert all(pair["form"] == [] and pair["system"] is None for pair in without)


@pytest.mark.parametrize("slices", [(1,), (13, 14, 77), tuple(range(1, 120))], ids=["two", "four", "one-by-one"])
@pytest.mark.parametrize("count", [None, 2], ids=["all", "two-each"])
def test_pairs_are_the_same_however_batches_are_cut(slices: tuple[int, ...], count: int | None) -> None:
    plan = plan_of(TEMPLATES, EVERYTHING)
    plan = replace(plan, draw=Draw(11, count))
    rows = rows_of(120)
    whole = pairs_of(plan, rows)
    assert pairs_of(plan, rows, slices) == whole
    backwards = dict(reversed(rows.items()))
    key = lambda pair: (pair["example_id"], pair["number"])  # noqa: E731
    assert sorted(pairs_of(plan, backwards), key=key) == sorted(whole, key=key)


@pytest.mark.parametrize(
    ("changed", "stays"),
    [
        pytest.param({"system": SystemForms()}, ("options:", "answer:", "order:", "reasoning:"), id="system"),
        pytest.param({"reasoning": None}, ("options:", "order:", "inverted", "system"), id="reasoning"),
        pytest.param({"inverted": None}, ("options:", "answer:", "order:", "system"), id="inverted"),
        pytest.param({"options": OptionForms(0.7, STYLES, 0.5, 0.0)}, ("options:", "answer:", "system"), id="order"),
        pytest.param({"options": OptionForms(0.7, STYLES, 0.0, 0.5)}, ("options:", "order:", "system"), id="label"),
    ],
)  # fmt: skip
def test_a_rate_changes_no_other_decision(changed: dict[str, Any], stays: tuple[str, ...]) -> None:
    rows = rows_of(300)
    forms = replace(EVERYTHING, max_tokens=None)
    first, second = (
        {
            (pair["example_id"], pair["template"]): (
                [tag for tag in pair["form"] if tag.startswith(stays)],
                pair["system"],
            )
            for pair in pairs_of(plan_of(TEMPLATES, one), rows)
        }
        for one in (forms, replace(forms, **changed))
    )
    both = first.keys() & second.keys()
    assert len(both) > 100
    for key in both:
        tags, system = second[key]
        assert tags == first[key][0]
        assert system == first[key][1] or "system" not in stays


def test_reasons_come_first_where_they_are_drawn() -> None:
    rows = {name: {**row, "why": f"I think so, {name}."} for name, row in quiz(600).items()}
    rows |= {f"bare{name}": row for name, row in quiz(100).items()}
    forms = FormPlan(11, reasoning=0.5, explanation=("why",))
    by_wording = pairs_of(plan_of((OPEN, REASONED), forms), rows)
    composed = pairs_of(plan_of((OPEN,), forms), rows)
    for pairs, reasoned in ((by_wording, "reasoned"), (composed, "open")):
        told = [pair for pair in pairs if not pair["example_id"].startswith("bare")]
        assert len(told) == 600
        first = [pair for pair in told if "reasoning:first" in pair["form"]]
        assert 250 < len(first) < 350
        assert {pair["template"] for pair in first} == {reasoned}
        for pair in told:
            why = rows[pair["example_id"]]["why"]
            assert pair["response"].startswith(why) == (pair in first)
            assert ("reasoning:none" in pair["form"]) != (pair in first)
        assert all("I think" not in pair["response"] for pair in pairs if pair["example_id"].startswith("bare"))
    first_ids = [
        {pair["example_id"] for pair in pairs if "reasoning:first" in pair["form"]} for pairs in (by_wording, composed)
    ]
    assert first_ids[0] == first_ids[1]
    assert "Explain your reasoning before you answer.\n\nAnswer:" in next(
        pair["prompt"] for pair in composed if "reasoning:first" in pair["form"]
    )


def test_inverted_wordings_are_used_for_the_share_of_examples_that_is_wanted() -> None:
    plan = replace(plan_of(TEMPLATES, FormPlan(11, inverted=0.25)), draw=Draw(11, 1))
    kinds = Counter(pair["template"] == "ask" for pair in pairs_of(plan, quiz(4_000)))
    assert kinds.total() == 4_000
    assert 0.23 < kinds[True] / 4_000 < 0.27


def test_what_is_inverted_tells_nothing_of_what_is_listed() -> None:
    forms = FormPlan(11, inverted=0.5, options=OptionForms(listed=0.5))
    pairs = pairs_of(plan_of((BULLETED, SENTENCE, ASK), forms), quiz(4_000))
    asked = Counter(pair["template"] for pair in pairs)
    assert asked.total() == 4_000
    assert 0.45 < asked["bulleted"] / (asked["bulleted"] + asked["sentence"]) < 0.55


def test_system_messages_are_in_the_language_of_the_wording() -> None:
    german = Template("frage", "{{ question }}", "{{ choices[label] }}", language="de-AT")
    french = Template("question", "{{ question }} ?", "{{ choices[label] }}", language="fr")
    forms = FormPlan(11, system=SystemForms(1.0, (("en", ("Be brief.",)), ("de", ("Kurz, bitte.", "Bitte kurz.")))))
    pairs = pairs_of(plan_of((OPEN, german, french), forms), quiz(40))
    found = {(pair["template"], pair["system"], "system" in pair["form"]) for pair in pairs}
    assert found == {
        ("open", "Be brief.", True), ("frage", "Kurz, bitte.", True), ("frage", "Bitte kurz.", True),
        ("question", None, False),
    }  # fmt: skip


def test_published_templates_have_system_messages_and_nothing_else() -> None:
    published = PublishedTemplate("p", "{{ question }}|||{{ answer }}")
    forms = FormPlan(
        11, inverted=0.5, system=SystemForms(1.0, (("", ("Be brief.",)),)), max_tokens=10, wordings=(None,)
    )
    plan = RenderPlan(TASK, "qa", "c", 0, None, None, {}, (("p", published),), Draw(1), forms=forms)
    rows = {"short": {"question": "Who?", "answer": "Ada"}, "long": {"question": "Who? " * 20, "answer": "Ada"}}
    (pair,) = pairs_of(plan, rows)
    assert (pair["example_id"], pair["form"], pair["system"]) == ("short", ["system"], "Be brief.")


EXAMPLE = {"definition": "Turn it round.", "input": "ab", "output": "ba"}
SHOWN: dict[str, Any] = {
    "good": [
        {"input": "xy", "output": "yx", "explanation": None},
        {"input": "1", "output": "1", "explanation": "One."},
    ],
    "bad": [{"input": "no", "output": "no", "explanation": "It is as it was."}],
}
SHOWN_FIELDS = {
    "definition": "text", "input": "text", "output": "text",
    **dict.fromkeys(("good", "bad"), "list<struct<input: text, output: text, explanation: text?>>?"),
}  # fmt: skip
RIGHT, WRONG = "An example of a right answer:\n", "An example of a wrong answer:\n"
GOOD = f"{RIGHT}Input: xy\nOutput: yx\n\n{RIGHT}Input: 1\nOutput: 1\nWhy: One.\n\n"
BAD = f"{WRONG}Input: no\nOutput: no\nWhy: It is as it was.\n\n"


@pytest.mark.parametrize(
    ("row", "prompt", "tag"),
    [
        pytest.param(SHOWN, f"Turn it round.\n\n{GOOD}{BAD}ab", ["examples:2+1"], id="both"),
        pytest.param({**SHOWN, "bad": None}, f"Turn it round.\n\n{GOOD}ab", ["examples:2+0"], id="right-ones"),
        pytest.param({"good": [], "bad": SHOWN["bad"]}, f"Turn it round.\n\n{BAD}ab", ["examples:0+1"], id="wrong"),
        pytest.param({"good": None, "bad": None}, "Turn it round.\n\nab", [], id="none"),
    ],
)  # fmt: skip
def test_examples_of_the_task_stand_behind_its_definition(row: Row, prompt: str, tag: list[str]) -> None:
    forms = FormPlan(11, examples=ExampleForms(1.0, 2, 1, "definition", "good", "bad", True), answers=("output",))
    wording = Template("plain", "{{ definition }}\n\n{{ input }}", "{{ output }}")
    plan = plan_of((wording,), forms, None, None, SHOWN_FIELDS)
    (pair,) = pairs_of(plan, {"e": {**EXAMPLE, **row}})
    assert (pair["prompt"], pair["form"]) == (prompt, tag)


def test_several_answers_are_a_compound_form() -> None:
    wording = Template("both", "{{ passage }}", "{{ question }} {{ why }}")
    forms = FormPlan(11, max_tokens=1_000, answers=("question", "why"))
    (pair,) = pairs_of(plan_of((wording,), forms, None, None), {"e": {**quiz(1)["e0"], "passage": "p", "why": "w"}})
    assert pair["form"] == ["compound"]


@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize(
    "variant",
    [
        Variant("letters", True), Variant("brackets"), Variant("numbers", True), Variant("bullets", reasons=True),
        Variant(good=1, bad=1),
    ],
    ids=str,
)  # fmt: skip
def test_both_tiers_render_every_variant_alike(language: str, variant: Variant) -> None:
    row = {**quiz(1)["e0"], **SHOWN, "why": "Because.", "choices": ["x", "y", "z"], "label": 2}
    forms = FormPlan(1, answer="label", explanation=("why",), examples=ExampleForms(1, 1, 1, None, "good", "bad", True))
    for template in (BULLETED, OPEN):
        own = replace(template, language=language)
        facts = facts_of(own, "label", ("label",), ("why",), "options")
        changed = rewritten(own, facts, variant, forms)
        assert changed != own
        found = render_both(changed, row, plan_of((own,), None).limits)
        assert found.reason is None
        assert PHRASES[language].label in found.prompt or not variant.by_label


def test_draws_are_counted_without_texts() -> None:
    plan = replace(plan_of(TEMPLATES, EVERYTHING), draw=Draw(11, 3))
    plan = replace(plan, forms=replace(plan.forms, max_tokens=None))  # type: ignore[type-var]
    rows = rows_of(200)
    told = [
        {"task": TASK, "example_id": name, "languages": '["en"]', "present": "why" if row["why"] else ""}
        for name, row in rows.items()
    ]
    counted = [one for out in draw_counter({TASK: plan})([pa.RecordBatch.from_pylist(told)]) for one in out.to_pylist()]
    assert counted == [{"task": TASK, "drawn": len(pairs_of(plan, rows))}]
    drawn = plan.drawn(list(rows), row_columns(list(rows.values())))
    assert int(drawn.sum()) == counted[0]["drawn"]
