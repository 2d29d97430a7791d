"""Published templates: every one over rows made up for it, against plain Jinja; and each of their quirks by hand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import PublishedTemplate
from taskmill.udfs.rendering.promptsource import render_published
from tests.udfs.rendering.promptsource_reference import (
    ESCAPED,
    TRUNCATION,
    highlight,
    may_draw,
    most_frequent,
    reference_parts,
)
from tests.udfs.rendering.published_rows import Fields, MadeUp, Published, published_templates, rows_for

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
FOLDER = Path(DATA) / "promptsource" / "templates"
needs_data = pytest.mark.skipif(
    not (DATA and FOLDER.is_dir()), reason="TASKMILL_SHARED_DATA does not say where the published templates are"
)
TIERS = pytest.mark.parametrize("tier", [None, "rows"], ids=["best", "rows"])
TRUNCATE = pytest.mark.parametrize("truncate", [True, False], ids=["truncated", "whole"])
# Every template is slow; every so many-th is not.
STEPS = pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "all"])
LIMITS = Limits(max_render_seconds=60)  # a busy machine is no error
ADDRESS = r" at 0x[0-9a-f]+"
MOST_OUTCOMES = 1_000  # of chance, for one row
SHOWN = 10
OF_ONE_TYPE = {"short", "single", "many", "long", "foreign", "awkward", "no labels"}  # of the kinds of rows

Outcome = tuple["list[str] | None", list[str]]  # choices and parts


# What the two give.


def ours(
    template: Published, rows: Sequence[Fields], ids: Sequence[str], truncate: bool = True, tier: str | None = None
) -> list[Outcome | None]:
    """Choices and parts of every row, None where it was refused."""
    published = PublishedTemplate(
        template.name, template.jinja, template.answer_choices, id=template.name, guards=False, truncate=truncate
    )
    found = render_published(published, rows, ids, LIMITS, tier)
    assert len(found) == len(rows)
    for parts in found:
        assert (parts.reason is None) == bool(parts.parts)
    return [
        None if parts.reason else (None if parts.choices is None else list(parts.choices), list(parts.parts))
        for parts in found
    ]


class _Path:
    """One way that chance may go after the other: positions drawn, the last of them changing first."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.counts: list[int] = []

    def draw(self, count: int) -> int:
        self.counts.append(count)
        if len(self.counts) > len(self.positions):
            self.positions.append(0)
        return self.positions[len(self.counts) - 1]

    def advance(self) -> bool:
        """Goes on to the next way; false if there is none."""
        while self.positions and self.positions[-1] + 1 >= self.counts[len(self.positions) - 1]:
            self.positions.pop()
        if self.positions:
            self.positions[-1] += 1
        self.counts = []
        return bool(self.positions)


def expected(template: Published, fields: Fields, truncate: bool) -> Iterator[Outcome | None]:
    """What the reference gives, None for an error: one outcome for each way that chance may go."""
    path = _Path()
    for _ in range(MOST_OUTCOMES):
        try:
            yield reference_parts(template.jinja, template.answer_choices, fields, truncate, path.draw)
        except Exception:  # whatever it is, a row that raises is a row that must be refused
            yield None
        if not path.advance():
            return
    raise AssertionError(f"chance may go more than {MOST_OUTCOMES} ways")


