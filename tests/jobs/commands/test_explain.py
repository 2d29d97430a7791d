"""Why an example or a pair was dropped or kept, from small tables that are written without Spark."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner, Result

from taskmill.jobs.cli import app
from taskmill.jobs.commands import explain, explain_why
from taskmill.jobs.commands.explain import checked, explained
from taskmill.jobs.commands.explain_lines import print_explanation, shortened
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage.ledger import Counts
from taskmill.jobs.storage.mixture_tables import MIXING
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.jobs.storage.tables import ALL
from taskmill.jobs.words import visible

A, B, C, D, E = (digit * 8 + digit * 24 for digit in "abcde")
PLAIN, SHORT, HINTED, OTHER = "1" * 32, "2" * 32, "3" * 32, "4" * 32
TASK, BENCH = "quiz.qa", "bench.qa"
EXAMPLES, DUPLICATES, CONTAMINATION = "examples", "duplicates", "contamination"
PAIRS, TEMPLATES, QUARANTINE, GATES = "pairs", "templates", "quarantine", "gates"
SCHEMAS = {table.name: to_arrow_schema(table.schema) for table in (*ALL, *MIXING)}
Rows = dict[str, list[dict[str, Any]]]  # of each table by its name


def example(example_id: str, text: str, answer: str = "yes", task: str = TASK, **more: Any) -> dict[str, Any]:
    source, task_type = task.split(".")
    return {
        "task": task, "example_id": example_id, "source": source, "task_type": task_type, "split": "train",
        "role": "train", "copies": 1, "content_key": "k", "answer_key": "k", "revision": "r1", "licence": "MIT",
        "do_not_train": False, "languages": ["en"], "flags": [], "answer": answer,
        "fields": json.dumps({"question": text, "label": answer, "hint": None}), **more,
    }  # fmt: skip


def duplicate(kind: str, example_id: str, kept_id: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "task": TASK, "example_id": example_id, "kept_id": kept_id, "kept_task": TASK,
        "removed": kind in {"exact", "near", "same_text"}, "similarity": 1.0, "rule": "rule-1", **more,
    }  # fmt: skip


def overlap(example_id: str, other_id: str, folds: list[int], **more: Any) -> dict[str, Any]:
    return {
        "task": TASK, "example_id": example_id, "held_out": "benchmark", "other_task": BENCH, "other_id": other_id,
        "kind": "same_question", "share": 0.9996, "words": 31, "others": 4, "excluded_folds": folds,
        "rule": "overlap-2", "spans": ["which bird swims"], **more,
    }  # fmt: skip


def template(template_id: str, name: str, task_type: str = "qa", needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "template_id": template_id, "task_type": task_type, "template": name, "language": "en", "dialect": "native",
        "tier": "kernels", "origin": "hand", "inverts": False, "needs": list(needs), "prompt": "p", "response": "r",
    }  # fmt: skip


def pair_id(example_id: str, template_id: str) -> str:
    return example_id[:20] + template_id[:12]


def pair(example_id: str, template_id: str, prompt: str = "Which?", **more: Any) -> dict[str, Any]:
    return {
        "task": TASK, "pair_id": pair_id(example_id, template_id), "example_id": example_id, "text_key": 1,
        "template_id": template_id, "fold": 2, "split": "train", "task_type": "qa", "template": "plain",
        "inverts": False, "source": "quiz", "revision": "r1", "licence": "MIT", "do_not_train": False,
        "languages": ["en"], "prompt_language": "en", "response_language": "en", "excluded_folds": [], "flags": [],
        "warnings": [], "quality": 1.0, "form": [],
        "group_id": example_id[:16], "held_out_example": False, "held_out_task": False,
        "prompt_chars": 6, "response_chars": 3, "run_id": "run", "task_cluster": "qa", "prompt": prompt,
        "response": "yes", **more,
    }  # fmt: skip


def refused(row_id: str, reason: str, row: str = "{}", **more: Any) -> dict[str, Any]:
    return {
        "step": "ingest", "task": TASK, "source": "quiz", "row_id": row_id, "reasons": [reason], "run_id": "run",
        "row": row, **more,
    }  # fmt: skip


def refused_pair(example_id: str, template_id: str, reason: str) -> dict[str, Any]:
    named = {"example_id": example_id, "template_id": template_id}
    return refused(pair_id(example_id, template_id), reason, step="render", **named)


def gate(verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "task": TASK, "gate": "single_output", "verdict": verdict, "value": 1.0, "excepted": False, "evidence": "e",
        "example_ids": [], "run_id": "run", **more,
    }  # fmt: skip


def written(root: Path, rows: Rows) -> StoredRows:
    for table, some in rows.items():
        schema = SCHEMAS[table]
        complete = [{name: row.get(name) for name in schema.names} for row in some]
        write_deltalake(str(root / table), pa.Table.from_pylist(complete, schema))
    return StoredRows(str(root))


def shown(tables: StoredRows, asked: str, width: int = 200, **settings: Any) -> str:
    """What is printed, each run of white space as one blank (a narrow line may end anywhere)."""
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, **settings)
    print_explanation(console, explained(tables, checked(asked)))
    return out.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def decision(tables: StoredRows, asked: str) -> str:
    """The first decision that is printed: a refused row's, else a pair's, else an example's."""
    return words(shown(tables, asked, width=1000)).split("decision: ")[1]


