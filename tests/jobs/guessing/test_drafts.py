"""Drafts as YAML, read back; and whole sources from layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.guessing.drafts import ReadDraft, SourceDraft, scalar, source_text
from taskmill.jobs.guessing.heads import Head
from taskmill.jobs.guessing.mappings import Expression, TaskDraft
from taskmill.jobs.guessing.readers import layout_of
from taskmill.jobs.guessing.sources import Guess, Seen, guesses
from taskmill.jobs.guessing.tasks import Asked
from taskmill.udfs.fields import parse_field_type
from taskmill.udfs.parsers.parallel_text import ParallelText

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
NLI = Asked(
    "natural_language_inference",
    {name: parse_field_type(kind) for name, kind in (("premise", "text"), ("hypothesis", "text"), ("label", "choice"))},
    ("label",),
    ("Yes", "Maybe", "No"),
)
QA = Asked("extractive_qa", {name: parse_field_type("text") for name in ("context", "question", "answer")}, ("answer",))


def draft(**changes: Any) -> SourceDraft:
    values: dict[str, Any] = {
        "name": "x", "seen": ["a column"], "read": ReadDraft("csv", ["a.csv"]), "languages": ["en"],
        "language_todo": "", "split": "train", "split_todo": "", "query": "", "tasks": [], "others": [],
    }  # fmt: skip
    return SourceDraft(**{**values, **changes})


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=150, deadline=None)
def test_scalar_is_read_back_from_one_line(text: str) -> None:
    assert len(scalar(text).splitlines()) == 1
    assert yaml.safe_load(f"key: {scalar(text)}") == {"key": text}


@given(
    paths=st.lists(TEXT, min_size=1, max_size=3), schema=st.lists(TEXT, min_size=1, max_size=20).map(" ".join),
    option=TEXT, sql=st.lists(TEXT, min_size=1, max_size=20).map(" ".join), choices=st.lists(TEXT, max_size=9),
    seen=TEXT, todo=TEXT,
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_source_text_is_read_back_whatever_the_data_hold(
    paths: list[str], schema: str, option: str, sql: str, choices: list[str], seen: str, todo: str
) -> None:
    fields = {"text": Expression(sql), "label": Expression(sql, todo), "open": Expression("", todo)}
    made = draft(
        seen=[seen, seen], read=ReadDraft("csv", paths, schema, {"sep": option, "header": True}), split=sql,
        query=schema,
        tasks=[TaskDraft("sentiment", fields, tuple(choices), todo, "all", sql)],
    )  # fmt: skip
    read = yaml.safe_load(source_text(made))
    assert read["read"]["path"] == (paths[0] if len(paths) == 1 else paths)
    assert (read["read"]["schema"], read["read"]["options"]) == (schema, {"sep": option, "header": True})
    assert (read["split"], read["query"], read["revision"], read["licence"]) == (sql, schema, None, None)
    task = read["tasks"]["sentiment"]
    assert task["fields"] == {"text": sql, "label": sql, "open": None}
    assert (task["choices"] or [], task["answers"], task["where"]) == (choices, "all", sql)


@pytest.mark.parametrize("mark", ["\x07", "\x85", "\u2028", "\t", "  ", " # ", ": "])
def test_long_texts_are_folded_only_if_that_gives_them_back(mark: str) -> None:
    sql = f"concat(first, '{mark}', " + "second, " * 40 + "third)"
    made = draft(
        split=sql, query=sql, tasks=[TaskDraft("x", {"a": Expression(sql)})], read=ReadDraft("csv", ["a"], sql)
    )
    read = yaml.safe_load(source_text(made))
    assert {read["query"], read["split"], read["tasks"]["x"]["a"], read["read"]["schema"]} == {sql}


def test_source_text_leaves_open_what_a_person_must_decide() -> None:
    made = draft(languages=[], language_todo="the texts seem to be in de, en")
    text = source_text(made)
    read = yaml.safe_load(text)
    assert [key for key, value in read.items() if value is None] == ["revision", "licence", "language", "tasks"]
    assert "language:    # TODO the texts seem to be in de, en\n" in text
    assert made.todo_count == 6  # and the first line, and the homepage


def seen(path: str, content: str, packing: str = "") -> Seen:
    layout = layout_of(Head(path, content.encode()))
    assert layout is not None
    return Seen(path, packing, layout, content.encode())


def english(texts: Sequence[str]) -> str | None:
    return "en" if texts else None


def guessed(*files: Seen, unseen: Sequence[str] = ()) -> list[Guess]:
    return guesses(files, "data", [NLI, QA], english, unseen=unseen)[0]


ROWS = "".join(
    f"Sentence {n} is the premise here.\tAnd this is hypothesis {n}.\t{label}\n"
    for n in range(20)
    for label in ("entailment", "neutral", "contradiction")
)
TSV = f"premise\thypothesis\tlabel\n{ROWS}"


def test_guesses_give_a_whole_source() -> None:
    (found,) = guessed(seen("n/train.tsv", TSV), seen("n/dev.tsv.gz", TSV, "gzip"), unseen=["n/test.tsv.gz"])
    read = yaml.safe_load(source_text(found.draft))
    assert read["read"] == {
        "format": "csv", "path": "n/*.tsv*", "schema": "premise string, hypothesis string, label string",
        "options": {"header": True, "sep": "\t", "quote": ""},
    }  # fmt: skip
    assert (read["source"], read["language"], list(read["tasks"])) == ("data", "en", ["natural_language_inference"])
    assert read["split"].count("WHEN") == 3


def test_guesses_keep_files_of_other_columns_apart_and_lose_none() -> None:
    lines = "".join(f'{{"a": "Some text, number {n}.", "b": {n}}}\n' for n in range(9))
    files = [seen("k/nli_dev.tsv", TSV), seen("k/rows_dev.jsonl", lines), seen("k/README.md", "Some prose.\nMore.\n")]
    found, left = guesses(files, "k", [NLI], english, unseen=["k/nli_train.tsv", "k/LICENSE"])
    paths = [(one.draft.name, [*one.draft.read.paths]) for one in found]
    assert paths == [("k_nli", ["k/nli_*.tsv"]), ("k_rows", ["k/rows_dev.jsonl"])]
    assert left == ["k/README.md", "k/LICENSE"]


@pytest.mark.parametrize(
    ("path", "packing", "content", "format_name", "query"),
    [
        ("a.tsv.xz", "xz", TSV, "delimited", "SELECT _metadata, row['premise'] AS premise, "),
        ("a.tsv", "gzip", TSV, "delimited", "SELECT _metadata, row['premise']"),
        ("a.jsonl.zst", "zstd", '{"a": 1}\n{"a": 2}\n', "json_lines", "from_json(row, 'a bigint') AS parsed"),
        ("a.json.xz", "xz", '[{"a": 1},\n{"a": 2}]\n', None, ""),
        ("a.json", "", '{"v": 1, "rows": [{"a": 1}, {"a": 2}]}', "json", "explode(`rows`) e AS item"),
    ],
)
def test_guesses_find_a_reader_for_what_spark_does_not_open(
    path: str, packing: str, content: str, format_name: str | None, query: str
) -> None:
    (found,) = guessed(seen(path, content, packing))
    read = yaml.safe_load(source_text(found.draft))
    assert read["read"]["format"] == format_name
    assert query in read.get("query", "")


def test_guesses_see_parallel_text_and_brat() -> None:
    lines = "".join(f"Line {n} of many.\n" for n in range(9))
    files = [seen(f"p/news.{code}.txt", lines) for code in ("en", "de", "fr")]
    (found,) = guessed(*files, unseen=["p/news.it.txt"])
    assert (found.draft.read.format, found.draft.read.paths) == ("parallel_text", ["p/news.*.txt"])
    assert found.draft.languages == ["target_language", "source_language"]
    sides = [
        seen(f"m/{part}.{code}", lines * (1 + (part == "train"))) for part in ("test", "train") for code in ("en", "de")
    ]
    (found,) = guessed(*sides)
    group = str(found.draft.read.options["group"])
    assert [re.search(group, one.path)[1] for one in sides] == ["m/test", "m/test", "m/train", "m/train"]  # type: ignore[index]
    assert ParallelText(**dict(found.draft.read.options)).group_of("m/train.en") == "m/train"  # type: ignore[arg-type]
    documents = [seen("b/1.ann", "T1\tPlace 0 4\tBonn\n"), seen("b/1.txt", "Bonn is here.\nIt is.\n")]
    (found,) = guessed(*documents)
    assert (found.draft.read.format, found.draft.read.paths, found.faults) == ("brat", ["b/1.txt", "b/1.ann"], 0)
    assert found.row_count == 1


def test_guesses_take_the_order_of_a_list_of_labels() -> None:
    labels = seen("k/labels.json", '["neutral", "entailment", "contradiction", "unused"]')
    (found,) = guessed(seen("k/train.tsv", TSV), labels)
    assert found.columns[-1].labels == ("neutral", "entailment", "contradiction", "unused")
