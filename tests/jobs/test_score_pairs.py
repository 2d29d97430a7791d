"""Pairs scored by a local endpoint: the right losses, paid for once, and chosen by."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.models.budgets import Budget
from taskmill.jobs.models.client import KEY, Settings
from taskmill.jobs.score_pairs import Scoring, run
from taskmill.jobs.select_examples import run_round
from tests.conftest import Runner, make_project, read_table, write, write_lines
from tests.jobs.models.endpoint import SECRET, Say, completion, echo_words, serving

WORDING = "  - {name: is_it_good, prompt"
SECOND = '  - {name: tell, prompt: "Tell about {{ text }}", response: "It is {{ choices[label] }}, {{ text }}"}\n'
MIXTURE = """\
mixture: hard
split: all
inverts: false
parts: {a: {tasks: [reviews]}}
select: {examples: 5, by: {loss: {across: spread}}}
"""
PAIRS = 48  # of 24 reviews; the wording that inverts is left out


@pytest.fixture(scope="module")
def made(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("score")
    make_project(folder)
    write(folder / "mixtures/hard.yaml", MIXTURE)
    texts = folder / "templates/sentiment.yaml"
    write(texts, texts.read_text().replace(WORDING, SECOND + WORDING))
    rows = [{"id": place, "text": f"wörd{'o' * place} {place}", "label": place % 2} for place in range(24)]
    write_lines(folder / "data/reviews/one.jsonl", rows)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    object.__setattr__(context.pipeline, "mixtures", (str(folder / "mixtures"),))
    return context


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)


def scoring(folder: Path, url: str | None, **values: Any) -> Scoring:
    settings = Settings("small", url, temperature=0.0, timeout_seconds=5, retries=0)
    return Scoring("hard", str(folder / "losses"), settings, Budget(), answers=folder / "answers.sqlite", **values)


def losses(folder: Path) -> dict[str, dict[str, Any]]:
    rows = DeltaTable(str(folder / "losses")).to_pyarrow_table().to_pylist()
    return {row["pair_id"]: row for row in rows}


def expected(pair: dict[str, Any]) -> list[float]:
    """What `echo_words` makes of a response, by hand."""
    return [0.5 * len(word) for word in pair["response"].split()]


def test_pairs_are_scored_and_examples_are_chosen_by_the_scores(made: Context, tmp_path: Path) -> None:
    with serving(echo_words) as endpoint:
        run(made, scoring(tmp_path, endpoint.url))
        found = losses(tmp_path)
        pairs = {
            pair["pair_id"]: pair
            for pair in read_table(Path(made.warehouse.root), "pairs")
            if pair["task"] == "reviews.sentiment" and not pair["inverts"]
        }
        assert set(found) == set(pairs) and len(found) == PAIRS == len(endpoint.seen)
        for pair_id, row in found.items():
            by_hand = expected(pairs[pair_id])
            assert row["loss"] == pytest.approx(sum(by_hand) / len(by_hand))
            assert row["perplexity"] == pytest.approx(math.exp(row["loss"]))
            assert row["tokens"] == len(by_hand)
        assert {one["prompt"] for one in endpoint.seen} == {
            f"{pair['prompt']}\n\n{pair['response']}" for pair in pairs.values()
        }
        run(made, scoring(tmp_path, endpoint.url, sample=10))
        assert sorted(losses(tmp_path)) == sorted(pairs)[:10]  # all wordings of the same examples
        assert len(endpoint.seen) == PAIRS
    run(made, scoring(tmp_path, None, offline=True))
    assert losses(tmp_path) == found
    run_round(made, "hard", scores=str(tmp_path / "losses"))
    of_example = defaultdict(list)
    for pair_id, row in found.items():
        of_example[pairs[pair_id]["example_id"]].append(row["loss"])
    widest = sorted(of_example, key=lambda one: max(of_example[one]) - min(of_example[one]))[-5:]
    chosen = {row["example_id"] for row in read_table(Path(made.warehouse.root), "selections")}
    assert chosen == set(widest)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


def test_what_was_interrupted_goes_on_without_paying_twice(
    made: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(asked: str, before: int) -> Say:
        return Say(status=500) if re.search("wördo{10}", asked) and not before else echo_words(asked, before)

    with serving(failing) as endpoint:
        with pytest.raises(StepError, match=r"pairs scored, in .*Not scored: http_500: \d+\. .*run it again") as told:
            run(made, scoring(tmp_path, endpoint.url))
        first, failed = len(losses(tmp_path)), PAIRS - len(losses(tmp_path))
        assert 0 < first < PAIRS
        run(made, scoring(tmp_path, endpoint.url))
        assert len(losses(tmp_path)) == PAIRS
        assert len(endpoint.seen) == PAIRS + failed
    said = capsys.readouterr()
    assert SECRET not in f"{told.value}{said.out}{said.err}"


def test_a_budget_ends_the_run_and_what_was_scored_is_written(made: Context, tmp_path: Path) -> None:
    with serving(echo_words) as endpoint:
        small = replace(scoring(tmp_path, endpoint.url), budget=Budget(max_tokens=200))
        with pytest.raises(StepError, match="over_budget: .*the rest was not asked about"):
            run(made, small)
        assert 0 < len(losses(tmp_path)) == len(endpoint.seen) < PAIRS


def test_an_endpoint_that_does_not_echo_is_asked_once(made: Context, tmp_path: Path) -> None:
    generated = completion(" and", {"tokens": [" and"], "token_logprobs": [-1.0], "text_offset": [0]}, 5)
    with serving(lambda asked, before: Say(body=generated)) as endpoint:
        with pytest.raises(StepError, match="no pair scored.*no_echo: the endpoint does not echo the prompt: serve"):
            run(made, scoring(tmp_path, endpoint.url))
        assert len(endpoint.seen) == 1
    assert not (tmp_path / "losses").exists()


def test_nothing_else_is_written_over(made: Context, tmp_path: Path) -> None:
    (tmp_path / "losses").mkdir()
    (tmp_path / "losses/notes.txt").write_text("mine")
    asked = scoring(tmp_path, None, offline=True)
    for place in (asked.out, str(tmp_path / "losses/notes.txt"), f"{made.warehouse.root}/pairs"):
        with pytest.raises(ConfigError, match="there is something else than a table of scores"):
            run(made, replace(asked, out=place))
