"""Arrow batches of examples in, batches of pairs, refusals and keys out, without Spark."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import Any

import pyarrow as pa
import pytest

from taskmill.udfs.fields import FieldType
from taskmill.udfs.pair_checks.registry import ERROR, WARN, CheckPlan
from taskmill.udfs.rendering import batches
from taskmill.udfs.rendering.batches import PAIR_SCHEMA, REFUSED_SCHEMA, pair_renderer, refused_renderer, used_keys
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

TEMPLATES = (
    ("t1", Template("infer", "{{ premise }}? {{ choices | either_or }}", "{{ choices[label] }}", uses=("premise",))),
    ("t2", Template("explain", "Why {{ premise }}?", "{{ why }}", needs=("why",), uses=("premise", "why"))),
    ("t3", Template("write", "Write: {{ choices[label] }}", "{{ premise }}", inverts=True, uses=("premise",))),
    ("t4", Template("short", "{{ premise }}", "{{ why or '' }}", language="de", uses=("premise", "why"))),
)
PLAN = RenderPlan(
    task="snli.nli", task_type="nli", task_cluster="inference", fold=3, choices=("Yes", "No"), answer="label",
    fields={"premise": FieldType("text"), "label": FieldType("choice"),
    "why": FieldType("text", optional=True)}, templates=TEMPLATES, draw=Draw(20), limits=Limits(60, 60), first_number=7,
)  # fmt: skip
PLANS = {"snli.nli": PLAN}
PASSED = ("example_id", "source", "flags")
ROWS: list[dict[str, Any]] = [
    {
        "task": "snli.nli", "example_id": "e1", "source": "snli", "flags": '["personal_email"]', "skipped": None,
        "fields": json.dumps({"premise": "It rains", "label": 1, "why": "clouds"}),
    },
    {
        "task": "snli.nli", "example_id": "e2", "source": "snli", "flags": "[]", "skipped": "t1 t3",
        "fields": json.dumps({"premise": "Dogs bark", "label": 0, "why": None}),
    },
    {
        "task": "snli.nli", "example_id": "e3", "source": None, "flags": None, "skipped": "",
        "fields": json.dumps({"premise": "A cat", "label": 7, "why": None}),
    },
]  # fmt: skip
SCHEMA = pa.schema(
    [
        ("task", pa.string()), ("example_id", pa.string()), ("source", pa.string()),
        ("flags", pa.string()), ("skipped", pa.string()), ("fields", pa.string()),
    ]
)  # fmt: skip


def batch(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def rows_of(found: Any) -> list[dict[str, Any]]:
    return [row for out in found for row in out.to_pylist()]


def labelled(pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pairs with their labels joined, as Spark does."""
    labels = {label["number"]: label for label in PLAN.labels()}
    found = [{**pair, **labels[pair["number"]]} for pair in pairs]
    return [{**pair, "choices": pair["choices"] or pair["fixed_choices"]} for pair in found]


def pairs_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return labelled(rows_of(pair_renderer(PLANS, PASSED)([batch(rows)])))


def refused_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows_of(refused_renderer(PLANS, PASSED)([batch(rows)]))


def test_pair_renderer_gives_pairs_with_what_is_passed() -> None:
    same = {
        "example_id": "e1", "source": "snli", "flags": ["personal_email"], "task": "snli.nli", "task_type": "nli",
        "task_cluster": "inference", "fold": 3, "response_language": None, "answers_in": "data",
        "warned": None, "quality": 1.0, "is_fixed": False, "form": None, "system": None, "shots": None, "turns": None,
    }  # fmt: skip
    assert pairs_of(ROWS) == [
        {
            **same, "number": 7, "fixed_choices": ["Yes", "No"],
            "template_id": "t1", "template": "infer", "inverts": False, "prompt_language": "en",
            "gold_index": 1, "choices": ["Yes", "No"], "prompt": "It rains? Yes or No?", "response": "No",
            "prompt_chars": 20, "response_chars": 2,
        },
        {
            **same, "number": 8, "fixed_choices": ["Yes", "No"],
            "template_id": "t2", "template": "explain", "inverts": False, "prompt_language": "en",
            "gold_index": 1, "choices": ["Yes", "No"], "prompt": "Why It rains?", "response": "clouds",
            "prompt_chars": 13, "response_chars": 6,
        },
        {
            **same, "number": 9, "fixed_choices": None,
            "template_id": "t3", "template": "write", "inverts": True, "prompt_language": "en",
            "gold_index": None, "choices": None, "prompt": "Write: No", "response": "It rains",
            "prompt_chars": 9, "response_chars": 8,
        },
        {
            **same, "number": 10, "fixed_choices": ["Yes", "No"],
            "template_id": "t4", "template": "short", "inverts": False, "prompt_language": "de",
            "gold_index": 1, "choices": ["Yes", "No"], "prompt": "It rains", "response": "clouds",
            "prompt_chars": 8, "response_chars": 6,
        },
    ]  # fmt: skip