def same(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether the two are equal, but for addresses in memory."""
    return one == other or re.sub(ADDRESS, "", str(one)) == re.sub(ADDRESS, "", str(other))


def agree(found: Outcome | None, wanted: Outcome | None) -> bool:
    """Whether ours is as it should be; instead of a text with an address in memory a refusal will do."""
    return same(found, wanted) or (found is None and re.search(ADDRESS, str(wanted)) is not None)


@lru_cache(maxsize=1)
def corpus() -> list[Published]:
    return published_templates(FOLDER)


@lru_cache(maxsize=2_000)
def rows_of(template: Published) -> list[MadeUp]:
    return rows_for(template.jinja, template.answer_choices)


def fields_and_ids(template: Published) -> tuple[list[Fields], list[str]]:
    rows = rows_of(template)
    return [row.fields for row in rows], [row.kind for row in rows]


# Every published template.


@needs_data
def test_published_templates_are_all_read() -> None:
    assert len(corpus()) == 1_450
    assert sum(template.answer_choices is not None for template in corpus()) == 835


@needs_data
@STEPS
def test_made_up_rows_fit(step: int) -> None:
    """The comparison is worth nothing if both sides refuse everything."""
    fitting = [(template, row) for template in corpus()[::step] for row in rows_of(template) if row.fits]
    rendered = [next(expected(template, row.fields, truncate=True)) for template, row in fitting]
    assert sum(outcome is not None for outcome in rendered) / len(rendered) > 0.99


@needs_data
@TIERS
@TRUNCATE
@STEPS
def test_every_template_renders_as_the_reference(step: int, truncate: bool, tier: str | None) -> None:
    differences = []
    for template in corpus()[::step]:
        rows = rows_of(template)
        found = ours(template, *fields_and_ids(template), truncate, tier)
        for row, outcome in zip(rows, found, strict=True):
            wanted = []
            for other in expected(template, row.fields, truncate):
                wanted.append(other)
                if agree(outcome, other):
                    break
            else:
                differences.append((template.file, template.name, row.kind, row.fields, outcome, wanted[:3]))
    assert not differences[:SHOWN], f"{len(differences)} rows differ"


@needs_data
@TIERS
@STEPS
def test_results_do_not_depend_on_the_rows_beside(step: int, tier: str | None) -> None:
    """Backwards, one by one and among others, by id; and rendering leaves the rows as they are."""
    differences = []
    for template in corpus()[::step]:
        fields, ids = fields_and_ids(template)
        before = repr(fields)
        whole = ours(template, fields, ids, tier=tier)
        for positions in batches_of(ids):
            some = ours(template, [fields[at] for at in positions], [ids[at] for at in positions], tier=tier)
            if not all(map(same, some, [whole[at] for at in positions])):
                differences.append((template.file, template.name, positions))
        assert repr(fields) == before, (template.file, template.name)
    assert not differences[:SHOWN]


def batches_of(kinds: Sequence[str]) -> Iterator[list[int]]:
    """Positions of rows: all, also backwards; each alone; and those whose fields have one type, or that or none."""
    everywhere = range(len(kinds))
    yield [*everywhere]
    yield [*everywhere][::-1]
    yield from ([position] for position in everywhere)
    yield [position for position in everywhere if kinds[position] in OF_ONE_TYPE]
    yield [position for position in everywhere if kinds[position] in {*OF_ONE_TYPE, "nulls", "missing", "empty"}]


@needs_data
@STEPS
def test_tiers_give_the_same(step: int) -> None:
    """What is drawn at random too: a draw depends on the template and the row's id alone."""
    differences = []
    for template in corpus()[::step]:
        fields, ids = fields_and_ids(template)
        best, plain = (ours(template, fields, ids, tier=tier) for tier in (None, "rows"))
        if not all(map(same, best, plain)):
            differences.append((template.file, template.name))
    assert not differences


# Quirks, one by one.

LONG = 2_048
NEST = {"text": ["first", "second"], "n": {"a-b": 1}}
ROW: Fields = {
    "text": "A dog runs.", "null": None, "yes": True, "no": False, "zero": 0, "one": 1, "label": 1, "hidden": -1,
    "far": 9, "number": 2.5, "whole": 3.0, "large": 1e22, "items": ["x", "y", "z"], "nothing": [], "blank": "",
    "mixed": ["it's", None, 1, 2.0, True, {"a": "é"}], "record": {"name": "Ann", "age": None}, "nest": NEST,
    "piped": "a|||b", "pipes": ["a|||b", "c"], "markup": "{{ text }} & <b>", "digits": "1",
}  # fmt: skip
CHOICES = "Yes ||| No ||| Maybe"


def plain(jinja: str, answer_choices: str | None = None) -> Published:
    return Published("file", "name", jinja, answer_choices)


def check(template: Published, row: Fields, wanted: Outcome | None, truncate: bool = True) -> None:
    """All tiers, and the reference, give what is written out by hand; beside a row without fields too."""
    assert next(expected(template, row, truncate)) == wanted
    for tier in (None, "rows"):
        assert ours(template, [row], ["one"], truncate, tier) == [wanted]
        assert ours(template, [row, {}, row], ["one", "two", "three"], truncate, tier)[::2] == [wanted, wanted]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        pytest.param("null", "None", id="null-prints-None"),
        pytest.param("none", "None", id="none-is-a-word-of-Jinja"),
        pytest.param("record.age", "None", id="nested-null-prints-None"),
        pytest.param("nosuch", "", id="missing-name-prints-nothing"),
        pytest.param("record.nosuch", "", id="missing-key-prints-nothing"),
        pytest.param("record['nosuch']", "", id="missing-item-prints-nothing"),
        pytest.param("items[3]", "", id="index-out-of-range-prints-nothing"),
        pytest.param("items['1']", "", id="text-as-index-prints-nothing"),
        pytest.param("items[null]", "", id="null-as-index-prints-nothing"),
        pytest.param("items[1.0]", "", id="decimal-as-index-prints-nothing"),
        pytest.param("items[nosuch]", "", id="missing-as-index-prints-nothing"),
        pytest.param("items[items]", "", id="list-as-index-prints-nothing"),
        pytest.param("items[-1]", "z", id="index-below-zero-counts-from-the-end"),
        pytest.param("items[hidden]", "z", id="hidden-label-is-the-last-one"),
        pytest.param("items[-4]", "", id="index-below-the-first-prints-nothing"),
        pytest.param("items[true]", "y", id="true-is-index-one"),
        pytest.param("items[yes]", "y", id="true-field-is-index-one"),
        pytest.param("items[no]", "x", id="false-field-is-index-zero"),
        pytest.param("null.name", "", id="attribute-of-null-prints-nothing"),
        pytest.param("null[0]", "", id="item-of-null-prints-nothing"),
        pytest.param("text[2]", "d", id="text-has-letters"),
        pytest.param("text.0", "A", id="text-has-letters-by-dot"),
        pytest.param("text[2:5]", "dog", id="text-has-slices"),
        pytest.param("items.1", "y", id="list-by-dot"),
        pytest.param("nest.text.1", "second", id="nested-list-by-dot"),
        pytest.param("nest['n']['a-b']", "1", id="nested-names-keep-their-hyphens"),
        pytest.param("nest.n.a_b", "", id="nested-names-have-no-underscores-for-hyphens"),
        pytest.param("number", "2.5", id="number"),
        pytest.param("whole", "3.0", id="whole-number-with-a-point"),
        pytest.param("large", "1e+22", id="large-number"),
        pytest.param("yes", "True", id="true"),
        pytest.param("items", "['x', 'y', 'z']", id="list-prints-as-Python"),
        pytest.param("mixed", "[\"it's\", None, 1, 2.0, True, {'a': 'é'}]", id="mixed-list-prints-as-Python"),
        pytest.param("record", "{'name': 'Ann', 'age': None}", id="record-prints-as-Python"),
        pytest.param("nothing", "[]", id="empty-list"),
        pytest.param("null | default('d')", "None", id="default-leaves-null"),
        pytest.param("null | default('d', true)", "d", id="boolean-default-replaces-null"),
        pytest.param("nosuch | default('d')", "d", id="default-replaces-missing"),
        pytest.param("record.nosuch | default('d')", "d", id="default-replaces-missing-key"),
        pytest.param("blank | default('d')", "", id="default-leaves-empty-text"),
        pytest.param("blank | default('d', true)", "d", id="boolean-default-replaces-empty-text"),
        pytest.param("nosuch | length", "0", id="missing-has-no-length"),
        pytest.param("nosuch | join(',')", "", id="missing-joins-to-nothing"),
        pytest.param("mixed | join('-')", "it's-None-1-2.0-True-{'a': 'é'}", id="join-prints-its-items"),
        pytest.param("text | join(',') | length", "21", id="text-joins-its-letters"),
        pytest.param("null | string | length", "4", id="null-as-text"),
        pytest.param("null | lower", "none", id="null-in-lower-case"),
        pytest.param("(null | int) | string", "0", id="null-as-number"),
        pytest.param("'x' | int", "0", id="text-as-number"),
        pytest.param("yes | int", "1", id="true-as-number"),
        pytest.param("markup", "{{ text }} & <b>", id="fields-are-no-templates-and-nothing-is-escaped"),
        pytest.param("text ~ label ~ null", "A dog runs.1None", id="tilde-prints"),
        pytest.param("'no' if nosuch else 'yes'", "yes", id="missing-is-false"),
        pytest.param("text if no", "", id="condition-without-else-prints-nothing"),
        pytest.param("nosuch == none", "False", id="missing-is-not-null"),
        pytest.param("one == yes", "True", id="one-equals-true"),
        pytest.param("'1' == one", "False", id="text-never-equals-a-number"),
        pytest.param("{'A': 0, '1': 1}[digits]", "1", id="written-out-record"),
        pytest.param("{'A': 0}[text]", "", id="written-out-record-without-the-key"),
        pytest.param("(5 * number) | round / 5", "2.4", id="halves-round-to-even"),
        pytest.param("'%s!' % text", "A dog runs.!", id="percent-formats"),
        pytest.param("zip(items, [1, 2]) | list", "[('x', 1), ('y', 2)]", id="zip"),
        pytest.param("items | most_frequent", "['x', 'y', 'z']", id="most_frequent-gives-all-ties"),
        pytest.param("['b', 'a', 'c', 'a', 'b'] | most_frequent", "['b', 'a']", id="most_frequent-in-order"),
        pytest.param("nothing | most_frequent", "None", id="most_frequent-of-nothing"),
        pytest.param("nosuch | most_frequent", "None", id="most_frequent-of-missing"),
        pytest.param("[1, true, 1.0] | most_frequent", "[1]", id="most_frequent-counts-equals-as-one"),
        pytest.param("text | highlight", "<span style='color: #F08080'>A dog runs.</span>", id="highlight"),
        pytest.param("['same'] | choice", "same", id="choice-of-one"),
        pytest.param("nothing | random", "", id="random-of-nothing-prints-nothing"),
        pytest.param("'World politics'", "World politics", id="protected-literal"),
        pytest.param("items.append('w')", "None", id="append-prints-None"),
        pytest.param("items.append('w') or items | join", "xyzw", id="append-changes-the-list"),
        pytest.param("items.pop() ~ items", "z['x', 'y']", id="pop-changes-the-list"),
        pytest.param("record.update({'age': 3}) or record.age", "3", id="update-changes-the-record"),
        pytest.param("range(3) | list", "[0, 1, 2]", id="range"),
    ],
)
def test_values_print_as_published(expression: str, text: str) -> None:
    check(plain("{{" + expression + "}}"), ROW, (None, [text]), truncate=False)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("nosuch.name", id="attribute-of-missing"),
        pytest.param("nosuch[0]", id="item-of-missing"),
        pytest.param("record.nosuch.name", id="attribute-of-missing-key"),
        pytest.param("items[9].name", id="attribute-of-missing-item"),
        pytest.param("nosuch()", id="call-of-missing"),
        pytest.param("nosuch + 1", id="sum-with-missing"),
        pytest.param("nosuch | int", id="missing-as-number"),
        pytest.param("null + 1", id="sum-with-null"),
        pytest.param("null | length", id="length-of-null"),
        pytest.param("null | join", id="join-of-null"),
        pytest.param("one.upper()", id="text-method-of-a-number"),
        pytest.param("null.split(' ')", id="text-method-of-null"),
        pytest.param("nothing | choice", id="choice-of-nothing"),
        pytest.param("nosuch | choice", id="choice-of-missing"),
        pytest.param("null | choice", id="choice-of-null"),
        pytest.param("record | choice", id="choice-of-a-record"),
        pytest.param("items | map('upper') | choice", id="choice-of-a-generator"),
        pytest.param("[[1]] | most_frequent", id="most_frequent-of-lists"),
        pytest.param("items.index('w')", id="index-of-what-is-not-in-the-list"),
        pytest.param("text.index('w')", id="index-of-what-is-not-in-the-text"),
        pytest.param("text.replace('dog', null)", id="replacement-with-null"),
        pytest.param("text + label", id="sum-of-text-and-number"),
        pytest.param("'x' in null", id="in-null"),
        pytest.param("null < 1", id="null-compared-with-a-number"),
        pytest.param("text | nosuch", id="unknown-filter"),
        pytest.param("text is nosuch", id="unknown-test"),
        pytest.param("text |", id="syntax"),
        pytest.param("text }} {% endif %}{{ text", id="unmatched-end"),
        pytest.param("nothing | first | upper ~ nosuch.x", id="error-at-the-end"),
    ],
)
def test_errors_refuse_the_row(expression: str) -> None:
    check(plain("{{" + expression + "}}"), ROW, None, truncate=False)


