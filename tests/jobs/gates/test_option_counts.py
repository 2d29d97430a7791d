"""Options that all examples share are told from those that only some have."""

from __future__ import annotations

from typing import Any

import pytest

from taskmill.jobs.gates.option_counts import shared_places


@pytest.mark.parametrize(
    ("options", "places"),
    [
        pytest.param([["a", "b", "neither"], ["c", "d", "neither"]], [2], id="in all"),
        pytest.param([["a", "b", "neither"], ["c", "d"]], [], id="in one alone: its own"),
        pytest.param([["a", "b", None], ["c", "d", "neither"]], [], id="null in one"),
        pytest.param([["a", "b"]], [], id="of one example nothing is known"),
        pytest.param([["yes", "no"], ["yes", "no"]], [0, 1], id="all options"),
    ],
)
def test_shared_places_are_those_of_all_examples(spark: Any, options: list[list[str]], places: list[int]) -> None:
    rows = spark.createDataFrame([("t.quiz", one) for one in options], "task string, options array<string>")
    assert shared_places(rows) == [("t.quiz", places)]
