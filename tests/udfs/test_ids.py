"""Ids and draws depend on content and names alone."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import strategies as st

from taskmill.udfs.ids import draw, fingerprint, hashed

NAMES = st.lists(st.text(alphabet="abcdefg_", min_size=1), min_size=1, max_size=8, unique=True)
CHI_SQUARE_7 = 24.3  # 7 degrees of freedom, exceeded by chance once in a thousand


def chi_square(counts: Counter[int], buckets: int) -> float:
    expected = sum(counts.values()) / buckets
    return sum((counts[bucket] - expected) ** 2 / expected for bucket in range(buckets))


def test_hashed_is_sha256_of_the_joined_parts() -> None:
    assert hashed("snli", "naïve") == hashlib.sha256("snli\x1fnaïve".encode()).hexdigest()[:32]


def test_hashed_tells_parts_apart() -> None:
    assert len({hashed("ab"), hashed("a", "b"), hashed("a", "b", ""), hashed("", "ab"), hashed("b", "a")}) == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a": 1, "b": None}, {"b": None, "a": 1}, id="keys"),
        pytest.param({"x": [{"a": 1, "b": 2}]}, {"x": [{"b": 2, "a": 1}]}, id="nested-keys"),
        pytest.param(("a", "b"), ["a", "b"], id="tuple-and-list"),
    ],
)
def test_fingerprint_ignores_key_order(one: object, other: object) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1, "1", id="number-and-text"),
        pytest.param(None, "None", id="none-and-its-name"),
        pytest.param(None, "null", id="null-and-its-json"),
        pytest.param(["a", "b"], ["b", "a"], id="order-of-a-list"),
        pytest.param({"a": None}, {}, id="null-and-no-key"),
        pytest.param(True, 1, id="boolean-and-number"),
        pytest.param("é", "e\u0301", id="composition"),
    ],
)
def test_fingerprint_tells_values_apart(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_fingerprint_tells_arguments_from_a_list() -> None:
    assert fingerprint("a", "b") != fingerprint(["a", "b"])


def test_draw_is_blake2b_of_seed_decision_and_ids() -> None:
    text = b"20\x1ftemplate\x1fexample\x1fwording"
    assert draw(20, "template", "example", "wording") == int.from_bytes(
        hashlib.blake2b(text, digest_size=8).digest(), "big"
    )


def test_draw_changes_with_each_of_its_parts() -> None:
    base = draw(20, "template", "example", "wording")
    others = [
        draw(21, "template", "example", "wording"),
        draw(20, "fold", "example", "wording"),
        draw(20, "template", "exampl3", "wording"),
        draw(20, "template", "example", "wordinG"),
        draw(20, "template", "example"),
    ]
    assert len({base, *others}) == 6


def test_draw_is_uniform() -> None:
    counts = Counter(draw(20, "template", f"example{number}") >> 61 for number in range(8_000))
    assert chi_square(counts, 8) < CHI_SQUARE_7