ALONE = {EXAMPLES: [example(A, "Which bird swims?")]}
TWO = {EXAMPLES: [example(A, "Which bird swims?"), example(B, "Which fish swims?", "no")]}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(ALONE, "kept, in 0 pairs: not rendered yet question:", id="kept"),
        pytest.param(ALONE | {PAIRS: [pair(A, PLAIN), pair(A, SHORT)]}, "kept, in 2 pairs question:", id="rendered"),
        pytest.param(TWO | {DUPLICATES: [duplicate("exact", A, B)]}, f"removed as exact duplicate of {B} ({TASK}) q",
                     id="exact"),
        pytest.param(TWO | {DUPLICATES: [duplicate("near", A, B)]}, f"removed as near duplicate of {B} ({TASK}) q",
                     id="near"),
        pytest.param(TWO | {DUPLICATES: [duplicate("near", A, B, removed=False)]},
                     "kept, in 0 pairs: not rendered yet; a near duplicate that stays q", id="near-that-stays"),
        pytest.param(TWO | {DUPLICATES: [duplicate("conflict", A, B), duplicate("conflict", A, C)]},
                     f"not rendered yet; conflict with {B} and 1 more (stays: the same content, another answer) q",
                     id="conflict"),
        pytest.param(TWO | {DUPLICATES: [duplicate("contrast", A, B)]}, f"contrast with {B} (stays: alike",
                     id="contrast"),
        pytest.param(TWO | {DUPLICATES: [duplicate("exact", B, A)]}, "kept, in 0 pairs: not rendered yet q",
                     id="kept-for"),
        pytest.param(ALONE | {CONTAMINATION: [overlap(A, B, [1, 0]), overlap(A, C, [3, 1])]},
                     "contaminated: out of the training sets of folds 0, 1, 3 q", id="contaminated"),
        pytest.param(ALONE | {CONTAMINATION: [overlap(A, B, [2])]}, "training sets of fold 2 q", id="one-fold"),
        pytest.param(ALONE | {CONTAMINATION: [overlap(A, B, [])]}, "but no fold excludes it q", id="annotated"),
        pytest.param(ALONE | {QUARANTINE: [refused_pair(A, PLAIN, "too_long"), refused_pair(A, SHORT, "too_long")]},
                     "kept, in 0 pairs; 2 wordings refused: too_long (2) q", id="refused"),
        pytest.param(TWO | {DUPLICATES: [duplicate("same_text", A, B, template_id=PLAIN)]},
                     "kept, in 0 pairs; 1 wording left out, which would repeat another pair q", id="same-text"),
        pytest.param({EXAMPLES: [example(A, "Which?", role="benchmark")]},
                     "kept as a benchmark: compared against, never rendered q", id="benchmark"),
        pytest.param({EXAMPLES: [example(A, "Which?", do_not_train=True)]},
                     "its owners ask that it is not trained on q", id="do-not-train"),
        pytest.param(ALONE | {GATES: [gate("block"), gate("warn", gate="majority")]},
                     "kept, but not rendered: its task is blocked by single_output q", id="blocked"),
        pytest.param(ALONE | {GATES: [gate("warn"), gate("block", task=BENCH)], PAIRS: [pair(A, PLAIN)]},
                     "kept, in 1 pair q", id="warned-of"),
    ],
)  # fmt: skip
def test_decision_says_what_became_of_an_example(rows: Rows, expected: str, tmp_path: Path) -> None:
    assert expected in decision(written(tmp_path, rows), A)


