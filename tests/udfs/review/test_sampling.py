from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.review.sampling import allotted, assigned, share_surely_enough


@given(
    st.lists(st.integers(0, 1_000), min_size=1, max_size=40), st.integers(0, 3_000), st.floats(0, 1, exclude_max=True)
)
def test_allotted_gives_all_that_is_wanted_and_no_stratum_more_than_its_share(
    sizes: list[int], wanted: int, start: float
) -> None:
    found = allotted(dict(enumerate(sizes)), wanted, start)
    total = sum(sizes)
    assert sum(found.values()) == min(wanted, total)
    for stratum, size in enumerate(sizes):
        share = size * min(wanted, total) / total if total else 0
        assert 0 <= found[stratum] <= size
        assert abs(found[stratum] - share) <= 1 + 1e-9


def test_allotted_gives_small_strata_the_same_chance_over_all_starts() -> None:
    """Rounding shares would never look at the small ones."""
    sizes = {"large": 900, "small": 10, "smaller": 5, "other": 85}
    starts = np.arange(1_000) / 1_000
    sums = {name: sum(allotted(sizes, 20, start)[name] for start in starts) for name in sizes}
    for name, size in sizes.items():
        assert abs(sums[name] / 1_000 - size * 20 / 1_000) < 0.01, name


def test_share_surely_enough_holds_what_is_wanted() -> None:
    draws = np.random.default_rng(7)
    for wanted, size in ((1, 10_000), (10, 10_000), (500, 10_000), (50, 60)):
        counts = draws.binomial(size, share_surely_enough(wanted, size), 20_000)
        assert counts.min() >= wanted
    assert share_surely_enough(500, 1_000_000) < 0.001  # and not much more


def test_assigned_gives_the_overlap_to_two_and_the_rest_evenly() -> None:
    ids = [f"{number:032x}" for number in range(200)]
    found = assigned(ids, reviewers=3, overlap=0.3, seed=20)
    assert sum(len(who) == 2 for who in found) == 60
    assert {len(who) for who in found} == {1, 2}
    counts = [sum(reviewer in who for who in found) for reviewer in (1, 2, 3)]
    assert max(counts) - min(counts) <= 2
    assert sum(counts) == 260


def test_assigned_does_not_depend_on_the_order() -> None:
    ids = [f"{number:032x}" for number in range(20)]
    found = dict(zip(ids, assigned(ids, 2, 0.5, 1), strict=True))
    assert dict(zip(ids[::-1], assigned(ids[::-1], 2, 0.5, 1), strict=True)) == found


def test_assigned_gives_one_reviewer_everything() -> None:
    assert assigned(["a", "b"], 1, 1.0, 1) == [(1,), (1,)]