def test_a_field_named_data_is_not_the_word_data() -> None:
    template = Template("tell", "Tell: {{ data }}", "{{ data }}!", uses=("data",))
    plan = replace(PLAN, choices=None, answer=None, fields={"data": FieldType("text")}, templates=(("t", template),))
    row = {**ROWS[0], "fields": json.dumps({"data": "a | b"})}
    (pair,) = rows_of(pair_renderer({"snli.nli": plan}, PASSED)([batch([row])]))
    assert pair["response_language"] is None


def test_checks_warn_of_pairs_or_refuse_them() -> None:
    checks = CheckPlan({"truncated_response": WARN, "response_is_prompt": ERROR, "not_a_choice": WARN})
    plan = replace(
        PLAN, checks=checks, templates=(*TEMPLATES[:2], ("t5", Template("copy", "{{ premise }}", "{{ why }}")))
    )
    values = [("It rains", "as it is..."), ("Dogs bark", "Dogs bark"), ("A cat", "Yes")]
    rows = [
        {
            **ROWS[0],
            "skipped": None,
            "example_id": name,
            "fields": json.dumps({"premise": text, "label": 0, "why": why}),
        }
        for name, (text, why) in zip("abc", values, strict=True)
    ]
    pairs = rows_of(pair_renderer({"snli.nli": plan}, PASSED)([batch(rows)]))
    dots = "not_a_choice truncated_response"
    assert [(pair["example_id"], pair["number"], pair["warned"], pair["quality"]) for pair in pairs] == [
        ("a", 7, None, 1.0), ("a", 8, dots, 0.35), ("a", 9, dots, 0.35),
        ("b", 7, None, 1.0), ("b", 8, "not_a_choice", 0.5),
        ("c", 7, None, 1.0), ("c", 8, None, 1.0), ("c", 9, None, 1.0),
    ]  # fmt: skip
    refused = rows_of(refused_renderer({"snli.nli": plan}, PASSED)([batch(rows)]))
    assert [(row["example_id"], row["template_id"], row["reason"], row["detail"]) for row in refused] == [
        ("b", "t5", "response_is_prompt", "The response is the prompt")
    ]


def test_refused_renderer_gives_reasons_with_what_is_passed() -> None:
    null = {"example_id": "e3", "source": None, "flags": None}
    assert refused_of(ROWS) == [
        {
            "example_id": "e2", "source": "snli", "flags": [], "template_id": "t4", "template": "short",
            "reason": "empty_response", "detail": None,
        },
        {
            **null, "template_id": "t1", "template": "infer", "reason": "undefined_value",
            "detail": "UndefinedError: list object has no element 7",
        },
        {
            **null, "template_id": "t3", "template": "write", "reason": "undefined_value",
            "detail": "UndefinedError: list object has no element 7",
        },
        {**null, "template_id": "t4", "template": "short", "reason": "empty_response", "detail": None},
    ]  # fmt: skip


def test_accepted_and_refused_are_what_was_drawn() -> None:
    drawn = {("e1", "t1"), ("e1", "t2"), ("e1", "t3"), ("e1", "t4"), ("e2", "t4"), ("e3", "t1"), ("e3", "t3"),
             ("e3", "t4")}  # fmt: skip
    found = [(row["example_id"], row["template_id"]) for row in [*pairs_of(ROWS), *refused_of(ROWS)]]
    assert len(found) == len(drawn)
    assert set(found) == drawn


def test_templates_are_skipped_only_where_they_are_named() -> None:
    row = ROWS[0]
    for skipped, expected in [
        (None, ["t1", "t2", "t3", "t4"]), ("", ["t1", "t2", "t3", "t4"]), ("t3 gone", ["t1", "t2", "t4"]),
        ("t1 t2 t3 t4", []),
    ]:  # fmt: skip
        assert [pair["template_id"] for pair in pairs_of([{**row, "skipped": skipped}])] == expected


def test_the_column_skipped_may_be_missing() -> None:
    without = batch(ROWS[:1]).drop_columns(["skipped"])
    assert labelled(rows_of(pair_renderer(PLANS, PASSED)([without]))) == pairs_of(ROWS[:1])


def test_pairs_of_one_example_stand_together_in_the_order_of_the_examples() -> None:
    rows = [{**ROWS[0], "example_id": f"e{number}"} for number in (5, 2, 9)]
    owners = [name for name, _ in groupby(pair["example_id"] for pair in pairs_of(rows))]
    assert owners == ["e5", "e2", "e9"]


