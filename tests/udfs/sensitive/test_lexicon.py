"""Words that speak of themes."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from taskmill.jobs.safety.lexicon_files import load_lexicons
from taskmill.udfs.sensitive.lexicon import Lexicon, LexiconClassifier
from taskmill.udfs.sensitive.themes import THEMES

LEXICONS = load_lexicons()
CLASSIFIER = LexiconClassifier(LEXICONS)
SMALL = Lexicon("en", {"violence": ("murder*", "beaten to death")}, {"violence": ("shot", "kill*"), "drugs": ("weed",)})


def themes(text: str, *languages: str) -> set[str]:
    (scores,) = CLASSIFIER([text], [list(languages)])
    return {theme for theme, score in scores.items() if score >= 0.7}


@pytest.mark.parametrize(
    ("text", "score"),
    [
        pytest.param("He was murdered", 0.75, id="stem"),
        pytest.param("MURDER", 0.75, id="case"),
        pytest.param("beaten  to death", None, id="two-blanks"),
        pytest.param("She was beaten-to death.", 0.75, id="phrase"),
        pytest.param("One shot", 0.5, id="weak"),
        pytest.param("shot, shot and shot", 0.5, id="the-same-word-again"),
        pytest.param("shot and killed", 0.75, id="two-weak"),
        pytest.param("a snapshot of seaweed", None, id="inside-a-word"),
        pytest.param("", None, id="empty"),
    ],
)
def test_scores(text: str, score: float | None) -> None:
    assert SMALL.scores(text) == ({} if score is None else {"violence": score})


@pytest.mark.parametrize("language", LEXICONS)
def test_every_language_has_every_theme(language: str) -> None:
    lexicon = LEXICONS[language]
    assert set(lexicon.strong) == set(lexicon.weak) == set(THEMES)
    for theme in THEMES:
        terms = lexicon.strong[theme]
        assert len(set(terms)) == len(terms) >= 4
        for term in terms:
            assert theme in themes(f"… {term.removesuffix('*')}, …", language), term


@pytest.mark.parametrize("language", LEXICONS)
def test_the_look_at_whole_columns_loses_no_term(language: str) -> None:
    lexicon = LEXICONS[language]
    terms = [term for listed in (lexicon.strong, lexicon.weak) for found in listed.values() for term in found]
    texts = [term.removesuffix("*") for term in terms]
    as_json = [json.dumps({"text": f"Line\n{text}"}, ensure_ascii=False) for text in texts]
    for column in (texts, as_json):
        assert all(CLASSIFIER.may_have(pa.array(column), [[language]] * len(column)))


def test_at_least_five_languages_and_no_other_is_guessed() -> None:
    assert len(LEXICONS) >= 5
    assert themes("murder", "ja") == set()
    assert themes("murder", "ja", "en-GB") == {"violence"}
    assert CLASSIFIER.may_have(pa.array(["murder"]), [["ja"]]) == [False]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The ferry was late, and the tea in the cabin was cold. We played cards and looked at the gulls."),
        ("de", "Die Fähre kam spät, und der Tee war kalt. Wir spielten Karten und sahen den Möwen zu."),
        ("fr", "Le bac avait du retard et le thé était froid. Nous avons joué aux cartes en regardant les mouettes."),
        ("es", "El transbordador llegó tarde y el té estaba frío. Jugamos a las cartas mirando las gaviotas."),
        ("it", "Il traghetto era in ritardo e il tè era freddo. Giocammo a carte guardando i gabbiani."),
        ("pt", "A balsa atrasou e o chá estava frio. Jogamos cartas olhando as gaivotas."),
    ],
)
def test_plain_texts_have_no_theme(language: str, text: str) -> None:
    assert CLASSIFIER([text], [[language]]) == [{}]