def test_example_is_shown_with_its_facts_and_fields(tmp_path: Path) -> None:
    row = example(A, "Which bird swims?", copies=3, flags=["personal_email"], languages=["en", "de"])
    assert words(shown(written(tmp_path, {EXAMPLES: [row]}), A)).startswith(f"example · {A} ")
    told = words(shown(StoredRows(str(tmp_path)), A))
    assert f"task {TASK} · source quiz · revision r1 · split train · role train · licence MIT" in told
    assert "languages en, de · flags personal_email · copies 3 decision: " in told
    assert told.endswith("question: Which bird swims? label: yes")  # hint is null, and label says the answer


def test_answer_is_shown_where_no_field_has_its_text(tmp_path: Path) -> None:
    row = example(A, "Which?", "penguin", fields=json.dumps({"question": "Which?", "label": 1, "options": ["a", "é"]}))
    assert words(shown(written(tmp_path, {EXAMPLES: [row]}), A)).endswith(
        'question: Which? label: 1 options: ["a", "é"] answer: penguin'
    )


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        ("exact", A, "this one leaves"), ("exact", B, "the other leaves"), ("near", A, "this one leaves"),
        ("conflict", A, "both stay"), ("contrast", B, "both stay"), ("rejected", A, "both stay"),
    ],
)  # fmt: skip
def test_duplicates_are_told_from_either_side(kind: str, asked: str, expected: str, tmp_path: Path) -> None:
    found = {"similarity": 0.8567, "containment": 0.99999, "bands": 12, "group_id": C}
    told = words(shown(written(tmp_path, TWO | {DUPLICATES: [duplicate(kind, A, B, **found)]}), asked))
    other = B if asked == A else A
    assert f"duplicates · {kind} " in told
    assert f"with: {other} ({TASK}) {expected} · similarity 0.856 · containment 0.999 · bands 12 · group {C}" in told
    bird, fish = ("bird", "fish") if asked == A else ("fish", "bird")
    assert f"this: question: Which [-{bird}-] swims? other: question: Which {{+{fish}+}} swims?" in told


def test_contamination_is_told_from_either_side(tmp_path: Path) -> None:
    bench = example(B, "So: which bird swims?", "no", BENCH, role="benchmark", split="test")
    tables = written(tmp_path, {EXAMPLES: [*ALONE[EXAMPLES], bench], CONTAMINATION: [overlap(A, B, [0, 1])]})
    told = words(shown(tables, A))
    assert "contamination · same_question " in told
    assert (
        f"with: {B} ({BENCH}) the other is held out (benchmark) · of it in this 0.999 · words 31 · "
        'examples of that task alike 4 · excluded folds 0, 1 · rule overlap-2 both have: "which bird swims"'
    ) in told
    assert "this: question: [-Which-] bird swims? other: question: {+So: which+} bird swims?" in told
    told = words(shown(tables, B))
    assert "kept as a benchmark: compared against, never rendered question:" in told
    assert f"with: {A} ({TASK}) this is held out (benchmark) · of it in the other 0.999" in told


def test_fields_of_other_task_types_meet_by_their_words(tmp_path: Path) -> None:
    fields = {"summary": "no", "document": "Which bird swims? Penguins do."}
    other = example(B, "", "no", "news.gist", fields=json.dumps(fields))
    found = overlap(A, B, [0], other_task="news.gist")
    told = words(shown(written(tmp_path, {EXAMPLES: [*ALONE[EXAMPLES], other], CONTAMINATION: [found]}), A))
    assert "this: question: Which bird swims? other: document: Which bird swims? {+Penguins do.+}" in told
    assert "this: label: [-yes-]" in told
    assert "other: summary: {+no+}" in told


def test_five_rows_of_each_table_are_told_and_the_others_counted(tmp_path: Path) -> None:
    ids = [f"{number:032x}" for number in range(9)]
    tables = written(tmp_path, {
        EXAMPLES: [*ALONE[EXAMPLES], *(example(one, f"Which {one}?") for one in ids)],
        DUPLICATES: [duplicate("exact", one, A) for one in ids[:7]],
        CONTAMINATION: [overlap(one, A, [0]) for one in ids[:6]],
    })  # fmt: skip
    told = words(shown(tables, A))
    assert told.count("duplicates · exact") == told.count("contamination · same_question") == 5
    assert "... and 2 rows of duplicates" in told
    assert "... and 1 row of contamination" in told


