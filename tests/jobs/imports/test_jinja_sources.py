"""Jinja source as text: variables renamed in place, a published template cut in two."""

from __future__ import annotations

import pytest

from taskmill.jobs.imports.field_uses import ConflictError, field_type
from taskmill.jobs.imports.jinja_sources import PLAIN, halves, renamed
from taskmill.jobs.imports.jinja_uses import Uses
from taskmill.jobs.imports.task_types import NotConvertedError


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x {{ x }} {{x.x}} {{ y.x }}", "x {{ new }} {{new.x}} {{ y.x }}", id="attribute"),
        pytest.param('{{ "x" ~ x["x"] }}', '{{ "x" ~ new["x"] }}', id="string"),
        pytest.param("{{ y | x | join(x=x) }}", "{{ y | x | join(x=new) }}", id="filter-and-argument"),
        pytest.param("{{ y is x or y is not x }}", "{{ y is x or y is not x }}", id="test"),
        pytest.param("{% for x in x %}{{ x }}{% endfor %}", "{% for new in new %}{{ new }}{% endfor %}", id="loop"),
        pytest.param("{% set x = x %}{%- if x -%} x {%- endif %}", "{% set new = new %}{%- if new -%} x {%- endif %}",
                     id="set"),
        pytest.param("{# x #}{% raw %}{{ x }}{% endraw %}{{ x }}", "{# x #}{% raw %}{{ x }}{% endraw %}{{ new }}",
                     id="comment-and-raw"),
        pytest.param("{{ (x) }} ( {{ x }}", "{{ (new) }} ( {{ new }}", id="brackets"),
    ],
)  # fmt: skip
def test_renamed_changes_variables_alone(source: str, expected: str) -> None:
    assert renamed(source, {"x": "new"}) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(" {{ a }}? ||| {{ b }}\n", ("{{ a }}?", "{{ b }}"), id="plain"),
        pytest.param("{% set c = a %}{{ a }} ||| {{ c }}", ("{% set c = a %}{{ a }}", "{% set c = a %}{{ c }}"),
                     id="set-for-both"),
        pytest.param("{% set c = a %}{{ c }} ||| {{ b }}", ("{% set c = a %}{{ c }}", "{{ b }}"), id="set-for-one"),
        pytest.param("{% set a = 1 %}{{ b }} ||| {{ a }}", ("{% set a = 1 %}{{ b }}", "{% set a = 1 %}{{ a }}"),
                     id="set-over-a-column"),
        pytest.param("{% for x in a %}{% set c = x %}{% endfor %}{{ c }} ||| {{ c }}",
                     ("{% for x in a %}{% set c = x %}{% endfor %}{{ c }}", "{{ c }}"), id="set-in-a-loop-stays-there"),
    ],
)  # fmt: skip
def test_halves_stand_alone(source: str, expected: tuple[str, str]) -> None:
    assert halves(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ a }}", "not one prompt and one response", id="none"),
        pytest.param("{{ a }} ||| {{ b }} ||| c", "not one prompt and one response", id="two"),
        pytest.param("{% if a %}{{ a }} ||| {{ b }}{% endif %}", "inside a block", id="in-a-block"),
        pytest.param("{{ a }} {{ '|||' }} {{ b }}", "inside a block or an expression", id="in-an-expression"),
        pytest.param("{% if a %}{% set c = a %}{% endif %} ||| {{ c }}", "sets inside a block", id="set-in-a-block"),
    ],
)
def test_halves_refuses_what_is_no_pair(source: str, expected: str) -> None:
    with pytest.raises(NotConvertedError) as caught:
        halves(source)
    assert expected in caught.value.reason


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ a }}", {"a": "text"}),
        ("{{ answer_choices[a] }}", {"a": "choice"}),
        ("{{ ['x', 'y'][a] }} {{ b - 1 }} {{ c | round(1) }}", {"a": "integer", "b": "integer", "c": "number"}),
        ("{% if a %}{% endif %}{% if b == 'x' %}{% endif %}{% if c == 1 %}{% endif %}{{ d == 0.5 }}",
         {"a": "boolean", "b": "text", "c": "integer", "d": "number"}),
        ("{% for x in a %}{{ x.b }}{{ x['c'] }}{% endfor %}", {"a": "list<struct<b: text, c: text>>"}),
        ("{{ a.text[0] }} {{ a.start[0] + 1 }}", {"a": "struct<text: list<text>, start: list<integer>>"}),
        ("{{ a | join(', ') }} {{ b | map(attribute='c') | join }} {{ d | first }}",
         {"a": "list<text>", "b": "list<struct<c: text>>", "d": "list<text>"}),
        ("{{ a[0] | lower }}{{ a }}{{ b[:3] }}{{ b.split(' ')[0] }}", {"a": "text", "b": "text"}),
        ("{% set b = a %}{{ b.upper() }}{% for x in [c, d] %}{{ x.e }}{% endfor %}",
         {"a": "text", "c": "struct<e: text>", "d": "struct<e: text>"}),
        ("{{ a[b:c] }} {{ 'x' if d else e }} {{ f == g }} {{ g + 1 }}",
         {"a": "text", "b": "integer", "c": "integer", "d": "boolean", "e": "text", "f": "integer", "g": "integer"}),
    ],
)  # fmt: skip
def test_field_types_follow_from_use(source: str, expected: dict[str, str]) -> None:
    uses = Uses(PLAIN.parse(source + "{{ a }}" * ("a[b:c]" in source))).fields
    assert {name: field_type(use, name) for name, use in uses.items() if name != "answer_choices"} == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ a.b }}{% for x in a %}{% endfor %}{{ a[0] }}", "a struct and as something else"),
        ("{{ a['b c'] }}", "a member 'b c'"),
        ("{{ a.upper() }}{{ a | join }}", "a list and as a single value"),
        ("{{ a.upper() }}{{ a - 1 }}", "a text and as a number"),
    ],
)
def test_field_types_of_two_minds_are_refused(source: str, expected: str) -> None:
    with pytest.raises(ConflictError, match=expected):
        field_type(Uses(PLAIN.parse(source)).fields["a"], "a")