@pytest.mark.parametrize(
    ("jinja", "text"),
    [
        pytest.param("{% for k in nosuch %}{{ k }}{% else %}none{% endfor %}", "none", id="loop-over-missing"),
        pytest.param("{% for k in record %}{{ k }},{% endfor %}", "name,age,", id="loop-over-record"),
        pytest.param("{% for k in 'ab' %}{{ loop.index0 }}{{ k }}{% endfor %}", "0a1b", id="loop-over-text"),
        pytest.param("{% for k in items if k != 'y' %}{{ k }}{% endfor %}", "xz", id="loop-if"),
        pytest.param("{% for a, b in zip(items, items[1:]) %}{{ a }}{{ b }} {% endfor %}", "xy yz", id="loop-over-zip"),
        pytest.param("{% set n = 0 %}{% for k in items %}{% set n = n + 1 %}{% endfor %}{{ n }}", "0", id="set-in"),
        pytest.param(
            "{% set n = namespace(k=0) %}{% for k in items %}{% set n.k = n.k + 1 %}{% endfor %}{{ n.k }}", "3",
            id="namespace",
        ),
        pytest.param("{% if no %}{% set n = 1 %}{% endif %}{{ n }}", "", id="name-not-set"),
        pytest.param("{% if null %}a{% elif zero %}b{% elif nothing %}c{% else %}d{% endif %}", "d", id="falsehood"),
        pytest.param("{% set text = 'new' %}{{ text }}", "new", id="set-hides-the-field"),
        pytest.param("{# no #}a{# {{ nosuch.x }} #}", "a", id="comments-are-nothing"),
        pytest.param("a {%- if yes %} b {% endif -%} c", "a b c", id="blanks-taken-away"),
        pytest.param("a\n{% if yes %}\nb\n{% endif %}\nc", "a\n\nb\n\nc", id="blocks-keep-their-line-breaks"),
        pytest.param("  a \n\n", "a", id="parts-are-stripped"),
        pytest.param("\u00a0\u2003a\u3000", "a", id="parts-are-stripped-of-every-blank"),
        pytest.param("{% set l = [] %}{{ l.append(1) | default('', True) }}{{ l }}", "[1]", id="append-hidden"),
        pytest.param("a\\nb", "a\\nb", id="backslashes-stay"),
        pytest.param("{{ 'a\\nb' }}", "a\nb", id="backslashes-in-literals"),
    ],
)  # fmt: skip
def test_statements_render_as_published(jinja: str, text: str) -> None:
    check(plain(jinja), ROW, (None, [text]), truncate=False)


