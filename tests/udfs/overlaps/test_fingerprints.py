"""Fingerprints against exhaustive search: a common run that is long enough is never missed."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from taskmill.udfs.near_duplicates.tokens import tokens
from taskmill.udfs.overlaps.fingerprints import Fingerprinting, compared_grams, fingerprinted, fingerprints

HOW = Fingerprinting()
NONE = np.empty(0, np.uint64)
RANDOM = random.Random(7)
WORDS = [f"word{number}" for number in range(400)]
SIGNS = [chr(code) for code in range(0x4E00, 0x4E00 + 400)]


def text_of(vocabulary: list[str], size: int) -> list[str]:
    return [RANDOM.choice(vocabulary) for _ in range(size)]


def prints_of(texts: list[str | None], boilerplate: np.ndarray = NONE) -> list[set[int]]:
    found = fingerprints(pa.array(texts, pa.string()), HOW, boilerplate)
    return [set(part.tolist()) for part in np.split(found.hashes, found.offsets[1:-1])]


@pytest.mark.parametrize(("vocabulary", "run", "blank"), [(WORDS, HOW.run, " "), (SIGNS, HOW.character_run, "")])
def test_a_common_run_is_never_missed(vocabulary: list[str], run: int, blank: str) -> None:
    for _ in range(300):
        common = text_of(vocabulary, run)
        texts = [
            blank.join(text_of(vocabulary, RANDOM.randrange(30)) + common + text_of(vocabulary, RANDOM.randrange(30)))
            for _ in range(2)
        ]
        one, other = prints_of(list(texts))
        assert one & other, texts


def test_few_n_grams_are_kept() -> None:
    (found,) = prints_of([" ".join(text_of(WORDS, 20_000))])
    window = HOW.run - HOW.words + 1
    assert len(found) / 20_000 == pytest.approx(2 / (window + 1), rel=0.05)


def test_texts_without_a_common_n_gram_share_nothing() -> None:
    texts = [" ".join(text_of([f"{name}{word}" for word in WORDS], 500)) for name in "ab"]
    one, other = prints_of(list(texts))
    assert not one & other


def test_equal_words_have_one_id_whatever_their_case_and_marks() -> None:
    found = prints_of(["The cat sat.", "the CAT -- sat", "the sat cat", "the cat", None, ""])
    assert found[0] == found[1]
    assert len({min(prints) for prints in found[:4]}) == 3
    assert found[4] == found[5]


def test_slices_do_not_change_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str | None] = [" ".join(text_of(WORDS, RANDOM.randrange(60))) for _ in range(50)]
    whole = prints_of(texts)
    monkeypatch.setattr("taskmill.udfs.near_duplicates.shingles._SLICE_ROWS", 7)
    assert prints_of(texts) == whole


def test_boilerplate_is_no_fingerprint_and_says_nothing() -> None:
    common = " ".join(text_of(WORDS, 40))
    grams, has_one = compared_grams(tokens(pa.array([common])))
    boilerplate = np.unique(grams[has_one])
    own = " ".join(f"own{number}" for number in range(10))
    texts: list[str | None] = [common, f"{common} {own}", f"{own} {common}"]
    first, second, third = prints_of(texts, boilerplate)
    assert len(first) == 1  # its id
    assert second & third and not first & second
    sizes = fingerprints(pa.array(texts), HOW, boilerplate).sizes.tolist()
    assert sizes[0] == 0
    assert sizes[1] == sizes[2] == 10  # of its own words alone 8, and 2 across the border
    batch = pa.record_batch({"task": ["t"], "doc": [1], "side": pa.array([2], pa.int32()), "texts": [texts]})
    (found,) = fingerprinted(Fingerprinting(boilerplate={"t": boilerplate}))([batch])
    assert found.column("place").to_pylist() == [1, 2]


def test_short_and_missing_texts_are_left_out_and_keep_their_places() -> None:
    lists = [["a b", None, "one two three four"], [], ["", "five six seven eight nine"]]
    batch = pa.record_batch(
        {"task": ["t"] * 3, "doc": [1, 2, 3], "side": pa.array([0, 2, 4], pa.int32()), "texts": lists}
    )
    (found,) = fingerprinted(HOW)([batch])
    assert [(row["doc"], row["side"], row["place"], row["size"]) for row in found.to_pylist()] == [
        (1, 0, 2, 2),
        (3, 4, 1, 3),
    ]
    assert all(row["prints"][0] == row["text"] for row in found.to_pylist())
