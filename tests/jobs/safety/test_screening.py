"""What is flagged, redacted and refused, from files to pairs. All personal data here are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskmill.udfs.ids import hashed
from tests.conftest import Row, Runner, read_table, versions, write, write_lines

CARD, EMAIL = "4111 1111 1111 1111", "lena.ott@example.org"
TEXTS = [
    f"Write to {EMAIL} if the cake was dry.",
    "Write to max@example.com if the cake was dry.",
    f"I paid with {CARD}, twice.",
    "They murdered the song, and then the drummer strangled a goose.",
    "A quiet place with 12 tables since 2004.",
]
CHATS = """\
source: chats
revision: r1
licence: CC0-1.0
language: en
read:
  format: json
  path: chats.jsonl
  schema: who string, text string, parts array<string>, reply string, other array<string>
split: train
group: who
tasks:
  chat:
    answers: all
    fields: {text: text, parts: parts, reply: "array(reply, other[0])"}
"""
CHAT = """\
task_type: chat
description: What does one say?
fields: {text: text, parts: "list<text>?", reply: text}
answer: reply
templates:
  - {name: say, prompt: "{{ text }} {{ parts }}", response: "{{ reply }}"}
"""
SPANS = """\
task_type: spans
description: Where is it?
fields: {text: text, found: "list<struct<start: integer, end: integer>>"}
answer: found
templates:
  - {name: where, prompt: "{{ text }}", response: "{{ found | tojson }}"}
"""
SPAN_SOURCE = """\
source: spanned
revision: r1
licence: CC0-1.0
language: en
read: {format: json, path: "spanned.jsonl", schema: "text string, found array<struct<start: bigint, end: bigint>>"}
split: train
tasks:
  spans: {text: text, found: found}
