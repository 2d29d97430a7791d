"""What the values of columns say for a task type or against it, whatever the columns are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

from taskmill.jobs.guessing.columns import Column, sample, texts_in
from taskmill.jobs.guessing.derived import NEARLY_ALL, OPTIONS_LINE, WORKED, share_of, some
from taskmill.jobs.guessing.kinds import NUMBER
from taskmill.jobs.guessing.vocabulary import ENTAILMENT, LETTERS, SENTIMENT_NAMES, SENTIMENTS, TRUTH, plain

LONG_TEXT = 250  # characters: passages and documents are longer, questions shorter
QUESTION_MARKS = ("?", "\u061f", "\uff1f", "\u037e")  # Latin, Arabic, full width, Greek
FEW = 0.05  # of the rows
LEAST_SENTENCE = 20  # characters
MANY_LABELS = 20
COMPARED_CHARS = 500  # of two texts: what compares them takes the square of their lengths at worst
NUMBER_IN_ANSWER = re.compile(r"[-$€£(]?[0-9][0-9,. ]{0,30}[%°]?|.{0,20}\\frac.{0,40}", re.DOTALL)
COMMONSENSE = re.compile(r"common_?sense|csqa|hellaswag|piqa|copa|swag|siqa|winogrande", re.IGNORECASE)
INTENT = re.compile(r"intent|banking|clinc|atis|snips|assistant", re.IGNORECASE)
TOPIC, NEWS = re.compile(r"topic|news|category", re.IGNORECASE), re.compile(r"topic|news", re.IGNORECASE)
RECORD_MARK = re.compile(r"[|;=\[\]<>{}]|: ")
SIMILARITY = re.compile(r"sts|simil|related", re.IGNORECASE)


@dataclass(frozen=True)
class Evidence:
    """0 speaks against the task type, 0.5 says nothing, 1 speaks for it."""

    weight: float = 0.5
    reasons: tuple[str, ...] = ()


Chosen = Mapping[str, Column]
Check = Callable[[Chosen, Sequence[Column], str], Evidence]


def evidence_for(task_type: str, chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    """The evidence for a task type; that of a type without a check says nothing.

    Args:
        chosen: the columns by the fields of the type.
        columns: all of them.
        name: of the files and their folder.
    """
    check = CHECKS.get(task_type)
    return check(chosen, columns, name) if check is not None else Evidence()


def _labels(chosen: Chosen, field: str = "label") -> set[str]:
    column = chosen.get(field)
    return {plain(label) for label in column.labels} if column else set()


def _of_labels(wanted: frozenset[str], what: str, telling: int = 1) -> Check:
    def check(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
        labels = _labels(chosen)
        if not labels:
            return Evidence(0.2)
        if labels <= wanted and sum(not label.isdigit() for label in labels) >= telling:
            return Evidence(1.0, (f"the labels are {what}",))
        # Numbers say nothing by themselves; beside reviews they are ratings or sentiments.
        is_named = SENTIMENT_NAMES.search(f"{name} {' '.join(column.name for column in columns)}") is not None
        return Evidence(0.5 if is_named and all(label.isdigit() for label in labels) else 0.0)

    return check


def _natural_language_inference(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    labels = _labels(chosen)
    if labels & {"entailment", "contradiction", "notentailment", "entails"} and labels <= ENTAILMENT:
        return Evidence(1.0, ("the labels are those of entailment",))
    return Evidence(0.4 if labels and all(label.isdigit() for label in labels) and len(labels) <= 3 else 0.1)


def _paraphrase(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    labels = _labels(chosen)
    if len(labels) == 2 and not labels & ENTAILMENT:
        return Evidence(0.8, ("two labels for two sentences",))
    return Evidence(0.0)


def _similarity(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    score = chosen.get("score")
    if score is None or score.distinct_count < 4:
        return Evidence(0.0)
    numbers = [float(value) for value in score.present]
    if min(numbers) < 0 or max(numbers) > 5:
        return Evidence(0.2)
    is_named = score.kind.name == NUMBER or SIMILARITY.search(name) is not None
    return Evidence(1.0 if is_named else 0.6, (f"scores from {min(numbers):g} to {max(numbers):g}",))


def _classification(prefers: re.Pattern[str], opposes: re.Pattern[str], least_labels: int) -> Check:
    def check(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
        labels, label, text = _labels(chosen), chosen.get("label"), chosen.get("text")
        if not labels or label is None or text is None or labels <= SENTIMENTS | TRUTH | ENTAILMENT:
            return Evidence(0.1)
        if label.name in ("answer", "target") or sum(column.is_text for column in columns) > 3:
            return Evidence(0.2)
        if prefers.search(f"{name} {label.name}") and not opposes.search(name):
            return Evidence(0.9, (f"{len(labels)} labels, and the name",))
        return Evidence(0.45 if len(labels) >= least_labels else 0.4)

    return check


def _multi_label(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    labels = chosen.get("labels")
    return Evidence(0.9, ("a list of labels",)) if labels is not None and labels.is_text_list else Evidence(0.0)


def _extractive_qa(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    context, answer = chosen.get("context"), chosen.get("answer")
    if context is None or answer is None:
        return Evidence(0.0)
    pairs = [
        (str(text), texts_in(value)[:1] or [str(value)])
        for text, value in some(list(zip(context.values, answer.values, strict=True)))
        if text and value
    ]
    inside = sum(given[0].strip() in text for text, given in pairs) / max(1, len(pairs))
    if inside > 0.8:
        return Evidence(1.0, (f"{inside:.0%} of the answers stand in the context",))
    return Evidence(inside / 2)


def _generation_from_passage(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    """Everything that extractive question answering has can be asked the other way round: a second use."""
    return Evidence(0.25)


def _has_some_options(question: Column) -> bool:
    """Whether some questions have options of their own: rows of another task type are among them."""
    return share_of(question, lambda text: OPTIONS_LINE in text) > FEW


def _closed_book_qa(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    question, answer = chosen.get("question"), chosen.get("answer")
    if question is None or answer is None or answer.labels or _has_options(columns) or _has_some_options(question):
        return Evidence(0.0)
    used = {question.name, answer.name}
    if any(column.is_text and column.median_chars > LONG_TEXT and column.name not in used for column in columns):
        return Evidence(0.1, ())
    if share_of(answer, lambda text: NUMBER_IN_ANSWER.fullmatch(text.strip()) is not None) > 0.7:
        return Evidence(0.1)
    if share_of(question, lambda text: text.rstrip().endswith(QUESTION_MARKS)) < 0.5 and question.name != "question":
        return Evidence(0.1)
    return Evidence(0.7 if question.median_chars < LONG_TEXT and answer.median_chars < 60 else 0.2)


def _math(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    question, answer = chosen.get("question"), chosen.get("answer")
    if question is None or answer is None or _has_options(columns) or _has_some_options(question):
        return Evidence(0.0)
    if answer.origin == WORKED:
        return Evidence(1.0, ("answers end with #### and a result",))
    share = share_of(answer, lambda text: NUMBER_IN_ANSWER.fullmatch(text.strip()) is not None)
    if share > 0.7 and answer.distinct_count > 5:
        return Evidence(1.0, (f"{share:.0%} of the answers are numbers",))
    if share > 0.4 and share_of(question, lambda text: "$" in text or "\\" in text) > 0.5:
        return Evidence(0.9, ("questions in LaTeX, answers mostly numbers",))
    return Evidence(0.0)


def _has_options(columns: Iterable[Column]) -> bool:
    """Whether there is a list of options, or a column of the letters of options."""
    lettered = any(column.labels and set(column.labels) <= set(LETTERS) for column in columns)
    return lettered and any(column.is_text_list and not column.labels for column in columns)


def _choosing(is_commonsense: bool) -> Check:
    def check(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
        options, label = chosen.get("options"), chosen.get("label")
        if options is None or label is None:
            return Evidence(0.0)
        if options.name == label.name or len(label.labels) > len(LETTERS):
            return Evidence(0.1)
        named = COMMONSENSE.search(name) is not None
        return Evidence(1.0 if named == is_commonsense else 0.6, ("a list of options and the right one of them",))

    return check


def _boolean_qa(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    labels = _labels(chosen)
    if not labels or not labels <= TRUTH or "question" not in chosen:
        return Evidence(0.0)
    return Evidence(1.0 if labels & {"yes", "true"} else 0.5, ("the labels are yes and no",))


def _summarization(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    document, summary = chosen.get("document"), chosen.get("summary")
    if document is None or summary is None:
        return Evidence(0.0)
    ratio = document.median_chars / max(1.0, summary.median_chars)
    if document.median_chars < LONG_TEXT or ratio < 2.5:
        return Evidence(0.1)
    return Evidence(0.9, (f"the document is {ratio:.0f} times as long as the summary",))


def _grammar(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    text, corrected = chosen.get("text"), chosen.get("corrected")
    if text is None or corrected is None:
        return Evidence(0.0)
    pairs = zip(sample(text), sample(corrected), strict=False)
    ratios = [SequenceMatcher(None, a[:COMPARED_CHARS], b[:COMPARED_CHARS], False).ratio() for a, b in pairs]
    alike = median(ratios) if ratios else 0.0
    return Evidence(0.9, ("the two texts are nearly alike",)) if alike > 0.8 else Evidence(0.0)


def _data_to_text(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    data = chosen.get("data")
    if data is None or "text" not in chosen or chosen["text"].median_chars < LEAST_SENTENCE:
        return Evidence(0.0)
    share = share_of(data, lambda text: len(RECORD_MARK.findall(text)) >= 2)
    return Evidence(0.9, ("records with marks between their parts",)) if share > NEARLY_ALL else Evidence(0.0)


def _coreference(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    text, pronoun = chosen.get("text"), chosen.get("pronoun")
    if text is None or pronoun is None:
        return Evidence(0.0)
    pairs = [pair for pair in some(list(zip(text.values, pronoun.values, strict=True))) if all(pair)]
    inside = sum(str(word) in str(whole) for whole, word in pairs) / max(1, len(pairs))
    return Evidence(inside, (f"{inside:.0%} of the pronouns stand in the text",))


def _translation(chosen: Chosen, columns: Sequence[Column], name: str) -> Evidence:
    source, target = chosen.get("source_text"), chosen.get("target_text")
    if source is None or target is None or source.language is None or target.language is None:
        return Evidence(0.2)
    if source.language == target.language:
        return Evidence(0.0)
    return Evidence(1.0, (f"texts in {source.language} and {target.language}",))


CHECKS: Mapping[str, Check] = {
    "natural_language_inference": _natural_language_inference,
    "paraphrase_identification": _paraphrase,
    "semantic_similarity": _similarity,
    "sentiment_classification": _of_labels(SENTIMENTS, "sentiments"),
    "topic_classification": _classification(TOPIC, INTENT, 3),
    "intent_detection": _classification(INTENT, NEWS, MANY_LABELS),
    "multi_label_classification": _multi_label,
    "extractive_qa": _extractive_qa,
    "question_generation": _generation_from_passage,
    "question_answer_generation": _generation_from_passage,
    "closed_book_qa": _closed_book_qa,
    "math_word_problem": _math,
    "multiple_choice_qa": _choosing(False),
    "commonsense_reasoning": _choosing(True),
    "boolean_qa": _boolean_qa,
    "summarization": _summarization,
    "grammar_correction": _grammar,
    "data_to_text": _data_to_text,
    "coreference_resolution": _coreference,
    "translation": _translation,
}
