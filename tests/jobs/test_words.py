"""Numbers in messages."""

from __future__ import annotations

import pytest

from taskmill.jobs.words import counted


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks"), (1_234_567, "1,234,567 tasks")]
)
def test_counted_has_the_singular_for_one_alone(number: int, expected: str) -> None:
    assert counted(number, "task") == expected
