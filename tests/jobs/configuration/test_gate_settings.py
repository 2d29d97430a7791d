"""What a pipeline file may say of gates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from taskmill.jobs.catalog.catalog import load_catalog
from taskmill.jobs.configuration.gate_settings import DEFAULTS, Gates
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.gates.verdicts import Limits
from tests.conftest import PIPELINE, make_project, write


def limits(gate: str, text: str) -> Limits | None:
    """The limits of a gate for which a YAML file says this."""
    return Gates.model_validate({gate: yaml.safe_load(text)}).limits().get(gate)


def test_every_gate_has_a_default_and_a_setting() -> None:
    assert Gates().limits() == dict(DEFAULTS)
    assert {name for name in Gates.model_fields if name != "excepted"} == set(DEFAULTS)


@pytest.mark.parametrize(
    ("gate", "text", "expected"),
    [
        ("majority", "{warn: 0.8, block: 0.99}", Limits(0.8, 0.99)),
        ("majority", "{block: 0.99}", Limits(0.9, 0.99)),
        ("majority", "{warn: off, block: 0.99}", Limits(None, 0.99)),
        ("majority", "off", None),
        ("majority", "block", Limits(0.9, 0.9)),
        ("majority", "{severity: warn, warn: 0.7, block: 0.99}", Limits(0.7, None)),
        ("single_output", "warn", Limits(2, None)),
        ("single_output", "block", Limits(None, 2)),
        ("too_few_examples", "warn", Limits(26, None)),
        ("too_few_examples", "block", Limits(26, 26)),
        ("too_few_examples", "{severity: block, block: 5}", Limits(26, 5)),
    ],
)
def test_gate_limits(gate: str, text: str, expected: Limits | None) -> None:
    assert limits(gate, text) == expected


def test_excepted_of_joins_globs() -> None:
    values: dict[str, Any] = {"except": {"snli.*": ["majority"], "*.nli": ["label_entropy"]}}
    gates = Gates.model_validate(values)
    assert gates.excepted_of("snli.nli") == {"majority", "label_entropy"}
    assert gates.excepted_of("other.qa") == frozenset()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("gates: {majorty: off}", "gates.majorty: unknown key .*Did you mean 'majority'"),
        ("gates: {majority: {wrn: 0.9}}", "unknown key .*Did you mean 'warn'"),
        ("gates: {majority: {warn: 90}}", "gates.majority.warn: .*less than or equal to 1"),
        ("gates: {majority: stop}", "gates.majority.*'off', 'warn' or 'block'"),
        ("gates: {except: {reviews.sentiment: [majorty]}}", "there is no gate 'majorty'.*Did you mean 'majority'"),
    ],
)
def test_mistakes_name_the_nearest(tmp_path: Path, line: str, told: str) -> None:
    write(tmp_path / "pipeline.yaml", f"{PIPELINE}{line}\n")
    with pytest.raises(ConfigError, match=told):
        load_pipeline(tmp_path / "pipeline.yaml")


def test_a_task_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    make_project(tmp_path)
    override = ["gates.except={reviws.sentiment: [majority], notes.*: [majority]}"]
    pipeline = load_pipeline(tmp_path / "pipeline.yaml", override)
    with pytest.raises(ConfigError, match=r"gates.except: no task is called 'reviws.sentiment'.*Did you mean 'reviews"):
        load_catalog(pipeline)
