"""The lexicons of sensitive themes, one small file for each language beside this one."""

from __future__ import annotations

from importlib.resources import files

import yaml

from taskmill.udfs.sensitive.lexicon import Lexicon


def load_lexicons() -> dict[str, Lexicon]:
    """Every lexicon by its language."""
    folder = files("taskmill.jobs.safety").joinpath("lexicons")
    texts = [place.read_text(encoding="utf-8") for place in folder.iterdir() if place.name.endswith(".yaml")]
    found = [_lexicon(text) for text in texts]
    return {lexicon.language: lexicon for lexicon in sorted(found, key=lambda one: one.language)}


def _lexicon(text: str) -> Lexicon:
    said = yaml.safe_load(text)
    strong, weak = ({theme: tuple(terms) for theme, terms in said[name].items()} for name in ("strong", "weak"))
    return Lexicon(said["language"], strong, weak)
