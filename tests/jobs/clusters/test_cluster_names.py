"""Names of clusters, and versions of them: stable, readable, and all different."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.jobs.clusters.cluster_names import cluster_names
from taskmill.jobs.clusters.clusterings import Version, moves, summary

TASKS = [f"s{number}.t" for number in range(12)]
GROUPINGS = st.lists(st.integers(0, 4), min_size=12, max_size=12).map(
    lambda numbers: [
        found
        for number in sorted(set(numbers))
        if (found := [task for task, own in zip(TASKS, numbers, strict=True) if own == number])
    ]
)


def named(groups: list[list[str]], **settings: object) -> list[str]:
    given_ = {"pinned": {}, "before": {}, "types": dict.fromkeys(TASKS, "t"), "words": sorted}
    return cluster_names(groups, **{**given_, **settings})  # type: ignore[arg-type]


@given(GROUPINGS, st.dictionaries(st.sampled_from(TASKS), st.sampled_from(["a", "b", "c"])))
def test_names_are_different_and_are_names(groups: list[list[str]], before: dict[str, str]) -> None:
    names = named(groups, before=before)
    assert len(set(names)) == len(groups)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@given(GROUPINGS, GROUPINGS)
def test_naming_again_changes_nothing(first: list[list[str]], second: list[list[str]]) -> None:
    """Whatever was before, names that were given are kept when the same groups come again."""
    earlier = dict(zip(map(tuple, first), named(first), strict=True))
    before = {task: name for group, name in earlier.items() for task in group}
    names = named(second, before=before)
    again = {task: name for group, name in zip(second, names, strict=True) for task in group}
    assert named(second[::-1], before=again) == names[::-1]


@given(GROUPINGS, st.integers(0, 11))
def test_a_new_task_renames_no_cluster(groups: list[list[str]], place: int) -> None:
    names = named(groups)
    before = {task: name for group, name in zip(groups, names, strict=True) for task in group}
    larger = [[*group, "new.t"] if number == place % len(groups) else group for number, group in enumerate(groups)]
    assert named(larger, before=before, types=dict.fromkeys([*TASKS, "new.t"], "t")) == names


@pytest.mark.parametrize(
    ("groups", "settings", "expected"),
    [
        pytest.param([["s0.t"], ["s1.t"]], {"pinned": {"s0.t": "chat"}, "before": {"s1.t": "chat"}},
                     ["chat", "s1_t"], id="a-pin-takes-its-name"),
        pytest.param([["s0.t", "s1.t"], ["s2.t"]], {"before": dict.fromkeys(TASKS, "old")}, ["old", "s2_t"],
                     id="most-tasks-keep-the-name"),
        pytest.param([["s0.t", "s1.t"]], {"types": {"s0.t": "qa", "s1.t": "tell"}}, ["qa"], id="typical-type"),
        pytest.param([["s0.t"], ["s1.t"]], {"types": {"s0.t": "qa", "s1.t": "qa"}, "words": lambda group: ["Find it"]},
                     ["find_it", "find_it_2"], id="words-where-types-do-not-tell"),
        pytest.param([["s0.t"], ["s1.t"]], {"words": lambda group: ["42", "ä"]}, ["tasks_42", "tasks_42_2"],
                     id="words-that-are-no-names"),
        pytest.param([["s0.t"]], {"types": {"s0.t": "qa"}, "reserved": {"qa"}}, ["qa_2"], id="reserved"),
    ],
)  # fmt: skip
def test_names_come_from_pins_history_types_and_words(
    groups: list[list[str]], settings: dict[str, object], expected: list[str]
) -> None:
    assert named(groups, **settings) == expected


def test_moves_tell_what_changed() -> None:
    def place(cluster: str, fold: int | None, excluded: list[int]) -> dict[str, object]:
        return {"task_cluster": cluster, "fold": fold, "excluded_folds": excluded, "held_out_task": False}

    before = Version(1, "x", {"a": place("one", 0, []), "b": place("one", 0, []), "c": place("two", None, [])})
    after = Version(2, "x", {"b": place("two", 1, [0]), "c": place("two", None, []), "d": place("two", 1, [])})
    lines = moves(before, after)
    assert lines == [
        "+ d: two, fold 1",
        "- a: one, fold 0",
        "~ b: task_cluster one -> two, fold 0 -> 1, excluded_folds none -> [0]",
    ]
    assert summary(lines) == "1 task new, 1 task gone, 1 task moved"
    assert moves(before, before) == []
