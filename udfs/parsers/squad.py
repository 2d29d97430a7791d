"""SQuAD: questions about paragraphs, with answers that are spans of them, in nested JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.json_documents import Node, ShapeError, document
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File, Found, Record, shown

ANSWERS = pa.list_(pa.struct([("text", pa.string()), ("answer_start", pa.int32())]))
SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("title", pa.string()), ("context", pa.string()), ("question", pa.string()),
        ("answers", ANSWERS), ("is_impossible", pa.bool_()), ("plausible_answers", ANSWERS),
        ("offsets_fit", pa.bool_()),
    ]
)  # fmt: skip

Answer = dict[str, Any]


@dataclass(frozen=True)
class Squad:
    """SQuAD 1.1 (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250) and 2.0 (Rajpurkar et al. 2018,
    https://arxiv.org/abs/1806.03822), as https://rajpurkar.github.io/SQuAD-explorer publishes them.

    One record a question, in the order of the file. `answer_start` counts code points. `title` and
    `plausible_answers` are null and `is_impossible` is false when absent. `offsets_fit` is whether each answer,
    plausible ones included, stands in the context where it should.

    Where a key is missing or of the wrong kind, the smallest thing around it is a bad record with its path: the
    answer's question, the paragraph with all its questions, or the article.
    """

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def records(self, file: File) -> Iterator[Found]:
        """Every question of a file; see `Parser.records`."""
        top = document(file.content)
        if isinstance(top, BadRecord):
            yield top
            return
        try:
            articles = Node(top).member("data").items()
        except ShapeError as error:
            yield BadRecord(UNREADABLE_FILE, str(error), shown(file.content))
            return
        for article in articles:
            yield from _article(article)


def _article(article: Node) -> Iterator[Found]:
    try:
        title = article.get("title")
        shared = {"title": None if title is None else title.text()}
        paragraphs = article.member("paragraphs").items()
    except ShapeError as error:
        yield article.refused(error)
        return
    for paragraph in paragraphs:
        yield from _paragraph(paragraph, shared)


def _paragraph(paragraph: Node, shared: dict[str, Any]) -> Iterator[Found]:
    try:
        shared = {**shared, "context": paragraph.member("context").text()}
        questions = paragraph.member("qas").items()
    except ShapeError as error:
        yield paragraph.refused(error)
        return
    for question in questions:
        try:
            yield Record({**shared, **_question(question, shared["context"])})
        except ShapeError as error:
            yield question.refused(error)


def _question(question: Node, context: str) -> dict[str, Any]:
    impossible, plausible = question.get("is_impossible"), question.get("plausible_answers")
    answers = _answers(question.member("answers"))
    plausible_answers = None if plausible is None else _answers(plausible)
    return {
        "id": question.member("id").text(),
        "question": question.member("question").text(),
        "answers": answers,
        "is_impossible": impossible is not None and impossible.boolean(),
        "plausible_answers": plausible_answers,
        "offsets_fit": all(_fits(answer, context) for answer in answers + (plausible_answers or [])),
    }


def _answers(answers: Node) -> list[Answer]:
    return [
        {"text": answer.member("text").text(), "answer_start": answer.member("answer_start").integer()}
        for answer in answers.items()
    ]


def _fits(answer: Answer, context: str) -> bool:
    start: int = answer["answer_start"]
    return 0 <= start <= len(context) and context.startswith(answer["text"], start)
