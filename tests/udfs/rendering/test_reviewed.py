"""Reviewers' decisions on pairs as rendering applies them, in both tiers and in both passes."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from taskmill.udfs.fields import parse_field_type
from taskmill.udfs.rendering.batches import pair_renderer, refused_renderer
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.dialects import tier
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

KERNEL = Template("plain", "Ask: {{ text }}", "{{ reply }}", uses=("text", "reply"))
ROWS = Template("loop", "{% for a in [text] recursive %}{{ a }}?{% endfor %}", "{{ reply }}", uses=("text", "reply"))
EXAMPLES = [{"text": f"t{number}", "reply": f"r{number}" if number != 2 else ""} for number in range(4)]


def plan(template: Template, **more: object) -> RenderPlan:
    fields = {name: parse_field_type("text") for name in ("text", "reply")}
    values = {
        "task": "a.t", "task_type": "t", "task_cluster": "c", "fold": 0, "choices": None, "answer": None,
        "fields": fields, "templates": ((template.template_id("t"), template),), "draw": Draw(1),
        "limits": Limits(max_response_chars=100),
    }  # fmt: skip
    return RenderPlan(**{**values, **more})  # type: ignore[arg-type]


def batch(reviewed: list[dict[str, object] | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "task": ["a.t"] * 4,
            "example_id": [f"{number:032x}" for number in range(4)],
            "languages": ['["en"]'] * 4,
            "fields": [json.dumps(one) for one in EXAMPLES],
            "skipped": pa.array([None] * 4, pa.string()),
            "reviewed": pa.array([None if one is None else json.dumps(one) for one in reviewed], pa.string()),
        }
    )


def both(found: RenderPlan, reviewed: list[dict[str, object] | None]) -> tuple[list[tuple[object, ...]], list[object]]:
    """What is accepted, and what is refused."""
    rows = batch(reviewed)
    accepted = [
        tuple(row[name] for name in ("prompt", "response", "is_fixed"))
        for piece in pair_renderer({"a.t": found}, ("example_id",))([rows])
        for row in piece.to_pylist()
    ]
    refused = [
        (int(row["example_id"], 16), row["reason"], row["detail"])
        for piece in refused_renderer({"a.t": found}, ("example_id",))([rows])
        for row in piece.to_pylist()
    ]
    return accepted, refused


@pytest.mark.parametrize("template", [KERNEL, ROWS], ids=["kernels", "rows"])
def test_a_pair_is_rejected_fixed_or_left_and_is_in_one_place(template: Template) -> None:
    reviewed = [{template.name: {"rejected": "by ana"}}, {template.name: {"response": "mended"}}, None, None]
    accepted, refused = both(plan(template), reviewed)
    assert tier(template)[0] == ["kernels", "rows"][template is ROWS]
    prompts = ["Ask: t{}", "t{}?"][template is ROWS]
    assert accepted == [(prompts.format(1), "mended", True), (prompts.format(3), "r3", False)]
    assert refused == [(0, "rejected_in_review", "by ana"), (2, "empty_response", None)]


def test_a_whole_fix_makes_a_pair_of_what_rendering_refused_and_half_a_fix_does_not() -> None:
    whole, half = {"plain": {"prompt": "p", "response": "r"}}, {"plain": {"prompt": "p"}}
    assert both(plan(KERNEL), [None, None, whole, None])[0][2] == ("p", "r", True)
    assert both(plan(KERNEL), [None, None, half, None])[1] == [(2, "empty_response", None)]


def test_a_fix_keeps_to_the_limits() -> None:
    accepted, refused = both(plan(KERNEL), [{"plain": {"response": "r" * 101}}, None, None, None])
    assert len(accepted) == 2
    assert refused[0] == (0, "response_too_long", "101 characters; the limit is 100")


def test_decisions_on_other_templates_mean_nothing() -> None:
    assert both(plan(KERNEL), [{"other": {"rejected": "by ana"}}] * 4)[0] == both(plan(KERNEL), [None] * 4)[0]


def test_a_rejected_template_gives_no_pair() -> None:
    accepted, refused = both(plan(KERNEL, rejected={"plain": "by ana"}), [None] * 4)
    assert accepted == []
    assert refused == [(number, "rejected_in_review", "by ana") for number in range(4)]
