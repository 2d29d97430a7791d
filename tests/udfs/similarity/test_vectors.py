"""Vectors of tasks: what is alike is near, what only looks alike is not, and what made it so is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from taskmill.udfs.similarity.clusters import clustered, similarities
from taskmill.udfs.similarity.maps import map_places
from taskmill.udfs.similarity.profiles import SHAPE, TaskProfile, form_markers, label_words, shape
from taskmill.udfs.similarity.vectors import task_vectors
from taskmill.udfs.similarity.words import normal_words

TOPICS = ["harbour", "garden", "violin", "glacier", "market", "engine", "kitchen", "desert"]


def judging(name: str, topic: str) -> TaskProfile:
    inputs = tuple((f"The {topic} was number {place} of the day and people liked it a lot",) for place in range(12))
    answers = tuple(("good" if place % 2 else "bad",) for place in range(12))
    return TaskProfile(name, (f"Classify the sentiment of the {topic} review as good or bad.",), (), inputs, answers)


def asking(name: str, topic: str) -> TaskProfile:
    inputs = tuple(
        (f"Passage: the {topic} opened in {1900 + place} with a long speech by the mayor",) for place in range(12)
    )
    answers = tuple((f"Who opened the {topic} in {1900 + place}?",) for place in range(12))
    return TaskProfile(name, (f"Write a question that the passage about the {topic} answers.",), (), inputs, answers)


def translating(name: str, pair: tuple[str, str], lines: Sequence[tuple[str, str]]) -> TaskProfile:
    told = f"Translate the {pair[0]} sentence into {pair[1]}."
    return TaskProfile(name, (told,), (), tuple((one,) for one, _ in lines), tuple((other,) for _, other in lines))


def similarity_of(profiles: Sequence[TaskProfile]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.asarray(similarities(task_vectors(profiles)))


def test_tasks_of_a_kind_are_near_whatever_they_are_about() -> None:
    profiles = [make(f"{make.__name__}_{topic}", topic) for topic in TOPICS for make in (judging, asking)]
    similarity = similarity_of(profiles)
    for place in range(len(profiles)):
        others = np.delete(np.arange(len(profiles)), place)
        same = others % 2 == place % 2
        assert similarity[place, others[same]].min() > similarity[place, others[~same]].max()
    numbers = clustered(similarity).numbers
    assert len(set(numbers.tolist())) == 2


def test_translation_is_one_kind_whatever_the_languages() -> None:
    english = [f"The old lighthouse keeper walked down to the harbour on day {place}" for place in range(12)]
    german = [f"Der alte Leuchtturmwärter ging am Tag {place} zum Hafen hinunter" for place in range(12)]
    french = [f"Le vieux gardien du phare est descendu au port le jour {place}" for place in range(12)]
    profiles = [
        translating("en_de", ("English", "German"), list(zip(english, german, strict=True))),
        translating("fr_en", ("French", "English"), list(zip(french, english, strict=True))),
        *(asking(topic, topic) for topic in TOPICS),
        *(judging(topic, topic) for topic in TOPICS),
    ]
    similarity = similarity_of(profiles)
    assert similarity[0, 1] > similarity[:2, 2:].max() + 0.2


def test_the_order_of_tasks_does_not_matter() -> None:
    profiles = [asking(topic, topic) for topic in TOPICS] + [judging(topic, topic) for topic in TOPICS]
    order = np.random.default_rng(4).permutation(len(profiles))
    found = similarity_of([profiles[place] for place in order])
    assert np.allclose(found, similarity_of(profiles)[np.ix_(order, order)])


def test_what_makes_tasks_similar_is_told() -> None:
    vectors = task_vectors([*(asking(topic, topic) for topic in TOPICS), *(judging(topic, topic) for topic in TOPICS)])
    told = vectors.shared(0, 1)
    assert {"who opened", "passage"} <= set(told)
    assert not {"the", "labels"} & set(told)
    assert "question" in vectors.typical(range(len(TOPICS))) or "answers" in vectors.typical(range(len(TOPICS)))


def test_an_embedder_takes_the_place_of_words() -> None:
    profiles = [asking(topic, topic) for topic in TOPICS]
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        seen.extend(texts)
        return np.array([[float(len(text)), 1.0] for text in texts])

    rows = task_vectors(profiles, embedder=embed).rows
    assert seen == [profile.instructions[0] for profile in profiles]
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), 1.0)


@pytest.mark.parametrize("profiles", [[TaskProfile("a", ())], [TaskProfile("a", ()), TaskProfile("b", ("Do it.",))]])
def test_tasks_of_which_nothing_is_known_are_like_no_other(profiles: list[TaskProfile]) -> None:
    similarity = similarity_of(profiles)
    assert np.isfinite(similarity).all()
    assert np.allclose(similarity - np.diag(np.diag(similarity)), 0.0)
    assert map_places(similarity).shape == (len(profiles), 2)


def test_the_map_puts_similar_tasks_near_each_other() -> None:
    similarity = similarity_of([make(topic, topic) for make in (judging, asking) for topic in TOPICS])
    places = map_places(similarity)
    assert np.array_equal(places, map_places(similarity))
    nearest = [int(np.argsort(((places - place) ** 2).sum(axis=1))[1]) for place in places]
    assert np.mean([(one < 8) == (number < 8) for number, one in enumerate(nearest)]) > 0.9


def numbers_of(**settings: object) -> dict[str, float]:
    given = {"name": "a", "instructions": (), **settings}
    return dict(zip(SHAPE, shape(TaskProfile(**given)), strict=True))  # type: ignore[arg-type]


def test_shape_tells_how_answers_look() -> None:
    spans = numbers_of(
        inputs=(("the red kite flew",), ("a blue door",)) * 3, answers=(("red kite",), ("Blue door",)) * 3
    )
    assert spans["answers that stand in inputs"] == spans["words from inputs"] == 1.0
    sums = numbers_of(inputs=(("1 + 1",), ("2 x 3",)), answers=(("2",), ("6.0",)))
    assert sums["numbers as answers"] == sums["answers of one word"] == 1.0 or sums["numbers as answers"] == 1.0
    labels = numbers_of(inputs=(("x",),) * 10, answers=(("yes",), ("no",)) * 5)
    assert labels["yes or no"] == labels["labels"] == 1.0
    assert labels["different answers"] == 0.2
    assert all(0 <= value <= 1 for found in (spans, sums, labels) for value in found.values())
    assert set(numbers_of().values()) == {0.0}


def test_markers_and_labels_are_found() -> None:
    profile = asking("a", "harbour")
    assert form_markers(profile) == ["passage"]
    assert label_words(profile) == []
    assert label_words(judging("b", "garden")) == ["bad", "good"]
    assert label_words(TaskProfile("c", (), labels=("Not sure", "Sure"))) == ["not", "sure", "sure"]


def test_words_of_instructions_are_without_languages_numbers_and_quotes() -> None:
    told = normal_words('Translate the 3 German lines into Swahili, such as "guten Tag". Polish them.')
    assert told == [
        "translate", "the", "somenumber", "somelanguage", "lines", "into", "somelanguage", "such", "as",
        "somelanguage", "them",
    ]  # fmt: skip
    assert normal_words("polish the text") == ["polish", "the", "text"]
