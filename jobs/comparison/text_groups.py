"""Measures of what the texts are like: lengths, words, wording, languages, readability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from taskmill.jobs.comparison.rows import LESS, MORE, Better, Group, Look, Measure, Row, percent
from taskmill.jobs.comparison.sides import ENGLISH, MOST_DETECTED, Side, Sides
from taskmill.udfs.languages import has_spaces, language_name
from taskmill.udfs.measures import readability, wordings
from taskmill.udfs.measures.alike import ALIKE, alike_groups
from taskmill.udfs.measures.jackknife import Estimate, Integers, mean, quantile
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.measures.words import Words, mtld, runs_of_words
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN

MOST_WORDS = 500_000  # of each set, that measures of variety look at
REPEATED_RUN = 5
NOT_LANGUAGES = frozenset({None, "zxx"})
Of = Callable[[Side], Estimate | None]


def row(sides: Sides, measure: Measure, of: Of, equal: bool = False) -> Row:
    """A measure of both sets; of equally many pairs where it depends on how many there are."""
    ours, other = (sides.equal_ours, sides.equal_other) if equal else (sides.ours, sides.other)
    return Row(measure, of(ours), of(other))


def length_group(sides: Sides) -> Group:
    """Characters and estimated tokens of prompts and responses."""
    rows = []
    for part in ("prompt", "response"):
        for share, told in ((0.5, "median"), (0.95, "95th percentile")):

            def chars(side: Side, part: str = part, share: float = share) -> Estimate | None:
                return quantile(_chars(side, part), share, side.groups)

            rows.append(row(sides, Measure(f"{part}_chars_{round(100 * share)}", f"{part}, characters, {told}"), chars))

        def tokens(side: Side, part: str = part) -> Estimate | None:
            return mean(_bytes(side, part) / BYTES_A_TOKEN, side.groups)

        rows.append(row(sides, Measure(f"{part}_tokens_mean", f"{part}, tokens, mean"), tokens))
    text = "Tokens are estimated: four bytes of UTF-8 each, which is about right for English."
    return Group("length", "Length", text, rows)


def _chars(side: Side, part: str) -> NDArray[np.int64]:
    return np.array([len(text) for text in (side.prompts if part == "prompt" else side.responses)], np.int64)


def _bytes(side: Side, part: str) -> NDArray[np.int64]:
    return np.array([len(text.encode()) for text in (side.prompts if part == "prompt" else side.responses)], np.int64)


def word_group(sides: Sides) -> Group:
    """Variety of words and of their runs, over equally many words of each set."""
    rows, told = [], []
    for part in ("prompt", "response"):
        both = [_words(side, part) for side in (sides.equal_ours, sides.equal_other)]
        budget = min(int(found.offsets[-1]) for found in both)
        budget = min(budget, MOST_WORDS)
        told.append(f"{budget:,} of {part}s")
        rows += _word_rows(part, [found.cut(budget) for found in both])
    text = (
        f"Over equally many words of each set ({' and '.join(told)}), as variety falls with the amount of text. MTLD "
        "is the number of words after which they repeat themselves, whatever the amount. Entropy is in bits."
    )
    return Group("words", "Variety of words", text, rows)


def _words(side: Side, part: str) -> Words:
    return side.prompt_words if part == "prompt" else side.response_words


def _word_rows(part: str, both: list[Words]) -> list[Row]:
    def of(key: str, name: str, look: Look, says: str, values: Sequence[Estimate | None]) -> Row:
        better: Better = LESS if key == "repeated_5" else MORE
        measure = Measure(f"{part}_{key}", f"{part}s, {name}", look, better, f"{says} {part}s")
        return Row(measure, values[0], values[1])

    kinds = {length: [runs_of_words(found, length) for found in both] for length in (1, 2, 3, REPEATED_RUN)}
    ways = "has more ways of wording in its"
    return [
        of("vocabulary", "different words", "number", "has more different words in its",
           [one.number() for one in kinds[1]]),
        of("mtld", "MTLD", "number", "has words that repeat later in its", [mtld(found) for found in both]),
        of("distinct_2", "different runs of 2 words", "share", ways, [one.distinct() for one in kinds[2]]),
        of("distinct_3", "different runs of 3 words", "share", ways, [one.distinct() for one in kinds[3]]),
        of("entropy_3", "entropy of runs of 3", "number", ways, [one.bits() for one in kinds[3]]),
        of("repeated_5", "runs of 5 of others", "share", "has fewer runs of words of others in its",
           [one.repeated() for one in kinds[REPEATED_RUN]]),
    ]  # fmt: skip


def wording_group(sides: Sides) -> Group:
    """How much of the prompts is wording used again, over equally many prompts."""
    size = min(_size(sides.equal_ours), _size(sides.equal_other), wordings.MOST_BYTES)
    opening = f"first {wordings.OPENING} words shared by {wordings.LEAST_OTHERS} others"

    def of(key: str, name: str, look: Look, says: str, value: Of) -> Row:
        return row(sides, Measure(key, name, look, LESS if says else "", says), value, equal=True)

    rows = [
        of("prompt_fixed_wording", "words of shared beginnings and ends", "share",
           "has fewer words of template in its prompts", lambda side: wordings.fixed_wording(side.prompt_words)),
        of("prompt_shared_openings", opening, "share",
           "begins fewer prompts as others begin", lambda side: wordings.shared_openings(side.prompt_words)),
        of("prompt_compression", "compression ratio of prompts", "number", "has prompts that compress less",
           lambda side: wordings.compression_ratio(side.prompts, side.groups, size)),
        of("prompt_equal", "prompts equal to another", "share", "repeats fewer prompts word for word",
           lambda side: Kinds.of_pairs(side.prompt_keys, side.groups).repeated()),
        of("prompt_near_duplicates", "prompts nearly the same as another", "share",
           "has fewer prompts that are nearly the same",
           lambda side: _alike(alike_groups(side.prompt_texts), side.groups)),
        of("response_near_duplicates", "responses (nearly) the same as another", "share", "",
           lambda side: _alike(alike_groups(side.response_texts), side.groups)),
    ]  # fmt: skip
    text = (
        f"Over {sides.size:,} prompts of each set (compressed: {size:,} bytes). Beginnings and ends count from five "
        f"other prompts on. Nearly the same: {percent(ALIKE)} of runs of five words in common. Responses that are the "
        "same are natural where they are labels."
    )
    return Group("wording", "Templated wording", text, rows)


def _size(side: Side) -> int:
    return sum(len(text.encode()) + 1 for text in side.prompts)


def _alike(alike: Integers, groups: Integers) -> Estimate | None:
    return Kinds.of(alike, np.arange(len(alike)), groups).repeated()


def language_group(sides: Sides) -> Group:
    """How many languages, and how evenly."""

    def effective(side: Side) -> Estimate | None:
        return Kinds.of_pairs(_known(side.prompt_languages), side.groups[: len(side.prompt_languages)]).effective()

    def english(side: Side) -> Estimate | None:
        known = _known(side.prompt_languages)
        rows = [place for place, language in enumerate(known) if language is not None]
        return mean(np.array([known[place] == ENGLISH for place in rows], bool), side.groups[rows]) if rows else None

    def across(side: Side) -> Estimate | None:
        both = list(zip(_known(side.prompt_languages), _known(side.response_languages), strict=True))
        rows = [place for place, (one, other) in enumerate(both) if one and other]
        return mean(np.array([len(set(both[place])) > 1 for place in rows], bool), side.groups[rows]) if rows else None

    rows = [
        row(sides, Measure("languages_effective", "effective languages of prompts", better=MORE,
                           says="is spread over more languages"), effective),
        row(sides, Measure("english", "prompts in English", "share"), english),
        row(sides, Measure("across_languages", "response in another language", "share"), across),
    ]  # fmt: skip
    names = [_most(side) for side in (sides.ours, sides.other)]
    text = (
        f"Found by py3langid in the first {MOST_DETECTED:,} pairs, where a text is long enough to tell. Effective: as "
        f"many equally frequent languages are as varied. Ours: {names[0]}. Theirs: {names[1]}."
    )
    return Group("languages", "Languages", text, rows)


def _known(languages: list[str | None]) -> list[str | None]:
    return [None if one in NOT_LANGUAGES else one for one in languages]


def _most(side: Side) -> str:
    counts = Counter(one for one in _known(side.prompt_languages) if one)
    total, most = counts.total(), counts.most_common(6)
    told = ", ".join(f"{language_name(tag)} {percent(count / total)}" for tag, count in most)
    rest = f", {len(counts) - len(most)} more" if len(counts) > len(most) else ""
    return told + rest if told else "none long enough"


def readability_group(sides: Sides) -> Group:
    """LIX of texts in languages with blanks between words, and reading ease of English."""
    rows = []
    for part in ("prompt", "response"):

        def lix(side: Side, part: str = part) -> Estimate | None:
            return readability.lix(*_counts(side, part, lambda language: language is not None and has_spaces(language)))

        def ease(side: Side, part: str = part) -> Estimate | None:
            return readability.reading_ease(*_counts(side, part, lambda language: language == ENGLISH))

        rows.append(row(sides, Measure(f"{part}_lix", f"{part}s, LIX"), lix))
        rows.append(row(sides, Measure(f"{part}_reading_ease", f"{part}s in English, reading ease"), ease))
    text = (
        "LIX: 30 a children's book, 40 fiction, 50 a newspaper, 60 an official text (languages with blanks between "
        "words). Flesch's reading ease: 60 to 70 is plain English, below 30 hard. Neither is better."
    )
    return Group("readability", "Readability", text, rows)


def _counts(side: Side, part: str, wanted: Callable[[str | None], bool]) -> tuple[Integers, Integers]:
    languages = side.prompt_languages if part == "prompt" else side.response_languages
    texts = side.prompts if part == "prompt" else side.responses
    rows = [place for place, language in enumerate(_known(languages)) if wanted(language)]
    return readability.counts_of([texts[place] for place in rows]), side.groups[rows]
