"""Random templates over random rows, for as long as one likes: no crash, no hang, no difference between the tiers.

`TASKMILL_FUZZ_SECONDS=600 scripts/test -m slow tests/udfs/rendering/test_fuzz.py` takes ten minutes for each dialect. A
failure names the seed, and `TASKMILL_FUZZ_SEED` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.commands.preview import render_file
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.compile import ROWS
from taskmill.udfs.rendering.native import render_row, render_rows
from taskmill.udfs.rendering.plans import PublishedTemplate, Template
from taskmill.udfs.rendering.promptsource import render_published
from taskmill.udfs.rendering.rendered import Rendered
from taskmill.udfs.rendering.row_sets import rows_of_dicts
from tests.udfs.rendering.promptsource_reference import reference_parts

SECONDS = float(os.environ.get("TASKMILL_FUZZ_SECONDS", "20"))
FIRST_SEED = int(os.environ.get("TASKMILL_FUZZ_SEED", "0"))
MAX_CASE_SECONDS = 30.0
LIMITS = Limits(max_prompt_chars=20_000, max_response_chars=20_000, max_value_size=50_000, max_steps=2_000)
UNDECIDED = {"template_too_slow", "template_refused", "too_many_steps", "template_too_large"}  # ours alone

NAMES = [
    "text",
    "other",
    "label",
    "items",
    "record",
    "records",
    "number",
    "flag",
    "empty",
    "nosuch",
    "x",
    "answer_choices",
]
WORDS = ["a", "b", "é", "Yes", " ", "|||", "-", "\n", "{", "}", "1", "", "x" * 30]
FILTERS = [
    "upper", "lower", "title", "capitalize", "trim", "length", "string", "int", "float", "first", "last", "list",
    "sort", "unique | list", "reverse", "reverse | list", "join(', ')", "join", "replace('a', 'bb')", "default('d')",
    "abs", "default('d', true)", "truncate(9)", "truncate(9, true, '')", "round",
    "round(2)", "wordcount", "min", "max", "sum",
    "map('upper') | join('-')", "select('string') | list", "tojson", "items | list", "dictsort", "batch(2) | list", "e",
    "center(9)", "indent", "most_frequent", "comma_list", "either_or", "letter", "nosuchfilter",
]  # fmt: skip
METHODS = [
    "lower()", "upper()", "strip()", "split()", "split(' ')[0]", "split('a')", "replace('a', 'b')", "startswith('a')",
    "index('a')", "items()", "keys()", "get('key')", "append(1)", "pop()", "title()", "count('a')", "join(items)",
    "zfill(9)",     "format(text)", "__class__", "update({'key': 1})",
]  # fmt: skip
TESTS = ["defined", "none", "string", "number", "mapping", "iterable", "odd", "divisibleby(2)", "in items"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]


class Maker:
    """Random templates, most of them sound, of bounded depth."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def expression(self, depth: int = 3) -> str:
        inner = (lambda: self.expression(depth - 1)) if depth else self.leaf
        makers: list[Callable[[], str]] = [
            self.leaf, self.leaf,
            lambda: f"{inner()} | {self.chance.choice(FILTERS)}",
            lambda: f"({inner()}) | {self.chance.choice(FILTERS)}",
            lambda: f"{inner()}.{self.chance.choice(METHODS)}", lambda: f"{inner()}[{inner()}]",
            lambda: f"{inner()}[{self.chance.choice(['1:', ':2', '::2', '-1', '0', ':'])}]",
            lambda: f"{inner()}.{self.chance.choice(['key', 'list', 'items', 'nosuch'])}",
            lambda: f"({inner()} {self.chance.choice(OPERATORS)} {inner()})",
            lambda: f"({inner()} if {inner()} else {inner()})", lambda: f"({inner()} if {inner()})",
            lambda: f"(not {inner()})", lambda: f"(-{inner()})", lambda: f"[{inner()}, {inner()}]",
            lambda: f"({inner()}, {inner()})", lambda: f"{{'key': {inner()}}}",
            lambda: f"({inner()} is {self.chance.choice(TESTS)})", lambda: f"range({self.chance.randrange(5)})",
            lambda: f"zip({inner()}, {inner()})",
        ]  # fmt: skip
        return self.chance.choice(makers)()

    def leaf(self) -> str:
        constants = ["0", "1", "-1", "2.5", "true", "none", "'a'", "'b a'", '"é"', "''", "[]", "{}"]
        return self.chance.choice([*NAMES, *NAMES, *constants])

    def body(self, depth: int = 3) -> str:
        return "".join(self.statement(depth) for _ in range(self.chance.randrange(1, 4)))

    def statement(self, depth: int) -> str:
        slot = f"{{{{ {self.expression()} }}}}"
        if not depth:
            return self.chance.choice([slot, self.chance.choice(WORDS)])
        name, body = self.chance.choice(NAMES), self.body(depth - 1)
        return self.chance.choice(
            [
                slot, slot, slot, self.chance.choice(WORDS), self.chance.choice(WORDS),
                f"{{% if {self.expression()} %}}{body}{{% endif %}}",
                f"{{% if {self.expression()} %}}{body}{{% elif {self.expression()} %}}b{{% else %}}{body}{{% endif %}}",
                f"{{% for x in {self.expression()} %}}{body}{{{{ loop.index }}}}{{% endfor %}}",
                f"{{% for x in {self.expression()} if {self.expression()} %}}{body}{{% else %}}none{{% endfor %}}",
                f"{{% for x, other in {self.expression()} %}}{body}{{{{ loop.last }}}}{{% endfor %}}",
                f"{{% set {name} = {self.expression()} %}}{body}",
                f"{{% set n = namespace(k=1) %}}{body}{{{{ n.k }}}}",
                f"{{% macro m(x) %}}{body}{{% endmacro %}}{{{{ m({self.expression()}) }}}}",
                f"{{% set n %}}{body}{{% endset %}}{{{{ n }}}}", f"{{# {body[:5]} #}}",
            ]
        )  # fmt: skip

    def template(self) -> str:
        source = self.body()
        for _ in range(self.chance.choice([0, 0, 0, 1, 3])):  # broken in places
            place = self.chance.randrange(len(source) + 1)
            source = (
                source[:place]
                + self.chance.choice(["{{", "}}", "%}", "{%", "'", "(", "|", "é", ""])
                + source[place + 1 :]
            )
        return source

    def value(self, depth: int = 2) -> Any:
        plain = [
            "",
            "a",
            "b a|||c",
            "é\u2028ß",
            "x" * 3_000,
            "{{ 1 }}",
            0,
            1,
            -1,
            2,
            7.5,
            1e300,
            True,
            False,
            None,
            " a ",
        ]
        if not depth or self.chance.random() < 0.6:
            return self.chance.choice(plain)
        if self.chance.random() < 0.5:
            return [self.value(depth - 1) for _ in range(self.chance.randrange(4))]
        return {key: self.value(depth - 1) for key in self.chance.sample(["key", "list", "items", "0"], 2)}

    def row(self) -> dict[str, Any]:
        usual = {
            "text": self.chance.choice(["a b", "é ß", "", "x" * 2_100]), "other": "b",
            "label": self.chance.randrange(-1, 3),
            "items": ["a", "b", "a"], "record": {"key": "k", "list": [1, 2]}, "records": [["a", 1], ["b", 2]],
            "number": self.chance.choice([0, 3, 2.5]), "flag": self.chance.random() < 0.5, "empty": [],
        }  # fmt: skip
        for name in self.chance.sample(sorted(usual), self.chance.randrange(4)):
            usual[name] = self.value()
        if self.chance.random() < 0.2:
            del usual[self.chance.choice(sorted(usual))]
        return usual


