"""What real published files hold that a reader gets wrong easily; each trap with the file it was found in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.command import bundled_conf
from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import Row, Runner, read_table

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
pytestmark = [
    pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are"),
    pytest.mark.slow,
]
# Source and task type -> rows as published.
PUBLISHED = {
    "agieval_math.math_word_problem": 1_000, "banking77.intent_detection": 10_003,
    "btc.named_entity_recognition": 9_339, "cad_nli.natural_language_inference": 9_330,
    "cad_sentiment.sentiment_classification": 3_904, "flan_cot_gsm8k.math_word_problem": 7_473,
    "flan_cot_strategyqa.boolean_qa": 2_061, "gap.coreference_resolution": 2_454, "mgsm.math_word_problem": 1_750,
    "nusax_mt.translation": 6_000, "sni_task1540.instructed_task": 99, "wikigold.named_entity_recognition": 1_696,
    "wnut17.named_entity_recognition": 5_690, "xquad.extractive_qa": 9_520,
}  # fmt: skip


@pytest.fixture(scope="module")
def found(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The counts of ingest, and by task its examples' fields and its pairs."""
    folder = tmp_path_factory.mktemp("traps")
    sources = sorted({"sni" if name.startswith("sni_") else name.split(".")[0] for name in PUBLISHED})
    names = ", ".join(str(bundled_conf() / f"sources/{name}.yaml") for name in sources)
    overrides = [f"data={DATA}", f"sources=[{names}]", "templates_per_example=1"]
    overrides += ["near_duplicates.mode=off", "contamination.mode=off"]  # other tests are about these
    context = run_pipeline(bundled_conf() / "pipeline.yaml", folder, overrides)
    rows = {task: entry.counts.rows_in for task, entry in context.ledger.done(INGEST).items()}
    return {"rows": rows, "examples": by_task(folder, "examples"), "pairs": by_task(folder, "pairs")}


def by_task(folder: Path, table: str) -> dict[str, list[Row]]:
    tasks: dict[str, list[Row]] = {}
    for row in read_table(folder, table):
        tasks.setdefault(row["task"], []).append(row)
    return tasks


def fields(found: dict[str, Any], task: str) -> list[dict[str, Any]]:
    return [json.loads(row["fields"]) for row in found["examples"][task]]


def text_of(path: str) -> str:
    raw = Path(DATA, path).read_bytes()
    return (gzip.decompress(raw) if path.endswith(".gz") else raw).decode("utf-8")


@pytest.mark.parametrize("task", PUBLISHED)
def test_every_published_row_is_read(found: dict[str, Any], task: str) -> None:
    """Headers or none, quotes that quote or do not, line breaks in cells: a wrong reader gives another number."""
    assert found["rows"][task] == PUBLISHED[task]


def test_tsv_without_a_header_keeps_its_first_line(found: dict[str, Any]) -> None:
    first = text_of("mgsm/mgsm_en.tsv").split("\t")[0]
    assert first in {row["question"] for row in fields(found, "mgsm.math_word_problem")}
    first = text_of("flan_cot/gsm8k_train.tsv.gz").split("\t")[0]
    assert first.replace("\\n", "\n") in {row["question"] for row in fields(found, "flan_cot_gsm8k.math_word_problem")}


def test_quote_marks_in_tsv_are_those_of_the_sentences(found: dict[str, Any]) -> None:
    published = csv.reader(io.StringIO(text_of("cad_nli/original/train.tsv"), newline=""), delimiter="\t")
    cells = {row[0].strip() for row in published if '"' in row[0]}
    assert cells
    assert not any('""' in cell for cell in cells)
    assert cells <= {row["premise"] for row in fields(found, "cad_nli.natural_language_inference")}


def test_quoted_tsv_has_its_doubled_quotes_undone(found: dict[str, Any]) -> None:
    lines = io.StringIO(text_of("cad_sentiment/paired/train_paired.tsv.gz"), newline="")
    published = Counter(row["Text"].count('"') for row in csv.DictReader(lines, delimiter="\t"))
    rows = zip(copied(found, "cad_sentiment.sentiment_classification"),
               found["examples"]["cad_sentiment.sentiment_classification"], strict=True)  # fmt: skip
    mine: Counter[int] = Counter()
    for (row, copies), example in rows:
        if example["split"] == "train":
            mine[row["text"].count('"')] += copies
    assert mine == published


