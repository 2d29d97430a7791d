"""Mentions of groups: whole words, capitals where they tell, sentences for hints."""

from __future__ import annotations

import pytest

from taskmill.jobs.audit.lexicon_files import load_lexicons

LEXICONS = load_lexicons()


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("She is here.", {"gender.female"}),
        ("SHE IS HERE", {"gender.female"}),
        ("The shell of a sheep; theme; manly; he-man", set()),
        ("Polish the table with polish.", {"nationality.polish"}),
        ("polish the table", set()),
        ("Poles and poles", {"nationality.polish"}),
        ("the black cat in a white room", set()),
        ("black people", {"ethnicity.black"}),
        ("an African-American church", {"ethnicity.black", "religion.christian"}),
        ("African Americans and an AFRICAN AMERICAN", {"ethnicity.black"}),
        ("an African and an American", {"nationality.african", "nationality.american"}),
        ("King Kong", set()),
        ("old man river", {"age.old", "gender.male"}),
        ("", set()),
    ],
)
def test_mentioned_groups_are_of_whole_words(text: str, groups: set[str]) -> None:
    assert LEXICONS["en"].mentioned(text) == groups


def test_letters_with_marks_are_letters() -> None:
    assert LEXICONS["es"].mentioned("Él habló; el perro") == {"gender.male"}
    assert LEXICONS["de"].mentioned("Der Junge und die jungen Leute, Großvaters") == {"gender.male"}


def test_hints_are_of_one_sentence_and_once_a_text() -> None:
    text = "She is lazy. Lazy, she is! He came. It was stupid."
    assert list(LEXICONS["en"].hints(text)) == [("gender.female", "lazy", "She is lazy.")]


def test_hints_are_of_words_near_each_other() -> None:
    far = "A man holds a can behind the back and strolls by a beautiful market."
    assert list(LEXICONS["en"].hints(far)) == []
    assert [hint[:2] for hint in LEXICONS["en"].hints("The women are beautiful.<br />He left")] == [
        ("gender.female", "beautiful")
    ]


@pytest.mark.parametrize("language", sorted(LEXICONS))
def test_no_term_stands_twice_in_a_group(language: str) -> None:
    for terms in LEXICONS[language].groups.values():
        assert len(terms) == len(set(terms))
