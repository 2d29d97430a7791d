"""A model is asked once for each thing, again when it is busy, never past the budget; and its key is told nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.models.answers import Answer, Answers, Question
from taskmill.jobs.models.budgets import Budget, Pace, Spending
from taskmill.jobs.models.chat import Chat
from taskmill.jobs.models.client import ENDPOINT, KEY, MODEL, Failure, Settings, settings_from
from tests.jobs.models.endpoint import SECRET, Say, serving

ONE, TWO = Question("be brief", "one"), Question("be brief", "two")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)


def echo(asked: str, before: int) -> Say:
    return Say(f"<{asked}>")


def chat(url: str, answers: Answers, budget: Budget | None = None, **settings: object) -> Chat:
    values = {"timeout_seconds": 5.0, "retries": 0, **settings}
    return Chat(Settings("small", url, **values), answers, Spending(budget or Budget()))  # type: ignore[arg-type]


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "deep" / "answers.sqlite")


def texts(found: list[Answer | Failure]) -> list[str]:
    return [one.text if isinstance(one, Answer) else one.reason for one in found]


def test_answers_come_in_the_order_of_the_questions_and_equal_ones_are_asked_once(answers: Answers) -> None:
    with serving(lambda asked, before: Say(f"<{asked}>", wait=0.2 if asked == "one" else 0)) as endpoint:
        asked = chat(endpoint.url, answers)
        assert texts(asked.ask([ONE, TWO, ONE])) == ["<one>", "<two>", "<one>"]
        assert len(endpoint.seen) == 2
        assert (asked.spending.tokens_in, asked.spending.tokens_out) == (200, 100)
        first = endpoint.seen[0]
        assert (first["path"], first["key"], first["model"]) == ("/v1/chat/completions", f"Bearer {SECRET}", "small")


def test_what_was_answered_is_not_asked_again(answers: Answers, tmp_path: Path) -> None:
    with serving(echo) as endpoint:
        chat(endpoint.url, answers).ask([ONE])
        answers.close()
        again = chat(endpoint.url, Answers(answers.path))
        assert texts(again.ask([ONE, TWO])) == ["<one>", "<two>"]
        assert [one["messages"][1]["content"] for one in endpoint.seen] == ["one", "two"]
        assert again.spending.tokens_in == 100
        other = chat(endpoint.url, Answers(answers.path), temperature=0.1)
        assert texts(other.ask([ONE, Question("be brief", "one", turn=1)])) == ["<one>", "<one>"]
        assert len(endpoint.seen) == 4
    offline = Chat(Settings("small"), Answers(answers.path), Spending(Budget()), offline=True)
    assert texts(offline.ask([ONE, Question("x", "y")])) == ["<one>", "offline"]
    assert SECRET.encode() not in answers.path.read_bytes()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(Say(status=429, retry_after="0"), "http_429", id="busy"),
        pytest.param(Say(status=500), "http_500", id="broken"),
        pytest.param(Say("late", wait=1.0), "no_connection", id="too-late"),
        pytest.param(Say("half", cut=True), "no_connection", id="cut-off"),
    ],
)
def test_a_request_that_fails_for_now_is_sent_again(answers: Answers, bad: Say, reason: str) -> None:
    def script(asked: str, before: int) -> Say:
        return bad if before == 0 else Say("well")

    with serving(script) as endpoint:
        assert texts(chat(endpoint.url, answers, timeout_seconds=0.5, retries=2).ask([ONE])) == ["well"]
    with serving(lambda asked, before: bad) as endpoint:
        found = chat(endpoint.url, answers, timeout_seconds=0.3).ask([TWO])
        assert texts(found) == [reason]
        assert SECRET not in repr(found)


def test_a_refused_key_is_told_with_where_it_is_read_from(answers: Answers) -> None:
    with serving(lambda asked, before: Say(status=401)) as endpoint:
        assert chat(endpoint.url, answers).ask([ONE]) == [Failure("http_401", f"the key is read from {KEY}")]


@pytest.mark.parametrize(
    "budget",
    [
        pytest.param(Budget(max_tokens=2100), id="tokens"),
        pytest.param(Budget(max_cost=0.0021, price_in=1.0, price_out=1.0), id="money"),
    ],
)
def test_what_could_cost_more_than_is_left_is_not_asked(answers: Answers, budget: Budget) -> None:
    questions = [Question("", str(number)) for number in range(4)]
    with serving(echo) as endpoint:
        asked = chat(endpoint.url, answers, budget, at_once=1, max_answer_tokens=1800)
        assert texts(asked.ask(questions)) == ["<0>", "<1>", "over_budget", "over_budget"]
        assert len(endpoint.seen) == 2
        more = chat(endpoint.url, answers, budget, at_once=1, max_answer_tokens=1800)
        assert texts(more.ask(questions)) == ["<0>", "<1>", "<2>", "<3>"]


def test_requests_under_way_count_against_the_budget() -> None:
    spending = Spending(Budget(max_tokens=100))
    assert spending.reserve(30, 30)
    assert not spending.reserve(30, 30)
    spending.settle(30, 30, 5, 5)
    assert spending.reserve(30, 30)
    assert (spending.tokens_in, spending.tokens_out, spending.cost) == (5, 5, 0.0)


def test_pace_lets_requests_through_at_even_intervals() -> None:
    slept: list[float] = []
    pace = Pace(30, clock=lambda: 100.0, sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [2.0, 4.0]
    Pace(None, clock=lambda: 1.0, sleep=slept.append).wait()
    assert len(slept) == 2


def test_settings_come_from_the_command_line_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODEL, raising=False)
    with pytest.raises(ConfigError, match=f"give --model NAME, or set {MODEL}"):
        settings_from(None, None)
    monkeypatch.setenv(MODEL, "large")
    monkeypatch.setenv(ENDPOINT, "http://here/v1")
    assert settings_from(None, None) == Settings("large", "http://here/v1")
    assert settings_from("small", "http://there/v1").model == "small"


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with pytest.raises(StepError, match="give another --answers FILE"):
        Answers(tmp_path / "notes.txt")


def test_a_run_that_is_stopped_pays_for_what_is_under_way_alone(answers: Answers) -> None:
    questions = [Question("", str(number)) for number in range(20)]

    def stop(place: int, heard: object) -> None:
        raise KeyboardInterrupt

    with serving(lambda asked, before: Say(f"<{asked}>", wait=0.05)) as endpoint:
        with pytest.raises(KeyboardInterrupt):
            chat(endpoint.url, answers, at_once=2).ask(questions, stop)
        assert len(endpoint.seen) < 10
        assert texts(chat(endpoint.url, answers).ask(questions)) == [f"<{number}>" for number in range(20)]
        assert len(endpoint.seen) == 20