@pytest.mark.parametrize(
    ("jinja", "parts"),
    [
        pytest.param("a ||| b", ["a", "b"], id="prompt-and-target"),
        pytest.param("a", ["a"], id="no-separator"),
        pytest.param("", [""], id="nothing"),
        pytest.param(" \n", [""], id="blank"),
        pytest.param("|||", ["", ""], id="two-empty-parts"),
        pytest.param("a ||| b ||| c", ["a", "b", "c"], id="more-than-two-parts"),
        pytest.param("a||||b", ["a", "|b"], id="four-pipes"),
        pytest.param("a||||||b", ["a", "", "b"], id="six-pipes"),
        pytest.param("{% if label %}a ||| b{% else %}c ||| d{% endif %}", ["a", "b"], id="separator-in-each-branch"),
        pytest.param("{% if no %}a ||| b{% endif %}", [""], id="wholly-within-a-condition"),
        pytest.param("{{ piped }} ||| b", ["a|||b", "b"], id="separator-in-a-field-does-not-split"),
        pytest.param("{{ piped | upper }} ||| b", [ESCAPED.upper().join("AB"), "b"], id="changed-token-stays"),
        pytest.param("{{ piped[:4] }}", ["a" + ESCAPED[:3]], id="token-cut-in-two-stays"),
        pytest.param("{{ piped | length }}", ["34"], id="token-lengthens"),
        pytest.param("{{ piped.split('|||') | length }}", ["1"], id="templates-do-not-see-the-separator"),
        pytest.param("{{ piped | replace('|||', '') }}", ["a|||b"], id="replace-does-not-see-the-separator"),
        pytest.param("{{ pipes[0] }} ||| b", ["a", "b", "b"], id="separator-within-a-list-splits"),
        pytest.param("{{ pipes }}", ["['a", "b', 'c']"], id="separator-within-a-printed-list-splits"),
        pytest.param("{{ '|' ~ '||' }}", ["", ""], id="separator-made-by-the-template-splits"),
        pytest.param("{{ 'x' + '" + ESCAPED + "' }}", ["x|||"], id="token-in-the-template-is-unescaped"),
        pytest.param("{{ piped == 'a|||b' }}", ["False"], id="escaped-field-is-another-text"),
        pytest.param("{{ pipes.index(piped) }}", None, id="escaped-field-is-not-in-the-list"),
        pytest.param("a{{ ' ' ~ '|||' ~ ' ' }}b\n", ["a", "b"], id="last-line-break-is-taken-away"),
    ],
)  # fmt: skip
def test_separators_split_as_published(jinja: str, parts: list[str] | None) -> None:
    check(plain(jinja), ROW, None if parts is None else (None, parts))


