"""What rendering gives: a pair or the reason why there is none, for one row; prompts and responses, for many."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError

from taskmill.udfs.rendering.bounds import Limits, OutOfStepsError, OutOfTimeError, watched
from taskmill.udfs.rendering.columns import Column, Mask, is_unicode, where
from taskmill.udfs.rendering.filters import NoneValueError
from taskmill.udfs.rendering.promptsource_environment import LabelError
from taskmill.udfs.structures.codec import NotRoundTripError

DETAIL_CHARS = 300
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Rendered:
    """A pair, or why there is none: then `reason` is set and `detail` says what happened, on one line.

    `choices` are the answers the template itself declares, where it does.
    """

    prompt: str = ""
    response: str = ""
    reason: str | None = None
    detail: str | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RenderedRows:
    """One template over many rows.

    Attributes:
        prompts, responses: string arrays, one text for each row; empty for the rows in `alone`.
        alone: rows that were rendered on their own, by position: refused ones, and what kernels leave to Jinja.
        choices: for each row the answers the template itself declares (lists of text); None where it does not.
    """

    prompts: pa.StringArray
    responses: pa.StringArray
    alone: dict[int, Rendered]
    choices: Column | None = None

    @staticmethod
    def all_alone(size: int, alone: Callable[[int], Rendered]) -> RenderedRows:
        """Every row rendered on its own."""
        none = pa.repeat(pa.scalar("", pa.string()), size)
        with watched():
            return RenderedRows(none, none, {row: alone(row) for row in range(size)})


def refusal(error: BaseException) -> Rendered:
    """The reason for an error that a template or a row caused."""
    said = ADDRESS.sub("", f"{type(error).__name__}: {error}")  # the same row gives the same words on every worker
    detail = " ".join(said.split())[:DETAIL_CHARS]
    return Rendered(reason=_reason(error), detail=detail)


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "template_too_large"
    if isinstance(error, OutOfTimeError):
        return "template_too_slow"
    if isinstance(error, OutOfStepsError):
        return "too_many_steps"
    if isinstance(error, NoneValueError):
        return "none_value"
    if isinstance(error, LabelError):
        return "label_out_of_range"
    if isinstance(error, NotRoundTripError):
        return "not_round_trip"
    if isinstance(error, SecurityError):
        return "template_refused"
    if isinstance(error, TemplateSyntaxError):
        return "template_syntax"
    return "undefined_value" if isinstance(error, UndefinedError) else "template_error"


def checked(prompt: str, response: str, limits: Limits, choices: tuple[str, ...] | None = None) -> Rendered:
    """The pair, unless a side is empty, too long, or no text that can be written."""
    if not prompt:
        return Rendered(reason="empty_prompt")
    if not response:
        return Rendered(reason="empty_response")
    if not (is_unicode(prompt) and is_unicode(response)):
        return Rendered(reason="invalid_text", detail="half of a surrogate pair, which no encoding can write")
    for side, text, most in (
        ("prompt", prompt, limits.max_prompt_chars), ("response", response, limits.max_response_chars),
    ):  # fmt: skip
        if len(text) > most:
            return Rendered(reason=f"{side}_too_long", detail=f"{len(text)} characters; the limit is {most}")
    return Rendered(prompt, response, choices=choices)


def settled(
    prompts: pa.StringArray,
    responses: pa.StringArray,
    undecided: Mask,
    limits: Limits,
    alone: Callable[[int], Rendered],
    choices: Column | None = None,
) -> RenderedRows:
    """The rows as kernels rendered them, but for those that they left open or that are no pairs: these are rendered
    alone, which gives the reason."""
    undecided = (
        undecided | _is_no_side(prompts, limits.max_prompt_chars) | _is_no_side(responses, limits.max_response_chars)
    )
    with watched():
        return RenderedRows(prompts, responses, {row: alone(row) for row in where(undecided).tolist()}, choices)


def _is_no_side(texts: pa.StringArray, most: int) -> Mask:
    """Whether each text is empty or longer than it may be."""
    lengths = pc.binary_length(texts).to_numpy()
    if len(lengths) and lengths.max() > most:  # bytes, of which a character has one or more
        lengths = pc.utf8_length(texts).to_numpy()
    return np.asarray((lengths == 0) | (lengths > most))
