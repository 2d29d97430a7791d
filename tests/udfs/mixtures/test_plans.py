"""Plans keep every rule, account for every pair, are composed as their rates say, and only grow with the budget."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.mixtures.plans import (
    AS_THEY_ARE,
    BALANCE,
    EVEN,
    RATES,
    WEIGHTED,
    Cell,
    CellKey,
    Plan,
    Rules,
    Task,
    plan,
)
from taskmill.udfs.mixtures.rates import Part

TASKS = {"a.qa": Task("a", "asking", 1_000), "b.qa": Task("b", "asking", 100), "b.sum": Task("b", "summing", 50)}


def cells(**sizes: int) -> dict[CellKey, Cell]:
    """Cells of `task__template__language__label` (with `_` for the dot of a task), ten tokens a pair."""
    found = {}
    for name, size in sizes.items():
        task, template, language, label = name.split("__")
        found[CellKey(task.replace("_", "."), template, language, label)] = Cell(size, 10 * size)
    return found


def by_task(found: Plan) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for key, count in found.counts.items():
        counted[key.task] += count
    return dict(counted)


SIZES = cells(a_qa__x__en__=1_000, a_qa__y__en__=1_000, b_qa__x__en__=100, b_sum__z__de__=50)


def test_without_a_budget_every_task_has_its_rate() -> None:
    found = plan(SIZES, TASKS, Rules((Part("flan", maximum=300),)))
    assert by_task(found) == {"a.qa": 300, "b.qa": 100, "b.sum": 50}
    assert found.dropped == {(RATES, "a.qa"): 1_700}
    assert set(found.weights.values()) == {1.0}


def test_t0_takes_all_pairs_of_small_tasks_and_shares_the_threshold_among_the_wordings_of_large_ones() -> None:
    found = plan(SIZES, TASKS, Rules((Part("t0", rule="t0", maximum=500),)))
    assert by_task(found) == {"a.qa": 500, "b.qa": 100, "b.sum": 50}
    assert {key.template: count for key, count in found.counts.items() if key.task == "a.qa"} == {"x": 250, "y": 250}


def test_shares_without_a_budget_are_met_by_the_part_that_has_least() -> None:
    """`big` has 1,000 at its rates and a share of a half; `small` has 150 and the other: 150 each."""
    parts = (Part("big", ("a.*",), share=0.5), Part("small", ("b.*",), share=0.5))
    assert by_task(plan(SIZES, TASKS, Rules(parts))) == {"a.qa": 150, "b.qa": 100, "b.sum": 50}


def test_a_budget_beyond_what_there_is_takes_everything_as_often_as_epochs_allow() -> None:
    found = plan(SIZES, TASKS, Rules(pairs=10**6, epochs=3.0))
    assert found.counts == {key: 3 * cell.pairs for key, cell in SIZES.items()}
    assert found.dropped == {}


def test_weights_make_up_for_what_small_tasks_cannot_give() -> None:
    """Equal shares of 300: b.sum has but 50, the others 125 each; a draw by weights gives each its third."""
    found = plan(SIZES, TASKS, Rules((Part("all", rule="equal"),), pairs=300))
    assert by_task(found) == {"a.qa": 125, "b.qa": 100, "b.sum": 50} or by_task(found)["b.sum"] == 50
    total = sum(found.counts.values())
    for task in TASKS:
        weighed = sum(count * found.weights[key.task, key.template] for key, count in found.counts.items()
                      if key.task == task)  # fmt: skip
        assert weighed / total == pytest.approx(1 / 3)


def test_tokens_bound_a_mixture_of_long_and_short_tasks() -> None:
    sizes = {CellKey("a.qa", "x", "en", ""): Cell(1_000, 100_000), CellKey("b.qa", "x", "en", ""): Cell(1_000, 10_000)}
    found = plan(sizes, TASKS, Rules((Part("all", rule="equal"),), tokens=5_500))
    assert by_task(found) == {"a.qa": 50, "b.qa": 50}


@pytest.mark.parametrize("budget", [0, 1, 99, 1_000, 12_345, 10**6])
def test_as_many_pairs_are_taken_as_tokens_allow(budget: int) -> None:
    sizes = {
        CellKey(task, "x", "en", ""): Cell(70, 70 * length) for task, length in zip(TASKS, (9, 41, 160), strict=True)
    }
    found = plan(sizes, TASKS, Rules(tokens=budget))
    lengths = {key: cell.tokens // cell.pairs for key, cell in sizes.items()}
    spent = [sum(count * lengths[key] for key, count in one.counts.items())
             for one in (found, plan(sizes, TASKS, Rules(pairs=found.pairs + 1)))]  # fmt: skip
    assert spent[0] <= budget
    assert spent[1] > budget or found.pairs == 210


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        pytest.param({"template": 200}, {"a.qa": 400, "b.qa": 100, "b.sum": 50}, id="template"),
        pytest.param({"task": 80}, {"a.qa": 80, "b.qa": 80, "b.sum": 50}, id="task"),
        pytest.param({"source": 90}, {"a.qa": 90, "b.qa": 60, "b.sum": 30}, id="source"),
        pytest.param({"language": 1_050}, {"a.qa": 1_000, "b.qa": 50, "b.sum": 50}, id="language"),
        pytest.param({"cluster": 210}, {"a.qa": 200, "b.qa": 10, "b.sum": 50}, id="cluster"),
        pytest.param({"template": 200, "source": 30}, {"a.qa": 30, "b.qa": 20, "b.sum": 10}, id="one-after-the-other"),
    ],
)
def test_caps_take_from_all_in_proportion(caps: dict[str, int], expected: dict[str, int]) -> None:
    rules = Rules(caps=caps, pairs=10**6)
    found = plan(SIZES, TASKS, rules)
    assert by_task(found) == expected
    assert sum(found.dropped.values()) == 2_150 - sum(expected.values())


def test_labels_are_balanced_within_a_task_and_pairs_without_one_stay() -> None:
    sizes = cells(a_qa__x__en__yes=900, a_qa__x__en__no=30, a_qa__x__en__=70, b_qa__x__en__=100)
    found = plan(sizes, TASKS, Rules(balance=2.0, pairs=10**6))
    taken = {(key.task, key.label): count for key, count in found.counts.items()}
    assert taken == {("a.qa", "yes"): 60, ("a.qa", "no"): 30, ("a.qa", ""): 70, ("b.qa", ""): 100}
    assert found.dropped == {(BALANCE, "a.qa"): 840}


@pytest.mark.parametrize(
    ("templates", "expected"),
    [
        pytest.param(AS_THEY_ARE, {"x": 80, "y": 20}, id="as-they-are"),
        pytest.param(EVEN, {"x": 50, "y": 50}, id="even"),
        pytest.param(WEIGHTED, {"x": 25, "y": 75}, id="weighted"),
    ],
)
def test_wordings_share_their_task(templates: str, expected: dict[str, int]) -> None:
    sizes = cells(a_qa__x__en__=800, a_qa__y__en__=200)
    rules = Rules(templates=templates, wording_weights={"x": 0.2, "y": 0.6}, pairs=100)
    assert {key.template: count for key, count in plan(sizes, TASKS, rules).counts.items()} == expected


def test_a_wording_without_a_score_weighs_as_the_others_do_on_the_whole() -> None:
    sizes = cells(a_qa__x__en__=500, a_qa__y__en__=500, a_qa__z__en__=500)
    found = plan(sizes, TASKS, Rules(templates=WEIGHTED, wording_weights={"x": 0.2, "y": 0.6}, pairs=120))
    assert {key.template: count for key, count in found.counts.items()} == {"x": 20, "y": 60, "z": 40}


def test_nothing_gives_nothing() -> None:
    assert plan({}, {}, Rules(pairs=5)).counts == {}
    assert plan({}, {}, Rules()).dropped == {}


NAMES = [CellKey(task, template, language, label) for task in TASKS for template in "xy" for language in ("en", "de")
         for label in ("", "0", "1")]  # fmt: skip
sized = st.lists(st.integers(0, 60), min_size=len(NAMES), max_size=len(NAMES))
ruled = st.builds(
    Rules,
    parts=st.sampled_from([
        (Part("all"),), (Part("all", maximum=40),), (Part("all", rule="equal"),), (Part("t0", rule="t0", maximum=60),),
        (Part("one", ("a.*",), share=0.3), Part("rest", maximum=20)), (Part("one", ("b.*",)),),
    ]),
    caps=st.dictionaries(st.sampled_from(["template", "task", "source", "language", "cluster"]), st.integers(1, 80)),
    balance=st.sampled_from([None, 1.0, 2.5]), templates=st.sampled_from([AS_THEY_ARE, EVEN, WEIGHTED]),
    wording_weights=st.just({"x": 0.3}), epochs=st.sampled_from([1.0, 1.5, 3.0]), pairs=st.integers(0, 900),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(sized, ruled)
def test_every_pair_is_taken_or_dropped_by_one_rule_and_no_cap_is_passed(numbers: list[int], rules: Rules) -> None:
    sizes = {key: Cell(number, 7 * number) for key, number in zip(NAMES, numbers, strict=True) if number}
    found = plan(sizes, TASKS, rules)
    distinct = found.distinct
    assert sum(distinct.values()) + sum(found.dropped.values()) == sum(cell.pairs for cell in sizes.values())
    assert all(0 < count <= sizes[key].pairs * rules.epochs for key, count in found.counts.items())
    assert rules.pairs is not None and found.pairs <= rules.pairs
    groups = {
        "template": lambda key: (key.task, key.template), "task": lambda key: key.task,
        "source": lambda key: TASKS[key.task].source, "language": lambda key: key.language,
        "cluster": lambda key: TASKS[key.task].cluster,
    }  # fmt: skip
    for kind, cap in rules.caps.items():
        counted: Counter[object] = Counter()
        for key, count in distinct.items():
            counted[groups[kind](key)] += count
        assert max(counted.values(), default=0) <= cap


@settings(max_examples=60, deadline=None)
@given(sized, ruled, st.integers(1, 100))
def test_a_larger_budget_keeps_all_that_a_smaller_one_takes(numbers: list[int], rules: Rules, more: int) -> None:
    sizes = {key: Cell(number, 7 * number) for key, number in zip(NAMES, numbers, strict=True) if number}
    small = plan(sizes, TASKS, rules)
    large = plan(sizes, TASKS, replace(rules, pairs=(rules.pairs or 0) + more))
    assert all(large.counts.get(key, 0) >= count for key, count in small.counts.items())


@settings(max_examples=50, deadline=None)
@given(sized, st.integers(0, 500))
def test_a_new_task_moves_no_count_of_a_part_with_its_own_share(numbers: list[int], budget: int) -> None:
    """What is added to one part leaves the other parts' counts as they are, while each can give its share."""
    sizes = {key: Cell(number + 200, 1) for key, number in zip(NAMES, numbers, strict=True) if key.task != "b.sum"}
    parts = (Part("one", ("a.*",), share=0.5), Part("two", ("b.*",), share=0.5))
    tasks = {name: replace(task, examples=1_000) for name, task in TASKS.items()}
    rules = Rules(parts, pairs=2 * budget)
    more = {**sizes, CellKey("b.sum", "z", "en", ""): Cell(500, 1)}
    before, after = (plan(one, tasks, rules).counts for one in (sizes, more))
    assert sum(count for key, count in before.items() if key.task == "a.qa") == budget
    assert {key: n for key, n in before.items() if key.task == "a.qa"} == {
        key: n for key, n in after.items() if key.task == "a.qa"
    }
