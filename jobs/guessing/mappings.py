"""Fields of a task type as Spark SQL over the columns that were found for them, and what is left to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from taskmill.jobs.guessing.columns import Column
from taskmill.jobs.guessing.derived import NEARLY_ALL, OPTION, OPTION_SQL, some
from taskmill.jobs.guessing.kinds import INTEGER, NUMBER, TEXT, literal
from taskmill.jobs.guessing.tasks import Asked, Candidate
from taskmill.jobs.guessing.vocabulary import LETTERS, choice_of

LABELS_CHARS = 60  # of those in a question
TYPE_NAMES: Mapping[str, str] = {
    "PER": "person", "LOC": "location", "ORG": "organization", "MISC": "miscellaneous", "GPE": "place",
}  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """SQL for a field, and what a person has to look at; without SQL the field is theirs to write."""

    sql: str = ""
    todo: str = ""


@dataclass(frozen=True)
class TaskDraft:
    """How a source may serve a task type; as in `tasks` of a source."""

    task_type: str
    fields: Mapping[str, Expression]
    choices: tuple[str, ...] = ()
    choices_todo: str = ""
    answers: str = ""
    where: str = ""


@dataclass
class _Drafting:
    asked: Asked
    columns: Mapping[str, Column]
    choices: tuple[str, ...] = ()
    choices_todo: str = ""
    answers: str = ""
    found: dict[str, Expression] = field(default_factory=dict)


def task_draft(candidate: Candidate) -> TaskDraft:
    """The task of a candidate: every required field, and the others that have a column."""
    drafting = _Drafting(candidate.asked, candidate.columns)
    for name, kind in candidate.asked.fields.items():
        column = candidate.columns.get(name)
        if column is None:
            if not kind.optional:
                drafting.found[name] = Expression(todo="which columns hold it?")
        elif kind.is_labels:
            drafting.found[name] = _label(drafting, column, is_list=kind.kind == "list")
        elif kind.kind == "text":
            drafting.found[name] = _text(drafting, name, column)
        elif kind.kind in ("number", "integer"):
            cast = "double" if kind.kind == "number" else "int"
            drafting.found[name] = Expression(f"CAST({column.sql} AS {cast})" if column.stored else column.sql)
        else:
            drafting.found[name] = Expression(_texts(column))
    return TaskDraft(
        candidate.asked.name, drafting.found, drafting.choices, drafting.choices_todo, drafting.answers
    )  # fmt: skip


def _text(drafting: _Drafting, name: str, column: Column) -> Expression:
    if column.is_text_list and (name,) == drafting.asked.answer:
        drafting.answers = "all"
        todo = f"several right answers each? If {column.name} has the parts of one, use array_join and drop `answers`"
        lengths = {len(value) for value in column.present}
        return Expression(f"transform({column.sql}, one -> trim(one))", todo if lengths != {1} else "")
    if column.is_text_list:
        return Expression(f"trim(array_join({column.sql}, ' '))")
    if column.kind.name in (INTEGER, NUMBER) and not column.stored:
        return Expression(f"CAST({column.sql} AS string)")
    return Expression(f"trim({column.sql})")


def _texts(column: Column) -> str:
    """A list of texts, without letters in front of them where there are such."""
    items = [item for value in some(column.present) for item in value if isinstance(item, str)]
    if items and sum(OPTION.match(item) is not None for item in items) > NEARLY_ALL * len(items):
        return f"transform({column.sql}, one -> trim(regexp_replace(one, {OPTION_SQL}, '')))"
    return column.sql


def _label(drafting: _Drafting, column: Column, is_list: bool) -> Expression:
    choices, labels = drafting.asked.choices, column.labels
    if isinstance(choices, str):
        return _option(drafting.columns.get(choices), column)
    order = None if choices is None else _order(labels, choices)
    if choices is not None and order is not None:
        if len(order) < len(choices):
            drafting.choices = tuple(choices[index] for index in order)
        todo = "0 is taken for No, 1 for Yes: right?" if all(label.isdigit() for label in labels) else ""
        return Expression(_index(column, tuple(order.values()), is_list), todo)
    if all(label.isdigit() for label in labels):
        shown = ", ".join(choices) if choices is not None else "what?"
        if choices is None:
            drafting.choices_todo = f"the words for the labels {', '.join(labels)}, in this order"
            return Expression(_index(column, labels, is_list))
        return Expression(todo=f"the labels are {', '.join(labels)}; which is {shown}?")
    drafting.choices = _in_words(labels)
    drafting.choices_todo = "the labels that were seen: are these all, and in words that fit the prompts?"
    return Expression(_index(column, labels, is_list))


def _option(options: Column | None, column: Column) -> Expression:
    """The index of the right option, given by its letter or its number."""
    labels = column.labels
    letters = [label for label in labels if label in LETTERS]
    lettered = sum(str(value) in LETTERS for value in column.present)
    if len(letters) == len(labels) or (letters and lettered > NEARLY_ALL * len(column.present)):
        last = LETTERS.index(max(letters))
        widest = max((len(value) for value in options.present), default=0) if options else 0
        others = ", ".join(label for label in labels if label not in LETTERS)[:LABELS_CHARS]
        todo = f"rows with the labels {others} are refused: right?" if others else ""
        return Expression(_index(column, LETTERS[: max(last + 1, min(widest, len(LETTERS)))], False), todo)
    if all(label.isdigit() for label in labels):
        numbers = [int(label) for label in labels]
        sql = f"CAST({column.sql} AS int)" if column.stored or column.kind.name == TEXT else column.sql
        if min(numbers) == 0:
            return Expression(sql)
        return Expression(f"{sql} - 1", "the first option is taken for number 1: right?")
    return Expression(todo=f"the labels are {', '.join(labels[:8])}; which option is each?")


def _order(labels: Sequence[str], choices: tuple[str, ...]) -> dict[int, str] | None:
    """The labels by the choices they mean, in the order of the choices; None unless each means one of its own."""
    found = {index: label for label in labels if (index := choice_of(label, choices)) is not None}
    return dict(sorted(found.items())) if len(found) == len(labels) >= 2 else None


def _index(column: Column, labels: Sequence[str], is_list: bool) -> str:
    """The place of a label among these, from 0; -1 for another, which is refused."""
    array = f"array({', '.join(map(literal, labels))})"
    if is_list:
        return f"transform({column.sql}, one -> array_position({array}, one) - 1)"
    is_text = column.kind.name == TEXT or column.stored
    return f"array_position({array}, {column.sql if is_text else f'CAST({column.sql} AS string)'}) - 1"


def _in_words(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels as texts that can be read, as long as they stay different."""
    words = tuple(" ".join(label.replace("_", " ").replace("-", " ").split()).lower() or label for label in labels)
    return words if len(set(words)) == len(words) else tuple(labels)


