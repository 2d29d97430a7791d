"""What may be wrong with a pair: a function over columns of pairs for each thing, true where it is wrong.

A new check is one function here, its line in `CHECKS`, and a case of something wrong and of a near miss in its test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ftfy.badness import is_bad

from taskmill.udfs.pair_checks.texts import Texts
from taskmill.udfs.rendering.columns import Column, Constant, Mask

BYTES_A_TOKEN = 4  # about what byte-pair encodings of large vocabularies make of English; other scripts differ
REPEATED_SHARE = 0.3
GRAM = 5
LEAST_REPETITIVE_BYTES = 150
LEAST_ANSWER_CHARS = 4  # a shorter answer stands in many prompts by chance
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORD = re.compile(r"\w+")
OPTION_LABEL = re.compile(r"\(?(?:[A-Za-z]|\d{1,2})[).:]?")
# "Idea number 2 makes sense.", "It is option (B)."
TOLD_LABEL = re.compile(r"(?i:\b(?:number|option|choice|answer|letter))(?i: is)?:?\s+\(?([A-Z]|\d{1,2})(?!\w)")
OPENING, CLOSING = "([{", ")]}"
MARKUP = (
    r"(?i)</?(?:br|p|div|span|a|b|i|u|em|strong|li|ul|ol|td|tr|th|table|h[1-6]|img|font|sub|sup|script)(?:\s[^<>]*)?/?>"
)
ENTITY = r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});"
REFUSAL = (
    r"(?i)^(?:i[’']?m sorry,? but i (?:can|am un)|i (?:can(?:no|['’])t|am unable to|am not able to) (?:assist|help|"
    r"fulfil|comply|provide|answer)|sorry,? (?:but )?i can(?:no|['’])t|as an ai\b|as a (?:large )?language model\b)"
)
BLANK = r"^[\s\pZ\p{Cf}\x{115F}\x{1160}\x{3164}\x{2800}]*$"


@dataclass(frozen=True)
class Pairs:
    """Pairs of one template.

    Attributes:
        prompts, responses: shape (n,).
        fields: the example's fields by name, n rows each.
        choices: the answers offered or possible, where the pairs have a gold one among them.
        hidden: the answers, where the prompts must not hold them.
        is_structured: whether the response is a structure: a tree, spans, a table.
        reshaped: the text fields that the template does not print as they are.
        max_tokens, max_ratio: bounds; of the pair in estimated tokens, of response to prompt in bytes.
        repetitive: what is known of responses already, as the templates of an example often share one.
    """

    prompts: Texts
    responses: Texts
    fields: Mapping[str, Column] = field(default_factory=dict)
    choices: Column | None = None
    hidden: Column | None = None
    is_structured: bool = False
    reshaped: tuple[str, ...] = ()
    max_tokens: int = 8192
    max_ratio: float = 20.0
    repetitive: dict[str, bool] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.prompts)

    def nowhere(self) -> Mask:
        return self.prompts.nowhere()


def blank_side(pairs: Pairs) -> Mask:
    """A side holds nothing that can be seen: characters of no width, or blanks that `strip` leaves."""
    return pairs.prompts.matching(BLANK) | pairs.responses.matching(BLANK)


def response_is_prompt(pairs: Pairs) -> Mask:
    """The response is the prompt."""
    same = np.flatnonzero(pairs.prompts.sizes == pairs.responses.sizes)
    found = pairs.nowhere()
    if len(same):
        rows = pa.array(same)
        found[same] = pc.equal(pairs.prompts.array.take(rows), pairs.responses.array.take(rows))
    return found


def unresolved_braces(pairs: Pairs) -> Mask:
    """What looks like a slot or a statement of a template is left in the text."""
    found = pairs.nowhere()
    for side in (pairs.prompts, pairs.responses):
        candidates = side.having_any("{{", "{%")
        found |= side.matching(r"\{\{\s*[\w.\[\]'\"| ()]+\}\}|\{%-?\s*\w+", candidates)
    return found


def leftover_separator(pairs: Pairs) -> Mask:
    """The mark between prompt and response, or between choices, is left in the text."""
    return pairs.prompts.having("|||") | pairs.responses.having("|||")


def markup(pairs: Pairs) -> Mask:
    """HTML tags or character references are left in the text."""
    found = pairs.nowhere()
    for side in (pairs.prompts, pairs.responses):
        found |= side.matching(
            MARKUP,
            side.having_any(
                "<",
            )
            & side.having(">"),
        )
        found |= side.matching(ENTITY, side.having("&"))
    return found


def replacement_character(pairs: Pairs) -> Mask:
    """U+FFFD, which stands for bytes that some decoder could not read."""
    return pairs.prompts.having("\ufffd", rarest=1) | pairs.responses.having("\ufffd", rarest=1)


def mojibake(pairs: Pairs) -> Mask:
    """Text in one encoding was read as another: sequences that ftfy finds unlikely in any language."""
    found = pairs.nowhere()
    for side in (pairs.prompts, pairs.responses):
        # What UTF-8 read as Latin-1 or Windows-1252 begins with; ftfy alone takes longer than rendering.
        candidates = side.having_any("Ã", "Â", "â€", "ð", "Ð", "Ñ", "Î", "Ï")
        found |= side.satisfying(is_bad, candidates)
    return found


def truncated_response(pairs: Pairs) -> Mask:
    """The response ends in dots of omission."""
    texts = pairs.responses.array
    return np.asarray(pc.or_(pc.ends_with(texts, "..."), pc.ends_with(texts, "…")), np.bool_)


def too_many_tokens(pairs: Pairs) -> Mask:
    """The pair is longer than `max_tokens`, at four bytes of UTF-8 a token."""
    return np.asarray(pairs.prompts.sizes.astype(np.int64) + pairs.responses.sizes > BYTES_A_TOKEN * pairs.max_tokens)


def long_response(pairs: Pairs) -> Mask:
    """The response is more than `max_ratio` times as long as the prompt."""
    return np.asarray(pairs.responses.sizes > pairs.max_ratio * pairs.prompts.sizes)


def answer_in_prompt(pairs: Pairs) -> Mask:
    """The answer stands in the prompt, as whole words, though the task is to know it."""
    found = pairs.nowhere()
    if pairs.hidden is None:
        return found
    for row, (prompt, answer) in enumerate(
        zip(pairs.prompts.array.to_pylist(), pairs.hidden.items(len(pairs)), strict=True)
    ):
        found[row] = isinstance(answer, str) and stands_in(answer.strip(" .!?\"'").casefold(), prompt.casefold())
    return found


def stands_in(answer: str, text: str) -> bool:
    """Whether the answer, unless it is very short, is in the text, not as a part of longer words."""
    if len(answer) < LEAST_ANSWER_CHARS or answer not in text:
        return False
    starts, ends = r"(?<!\w)" if answer[0].isalnum() else "", r"(?!\w)" if answer[-1].isalnum() else ""
    return re.search(starts + re.escape(answer) + ends, text) is not None


def not_a_choice(pairs: Pairs) -> Mask:
    """The response names none of the choices, nor the label of an option."""
    found = pairs.nowhere()
    if pairs.choices is None:
        return found
    if isinstance(pairs.choices, Constant):  # then there are few different responses
        encoded = pairs.responses.array.dictionary_encode()
        wrong = [not names_choice(text, pairs.choices.value) for text in encoded.dictionary.to_pylist()]
        return np.asarray(np.array(wrong, np.bool_)[encoded.indices.to_numpy()] if wrong else found)
    for row, (text, choices) in enumerate(
        zip(pairs.responses.array.to_pylist(), pairs.choices.items(len(pairs)), strict=True)
    ):
        found[row] = choices is not None and not names_choice(text, choices)
    return found


def names_choice(response: str, choices: Sequence[object]) -> bool:
    """Whether the response holds one of the choices, is an option's label (`B`, `(b)`, `3.`), or tells one by name:
    `option B`, `number 3`."""
    if any(str(choice) in response for choice in choices) or OPTION_LABEL.fullmatch(response):
        return True
    told = response.casefold()
    return any(str(choice).casefold().strip() in told for choice in choices) or any(
        _is_label(match.group(1), len(choices)) for match in TOLD_LABEL.finditer(response)
    )


def _is_label(text: str, options: int) -> bool:
    """Whether a number or letter is that of one of so many options."""
    place = int(text) - 1 if text.isdecimal() else ord(text) - ord("A")
    return 0 <= place < options


def repetitive_response(pairs: Pairs) -> Mask:
    """Of the runs of five words of the response too many stand in it already. Rae and others (2021, "Scaling Language
    Models", table A1) allow 0.15 of the characters of a web page; answers are shorter, and lists repeat words.
    """
    found = pairs.nowhere()
    for row in np.flatnonzero(pairs.responses.sizes >= LEAST_REPETITIVE_BYTES).tolist():
        text = pairs.responses.array[row].as_py()
        if text not in pairs.repetitive:
            pairs.repetitive[text] = is_repetitive(text)
        found[row] = pairs.repetitive[text]
    return found


def is_repetitive(text: str) -> bool:
    """Whether more than `REPEATED_SHARE` of the runs of `GRAM` words are not the first of their kind."""
    words = text.split()
    count = len(words) - GRAM + 1
    if count < GRAM:
        return False
    allowed = (1 - REPEATED_SHARE) * count
    if len(set(words)) - GRAM + 1 >= allowed:  # a new word makes all runs that end in it new
        return False
    return len(set(zip(*(words[start:] for start in range(GRAM)), strict=False))) < allowed


def unbalanced_brackets(pairs: Pairs) -> Mask:
    """A structure has a bracket without its other half."""
    if not pairs.is_structured:
        return pairs.nowhere()
    return pairs.responses.satisfying(lambda text: not is_balanced(text), pairs.responses.matching(r"^[(\[{]"))


def is_balanced(text: str) -> bool:
    """Whether every bracket has its other half; those in double quotes do not count."""
    waiting: list[str] = []
    for character in re.sub(r'"(?:\\.|[^"\\])*"', "", text):
        if character in OPENING:
            waiting.append(CLOSING[OPENING.index(character)])
        elif character in CLOSING and (not waiting or waiting.pop() != character):
            return False
    return not waiting


def lost_number(pairs: Pairs) -> Mask:
    """A number of a text that the template reshapes stands on neither side of the pair."""
    found = pairs.nowhere()
    for name in pairs.reshaped:
        values = pairs.fields[name].items(len(pairs)) if name in pairs.fields else ()
        for row, value in enumerate(values):
            numbers = set(NUMBER.findall(value)) if isinstance(value, str) else set()
            if numbers:
                sides = f"{pairs.prompts.array[row].as_py()}\n{pairs.responses.array[row].as_py()}"
                found[row] |= not numbers.issubset(NUMBER.findall(sides))
    return found


def refusal(pairs: Pairs) -> Mask:
    """The response is a model's excuse, not an answer."""
    return pairs.responses.matching(REFUSAL) | pairs.responses.having("AI language model")
