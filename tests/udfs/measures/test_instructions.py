"""What English prompts ask for: sentences as people and templates word them, labelled by hand."""

from __future__ import annotations

import pytest

from taskmill.udfs.measures.instructions import Request, request_of, requests

LABELLED = {
    "Write a short story about a dragon.": ("write", "story"),
    "Please give me a list of three fruits.": ("give", "list"),
    "Classify the sentiment of this review: It was fine.": ("classify", "sentiment"),
    "Could you translate the following sentence into Spanish?": ("translate", "sentence"),
    "In this task, you are given a question. Your task is to generate an answer to it.": ("generate", "answer"),
    "In this task, we ask you to identify the named entity that is the subject.": ("identify", "entity"),
    "Given a fact and a topic, write a related fact.": ("write", "fact"),
    "Read the text and summarize its main points in a list.": ("summarize", "point"),
    "Consider this review.\nIs it positive?": ("is", "positive"),
    "Consider this review.": ("consider", "review"),
    "Determine whether the claim follows.": ("determine", "whether"),
    "Come up with five names for a cat": ("come", "name"),
    "Fill in the blank with a word.": ("fill", "blank"),
    "1. Sort these numbers: 3 1 2": ("sort", "number"),
    "What is the capital of France?": ("what", "capital"),
    "How many apples does he have?": ("how many", "apple"),
    "It rained all day.\nWhat should I tell him?": ("what", "tell"),
    "You are given a sentence and you have to find the entities involved in it.": ("find", "entity"),
    "Translate this to German:\nGood morning": ("translate", None),
    "Rewrite the boss's email so that it is polite": ("rewrite", "email"),
    "I want you to act as a chef. Suggest two recipes.": ("act", None),
    "Is the sky blue?": ("is", ["sky", "blue"][-1]),
    "Explain the process of photosynthesis.": ("explain", "process"),
    "Generate exactly one title": ("generate", "title"),
}
NO_REQUEST = [
    "", "   ", "Draft: The informations is wrong.", "English: Good morning\nSpanish:", "The weather was fine.",
    "Answer is below", "Bei ya mbolea yashuka kabla ya msimu.", "東京に行く", "?!...", "a" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "expected"), LABELLED.items(), ids=list(LABELLED))
def test_request_of_finds_verb_and_object(prompt: str, expected: tuple[str, str | None]) -> None:
    assert request_of(prompt) == Request(*expected)


@pytest.mark.parametrize("prompt", NO_REQUEST)
def test_request_of_finds_nothing_where_nothing_is_asked(prompt: str) -> None:
    assert request_of(prompt) is None


def test_requests_keep_null_and_order() -> None:
    assert requests(["Write a poem.", None, ""]) == [Request("write", "poem"), None, None]


def test_an_instruction_at_the_end_of_a_long_prompt_is_found() -> None:
    assert request_of("It rained again. " * 1_000 + "\nSummarise the report.") == Request("summarise", "report")
