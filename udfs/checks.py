"""Checks of rows as Spark SQL expressions: null when fine, `reason field` when not.

They are text, as the expressions of sources are: a plan of some hundred sources is put together in one call each,
where building them from column objects takes tens of thousands of calls between Python and the JVM. A new quarantine
reason is one function here and one named case in its test.
"""

from __future__ import annotations

from collections.abc import Sequence


def quoted(text: str) -> str:
    """A SQL string literal, raw, so that nothing in it is an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def missing_field(name: str, value: str, is_list: bool = False) -> str:
    """A required field is null, or is a list with a null in it."""
    wrong = f"{value} IS NULL" + (f" OR exists({value}, item -> item IS NULL)" if is_list else "")
    return f"CASE WHEN {wrong} THEN 'missing_field {name}' END"


def empty_field(name: str, value: str) -> str:
    """A required text holds nothing but white space."""
    return rf"CASE WHEN {value} RLIKE '^\\s*$' THEN 'empty_field {name}' END"


def bad_value(name: str, raw: str, value: str) -> str:
    """A value is there but is not of the field's type."""
    return f"CASE WHEN {raw} IS NOT NULL AND {value} IS NULL THEN 'bad_value {name}' END"


def label_out_of_range(name: str, raw: str, value: str, choice_count: str, is_list: bool = False) -> str:
    """A label is no index into the choices; -1, which hides a label or stands for an unknown one, is none either."""
    if is_list:
        outside, shown = f"exists({value}, label -> label < 0 OR label >= {choice_count})", f"to_json({raw})"
    else:
        outside, shown = f"({value} IS NULL OR {value} < 0 OR {value} >= {choice_count})", raw
    return f"CASE WHEN {raw} IS NOT NULL AND {outside} THEN concat('label_out_of_range {name} = ', {shown}) END"


def unknown_split(value: str, known: Sequence[str]) -> str:
    """The split is none of `known`."""
    names = ", ".join(quoted(name) for name in known)
    return (
        f"CASE WHEN {value} IS NULL OR {value} NOT IN ({names}) THEN concat('unknown_split ', coalesce({value}, "
        f"'null')) END"
    )


def unknown_language(languages: str) -> str:
    """A language expression gave null or blank text."""
    return f"CASE WHEN exists({languages}, tag -> tag IS NULL OR trim(tag) = '') THEN 'unknown_language' END"


def found(checks: Sequence[str]) -> str:
    """What the checks found, as an array without nulls."""
    return f"array_compact(array({', '.join(checks)}))"


def reasons(found_checks: str) -> str:
    """The short reasons, each once, of what `found` gives."""
    return f"array_distinct(transform({found_checks}, text -> substring_index(text, ' ', 1)))"


def detail(found_checks: str) -> str:
    """What exactly was found, in one line."""
    return f"array_join({found_checks}, '; ')"
