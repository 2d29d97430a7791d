"""The tokens of a response, whatever way a server tells where tokens begin."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.selection.token_spans import response_tokens

BROKEN = "\ufffd"


def by_length(tokens: list[str]) -> list[int]:
    """Offsets as the sums of the lengths of tokens."""
    return list(accumulate((len(token) for token in tokens), initial=0))[: len(tokens)]


@pytest.mark.parametrize(
    ("prompt", "response", "tokens", "offsets", "wanted"),
    [
        pytest.param("Say", " yes no", ["Say", " yes", " no"], None, [1, 2], id="boundary"),
        pytest.param("Say ", "yes no", ["Say", " yes", " no"], None, [1, 2], id="token-on-both-sides"),
        pytest.param("Say", " yes", ["Say", " y", "es", " and"], None, [1, 2], id="generated-left-out"),
        pytest.param("Say", " yes", ["<s>", "Say", " yes"], None, [2], id="beginning-shifts-offsets"),
        pytest.param("Say", " yes", ["", "Say", " yes"], None, [2], id="beginning-without-text"),
        pytest.param("Käse?", " Brot", ["Käse", "?", " Brot"], [0, 5, 6], [2], id="offsets-in-bytes"),
        pytest.param("Käse?", " Brot", ["Käse", "?", " Brot"], None, [2], id="offsets-in-characters"),
        pytest.param("Say", " yes", ["Say", " yes"], [], [1], id="no-offsets"),
        pytest.param("Say", " yes", ["Say", " yes"], [0, "x"], [1], id="offsets-that-are-none"),
        pytest.param("Hi:", "😀!", ["Hi", ":", *[BROKEN] * 4, "!"], None, [2, 3, 4, 5, 6], id="broken-character"),
        pytest.param("Hi:", "😀", ["Hi", ":", *[BROKEN] * 4], None, [2, 3, 4, 5], id="broken-character-last"),
        pytest.param("Hi 😀", "!é", ["Hi", f" {BROKEN}", BROKEN, "!", "é"], None, [3, 4], id="broken-in-the-prompt"),
        pytest.param("😀", "😀!", [*[BROKEN] * 8, "!"], None, None, id="broken-on-both-sides"),
        pytest.param("Hi:", "😀!", ["Hi", ":", "", "", "😀", "!"], None, [2, 3, 4, 5], id="character-with-its-last"),
        pytest.param("Hi😀", "é!", ["Hi", "", "", "", "", "", "", "!"], [0, 2, 2, 2, 2, 3, 3, 4], [5, 6, 7],
                     id="characters-left-out"),
        pytest.param("Hi:", "é!", ["▁Hi", ":", "<0xC3>", "<0xA9>", "!"], None, [2, 3, 4], id="bytes"),
        pytest.param("It is", " so it is", ["▁It", "▁is", "▁so", "▁it", "▁is"], None, [2, 3, 4], id="word-marks"),
        pytest.param("It is", " so it is", ["<s>", "It", "is", "so", "it", "is"], None, [3, 4, 5], id="no-blanks"),
        pytest.param("Say", " yes", ["token_id:1", "token_id:2"], None, None, id="ids"),
        pytest.param("Say", " yes", ["Say"], None, None, id="cut"),
        pytest.param("Say", " yes", [" no"], None, None, id="another-text"),
        pytest.param("Say", " yes", [], None, None, id="none"),
    ],
)  # fmt: skip
def test_tokens_of_the_response_are_found(
    prompt: str, response: str, tokens: list[str], offsets: list[object] | None, wanted: list[int] | None
) -> None:
    starts = by_length(tokens) if offsets is None else offsets
    found = response_tokens(tokens, starts, prompt + response, len(prompt))
    assert (None if found is None else list(found)) == wanted


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=12), st.data())
def test_tokens_that_are_the_text_split_it_whether_offsets_are_given_or_not(
    tokens: list[str], data: st.DataObject
) -> None:
    text = "".join(tokens)
    begin = data.draw(st.integers(0, len(text) - 1))
    ends = list(accumulate(len(token) for token in tokens))
    wanted = [place for place, end in enumerate(ends) if end > begin]
    assert list(response_tokens(tokens, by_length(tokens), text, begin) or ()) == wanted
    assert list(response_tokens(tokens, [], text, begin) or ()) == wanted
