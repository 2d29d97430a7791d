"""What is looked for in the examples of a task, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import cast

import pyarrow as pa

from taskmill.udfs.fields import FieldType
from taskmill.udfs.personal_data.kinds import Recogniser
from taskmill.udfs.personal_data.recognise import may_have, recognised
from taskmill.udfs.sensitive.lexicon import Lexicon, LexiconClassifier
from taskmill.udfs.sensitive.themes import THEMES, Classifier

BUILTIN, PRESIDIO = "builtin", "presidio"  # engines
# Numbers so called say where in a text something is, and would say something else once the text is shorter.
PLACE = re.compile(r"(?:^|[^a-z])(?:start|end|begin|offset|position|span)s?(?:$|[^a-z])", re.IGNORECASE)
PLACE_IN_JSON = re.compile(
    r'"(?:[^"\\]*[^a-z"\\])?(?:start|end|begin|offset|position|span)s?(?:[^a-z"\\][^"\\]*)?"\s*:[\s\[]*-?\d',
    re.IGNORECASE,
)
YES, NO, LOOK = "yes", "no", "look"  # whether numbers point into the texts of an example


@dataclass(frozen=True)
class Screen:
    """Of one task.

    Attributes:
        annotate, redact, quarantine: kinds of personal data, none in two of them.
        themes, refused_themes: those that make a flag, and those that make a reason.
        points: whether numbers of its examples say where in a text something is; `look` at each where types are not
            known.
        languages: tags that hold for all its examples, in case a row has none of its own.
    """

    annotate: frozenset[str] = frozenset()
    redact: frozenset[str] = frozenset()
    quarantine: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    refused_themes: frozenset[str] = frozenset()
    points: str = NO
    languages: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether it changes or refuses anything, rather than flagging it."""
        return bool(self.redact or self.quarantine or self.refused_themes)

    @property
    def flags(self) -> bool:
        return bool(self.annotate or self.redact or self.themes)


@dataclass(frozen=True)
class Search:
    """Who looks.

    Attributes:
        engine: of personal data.
        classifier: of themes, as `package.module:function`; None for the lexicons.
        threshold: score from which on a text is of a theme.
    """

    engine: str = BUILTIN
    classifier: str | None = None
    threshold: float = 0.7
    lexicons: Mapping[str, Lexicon] = field(default_factory=dict, hash=False)

    @property
    def recogniser(self) -> Recogniser:
        if self.engine == BUILTIN:
            return recognised
        from taskmill.udfs.personal_data import presidio

        return presidio.recognised

    def worth_reading(self, texts: pa.StringArray, kinds: frozenset[str]) -> list[bool]:
        """Which texts or JSON texts may have personal data of these kinds."""
        if self.engine == BUILTIN:
            return [bool(found) for found in may_have(texts, kinds).to_pylist()]
        return [text is not None for text in texts.to_pylist()]

    def worth_classifying(self, texts: pa.StringArray, languages: Sequence[Sequence[str]]) -> list[bool]:
        if self.classifier is None:
            return LexiconClassifier(self.lexicons).may_have(texts, languages)
        return [True] * len(texts)

    def themes(self, texts: Sequence[str], languages: Sequence[Sequence[str]]) -> list[list[str]]:
        """The themes of each text.

        Raises:
            ValueError: if a classifier gives something else than scores of known themes for each text.
        """
        classify = LexiconClassifier(self.lexicons) if self.classifier is None else classifier_of(self.classifier)
        scores = classify(texts, languages)
        unknown = {theme for score in scores for theme in score} - set(THEMES)
        if len(scores) != len(texts) or unknown:
            what = f"themes that there are not: {', '.join(sorted(unknown))}" if unknown else f"{len(scores)} results"
            raise ValueError(
                f"sensitive.classifier {self.classifier!r} gave {what} for {len(texts)} texts; it gives a map of "
                f"theme: score for each text, with themes among {', '.join(THEMES)}"
            )
        return [[theme for theme in THEMES if score.get(theme, 0.0) >= self.threshold] for score in scores]


@lru_cache
def classifier_of(place: str) -> Classifier:
    """The classifier that `package.module:function` names.

    Raises:
        ImportError, AttributeError: if there is none.
    """
    module, _, name = place.partition(":")
    return cast("Classifier", getattr(import_module(module), name))


def has_points(fields: Mapping[str, FieldType]) -> bool:
    """Whether one of the fields is, or holds, a number that is named as a place in a text is."""
    return any(_points(kind, name) for name, kind in fields.items())


def _points(kind: FieldType, path: str) -> bool:
    if kind.item is not None:
        return _points(kind.item, path)
    if kind.members:
        return any(_points(member, f"{path} {name}") for name, member in kind.members)
    return kind.kind == "integer" and PLACE.search(path) is not None
