"""Log-probabilities of responses: those of a server that echoes, paid for once; and errors that say what to do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.models.answers import Answer, Answers
from taskmill.jobs.models.budgets import Budget, Spending
from taskmill.jobs.models.client import KEY, Failure, Settings
from taskmill.jobs.models.likelihoods import Continuation, Likelihoods, mean_loss
from tests.jobs.models.endpoint import SECRET, Say, completion, echo_words, echoed, serving

ONE = Continuation("Is it good? ", "Yes it is")
WORDS = ["Is", " it", " good?", " Yes", " it", " is", " and"]
VALUES = [None, -1.0, -2.0, -0.25, -0.5, -3.0, -0.125]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "answers.sqlite")


def likelihoods(url: str | None, answers: Answers, offline: bool = False, **settings: Any) -> Likelihoods:
    values = {"timeout_seconds": 5.0, "retries": 0, **settings}
    return Likelihoods(Settings("small", url, **values), answers, Spending(Budget()), offline)


def logprobs(found: Answer | Failure) -> list[float]:
    assert isinstance(found, Answer), found
    return list(json.loads(found.text))


def test_the_loss_is_that_of_the_tokens_of_the_response(answers: Answers) -> None:
    with serving(lambda asked, before: Say(body=echoed(WORDS, VALUES))) as endpoint:
        asked = likelihoods(endpoint.url, answers)
        found = logprobs(asked.ask([ONE])[0])
        assert found == [-0.25, -0.5, -3.0]
        assert mean_loss(found) == 1.25
        sent = endpoint.seen[0]
        assert (sent["path"], sent["prompt"], sent["key"]) == ("/v1/completions", ONE.text, f"Bearer {SECRET}")
        assert {name: sent[name] for name in ("echo", "logprobs", "max_tokens", "temperature")} == {
            "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0.0,
        }  # fmt: skip
        assert (asked.spending.tokens_in, asked.spending.tokens_out) == (6, 1)


def test_the_same_text_split_elsewhere_is_another_question(answers: Answers) -> None:
    other = Continuation("Is it good? Yes", " it is")
    with serving(lambda asked, before: Say(body=echoed(WORDS, VALUES))) as endpoint:
        found = likelihoods(endpoint.url, answers).ask([ONE, other, ONE])
        assert [logprobs(one) for one in found] == [[-0.25, -0.5, -3.0], [-0.5, -3.0], [-0.25, -0.5, -3.0]]
        assert len(endpoint.seen) == 2
    assert likelihoods(None, answers, offline=True).ask([ONE, Continuation("a", "b")]) == [
        Answer(json.dumps([-0.25, -0.5, -3.0]), 6, 1, found[0].answered_at, is_stored=True),  # type: ignore[union-attr]
        Failure("offline", "it was not asked before"),
    ]
    assert SECRET.encode() not in answers.path.read_bytes()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Say(status=429, retry_after="0"), id="busy"),
        pytest.param(Say(status=500), id="broken"),
        pytest.param(Say(body=echoed(WORDS, VALUES), wait=1.0), id="too-late"),
        pytest.param(Say(body=echoed(WORDS, VALUES), cut=True), id="cut-off"),
    ],
)
def test_a_request_that_fails_for_now_is_sent_again(answers: Answers, bad: Say) -> None:
    with serving(lambda asked, before: echo_words(asked, before) if before else bad) as endpoint:
        found = likelihoods(endpoint.url, answers, timeout_seconds=0.5, retries=2).ask([ONE])
        assert logprobs(found[0]) == [-1.5, -1.0, -1.0]
        assert len(endpoint.seen) == 2


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        pytest.param(completion(" and", {"tokens": [" and"], "token_logprobs": [-1.0], "text_offset": [0]}, 6), 200,
                     "no_echo", id="generated-alone"),
        pytest.param({"error": {"message": "Only no echo is supported", "code": 500}}, 500, "no_echo", id="refused"),
        pytest.param({"error": {"message": f"{SECRET} is too long"}}, 400, "http_400", id="too-long"),
        pytest.param(completion(ONE.text, None, 6), 200, "no_logprobs", id="no-logprobs"),
        pytest.param(completion(ONE.text, {"content": [{"token": "a", "logprob": -1.0}]}, 6), 200, "no_logprobs",
                     id="logprobs-of-chats"),
        pytest.param(echoed([], []), 200, "no_echo", id="empty"),
        pytest.param(completion(ONE.text, {"tokens": [], "token_logprobs": [], "text_offset": []}, 6), 200,
                     "no_logprobs", id="empty-logprobs"),
        pytest.param(echoed(WORDS, [None] * 7), 200, "no_logprobs", id="null-logprobs"),
        pytest.param(echoed(WORDS, [-math.inf] * 7), 200, "no_logprobs", id="infinite-logprobs"),
        pytest.param(completion(ONE.text, {"tokens": ["x"], "token_logprobs": [-1.0], "text_offset": [0]}, 1), 200,
                     "unclear_tokens", id="other-tokens"),
        pytest.param({"choices": []}, 200, "no_answer", id="no-choices"),
        pytest.param({"choices": ["x"]}, 200, "no_answer", id="another-form"),
        pytest.param([1], 200, "no_answer", id="a-list"),
        pytest.param(b'{"choices": [{"te', 200, "no_answer", id="half-json"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_not_stored(answers: Answers, body: Any, status: int, reason: str) -> None:
    with serving(lambda asked, before: Say(body=body, status=status)) as endpoint:
        found = likelihoods(endpoint.url, answers).ask([ONE])[0]
        assert isinstance(found, Failure)
        assert found.reason == reason
        assert SECRET not in repr(found)
        if reason == "no_echo":
            assert "serve the model with one that does, such as vLLM" in found.detail
        likelihoods(endpoint.url, answers).ask([ONE])
        assert len(endpoint.seen) == 2


def test_offsets_are_of_characters_and_tokens_that_were_generated_are_left_out(answers: Answers) -> None:
    asked = Continuation("Größe des 😀?\n\n", "Groß – 大きい 😀")
    tokens = ["Größe", " des", " 😀?", "\n\nGroß", " –", " 大きい", " \ufffd", "\ufffd", "\ufffd", "Ende"]
    body = echoed(tokens, [None, *(-float(number) for number in range(1, 10))])
    body["choices"][0]["text"] = asked.text + "Ende"
    with serving(lambda _, before: Say(body=body)) as endpoint:
        found = likelihoods(endpoint.url, answers).ask([asked])
    assert logprobs(found[0]) == [-3.0, -4.0, -5.0, -6.0, -7.0, -8.0]