def test_an_example_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE | {DUPLICATES: [duplicate("exact", A, B)], PAIRS: [pair(C, PLAIN)]})
    assert f"with: {B} ({TASK}) this one leaves" in words(shown(tables, A))
    assert "not in table examples any more: there are no texts to compare" in words(shown(tables, A))
    told = words(shown(tables, pair_id(C, PLAIN)))
    assert f"example · {C}" in told
    assert "decision: not in table examples any more: its source has changed since" in told


def test_pair_is_shown_with_its_template_and_its_examples_story(tmp_path: Path) -> None:
    tables = written(tmp_path, TWO | {
        PAIRS: [pair(A, PLAIN, excluded_folds=[1, 3])], TEMPLATES: [template(PLAIN, "plainly")],
        DUPLICATES: [duplicate("conflict", A, B), duplicate("same_text", B, A, template_id=PLAIN),
                     duplicate("same_text", C, A, template_id=SHORT)],
    })  # fmt: skip
    told = words(shown(tables, pair_id(A, PLAIN)))
    assert f"pair · {pair_id(A, PLAIN)} " in told
    assert f"wording plainly · template {PLAIN} · fold 2 · split train · out of the training sets of folds 1, 3" in told
    assert "decision: rendered prompt: Which? response: yes" in told
    assert f"example · {A} " in told
    assert told.index("duplicates · same_text") < told.index("duplicates · conflict")
    assert told.count("duplicates · ") == 2, "what is told of other templates is no matter"
    assert f"with: {B} ({TASK}) the other's pair is left out · similarity 1 · template {PLAIN}" in told


REPEATED = duplicate("same_text", A, B, template_id=PLAIN)


@pytest.mark.parametrize(
    ("rows", "template_id", "expected"),
    [
        pytest.param({DUPLICATES: [REPEATED]}, PLAIN, f"left out: it would repeat the pair of example {B} ({TASK})",
                     id="same-text"),
        pytest.param({QUARANTINE: [refused_pair(A, PLAIN, "prompt_too_long")]}, PLAIN, "refused: prompt_too_long",
                     id="refused"),
        pytest.param({DUPLICATES: [duplicate("exact", A, B)]}, PLAIN, "its example is not rendered: removed as exact",
                     id="removed"),
        pytest.param({EXAMPLES: [example(A, "Which?", role="benchmark")]}, PLAIN, "of a benchmark, and these are never",
                     id="benchmark"),
        pytest.param({GATES: [gate("block")]}, PLAIN, f"blocked by single_output: `taskmill gates --task {TASK}` says",
                     id="blocked"),
        pytest.param({}, OTHER, "its wording is of task type gist, its example of qa", id="other-task-type"),
        pytest.param({}, HINTED, "not drawn: the wording needs hint, which the example does not have", id="needs"),
        pytest.param({}, "9" * 32, "the wording has changed or left", id="no-such-template"),
        pytest.param({PAIRS: [pair(A, SHORT)]}, PLAIN, "not drawn: 1 pair of the example is there", id="not-drawn"),
        pytest.param({PAIRS: [pair(A, SHORT), pair(A, OTHER)]}, PLAIN, "2 pairs of the example are", id="several"),
        pytest.param({}, PLAIN, "not drawn, or not rendered yet", id="nothing-rendered"),
    ],
)  # fmt: skip
def test_pair_that_is_not_there_has_a_reason(rows: Rows, template_id: str, expected: str, tmp_path: Path) -> None:
    templates = [template(PLAIN, "plain"), template(SHORT, "short"), template(HINTED, "hinted", needs=("hint",)),
                 template(OTHER, "other", "gist")]  # fmt: skip
    tables = written(tmp_path, TWO | {TEMPLATES: templates} | rows)
    assert expected in decision(tables, pair_id(A, template_id))
    assert f"pair · {pair_id(A, template_id)}" in shown(tables, pair_id(A, template_id))


def taken(mixture: str, template_id: str, **more: Any) -> dict[str, Any]:
    """A row of `mixture`: a pair of the first example."""
    return {"task": TASK, "pair_id": pair_id(A, template_id), "example_id": A, "repeats": 1, "weight": 1.0, "tokens": 9,
            "run_id": "run", "mixture": mixture, **more}  # fmt: skip


def went(mixture: str, place: str, pairs: int, task: str = TASK) -> dict[str, Any]:
    """A row of `mixture_account`."""
    return {"mixture": mixture, "task": task, "place": place, "pairs": pairs, "repeated": 0, "tokens": 0,
            "run_id": "run"}  # fmt: skip


