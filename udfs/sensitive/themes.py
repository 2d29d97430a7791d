"""The themes, and what a classifier of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

INSULT, HATE, VIOLENCE, SELF_HARM = "insult", "hate", "violence", "self_harm"
SEXUAL, DRUGS, WEAPONS = "sexual", "drugs", "weapons"
THEMES = (INSULT, HATE, VIOLENCE, SELF_HARM, SEXUAL, DRUGS, WEAPONS)
TOXICITY = "toxicity"  # all themes, where a task type says what it is about

# For texts and the BCP-47 tags of each: scores from 0 to 1 by theme, in which a theme may be left out.
Classifier = Callable[[Sequence[str], Sequence[Sequence[str]]], Sequence[Mapping[str, float]]]


def flag(theme: str) -> str:
    """The flag of an example whose text scores high enough."""
    return f"theme_{theme}"
