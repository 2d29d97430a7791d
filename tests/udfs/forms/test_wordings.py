"""What wordings say about themselves, and what becomes of their text."""

from __future__ import annotations

import pytest

from taskmill.udfs.forms.plans import STYLES, FormPlan, Variant, WordingFacts
from taskmill.udfs.forms.wordings import facts_of, rewritten
from taskmill.udfs.rendering.plans import Template

PLAIN = "{{ choices[label] }}"


def facts(prompt: str, response: str = PLAIN, held_in: str | None = None) -> WordingFacts:
    return facts_of(Template("t", prompt, response), "label", ("label",), ("why",), held_in)


@pytest.mark.parametrize(
    ("prompt", "lists", "block"),
    [
        pytest.param("{{ q }}\n{{ choices | lettered }}", True, "lettered", id="block"),
        pytest.param("{{ q }}\n  {{- choices|numbered -}}  \nend", True, "numbered", id="block-with-blanks"),
        pytest.param("{{ choices | bracketed }}\n{{ q }}", True, "bracketed", id="block-first"),
        pytest.param("{{ q }}: {{ choices | bulleted }}", True, None, id="on-a-line-with-others"),
        pytest.param("{{ choices | bulleted }}\n{{ choices | length }}", True, None, id="named-again"),
        pytest.param("{{ choices | bulleted }}\n{{ choices | lettered }}", True, None, id="twice"),
        pytest.param("{{ q }} {{ choices | either_or }}", True, None, id="in-text"),
        pytest.param("{% for one in choices %}{{ one }}{% endfor %}", True, None, id="loop"),
        pytest.param("Write for {{ choices[label] }}", False, None, id="the-gold-one-alone"),
        pytest.param("{{ options | join }}", True, None, id="by-its-field"),
        pytest.param("{{ q }}", False, None, id="none"),
        pytest.param("{{ q ", False, None, id="broken"),
    ],
)
def test_whether_and_how_options_are_listed(prompt: str, lists: bool, block: str | None) -> None:
    found = facts(prompt, held_in="options")
    assert (found.lists, found.block) == (lists, block)


@pytest.mark.parametrize(
    ("response", "is_plain", "is_label"),
    [
        pytest.param(PLAIN, True, False, id="text"),
        pytest.param("{{choices[ label ]}}\n", True, False, id="text-with-blanks"),
        pytest.param("{{ label | letter }}", False, True, id="letter"),
        pytest.param("{{ label + 1 }}", False, True, id="number"),
        pytest.param("It is {{ choices[label] }}", False, False, id="sentence"),
        pytest.param("{{ choices[other] }}", False, False, id="another-field"),
    ],
)
def test_how_the_answer_is_given(response: str, is_plain: bool, is_label: bool) -> None:
    found = facts("{{ q }}", response)
    assert (found.is_plain, found.is_label) == (is_plain, is_label)


@pytest.mark.parametrize(
    ("response", "reasons"),
    [
        pytest.param("{{ why }} So {{ choices[label] }}", "first", id="first"),
        pytest.param("{{ choices[label] }}, for {{ why }}", "later", id="later"),
        pytest.param("{{ why }}", "later", id="alone"),
        pytest.param(PLAIN, "none", id="none"),
    ],
)
def test_where_reasons_stand(response: str, reasons: str) -> None:
    assert facts("{{ q }}", response).reasons == reasons


@pytest.mark.parametrize("style", STYLES)
def test_a_block_changes_and_nothing_around_it(style: str) -> None:
    template = Template("t", "First.\n{{ choices | bulleted }}\nLast: {{ q }}", PLAIN)
    found = rewritten(template, facts(template.prompt), Variant(style), FormPlan(1, answer="label"))
    filters = {"letters": "lettered", "brackets": "bracketed", "numbers": "numbered", "bullets": "bulleted"}
    assert found.prompt == f"First.\n{{{{ choices | {filters[style]} }}}}\nLast: {{{{ q }}}}"
    assert (found.response, found.name) == (PLAIN, "t")


def test_no_variant_is_the_wording_itself() -> None:
    template = Template("t", "{{ q }}", PLAIN)
    assert rewritten(template, facts(template.prompt), Variant(), FormPlan(1)) is template
