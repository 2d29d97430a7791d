"""Jinja source as text: where its variables and statements stand, so that it can be cut and renamed as it was typed.

Jinja parses a template into a tree and cannot write a tree; so what is to stay as typed is changed by place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from taskmill.jobs.imports.task_types import NotConvertedError
from taskmill.udfs.rendering.promptsource import PIPES

NOT_ONE_PAIR = "it is not one prompt and one response"
IN_A_BLOCK = "||| stands inside a block or an expression, so that some rows have no answer"
SET_IN_A_BLOCK = "the response reads what the prompt sets inside a block"
KEYWORDS = frozenset({"and", "else", "if", "in", "is", "not", "or"})
LINE_BREAK = re.compile(r"\r\n|\r|\n")
PLAIN = SandboxedEnvironment(optimized=False)  # optimising would run what somebody else wrote


@dataclass(frozen=True)
class Token:
    """A piece of source that is no white space, and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def normalised(source: str) -> str:
    """The source with the line breaks that Jinja itself reads."""
    return LINE_BREAK.sub("\n", source)


def tokens(source: str) -> Iterator[Token]:
    """The pieces of a normalised source, in its order; TemplateSyntaxError if it is none."""
    position = 0
    for _, kind, text in PLAIN.lexer.tokeniter(source, None):
        # Jinja gives no places, and leaves out the white space that `{%-` takes away.
        start = source.index(text, position)
        position = start + len(text)
        if text.strip():
            yield Token(kind, text, start)


def variables(source: str) -> Iterator[Token]:
    """The names in a source that stand for values: no attributes, filters, tests, keywords or argument names."""
    before: list[str] = [""]
    depth = 0
    found = list(tokens(source))
    for token, after in zip(found, [*found[1:], Token("", "", 0)], strict=True):
        if token.kind in {"block_begin", "variable_begin"}:
            depth = 0
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        if token.kind == "name" and _is_variable(token, before, after, depth):
            yield token
        before = [*before[-1:], "{%" if token.kind == "block_begin" else token.text]


def _is_variable(token: Token, before: list[str], after: Token, depth: int) -> bool:
    is_argument = after.text == "=" and depth > 0
    is_test = before[-1] == "is" or before == ["is", "not"]
    return not (token.text in KEYWORDS or before[-1] in {".", "|", "{%"} or is_test or is_argument)


def renamed(source: str, names: Mapping[str, str]) -> str:
    """The source with variables under other names, or with other expressions in their places."""
    parts, position = [], 0
    for token in variables(source):
        if token.text in names:
            parts += [source[position : token.start], names[token.text]]
            position = token.end
    return "".join([*parts, source[position:]])


def halves(source: str) -> tuple[str, str]:
    """Prompt and response of a published template: what stands before and after its one separator.

    What the prompt sets and the response reads is set in the response too.

    Raises:
        NotConvertedError: if the separator is not there once, outside all blocks, or the response needs what it cannot
            have.
    """
    count = source.count(PIPES)
    if count != 1:
        raise NotConvertedError(NOT_ONE_PAIR, f"||| stands in it {count} times")
    if not any(PIPES in data.data for data in _top_level_text(PLAIN.parse(source))):
        raise NotConvertedError(IN_A_BLOCK)
    prompt, response = source.split(PIPES)
    return prompt.strip(), _shared_statements(prompt, response) + response.strip()


def _top_level_text(tree: nodes.Template) -> Iterator[nodes.TemplateData]:
    for node in tree.body:
        if isinstance(node, nodes.Output):
            yield from (part for part in node.nodes if isinstance(part, nodes.TemplateData))


def _shared_statements(prompt: str, response: str) -> str:
    """The `{% set %}` statements of the prompt, as typed, if the response reads what they set."""
    tree = PLAIN.parse(prompt)
    assigned = {name for node in tree.body if isinstance(node, nodes.Assign) for name in _stored(node)}
    in_blocks = {name for node in tree.find_all(nodes.If) for inner in node.find_all(nodes.Assign)
                 for name in _stored(inner)}  # fmt: skip
    read = {token.text for token in variables(response)}
    if not read & (assigned | in_blocks):
        return ""
    statements = list(_top_level_sets(prompt))
    read |= {token.text for text in statements for token in variables(text)}
    if read & in_blocks:
        raise NotConvertedError(SET_IN_A_BLOCK, f"the response reads {min(read & in_blocks)!r}")
    return "".join(statements)


def _stored(node: nodes.Assign) -> Iterator[str]:
    targets = [node.target, *node.target.find_all(nodes.Name)]
    return (name.name for name in targets if isinstance(name, nodes.Name))


def _top_level_sets(source: str) -> Iterator[str]:
    depth, begun = 0, -1
    found = list(tokens(source))
    for token, after in zip(found, [*found[1:], Token("", "", 0)], strict=True):
        if token.kind == "block_begin":
            begun = token.start if after.text == "set" and depth == 0 else -1
            depth += (after.text in {"if", "for"}) - (after.text in {"endif", "endfor"})
        elif token.kind == "block_end" and begun >= 0:
            yield source[begun : token.end]
            begun = -1