def test_blanks_around_an_escaped_separator_are_stripped() -> None:
    check(plain("{{ x }}||| {{ y }}"), {"x": "|||\n ", "y": " |||"}, (None, ["|||", "|||"]))


def test_field_with_the_token_comes_out_with_the_separator() -> None:
    check(plain("{{ x }}"), {"x": f"a{ESCAPED}b"}, (None, ["a|||b"]))


def test_overlapping_pipes_are_escaped_from_the_left() -> None:
    check(plain("{{ x }}"), {"x": "||||"}, (None, ["||||"]))
    check(plain("{{ x[-1] }}"), {"x": "||||"}, (None, ["|"]))


# Truncation.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("x" * 2_048, "x" * 2_048, id="2048-pass"),
        pytest.param("x" * 2_053, "x" * 2_053, id="2053-pass"),
        pytest.param("x" * 2_054, "x" * 2_045 + "...", id="2054-are-cut"),
        pytest.param("é" * 2_054, "é" * 2_045 + "...", id="characters-not-bytes"),
        pytest.param("ab " * 1_000, "ab " * 680 + "ab...", id="cut-at-the-last-blank"),
        pytest.param("x" * 2_044 + " " + "y" * 100, "x" * 2_044 + "...", id="blank-is-the-last-character"),
        pytest.param("x" * 2_045 + " " + "y" * 100, "x" * 2_045 + "...", id="blank-is-just-behind"),
        pytest.param("a b" + "x" * 3_000, "a...", id="cut-far-back"),
        pytest.param("a\n" + "x" * 3_000, "a\n" + "x" * 2_043 + "...", id="line-breaks-are-no-blanks"),
        pytest.param(" " + "x" * 3_000, "...", id="only-blank-at-the-start"),
        pytest.param("x" * 2_030 + "|||" + "y" * 10, "x" * 2_030 + ESCAPED[:15] + "...", id="token-is-cut-in-two"),
        pytest.param("x" * 2_021 + "|||", "x" * 2_021 + "|||", id="token-passes-with-2053"),
        pytest.param("x" * 2_022 + "|||", "x" * 2_022 + ESCAPED[:23] + "...", id="token-counts-as-32"),
        pytest.param(["x" * 3_000], "['" + "x" * 2_043 + "...", id="list-is-printed-first"),
    ],
)
def test_truncation_cuts_long_values(text: Any, shown: str) -> None:
    check(plain("{{ text }} ||| {{text}}"), {"text": text}, (None, [shown, shown]))
    whole = str(text)
    check(plain("{{ text }}"), {"text": text}, (None, [whole.strip()]), truncate=False)