def cases() -> Iterator[tuple[int, Maker]]:
    """Makers with seeds one after the other, until time is up."""
    end, seed = time.monotonic() + SECONDS, FIRST_SEED
    while time.monotonic() < end:
        begun = time.monotonic()
        yield seed, Maker(random.Random(seed))
        assert time.monotonic() - begun < MAX_CASE_SECONDS, f"seed {seed} took {time.monotonic() - begun:.0f} s"
        seed += 1
    assert seed > FIRST_SEED + 20


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
def test_native_tiers_agree_on_random_templates() -> None:
    seen: Counter[str | None] = Counter()
    for seed, maker in cases():
        template = Template("t", maker.template(), maker.template())
        rows = [{**maker.row(), "choices": ["Yes", "No"]} for _ in range(8)]
        alone = [render_row(template, row, LIMITS) for row in rows]
        found = render_rows(template, rows_of_dicts(rows, [str(n) for n in range(8)]), LIMITS)
        for place, expected in enumerate(alone):
            sides = found.prompts[place].as_py(), found.responses[place].as_py()
            seen[expected.reason] += 1
            assert found.alone.get(place, Rendered(*sides)) == expected or "template_too_slow" in {
                expected.reason, found.alone.get(place, Rendered()).reason,
            }, (seed, template, rows[place])  # fmt: skip
    assert seen[None] > 0


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("guards", [False, True], ids=["as-published", "guarded"])
def test_promptsource_tiers_agree_on_random_templates(guards: bool) -> None:
    seen: Counter[str | None] = Counter()
    for seed, maker in cases():
        template = PublishedTemplate(
            "t", f"{maker.template()} ||| {maker.template()}", maker.chance.choice([None, "a ||| b", maker.template()]),
            guards=guards, truncate=maker.chance.random() < 0.5, choices_in_prompt=maker.chance.random() < 0.5,
        )  # fmt: skip
        rows = [maker.row() for _ in range(8)]
        ids = [str(n) for n in range(8)]
        found, alone = (render_published(template, rows, ids, LIMITS, tier) for tier in (None, ROWS))
        for row, one, other in zip(rows, found, alone, strict=True):
            seen[other.reason] += 1
            slow = "template_too_slow" in {one.reason, other.reason}
            assert one == other or slow, (seed, template, row, one, other)
            if not guards and other.reason not in UNDECIDED:
                check_against_plain_jinja(seed, template, row, other.parts, other.reason)
    assert seen[None] > 0


