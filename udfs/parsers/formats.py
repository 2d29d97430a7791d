"""The formats of our own by the names that sources use for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from taskmill.udfs.parsers.brat import Brat
from taskmill.udfs.parsers.conll import Conll
from taskmill.udfs.parsers.conllu import Conllu
from taskmill.udfs.parsers.delimited import Delimited
from taskmill.udfs.parsers.flan_cot import FlanCot
from taskmill.udfs.parsers.hugging_face import HuggingFace
from taskmill.udfs.parsers.json_lines import JsonLines
from taskmill.udfs.parsers.parallel_text import ParallelText
from taskmill.udfs.parsers.records import GroupParser, Parser
from taskmill.udfs.parsers.squad import Squad
from taskmill.udfs.parsers.super_natural_instructions import SuperNaturalInstructions

AnyParser = Parser | GroupParser
PARSERS: Mapping[str, type[AnyParser]] = {
    "brat": Brat,
    "conll": Conll,
    "conllu": Conllu,
    "delimited": Delimited,
    "flan_cot": FlanCot,
    "hugging_face": HuggingFace,
    "json_lines": JsonLines,
    "parallel_text": ParallelText,
    "squad": Squad,
    "super_natural_instructions": SuperNaturalInstructions,
}
WORDS: Mapping[type, str] = {str: "text", bool: "true or false", int: "whole number"}


def parser_of(name: str, options: Mapping[str, Any]) -> AnyParser:
    """The parser of a format with these options.

    Raises:
        ValueError: if an option has a value that the format cannot have; the message names it.
    """
    kind = PARSERS[name]
    types = {field.name: type(field.default) for field in fields(kind)}  # type: ignore[arg-type]
    for key, value in options.items():
        if key in types and type(value) is not types[key]:
            raise ValueError(f"{key}: {value!r} is no {WORDS[types[key]]}")
    return kind(**options)


def option_names(name: str) -> tuple[str, ...]:
    """The options that a format has."""
    return tuple(field.name for field in fields(PARSERS[name]))  # type: ignore[arg-type]
