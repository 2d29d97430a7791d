"""The words that published datasets use for the fields of task types, and for their labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

# For each field the usual names of columns, the more telling first. Names as in the datasets on the Hugging Face Hub
# that FLAN, P3 and tasksource convert; compared without case, blanks, `_` and `-`.
FIELD_NAMES: Mapping[str, str] = {
    "premise": "sentence1 sent1 text1 texta context s1 passage",
    "hypothesis": "sentence2 sent2 text2 textb claim statement s2",
    "sentence1": "sent1 question1 text1 s1 sentencea texta original",
    "sentence2": "sent2 question2 text2 s2 sentenceb textb paraphrase",
    "label": "goldlabel answerkey labels class category intent sentiment gold correct correctanswer target answer "
    "topic polarity coarselabel finelabel binarylabel labeltext rating stars score",
    "labels": "label tags categories emotions classes",
    "score": "similarity similarityscore label relatedness relatednessscore reallabel rating",
    "question": "query input problem questiontext questionstem stem prompt q sentence",
    "answer": "answers answerstext target finalanswer output response number shortanswer value solution",
    "context": "passage paragraph article story background document text",
    "passage": "context paragraph article story background document",
    "options": "choices choicestext questionchoicestext candidates endings answerchoices alternatives answers opts",
    "rationale": "explanation othersolution solution reasoning chainofthought cot steps",
    "document": "article source dialogue text body report content story input",
    "summary": "highlights target tldr abstract headline goldsummary title",
    "text": "sentence tweet review content utterance comment headline body document title",
    "data": "linearizedinput meaningrepresentation mr triples tripleset linearizedtable table input",
    "corrected": "correction target fixed output reference",
    "utterance": "text sentence question command",
    "query": "sql program logicalform lf sparql mrl",
    "formalism": "querylanguage",
    "definition": "instruction instructions",
    "output": "response completion target answer",
    "source_text": "src source sourcesentence",
    "target_text": "tgt trg target translation targetsentence",
    "source_language": "srclang sourcelang",
    "target_language": "tgtlang targetlang trglang",
    "entities": "ner nertags spans",
    "relations": "triples relation",
    "slots": "slotvalues",
    "table": "tabledata",
}
# In data-to-text the text is what is to be written.
FIELD_NAMES_OF_TYPE: Mapping[str, Mapping[str, str]] = {
    "data_to_text": {"text": "tabletext target reference references sentence ref humanreference"},
    "table_to_text": {"text": "tabletext target reference references sentence"},
    "grammar_correction": {"text": "source incorrect original input sentence"},
    "coreference_resolution": {"candidates": "options optionss choices"},
    "boolean_qa": {"question": "input query sentence"},
}

# The choices of task types by the words that label them. A label is compared as the names of columns are.
CHOICE_WORDS: Mapping[str, str] = {
    "yes": "yes true entailment entails entailed duplicate paraphrase isparaphrase equivalent 1 t",
    "maybe": "maybe neutral unknown neither",
    "no": "no false contradiction contradicts contradictory notduplicate notparaphrase notequivalent 0 f",
    "negative": "negative neg bad",
    "neutral": "neutral neu",
    "positive": "positive pos good",
}
ENTAILMENT = frozenset(
    ["entailment", "entails", "neutral", "contradiction", "notentailment", "nonentailment", "entailed", "unknown"]
)
SENTIMENTS = frozenset(
    ["negative", "neutral", "positive", "neg", "pos", "neu", "verynegative", "verypositive", "mixed"]
)
TRUTH = frozenset(["yes", "no", "true", "false", "0", "1"])
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# What stands where there is no label: SNLI where annotators disagree, and hidden ones of test sets.
NO_LABEL = frozenset({"", "-", "-1"})
SENTIMENT_NAMES = re.compile(r"sentiment|review", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]+")
_MARKS = re.compile(r"[\s_.\-]+")


def plain(name: str) -> str:
    """A name without case, blanks and marks, for comparing; a number stays as it is, as -1 is not 1."""
    return name if _NUMBER.fullmatch(name) else _MARKS.sub("", name).lower()


def name_quality(task_type: str, field: str, name: str) -> float:
    """How well the name of a column fits a field: 1 if it is the same, then by its place among the usual ones; 0 if
    it is none of them.

    A member of a struct may have the field's name in its own or in both together.
    """
    usual = (FIELD_NAMES_OF_TYPE.get(task_type, {}).get(field) or FIELD_NAMES.get(field, "")).split()
    best = 0.0
    for candidate, weight in ((name, 1.0), (name.rpartition(".")[2], 0.9)):
        compared = plain(candidate)
        if compared == plain(field):
            best = max(best, weight)
        elif compared in usual:
            best = max(best, weight * (0.9 - 0.02 * usual.index(compared)))
    return best


def choice_of(label: str, choices: tuple[str, ...]) -> int | None:
    """The index of the choice that a label means, by the words for it; None if that cannot be told.

    Numbers say nothing but yes and no: 1 and 0 are these where there is nothing in between.
    """
    for index, choice in enumerate(choices):
        words = {plain(choice), *CHOICE_WORDS.get(plain(choice), "").split()}
        if plain(label) in words and not (label.isdigit() and len(choices) != 2):
            return index
    return None
