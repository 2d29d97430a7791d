"""What pairs show before they ask: never their own group or question, within the budget, whatever else is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.forms.few_shot import FewShot, with_blocks
from taskmill.udfs.forms.shots import Askers, Candidates, choose_shots, may_be_shown, pair_keys, shot_keys, wanted_shots

SEED = 7
TEMPLATE = "t1"


@dataclass(frozen=True)
class One:
    """An example as it is shown, or as it asks."""

    name: str
    group: str
    question: str
    answer: str = "yes"
    size: int = 10
    language: str = '["en"]'


def candidates(ones: Sequence[One]) -> Candidates:
    return Candidates(
        groups=[one.group for one in ones],
        kinds=[one.language for one in ones],
        telling=pa.array([one.question for one in ones], pa.string()),
        answers=pa.array([one.answer for one in ones], pa.string()),
        sizes=np.array([one.size for one in ones], np.int64),
        keys=shot_keys(SEED, [one.name for one in ones]),
    )


def chosen(pool: Sequence[One], asking: Sequence[One], wanted: Sequence[int], spare: int = 1000) -> list[list[One]]:
    """What each of the pairs shows."""
    askers = Askers(
        groups=[one.group for one in asking],
        kinds=[one.language for one in asking],
        telling=pa.array([one.question for one in asking], pa.string()),
        spare=np.full(len(asking), spare, np.int64),
        keys=pair_keys(SEED, [one.name for one in asking], TEMPLATE),
    )
    found = choose_shots(candidates(pool), askers, np.array(wanted, np.int64))
    return [[pool[place] for place in row if place >= 0] for row in found.tolist()]


examples = st.builds(
    One,
    name=st.text("abcdef", min_size=4, max_size=8),
    group=st.sampled_from([f"g{number}" for number in range(12)]),
    question=st.sampled_from([f"q{number}" for number in range(12)]),
    answer=st.sampled_from(["yes", "no", "maybe"]),
    size=st.integers(1, 60),
    language=st.sampled_from(['["en"]', '["de"]']),
)


@st.composite
def pools(draw: st.DrawFn) -> list[One]:
    """Examples of different groups and questions."""
    ones = draw(st.lists(examples, max_size=12, unique_by=lambda one: one.name))
    by_group = {one.group: one for one in ones}
    return list({one.question: one for one in by_group.values()}.values())


@settings(deadline=None)
@given(pools(), st.lists(examples, min_size=1, max_size=6), st.integers(0, 6), st.integers(-20, 200))
def test_nothing_is_shown_that_says_something_of_the_pair(
    pool: list[One], asking: list[One], wanted: int, spare: int
) -> None:
    for one, shown in zip(asking, chosen(pool, asking, [wanted] * len(asking), spare), strict=True):
        assert all(shot.group != one.group for shot in shown)
        assert all(shot.question != one.question for shot in shown)
        assert all(shot.language == one.language for shot in shown)
        assert len({shot.name for shot in shown}) == len({shot.group for shot in shown}) == len(shown) <= wanted
        assert sum(shot.size for shot in shown) <= max(0, spare)


@settings(deadline=None)
@given(pools(), st.lists(examples, min_size=1, max_size=6), st.integers(1, 6), st.integers(0, 200))
def test_as_many_are_shown_as_there_are_and_fit(pool: list[One], asking: list[One], wanted: int, spare: int) -> None:
    for one, shown in zip(asking, chosen(pool, asking, [wanted] * len(asking), spare), strict=True):
        others = [
            shot for shot in pool
            if shot not in shown and shot.group != one.group and shot.question != one.question
            and shot.language == one.language
        ]  # fmt: skip
        if len(shown) < wanted:
            left = spare - sum(shot.size for shot in shown)
            assert all(shot.size > left for shot in others)


@settings(deadline=None)
@given(pools(), st.lists(examples, min_size=1, max_size=6), st.integers(1, 5), st.randoms())
def test_what_is_shown_depends_on_neither_the_order_of_the_pool_nor_on_the_batch(
    pool: list[One], asking: list[One], wanted: int, random: object
) -> None:
    together = chosen(pool, asking, [wanted] * len(asking))
    other = list(pool)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert chosen(other, asking, [wanted] * len(asking)) == together
    assert [chosen(pool, [one], [wanted])[0] for one in asking] == together


@settings(deadline=None)
@given(pools(), st.lists(examples, min_size=1, max_size=4), examples)
def test_another_example_in_the_pool_takes_one_place_or_none(pool: list[One], asking: list[One], new: One) -> None:
    """With one answer for all, as rounds would move others."""
    pool = [One(one.name, one.group, one.question, "yes", 1, one.language) for one in pool]
    grown = [*pool, One(new.name, "new", "new", "yes", 1, new.language)]
    before, after = (chosen(ones, asking, [3] * len(asking)) for ones in (pool, grown))
    for old, new_ones in zip(before, after, strict=True):
        assert len(set(old) - set(new_ones)) <= 1
        assert len(set(new_ones) - set(old)) <= 1


def test_answers_are_shown_about_equally_often() -> None:
    pool = [One(f"e{n}", f"g{n}", f"q{n}", "no" if n % 10 == 0 else "yes") for n in range(60)]
    asking = [One(f"a{n}", f"h{n}", f"r{n}") for n in range(300)]
    shown = chosen(pool, asking, [4] * 300)
    assert all(Counter(shot.answer for shot in one) == {"no": 2, "yes": 2} for one in shown)
    first = Counter(one[0].answer for one in shown)
    assert 110 < first["no"] < 190  # no pattern in the order
    assert len({shot.name for one in shown for shot in one}) == 60


def test_a_longer_example_is_passed_over_for_one_that_fits() -> None:
    pool = [One("long", "g1", "q1", size=100), One("short", "g2", "q2", size=5), One("tiny", "g3", "q3", size=1)]
    (shown,) = chosen(pool, [One("a", "g9", "q9")], [3], spare=6)
    assert {one.name for one in shown} == {"short", "tiny"}


@pytest.mark.parametrize(
    ("pool", "wanted"),
    [
        pytest.param([], 3, id="nothing to show"),
        pytest.param([One("a", "g1", "q1")], 0, id="nothing wanted"),
        pytest.param([One("a", "own", "q1")], 3, id="own group"),
        pytest.param([One("a", "g1", "asked")], 3, id="own question"),
        pytest.param([One("a", "g1", "q1", language='["de"]')], 3, id="another language"),
    ],
)
def test_nothing_is_shown_where_nothing_may_be(pool: list[One], wanted: int) -> None:
    assert chosen(pool, [One("query", "own", "asked")], [wanted]) == [[]]


def test_no_pairs_ask_nothing() -> None:
    assert chosen([One("a", "g1", "q1")], [], []) == []
    empty = Askers([], [], pa.array([], pa.string()), np.array([], np.int64), pair_keys(SEED, [], TEMPLATE))
    assert may_be_shown(candidates([One("a", "g1", "q1")]), empty).shape == (0, 1)


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_so_many_pairs_show_examples_as_the_rate_says(rate: float) -> None:
    keys = pair_keys(SEED, [f"e{number}" for number in range(4000)], TEMPLATE)
    wanted = wanted_shots(FewShot(rate, (1, 2, 5)), SEED, keys)
    assert (wanted > 0).mean() == pytest.approx(rate, abs=0.03)
    counts = Counter(wanted[wanted > 0].tolist())
    assert set(counts) <= {1, 2, 5}
    assert all(count == pytest.approx(4000 * rate / 3, rel=0.2) for count in counts.values())
    assert (wanted_shots(FewShot(rate, (1, 2, 5)), SEED, keys[1000:2000]) == wanted[1000:2000]).all()


def test_a_higher_rate_leaves_pairs_that_show_examples_as_they_are() -> None:
    keys = pair_keys(SEED, [f"e{number}" for number in range(500)], TEMPLATE)
    few, many = wanted_shots(FewShot(0.2), SEED, keys), wanted_shots(FewShot(0.5), SEED, keys)
    assert (many[few > 0] == few[few > 0]).all()


def test_with_blocks_puts_what_is_shown_in_front() -> None:
    how = FewShot(1.0, before_answer=" = ", after_answer="; ")
    blocks = how.blocks(pa.array(["1 + 1", "2 + 2"]), pa.array(["2", "4"]))
    shown = np.array([[1, 0], [0, -1], [-1, -1]], np.int32)
    texts, places = with_blocks(pa.array(["3 + 3", "4 + 4", "5 + 5"]), blocks, shown)
    assert texts.to_pylist() == ["2 + 2 = 4; 1 + 1 = 2; 3 + 3", "1 + 1 = 2; 4 + 4", "5 + 5"]
    assert places.to_pylist() == [[1, 0], [0], []]