def structured_tasks(format_name: str, columns: Sequence[Column], known: Mapping[str, Asked]) -> list[TaskDraft]:
    """The tasks of a format whose columns are always the same; none for the others."""
    names = {column.name for column in columns}
    return [draft for draft in _structured(format_name, names, columns) if draft.task_type in known]


def _structured(format_name: str, names: set[str], columns: Sequence[Column]) -> list[TaskDraft]:
    if format_name == "squad":
        fields = {
            "context": "trim(context)", "question": "trim(question)",
            "answer": "transform(answers, given -> trim(given.text))",
        }  # fmt: skip
        return [_draft("extractive_qa", fields, answers="all", where="size(answers) > 0")]
    if format_name == "super_natural_instructions":
        fields = {
            "definition": "definition", "input": "input", "output": "output",
            "demonstrations": "CASE WHEN size(positive_examples) > 0 THEN positive_examples END",
            "counterexamples": "CASE WHEN size(negative_examples) > 0 THEN negative_examples END",
        }  # fmt: skip
        return [_draft("instructed_task", fields, answers="all")]
    if format_name == "parallel_text":
        fields = {
            "source_text": "trim(source_text)", "target_text": "trim(target_text)",
            "source_language": "source_language", "target_language": "target_language",
        }  # fmt: skip
        return [_draft("translation", fields)]
    if format_name == "conllu":
        tagged, tree = "w -> struct(w.form, w.upos)", "w -> struct(w.id, w.form, w.head, w.deprel)"
        return [
            _draft("part_of_speech_tagging", {"text": "text", "words": f"transform(words, {tagged})"}),
            _draft("dependency_parsing", {"text": "text", "words": f"transform(words, {tree})"}),
        ]
    if format_name == "brat":
        entities = "e -> struct(e.text AS text, e.type AS type, e.spans[0].start AS start, e.spans[0].end AS end)"
        fields = {"text": "text", "entities": f"transform(entities, {entities})"}
        return [_draft("named_entity_recognition", fields, where="forall(entities, e -> size(e.spans) = 1)")]
    return _conll(names, columns) if format_name == "conll" else []


def _conll(names: set[str], columns: Sequence[Column]) -> list[TaskDraft]:
    found = []
    if "entities" in names:
        types = next((column.labels for column in columns if column.name == "entity_types"), ())
        pairs = ", ".join(f"'{one}', '{TYPE_NAMES[one]}'" for one in types if one in TYPE_NAMES)
        is_known = bool(types) and all(one in TYPE_NAMES for one in types)
        kind = f"map({pairs})[e.type]" if is_known else "replace(e.type, '-', ' ')"
        entity = f"e -> struct(e.text AS text, {kind} AS type, e.start AS start, e.end AS end)"
        fields = {"text": "text", "entities": f"transform(entities, {entity})"}
        found.append(_draft("named_entity_recognition", fields))
    if "upos" in names:
        words = "transform(arrays_zip(tokens, upos), w -> struct(w.tokens AS form, w.upos AS upos))"
        found.append(_draft("part_of_speech_tagging", {"text": "text", "words": words}))
    return found


def _draft(task_type: str, fields: Mapping[str, str], answers: str = "", where: str = "") -> TaskDraft:
    found = {name: Expression(sql) for name, sql in fields.items()}
    return TaskDraft(task_type, found, answers=answers, where=where)