def noted(step: str, task: str, sequence: int) -> dict[str, Any]:
    """A row of `ledger`."""
    moment = datetime(2026, 1, 31, tzinfo=timezone.utc)
    return {
        "run_id": "run", "step": step, "task": task, "status": "done", "sequence": sequence, "fingerprint": "",
        "output": "", **asdict(Counts()), "seconds": 0.0, "finished_at": moment, "taskmill": "1",
    }  # fmt: skip


RENDERED = ALONE | {PAIRS: [pair(A, PLAIN), pair(A, SHORT)]}


def test_pair_is_told_with_the_mixtures_that_took_it_first(tmp_path: Path) -> None:
    tables = written(tmp_path, RENDERED | {
        "mixture": [taken("large", PLAIN, repeats=3, weight=1.25), taken("large", SHORT), taken("even", PLAIN)],
        "mixture_account": [went("even", "mixture", 1), went("large", "mixture", 2), went("another", "no_part", 2)],
    })  # fmt: skip
    told = words(shown(tables, pair_id(A, PLAIN)))
    assert (
        "decision: rendered in mixture: even: once, weight 1 in mixture: large: 3 times, weight 1.25 "
        "not in mixture: another: left out by no_part prompt:"
    ) in told
    assert "kept, in 2 pairs in mixture: even: 1 pair in mixture: large: 2 pairs, 4 with repeats question:" in told


@pytest.mark.parametrize(
    ("account", "ledger", "expected"),
    [
        pytest.param([went("m", "inverts", 9)], [], "m: left out by inverts", id="one-rule"),
        pytest.param([went("m", "rates", 2), went("m", "inverts", 9), went("m", "mixture", 4)], [],
                     "m: left out by one of the rules that left out pairs of its task: inverts (9), rates (2)",
                     id="several-rules"),
        pytest.param([went("m", f"rule_{n}", n) for n in range(1, 7)], [],
                     "m: left out by one of the rules that left out pairs of its task: rule_6 (6), rule_5 (5), "
                     "rule_4 (4), rule_3 (3) and 2 more", id="many-rules"),
        pytest.param([went("m", "inverts", 9)], [noted("mix", "m", 2), noted("render", TASK, 3)],
                     "m: the mixture was made before these pairs of its task", id="rendered-since"),
        pytest.param([went("m", "inverts", 9)], [noted("render", TASK, 1), noted("mix", "m", 2)],
                     "m: left out by inverts", id="made-since"),
        pytest.param([went("m", "mixture", 9, BENCH)], [], "m: the mixture was made before these pairs", id="new-task"),
    ],
)  # fmt: skip
def test_pair_that_a_mixture_has_not_is_told_with_what_the_tables_know(
    account: list[dict[str, Any]], ledger: list[dict[str, Any]], expected: str, tmp_path: Path
) -> None:
    rows = RENDERED | {"mixture": [], "mixture_account": account, "ledger": ledger}
    assert f"not in mixture: {expected}" in words(shown(written(tmp_path, rows), pair_id(A, PLAIN), width=1000))


def test_example_is_told_with_the_rounds_that_chose_it(tmp_path: Path) -> None:
    chosen = {"task": TASK, "example_id": A, "round": 1, "place": 1_203, "score": 0.98765, "scores": {"quality": 1.0},
              "run_id": "run"}  # fmt: skip
    tables = written(tmp_path, RENDERED | {
        "selections": [{**chosen, "mixture": "small", "round": 2}, {**chosen, "example_id": B, "mixture": "other"}],
    })  # fmt: skip
    told = words(shown(tables, A))
    assert "chosen: in round 2 of small: place 1,203 of its cluster and language, score 0.987 question:" in told
    assert "other" not in told and "mixture" not in told


def test_as_many_mixtures_are_told_as_can_be_read(tmp_path: Path) -> None:
    account = [went(f"m{number:02}", "no_part", 2) for number in range(23)]
    told = words(shown(written(tmp_path, RENDERED | {"mixture_account": account}), pair_id(A, PLAIN)))
    assert told.count("not in mixture: ") == 20
    assert "... and 3 mixtures of which as much could be told" in told


def test_refused_pair_is_shown_with_its_row_and_its_example(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE | {QUARANTINE: [refused_pair(A, PLAIN, "empty_response")],
                                        TEMPLATES: [template(PLAIN, "plain")]})  # fmt: skip
    told = words(shown(tables, pair_id(A, PLAIN)))
    assert f"step render · example {A} · template {PLAIN} decision: refused: empty_response" in told
    assert f"pair · {pair_id(A, PLAIN)} " in told
    assert "decision: refused in rendering: empty_response" in told
    assert f"example · {A} " in told


