"""Task types guessed from columns, and the SQL of their fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskmill.jobs.guessing.columns import columns_of, with_languages
from taskmill.jobs.guessing.derived import derived
from taskmill.jobs.guessing.mappings import TaskDraft, structured_tasks, task_draft
from taskmill.jobs.guessing.tasks import Asked, candidates, is_clear
from taskmill.jobs.guessing.translations import wide
from taskmill.jobs.guessing.vocabulary import choice_of, name_quality
from taskmill.udfs.fields import parse_field_type

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
PASSAGE = "The lighthouse of Garrow Point was built in {0} from local granite, and has been dark since. " * 4
Row = Callable[[int], dict[str, Any]]


def asked() -> list[Asked]:
    found = []
    for path in sorted(TEMPLATES.glob("*.yaml")):
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        answer, choices = value["answer"], value.get("choices")
        found.append(
            Asked(
                value["task_type"],
                {name: parse_field_type(kind) for name, kind in value["fields"].items()},
                (answer,) if isinstance(answer, str) else tuple(answer),
                tuple(choices) if isinstance(choices, list) else choices,
            )
        )
    return found


ASKED = asked()


def best(row: Row, name: str = "data", is_cells: bool = False) -> TaskDraft | None:
    columns = derived(columns_of([row(number) for number in range(40)], is_cells))
    found = candidates(ASKED, columns, name)
    return task_draft(found[0]) if is_clear(found) else None


def three(number: int) -> str:
    return ["entailment", "neutral", "contradiction"][number % 3]


@pytest.mark.parametrize(
    ("row", "task_type", "fields"),
    [
        pytest.param(
            lambda n: {"sentence1": f"A {n} rains.", "sentence2": f"B {n} is wet.", "gold_label": three(n)},
            "natural_language_inference",
            {
                "premise": "trim(sentence1)", "hypothesis": "trim(sentence2)",
                "label": "array_position(array('entailment', 'neutral', 'contradiction'), gold_label) - 1",
            },
            id="nli",
        ),
        pytest.param(
            lambda n: {"review": f"It was film {n}.", "label": ["Negative", "Positive"][n % 2]},
            "sentiment_classification",
            {"text": "trim(review)", "label": "array_position(array('Negative', 'Positive'), label) - 1"},
            id="sentiment-of-two",
        ),
        pytest.param(
            lambda n: {"question1": f"Why is {n}?", "question2": f"How is {n}?", "is_duplicate": n % 2, "label": n % 2},
            "paraphrase_identification",
            {
                "sentence1": "trim(question1)", "sentence2": "trim(question2)",
                "label": "array_position(array('0', '1'), CAST(label AS string)) - 1",
            },
            id="paraphrase",
        ),
        pytest.param(
            lambda n: {"sentence1": f"A {n}.", "sentence2": f"B {n}.", "score": (n % 11) / 2},
            "semantic_similarity",
            {"sentence1": "trim(sentence1)", "sentence2": "trim(sentence2)", "score": "score"},
            id="similarity",
        ),
        pytest.param(
            lambda n: {"context": PASSAGE.format(n), "question": f"When, {n}?", "answers": {"text": [str(n)]}},
            "extractive_qa",
            {
                "context": "trim(context)", "question": "trim(question)",
                "answer": "transform(answers.text, one -> trim(one))",
            },
            id="spans",
        ),
        pytest.param(
            lambda n: {"question": f"Who was number {n}?", "answer": f"King {'IVX'[n % 3]} of {n}"},
            "closed_book_qa",
            {"question": "trim(question)", "answer": "trim(answer)"},
            id="closed-book",
        ),
        pytest.param(
            lambda n: {"problem": f"Ann has {n} pens and buys 2. How many?", "solution": str(n + 2_000)},
            "math_word_problem",
            {"question": "trim(problem)", "answer": "trim(solution)"},
            id="sums",
        ),
        pytest.param(
            lambda n: {"question": f"Which, {n}?", "choice0": f"a{n}", "choice1": f"b{n}", "label": n % 2},
            "multiple_choice_qa",
            {"question": "trim(question)", "options": "array(choice0, choice1)", "label": "label"},
            id="columns-of-options",
        ),
        pytest.param(
            lambda n: {"article": PASSAGE.format(n), "highlights": f"A dark lighthouse, {n}."},
            "summarization",
            {"document": "trim(article)", "summary": "trim(highlights)"},
            id="summary",
        ),
        pytest.param(
            lambda n: {"text": f"She have {n} cat in the garden.", "corrected": f"She has {n} cats in the garden."},
            "grammar_correction",
            {"text": "trim(text)", "corrected": "trim(corrected)"},
            id="grammar",
        ),
        pytest.param(
            lambda n: {"question": f"is {n} more than {n % 7}", "passage": PASSAGE.format(n), "answer": n % 2 == 0},
            "boolean_qa",
            {
                "question": "trim(question)", "passage": "trim(passage)",
                "label": "array_position(array('false', 'true'), CAST(answer AS string)) - 1",
            },
            id="yes-and-no",
        ),
        pytest.param(
            lambda n: {"mr": f"name[X {n}], food[fish], area[pier]", "ref": f"X {n} serves fish at the pier."},
            "data_to_text",
            {"data": "trim(mr)", "text": "trim(ref)"},
            id="records",
        ),
    ],
)  # fmt: skip
def test_candidates_know_the_usual_names_and_contents(row: Row, task_type: str, fields: dict[str, str]) -> None:
    found = best(row)
    assert found is not None
    assert (found.task_type, {name: one.sql for name, one in found.fields.items()}) == (task_type, fields)


def test_names_decide_where_contents_are_alike() -> None:
    def row(number: int) -> dict[str, Any]:
        return {"text": f"message {number}", "label": f"kind_{number % 5}"}

    assert [getattr(best(row, name), "task_type", None) for name in ("news", "clinc_intents", "mails")] == [
        "topic_classification", "intent_detection", None,
    ]  # fmt: skip


def test_names_that_nobody_gave_count_less() -> None:
    columns = columns_of([{"text": f"message {n}", "label": ["negative", "positive"][n % 2]} for n in range(40)])
    given, made_up = (candidates(ASKED, columns, "data", is_made_up)[0] for is_made_up in (False, True))
    assert (given.asked.name, made_up.asked.name) == ("sentiment_classification", "sentiment_classification")
    assert made_up.score < given.score - 0.1


def test_rows_of_several_task_types_are_for_none() -> None:
    """As of a folder with a file for each: what the first file holds must not decide for all."""

    def row(number: int) -> dict[str, Any]:
        options = "\nOptions:\n(A) one\n(B) two"
        if number < 1_000:
            return {"input": f"Which of these is it, {number}?{options}", "target": "(A)" if number % 2 else "(B)"}
        return {"input": f"How many are {number} and {number}?", "target": str(2 * number)}

    spans = ((0, 1_000), (1_000, 2_000), (0, 2_000), (0, 4_000))
    columns = [derived(columns_of([row(n) for n in range(*span)])) for span in spans]
    found = [candidates(ASKED, one, "data") for one in columns]
    assert [one[0].asked.name if is_clear(one) else None for one in found] == [
        "multiple_choice_qa", "math_word_problem", None, None,
    ]  # fmt: skip


def test_columns_that_say_nothing_are_for_nothing() -> None:
    assert best(lambda n: {"a": n, "b": n * 2, "url": f"http://x/{n}"}) is None
    assert best(lambda n: {"text": f"Only text, {n} times."}) is None


def test_labels_that_are_mere_numbers_are_asked_for() -> None:
    found = best(lambda n: {"premise": f"A {n} rains.", "hypothesis": f"B {n} is wet.", "label": n % 3})
    assert found is not None
    assert (found.fields["label"].sql, found.fields["label"].todo) == (
        "", "the labels are 0, 1, 2; which is Yes, Maybe, No?",
    )  # fmt: skip


def test_labels_in_other_words_become_choices_to_be_looked_at() -> None:
    found = best(lambda n: {"text": f"message {n}", "intent": ["card_lost", "Top-up"][n % 2]}, "intents")
    assert found is not None
    assert (found.choices, bool(found.choices_todo)) == (("top up", "card lost"), True)
    assert found.fields["label"].sql == "array_position(array('Top-up', 'card_lost'), intent) - 1"


def test_letters_in_front_of_options_are_taken_off() -> None:
    found = best(lambda n: {"question": f"Which, {n}?", "options": [f"(A) a{n}", "(B) b"], "label": "AB"[n % 2]})
    assert found is not None
    assert found.fields["options"].sql.startswith("transform(options, one -> trim(regexp_replace(one, ")
    assert found.fields["label"].sql == "array_position(array('A', 'B'), label) - 1"


def test_hostile_labels_stay_inside_their_quotes() -> None:
    found = best(lambda n: {"text": f"message {n}", "topic": ["it's", "a\\"][n % 2]}, "topics")
    assert found is not None
    assert found.fields["label"].sql == "array_position(array('a\\\\', 'it\\'s'), topic) - 1"


@pytest.mark.parametrize(
    ("label", "choices", "index"),
    [
        ("entailment", ("Yes", "Maybe", "No"), 0), ("CONTRADICTION", ("Yes", "Maybe", "No"), 2),
        ("1", ("No", "Yes"), 1), ("-1", ("No", "Yes"), None),
        ("1", ("Yes", "Maybe", "No"), None), ("often", ("No", "Yes"), None),
    ],
)  # fmt: skip
def test_choice_of_knows_words_and_two_numbers(label: str, choices: tuple[str, ...], index: int | None) -> None:
    assert choice_of(label, choices) == index


def test_name_quality_puts_the_same_name_first() -> None:
    names = ["label", "Gold-Label", "inner.label", "class", "colour"]
    found = [name_quality("sentiment_classification", "label", name) for name in names]
    assert found[0] == 1 > found[1] > 0.8
    assert found[2] == 0.9
    assert found[-1] == 0


@pytest.mark.parametrize("count", [2, 3])
def test_wide_makes_pairs_of_columns_called_after_languages(count: int) -> None:
    texts = {"english": "The house is on the hill.", "german": "Das Haus steht auf dem Berg.", "toba_batak": "Jabu i."}
    rows = [{name: f"{text} {n}" for name, text in list(texts.items())[:count]} for n in range(9)]
    tags = {"T": "en", "D": "de", "J": None}
    found = wide(with_languages(columns_of(rows), lambda shown: tags[shown[0][0]]))
    assert found is not None
    assert found.languages == ("en", "de", "bbc")[:count]
    assert found.draft.fields["target_language"].sql == ("'de'" if count == 2 else "target_language")
    assert ("stack(2,\n    'de', german,\n    'bbc', toba_batak\n)" in found.query) is (count == 3)


def test_wide_wants_the_texts_to_confirm_the_names() -> None:
    rows = [{"english": f"The house {n} is here.", "latin": f"Also English, {n} times."} for n in range(9)]
    assert wide(with_languages(columns_of(rows), lambda _: "en")) is None


def test_structured_formats_have_their_own_tasks() -> None:
    known = {one.name: one for one in ASKED}
    kinds = {
        name: [task.task_type for task in structured_tasks(name, columns_of([{"entities": 1}]), known)]
        for name in ("squad", "super_natural_instructions", "parallel_text", "conllu", "conll", "brat", "csv")
    }
    assert kinds == {
        "squad": ["extractive_qa"], "super_natural_instructions": ["instructed_task"],
        "parallel_text": ["translation"], "conllu": ["part_of_speech_tagging", "dependency_parsing"],
        "conll": ["named_entity_recognition"], "brat": ["named_entity_recognition"], "csv": [],
    }  # fmt: skip
    assert not structured_tasks("squad", [], {})
