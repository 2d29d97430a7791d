"""Marks stand for exactly what they replace, and nothing that changes what a template does goes through."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from taskmill.udfs.paraphrases.masks import changed_marks, masked, unmasked

LIBRARY = sorted((Path(__file__).resolve().parents[3] / "templates").glob("*.yaml"))
TEMPLATE = "{% if a %}Read {{ a | upper }}.{% endif %} Answer {{ b }}{# why #} now."


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_unmasked_is_the_template_again(path: Path) -> None:
    for wording in yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]:
        for half in ("prompt", "response"):
            found = masked(wording[half])
            assert unmasked(found.text, found) == wording[half]
            assert changed_marks(found.text, found) is None
            assert "{{" not in found.text
            assert "{%" not in found.text


def test_masked_numbers_slots_and_statements() -> None:
    found = masked(TEMPLATE)
    assert found.text == "⟦1⟧Read ⟦2⟧.⟦3⟧ Answer ⟦4⟧⟦5⟧ now."
    assert found.parts == ("{% if a %}", "{{ a | upper }}", "{% endif %}", "{{ b }}", "{# why #}")
    assert found.statements == (1, 3, 5)
    assert found.literal.split() == ["Read", ".", "Answer", "now."]


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param("⟦4⟧: ⟦1⟧see ⟦2⟧⟦3⟧⟦5⟧", None, id="slots-may-move"),
        pytest.param("⟦1⟧⟦3⟧⟦4⟧⟦5⟧", "it lost {{ a | upper }}", id="lost"),
        pytest.param("⟦1⟧⟦2⟧⟦3⟧⟦4⟧⟦4⟧⟦5⟧", "it has {{ b }} twice", id="twice"),
        pytest.param("⟦1⟧⟦2⟧⟦3⟧⟦4⟧⟦5⟧⟦6⟧", "it has ⟦6⟧, which stands for nothing", id="new"),
        pytest.param("⟦3⟧⟦2⟧⟦1⟧⟦4⟧⟦5⟧", "its statements are in another order", id="order"),
    ],
)
def test_changed_marks_says_what_is_wrong(candidate: str, expected: str | None) -> None:
    assert changed_marks(candidate, masked(TEMPLATE)) == expected
