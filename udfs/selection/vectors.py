"""Texts as short dense vectors, fast enough for a million of them and without a model: hashed words and pieces of
words (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"), weighted by how rare they are, and
projected on the directions in which a sample differs most (Deerwester et al. 1990, "Indexing by Latent Semantic
Analysis")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

Vectors = np.ndarray[Any, np.dtype[np.float32]]

FEATURES = 2**18
DIMENSIONS = 64
MAX_CHARS = 1_000  # of a text that are looked at
FEWEST = 2  # texts, below which there are no directions


@dataclass(frozen=True)
class Projection:
    """What turns texts into vectors; small enough to travel to workers.

    Attributes:
        weights: float32, shape (features,): inverse document frequencies.
        directions: float32, shape (features, dimensions).
    """

    weights: Vectors
    directions: Vectors

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """float32, shape (n, dimensions), rows of length one; a text without known words has zeros."""
        return self.described(texts)[0]

    def described(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """The vectors, and how rare each text's words are: the mean weight of those it has, float32, shape (n,); 0 for
        a text without any."""
        counted = _counted(texts)
        present = counted.copy()
        present.data = np.ones_like(present.data)
        rarity = present @ self.weights / np.maximum(np.asarray(present.sum(axis=1)).ravel(), 1)
        weighted = normalize(counted.multiply(self.weights).tocsr())
        return np.asarray(normalize(weighted @ self.directions), np.float32), np.asarray(rarity, np.float32)


def fitted(sample: Sequence[str], seed: int, dimensions: int = DIMENSIONS) -> Projection:
    """The projection that tells the texts of a sample apart.

    Args:
        sample: some thousands of texts; fewer give fewer dimensions.
    """
    counted = _counted(sample)
    weights = np.asarray(TfidfTransformer().fit(counted).idf_, np.float32)
    weighted = normalize(counted.multiply(weights).tocsr())
    width = min(dimensions, max(1, len(sample) - 1))
    if len(sample) < FEWEST or weighted.nnz == 0:
        return Projection(weights, np.zeros((FEATURES, width), np.float32))
    used = np.unique(weighted.indices)  # the other columns are empty, and would only be carried along
    with np.errstate(invalid="ignore"):  # texts that are all the same explain nothing of their variance, which is none
        components = TruncatedSVD(min(width, len(used)), random_state=seed).fit(weighted[:, used]).components_
    directions = np.zeros((FEATURES, len(components)), np.float32)
    directions[used] = components.T
    return Projection(weights, directions)


def _counted(texts: Sequence[str]) -> sparse.csr_matrix:
    """Logarithms of counts of words, pairs of words and pieces of words."""
    heads = [text[:MAX_CHARS] for text in texts]
    shared = {"n_features": FEATURES, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **shared).transform(heads)
    pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(4, 4), **shared).transform(heads)
    counted = words + pieces
    counted.data = np.log1p(counted.data)
    return counted
