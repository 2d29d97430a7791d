"""The *rows* tier: one example's fields to prompt and response, or to the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError

from taskmill.udfs.rendering.compile import compiled
from taskmill.udfs.rendering.filters import NoneValueError
from taskmill.udfs.rendering.plans import RenderPlan, Template
from taskmill.udfs.rendering.sandbox import OutOfTimeError, time_limit

DETAIL_CHARS = 300


@dataclass(frozen=True)
class Rendered:
    """A pair, or why there is none: then `reason` is set and `detail` says what happened, on one line."""

    prompt: str = ""
    response: str = ""
    reason: str | None = None
    detail: str | None = None


def render_pair(plan: RenderPlan, template: Template, fields: Mapping[str, Any], choices: list[str] | None) -> Rendered:
    """Renders one template over one example; never raises for what a template or a row does.

    Both halves come without white space at their ends, as every published collection stores them.
    """
    names = fields if choices is None else {**fields, "choices": choices}
    try:
        with time_limit(plan.max_render_seconds):
            prompt = compiled(template.prompt)(names).strip()
            response = compiled(template.response)(names).strip()
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        return Rendered(reason=_reason(error), detail=_detail(error))
    except (RecursionError, MemoryError) as error:
        return Rendered(reason="template_too_large", detail=_detail(error))
    return _checked(plan, prompt, response)


def _checked(plan: RenderPlan, prompt: str, response: str) -> Rendered:
    if not prompt:
        return Rendered(reason="empty_prompt")
    if not response:
        return Rendered(reason="empty_response")
    if not (_is_unicode(prompt) and _is_unicode(response)):
        return Rendered(reason="invalid_text", detail="half of a surrogate pair, which no encoding can write")
    if len(prompt) > plan.max_prompt_chars:
        return Rendered(
            reason="prompt_too_long", detail=f"{len(prompt)} characters; the limit is {plan.max_prompt_chars}"
        )
    if len(response) > plan.max_response_chars:
        detail = f"{len(response)} characters; the limit is {plan.max_response_chars}"
        return Rendered(reason="response_too_long", detail=detail)
    return Rendered(prompt, response)


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, OutOfTimeError):
        return "template_too_slow"
    if isinstance(error, NoneValueError):
        return "none_value"
    if isinstance(error, SecurityError):
        return "template_refused"
    if isinstance(error, TemplateSyntaxError):
        return "template_syntax"
    return "undefined_value" if isinstance(error, UndefinedError) else "template_error"


def _detail(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:DETAIL_CHARS]