def test_two_wordings_of_one_example_that_meet_are_no_comparison(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE | {DUPLICATES: [duplicate("same_text", A, A, template_id=PLAIN)]})
    assert "the same example: two of its wordings give one text" in words(shown(tables, A))


def test_quarantined_row_is_shown_with_reasons_detail_file_and_itself(tmp_path: Path) -> None:
    row = json.dumps({"question": "é", "label": 7})
    tables = written(
        tmp_path, ALONE | {QUARANTINE: [refused(D, "label_out_of_range", row, detail="label = 7", file="a.tsv")]}
    )
    told = shown(tables, D)
    assert f"quarantined row · {D} " in told
    assert f"task {TASK} · source quiz · step ingest · file a.tsv decision: refused: label_out_of_range" in words(told)
    assert "detail: label = 7" in told
    assert '    "question": "é",' in told, "pretty JSON"
    assert "example · " not in told


def test_quarantined_row_that_is_no_json_is_shown_as_it_is_and_cut(tmp_path: Path) -> None:
    broken = '{"question": ' + "x" * 5_000
    tables = written(tmp_path, ALONE | {QUARANTINE: [refused(D, "unreadable", broken) for _ in range(7)]})
    told = words(shown(tables, D))
    assert 'row: {"question": xxx' in told
    assert "... (3,513 characters) ..." in told
    assert told.count("quarantined row · ") == 5
    assert "... and 2 rows of quarantine with this id" in told


@pytest.mark.parametrize("asked", [A[:8], f" {A[:12].upper()}", A[:20]], ids=["8", "upper-case", "20"])
def test_prefix_of_an_example_is_no_prefix_of_its_pairs(asked: str, tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE | {PAIRS: [pair(A, PLAIN), pair(A, SHORT)],
                                        QUARANTINE: [refused_pair(A, HINTED, "too_long")]})  # fmt: skip
    told = shown(tables, asked)
    assert f"example · {A} " in told
    assert "pair · " not in told


def test_prefix_of_a_pair_or_quarantined_row_will_do(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE | {PAIRS: [pair(A, PLAIN), pair(A, SHORT)], QUARANTINE: [refused(D, "broken")],
                                        TEMPLATES: [template(PLAIN, "plain"), template(HINTED, "hinted")]})  # fmt: skip
    assert "decision: rendered" in shown(tables, pair_id(A, PLAIN)[:24])
    assert "wording hinted" in shown(tables, pair_id(A, HINTED)[:24]), "a pair that was not drawn"
    assert "refused: broken" in shown(tables, D[:8])


def test_prefix_of_several_lists_them(tmp_path: Path) -> None:
    near = A[:10] + "0" * 22
    examples = [*ALONE[EXAMPLES], example(near, "?")]
    tables = written(tmp_path, {EXAMPLES: examples, PAIRS: [pair(A[:9] + "1" * 23, PLAIN)],
                                QUARANTINE: [refused(A[:9] + "2" * 23, "broken")]})  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        explained(tables, A[:8])
    for expected in (
        f"example {A} ({TASK})",
        f"example {near}",
        f"pair {A[:9] + '1' * 11}",
        f"quarantined row {A[:9]}2",
    ):
        assert expected in str(caught.value)
    assert len(caught.value.mistakes) == 1
    assert f"example · {near}" in shown(tables, near[:11])


def test_prefix_of_very_many_lists_some(tmp_path: Path) -> None:
    tables = written(tmp_path, {EXAMPLES: [example(f"{A[:8]}{number:024x}", "?") for number in range(11)]})
    with pytest.raises(ConfigError, match="and 3 more; give more digits"):
        explained(tables, A[:8])


@pytest.mark.parametrize("asked", ["", "abc", "xyz", "a" * 33, "abcdefg1", "a' OR 'a'='a"])
def test_what_is_no_id_is_refused(asked: str) -> None:
    with pytest.raises(ConfigError, match="32 hexadecimal digits"):
        checked(asked)


def test_unknown_id_says_what_was_looked_up_where(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE)
    for asked in (E, E[:8]):
        with pytest.raises(ConfigError) as caught:
            explained(tables, asked)
        assert f"nothing under {str(tmp_path)!r} has the id {asked!r}" in str(caught.value)
        assert all(name in str(caught.value) for name in ("examples", "pairs", "quarantine", "--tables"))


