"""What published templates give, by the plainest means: an unguarded Jinja environment and nothing of ours.

Tests hold our own rendering against this. It is slow, it is not safe, and it trusts its input.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, Environment, Template, pass_context
from jinja2.runtime import Context

SEPARATOR = "|||"
ESCAPED = "3ed2dface8203c4c9dfb1a5dc58e41e0"
TRUNCATION = " | string | truncate(2048) }}"

Draw = Callable[[int], int]  # how many items there are -> the position of the one to take


def first(count: int) -> int:
    """The draw that always takes the first item."""
    return 0


_draws: list[Draw] = [first]


def reference_parts(
    jinja: str, answer_choices: str | None, row: Mapping[str, Any], truncate: bool = True, draw: Draw | None = None
) -> tuple[list[str] | None, list[str]]:
    """The choices (None where the template declares none) and the stripped parts of the render.

    `draw` stands in for chance: it is asked once for each time `choice` or `random` is called; without it they take
    the first item. The row stays as it is, even where the template changes what it is given.

    Raises:
        ValueError: if the row has a field `answer_choices`.
        Exception: whatever Jinja, or Python within it, raises.
    """
    with _drawing(draw or first):
        template = _template(jinja.replace("}}", TRUNCATION) if truncate else jinja)
        example = {key.replace("-", "_"): _escape(value) for key, value in deepcopy(dict(row)).items()}
        if "answer_choices" in example:
            raise ValueError("a field is named 'answer_choices'")
        choices = None if answer_choices is None else _choices(answer_choices, example)
        rendered = template.render(**example, answer_choices=choices)
        return choices, [_unescape(part).strip() for part in rendered.split(SEPARATOR)]


def may_draw(source: str) -> bool:
    """Whether the text may ask for something at random; false only where it cannot."""
    return re.search(r"\b(choice|random)\b", source) is not None


def most_frequent(items: Iterable[Any]) -> list[Any] | None:
    """All items that are as frequent as the most frequent one, in the order they come; None if there are none."""
    if not items:
        return None
    counts = Counter(items).most_common()
    return [item for item, count in counts if count == counts[0][1]]


def highlight(text: str) -> str:
    return "<span style='color: #F08080'>" + text + "</span>"


def _choices(source: str, example: Mapping[str, Any]) -> list[str]:
    return [_unescape(choice.strip()) for choice in _template(source).render(**example).split(SEPARATOR)]


def _escape(value: Any) -> Any:
    return value.replace(SEPARATOR, ESCAPED) if isinstance(value, str) else value


def _unescape(text: str) -> str:
    return text.replace(ESCAPED, SEPARATOR)


def _template(source: str) -> Template:
    """Jinja works out constant expressions when it compiles, draws among them: those are compiled for every row."""
    return _environment().from_string(source) if may_draw(source) else _compiled(source)


@lru_cache(maxsize=8_192)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(loader=BaseLoader())
    environment.globals["zip"] = zip
    environment.filters.update(
        {"choice": _choice, "random": _random, "most_frequent": most_frequent, "highlight": highlight}
    )
    return environment


@contextmanager
def _drawing(draw: Draw) -> Iterator[None]:
    _draws.append(draw)
    try:
        yield
    finally:
        _draws.pop()


def _choice(items: Sequence[Any]) -> Any:
    """As `random.choice`."""
    if not len(items):
        raise IndexError("Cannot choose from an empty sequence")
    return items[_draws[-1](len(items))]


@pass_context
def _random(context: Context, items: Sequence[Any]) -> Any:
    """As Jinja's own filter."""
    try:
        return _choice(items)
    except IndexError:
        return context.environment.undefined("No random item, sequence was empty.")
