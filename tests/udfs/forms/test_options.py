"""Options: every style leads back to the right one, drawn orders are even, and what must not move does not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from scipy.stats import chisquare

from taskmill.udfs.forms.orders import NAMED_OPTION, PLACED_OPTION
from taskmill.udfs.forms.plans import FormPlan, OptionForms
from taskmill.udfs.rendering.plans import Template
from tests.udfs.forms.pairs import ASK, BULLETED, IN_TEXT, LETTERED, OPEN, SENTENCE, pairs_of, plan_of, quiz, refused_of

STYLES = (("brackets", 1.0), ("bullets", 1.0), ("letters", 1.0), ("numbers", 1.0), ("own", 1.0))
ALL_FORMS = FormPlan(seed=7, options=OptionForms(listed=0.8, styles=STYLES, by_label=0.5, shuffled=1.0))
TEMPLATES = (LETTERED, BULLETED, IN_TEXT, OPEN, SENTENCE)
LISTED = re.compile(r"^(?:([A-Z])\.|(\([A-Z]\))|(\d+)\.|(-)) (.*)$", re.MULTILINE)


def shown_options(prompt: str) -> dict[str, str]:
    """Label to text of the options listed in a prompt, read without knowing how it was made; texts for bullets."""
    found = {}
    for letter, bracket, number, bullet, text in LISTED.findall(prompt):
        found[text if bullet else letter or bracket or number] = text
    return found


def answer_of(pair: dict[str, Any]) -> str:
    """The option that a response stands for."""
    return shown_options(pair["prompt"]).get(pair["response"], pair["response"])


@pytest.mark.parametrize(("options", "least"), [(4, 100_000), (2, 10_000), (7, 10_000)])
def test_the_right_option_is_anywhere_equally_often_and_the_gold_index_finds_it(options: int, least: int) -> None:
    rows = quiz(4 * least // 10, options)
    # The right one stands first in every example: only the drawn order can spread it.
    rows = {name: {**row, "options": sorted(row["options"]), "label": 0} for name, row in rows.items()}
    assert all(row["options"][0].startswith("right") for row in rows.values())
    pairs = pairs_of(plan_of(TEMPLATES, ALL_FORMS), rows)
    moved = [pair for pair in pairs if "order:shuffled" in pair["form"]]
    assert len(moved) >= least
    places = Counter(pair["gold_index"] for pair in moved)
    assert set(places) == set(range(options))
    assert chisquare([places[place] for place in range(options)]).pvalue > 0.001
    for pair in pairs:
        right = f"right {pair['example_id'][1:]}"
        assert pair["choices"][pair["gold_index"]] == right
        assert answer_of(pair).removeprefix("It is ").rstrip(".") == right


def test_every_order_is_drawn_equally_often() -> None:
    forms = replace(ALL_FORMS, options=OptionForms(shuffled=1.0))
    rows = {name: {**row, "options": ["a", "b", "c", "d"], "label": 2} for name, row in quiz(24_000).items()}
    orders = Counter(tuple(pair["choices"]) for pair in pairs_of(plan_of((BULLETED,), forms), rows))
    assert len(orders) == 24
    assert chisquare(list(orders.values())).pvalue > 0.001


@pytest.mark.parametrize("choices", ["options", ("yes", "no", "maybe")], ids=["field", "fixed"])
@pytest.mark.parametrize("style", ["letters", "brackets", "numbers", "bullets", "own"])
@pytest.mark.parametrize("by_label", [0.0, 1.0])
def test_every_style_leads_from_its_label_to_the_right_option(choices: Any, style: str, by_label: float) -> None:
    forms = FormPlan(3, options=OptionForms(1.0, ((style, 1.0),), by_label, shuffled=0.5))
    rows = quiz(60, 3)
    for pair in pairs_of(plan_of((BULLETED, OPEN), forms, choices), rows):
        row = rows[pair["example_id"]]
        right = (row["options"] if choices == "options" else choices)[row["label"]]
        shown = shown_options(pair["prompt"])
        assert list(shown.values()) == pair["choices"]
        assert pair["choices"][pair["gold_index"]] == right == answer_of(pair)
        has_label = by_label == 1.0 and style not in {"bullets", "own"}
        assert ("answer:label" in pair["form"]) == has_label == (pair["response"] != right)
        assert f"options:{'bullets' if style == 'own' else style}" in pair["form"]
        assert pair["warned"] is None


def test_options_are_listed_for_the_share_of_examples_that_is_wanted() -> None:
    forms = FormPlan(5, options=OptionForms(listed=0.3))
    pairs = pairs_of(plan_of((BULLETED, OPEN, SENTENCE), forms), quiz(3_000))
    listed = {pair["example_id"] for pair in pairs if shown_options(pair["prompt"])}
    hidden = {pair["example_id"] for pair in pairs if not shown_options(pair["prompt"])}
    assert not listed & hidden
    assert len(listed | hidden) == 3_000
    assert 0.27 < len(listed) / 3_000 < 0.33
    kinds = {(pair["template"], tag) for pair in pairs for tag in pair["form"]}
    assert kinds == {
        ("bulleted", "options:bullets"), ("open", "options:bullets"), ("open", "options:none"),
        ("sentence", "options:none"),
    }  # fmt: skip


def test_a_block_stands_before_the_line_that_the_answer_follows() -> None:
    forms = FormPlan(5, options=OptionForms(1.0, (("numbers", 1.0),), 1.0))
    (pair,) = pairs_of(plan_of((OPEN,), forms), quiz(1, 2))
    assert pair["prompt"] == (
        "What about 0?\n\nOptions:\n1. right 0\n2. wrong 0 1\n\nGive only the label of the right option.\n\nAnswer:"
    )
    assert pair["response"] == "1"


def test_wordings_that_are_to_stay_as_written_only_have_their_order_changed() -> None:
    plan = plan_of((BULLETED, OPEN), ALL_FORMS, as_written=True)
    plain = plan_of((BULLETED, OPEN), None)
    rows = quiz(200)
    lines = {
        (pair["example_id"], pair["template"]): sorted(pair["prompt"].splitlines()) for pair in pairs_of(plain, rows)
    }
    for pair in pairs_of(plan, rows):
        assert sorted(pair["prompt"].splitlines()) == lines[pair["example_id"], pair["template"]]


def test_an_inverted_wording_has_no_options_of_its_own() -> None:
    forms = replace(ALL_FORMS, inverted=0.5)
    pairs = pairs_of(plan_of((BULLETED, ASK), forms), quiz(400))
    kinds = Counter((pair["template"], "inverted" in pair["form"], pair["gold_index"] is None) for pair in pairs)
    assert set(kinds) == {("bulleted", False, False), ("ask", True, True)}
    assert 160 < kinds["ask", True, True] < 240
    assert sum(kinds.values()) == 400


def test_more_options_than_letters_are_numbered() -> None:
    forms = FormPlan(5, options=OptionForms(1.0, (("letters", 1.0),), 1.0, 1.0))
    rows = {**quiz(1, 27), "few": next(iter(quiz(1, 26).values()))}
    many, few = pairs_of(plan_of((BULLETED,), forms), rows)
    assert ("options:numbers" in many["form"], "options:letters" in few["form"]) == (True, True)
    assert answer_of(many) == answer_of(few) == "right 0"


@pytest.mark.parametrize(
    ("changed", "is_moved"),
    [
        pytest.param({}, True, id="plain"),
        pytest.param({"options": ["red", "blue", "all of the above"], "label": 2}, False, id="of-the-above"),
        pytest.param({"options": ["red", "blue", "Both A and B"], "label": 2}, False, id="both"),
        pytest.param({"options": ["red", "blue", "A, B"], "label": 2}, False, id="letters-alone"),
        pytest.param({"options": ["a cat and a dog", "vitamin A and iron", "B"], "label": 0}, True, id="just-words"),
        pytest.param({"question": "Which? (A) red (B) blue"}, False, id="listed-in-the-question"),
        pytest.param({"why": "It burns. The answer is (C)."}, False, id="named-in-the-explanation"),
        pytest.param({"why": "The answer is A tall tale to a child."}, True, id="a-word"),
        pytest.param({"options": ["only one"], "label": 0}, False, id="one-option"),
    ],
)  # fmt: skip
def test_options_that_tell_where_others_stand_stay_there(changed: dict[str, Any], is_moved: bool) -> None:
    forms = FormPlan(5, options=OptionForms(shuffled=1.0), explanation=("why",))
    rows = {"e": {**quiz(1, 3)["e0"], **changed}}
    (pair,) = pairs_of(plan_of((BULLETED,), forms), rows)
    assert ("order:shuffled" in pair["form"]) == is_moved
    assert is_moved or pair["choices"] == rows["e"]["options"]
    assert pair["choices"][pair["gold_index"]] == rows["e"]["options"][rows["e"]["label"]]


def test_patterns_mean_the_same_to_python_and_to_arrow() -> None:
    import pyarrow.compute as pc

    for pattern in (PLACED_OPTION.pattern, NAMED_OPTION):
        for text in ("both of the above", "A and B", "(A) x (B) y", "answer: C", "a and b", ""):
            assert pc.match_substring_regex([text], pattern)[0].as_py() == (re.search(pattern, text) is not None)


def test_a_label_that_points_nowhere_is_refused_as_without_forms() -> None:
    rows = {"e": {**quiz(1)["e0"], "label": 9}}
    without, with_forms = (refused_of(plan_of((BULLETED,), forms), rows) for forms in (None, ALL_FORMS))
    assert without == with_forms
    assert len(without) == 1


def test_lists_of_labels_follow_their_options() -> None:
    fields = {"question": "text", "labels": "list<choice>"}
    tick = Template(
        "tick", "{{ question }}\n{{ choices | bulleted }}", "{{ labels | chosen_from(choices) | comma_list }}"
    )
    plan = plan_of(
        (tick,), FormPlan(5, options=OptionForms(shuffled=1.0)), ("red", "green", "blue", "grey"), None, fields
    )
    rows = {f"e{number}": {"question": "Which?", "labels": [0, 2]} for number in range(50)}
    pairs = pairs_of(plan, rows)
    assert {frozenset(pair["response"].split(", ")) for pair in pairs} == {frozenset({"red", "blue"})}
    for pair in pairs:
        shown = list(shown_options(pair["prompt"]).values())
        assert [shown.index(one) for one in pair["response"].split(", ")] == sorted(
            shown.index(one) for one in ("red", "blue")
        )
    assert {pair["response"] for pair in pairs} == {"red, blue", "blue, red"}