SHORT, CUT, WHOLE = "s", "x" * 2_045 + "...", "x" * 3_000


@pytest.mark.parametrize(
    ("jinja", "text"),
    [
        pytest.param("{{ long }}{{ long }}", CUT + CUT, id="each-expression-for-itself"),
        pytest.param("{{ short ~ long }}", SHORT + CUT, id="tilde-cuts-the-last"),
        pytest.param("{{ long ~ short }}", WHOLE + SHORT, id="tilde-leaves-the-first"),
        pytest.param("{{ long + short }}", WHOLE + SHORT, id="sum-leaves-the-first"),
        pytest.param("{{ short + long }}", SHORT + CUT, id="sum-cuts-the-last"),
        pytest.param("{{ (long + short) }}", CUT, id="brackets-are-cut-as-one"),
        pytest.param("{{ nosuch or long }}", CUT, id="or-cuts-the-last"),
        pytest.param("{{ long or short }}", WHOLE, id="or-leaves-the-first"),
        pytest.param("{{ long if yes else short }}", WHOLE, id="condition-leaves-the-first"),
        pytest.param("{{ short if no else long }}", CUT, id="condition-cuts-the-last"),
        pytest.param("{{ long if yes }}", WHOLE, id="condition-without-else-cuts-its-test"),
        pytest.param("{{ long if nothing }}", "x" * 3_000, id="test-as-text-is-true"),
        pytest.param("{{ nothing == '[]' }}", "False", id="comparison-with-a-written-out-text"),
        pytest.param("{{ '[]' == nothing }}", "True", id="comparison-with-the-last-as-text"),
        pytest.param("{{ not nothing }}", "False", id="not-of-a-text"),
        pytest.param("{{ 1 in [1] }}", None, id="in-a-list-that-became-a-text"),
        pytest.param("{{ one + 1 }}", None, id="sum-of-numbers"),
        pytest.param("{{ one - 1 }}", None, id="difference-of-numbers"),
        pytest.param("{{ 5 * one | round / 5 }}", None, id="quotient-of-numbers"),
        pytest.param("{{ 3 * one }}", "111", id="product-repeats-the-text"),
        pytest.param("{{ (one + 1) }}", "2", id="sum-in-brackets"),
        pytest.param("{{ -one }}", "-1", id="minus-binds-before-the-filter"),
        pytest.param("{{ long -}} a", None, id="minus-before-the-end-is-a-syntax-error"),
        pytest.param("{{ {'a': {'b': 1}} }}", "{'a': {'b': '1'}}", id="two-braces-within-are-changed-too"),
        pytest.param("{{ {'a': 1} }}", "{'a': 1}", id="one-brace-within"),
        pytest.param("{% set a = long %}{{ a | length }}", "3000", id="set-is-not-cut"),
        pytest.param("{% if long | length == 3000 %}whole{% endif %}", "whole", id="tests-are-not-cut"),
        pytest.param("{% for k in [long] %}{{ k }}{% endfor %}", CUT, id="within-loops"),
        pytest.param("y" * 3_000, "y" * 3_000, id="text-of-the-template-is-not-cut"),
        pytest.param("{% raw %}{{ long }}{% endraw %}", "{{ long " + TRUNCATION, id="raw-text-is-changed"),
        pytest.param("{{ long | length }}", "3000", id="filters-come-first"),
        pytest.param("{{ long | upper }}", CUT.upper(), id="filtered-values-are-cut"),
        pytest.param("{{ nosuch }}", "", id="missing-is-nothing"),
        pytest.param("{{ null }}", "None", id="null-is-None"),
        pytest.param("{{ null or nothing }}", "[]", id="or-gives-the-last-as-text"),
        pytest.param("}} a", "| string | truncate(2048) }} a", id="braces-outside-are-changed"),
    ],
)
def test_truncation_is_a_replacement_of_text(jinja: str, text: str | None) -> None:
    row = {"short": SHORT, "long": WHOLE, "yes": True, "no": False, "nothing": [], "one": 1, "null": None}
    check(plain(jinja), row, None if text is None else (None, [text]))


# Choices.


@pytest.mark.parametrize(
    ("answer_choices", "choices"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("", [""], id="empty-text-is-one-empty-choice"),
        pytest.param(" \n ", [""], id="blank-text-is-one-empty-choice"),
        pytest.param("Yes", ["Yes"], id="one"),
        pytest.param(" Yes|||No \n||| Not sure ", ["Yes", "No", "Not sure"], id="stripped"),
        pytest.param("a ||| ||| b", ["a", "", "b"], id="empty-between"),
        pytest.param("{{ items | join('|||') }}", ["x", "y", "z"], id="from-a-list"),
        pytest.param("{{ pipes | join('|||') }}", ["a", "b", "c"], id="separator-within-a-list-splits"),
        pytest.param("{{ piped }} ||| c", ["a|||b", "c"], id="separator-in-a-field-does-not-split"),
        pytest.param("{{ nosuch }} ||| {{ null }}", ["", "None"], id="missing-and-null"),
        pytest.param("{{ answer_choices }}", [""], id="choices-do-not-know-themselves"),
        pytest.param("{% for k in items %}{{ k }}{{ k }} ||| {% endfor %}w", ["xx", "yy", "zz", "w"], id="loop"),
        pytest.param("Yes ||| No\n", ["Yes", "No"], id="last-line-break"),
    ],
)
def test_choices_are_split_and_stripped(answer_choices: str | None, choices: list[str] | None) -> None:
    check(plain("a ||| b", answer_choices), ROW, (choices, ["a", "b"]))


