"""One template over one example: every reason for refusing, and plain Jinja as the oracle of everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import langcodes
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered
from taskmill.udfs.structures.filters import CODECS
from tests.udfs.rendering.both_tiers import render_both

LIMITS = Limits(max_prompt_chars=40, max_response_chars=20, max_render_seconds=0.3)
LONG_LIMITS = Limits(max_render_seconds=0.3)
FIELDS: dict[str, Any] = {"premise": "A dog runs.", "label": 1, "why": None, "blank": " \n", "options": ["x", "y"]}
CHOICES = ["Yes", "No"]
LIBRARY = sorted((Path(__file__).resolve().parents[3] / "templates").glob("*.yaml"))


def render(prompt: str, response: str = "r", fields: Mapping[str, Any] = FIELDS) -> Rendered:
    return render_both(Template("wording", prompt, response), {**fields, "choices": CHOICES}, LIMITS)


@pytest.mark.parametrize("prompt", ["{{ long | replace('a', 'bb') }}", "{{ long.replace('a', 'bb') }}"])
def test_both_tiers_keep_the_given_limits(prompt: str) -> None:
    template, names = Template("wording", prompt, "r"), {"long": 30 * "a", "choices": CHOICES}
    assert render_both(template, names, replace(LONG_LIMITS, max_value_size=60)).prompt == 60 * "b"
    assert render_both(template, names, replace(LONG_LIMITS, max_value_size=59)).reason == "template_refused"


def oracle() -> jinja2.Environment:
    """Plain Jinja with our filters said again in other words."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    environment.filters |= {
        # What the codecs write has tests of its own; here it is only whether rendering keeps it.
        **{name: codec.encode for name, codec in CODECS.items()},
        "only": lambda items, *names: [{name: item[name] for name in names} for item in items],
        "language_name": lambda tag, into="en": langcodes.get(tag).display_name(into),
        "chosen_from": lambda labels, choices: [choice for at, choice in enumerate(choices) if at in labels],
        "comma_list": ", ".join,
        "quoted": lambda items: json.dumps(items, ensure_ascii=False)[1:-1],
        "either_or": either_or,
        "lettered": lambda items: "\n".join(". ".join(pair) for pair in zip(letters, items, strict=False)),
        "numbered": lambda items: "\n".join(map("{}. {}".format, range(1, 99), items)),
        "bulleted": lambda items: "\n".join("- " + item for item in items),
        "letter": lambda index: "".join(dict(enumerate(letters))[index]),
        "tojson": lambda value: json.dumps(value, ensure_ascii=False),
    }
    return environment


def either_or(items: Sequence[str]) -> str:
    *others, last = list(items) or [""]
    return f"{', '.join(others)}{',' * (len(others) > 1)}{' or ' * bool(others)}{last}?"


ORACLE = oracle()


@pytest.mark.parametrize(
    ("prompt", "response", "reason", "detail"),
    [
        pytest.param("{{ why }}", "r", "none_value", "a slot holds None", id="null-in-a-slot"),
        pytest.param("p", "{{ why }}", "none_value", "a slot holds None", id="null-in-the-response"),
        pytest.param("{{ premiss }}", "r", "undefined_value", "'premiss' is undefined", id="undefined-name"),
        pytest.param("p", "{{ choices[2] }}", "undefined_value", "2", id="index-out-of-range"),
        pytest.param("{{ premise.length }}", "r", "undefined_value", "length", id="undefined-attribute"),
        pytest.param("{{ blank }}", "r", "empty_prompt", None, id="blank-prompt"),
        pytest.param("p", "{% if label == 0 %}x{% endif %}", "empty_response", None, id="empty-response"),
        pytest.param("x" * 41, "r", "prompt_too_long", "41 characters; the limit is 40", id="long-prompt"),
        pytest.param("p", "x" * 21, "response_too_long", "21 characters; the limit is 20", id="long-response"),
        pytest.param("{{ premise", "r", "template_syntax", "line 1|unexpected|expected", id="syntax"),
        pytest.param("{{ premise | uper }}", "r", "template_syntax", "No filter named 'uper'", id="unknown-filter"),
        pytest.param("{{ premise | letter }}", "r", "template_error", "is not an integer", id="wrong-type"),
        pytest.param("{{ 1 / (label - 1) }}", "r", "template_error", "division by zero", id="division-by-zero"),
        pytest.param("{{ -1 | abs + 'a' }}", "r", "template_error", "TypeError", id="number-and-text"),
        pytest.param("{{ premise.__class__ }}", "r", "template_refused", "unsafe", id="sandbox"),
        pytest.param(
            "{% for i in range(9999) %}{{ ('a ' * 90000) | upper | length }}{% endfor %}", "r",
            "template_too_slow", "took longer than 0.3 s", id="slow",
        ),
        pytest.param(
            "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "r",
            "too_many_steps", "more than 100,000 times round its loops", id="steps",
        ),
    ],
)  # fmt: skip
def test_render_gives_the_reason(prompt: str, response: str, reason: str, detail: str | None) -> None:
    rendered = render(prompt, response)
    assert rendered.reason == reason
    assert (rendered.prompt, rendered.response) == ("", "")
    if detail is None:
        assert rendered.detail is None
    else:
        assert any(part in str(rendered.detail) for part in detail.split("|"))
        assert "\n" not in str(rendered.detail)


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("{{ why | upper }}", id="upper"),
        pytest.param("{{ why | trim }}", id="trim"),
        pytest.param("{{ why | string }}", id="string"),
        pytest.param("{{ why | replace('a', 'b') }}", id="replace"),
        pytest.param("Because {{ 'of ' ~ why }}", id="concatenated"),
        pytest.param("{{ [premise, why] | join(' ') }}", id="joined"),
    ],
)
def test_render_never_writes_a_null_as_the_word_none(prompt: str) -> None:
    """Templates are strict: a None refuses the row, on whatever way it comes into the text."""
    rendered = render(prompt)
    assert "none" not in rendered.prompt.lower()
    assert rendered.reason


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param("{% if why %}{{ why }}{% else %}no reason{% endif %}", "no reason", id="tested"),
        pytest.param("{{ why or 'no reason' }}", "no reason", id="replaced"),
        pytest.param("{{ why | default('no reason', true) }}", "no reason", id="default"),
        pytest.param("\n  {{ premise }}  \n", "A dog runs.", id="white-space-at-the-ends"),
        pytest.param("x" * 40, "x" * 40, id="as-long-as-it-may-be"),
        pytest.param("{{ choices[label] }} 你 {{ options | last }}", "No 你 y", id="choices"),
    ],
)
def test_render_renders(prompt: str, expected: str) -> None:
    assert render(prompt) == Rendered(expected, "r")


