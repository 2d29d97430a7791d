"""What a wording itself says, so that it is not taken for what is wrong with a row."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import pyarrow as pa
from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError

from taskmill.udfs.pair_checks.checks import Pairs
from taskmill.udfs.pair_checks.registry import CHECKS
from taskmill.udfs.pair_checks.texts import Texts
from taskmill.udfs.rendering.plans import AnyTemplate, PublishedTemplate


def own_marks(template: AnyTemplate) -> frozenset[str]:
    """The checks that would find their marks in what the template says whatever the row."""
    return _own_marks(_sides(template))


def reshaped_fields(template: AnyTemplate, texts: Collection[str]) -> tuple[str, ...]:
    """Of these text fields those that the template uses, and nowhere prints as they are; names of its own loops and
    assignments are followed no further."""
    found = _names(_sides(template))
    return () if found is None else tuple(sorted((found[0] - found[1]) & set(texts)))


def _sides(template: AnyTemplate) -> tuple[str, ...]:
    return (template.jinja,) if isinstance(template, PublishedTemplate) else (template.prompt, template.response)


@lru_cache(maxsize=4096)
def _own_marks(sides: tuple[str, ...]) -> frozenset[str]:
    try:
        trees = [Environment().parse(side) for side in sides]  # nothing is rendered
    except TemplateSyntaxError:
        return frozenset()
    said = ["".join(node.data for node in tree.find_all(nodes.TemplateData)) for tree in trees]
    texts = Texts(pa.array([text.replace("|||", " ", 1) for text in said], pa.string()))
    pairs = Pairs(texts, texts)
    return frozenset(name for name, check in CHECKS.items() if check.is_mark and check.find(pairs).any())


@lru_cache(maxsize=4096)
def _names(sides: tuple[str, ...]) -> tuple[set[str], set[str]] | None:
    """Names that are read, and of these those printed as they are; None for a template that does not parse."""
    try:
        trees = [Environment().parse(side) for side in sides]
    except TemplateSyntaxError:
        return None
    read = {name for tree in trees for name in _read(tree)}
    outputs = (node for tree in trees for output in tree.find_all(nodes.Output) for node in output.nodes)
    return read, {node.name for node in outputs if isinstance(node, nodes.Name)}


def _read(node: nodes.Node) -> Iterator[str]:
    """Names whose values go on, rather than decide what does."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        yield node.name
    for name, _ in node.iter_fields():
        if not (isinstance(node, nodes.If | nodes.CondExpr) and name == "test"):
            for child in node.iter_child_nodes(only=[name]):
                yield from _read(child)