def test_choices_are_never_truncated_but_their_use_is() -> None:
    row = {"options": ["x" * 3_000, "b"]}
    check(
        plain("a ||| {{ answer_choices[0] }}", "{{ options | join('|||') }}"),
        row,
        (["x" * 3_000, "b"], ["a", CUT]),
    )


@pytest.mark.parametrize(
    ("jinja", "parts"),
    [
        pytest.param("{{ answer_choices[label] }}", ["No"], id="by-label"),
        pytest.param("{{ answer_choices [label] }}", ["No"], id="blank-before-the-bracket"),
        pytest.param("{{ answer_choices[hidden] }}", ["Maybe"], id="hidden-label-is-the-last-one"),
        pytest.param("{{ answer_choices[far] }}", [""], id="label-out-of-range"),
        pytest.param("{{ answer_choices[null] }}", [""], id="null-label"),
        pytest.param("{{ answer_choices[digits] }}", [""], id="text-label"),
        pytest.param("{{ answer_choices[digits | int] }}", ["No"], id="text-label-as-number"),
        pytest.param("{{ answer_choices[yes] }}", ["No"], id="true-label"),
        pytest.param("{{ answer_choices[whole] }}", [""], id="decimal-label"),
        pytest.param("{{ answer_choices[label - 1] }}", ["Yes"], id="label-less-one"),
        pytest.param("{{ answer_choices[label - 2] }}", ["Maybe"], id="label-less-one-too-many"),
        pytest.param("{{ answer_choices[:-1] | join(', ') }} or {{ answer_choices[-1] }}", ["Yes, No or Maybe"],
                     id="joined"),
        pytest.param("{{ ', '.join(answer_choices) }}", ["Yes, No, Maybe"], id="joined-by-the-method"),
        pytest.param("{{ answer_choices }}", ["['Yes', 'No', 'Maybe']"], id="printed"),
        pytest.param("{{ answer_choices[nosuch] }} ||| {{ label }}", ["", "1"], id="missing-label"),
        pytest.param("{{ answer_choices[nosuch - 1] }}", None, id="sum-with-a-missing-label"),
        pytest.param("{{ answer_choices[null - 1] }}", None, id="sum-with-a-null-label"),
    ],
)  # fmt: skip
def test_choices_are_looked_up_as_published(jinja: str, parts: list[str] | None) -> None:
    check(plain(jinja, CHOICES), ROW, None if parts is None else (["Yes", "No", "Maybe"], parts))


def test_choice_with_the_separator_splits_the_prompt() -> None:
    template = plain("a ||| {{ answer_choices[0] }}", "{{ piped }} ||| c")
    check(template, ROW, (["a|||b", "c"], ["a", "a", "b"]))


def test_choices_are_none_to_a_template_without_them() -> None:
    check(plain("{{ answer_choices }}{{ answer_choices[0] }}"), ROW, (None, ["None"]))


def test_choices_that_raise_refuse_the_row() -> None:
    check(plain("a ||| b", "{{ nosuch.x }}"), ROW, None)
    check(plain("a ||| b", "{{ null | join('|||') }}"), ROW, None)
    check(plain("a ||| b", "{{ text"), ROW, None)


def test_choices_that_change_the_row_change_what_the_prompt_sees() -> None:
    check(plain("{{ items | join }}", "{{ items.pop() }} ||| w"), {"items": ["x", "y"]}, (["y", "w"], ["x"]))


# Names of fields.


@pytest.mark.parametrize(
    ("row", "text"),
    [
        pytest.param({"a-b-c": 1}, "1", id="every-hyphen"),
        pytest.param({"a_b-c": 1}, "1", id="hyphens-among-underscores"),
        pytest.param({"a-b-c": 1, "a_b_c": 2}, "2", id="later-of-two"),
        pytest.param({"a_b_c": 2, "a-b-c": 1}, "1", id="later-of-two-the-other-way"),
    ],
)
def test_hyphens_become_underscores(row: Mapping[str, Any], text: str) -> None:
    check(plain("{{ a_b_c }}"), dict(row), (None, [text]))


def test_names_with_hyphens_are_sums_in_jinja() -> None:
    check(plain("{{ (a-b) }}"), {"a-b": 1}, None)
    check(plain("{{ (a-b) }}"), {"a": 5, "b": 3}, (None, ["2"]))