def test_line_breaks_in_quoted_cells_do_not_split_records(found: dict[str, Any]) -> None:
    published = list(csv.DictReader(io.StringIO(text_of("nusax/mt/train.csv.gz"), newline="")))
    assert any("\n" in cell for row in published for cell in row.values())
    cells = {row["indonesian"].strip() for row in published}
    assert cells <= {row["source_text"] for row in fields(found, "nusax_mt.translation")}
    rows = csv.DictReader(io.StringIO(text_of("banking77/train.csv.gz"), newline=""))
    broken = {" ".join(row["text"].split()) for row in rows if "\n" in row["text"].strip()}
    assert broken
    assert broken <= {" ".join(row["text"].split()) for row in fields(found, "banking77.intent_detection")}


def test_replacement_characters_are_kept_as_published(found: dict[str, Any]) -> None:
    assert any("\ufffd" in row["text"] for row in fields(found, "btc.named_entity_recognition"))
    assert any("\ufffd" in row["input"] for row in fields(found, "sni_task1540.instructed_task"))


def test_line_break_tags_of_reviews_become_line_breaks(found: dict[str, Any]) -> None:
    texts = [row["text"] for row in fields(found, "cad_sentiment.sentiment_classification")]
    assert any("\n" in text for text in texts)
    assert not any("<br" in text for text in texts)


def test_the_first_tag_of_an_entity_may_be_inside(found: dict[str, Any]) -> None:
    """WikiGold is IOB1: an entity begins with I-, and with B- only behind another of its type."""
    opened = 0
    for sentence in re.split(r"\n\s*\n", text_of("wikigold/wikigold.conll.txt.gz")):
        tags = ["O", *(line.rsplit(" ", 1)[-1] for line in sentence.splitlines() if not line.startswith("-DOCSTART-"))]
        opened += sum(tag[0] == "B" or (tag[0] == "I" and last[1:] != tag[1:])
                      for last, tag in zip(tags, tags[1:], strict=False))  # fmt: skip
    entities = sum(len(row["entities"]) * copies for row, copies in copied(found, "wikigold.named_entity_recognition"))
    assert entities == opened


def test_scripts_without_blanks_and_from_right_to_left_are_kept_whole(found: dict[str, Any]) -> None:
    published = {
        tag: {answer["text"].strip(" \n\t") for article in json.loads(text_of(f"xquad/xquad.{tag}.json.gz"))["data"]
              for paragraph in article["paragraphs"] for qa in paragraph["qas"] for answer in qa["answers"][:1]}
        for tag in ("ar", "th", "zh")
    }  # fmt: skip
    pairs = found["pairs"]["xquad.extractive_qa"]
    for tag, answers in published.items():
        mine = [row for row in found["examples"]["xquad.extractive_qa"] if row["languages"] == [tag]]
        assert {row["answer"] for row in mine} == answers
        contexts = {json.loads(row["fields"])["context"] for row in mine}
        prompts = [pair["prompt"] for pair in pairs if pair["languages"] == [tag]]
        assert prompts
        written = sum(any(context in prompt for context in contexts) for prompt in prompts[:50])
        assert written > 25, tag  # the others are JSON, or show a part
    arabic = Counter(unicodedata.bidirectional(letter) for row in mine_in(found, "ar") for letter in row["context"])
    assert not {"LRE", "RLE", "LRO", "RLO", "LRI", "RLI"} & set(arabic)  # no direction marks were put in


def test_braces_in_data_are_no_template(found: dict[str, Any]) -> None:
    questions = [row["question"] for row in fields(found, "agieval_math.math_word_problem") if "{{" in row["question"]]
    assert questions
    prompts = [pair["prompt"] + pair["response"] for pair in found["pairs"]["agieval_math.math_word_problem"]]
    assert all(any(question in prompt for prompt in prompts) for question in questions)


def mine_in(found: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return [json.loads(row["fields"]) for row in found["examples"]["xquad.extractive_qa"] if row["languages"] == [tag]]


def copied(found: dict[str, Any], task: str) -> list[tuple[dict[str, Any], int]]:
    return [(json.loads(row["fields"]), row["copies"]) for row in found["examples"][task]]