"""


@pytest.fixture
def reviews(project: Path) -> Path:
    """The small project, with texts that have something in them in its reviews."""
    rows = [{"id": number, "text": text, "label": number % 2} for number, text in enumerate(TEXTS)]
    write_lines(project / "data/reviews/one.jsonl", rows)
    return project


def ingest(run: Runner, project: Path, *overrides: str) -> Path:
    run(project / "pipeline.yaml", project / "tables", overrides, ["ingest"])
    return project / "tables"


def examples(tables: Path, task: str = "reviews.sentiment") -> dict[str, Row]:
    """The examples of a task by their text."""
    rows = [row for row in read_table(tables, "examples") if row["task"] == task]
    return {json.loads(row["fields"])["text"]: row for row in rows}


def refused(tables: Path) -> list[Row]:
    return sorted(read_table(tables, "quarantine"), key=lambda row: str(row["detail"]))


def counts(tables: Path, task: str) -> Row:
    rows = [row for row in read_table(tables, "ledger") if row["task"] == task and row["step"] == "ingest"]
    return max(rows, key=lambda row: int(row["sequence"]))


def test_finds_are_flagged_and_stay_unless_told_otherwise(run_pipeline: Runner, reviews: Path) -> None:
    run_pipeline(reviews / "pipeline.yaml", reviews / "tables")
    found = examples(reviews / "tables")
    assert [found[text]["flags"] for text in TEXTS] == [
        ["personal_email"], ["personal_email"], ["personal_card"], ["theme_violence"], [],
    ]  # fmt: skip
    pairs = read_table(reviews / "tables", "pairs")
    flags = {pair["example_id"]: pair["flags"] for pair in pairs}
    assert flags[found[TEXTS[2]]["example_id"]] == ["personal_card"]
    assert read_table(reviews / "tables", "quarantine") == []


@pytest.mark.slow
def test_off_looks_for_nothing(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "personal_data=off", "sensitive=off")
    assert all(row["flags"] == [] for row in examples(tables).values())


def test_redacted_text_is_what_ids_and_copies_are_made_of(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "personal_data.email=redact")
    found = examples(tables)
    clean = "Write to [EMAIL] if the cake was dry."
    assert set(found) == {clean, *TEXTS[2:]}
    assert found[clean]["flags"] == ["redacted_email"]
    for row in found.values():
        assert row["example_id"] == hashed(row["task"], row["split"], row["fields"])
    labels = sorted(json.loads(row["fields"])["label"] for row in read_table(tables, "examples")
                    if "[EMAIL]" in row["fields"])  # fmt: skip
    assert labels == [0, 1]  # they differ in the label alone, and so are two examples
    assert EMAIL not in str(read_table(tables, "examples"))


@pytest.mark.slow
def test_rows_that_are_equal_once_redacted_are_copies(run_pipeline: Runner, project: Path) -> None:
    rows = [{"id": number, "text": f"Ask a{number}@example.org.", "label": 1} for number in range(3)]
    write_lines(project / "data/reviews/one.jsonl", rows)
    tables = ingest(run_pipeline, project, "personal_data=redact")
    (row,) = examples(tables).values()
    assert row["copies"] == 3
    assert {name: counts(tables, "reviews.sentiment")[name] for name in ("rows_in", "rows_out", "copies")} == {
        "rows_in": 3, "rows_out": 1, "copies": 2,
    }  # fmt: skip


def test_quarantined_rows_have_a_reason_and_no_personal_data(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "personal_data={card: quarantine, email: redact}")
    (row,) = refused(tables)
    assert (row["reasons"], row["detail"]) == (["personal_data"], "personal_data card")
    assert json.loads(row["row"])["text"] == "I paid with [CARD], twice."
    assert counts(tables, "reviews.sentiment")["quarantined"] == 1
    assert not any(CARD in text for text in examples(tables))


def test_rows_refused_for_other_reasons_are_masked_too(run_pipeline: Runner, reviews: Path) -> None:
    rows = [{"id": 1, "text": f"Ask {EMAIL}.", "label": None}]
    write_lines(reviews / "data/reviews/one.jsonl", rows)
    tables = ingest(run_pipeline, reviews, "personal_data.email=redact")
    (row,) = refused(tables)
    assert row["reasons"] == ["missing_field"]
    assert json.loads(row["row"])["text"] == "Ask [EMAIL]."


def test_themes_are_quarantined_but_for_tasks_about_them(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "sensitive.violence=quarantine")
    (row,) = refused(tables)
    assert (row["reasons"], row["detail"]) == (["sensitive_theme"], "sensitive_theme violence")
    tables = ingest(run_pipeline, reviews, "sensitive={violence: quarantine, about: ['reviews.*']}")
    assert refused(tables) == []
    assert examples(tables)[TEXTS[3]]["flags"] == ["theme_violence"]
    named = "sensitive={violence: quarantine, about: ['reviews.*'], tasks: {reviews.sentiment: {violence: quarantine}}}"
    assert len(refused(ingest(run_pipeline, reviews, named))) == 1


def test_task_type_says_that_it_is_about_a_theme(run_pipeline: Runner, reviews: Path) -> None:
    kind = reviews / "templates/sentiment.yaml"
    write(kind, kind.read_text(encoding="utf-8") + "about: [violence]\n")
    assert refused(ingest(run_pipeline, reviews, "sensitive=quarantine")) == []


@pytest.fixture
def chats(project: Path) -> Path:
    write(project / "sources/chats.yaml", CHATS)
    write(project / "templates/chat.yaml", CHAT)
    rows: list[Row] = [
        {"who": EMAIL, "text": "Call me on 202-555-0148.", "parts": ["no", None], "reply": "202-555-0148",
         "other": ["It is 202-555-0148."]},
        {"who": "max@example.com", "text": "Nothing here.", "parts": None, "reply": f"Ask {EMAIL}.", "other": None},
        {"who": EMAIL, "text": "And here?", "parts": ["call", "+1 202", "555 0148"], "reply": "+1 202 555 0148",
         "other": None},
    ]  # fmt: skip
    write_lines(project / "data/chats.jsonl", rows)
    return project


def test_redaction_reaches_answers_references_lists_and_groups(run_pipeline: Runner, chats: Path) -> None:
    tables = ingest(run_pipeline, chats, "personal_data=redact")
    found = examples(tables, "chats.chat")
    first, second = found["Call me on [PHONE]."], found["Nothing here."]
    assert json.loads(first["fields"]) == {"text": "Call me on [PHONE].", "parts": ["no", None], "reply": "[PHONE]"}
    assert first["answer"] == "[PHONE]"
    assert first["references"] == ["[PHONE]", "It is [PHONE]."]
    assert second["answer"] == "Ask [EMAIL]."
    assert json.loads(second["fields"])["parts"] is None
    assert first["group_key"] == hashed("group_key", EMAIL) != second["group_key"]


def test_a_find_spread_over_a_list_refuses_the_row(run_pipeline: Runner, chats: Path) -> None:
    tables = ingest(run_pipeline, chats, "personal_data=redact")
    (row,) = refused(tables)
    assert row["detail"] == "personal_data phone that cannot be redacted"
    assert json.loads(row["row"])["parts"] == ["call", "[PHONE]", "[PHONE]"]
    assert "0148" not in str(row)


@pytest.mark.slow
def test_texts_into_which_numbers_point_are_not_redacted(run_pipeline: Runner, project: Path) -> None:
    write(project / "sources/spanned.yaml", SPAN_SOURCE)
    write(project / "templates/spans.yaml", SPANS)
    rows: list[Row] = [
        {"text": f"Ask {EMAIL} or Ann.", "found": [{"start": 28, "end": 31}]},
        {"text": "Ask Ann.", "found": [{"start": 4, "end": 7}]},
    ]
    write_lines(project / "data/spanned.jsonl", rows)
    tables = ingest(run_pipeline, project, "personal_data.email=redact")
    assert list(examples(tables, "spanned.spans")) == ["Ask Ann."]
    assert [row["detail"] for row in refused(tables)] == ["personal_data email that cannot be redacted"]


@pytest.mark.slow
def test_settings_of_a_task_hold_for_it_alone(run_pipeline: Runner, reviews: Path) -> None:
    write_lines(reviews / "data/notes.jsonl", [{"note": f"Note of {EMAIL}", "gist": "A note."}])
    tables = ingest(run_pipeline, reviews, "personal_data={tasks: {'notes.*': redact}}")
    assert list(examples(tables, "notes.gist")) == ["Note of [EMAIL]"]
    assert TEXTS[0] in examples(tables)


def test_a_change_makes_its_tasks_stale_and_a_second_run_does_nothing(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "personal_data.card=redact")
    before = versions(tables)
    assert versions(ingest(run_pipeline, reviews, "personal_data.card=redact")) == before
    ingest(run_pipeline, reviews, "personal_data={card: redact, tasks: {'notes.*': off}}")
    latest = {task: counts(tables, task)["run_id"] for task in ("notes.gist", "reviews.sentiment")}
    assert latest["notes.gist"] > latest["reviews.sentiment"]


@pytest.mark.slow
def test_a_new_file_does_not_change_what_was_redacted(run_pipeline: Runner, reviews: Path) -> None:
    tables = ingest(run_pipeline, reviews, "personal_data={email: redact, card: quarantine}")
    old, old_refused = examples(tables), refused(tables)
    write_lines(reviews / "data/reviews/two.jsonl", [{"id": 9, "text": "New, ask b@example.org.", "label": 0}])
    ingest(run_pipeline, reviews, "personal_data={email: redact, card: quarantine}")
    new = examples(tables)
    assert set(new) - set(old) == {"New, ask [EMAIL]."}
    assert {text: (new[text]["example_id"], new[text]["flags"]) for text in old} == {
        text: (row["example_id"], row["flags"]) for text, row in old.items()
    }
    assert [row["row_id"] for row in refused(tables)] == [row["row_id"] for row in old_refused]
