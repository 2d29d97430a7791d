"""Instructions as the words that say what is asked: without names of languages, numbers and quoted examples."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from string import ascii_lowercase

from taskmill.udfs.languages import canonical, is_named, language_name
from taskmill.udfs.similarity.profiles import words_of

QUOTED = re.compile(r"\"[^\"\n]{1,200}\"|(?<!\w)'[^'\n]{1,40}'(?!\w)|“[^”\n]{1,200}”|`[^`\n]{1,200}`")
DIGITS = re.compile(r"\d+")
LANGUAGE, NUMBER = "somelanguage", "somenumber"
# Names in use besides those of CLDR.
OTHER_NAMES = frozenset({"farsi", "filipino", "mandarin", "castilian", "panjabi", "oriya", "khmer", "sinhalese"})


def normal_words(text: str) -> list[str]:
    """The words of an instruction in lower case; a name of a language (where it is written with a capital) and a number
    stand for any, and what stands in quotes, which is an example or a label, is left out."""
    plain = DIGITS.sub(f" {NUMBER} ", QUOTED.sub(" ", text))
    return words_of(_language_names().sub(LANGUAGE, plain))


@cache
def _language_names() -> re.Pattern[str]:
    """The English names of the languages that have a code of two letters: those with longer codes are often words."""
    tags = map("".join, product(ascii_lowercase, repeat=2))
    names = {language_name(tag).split(" (")[0] for tag in tags if canonical(tag) and is_named(tag, "en")}
    names |= {name.capitalize() for name in OTHER_NAMES}
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))})\b")
