"""Attacks by a template's author: each is refused with a reason, within a second, and nothing of it is carried out."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered

LIMITS = Limits(max_render_seconds=0.5)
FIELDS = {"text": "hello", "items": ["a", "b"], "row": {"keys": "k", "value": 1}, "big": "x" * 1_000}
MAX_SECONDS = 1.0


def render(source: str) -> Rendered:
    return render_row(Template("attack", source, "response"), FIELDS, LIMITS)


def doubled(step: str, times: int = 40) -> str:
    return "{% set a = 'aaaaaaaaaa' %}" + step * times + "{{ a | length }}"


REACHING_INSIDE = {
    "class": "{{ ''.__class__ }}",
    "class-by-item": "{{ ''['__class__'] }}",
    "class-by-joined-name": "{{ ''['__cla' ~ 'ss__'] }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "dict-item": "{{ row['__class__'] }}",
    "range-globals": "{{ range.__globals__ }}",
    "range-init": "{{ range.__init__.__globals__ }}",
    "method-self": "{{ text.strip.__self__ }}",
    "attr-filter": "{{ text | attr('__class__') }}",
    "map-attribute": "{{ [text] | map(attribute='__class__') | join }}",
    "sort-attribute": "{{ [text, text] | sort(attribute='__class__') | join }}",
    "groupby-attribute": "{{ [text] | groupby('__class__') | first | first }}",
    "map-attr-filter": "{{ [text] | map('attr', '__class__') | list }}",
    "selectattr": "{{ [text] | selectattr('__class__', 'callable') | list }}",
    "format-method": "{{ '{0.__class__}'.format(text) }}",
    "format-map": "{{ '{text.__class__}'.format_map(row) }}",
    "format-filter": "{{ '%s' | format(text) }}",
    "percent-format": "{{ '%s' % text }}",
    "percent-width": "{{ '%1000000000d' % 1 }}",
    "encode": "{{ text.encode() }}",
    "translate": "{{ text.translate({104: 'x'}) }}",
    "lipsum": "{{ lipsum(n=5) }}",
    "lipsum-globals": "{{ lipsum.__globals__ }}",
    "cycler": "{{ cycler('a', 'b').next() }}",
    "cycler-globals": "{{ cycler.__init__.__globals__ }}",
    "joiner": "{{ joiner(',')() }}",
    "namespace": "{% set n = namespace(a=1) %}{{ n.a }}",
    "dict-global": "{{ dict(a=1) }}",
    "self-context": "{{ self._TemplateReference__context }}",
    "self": "{{ self }}",
    "self-class": "{{ self.__class__ }}",
    "loop-call": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "caller": "{{ caller() }}",
    "super": "{{ super() }}",
    "append": "{{ items.append('c') }}",
    "pop": "{{ items.pop() }}",
    "update": "{{ row.update({'value': 2}) }}",
    "fromkeys": "{{ row.fromkeys('abc') }}",
    "import": "{% import 'os' as os %}x",
    "from-import": "{% from 'os' import system %}x",
    "include": "{% include '/etc/passwd' %}",
    "extends": "{% extends 'base' %}",
    "block": "{% block b %}x{% endblock %}",
    "macro": "{% macro m() %}x{% endmacro %}{{ m() }}",
    "call": "{% call text.strip() %}x{% endcall %}",
    "filter-block": "{% filter upper %}x{% endfilter %}",
    "do": "{% do items.append(1) %}",
    "debug": "{% debug %}",
}
SPENDING = {
    "range": "{{ range(10**9) }}",
    "range-too-long-for-len": "{{ range(10**30) | list }}",
    "text-times": "{{ 'a' * 10**10 }}",
    "times-text": "{{ 10**10 * 'a' }}",
    "list-times": "{{ [1] * 10**9 }}",
    "list-of-long-texts": "{{ ['a' * 900000] * 1000000 }}",
    "power": "{{ 10**(10**10) }}",
    "power-of-power": "{{ ((10**30)**64)**64 }}",
    "loop-in-loop": "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
    "doubling-by-tilde": doubled("{% set a = a ~ a %}"),
    "doubling-by-plus": doubled("{% set a = a + a %}"),
    "doubling-by-lists": doubled("{% set a = [a, a] %}"),
    "doubling-by-tuples": doubled("{% set a = (a, a) %}"),
    "doubling-by-dicts": doubled("{% set a = {1: a, 2: a} %}"),
    "doubling-by-replace": doubled("{% set a = a | replace('a', 'aa') %}"),
    "doubling-by-replace-method": doubled("{% set a = a.replace('a', 'aa') %}"),
    "doubling-by-join": doubled("{% set a = [a, a] | join %}"),
    "doubling-by-join-method": doubled("{% set a = a.join('abc') %}"),
    "doubling-by-block-set": "{% set a = 'a' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 22 + "{{ a | length }}",
    "lists-printed": "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
    "center": "{{ text | center(10**9) }}",
    "ljust": "{{ text.ljust(10**9) }}",
    "zfill": "{{ text.zfill(10**9) }}",
    "expandtabs": "{{ '\\t'.expandtabs(10**9) }}",
    "round-up-to-many-digits": "{{ 1 | round(2000000, 'ceil') }}",
    "source": "x" * 20_001,
}


@pytest.mark.parametrize("source", REACHING_INSIDE.values(), ids=REACHING_INSIDE.keys())
def test_templates_cannot_reach_inside(source: str) -> None:
    rendered = render(source)
    assert rendered.reason in {"template_refused", "template_syntax", "template_error", "undefined_value"}
    assert rendered.detail
    assert (rendered.prompt, rendered.response) == ("", "")
    assert FIELDS["items"] == ["a", "b"]
    assert FIELDS["row"] == {"keys": "k", "value": 1}


@pytest.mark.parametrize("source", SPENDING.values(), ids=SPENDING.keys())
def test_templates_cannot_spend(source: str) -> None:
    begun = time.process_time()
    rendered = render(source)
    seconds = time.process_time() - begun
    assert rendered.reason in {
        "template_refused", "template_syntax", "template_error", "template_too_slow", "too_many_steps",
    }  # fmt: skip
    assert rendered.detail
    assert seconds < MAX_SECONDS


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{% for a in [1] %}" * 25 + "x" + "{% endfor %}" * 25, id="loops-deeper-than-python-compiles"),
        pytest.param("{% if 1 %}" * 120 + "x" + "{% endif %}" * 120, id="ifs-deeper-than-python-compiles"),
        pytest.param("{{ 1" + "+1" * 210 + " }}", id="longer-sum-than-python-compiles"),
        pytest.param("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", id="brackets"),
        pytest.param("{{ " + "[" * 500 + "]" * 500 + " }}", id="lists"),
        pytest.param("{{ " + "1" * 5_000 + " }}", id="number"),
        pytest.param("{{ '\\ud800' }}", id="half-a-surrogate-pair"),
    ],
)
def test_templates_that_cannot_be_compiled_or_written_are_refused(source: str) -> None:
    rendered = render(source)
    assert rendered.reason
    assert rendered.detail


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ text.upper }}", id="text"),
        pytest.param("{{ row.keys }}", id="struct-member-named-as-a-method"),
        pytest.param("{{ range }}", id="range"),
        pytest.param("{{ text.format }}", id="format"),
        pytest.param("{{ items | map('upper') }}", id="generator"),
        pytest.param("{{ items | reverse }}", id="iterator"),
    ],
)
def test_templates_never_print_an_address_in_memory(source: str) -> None:
    """Such a text differs from worker to worker."""
    assert " at 0x" not in render(source).prompt


@pytest.mark.parametrize(
    "name",
    [name for name in SPENDING if name not in {"loop-in-loop", "list-of-long-texts", "round-up-to-many-digits"}],
)
def test_size_limits_hold_in_a_thread_without_a_timer(name: str) -> None:
    found: list[Rendered] = []
    thread = threading.Thread(target=lambda: found.append(render(SPENDING[name])), daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert [rendered.reason for rendered in found] in [["template_refused"], ["template_syntax"], ["template_error"]]


def test_size_limits_hold_for_a_list_of_long_texts() -> None:
    """Printing this one takes a gigabyte; the list itself must not come about."""
    rendered = render("{{ (['a' * 1000] * 1000000) | length }}")
    assert rendered.reason == "template_refused"


def test_time_limit_leaves_the_callers_alarm() -> None:
    before = signal.getsignal(signal.SIGALRM)
    assert (
        render("{% for i in range(9999) %}{{ ('a ' * 90000) | upper | length }}{% endfor %}").reason
        == "template_too_slow"
    )
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ text.upper() }}", "HELLO", id="listed-method"),
        pytest.param("{{ ', '.join(items) }}", "a, b", id="join-method"),
        pytest.param("{{ range(3) | join(' ') }}", "0 1 2", id="range"),
        pytest.param("{{ 7 % 3 }}", "1", id="remainder"),
        pytest.param("{{ row.value + 1 }}", "2", id="sum"),
        pytest.param("{{ '=' * 5 }}", "=====", id="rule"),
        pytest.param("{% for k, v in row | items %}{{ k }}={{ v }};{% endfor %}", "keys=k;value=1;", id="items"),
        pytest.param("{% raw %}{{ text }}{% endraw %}", "{{ text }}", id="raw"),
    ],
)
def test_ordinary_templates_still_work(source: str, expected: str) -> None:
    assert render(source) == Rendered(expected, "response")
