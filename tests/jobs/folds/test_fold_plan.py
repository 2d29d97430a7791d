"""Fold plans as invariants over made-up tasks, and what other systems published."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.folds.fold_plan import (
    EACH_CLUSTER,
    NEVER,
    SIMILAR,
    Alike,
    FoldRules,
    PlannedTask,
    plan_folds,
)

CLUSTERS = "abcd"
TASKS = st.lists(
    st.tuples(st.sampled_from(CLUSTERS), st.sampled_from("xyzuvw"), st.integers(0, 50), st.booleans()),
    min_size=1,
    max_size=14,
).map(
    lambda rows: [
        PlannedTask(f"t{place}", cluster, lineage, size, is_benchmark=bench and place > 0)
        for place, (cluster, lineage, size, bench) in enumerate(rows)
    ]
)
RELATED = st.lists(st.lists(st.sampled_from(CLUSTERS), max_size=3), max_size=3)
RULES = st.builds(
    FoldRules,
    folds=st.one_of(st.integers(1, 4), st.just(EACH_CLUSTER)),
    related=RELATED,
    seed=st.integers(0, 9),
    held_out_tasks=st.integers(0, 2),
    turn=st.integers(0, 3),
)


@given(TASKS, RULES, st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=4))
def test_nothing_is_on_both_sides_of_a_fold(
    tasks: list[PlannedTask], rules: FoldRules, alike: list[tuple[int, int]]
) -> None:
    """No cluster, no related one, no lineage and no pair of similar tasks."""
    similar = {(f"t{one}", f"t{other}") for one, other in alike if one != other}
    plan = plan_folds(tasks, rules, [Alike(SIMILAR, pair) for pair in similar])
    by_name = {task.name: task for task in tasks}
    for fold in range(len(plan.names)):
        held_out = [by_name[name] for name in plan.held_out(fold)]
        for inside, outside in ((one, by_name[name]) for one in held_out for name in plan.trained_on(fold)):
            assert inside.cluster != outside.cluster
            assert inside.lineage != outside.lineage
            assert not any({inside.cluster, outside.cluster} <= set(names) for names in rules.related)
            assert not similar & {(inside.name, outside.name), (outside.name, inside.name)}


@given(TASKS, RULES)
def test_every_exclusion_is_needed(tasks: list[PlannedTask], rules: FoldRules) -> None:
    """A task leaves a fold's training set only for what it shares with a task held out there."""
    plan = plan_folds(tasks, rules)
    by_name = {task.name: task for task in tasks}
    for one in plan.exclusions:
        assert plan.fold_of[one.task] != one.fold
        task, inside = by_name[one.task], [by_name[name] for name in plan.held_out(one.fold)]
        assert any(
            task.lineage == other.lineage
            or any({task.cluster, other.cluster} <= set(names) for names in rules.related)
            for other in inside
        )  # fmt: skip


@given(TASKS, RULES, st.randoms())
def test_the_plan_does_not_depend_on_the_order_of_tasks(
    tasks: list[PlannedTask], rules: FoldRules, random: object
) -> None:
    shuffled = list(tasks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_folds(shuffled, rules) == plan_folds(tasks, rules)


@given(TASKS, st.integers(1, 4), st.integers(0, 9), st.sampled_from([*CLUSTERS, "new"]))
def test_a_new_task_moves_no_other(tasks: list[PlannedTask], folds: int, seed: int, cluster: str) -> None:
    plan = plan_folds(tasks, FoldRules(folds, seed=seed))
    before = {task.cluster: plan.fold_of[task.name] for task in tasks if task.name in plan.fold_of}
    added = [*tasks, PlannedTask("added", cluster, "q", 1_000)]
    after = plan_folds(added, FoldRules(folds, seed=seed, before=before))
    assert {name: fold for name, fold in after.fold_of.items() if name != "added"} == plan.fold_of


@given(TASKS, RULES)
def test_every_cluster_keeps_a_lineage_of_each_it_holds_out_from(tasks: list[PlannedTask], rules: FoldRules) -> None:
    plan = plan_folds(tasks, rules)
    for cluster in CLUSTERS:
        lineages = {task.lineage for task in tasks if task.cluster == cluster and not task.is_benchmark}
        out = {task.lineage for task in tasks if task.name in plan.held_out_tasks and task.cluster == cluster}
        assert len(out) == max(0, min(rules.held_out_tasks, len(lineages) - 1))
        kept = {
            task.name for task in tasks if task.cluster == cluster and task.lineage in out and not task.is_benchmark
        }
        assert kept <= plan.held_out_tasks


def test_turns_go_through_all_tasks_of_a_cluster() -> None:
    tasks = [PlannedTask(name, "a", name, 1) for name in "xyz"]
    turns = [plan_folds(tasks, FoldRules(1, held_out_tasks=1, turn=turn)).held_out_tasks for turn in range(3)]
    assert all(not one & other for one, other in combinations(turns, 2))
    assert frozenset().union(*turns) == set("xyz")


def test_listed_folds_hold_out_clusters_and_tasks() -> None:
    tasks = [PlannedTask("s.x", "a", "s", 1), PlannedTask("t.y", "b", "t", 1), PlannedTask("u.z", "b", "u", 1)]
    plan = plan_folds(tasks, FoldRules([["a"], ["u.z"]]))
    assert plan.fold_of == {"s.x": 0, "t.y": NEVER, "u.z": 1}
    assert plan.trained_on(1) == ["s.x", "t.y"]
    assert plan.names == ("a", "u.z")


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        pytest.param([["gone"]], "'gone' is neither a cluster nor a task", id="unknown"),
        pytest.param([["a"], ["s.x"]], "'s.x' is in fold 0 and, by 's.x', in fold 1", id="twice"),
    ],
)
def test_listed_folds_refuse_what_cannot_be(folds: list[list[str]], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        plan_folds([PlannedTask("s.x", "a", "s", 1)], FoldRules(folds))
