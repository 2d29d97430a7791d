"""Templates as a model sees them: each slot and statement is a mark like ⟦2⟧, so that it can move but not change."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError

MARK = re.compile(r"⟦(\d+)⟧")
BEGINNINGS = ("{{", "{%", "{#")
STATEMENT_BLOCK = re.compile(r"\{%-?\s*(\w+)")


@dataclass(frozen=True)
class Masked:
    """A template with marks in place of its Jinja.

    Attributes:
        text: what is left, with marks numbered from 1 in the order of the template.
        parts: what each mark stands for.
        statements: numbers of marks that stand for statements, whose order decides what they do.
    """

    text: str
    parts: tuple[str, ...]
    statements: tuple[int, ...]

    @property
    def literal(self) -> str:
        """The words of the wording itself."""
        return literal_of(self.text)


def masked(template: str) -> Masked:
    """The template with marks.

    Raises:
        TemplateSyntaxError: if it does not parse.
    """
    environment = Environment()  # nothing is rendered
    environment.parse(template)
    text: list[str] = []
    parts: list[str] = []
    statements: list[int] = []
    open_part: list[str] | None = None
    for _, kind, value in environment.lex(template):
        if kind in {"variable_begin", "block_begin", "comment_begin", "raw_begin"}:
            open_part = [value]
        elif kind in {"variable_end", "block_end", "comment_end", "raw_end"} and open_part is not None:
            parts.append("".join([*open_part, value]))
            if kind != "variable_end":
                statements.append(len(parts))
            text.append(f"⟦{len(parts)}⟧")
            open_part = None
        elif open_part is not None:
            open_part.append(value)
        else:
            text.append(value)
    return Masked("".join(text), tuple(parts), tuple(statements))


def unmasked(text: str, original: Masked) -> str:
    """The text with what its marks stand for."""
    return MARK.sub(lambda mark: original.parts[int(mark.group(1)) - 1], text)


def changed_marks(text: str, original: Masked) -> str | None:
    """What is wrong with the marks of a candidate: one that is lost, new or twice, or statements in another order;
    None where all are there."""
    found = [int(number) for number in MARK.findall(text)]
    here, wanted = Counter(found), Counter(range(1, len(original.parts) + 1))
    lost, more = wanted - here, here - wanted
    if lost:
        return f"it lost {original.parts[min(lost) - 1]}"
    if more:
        number = min(more)
        known = 0 < number <= len(original.parts)
        return f"it has {original.parts[number - 1]} twice" if known else f"it has ⟦{number}⟧, which stands for nothing"
    if tuple(number for number in found if number in original.statements) != original.statements:
        return "its statements are in another order"
    return None


def literal_of(text: str) -> str:
    """A masked text without its marks."""
    return MARK.sub(" ", text)


def parses(template: str) -> str | None:
    """Why a template does not parse; None where it does."""
    try:
        Environment().parse(template)
    except TemplateSyntaxError as error:
        return str(error.message)
    return None