def test_tables_that_are_missing_or_empty_are_no_evidence(tmp_path: Path) -> None:
    (tmp_path / CONTAMINATION).mkdir()
    tables = written(tmp_path, ALONE | {DUPLICATES: [], PAIRS: [], QUARANTINE: []})
    assert "not rendered yet" in decision(tables, A)


def test_no_examples_table_at_all_is_a_table_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="explain needs table 'examples'"):
        explained(StoredRows(str(tmp_path)), A)


def test_tables_of_another_version_are_a_table_error(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "examples"), pa.table({"example_id": [A]}))
    with pytest.raises(TableError, match="'examples'.* has other columns"):
        explained(StoredRows(str(tmp_path)), A)


def test_tables_that_cannot_be_read_are_a_table_error(tmp_path: Path) -> None:
    tables = written(tmp_path, ALONE)
    for file in (tmp_path / "examples").glob("*.parquet"):
        file.unlink()
    with pytest.raises(TableError, match="'examples'.* cannot be read"):
        explained(tables, A)
    (tmp_path / "examples/_delta_log/00000000000000000000.json").write_text("no log")
    with pytest.raises(TableError, match="'examples'.* cannot be read"):
        explained(StoredRows(str(tmp_path)), A)


def test_catalogue_is_refused() -> None:
    with pytest.raises(ConfigError, match="can only be read by Spark"):
        StoredRows("catalog:mill")


def test_names_of_tables_and_columns_are_those_of_the_contract() -> None:
    """They stand as text in `explain`, which must not load Spark's types."""
    columns = {table.name: set(table.columns) for table in ALL}
    assert set(explain_why.EXAMPLE) <= columns["examples"]
    assert set(explain_why.DUPLICATE) <= columns["duplicates"]
    assert set(explain_why.OVERLAP) <= columns["contamination"]
    assert set(explain.PAIR) <= columns["pairs"]
    assert set(explain.TEMPLATE) <= columns["templates"]
    assert set(explain.REFUSED) <= columns["quarantine"]


HOSTILE = "Which [bold]bird[/bold] :smile: \x1b[31mred\x1b[0m \x07bell \r\u202eevil\u202c \u200b? \ud800"


def hostile(root: Path) -> StoredRows:
    rows = {
        EXAMPLES: [example(A, HOSTILE, languages=["e\x1bn"], flags=["\x1bflag"]), example(B, HOSTILE + "!", "no")],
        DUPLICATES: [duplicate("conflict", A, B, rule="ru\x1ble"), duplicate("same_text", B, A, template_id=PLAIN)],
        CONTAMINATION: [overlap(A, B, [0], other_task=TASK, spans=["\x1b[2J[red]x[/red]"])],
        PAIRS: [pair(A, PLAIN, HOSTILE.replace("\ud800", ""))], TEMPLATES: [template(PLAIN, "na\x1bme[/]")],
        QUARANTINE: [refused(D, "bro\x1bken", '"\\ud800 \x1b[/]', detail="\x1b]0;title\x07", file="[/x]\x1b")],
    }  # fmt: skip
    return written(root, rows)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("asked", [A, B, D, pair_id(A, PLAIN)], ids=["example", "other", "quarantined", "pair"])
def test_text_is_not_obeyed(asked: str, width: int, tmp_path: Path) -> None:
    told = shown(hostile(tmp_path), asked, width)
    assert not [one for one in told if one != "\n" and not one.isprintable()]
    assert "\\x1b" in told
    if asked in {A, B}:
        squeezed = "".join(told.split())
        assert "Which[bold]bird[/bold]:smile:\\x1b[31mred" in squeezed
        assert "\\u202eevil" in squeezed


