"""Languages found in texts: real ones in 22 languages, and whatever else a column may hold."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.language_detection import MAX_CHARS, MIN_LETTERS, agrees, detected, is_known
from taskmill.udfs.languages import canonical, language_of_name

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
ENGLISH = "The committee meets every Tuesday to discuss the new bridge."
GERMAN = "Der Ausschuss trifft sich jeden Dienstag, um über die neue Brücke zu sprechen."
NTREX_FILES = {
    "arb": "ar", "deu": "de", "eng-IN": "en", "fin": "fi", "fra-CA": "fr", "fra": "fr", "hin": "hi", "hrv": "hr",
    "jpn": "ja", "por-BR": "pt", "por": "pt", "spa-MX": "es", "spa": "es", "srp-Cyrl": "sr", "srp-Latn": "sr",
    "swa": "sw", "tha": "th", "tur": "tr", "zho-CN": "zh", "eng-US": "en", "eng-GB": "en",
}  # fmt: skip


def languages(*texts: str | None) -> list[str | None]:
    found: list[str | None] = detected(pa.array(texts, pa.string()))[0].to_pylist()
    return found


def votes(declared: str, texts: list[str]) -> tuple[int, int]:
    """How many texts agree with the declared language, and how many are long enough to tell."""
    told = [agrees(declared, found) for found in languages(*texts) if found is not None]
    return sum(vote is True for vote in told), len(told)


def lines(path: str) -> list[str]:
    return gzip.decompress(Path(DATA, path).read_bytes()).decode("utf-8").splitlines()


def test_detected_gives_languages_and_probabilities() -> None:
    found, probabilities = detected(pa.array([ENGLISH, None, GERMAN, "", "Yes."], pa.string()))
    assert found.equals(pa.array(["en", None, "de", None, None], pa.string()))
    assert probabilities.type == pa.float32()
    assert probabilities.is_null().equals(found.is_null())
    assert all(0.5 < probability <= 1 for probability in probabilities.drop_null().to_pylist())


def test_detected_takes_no_rows_large_strings_and_slices() -> None:
    assert [len(column) for column in detected(pa.array([], pa.string()))] == [0, 0]
    assert detected(pa.array([ENGLISH], pa.large_string()))[0].to_pylist() == ["en"]
    assert detected(pa.array([ENGLISH, GERMAN, None], pa.string())[1:])[0].to_pylist() == ["de", None]


def test_detected_counts_letters_and_not_characters() -> None:
    enough = "eine Brücke über den Fluss"
    assert sum(char.isalpha() for char in enough) >= MIN_LETTERS
    assert languages(enough, "eine Brücke", "1 + 2 = 3; 3 + 4 = 7; 5 + 6 = 11; 7 + 8 = 15") == ["de", None, None]
    assert languages("今日は雨だ", "今日は", "วันนี้ฝนตก", "नमस्ते दोस्तों") == ["ja", None, "th", None]


def test_detected_reads_the_beginning_only() -> None:
    beginning = (ENGLISH + " ") * (MAX_CHARS // len(ENGLISH) + 1)
    both = detected(pa.array([beginning[:MAX_CHARS], beginning[:MAX_CHARS] + GERMAN * 1_000], pa.string()))
    assert len(set(both[0].to_pylist())) == len(set(both[1].to_pylist())) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=8))
def test_detected_gives_a_tag_or_null_for_every_text_alone_or_with_others(texts: list[str | None]) -> None:
    found = languages(*texts)
    assert len(found) == len(texts)
    assert all(tag is None or canonical(tag) == tag for tag in found)
    assert found == [languages(text)[0] for text in texts]


def test_detected_runs_in_another_process_without_network() -> None:
    program = """
