"""What `forms` of a pipeline file may say, and what of it is meant for a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from taskmill.jobs.catalog.form_checks import pipeline_mistakes, type_mistakes
from taskmill.jobs.configuration.config import TaskType
from taskmill.jobs.configuration.form_settings import Forms, FormSettings
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import load_document


def of(task: str, **values: Any) -> Forms | None:
    return FormSettings.model_validate(values).of(task)


def test_nothing_is_set_unless_it_is_written() -> None:
    assert of("snli.nli") is None
    assert of("snli.nli", options={"shuffled": 0.0}, examples={"rate": 0.0}) is None


def test_later_and_narrower_keys_win_one_by_one() -> None:
    tasks = {
        "snli.*": {"options": {"shuffled": 0.0}, "system": {"messages": ["C"]}},
        "*.nli": {"options": {"styles": {"letters": 1}}, "inverted": 0.1},
    }
    values = {
        "options": {"shuffled": 1.0, "by_label": 0.5, "styles": {"own": 1, "numbers": 2}},
        "system": {"rate": 0.5, "messages": ["A", "B"]},
        "inverted": 0.9,
        "tasks": tasks,
    }
    both = of("snli.nli", **values)
    assert both is not None
    assert (both.options.shuffled, both.options.by_label, dict(both.options.styles)) == (0.0, 0.5, {"letters": 1})
    assert (both.system.rate, both.system.messages, both.inverted) == (0.5, ("C",), 0.1)
    neither = of("gsm8k.math", **values)
    assert neither is not None
    assert (neither.options.shuffled, neither.inverted) == (1.0, 0.9)
    assert neither.system.by_language == (("", ("A", "B")),)


def test_messages_are_for_all_languages_or_for_each() -> None:
    found = of("a.b", system={"rate": 1, "messages": {"DE": ["Kurz."], "en": ["Brief."]}})
    assert found is not None
    assert found.system.by_language == (("de", ("Kurz.",)), ("en", ("Brief.",)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"options": {"styles": {"letter": 1}}}, "Did you mean 'letters'", id="style"),
        pytest.param({"options": {"styles": {"letters": 0}}}, "needs a weight above 0", id="no-weight"),
        pytest.param({"options": {"shuffled": 2}}, "less than or equal to 1", id="share"),
        pytest.param({"system": {"rate": 0.1}}, "a rate needs some", id="no-message"),
        pytest.param({"max_tokens": 0}, "greater than or equal to 1", id="no-tokens"),
        pytest.param({"tasks": {"a": {"tasks": {}}}}, "Extra inputs", id="tasks-in-tasks"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FormSettings.model_validate(values)


def test_forms_of_tasks_that_there_are_not_are_a_mistake() -> None:
    pipeline = Pipeline.model_validate(
        {"sources": ["s"], "templates": ["t"], "forms": {"tasks": {"snil.nli": {"inverted": 0.1}, "*.nli": {}}}}
    )
    (mistake,) = pipeline_mistakes(pipeline, {"snli.nli": None})  # type: ignore[dict-item]
    assert mistake.startswith("forms.tasks: no task is called 'snil.nli'")
    assert "Did you mean 'snli.nli'" in mistake


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("shrinks: [pasage]", "shrinks: 'pasage' is no text field (it has: passage).", id="unknown"),
        pytest.param("shrinks: [answer]", "'answer' is the answer, which is never shortened", id="answer"),
        pytest.param("shrinks: [shown]", "'shown' is no text field", id="no-text"),
        pytest.param("shows: {good: passage}", "shows.good: 'passage' is no list of examples", id="no-list"),
        pytest.param("shows: {definition: shown}", "shows.definition: 'shown' is no text field", id="no-definition"),
        pytest.param("shows: {good: shown, definition: passage}", None, id="right"),
    ],
)
def test_what_a_task_type_shrinks_and_shows_has_to_be_there(tmp_path: Path, line: str, said: str | None) -> None:
    text = f"""\
task_type: t
description: d
fields: {{passage: text, answer: text, shown: "list<struct<input: text, output: text>>?"}}
answer: answer
{line}
templates: [{{name: one, prompt: "{{{{ passage }}}}", response: "{{{{ answer }}}}"}}]
"""
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    document = load_document(tmp_path / "t.yaml")
    found = list(type_mistakes(TaskType.model_validate(document.value), document))
    assert len(found) == (said is not None)
    if said is not None:
        assert said in found[0]
        assert "t.yaml, line 5" in found[0]
