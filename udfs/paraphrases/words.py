"""Words on which the meaning of an instruction turns: they must be in both wordings, or in neither."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?", re.UNICODE)

# Classes of words per language: wordings that say the same use the same classes. What says where a text stands (above,
# below, over, under) compares nothing.
NEGATION: Mapping[str, Sequence[str]] = {
    "en": ("not", "no", "never", "none", "neither", "nor", "without", "cannot", "avoid", "don't", "doesn't", "isn't",
           "aren't", "can't", "won't", "shouldn't", "didn't", "wasn't", "weren't", "mustn't", "except", "nothing"),
    "de": ("nicht", "kein", "keine", "keinen", "keinem", "keiner", "nie", "niemals", "ohne", "weder", "außer",
           "nichts"),
    "fr": ("ne", "pas", "jamais", "sans", "aucun", "aucune", "ni", "sauf", "rien"),
    "es": ("no", "nunca", "sin", "ningún", "ninguna", "ninguno", "ni", "salvo", "nada", "jamás"),
    "it": ("non", "mai", "senza", "nessun", "nessuna", "nessuno", "né", "tranne", "nulla"),
    "pt": ("não", "nunca", "sem", "nenhum", "nenhuma", "nem", "exceto", "nada"),
}  # fmt: skip

COMPARISON: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "most": ("most", "best", "largest", "greatest", "highest", "maximum"),
        "least": ("least", "worst", "smallest", "lowest", "minimum", "fewest"),
        "more": ("more", "better", "larger", "greater", "higher", "longer"),
        "less": ("less", "fewer", "worse", "smaller", "lower", "shorter"),
        "before": ("before", "first", "earlier", "earliest"),
        "after": ("after", "last", "later", "latest"),
        "all": ("all", "every", "each"),
        "only": ("only", "solely", "exclusively"),
    },
    "de": {
        "most": ("meisten", "beste", "besten", "größte", "größten", "höchste", "höchsten", "maximal"),
        "least": ("wenigsten", "schlechteste", "schlechtesten", "kleinste", "kleinsten", "niedrigste", "minimal"),
        "more": ("mehr", "besser", "größer", "höher", "länger"),
        "less": ("weniger", "schlechter", "kleiner", "niedriger", "kürzer"),
        "only": ("nur", "ausschließlich"),
    },
    "fr": {"more": ("plus",), "less": ("moins",), "best": ("meilleur", "meilleure"), "worst": ("pire",),
           "only": ("seulement", "uniquement")},
    "es": {"more": ("más",), "less": ("menos",), "best": ("mejor",), "worst": ("peor",),
           "only": ("solo", "sólo", "únicamente", "solamente")},
}  # fmt: skip

# Of each pair a wording may not turn one word into the other.
OPPOSITES: Mapping[str, Sequence[tuple[str, str]]] = {
    "en": (
        ("true", "false"), ("correct", "incorrect"), ("correct", "wrong"), ("right", "wrong"), ("positive", "negative"),
        ("same", "different"), ("similar", "different"), ("agree", "disagree"), ("include", "exclude"),
        ("includes", "excludes"), ("entails", "contradicts"), ("supports", "contradicts"), ("supports", "refutes"),
        ("possible", "impossible"), ("relevant", "irrelevant"), ("likely", "unlikely"), ("cause", "effect"),
        ("causes", "prevents"), ("good", "bad"), ("formal", "informal"), ("acceptable", "unacceptable"),
        ("shorten", "lengthen"), ("summarize", "expand"), ("summarise", "expand"), ("start", "end"), ("begin", "end"),
        ("start", "finish"), ("accept", "reject"), ("increase", "decrease"), ("add", "remove"), ("question", "answer"),
        ("premise", "hypothesis"), ("simple", "complex"), ("literal", "figurative"), ("male", "female"),
    ),
    "de": (("richtig", "falsch"), ("wahr", "falsch"), ("positiv", "negativ"), ("gleich", "verschieden"),
           ("möglich", "unmöglich"), ("gut", "schlecht"), ("frage", "antwort"), ("ursache", "wirkung")),
    "fr": (("vrai", "faux"), ("correct", "incorrect"), ("positif", "négatif"), ("possible", "impossible"),
           ("question", "réponse"), ("bon", "mauvais"), ("cause", "effet")),
    "es": (("verdadero", "falso"), ("correcto", "incorrecto"), ("positivo", "negativo"), ("posible", "imposible"),
           ("pregunta", "respuesta"), ("bueno", "malo"), ("causa", "efecto")),
}  # fmt: skip


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, typographic apostrophes made plain."""
    return [word.replace("’", "'") for word in WORD.findall(text.casefold())]


def negates(text: str, language: str) -> bool | None:
    """Whether a text has a word of negation; None for a language whose words are not known."""
    known = NEGATION.get(language)
    return None if known is None else any(word in known for word in words_of(text))


def compared(text: str, language: str) -> frozenset[str]:
    """The kinds of comparison that a text makes."""
    found = set(words_of(text))
    return frozenset(name for name, words in COMPARISON.get(language, {}).items() if not found.isdisjoint(words))


def turned(original: str, candidate: str, language: str) -> tuple[str, str] | None:
    """The first word of the original that the candidate turns into its opposite: it lost the one, and the other, which
    the original has not, came in."""
    before, after = set(words_of(original)), set(words_of(candidate))
    for pair in OPPOSITES.get(language, ()):
        for one, other in (pair, pair[::-1]):
            if one in before and one not in after and other in after and other not in before:
                return one, other
    return None