@pytest.mark.parametrize("width", [40, 80, 99, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int, tmp_path: Path) -> None:
    long = " ".join(["Pneumonoultramicroscopicsilicovolcanoconiosis" * 4, "雨の中を大きな飛行機が飛んでいきます" * 9])
    tables = written(tmp_path, {
        EXAMPLES: [example(A, long), example(B, "x" + long, "n" * 300)],
        DUPLICATES: [duplicate("conflict", A, B, rule="r" * 200, bands=3)],
        CONTAMINATION: [overlap(A, B, list(range(40)), other_task=TASK, spans=["s" * 200])],
        PAIRS: [pair(A, PLAIN, long)], TEMPLATES: [template(PLAIN, "n" * 120)],
        QUARANTINE: [refused(D, "reason" * 30, json.dumps({"k" * 90: long}))],
    })  # fmt: skip
    for asked in (A, B, D, pair_id(A, PLAIN)):
        told = shown(tables, asked, width)
        assert max(cell_len(line) for line in told.splitlines()) <= width
        if asked in {A, B} and width < 100:
            assert "".join(told.split()).count(long.split()[1]) == 5, "nothing is cut off: one's own, and twice both"


def test_texts_stand_side_by_side_where_there_is_room(tmp_path: Path) -> None:
    tables = written(tmp_path, TWO | {DUPLICATES: [duplicate("conflict", A, B)]})
    wide, narrow = (shown(tables, A, width).splitlines() for width in (100, 99))
    assert any("this: question" in line and "other: question" in line for line in wide)
    assert not any("this: question" in line and "other: question" in line for line in narrow)


def test_differences_are_styled_in_a_terminal_and_marked_elsewhere(tmp_path: Path) -> None:
    tables = written(tmp_path, TWO | {DUPLICATES: [duplicate("conflict", A, B)]})
    styled = shown(tables, A, force_terminal=True, color_system="standard", legacy_windows=False, no_color=False)
    assert "\x1b[9;31mbird\x1b[0m" in styled
    assert "\x1b[4;32mfish\x1b[0m" in styled
    assert "[-" not in styled
    colourless = shown(tables, A, force_terminal=True, color_system="standard", legacy_windows=False, no_color=True)
    assert "[-bird-]" in colourless
    assert "{+fish+}" in colourless


def test_shortened_leaves_the_middle_out() -> None:
    assert shortened("abcdefghij", 8) == "abcdefghij"  # two characters less would be no gain
    assert shortened("abcdefghijkl", 4) == "ab ... (8 characters) ... kl"


def test_visible_keeps_what_people_write() -> None:
    text = "Tab\tand\nline, 你 é 👩\u200d🚀 \u200c"
    assert visible(text) == text


def taskmill(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments])


def test_command_explains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    written(tmp_path, TWO | {DUPLICATES: [duplicate("near", A, B)]})
    done = taskmill(A[:8], "--tables", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "removed as near duplicate of" in done.stdout
    assert "[-bird-]" in done.stdout


def test_command_takes_the_tables_of_a_pipeline_file(tmp_path: Path) -> None:
    written(tmp_path / "tables", ALONE)
    conf = tmp_path / "pipeline.yaml"
    conf.write_text(f"data: .\ntables: {tmp_path}/tables\nsources: [gone]\ntemplates: [gone]\n")
    assert taskmill(A, "--conf", str(conf)).exit_code == 0, "sources and templates need not be there any more"


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        pytest.param([E], 2, "ConfigError: explain: nothing under", id="unknown"),
        pytest.param([A[:7]], 2, "is no id", id="too-short"),
        pytest.param([A[:8]], 2, "begins several ids", id="ambiguous"),
        pytest.param([A, "--conf", "/no/such.yaml"], 2, "there is no such file", id="no-conf"),
        pytest.param([A, "--tables", "catalog:x"], 2, "can only be read by Spark", id="catalogue"),
        pytest.param([A, "--tables", "/no/such"], 1, "explain needs table 'examples'", id="no-tables"),
    ],
)
def test_command_tells_mistakes(arguments: list[str], code: int, expected: str, tmp_path: Path) -> None:
    written(tmp_path, {EXAMPLES: [*ALONE[EXAMPLES], example(A[:9] + "0" * 23, "?")]})
    place = [] if "--tables" in arguments else ["--tables", str(tmp_path)]
    done = taskmill(*arguments, *place)
    assert (done.exit_code, done.stdout) == (code, "")
    assert expected in done.stderr


def test_command_does_not_load_spark(tmp_path: Path) -> None:
    written(tmp_path, TWO | {DUPLICATES: [duplicate("near", A, B)]})
    code = (
        "import sys; from typer.testing import CliRunner; from taskmill.jobs.cli import app\n"
        f"assert CliRunner().invoke(app, ['explain', {A!r}, '--tables', {str(tmp_path)!r}]).exit_code == 0\n"
        "print([name for name in sys.modules if name.startswith(('pyspark.sql', 'py4j', 'pandas'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_example_is_named_by_nothing_but_itself_in_sql(tmp_path: Path) -> None:
    """A task's name comes from a file: a quote in it must not end the condition."""
    tables = written(tmp_path, {EXAMPLES: [example(A, "Which?", task="qu'iz.qa")]})
    assert "task qu'iz.qa" in shown(tables, A)