import socket, sys
def refuse(*_): raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = refuse
import pyarrow as pa
from taskmill.udfs.language_detection import detected
print(*detected(pa.array(sys.argv[1:]))[0].to_pylist())
"""
    command = [sys.executable, "-c", program, ENGLISH, GERMAN]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == ["en", "de"]


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        ("en", "en", True), ("eng", "en", True), ("en-IN", "en", True), ("en", "de", False), ("pt-BR", "pt", True),
        ("id", "ms", True), ("ms", "id", True), ("hr", "sr", True), ("sr-Latn", "bs", True), ("hr", "sl", False),
        ("nb", "no", True), ("nn", "no", True), ("nb-NO", "nn", True), ("no", "da", False), ("zh-TW", "zh", True),
        ("zh", "yue", True), ("ar", "arz", True), ("tl", "fil", True), ("jv", "id", False),
        ("su", "jv", None), ("min", "id", None), ("xx", "en", None), ("English", "en", None), ("mul", "en", None),
        ("en", "zxx", None), ("und", "und", None), ("en", "nonsense!", None), (None, "en", None), ("en", None, None),
    ],
)  # fmt: skip
def test_agrees_by_macrolanguage_and_not_for_unknown_ones(
    declared: str | None, found: str | None, expected: bool | None
) -> None:
    assert agrees(declared, found) is expected


def test_is_known_is_what_the_model_can_find() -> None:
    assert all(is_known(tag) for tag in ("de", "deu", "pt-BR", "nb", "tl", "zh-Hant", "ace"))
    assert not any(is_known(tag) for tag in ("su", "ban", "zxx", "und", "mul", "x-mine", "nonsense!", ""))


@needs_data
@pytest.mark.parametrize("file", NTREX_FILES)
def test_news_segments_agree(file: str) -> None:
    assert (canonical(file) or "").partition("-")[0] == NTREX_FILES[file]
    agreed, told = votes(file, lines(f"ntrex/newstest2019-ref.{file}.txt.gz")[:700])
    assert told > 650 and agreed / told > 0.985


@needs_data
@pytest.mark.parametrize("tag", ["en", "ar", "de", "es", "hi", "th", "tr", "zh"])
def test_questions_and_paragraphs_agree(tag: str) -> None:
    articles = json.loads("\n".join(lines(f"xquad/xquad.{tag}.json.gz")))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    contexts = votes(tag, [paragraph["context"] for paragraph in paragraphs])
    assert contexts[0] >= 239 and contexts[1] == 240
    agreed, told = votes(tag, [question["question"] for paragraph in paragraphs for question in paragraph["qas"]])
    assert told > 1_100 and agreed / told > 0.97


@needs_data
@pytest.mark.parametrize("tag", ["en", "de", "es", "ja", "sw", "th", "zh"])
def test_problems_all_agree(tag: str) -> None:
    rows = Path(DATA, f"mgsm/mgsm_{tag}.tsv").read_text("utf-8").splitlines()
    assert votes(tag, [row.split("\t")[0] for row in rows]) == (250, 250)


def reviews() -> Iterator[tuple[str, list[str]]]:
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(Path(DATA, "nusax/mt/train.csv.gz").read_bytes()).decode())))
    for name in ("indonesian", "english", "javanese", "acehnese", "sundanese", "balinese", "madurese", "minangkabau"):
        yield language_of_name(name) or "", [row[name] for row in rows]


@needs_data
def test_reviews_in_related_languages_agree_or_cannot_be_told() -> None:
    found = {tag: votes(tag, texts) for tag, texts in reviews()}
    assert found.keys() == {"id", "en", "jv", "ace", "su", "ban", "mad", "min"}
    assert all(told >= 490 for _, told in found.values())
    rates = {tag: agreed / told for tag, (agreed, told) in found.items()}
    assert min(rates["id"], rates["en"], rates["jv"]) > 0.98 and rates["ace"] > 0.94
    assert rates["su"] == rates["ban"] == rates["mad"] == rates["min"] == 0


@needs_data
def test_texts_in_another_language_do_not_agree() -> None:
    for file, declared in (("deu", "en"), ("hin", "ar"), ("por", "es"), ("tur", "az"), ("jpn", "zh")):
        agreed, told = votes(declared, lines(f"ntrex/newstest2019-ref.{file}.txt.gz")[:300])
        assert told > 270 and agreed / told < 0.02
