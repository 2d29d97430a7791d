"""What a pipeline file may say of pairs that show other examples."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from taskmill.jobs.configuration.form_settings import Forms, FormSettings
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.siblings import MultiTurn


def of(task: str, **values: Any) -> Forms:
    found = FormSettings.model_validate(values).of(task)
    assert found is not None
    return found


def test_rates_of_nothing_ask_for_nothing() -> None:
    forms = of("a.b", few_shot={"rate": 0, "shots": [3]}, multi_turn={"rate": 0.0, "turns": 3})
    assert (forms.few_shot.of_render, forms.multi_turn.of_render) == (None, None)


def test_tasks_change_single_keys() -> None:
    values = {
        "few_shot": {"rate": 0.2, "max_tokens": 1024},
        "multi_turn": {"rate": 0.5},
        "tasks": {"a.*": {"few_shot": {"shots": [3], "after_answer": "\n"}, "multi_turn": {"turns": 2}}},
    }
    assert of("a.b", **values).few_shot.of_render == FewShot(0.2, (3,), 1024, "\n\n", "\n")
    assert of("a.b", **values).multi_turn.of_render == MultiTurn(0.5, 2, 2048)
    assert of("c.d", **values).few_shot.of_render == FewShot(0.2, (1, 2, 5), 1024)
    assert of("c.d", **values).multi_turn.of_render == MultiTurn(0.5, 4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"few_shot": {"rate": 2}}, "less than or equal to 1", id="share"),
        pytest.param({"few_shot": {"shots": []}}, "at least 1 item", id="no number of shots"),
        pytest.param({"few_shot": {"shots": [0]}}, "greater than or equal to 1", id="no shots"),
        pytest.param({"few_shot": {"max_tokens": 0}}, "greater than or equal to 1", id="no tokens"),
        pytest.param({"few_shot": {"after_answer": ""}}, "at least 1 character", id="nothing between"),
        pytest.param({"multi_turn": {"turns": 1}}, "greater than or equal to 2", id="no dialogue"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FormSettings.model_validate(values)
