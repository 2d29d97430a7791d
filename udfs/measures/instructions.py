"""What English instructions ask for, as a verb and its object: `write` and `story`, `classify` and `sentiment`.

Self-Instruct (Wang et al. 2022, "Self-Instruct: Aligning Language Models with Self-Generated Instructions") reads the
root verb and its direct object off a parse. No parser comes with this program, so this is a heuristic over lists of
words (`instruction_words`), for English only:

1. The prompt is cut into clauses (at line breaks, sentence ends, colons, and at commas and `and` before a listed verb).
2. The first clause that begins, perhaps behind a lead-in such as *please* or *your task is to*, with a listed verb is
   the instruction; a verb that only points at something (*read*, *consider*) counts when no other is found.
3. Behind the verb, persons (*me*), particles and determiners are passed over; the last word before a preposition, a
   conjunction or a mark is the object (English noun phrases end with their head), in the singular. *whether*, *if* and
   question words are objects themselves: *determine whether*.
4. Without an instruction, the first question gives its question word and the noun behind it: `what` and `capital`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from taskmill.udfs.measures.instruction_words import (
    AUXILIARIES,
    BE,
    CLAUSES,
    DETERMINERS,
    LEAD_INS,
    LOOKING,
    NOUNS,
    PARTICLES,
    PERSONS,
    QUESTION_WORDS,
    STOPS,
    VERBS,
)

MOST_CHARS = 2_000  # of a prompt at its beginning, and as many at its end
MOST_PHRASE = 6  # words of a noun phrase
UP_WITH = ["up", "with"]  # come up with a title
NOUN_SIGNS = BE | AUXILIARIES | {",", "and", "or"}  # behind what looks like a verb: "Answer is", "Review, 2009"
_VERB = "|".join(sorted(VERBS))
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+|[\n\r]+|:\s+|;\s+|\s[-–—]\s")
_CLAUSE = re.compile(rf"[,)]\s+(?:and |then |your task is to |please )*(?=(?:{_VERB})\b)|\s+and\s+(?=(?:{_VERB})\b)")
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|\d+|[,;:.!?()\"“”\[\]{}]")
_LEAD_IN = re.compile(
    r"^(?:(?:" + "|".join(re.escape(one) for one in sorted(LEAD_INS, key=len, reverse=True)) + r")\b[\s,]*)+"
)
_LABEL = re.compile(r"^[\W\d_]+")
_TASK_CLAUSE = re.compile(  # a lead-in within a sentence: "In this task, you are given a text and you have to ..."
    r"\b(?:your (?:task|job|goal|objective) (?:is|will be) to|you (?:need|have|are asked|are required|are expected|"
    r"are supposed) to|you must|you should|the (?:task|goal) is to|we (?:ask|want) you to)\s+"
)
_WHO_ASKS = re.compile("|".join(QUESTION_WORDS))


class Request(NamedTuple):
    """What a prompt asks for; `object` is None where none was found behind the verb."""

    verb: str
    object: str | None


def request_of(prompt: str) -> Request | None:
    """What an English prompt asks for; None where neither an instruction nor a question is found."""
    sentences = _sentences(prompt)
    pointing: Request | None = None
    for sentence in sentences:
        for clause in _clauses(sentence):
            found = _instruction(clause)
            if found is None:
                continue
            if found.verb not in LOOKING:
                return found
            pointing = pointing or found
    return next(filter(None, map(_question, sentences)), pointing)


def requests(prompts: Sequence[str | None]) -> list[Request | None]:
    """What each prompt asks for; None for null, too."""
    return [None if prompt is None else request_of(prompt) for prompt in prompts]


def _sentences(prompt: str) -> list[str]:
    text = prompt if len(prompt) <= 2 * MOST_CHARS else f"{prompt[:MOST_CHARS]}\n{prompt[-MOST_CHARS:]}"
    return [part.strip() for part in _SENTENCE.split(text.lower().replace("’", "'")) if part.strip()]


def _clauses(sentence: str) -> list[str]:
    """The sentence, what stands behind a lead-in within it, and its parts that begin with a verb."""
    behind = [sentence[found.end() :] for found in _TASK_CLAUSE.finditer(sentence)]
    return [sentence, *behind, *_CLAUSE.split(sentence)[1:]]


def _instruction(clause: str) -> Request | None:
    text = _LEAD_IN.sub("", _LABEL.sub("", clause))
    words = _WORD.findall(text)
    if not words or words[0] not in VERBS:
        return None
    if words[0] in NOUNS if len(words) == 1 else words[1] in NOUN_SIGNS:
        return None
    return Request(words[0], _object(words[1:]))


def _question(sentence: str) -> Request | None:
    if not sentence.rstrip("\"')]} ").endswith("?"):
        return None
    text = _LABEL.sub("", sentence)
    found = _WHO_ASKS.match(text)
    if found is None:
        words = _WORD.findall(text)
        return Request(words[0], _object(words[1:])) if words and words[0] in AUXILIARIES else None
    words = _WORD.findall(text[found.end() :])
    while words and words[0] in AUXILIARIES | BE | PERSONS:
        words = words[1:]
    return Request(found.group(), _object(words))


def _object(words: list[str]) -> str | None:
    """The head of the noun phrase at the beginning of these words, or the word that opens a clause."""
    start = 0
    while start < len(words) and words[start] in PERSONS:
        start += 1
    if words[start : start + 2] == UP_WITH:
        start += 2
    elif start + 1 < len(words) and words[start] in PARTICLES and words[start + 1] in DETERMINERS:
        start += 1
    if start < len(words) and words[start] in CLAUSES - DETERMINERS:
        return words[start]
    while start < len(words) and (words[start] in DETERMINERS or words[start].isdigit()):
        start += 1
    phrase: list[str] = []
    for word in words[start : start + MOST_PHRASE]:
        if word in STOPS or word in DETERMINERS or not word[0].isalpha():
            break
        phrase.append(word)
    if len(phrase) > 1 and phrase[-1].endswith(("ed", "ing")):  # "a fact related to", "the entities involved in"
        phrase.pop()
    return _singular(phrase[-1]) if phrase else None


def _singular(noun: str) -> str:
    noun = noun.removesuffix("'s")
    if len(noun) < 4 or noun.endswith(("ss", "us", "is")):
        return noun
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun.removesuffix("s")
