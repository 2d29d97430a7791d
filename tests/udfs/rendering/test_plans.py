"""Which templates an example gets: the same wherever it is processed, whatever stands beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.rendering.columns import row_columns
from taskmill.udfs.rendering.plans import Draw, PublishedTemplate, RenderPlan, Template, dealing_key
from taskmill.udfs.rendering.row_sets import rows_of_dicts

FIELDS: dict[str, Any] = {"question": "Why?", "rationale": None}
EXAMPLE_IDS = [f"{number:032x}" for number in range(700)]


def template(name: str, needs: tuple[str, ...] = ()) -> Template:
    return Template(name, "{{ question }}", "{{ answer }}", needs=needs)


def make_plan(templates: list[Template], draw: Draw) -> RenderPlan:
    return RenderPlan(
        task="s.t", task_type="t", task_cluster="c", fold=0, choices=None, answer=None,
        templates=tuple((wording.name, wording) for wording in templates), draw=draw, fields={},
    )  # fmt: skip


def names(plan: RenderPlan, example_id: str, fields: dict[str, Any] = FIELDS) -> list[str]:
    mask = plan.drawn([example_id], row_columns([fields]))
    return [name for (name, _), is_drawn in zip(plan.templates, mask[0], strict=True) if is_drawn]


def quantiles(seed: int, example_ids: list[str], shares: int) -> tuple[str, ...]:
    """The upper ends of equal shares of the dealing keys, but the last: what rendering asks Spark for."""
    keys = sorted(dealing_key(seed, example_id) for example_id in example_ids)
    share_of = [index * shares // len(keys) for index in range(len(keys))]
    return tuple(max(key for key, found in zip(keys, share_of, strict=True) if found == share)
                 for share in range(shares - 1))  # fmt: skip


FIVE = [template(name) for name in "abcde"]


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(Draw(20), id="all"),
        pytest.param(Draw(20, 5), id="as-many-as-there-are"),
        pytest.param(Draw(20, 9), id="more-than-there-are"),
        pytest.param(Draw(20, 9, ("1", "2", "3", "4")), id="dealt-more-than-there-are"),
    ],
)
def test_drawn_gives_every_template_in_the_order_of_the_file(draw: Draw) -> None:
    assert names(make_plan(FIVE, draw), EXAMPLE_IDS[0]) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"question": "q", "rationale": "r", "hint": "h"}, ["a", "b", "c"], id="has-both"),
        pytest.param({"question": "q", "rationale": "r", "hint": None}, ["a", "b"], id="null-hint"),
        pytest.param({"question": "q", "rationale": None, "hint": "h"}, ["a"], id="null-rationale"),
        pytest.param({"question": "q"}, ["a"], id="no-such-keys"),
        pytest.param({"question": "q", "rationale": "", "hint": ""}, ["a", "b", "c"], id="empty-is-there"),
    ],
)
@pytest.mark.parametrize(
    "draw", [Draw(20), Draw(20, 3), Draw(20, 3, ("8", "c"))], ids=["all", "by-hash", "dealt"]
)  # fmt: skip
def test_drawn_respects_needs(fields: dict[str, Any], expected: list[str], draw: Draw) -> None:
    wordings = [template("a"), template("b", ("rationale",)), template("c", ("rationale", "hint"))]
    assert names(make_plan(wordings, draw), EXAMPLE_IDS[0], fields) == expected


@pytest.mark.parametrize("draw", [Draw(20), Draw(20, 1), Draw(20, 1, ("8",))], ids=["all", "by-hash", "dealt"])
def test_drawn_gives_nothing_where_every_template_needs_what_is_null(draw: Draw) -> None:
    assert names(make_plan([template("a", ("rationale",))], draw), EXAMPLE_IDS[0]) == []


@given(
    st.integers(0, 50), st.integers(1, 6), st.sampled_from(EXAMPLE_IDS), st.booleans(),
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True),
)  # fmt: skip
def test_drawn_gives_that_many_different_eligible_templates(
    seed: int, count: int, example_id: str, dealt: bool, wordings: list[str]
) -> None:
    templates = [template(name, ("rationale",) if name in "dh" else ()) for name in wordings]
    boundaries = quantiles(seed, EXAMPLE_IDS[:50], len(wordings)) if dealt else None
    plan = make_plan(templates, Draw(seed, count, boundaries))
    eligible = [name for name in wordings if name not in "dh"]
    drawn = names(plan, example_id)
    assert len(drawn) == len(set(drawn)) == min(count, len(eligible))
    assert drawn == [name for name in eligible if name in drawn]
    assert names(plan, example_id) == drawn


def test_drawn_by_hash_does_not_depend_on_where_a_template_stands() -> None:
    one, other = make_plan(FIVE, Draw(20, 2)), make_plan(FIVE[::-1], Draw(20, 2))
    for example_id in EXAMPLE_IDS[:100]:
        assert set(names(one, example_id)) == set(names(other, example_id))


def test_drawn_by_hash_keeps_its_choice_when_another_template_is_added() -> None:
    before, after = make_plan(FIVE, Draw(20, 2)), make_plan([*FIVE, template("f")], Draw(20, 2))
    for example_id in EXAMPLE_IDS[:200]:
        drawn = names(after, example_id)
        assert set(drawn) - {"f"} <= set(names(before, example_id))


def test_drawn_by_hash_changes_with_the_seed_and_uses_every_template() -> None:
    drawn = [[names(make_plan(FIVE, Draw(seed, 1)), example_id)[0] for example_id in EXAMPLE_IDS] for seed in (20, 21)]
    assert drawn[0] != drawn[1]
    assert all(100 < number < 180 for number in Counter(drawn[0]).values())  # 140 expected, deviation 11


@pytest.mark.parametrize("example_count", [700, 699, 11, 5])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_drawn_deals_evenly_to_within_one(count: int, example_count: int) -> None:
    example_ids = EXAMPLE_IDS[:example_count]
    plan = make_plan(FIVE, Draw(20, count, quantiles(20, example_ids, 5)))
    dealt = Counter(name for example_id in example_ids for name in names(plan, example_id))
    assert sum(dealt.values()) == count * example_count
    assert max(dealt.values()) - min(dealt.values()) <= 1


def test_drawn_deals_by_the_id_alone() -> None:
    """An example's share hangs on the boundaries, not on which other examples are in the batch."""
    plan = make_plan(FIVE, Draw(20, 1, quantiles(20, EXAMPLE_IDS, 5)))
    backwards = {example_id: names(plan, example_id) for example_id in reversed(EXAMPLE_IDS)}
    assert all(names(plan, example_id) == backwards[example_id] for example_id in EXAMPLE_IDS)


