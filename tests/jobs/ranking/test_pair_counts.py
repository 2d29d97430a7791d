"""What decisions of people and models add to the counts of wordings."""

from __future__ import annotations

from collections import defaultdict

import pytest

from taskmill.jobs.ranking.pair_counts import Key, add_decisions
from taskmill.udfs.ranking.counts import Counts
from taskmill.udfs.review.verdicts import Decision, Item

CURRENT = {("s.qa", "plain"): "id-1", ("t.qa", "plain"): "id-1", ("s.qa", "quiz"): "id-2"}
KEY = ("id-1", "s.qa")


def decided(
    what: str, reviewer: str = "ana", at: int = 1, example: str = "e1", template: str = "plain",
    template_id: str = "id-1", drawn: str = "random", task: str = "s.qa",
) -> Decision:  # fmt: skip
    item = Item("pair", task, example_id=example, template=template)
    return Decision(f"{reviewer}-{at}-{example}", item, what, reviewer, at, template_id, drawn)


def added(*decisions: Decision, adjudicators: tuple[str, ...] = ()) -> dict[Key, Counts]:
    counts: defaultdict[Key, Counts] = defaultdict(Counts)
    add_decisions(counts, decisions, CURRENT, adjudicators)
    return dict(counts)


@pytest.mark.parametrize(
    ("decisions", "judged", "wrong"),
    [
        pytest.param([decided("accept")], 1, 0, id="accepted"),
        pytest.param([decided("reject"), decided("fix", example="e2")], 2, 2, id="rejected and fixed"),
        pytest.param([decided("reject"), decided("accept", at=2)], 1, 0, id="the latest stands"),
        pytest.param([decided("reject"), decided("accept", "ben", 2)], 1, 1, id="any reject binds"),
        pytest.param([decided("accept", template_id="")], 1, 0, id="nobody noted the wording"),
        pytest.param([decided("accept", drawn="")], 1, 0, id="from no sample"),
    ],
)
def test_people_are_counted(decisions: list[Decision], judged: int, wrong: int) -> None:
    found = added(*decisions)[KEY]
    assert (found.judged, found.wrong, found.advised) == (judged, wrong, 0)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(decided("reject", template_id="id-0"), id="another wording was looked at"),
        pytest.param(decided("reject", template="gone"), id="no such wording any more"),
        pytest.param(decided("reject", drawn="flagged"), id="looked at for its flags"),
        pytest.param(decided("reject", "model:a", drawn="flagged"), id="looked at by a model for its flags"),
        pytest.param(decided("comment"), id="a comment"),
    ],
)
def test_what_tells_nothing_of_the_wording_is_left_out(one: Decision) -> None:
    assert added(one) == {}


def test_models_advise_and_judge_nothing() -> None:
    found = added(
        decided("accept", "model:a"), decided("reject", "model:b"), decided("reject", "model:a", example="e2"),
        decided("accept", "model:a", at=2, example="e2"),
    )  # fmt: skip
    assert (found[KEY].advised, found[KEY].advised_against) == (3, 1)
    assert found[KEY].judged == 0


def test_tasks_and_wordings_are_kept_apart() -> None:
    found = added(
        decided("reject"), decided("accept", task="t.qa"), decided("fix", template="quiz", template_id="id-2")
    )
    assert {key: (one.judged, one.wrong) for key, one in found.items()} == {
        ("id-1", "s.qa"): (1, 1), ("id-1", "t.qa"): (1, 0), ("id-2", "s.qa"): (1, 1),
    }  # fmt: skip