def check_against_plain_jinja(
    seed: int, template: PublishedTemplate, row: dict[str, Any], parts: tuple[str, ...], reason: str | None
) -> None:
    try:
        expected: tuple[str, ...] | None = tuple(
            reference_parts(template.jinja, template.answer_choices, row, template.truncate)[1]
        )
    except Exception:
        expected = None
    if expected is not None and any(" at 0x" in part for part in expected):
        return
    assert (expected is None) == (reason is not None), (seed, template, row, expected, reason)
    assert expected is None or expected == parts, (seed, template, row)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
def test_preview_of_random_files_never_crashes(tmp_path: Path) -> None:
    for seed, maker in cases():
        rows, templates, out = tmp_path / "rows.jsonl", tmp_path / "templates.yaml", tmp_path / "out.jsonl"
        lines = [json.dumps(maker.row()) for _ in range(3)]
        if maker.chance.random() < 0.2:
            lines.append(maker.chance.choice(["{", "[]", "\udce9", "nul\u0000l", '{"text": NaN}', '{"a": "\\ud800"}']))
        rows.write_text("\n".join(lines), encoding="utf-8", errors="replace")
        jinja = json.dumps(f"{maker.template()} ||| {maker.template()}")
        choices = maker.chance.choice(["null", "a ||| b"])
        text = f"templates:\n  a: !Template\n    name: t\n    jinja: {jinja}\n    answer_choices: {choices}\n"
        if maker.chance.random() < 0.3:
            place = maker.chance.randrange(len(text))
            text = text[:place] + maker.chance.choice([":", "!", "\t", "&a", "*a", "- ", ""]) + text[place + 1 :]
        templates.write_text("dataset: d\n" + text, encoding="utf-8", errors="replace")
        try:
            render_file(rows, templates, out, None, "promptsource", guards=maker.chance.random() < 0.5)
        except ConfigError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {text}\n{lines}") from error
        assert all(json.loads(line)["template"] for line in out.read_text(encoding="utf-8").splitlines())