def test_pairs_do_not_depend_on_the_cutting_into_batches() -> None:
    one_by_one = rows_of(pair_renderer(PLANS, PASSED)([batch([row]) for row in ROWS]))
    assert labelled(one_by_one) == pairs_of(ROWS)


@pytest.mark.parametrize("render", [pair_renderer, refused_renderer], ids=["pairs", "refused"])
def test_every_batch_has_the_schema_even_an_empty_one(render: Any) -> None:
    declared = PAIR_SCHEMA if render is pair_renderer else REFUSED_SCHEMA
    lists = {"flags": pa.field("flags", pa.list_(pa.string()))}
    expected = pa.schema([*(lists.get(name, SCHEMA.field(name)) for name in PASSED), *declared])
    for rows in ([], ROWS, [{**ROWS[0], "skipped": "t1 t2 t3 t4"}]):
        assert {out.schema for out in render(PLANS, PASSED)([batch(rows)])} <= {expected}
    assert list(render(PLANS, PASSED)([])) == []


def test_long_outputs_are_cut_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pairs_of(ROWS)
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 10)
    found = list(pair_renderer(PLANS, PASSED)([batch(ROWS)]))
    assert labelled(rows_of(found)) == whole
    assert len(found) > 2
    assert all(sum(len(row["prompt"]) for row in out.to_pylist()[:-1]) < 10 for out in found)


def test_long_responses_are_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of a string column holds 2 GiB at most; a response may be half as long as a prompt may."""
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 100)
    wording = ("t", Template("write", "W", "{{ premise }}", inverts=True))
    plans = {"snli.nli": RenderPlan(**{**vars(PLAN), "templates": (wording,)})}
    fields = json.dumps({"premise": "x" * 60, "label": 0, "why": None})
    rows = [{**ROWS[0], "fields": fields, "example_id": f"e{number}"} for number in range(20)]
    found = list(pair_renderer(plans, PASSED)([batch(rows)]))
    assert sum(out.num_rows for out in found) == 20
    assert all(sum(len(row["response"]) for row in out.to_pylist()[:-1]) < 100 for out in found)


def test_refusals_that_repeat_their_fields_are_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 200)
    fields = json.dumps({"premise": "x" * 100, "label": 0, "why": None})  # every prompt is too long
    rows = [{**ROWS[0], "fields": fields, "example_id": f"e{number}"} for number in range(20)]
    found = list(refused_renderer(PLANS, ("example_id", "fields"))([batch(rows)]))
    assert sum(out.num_rows for out in found) >= 20
    assert all(sum(len(row["fields"]) for row in out.to_pylist()[:-1]) < 400 for out in found)


def test_half_a_surrogate_pair_does_not_stop_the_batch() -> None:
    wording = ("t", Template("smile", "{{ premise }} {{ '\\ud83d' }}", "r"))
    plans = {"snli.nli": RenderPlan(**{**vars(PLAN), "templates": (wording,)})}
    rows = ROWS[:1]
    pairs, refused = (rows_of(render(plans, PASSED)([batch(rows)])) for render in (pair_renderer, refused_renderer))
    assert (len(pairs), len(refused)) == (0, 1)


def test_used_keys_are_equal_where_the_pairs_are() -> None:
    """Over every pair of examples and partial template: same key exactly when same prompt and response."""
    values = [
        {"premise": premise, "label": label, "why": why}
        for premise in ("It rains", "Dogs bark", "It  rains")
        for label in (0, 1)
        for why in ("clouds", "wind", None)
    ]
    rows = [{**ROWS[0], "example_id": f"e{n}", "fields": json.dumps(value)} for n, value in enumerate(values)]
    partial = frozenset({"t2", "t4"})
    keys = {
        (row["example_id"], row["template_id"]): row["used_key"]
        for row in rows_of(used_keys(PLANS, partial)([batch(rows)]))
    }
    pairs = {
        (pair["example_id"], pair["template_id"]): (pair["prompt"], pair["response"])
        for pair in pairs_of(rows)
        if pair["template_id"] in partial
    }
    assert set(pairs) <= set(keys)
    assert {template for _, template in keys} == partial
    for one, pair in pairs.items():
        for other, other_pair in pairs.items():
            if one[1] == other[1]:
                assert (keys[one] == keys[other]) == (pair == other_pair)


def test_used_keys_gives_nothing_for_templates_that_use_every_field_or_are_skipped() -> None:
    assert rows_of(used_keys(PLANS, frozenset())([batch(ROWS)])) == []
    rows = [{**ROWS[0], "skipped": "t2"}]
    assert [row["template_id"] for row in rows_of(used_keys(PLANS, frozenset({"t2", "t4"}))([batch(rows)]))] == ["t4"]
