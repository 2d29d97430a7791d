"""Which columns an expression reads, seen without Spark."""

from __future__ import annotations

import pytest

from taskmill.jobs.catalog.sql_text import columns_of, problem_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a", ("a",), id="bare"),
        pytest.param("a.b.c[0].d", ("a",), id="members"),
        pytest.param("`a b` || `c.d`", ("a b", "c.d"), id="backticks"),
        pytest.param("filter(a, (x, i) -> i > 0 AND x.b = c)", ("a", "c"), id="lambda"),
        pytest.param("transform(a, x -> transform(x.b, y -> y.c + x.d + e))", ("a", "e"), id="lambda-in-a-lambda"),
        pytest.param("aggregate(a, 0, (sum, x) -> sum + x, sum -> sum * b)", ("a", "b"), id="two-lambdas"),
        pytest.param("x + size(filter(a, x -> x))", ("a",), id="name-of-a-parameter"),
        pytest.param("regexp_extract(_metadata.file_name, '(train|test)', 1)", ("_metadata",), id="metadata"),
        pytest.param("cast(a AS struct<b: int>)", ("a",), id="cast"),
        pytest.param("a::int", ("a",), id="short-cast"),
        pytest.param("trim(BOTH 'x' FROM a)", ("a",), id="trim"),
        pytest.param("extract(YEAR FROM a)", ("a",), id="extract"),
        pytest.param("timestampdiff(MONTH, a, a)", ("a",), id="unit"),
        pytest.param("INTERVAL 3 DAYS + a", ("a",), id="interval"),
        pytest.param("current_date", (), id="function-without-brackets"),
        pytest.param("CASE WHEN a <=> TRUE THEN NULL ELSE \"b\" END", ("a",), id="values"),
        pytest.param("struct(*)", (), id="star"),
        pytest.param("a IN (SELECT b FROM rows)", (), id="subquery"),
        pytest.param("(SELECT max(b) FROM rows)", (), id="only-a-subquery"),
        pytest.param("a + a", ("a",), id="twice"),
    ],
)  # fmt: skip
def test_columns_of_leaves_out_what_may_be_no_column(text: str, expected: tuple[str, ...]) -> None:
    assert problem_of(text) is None
    assert columns_of(text) == expected


def test_problem_of_tells_a_missing_argument_without_the_parsers_classes() -> None:
    found = problem_of("split(text)") or ""
    assert "lacks an argument" in found
    assert "class" not in found
