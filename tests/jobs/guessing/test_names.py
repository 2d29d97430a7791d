"""Splits, languages and globs from the names of files."""

from __future__ import annotations

import re
from glob import glob
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskmill.jobs.guessing.names import (
    language_by_name,
    language_by_value,
    parallel_pattern,
    paths_of,
    source_name,
    split_of,
    split_sql,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/train.jsonl.gz", "train"), ("dev_paired.tsv", "validation"), ("klue-nli-v1.1_dev.json", "validation"),
        ("wnut17train.conll", "train"), ("newstest2019-ref.deu.txt", "test"), ("test/part-0.json", "test"),
        ("valid-00000-of-00002.parquet", "validation"), ("TRAIN.csv", "train"), ("devices.csv", None),
        ("mgsm_en.tsv", None), ("contextual.txt", None),
    ],
)  # fmt: skip
def test_split_of_takes_whole_words_and_long_ends(path: str, expected: str | None) -> None:
    assert split_of(path) == expected


def test_split_sql_is_a_constant_or_tests_the_names() -> None:
    assert split_sql(["a/test.csv", "b/test.csv"]) == "test"
    assert split_sql(["a/train.csv", "a/other.csv"]) is None
    name = "_metadata.file_name"
    assert split_sql(["x/dev_a.tsv", "x/train_a.tsv", "y/train.tsv"]) == (
        f"CASE WHEN {name} LIKE '%dev%' THEN 'validation' WHEN {name} LIKE '%train%' THEN 'train' END"
    )
    path = "_metadata.file_path"
    assert split_sql(["train/0.csv", "test/0.csv"]) == (
        f"CASE WHEN {path} LIKE '%test%' THEN 'test' WHEN {path} LIKE '%train%' THEN 'train' END"
    )


def extracted(sql: str, text: str) -> str:
    """What `regexp_extract` in some SQL finds, by Python's regular expressions."""
    found = re.search(r"regexp_extract\(\S+, r?'(.*)', 1\)", sql)
    assert found is not None
    inside = re.search(found[1], text)
    assert inside is not None
    return inside[1]


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        pytest.param({"x/xquad.en.json": "en", "x/xquad.th.json": "th"}, ["en", "th"], id="tags"),
        pytest.param({"m_de.tsv": "de", "m_sw.tsv": None, "m_ja.tsv": "ja"}, ["de", "sw", "ja"], id="one-unsure"),
        pytest.param({"en_ewt-ud-dev.conllu": "en", "ja_gsd-ud-dev.conllu": "ja"}, ["en", "ja"], id="at-the-start"),
    ],
)  # fmt: skip
def test_language_by_name_finds_the_tags(languages: dict[str, str | None], words: list[str]) -> None:
    found = language_by_name(languages)
    assert found is not None
    assert "_metadata.file_name" in found.sql
    assert [extracted(found.sql, path.rsplit("/", 1)[-1]) for path in languages] == words
    assert list(found.values.values()) == words


def test_language_by_name_knows_names_of_languages_in_folders() -> None:
    found = language_by_name({"s/english/train.csv": "en", "s/javanese/train.csv": "jv", "s/javanese/test.csv": "jv"})
    assert found is not None
    assert found.sql.startswith("map('english', 'en', 'javanese', 'jv')[regexp_extract(_metadata.file_path, ")
    assert extracted(found.sql, "file:/data/s/javanese/train.csv") == "javanese"


@pytest.mark.parametrize(
    "languages",
    [
        pytest.param({"a_en.csv": "en", "b_en.csv": "en"}, id="all-alike"),
        pytest.param({"a_de.csv": "en", "a_fr.csv": "en"}, id="names-disagree"),
        pytest.param({"a_en.csv": None, "a_de.csv": None}, id="nothing-found"),
        pytest.param({"one.csv": "en", "two.csv": "de"}, id="no-tags"),
    ],
)
def test_language_by_name_wants_names_and_texts_to_agree(languages: dict[str, str | None]) -> None:
    assert language_by_name(languages) is None


def test_language_by_value_reads_ids() -> None:
    found = language_by_value("example_id", {"AS75-ar-1": "ar", "FR3-FR6-en-2": "en", "AS75-yo-1": None})
    assert found is not None
    assert [extracted(found.sql, value) for value in ("AS75-ar-1", "FR3-FR6-en-2")] == ["ar", "en"]


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (["n-ref.deu.txt.gz", "n-ref.zho-CN.txt.gz", "n-src.eng.txt.gz"], ["deu", "zho-CN", "eng"]),
        (["train.en", "train.fr"], ["en", "fr"]),
        (["Europarl.de-en.en", "Europarl.de-en.de"], ["en", "de"]),
        (["corpus_en.txt", "corpus_ta.txt"], ["en", "ta"]),
    ],
)
def test_parallel_pattern_finds_the_language_of_each_file(names: list[str], codes: list[str]) -> None:
    pattern = parallel_pattern(names)
    assert pattern is not None
    assert re.compile(pattern).groups == 1
    assert [re.search(pattern, name)[1] for name in names] == codes  # type: ignore[index]


@pytest.mark.parametrize("names", [[], ["notes.txt", "more.txt"], ["a.en.txt", "b.en.txt"], ["a.en.txt", "b.txt"]])
def test_parallel_pattern_wants_different_languages(names: list[str]) -> None:
    assert parallel_pattern(names) is None


NAMES = st.lists(st.from_regex(r"[ab]/(train|test|x\[1\])(-[0-9])?\.(tsv|json)(\.gz)?", fullmatch=True), unique=True)


@given(wanted=NAMES.filter(bool), others=NAMES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paths_of_match_the_wanted_files_and_no_others(tmp_path: Path, wanted: list[str], others: list[str]) -> None:
    """The oracle is the module `glob`, on files that are there."""
    others = sorted(set(others) - set(wanted))
    folder = tmp_path / str(abs(hash((*wanted, *others))))
    for name in (*wanted, *others):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = {match for path in paths_of(sorted(wanted), others) for match in glob(f"{folder}/{path}")}
    assert found == {f"{folder}/{name}" for name in wanted}


def test_paths_of_are_short() -> None:
    assert paths_of(["d/test.jsonl.gz", "d/train.jsonl.gz"], []) == ["d/*.jsonl.gz"]
    assert paths_of(["n/x.en.txt", "n/x.de.txt"], ["n/LANGUAGES.tsv"]) == ["n/x.*.txt"]
    assert paths_of(["c/a/dev.tsv", "c/b/train.tsv.gz"], []) == ["c/*/*.tsv*"]
    assert paths_of(["a/one.json"], []) == ["a/one.json"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("KLUE-nli v1.1", "klue_nli_v1_1"), ("2019 news", "source_2019_news"), ("---", "source"), ("taken", "taken_2")],
)
def test_source_name_is_a_name(text: str, expected: str) -> None:
    assert source_name(text, lambda name: name == "taken") == expected
