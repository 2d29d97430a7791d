from __future__ import annotations

from itertools import permutations

import pytest

from taskmill.udfs.review.rates import FAILED, OPEN, PASSED, Rate, agreements, rates
from taskmill.udfs.review.verdicts import Decision, Item, judged_twice, verdicts

PAIR = Item("pair", task="a.t", example_id="e1", template="x")


def made(*said: tuple[str, str], item: Item = PAIR, **more: str) -> list[Decision]:
    """Decisions one after the other: reviewer and word."""
    return [
        Decision(f"{place}{item}", item, word, reviewer, place, **more) for place, (reviewer, word) in enumerate(said)
    ]


CASES = {
    "one accept": ([("ana", "accept")], "accept"),
    "the latest of one reviewer stands": ([("ana", "reject"), ("ana", "accept")], "accept"),
    "any reject binds": ([("ana", "reject"), ("ben", "accept")], "reject"),
    "a reject outweighs a later fix of another": ([("ana", "reject"), ("ben", "fix")], "reject"),
    "a fix outweighs an accept": ([("ana", "fix"), ("ben", "accept")], "fix"),
    "an adjudicator lifts what was before": ([("ana", "reject"), ("ben", "reject"), ("judge", "accept")], "accept"),
    "and not what comes later": ([("judge", "accept"), ("ana", "reject")], "reject"),
    "a comment lifts nothing": ([("ana", "reject"), ("ana", "comment")], "reject"),
    "nor does an adjudicator's": ([("ana", "reject"), ("judge", "comment")], "reject"),
}


@pytest.mark.parametrize(("said", "expected"), CASES.values(), ids=CASES)
def test_verdicts_follow_the_rule_in_whatever_order_decisions_come(said: list[tuple[str, str]], expected: str) -> None:
    for order in permutations(made(*said)):
        assert verdicts(order, ["judge"])[PAIR].kind == expected


def test_verdicts_leave_out_what_has_only_comments() -> None:
    assert verdicts(made(("ana", "comment"))) == {}


def test_the_latest_fix_binds() -> None:
    assert verdicts(made(("ana", "fix"), ("ben", "fix")))[PAIR].by.reviewer == "ben"


def test_judged_twice_takes_the_last_word_of_each_and_no_adjudicator() -> None:
    found = judged_twice(made(("ana", "reject"), ("ben", "accept"), ("ana", "accept"), ("judge", "fix")), ["judge"])
    assert found == {("ana", "ben"): [(PAIR, "accept", "accept")]}


def test_rates_are_of_random_pairs_and_of_wordings_in_use() -> None:
    def pair(number: int) -> Item:
        return PAIR._replace(example_id=str(number))

    decisions = [
        *made(("ana", "accept"), item=pair(1), drawn="random", template_id="new"),
        *made(("ana", "reject"), ("ben", "accept"), item=pair(2), drawn="random", template_id="new"),
        *made(("ana", "fix"), item=pair(3), drawn="random"),
        *made(("ana", "reject"), item=pair(4), drawn="flagged", template_id="new"),
        *made(("ana", "reject"), item=pair(5), drawn="random", template_id="old"),
        *made(("ana", "reject"), item=Item("template", task="a.t", template="x")),
    ]
    (rate,) = rates(decisions, {("a.t", "x"): "new"})
    assert rate == Rate("a.t", accepted=1, rejected=2, fixed=1, outdated=1, drawn=3, errors=2)
    assert (rate.reviewed, rate.error_rate) == (4, 2 / 3)


@pytest.mark.parametrize(("errors", "drawn", "expected"), [(0, 5, OPEN), (0, 400, PASSED), (40, 400, FAILED)])
def test_standing_needs_the_whole_interval_on_one_side(errors: int, drawn: int, expected: str) -> None:
    assert Rate("a.t", drawn=drawn, errors=errors).standing(0.05, 0.95) == expected


def test_agreements_tell_kappa_by_task_and_for_all_as_one() -> None:
    said = [("accept", "accept"), ("reject", "reject"), ("accept", "reject"), ("accept", "accept")]
    decisions = [
        one
        for number, (first, second) in enumerate(said)
        for one in made(("ana", first), ("ben", second), item=PAIR._replace(example_id=str(number)))
    ]
    (found,) = agreements(decisions)
    assert (found.task, found.reviewers, found.items, found.agreed, found.kappa) == ("a.t", ("ana", "ben"), 4, 3, 0.5)
    (overall,) = agreements(decisions, task="all")
    assert (overall.task, overall.kappa) == ("all", 0.5)
