"""Places of tasks on a plane."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.manifold import TSNE

from taskmill.udfs.similarity.vectors import Matrix, Vectors

SEED = 20
PERPLEXITY = 15.0  # about how many neighbours a place is chosen by
FEWEST = 4  # tasks; fewer are put in a row


def map_places(similarity: Matrix) -> Matrix:
    """A place for each task, similar ones near each other (t-SNE, van der Maaten and Hinton 2008), shape (n, 2).

    Args:
        similarity: of each two tasks, symmetric, -1 to 1, shape (n, n).
    """
    count = len(similarity)
    if count < FEWEST:
        return np.stack([np.arange(count, dtype=float), np.zeros(count)], axis=1)
    distance = np.clip(1.0 - similarity, 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    model = TSNE(metric="precomputed", init="random", random_state=SEED, perplexity=min(PERPLEXITY, (count - 1) / 3))
    return np.asarray(model.fit_transform(distance), dtype=float)


def projected(vectors: Vectors) -> Matrix:
    """A place for each of very many tasks, by the two directions in which they differ most, shape (n, 2)."""
    return np.asarray(TruncatedSVD(2, random_state=SEED).fit_transform(vectors.rows), dtype=float)
