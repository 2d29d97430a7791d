"""What is wrong with the follow-ups of wordings, told with file, line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.follow_ups import shared_fields
from taskmill.jobs.catalog.template_checks import mistakes_of
from taskmill.jobs.configuration.config import TaskType, read_model
from taskmill.jobs.configuration.positions import Document, load_document

TYPE = """\
task_type: reading
description: Answer.
fields: {text: text, hint: "text?", question: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ text }} {{ question }}", follow_up: "And {{ question }}", response: "{{ answer }}"}
  - {name: hinted, needs: [hint], prompt: "{{ text }} {{ hint }} {{ question }}", response: "{{ answer }}"}
  - NEXT
"""
NEXT = '{name: next, prompt: "Read {{ text }} {{ question }}", response: "{{ answer }}"}'


def read(path: Path, wording: str) -> tuple[TaskType, Document]:
    path.write_text(TYPE.replace("NEXT", wording), encoding="utf-8")
    document = load_document(path)
    task_type, mistakes = read_model(TaskType, document)
    assert task_type is not None, mistakes
    return task_type, document


def test_what_follow_ups_leave_out_is_shared(tmp_path: Path) -> None:
    task_type, document = read(tmp_path / "reading.yaml", NEXT)
    assert mistakes_of(task_type, document) == []
    assert shared_fields(task_type) == ("text",)


@pytest.mark.parametrize(
    ("follow_up", "more", "told"),
    [
        pytest.param("{{ text }} {{ question }}", "", "has all that the prompt has", id="nothing left out"),
        pytest.param("{{ text }} Next?", "", "leaves out question, others leave out text", id="another text left out"),
        pytest.param("Next?", "", "leaves out text, question, others leave out text", id="nothing asked"),
        pytest.param("{{ question }} {{ answer }}", "", "gives the answer away: it reads answer", id="the answer"),
        pytest.param("{{ question }} {{ hint }}", "", "reads hint, which the prompt does not", id="something new"),
        pytest.param("{{ question }}", "inverts: true, ", "an inverted wording has none", id="inverted"),
        pytest.param("{{ questoin }}", "", "'questoin' is not a field", id="no such field"),
        pytest.param("{{ question ", "", "next.follow_up", id="no template"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, follow_up: str, more: str, told: str) -> None:
    wording = NEXT.replace("{name: next, ", f'{{name: next, {more}follow_up: "{follow_up}", ')
    task_type, document = read(tmp_path / "reading.yaml", wording)
    found = [mistake for mistake in mistakes_of(task_type, document) if "next" in mistake]
    assert len(found) == 1
    assert told in found[0]
    assert "reading.yaml, line 8" in found[0]
