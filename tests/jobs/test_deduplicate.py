"""Equal content: who survives, what is a conflict, what is neither."""

from __future__ import annotations

from typing import Any

from chispa import assert_df_equality

from taskmill.jobs.deduplicate import RULE, find_duplicates

KEYS = (
    "task string, task_type string, example_id string, content_key string, answer_key string, "
    "role_rank int, priority int"
)
FOUND = "kind string, task string, example_id string, kept_id string, kept_task string, removed boolean"


def check(spark: Any, keys: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    found = find_duplicates(spark.createDataFrame(keys, KEYS))
    assert {row["rule"] for row in found.select("rule").collect()} <= {RULE}
    wanted = spark.createDataFrame(expected, FOUND)
    columns = found.select(*wanted.columns)
    assert_df_equality(columns, wanted, ignore_row_order=True, ignore_nullable=True)


def test_the_benchmark_survives_then_the_priority_then_the_id(spark: Any) -> None:
    keys = [
        ("a.t", "t", "1", "same", "yes", 1, 100),
        ("b.t", "t", "2", "same", "yes", 1, 5),
        ("c.t", "t", "3", "same", "yes", 0, 900),
        ("a.t", "t", "5", "other", "yes", 1, 100),
        ("a.t", "t", "4", "other", "yes", 1, 100),
    ]
    expected = [
        ("exact", "a.t", "1", "3", "c.t", True),
        ("exact", "b.t", "2", "3", "c.t", True),
        ("exact", "a.t", "5", "4", "a.t", True),
    ]
    check(spark, keys, expected)


def test_another_answer_is_a_conflict_and_stays(spark: Any) -> None:
    keys = [
        ("a.t", "t", "1", "same", "yes", 1, 100),
        ("a.t", "t", "2", "same", "no", 1, 100),
        ("b.t", "t", "3", "same", "no", 1, 100),
    ]
    expected = [("conflict", "a.t", "2", "1", "a.t", False), ("exact", "b.t", "3", "2", "a.t", True)]
    check(spark, keys, expected)


def test_equal_content_of_other_task_types_is_no_duplicate(spark: Any) -> None:
    check(spark, [("a.t", "t", "1", "same", "yes", 1, 1), ("a.u", "u", "2", "same", "yes", 1, 1)], [])
