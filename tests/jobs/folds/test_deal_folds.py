"""Folds as invariants: whole clusters, related ones together, and loads near the best there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.folds.fold_plan import deal_folds, merge_related

NAMES = "abcdefg"
SIZES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 50), max_size=7)
RELATED = st.lists(st.lists(st.sampled_from([*NAMES, "absent"]), max_size=3), max_size=4)


def loads(sizes: dict[str, int], fold_of: dict[str, int], folds: int) -> list[int]:
    return [sum(size for name, size in sizes.items() if fold_of[name] == fold) for fold in range(folds)]


@given(SIZES, st.integers(1, 5), RELATED, st.integers(0, 99))
def test_deal_folds_puts_every_cluster_in_one_fold(
    sizes: dict[str, int], folds: int, related: list[list[str]], seed: int
) -> None:
    fold_of = deal_folds(sizes, folds, related, seed)
    assert set(fold_of) == set(sizes)
    assert all(0 <= fold < folds for fold in fold_of.values())


@given(SIZES, st.integers(1, 5), RELATED, st.integers(0, 99))
def test_deal_folds_never_parts_what_is_related(
    sizes: dict[str, int], folds: int, related: list[list[str]], seed: int
) -> None:
    fold_of = deal_folds(sizes, folds, related, seed)
    for names in related:
        assert len({fold_of[name] for name in names if name in fold_of}) <= 1


@given(SIZES, st.integers(1, 5), RELATED, st.integers(0, 99), st.randoms())
def test_deal_folds_does_not_depend_on_the_order_of_its_input(
    sizes: dict[str, int], folds: int, related: list[list[str]], seed: int, random: object
) -> None:
    shuffled = list(sizes.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = deal_folds(dict(shuffled), folds, [names[::-1] for names in related[::-1]], seed)
    assert other == deal_folds(sizes, folds, related, seed)


@settings(max_examples=60, deadline=None)
@given(SIZES.filter(bool), st.integers(1, 3), RELATED)
def test_deal_folds_is_within_four_thirds_of_the_best(
    sizes: dict[str, int], folds: int, related: list[list[str]]
) -> None:
    """Against every way to deal the groups (Graham 1969: 4/3 - 1/3m for the largest load)."""
    groups = merge_related(sizes, related)
    weights = [sum(sizes[name] for name in group) for group in groups]
    best = min(
        max(
            sum(weight for weight, fold in zip(weights, dealt, strict=True) if fold == wanted)
            for wanted in range(folds)
        )
        for dealt in product(range(folds), repeat=len(groups))
    )
    assert max(loads(sizes, deal_folds(sizes, folds, related, 20), folds)) <= (4 / 3 - 1 / (3 * folds)) * best + 1e-9


@pytest.mark.parametrize(
    ("sizes", "folds", "expected"),
    [
        pytest.param({}, 3, {}, id="nothing"),
        pytest.param({"a": 0}, 3, {"a": 0}, id="one-empty-cluster"),
        pytest.param({"a": 5, "b": 9, "c": 3}, 3, {"b": 0, "a": 1, "c": 2}, id="largest-first"),
        pytest.param({"a": 9, "b": 5, "c": 3}, 2, {"a": 0, "b": 1, "c": 1}, id="to-the-lightest"),
        pytest.param({"a": 9, "b": 5}, 4, {"a": 0, "b": 1}, id="folds-left-over"),
    ],
)
def test_deal_folds_deals_from_the_largest(sizes: dict[str, int], folds: int, expected: dict[str, int]) -> None:
    assert deal_folds(sizes, folds, [], 20) == expected


def test_deal_folds_uses_every_fold_when_there_are_enough_clusters() -> None:
    assert set(deal_folds(dict.fromkeys("abcdef", 10), 5, [], 20).values()) == {0, 1, 2, 3, 4}


def test_deal_folds_orders_equal_sizes_by_the_seed() -> None:
    dealt = {tuple(sorted(deal_folds(dict.fromkeys(NAMES, 10), 3, [], seed).items())) for seed in range(20)}
    assert len(dealt) > 5


@pytest.mark.parametrize(
    ("clusters", "related", "expected"),
    [
        pytest.param("abc", [], [("a",), ("b",), ("c",)], id="unrelated"),
        pytest.param("abc", [["c", "a"]], [("a", "c"), ("b",)], id="pair"),
        pytest.param("abcd", [["a", "b"], ["c", "d"], ["b", "c"]], [("a", "b", "c", "d")], id="chain"),
        pytest.param("ab", [["a", "gone"]], [("a",), ("b",)], id="one-of-a-pair-is-absent"),
        pytest.param("ac", [["a", "b"], ["b", "c"]], [("a", "c")], id="chain-over-an-absent-cluster"),
        pytest.param("ab", [[], ["a"], ["a", "a"]], [("a",), ("b",)], id="lists-of-nothing"),
        pytest.param("", [["a", "b"]], [], id="no-clusters"),
    ],
)
def test_merge_related_is_transitive(clusters: str, related: list[list[str]], expected: list[tuple[str, ...]]) -> None:
    """Lists that share a cluster are one."""
    assert merge_related(clusters, related) == expected
