"""A gate on instructions that name a closed set of outputs: do the answers keep to it?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from taskmill.udfs.gates.answers import MOST_LABELS, AnswerCounts
from taskmill.udfs.gates.verdicts import Limits, Verdict, judged, quoted

QUOTED = re.compile(
    r"\"(?P<double>[^\"\n]{1,60})\"|“(?P<curly>[^”\n]{1,60})”|`(?P<tick>[^`\n]{1,60})`"
    r"|(?<!\w)'(?P<single>[^'\n]{1,60})'(?!\w)"
)
BARE = re.compile(
    r"\b((?i:yes))\s*(?:/|or|and|,)\s*((?i:no))\b|\b((?i:true))\s*(?:/|or|and|,)\s*((?i:false))\b"
    r"|(?<![\w.])(\d)\s*(?:/|or)\s*(\d)(?![\w.]*\d)\b|\b([A-H])\s*(?:/|or)\s*([A-H])\b"
)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\"'“`])|\n+")
# What tells that a sentence is about the output, in the words that definitions use.
OUTPUT = re.compile(
    r"\b(?:answers?|outputs?|labels?|labell?ed|respon[ds]e?s?|reply|return|classify|classified|classification|categor\w+"
    r"|indicat\w+|generate|print|write|choose|select|mark|say|predict|give|determine|options?)\b",
    re.IGNORECASE,
)
EXAMPLE = re.compile(
    r"(?:\b(?:for example|for instance|such as|e\.?g\.?|i\.?e\.?|like|starts? with|begins? with|the words?"
    r"|keywords? (?:is|are)|prefix|called|contains?|containing|followed by|between)\b)[^.\"'“`]{0,40}$",
    re.IGNORECASE,
)
NORMAL = re.compile(r"[\s\W_]+")
KEEPING = 0.5  # of the examples: when fewer have a named output, the quotes are about something else
FEWEST = 2


def named_outputs(definition: str) -> tuple[str, ...]:
    """The outputs that an instruction names as a closed set: the quoted texts of sentences about the output, and
    pairs such as `yes or no`, `1 or 2`; none where there are fewer than two."""
    found: dict[str, str] = {}
    for sentence in SENTENCE.split(definition):
        if not OUTPUT.search(sentence):
            continue
        is_example = False
        for match in QUOTED.finditer(sentence):
            before = sentence[: match.start()]
            joined = re.search(r"[\"'”`]\s*(?:,|/|or|and|,\s*or|,\s*and)\s*$", before) is not None
            is_example = is_example if joined else EXAMPLE.search(before) is not None
            if not is_example:
                text = next(group for group in match.groups() if group is not None)
                found.setdefault(normal(text), text)
        for match in BARE.finditer(sentence):
            found.update({normal(text): text for text in match.groups() if text and normal(text) not in found})
    found.pop("", None)
    return tuple(found.values()) if len(found) >= FEWEST else ()


def normal(text: str) -> str:
    """An output without case, blanks and punctuation; a text that is nothing else, as it is."""
    return NORMAL.sub(" ", text.lower()).strip() or text.strip()


def outside_definition(definition: str, counts: AnswerCounts, limits: Limits) -> Verdict | None:
    """The share of examples whose answer is none of the outputs that the instruction names.

    Super-NaturalInstructions has people look for this; here the named set is read off the text, with care: unless half
    of the examples keep to it, or all answers are a few labels too, the quotes are taken to mean something else. None
    then, and where no set is named. None too where answers are so many that only the most frequent are known, and a
    named one is not among these: how many are others cannot be told.
    """
    named = named_outputs(definition)
    if not named or not counts.examples:
        return None
    known = {normal(text) for text in named}
    if len(counts.top) < counts.distinct and not known <= {normal(one.text) for one in counts.top}:
        return None
    inside = sum(one.count for one in counts.top if normal(one.text) in known)
    are_labels = counts.distinct <= min(MOST_LABELS, len(named) + 2) and 3 * counts.distinct <= counts.examples
    if inside < KEEPING * counts.examples and not are_labels:
        return None
    others = [one for one in counts.top if normal(one.text) not in known]
    outside = counts.examples - inside
    names = f"the instruction names {', '.join(map(quoted, named[:4]))}" + (", …" if len(named) > 4 else "")
    if not outside:
        return judged("outside_definition", 0.0, limits, f"{names}; all {counts.examples:,} answers are of these")
    seen = ", ".join(f"{quoted(one.text)} {one.count:,}" for one in others[:3])
    told = f"{names}; {outside:,} of {counts.examples:,} answers are others: {seen}"
    return judged("outside_definition", outside / counts.examples, limits, told, [one.example_id for one in others])


def constant_definition(constants: Mapping[str, str]) -> str:
    """The instruction that a task's data bring: the fields that are equal in all examples."""
    return "\n".join(text for _, text in sorted(constants.items()))
