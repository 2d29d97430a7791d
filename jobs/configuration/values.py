"""Kinds of values that configuration files hold, each checked as it is read."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr

from taskmill.udfs.fields import parse_field_type
from taskmill.udfs.languages import canonical, language_of_name
from taskmill.udfs.pair_checks.registry import CHECKS

NAME = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
DATA = "data"  # wordings in a language of each example


def _checked_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a name: use lower-case letters, digits and '_', beginning with a letter")
    return value


def _checked_type(value: str) -> str:
    parse_field_type(value)
    return value


def _checked_pattern(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"{value!r} needs one group in brackets, around what names a source")
    return value


def _canonical_tag(value: str) -> str:
    tag = canonical(value)
    if tag is None:
        named = language_of_name(value)
        hint = f"; write {named!r}" if named else "; write one of BCP 47, such as en or pt-BR"
        raise ValueError(f"{value!r} is no language tag{hint}")
    return tag


def _tag_or_sql(value: str) -> str:
    """The canonical form of a tag; anything else is Spark SQL."""
    return _canonical_tag(value) if LANGUAGE_TAG.fullmatch(value) else value


def _tag_or_data(value: str) -> str:
    return value if value == DATA else _canonical_tag(value)


def _word_of_switch(value: object) -> object:
    """YAML 1.1 takes a bare `off` for false."""
    return "off" if value is False else value


def _known_check(value: str) -> str:
    if value not in CHECKS:
        near = get_close_matches(value, CHECKS, n=1)
        hint = f". Did you mean {near[0]!r}?" if near else f"; there are {', '.join(CHECKS)}"
        raise ValueError(f"there is no check {value!r}{hint}")
    return value


Name = Annotated[StrictStr, AfterValidator(_checked_name)]
FieldTypeText = Annotated[StrictStr, AfterValidator(_checked_type)]
Pattern = Annotated[StrictStr, AfterValidator(_checked_pattern)]
Text = Annotated[StrictStr, Field(min_length=1)]
Count = Annotated[StrictInt, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
TemplatesPerExample = Literal["all"] | Count
Tag = Annotated[StrictStr, AfterValidator(_canonical_tag)]
Language = Annotated[StrictStr, AfterValidator(_tag_or_sql)]
OrOff = BeforeValidator(_word_of_switch)
CheckName = Annotated[StrictStr, AfterValidator(_known_check)]
Severity = Annotated[Literal["error", "warn", "off"], OrOff]
Languages = Language | tuple[Language, ...]
PromptLanguage = Annotated[StrictStr, AfterValidator(_tag_or_data)] | tuple[Tag, ...]


class Frozen(BaseModel):
    """A part of a file: unknown keys are refused, and nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")
