"""The grammar of field types: what is written, what is read, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.fields import SCALARS, FieldType, parse_field_type

MEMBER_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
SCALAR_TYPES = st.builds(FieldType, st.sampled_from(sorted(SCALARS)), st.booleans())


def nested_types(inner: st.SearchStrategy[FieldType]) -> st.SearchStrategy[FieldType]:
    """Lists and structs of `inner`."""
    members = st.lists(st.tuples(MEMBER_NAMES, inner), min_size=1, max_size=4, unique_by=lambda member: member[0])
    return st.one_of(
        st.builds(lambda item, optional: FieldType("list", optional, item=item), inner, st.booleans()),
        st.builds(lambda found, optional: FieldType("struct", optional, members=tuple(found)), members, st.booleans()),
    )


FIELD_TYPES = st.recursive(SCALAR_TYPES, nested_types, max_leaves=8)


@pytest.mark.parametrize(
    ("text", "expected", "ddl"),
    [
        pytest.param("text", FieldType("text"), "string", id="text"),
        pytest.param("integer", FieldType("integer"), "bigint", id="integer"),
        pytest.param("number", FieldType("number"), "double", id="number"),
        pytest.param("boolean", FieldType("boolean"), "boolean", id="boolean"),
        pytest.param("choice", FieldType("choice"), "int", id="choice"),
        pytest.param("text?", FieldType("text", optional=True), "string", id="optional"),
        pytest.param(" text ? ", FieldType("text", optional=True), "string", id="white-space"),
        pytest.param("list<text>", FieldType("list", item=FieldType("text")), "array<string>", id="list"),
        pytest.param(
            "list<text?>?", FieldType("list", True, item=FieldType("text", True)), "array<string>", id="optional-list"
        ),
        pytest.param(
            "struct<text: text, type: text>",
            FieldType("struct", members=(("text", FieldType("text")), ("type", FieldType("text")))),
            "struct<`text`: string, `type`: string>",
            id="struct",
        ),
        pytest.param(
            "list<struct<list: list<integer>>>",
            FieldType(
                "list",
                item=FieldType("struct", members=(("list", FieldType("list", item=FieldType("integer"))),)),
            ),
            "array<struct<`list`: array<bigint>>>",
            id="nested",
        ),
    ],
)
def test_parse_field_type_reads_the_grammar(text: str, expected: FieldType, ddl: str) -> None:
    assert parse_field_type(text) == expected
    assert parse_field_type(text).ddl == ddl


@given(FIELD_TYPES)
def test_parse_field_type_undoes_str(kind: FieldType) -> None:
    assert parse_field_type(str(kind)) == kind


@given(FIELD_TYPES)
def test_ddl_does_not_depend_on_optional(kind: FieldType) -> None:
    assert parse_field_type(str(kind).replace("?", "")).ddl == kind.ddl


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "a field type is missing", id="empty"),
        pytest.param("txt", r"'txt' is not a field type \(known: text, integer", id="unknown"),
        pytest.param("string", "'string' is not a field type", id="Spark-type"),
        pytest.param("text text", "nothing may follow 'text'", id="two-types"),
        pytest.param("text??", r"nothing may follow 'text\?'", id="two-marks"),
        pytest.param("text!", "unexpected '!'", id="strange-sign"),
        pytest.param("list", "expected '<' after 'list', found 'the end'", id="bare-list"),
        pytest.param("list<text", "expected '>' after 'list', found 'the end'", id="open-list"),
        pytest.param("list<>", "'>' is not a field type", id="empty-list"),
        pytest.param("list<text>>", "nothing may follow 'list<text>'", id="closed-twice"),
        pytest.param("struct<a>", "expected ':' after 'a', found '>'", id="member-without-type"),
        pytest.param("struct<a: text", "expected '>' after 'struct'", id="open-struct"),
        pytest.param("struct<a: text,", "is not closed", id="open-after-comma"),
        pytest.param("struct<>", "expected", id="empty-struct"),
    ],
)
def test_parse_field_type_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_field_type(text)


@given(st.text(alphabet="textlisruc<>:,? ab", max_size=25))
def test_parse_field_type_parses_or_raises_value_error(text: str) -> None:
    try:
        kind = parse_field_type(text)
    except ValueError:
        return
    assert parse_field_type(str(kind)) == kind
