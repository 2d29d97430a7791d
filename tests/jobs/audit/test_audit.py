"""The audit over tables: planted bias is found with its examples, and exchanged groups reach prompts and responses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskmill.jobs.audit.build import audits, run
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from tests.conftest import Runner, make_project, read_table, write_lines

ONLY = ["ingest", "deduplicate"]


def planted(folder: Path, of_women: int) -> None:
    """Reviews of 60 waiters and 60 waitresses; of each 60 of women `of_women` are bad, of men 30."""
    make_project(folder)
    people = [("She", number < of_women, number) for number in range(60)]
    people += [("He", number < 30, number + 60) for number in range(60)]
    rows = [
        {"id": number, "text": f"{who} was stupid about cup {number}.", "label": int(not is_bad)}
        for who, is_bad, number in people
    ]
    write_lines(folder / "data/reviews/one.jsonl", rows)


@pytest.fixture(scope="module")
def biased(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path]:
    folder = tmp_path_factory.mktemp("audit")
    planted(folder, of_women=55)
    return run_pipeline(folder / "pipeline.yaml", folder / "tables", only=ONLY), folder / "tables"


def test_planted_bias_is_found_with_its_examples(biased: tuple[Context, Path]) -> None:
    context, tables = biased
    (found,) = audits(context, "reviews.*", 1_000)
    assert found.mentions == {"gender.female": 60, "gender.male": 60}
    assert {(one.group, one.with_label, one.mentions, one.others_with_label) for one in found.notable} == {
        ("gender.female", 55, 60, 30), ("gender.male", 30, 60, 55),
    }  # fmt: skip
    texts = {row["example_id"]: json.loads(row["fields"]) for row in read_table(tables, "examples")}
    first = next(one for one in found.notable if one.group == "gender.female")
    assert first.ids and all(texts[name]["text"].startswith("She") for name in first.ids)
    assert all(texts[name]["label"] == 0 for name in first.ids)
    assert {(hint.group, hint.trait, hint.count) for hint in found.hints} == {
        ("gender.female", "stupid", 60), ("gender.male", "stupid", 60),
    }  # fmt: skip


def test_exchanged_groups_change_the_prompt_or_of_an_inverted_wording_the_response(
    biased: tuple[Context, Path],
) -> None:
    (found,) = audits(biased[0], "reviews.*", 1_000)
    (swap,) = found.swaps
    assert (swap.category, swap.examples, swap.pairs) == ("gender", 120, 240)
    assert (swap.prompts, swap.responses, swap.refused) == (120, 120, 0)  # two wordings, one of them inverted


def test_a_sample_is_bounded_and_the_same_each_time(biased: tuple[Context, Path]) -> None:
    context, _ = biased
    first, second = (audits(context, "*", 25) for _ in range(2))
    assert [one.examples for one in first] == [12, 25]
    assert first == second


def test_it_is_told_and_written(
    biased: tuple[Context, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(biased[0], "reviews.*", 100, as_json=True, out=tmp_path / "page.html")
    told = json.loads(capsys.readouterr().out)
    assert [one["task"] for one in told["tasks"]] == ["reviews.sentiment"]
    assert "gender.female" in (tmp_path / "page.html").read_text().replace("<wbr>", "")


def test_an_unknown_task_is_refused_with_the_nearest(biased: tuple[Context, Path]) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'reviews.sentiment'"):
        audits(biased[0], "review.sentiment", 10)


@pytest.mark.slow
def test_a_fair_task_has_no_findings(run_pipeline: Runner, tmp_path: Path) -> None:
    planted(tmp_path, of_women=32)
    context = run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=ONLY)
    assert [one.notable for one in audits(context, "*", 1_000)] == [[], []]
