"""The lexicons of the audit, one small file for each language beside this one."""

from __future__ import annotations

from importlib.resources import files

import yaml

from taskmill.udfs.audit.terms import Lexicon


def load_lexicons() -> dict[str, Lexicon]:
    """Every lexicon by its language."""
    folder = files("taskmill.jobs.audit").joinpath("lexicons")
    texts = [place.read_text(encoding="utf-8") for place in folder.iterdir() if place.name.endswith(".yaml")]
    found = [_lexicon(text) for text in texts]
    return {lexicon.language: lexicon for lexicon in sorted(found, key=lambda one: one.language)}


def _lexicon(text: str) -> Lexicon:
    said = yaml.safe_load(text)
    groups = {
        f"{category}.{group}": tuple(terms)
        for category, named in said["groups"].items()
        for group, terms in named.items()
    }
    traits = {kind: tuple(words) for kind, words in said["traits"].items()}
    swaps = {category: tuple((one, other) for one, other in pairs) for category, pairs in said["swaps"].items()}
    return Lexicon(said["language"], groups, traits, swaps, tuple(said.get("hidden", ())))