@pytest.mark.parametrize("name", ["answer_choices", "answer-choices"])
@pytest.mark.parametrize("answer_choices", [None, CHOICES], ids=["without", "with"])
def test_field_named_answer_choices_is_an_error(name: str, answer_choices: str | None) -> None:
    check(plain("a ||| b", answer_choices), {name: ["x"], "text": "t"}, None)


def test_field_named_self_is_an_error() -> None:
    """Python cannot pass it."""
    check(plain("a ||| b"), {"self": 1}, None)


def test_fields_named_as_words_of_jinja_are_not_seen() -> None:
    check(plain("{{ none }} {{ true }}"), {"none": 1, "true": 2}, (None, ["None True"]))


def test_names_that_no_template_can_use_do_no_harm() -> None:
    check(plain("{{ text }}"), {"text": "t", "": 1, "a b": 2, "größe": 3, "class": 4, "0": 5}, (None, ["t"]))
    check(plain("{{ größe }}{{ class }}"), {"größe": 3, "class": 4}, (None, ["34"]))


def test_fields_hide_globals() -> None:
    check(plain("{{ range }}{{ zip }}"), {"range": 1, "zip": 2}, (None, ["12"]))
    check(plain("{{ range(2) }}"), {"range": 1}, None)


def test_field_and_loop_variable_of_one_name() -> None:
    check(plain("{% for text in items %}{{ text }}{% endfor %}{{ text }}"), ROW, (None, ["xyzA dog runs."]))


# Chance.


@TIERS
@pytest.mark.parametrize("name", ["choice", "random"])
def test_draws_depend_on_the_id_alone(name: str, tier: str | None) -> None:
    template = plain("{{ items | " + name + " }} {{ ['a', 'b', 'c'] | " + name + " }}")
    rows = [{"items": ["x", "y", "z"]} for _ in range(60)]
    ids = [f"row {number}" for number in range(60)]
    found = ours(template, rows, ids, tier=tier)
    assert len({str(outcome) for outcome in found}) > 5
    assert found == ours(template, rows[::-1], ids[::-1], tier=tier)[::-1]
    assert found == [ours(template, [row], [id_], tier=tier)[0] for row, id_ in zip(rows, ids, strict=True)]
    assert {str(outcome) for outcome in found} <= {str(one) for one in expected(template, rows[0], truncate=True)}


@TIERS
def test_draws_take_every_item_about_as_often(tier: str | None) -> None:
    template = plain("{{ items | choice }}")
    rows = [{"items": ["x", "y", "z"]}] * 600
    found = [outcome[1][0] for outcome in ours(template, rows, [str(n) for n in range(600)], tier=tier) if outcome]
    assert all(150 < found.count(item) < 250 for item in "xyz")


@TIERS
def test_one_row_that_fails_leaves_the_others(tier: str | None) -> None:
    template = plain("{{ x.y | upper }} ||| {{ answer_choices[x.label] }}", CHOICES)
    rows: list[Fields] = [{"x": {"y": "a", "label": 0}}, {}, {"x": {"y": "b", "label": 1}}, {"answer_choices": 1}]
    choices = ["Yes", "No", "Maybe"]
    wanted = [(choices, ["A", "Yes"]), None, (choices, ["B", "No"]), None]
    assert ours(template, rows, ["1", "2", "3", "4"], tier=tier) == wanted


@TIERS
def test_refused_rows_say_why(tier: str | None) -> None:
    published = PublishedTemplate("name", "{{ x.y }}", guards=False)
    (parts,) = render_published(published, [{}], ["1"], LIMITS, tier)
    assert (parts.parts, bool(parts.reason), bool(parts.detail)) == ((), True, True)


@TIERS
def test_no_rows_give_nothing(tier: str | None) -> None:
    assert render_published(PublishedTemplate("name", "{{ x }}"), [], [], LIMITS, tier) == []


# The reference itself.


def test_reference_leaves_the_row_as_it_is() -> None:
    row = {"items": ["x", "y"]}
    assert reference_parts("{{ items.pop() }}", None, row) == (None, ["y"])
    assert row == {"items": ["x", "y"]}


def test_reference_takes_what_it_is_told_to_take() -> None:
    assert reference_parts("{{ items | choice }}", None, {"items": ["x", "y"]}, draw=lambda count: count - 1)[1] == [
        "y"
    ]
    assert reference_parts("{{ items | random }}", None, {"items": ["x", "y"]})[1] == ["x"]
    assert list(expected(plain("{{ ['a', 'b'] | choice }}{{ ['c', 'd'] | choice }}"), {}, truncate=True)) == [
        (None, ["ac"]), (None, ["ad"]), (None, ["bc"]), (None, ["bd"]),
    ]  # fmt: skip


def test_reference_filters_are_the_published_ones() -> None:
    assert most_frequent(["b", "a", "b", "a", "c"]) == ["b", "a"]
    assert most_frequent([]) is None
    assert highlight("x") == "<span style='color: #F08080'>x</span>"
    assert may_draw("{{ x | choice }}")
    assert may_draw("{{ x|random }}")
    assert not may_draw("{{ answer_choices[choices.label] }}")