def test_drawn_deals_when_there_are_fewer_examples_than_templates() -> None:
    plan = make_plan(FIVE, Draw(20, 1, ("", "", "", "8")))
    assert all(len(names(plan, example_id)) == 1 for example_id in EXAMPLE_IDS[:20])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Template("b", "p", "r"), id="name"),
        pytest.param(Template("a", "p ", "r"), id="prompt"),
        pytest.param(Template("a", "p", "r "), id="response"),
        pytest.param(Template("a", "p", "r", language="de"), id="language"),
        pytest.param(Template("a", "p", "r", needs=("why",)), id="needs"),
        pytest.param(PublishedTemplate("a", "p"), id="dialect"),
    ],
)
def test_template_id_changes_with_the_wording(other: Template | PublishedTemplate) -> None:
    one = Template("a", "p", "r")
    assert one.template_id("t") == Template("a", "p", "r").template_id("t")
    assert one.template_id("t") != other.template_id("t")
    assert one.template_id("t") != one.template_id("u")


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(("Yes", "No"), ["Yes", "No"], id="fixed"),
        pytest.param("options", ["x", "y"], id="in-a-field"),
    ],
)
def test_choices_of_an_example(choices: tuple[str, ...] | str | None, expected: list[str] | None) -> None:
    plan = replace(make_plan(FIVE, Draw(0)), choices=choices)
    names = plan.with_choices(rows_of_dicts([{"options": ["x", "y"]}], ["e"])).row(0, fresh=True)
    assert names.get("choices") == expected


def spoken(languages: str, tags: tuple[str, ...] = ("en", "de", "pt-BR", "pt", "de-CH")) -> list[str]:
    """The languages of the wordings that data in `languages` (JSON) get, of wordings in each of `tags`."""
    wordings = [Template(tag, "p", "r", language=tag) for tag in tags]
    plan = replace(make_plan(wordings, Draw(20)), follows_data=True)
    mask = plan.drawn(["1"], row_columns([FIELDS]), [languages])
    return [name for (name, _), is_drawn in zip(plan.templates, mask[0], strict=True) if is_drawn]


def test_wordings_follow_the_language_of_the_data() -> None:
    assert spoken('["de"]') == ["de", "de-CH"]
    assert spoken('["pt-PT"]') == ["pt-BR", "pt"]
    assert spoken('["sw", "de-AT"]') == ["de", "de-CH"]
    assert spoken('["sw"]') == ["en"]  # no wording in it: the English ones
    assert spoken('["pt"]', ("en", "pt-BR")) == ["pt-BR"]


def test_each_row_gets_the_wordings_of_its_own_languages() -> None:
    wordings = [Template(tag, "p", "r", language=tag) for tag in ("en", "de")]
    plan = replace(make_plan(wordings, Draw(20)), follows_data=True)
    mask = plan.drawn(["1", "2", "3"], row_columns([FIELDS] * 3), ['["de"]', '["en"]', '["sw"]'])
    assert mask.tolist() == [[False, True], [True, False], [True, False]]