def test_render_has_choices_only_where_the_task_has_them() -> None:
    rendered = render_both(Template("wording", "{{ choices[0] }}", "r"), FIELDS, LIMITS)
    assert rendered.reason == "undefined_value"


def library_cases() -> list[Any]:
    cases = []
    for path in LIBRARY:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, example in enumerate(value["examples"]):
            fields = {**dict.fromkeys(value["fields"]), **example}
            choices = value.get("example_choices") or value.get("choices")
            choices = fields[choices] if isinstance(choices, str) else choices
            for template in value["templates"]:
                if all(fields[need] is not None for need in template.get("needs", [])):
                    cases.append(pytest.param(template, fields, choices, id=f"{path.stem}-{template['name']}-{number}"))
    return cases


@pytest.mark.parametrize(("template", "fields", "choices"), library_cases())
def test_library_renders_as_plain_jinja(
    template: dict[str, Any], fields: dict[str, Any], choices: list[str] | None
) -> None:
    halves = template["prompt"], template["response"]
    names = fields if choices is None else {**fields, "choices": choices}
    rendered = render_both(Template(template["name"], *halves), names, LONG_LIMITS)
    expected = [ORACLE.from_string(half).render(**fields, choices=choices).strip() for half in halves]
    assert rendered == Rendered(*expected)


NAMES = st.sampled_from(["premise", "blank", "label", "options", "choices", "choices[label]", "options[1]", "nosuch"])
SCALAR_FILTERS = st.sampled_from(
    ["", "upper", "lower", "title", "trim", "capitalize", "replace('a', 'bb')", "truncate(4)", "length", "string",
     "tojson", "default('d')", "wordcount", "first", "last", "int", "float", "list", "sort", "unique | list",
     "reverse | list", "map('upper') | join('-')", "join(', ')", "comma_list", "either_or", "numbered", "letter",
     "select('string') | list", "abs", "round(1)"]
)  # fmt: skip
PLAIN_TEXT = st.text(alphabet="ab {}\n'\"é<&", max_size=6).filter(
    lambda text: not any(mark in text for mark in ("{{", "}}", "{%", "{#")) and not text.endswith("{")
)
SLOTS = st.builds(
    lambda name, used: "{{ " + name + (" | " + used if used else "") + " }}", NAMES, SCALAR_FILTERS
)  # fmt: skip


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Ifs, loops and sets around `inner`."""
    return st.one_of(
        st.builds(lambda name, a, b: f"{{% if {name} %}}{a}{{% else %}}{b}{{% endif %}}", NAMES, inner, inner),
        st.builds(lambda name, a: f"{{% for premise in {name} %}}{a}{{{{ loop.index }}}}{{% endfor %}}", NAMES, inner),
        st.builds(lambda name, a: f"{{% set blank = {name} %}}{a}", NAMES, inner),
        st.builds(lambda name, other: f"{{{{ {name} ~ {other} }}}}", NAMES, NAMES),
        st.builds(lambda a, b: a + b, inner, inner),
    )


TEMPLATES = st.recursive(st.one_of(PLAIN_TEXT, SLOTS), blocks, max_leaves=6)
VALUES = st.text(alphabet="abé<>{}% \n\"'\\", max_size=8)
ROWS = st.fixed_dictionaries(
    {
        "premise": VALUES,
        "blank": st.sampled_from(["", " ", "\n"]),
        "label": st.integers(-1, 3),
        "options": st.lists(VALUES, max_size=3),
    }
)


@settings(max_examples=400, deadline=None)
@given(TEMPLATES, ROWS)
def test_render_equals_plain_jinja(template: str, fields: dict[str, Any]) -> None:
    """Where plain Jinja renders we render the same, and where it raises we refuse."""
    rendered = render_both(Template("wording", template, "r"), {**fields, "choices": CHOICES}, LONG_LIMITS)
    try:
        expected = ORACLE.from_string(template).render(**fields, choices=CHOICES).strip()
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        assert rendered.reason in {"undefined_value", "template_error", "template_syntax"}
        return
    if expected:
        assert rendered == Rendered(expected, "r")
    else:
        assert rendered.reason == "empty_prompt"


@given(TEMPLATES, ROWS)
def test_render_never_raises_and_never_changes_the_fields(template: str, fields: dict[str, Any]) -> None:
    before = json.dumps(fields)
    render_both(Template("wording", template, template), {**fields, "choices": CHOICES}, LIMITS)
    assert json.dumps(fields) == before
