"""The whole chain on real documents whose similar pairs were found by exhaustive search."""

from __future__ import annotations

import csv
import gzip
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from taskmill.udfs.near_duplicates.minhash import bands, signatures
from taskmill.udfs.near_duplicates.shingles import Shingles, Shingling, shingles
from taskmill.udfs.near_duplicates.verify import similarity

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
MEASURE = Shingling(words=3, short_words=3, fewest_words=3)  # that of the published list
HALF_A_DIGIT = 5.0001e-5  # the list has four decimals


@dataclass(frozen=True)
class Published:
    """The documents, and the listed pairs by row numbers, the first the lower, with their similarity."""

    documents: Shingles
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    jaccard: NDArray[np.float64]


@cache
def published() -> Published:
    folder = Path(DATA) / "ground_truth"
    with gzip.open(folder / "near_duplicate_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    row_of = {row["doc_id"]: number for number, row in enumerate(rows)}
    with (folder / "near_duplicate_pairs.tsv").open(encoding="utf-8") as lines:
        pairs = list(csv.DictReader(lines, delimiter="\t"))
    ends = np.array([sorted((row_of[pair["doc_a"]], row_of[pair["doc_b"]])) for pair in pairs])
    listed = np.array([float(pair["jaccard_word_3gram"]) for pair in pairs])
    return Published(shingles(pa.array([row["text"] for row in rows]), MEASURE), ends[:, 0], ends[:, 1], listed)


def found_pairs(documents: Shingles, rows: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The candidates of 256 permutations, by row numbers, the first the lower; all documents need shingles."""
    keys = bands(signatures(documents, seed=seed), 256 // rows, rows, seed)
    return pairs_in_common(np.repeat(np.arange(len(documents)), keys.shape[1]), keys.ravel(), len(documents))[:2]


def pairs_in_common(
    owners: NDArray[np.int64], values: NDArray[np.uint64], documents: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of owners with a value in common, the lower first, and how many values: by exhaustive search."""
    order = np.argsort(values, kind="stable")
    _, begins, counts = np.unique(values[order], return_index=True, return_counts=True)
    met = [np.empty(0, np.int64)]
    for count in np.unique(counts[counts > 1]).tolist():
        members = owners[order][begins[counts == count][:, None] + np.arange(count)]
        one, other = np.triu_indices(count, 1)
        met.append((members[:, one] * documents + members[:, other]).ravel())
    pairs, common = np.unique(np.concatenate(met), return_counts=True)
    return pairs // documents, pairs % documents, common


@needs_data
def test_similarity_is_the_published_one_for_every_pair() -> None:
    known = published()
    assert known.documents.is_shingled.all()
    found = similarity(known.documents, known.left, known.documents, known.right).jaccard
    assert np.abs(found - known.jaccard).max() <= HALF_A_DIGIT


@needs_data
def test_no_pair_is_similar_that_is_not_published() -> None:
    """All pairs with a shingle in common, counted one by one, which also checks `similarity` on a tenth of them."""
    known = published()
    documents = known.documents
    owners = np.repeat(np.arange(len(documents)), documents.sizes)
    left, right, common = pairs_in_common(owners, documents.hashes, len(documents))
    jaccard = common / (documents.sizes[left] + documents.sizes[right] - common)
    assert np.array_equal(similarity(documents, left[::10], documents, right[::10]).jaccard, jaccard[::10])
    similar = jaccard >= 0.2
    listed = known.jaccard >= 0.2
    found = set(zip(left[similar].tolist(), right[similar].tolist(), strict=True))
    assert found == set(zip(known.left[listed].tolist(), known.right[listed].tolist(), strict=True))


@needs_data
@pytest.mark.parametrize(("threshold", "rows", "recall"), [(0.8, 8, 0.99), (0.5, 4, 0.97)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_verified_candidates_are_the_published_pairs(threshold: float, rows: int, recall: float, seed: int) -> None:
    """Bands, then exact similarity: nearly every pair at or above the threshold, and no other one."""
    known = published()
    left, right = found_pairs(known.documents, rows, seed)
    accepted = similarity(known.documents, left, known.documents, right).jaccard >= threshold
    found = set(zip(left[accepted].tolist(), right[accepted].tolist(), strict=True))
    true = known.jaccard >= threshold
    expected = set(zip(known.left[true].tolist(), known.right[true].tolist(), strict=True))
    assert found <= expected
    assert len(found) >= recall * len(expected)
