"""Which pairs a sample leaves out, and wishes that cannot be met."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ReviewError
from taskmill.jobs.review.sample import Sample, decided_pairs, write
from taskmill.udfs.review.verdicts import Decision, Item

PAIR = Item("pair", "s.qa", example_id="e1", template="plain")


@pytest.mark.parametrize(
    ("decision", "seen"),
    [
        pytest.param(Decision("1", PAIR, "accept", "ana", 1), {("e1", "plain")}, id="decided"),
        pytest.param(Decision("1", PAIR, "comment", "ana", 1), set(), id="a comment decides nothing"),
        pytest.param(Decision("1", PAIR, "reject", "model:small", 1), set(), id="a model advises"),
        pytest.param(Decision("1", Item("task", "s.qa"), "reject", "ana", 1), set(), id="of a whole task"),
    ],
)
def test_decided_pairs_are_those_that_people_decided_on(decision: Decision, seen: set[tuple[str, str]]) -> None:
    assert decided_pairs([decision]) == seen


def test_nobody_gets_an_empty_page(tmp_path: Path) -> None:
    items: list[dict[str, Any]] = [{"reviewers": [1], "drawn": "random"}, {"reviewers": [2], "drawn": "random"}]
    with pytest.raises(ReviewError, match="--reviewers 3: there are only 2 pairs to share; give fewer reviewers, or"):
        write(cast(Context, None), Sample(tmp_path, reviewers=3), items)
    assert list(tmp_path.iterdir()) == []
