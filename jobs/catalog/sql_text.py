"""Spark SQL of sources as text: whether it can be parsed, and which columns it reads. Needs no Spark."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# What stands where a column could, and is none: values, functions without brackets, units of time.
NO_COLUMNS = frozenset({
    "null", "true", "false", "current_date", "current_time", "current_timestamp", "localtimestamp", "current_user",
    "session_user", "user", "current_catalog", "current_database", "current_schema", "microsecond", "millisecond",
    "second", "minute", "hour", "day", "dayofyear", "week", "month", "quarter", "year",
})  # fmt: skip

# What the parser says of a call with too few arguments.
LACKING = re.compile(r"Required keyword: '(\w+)' missing for <class '[\w.]*\.(\w+)'>")


def problem_of(text: str, whole_query: bool = False) -> str | None:
    """What is wrong with this SQL, or None. A bare column, the usual case, needs no parser."""
    if text.isidentifier():
        return None
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not text.strip():
        return "it is empty"
    try:
        tokens = [token.token_type.name for token in sqlglot.tokenize(text, dialect="spark")]
        parsed = _parsed(text, whole_query)
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{"description": str(error).splitlines()[0]}]
        what = LACKING.sub(r"\2 lacks an argument, \1", str(details[0].get("description")))
        return f"{what} near {details[0].get('highlight', text[:30])!r}"
    if tokens.count("L_PAREN") != tokens.count("R_PAREN"):
        return "the parentheses do not match"
    if len(parsed) != 1 or parsed[0] is None:
        return "one query is expected" if whole_query else "one expression is expected"
    is_more = len(parsed[0].expressions) != 1 or any(parsed[0].args.get(part) for part in ("from", "from_", "where"))
    return "one expression is expected, and nothing behind it" if is_more and not whole_query else None


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that a sound expression reads, in its order, of `a.b` the `a`.

    Names that may stand for something else are left out: parameters of lambdas wherever they stand, and everything
    beside a subquery, which has columns of its own.
    """
    if text.isidentifier():
        names = [text]
    else:
        from sqlglot import exp

        tree = _parsed(text, False)[0]
        if tree is None or len(list(tree.find_all(exp.Select))) != 1:
            return ()
        bound = {name.name.lower() for found in tree.find_all(exp.Lambda) for name in found.expressions}
        found = [column.parts[0].name for column in tree.find_all(exp.Column, bfs=False)]
        names = [name for name in found if name not in {"", "*"} and name.lower() not in bound]
    return tuple(dict.fromkeys(name for name in names if name.lower() not in NO_COLUMNS))


@lru_cache(maxsize=4096)
def _parsed(text: str, whole_query: bool) -> list[Any]:
    import sqlglot

    return sqlglot.parse(text if whole_query else f"SELECT {text}", dialect="spark")
