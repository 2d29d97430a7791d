"""Tasks as sparse vectors: several views of a task, each of length one, weighted and put side by side.

The product of two vectors is then the weighted mean of the cosines of the views. Texts become TF-IDF with logarithms of
counts (Salton and Buckley 1988). There is no reduction of dimensions: what a few tasks have in common and others have
not is what tells them apart, and that is what a reduction loses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize

from taskmill.udfs.similarity.profiles import SHAPE, TaskProfile, answer_openings, form_markers, label_words, shape
from taskmill.udfs.similarity.words import LANGUAGE, NUMBER, normal_words

Matrix = np.ndarray[Any, np.dtype[np.float64]]
Embedder = Callable[[Sequence[str]], Matrix]
# How much each view counts: what is asked most, then how inputs and answers look. What the data are about does not.
WEIGHTS: Mapping[str, float] = {"instruction": 0.45, "notes": 0.15, "answers": 0.15, "form": 0.05, "shape": 0.2}
PIECE = 4  # characters of a piece of a word: `classify` and `classification` share some
OF_PIECES = 0.7  # how much pieces count beside words
TOO_COMMON = 0.6  # of the tasks; what more of them have says nothing
ENOUGH_TO_TELL = 20  # tasks; among fewer, nothing is too common
SHOWN_FEATURES = 4
OF_ANY_TASK = {LANGUAGE, NUMBER, "task", "tasks", "given", "input", "output", "need"}
SHORTEST, ALIKE = 3, 4  # letters of a word that is told; words that begin with the same are of one stem, nearly always


@dataclass(frozen=True)
class Vectors:
    """One row of length one for each task, float64 (n, features), and what each column stands for: view and word."""

    rows: sparse.csr_matrix
    features: tuple[tuple[str, str], ...]

    def shared(self, one: int, other: int) -> list[str]:
        """What makes two tasks similar, most first: words, openings of answers, and how their answers look."""
        left = self.rows[one]
        own = dict(zip(left.indices.tolist(), left.data.tolist(), strict=True))
        product = left.multiply(self.rows[other]).tocoo()
        found: list[str] = []
        for place in np.argsort(-product.data, kind="stable"):
            column = product.col[place]
            word = self.features[column][1]
            if product.data[place] <= 0 or len(found) == SHOWN_FEATURES:
                break
            is_lacked = own[int(column)] < 0  # that both lack something is seldom of interest
            if not is_lacked and tells(word) and not any(word in told or told in word for told in found):
                found.append(word)
        return found

    def typical(self, members: Sequence[int]) -> list[str]:
        """Words of the instructions of these tasks, most telling first: by their mean weight times the share of the
        tasks that have them. Of words that begin alike only the first."""
        rows = self.rows[list(members)]
        score = np.asarray(rows.mean(axis=0)).ravel() * np.asarray((rows > 0).mean(axis=0)).ravel()
        found: list[str] = []
        for place in np.argsort(-score, kind="stable"):
            view, word = self.features[place]
            if len(found) == SHOWN_FEATURES or score[place] <= 0:
                break
            is_new = not any(word[:ALIKE] == told[:ALIKE] for told in found)
            if view == "instruction" and " " not in word and len(word) >= SHORTEST and tells(word) and is_new:
                found.append(word)
        return found


def tells(word: str) -> bool:
    """Whether a word, or an expression, says something to a person."""
    return bool(set(word.split()) - ENGLISH_STOP_WORDS - OF_ANY_TASK)


def task_vectors(
    profiles: Sequence[TaskProfile], weights: Mapping[str, float] = WEIGHTS, embedder: Embedder | None = None
) -> Vectors:
    """The vectors of these tasks. Where a task has nothing to be seen in a view, the other views count for more.

    Args:
        embedder: gives vectors of texts, (n, any number of columns), which replace the words of instructions.
    """
    texts = ["\n".join(profile.instructions) for profile in profiles]
    bags = [[*label_words(profile), *answer_openings(profile)] for profile in profiles]
    views = {
        "instruction": _text_view(texts) if embedder is None else _embedded(texts, embedder),
        "notes": _text_view([" ".join(profile.notes) for profile in profiles]),
        "answers": _bag_view(bags),
        "form": _bag_view([form_markers(profile) for profile in profiles]),
        "shape": _shape_view(profiles),
    }
    rows = sparse.hstack([np.sqrt(weights[name]) * rows for name, (rows, _) in views.items()]).tocsr()
    features = tuple((name, word) for name, (_, words) in views.items() for word in words)
    return Vectors(_of_length_one(rows), features)


View = tuple[sparse.csr_matrix, list[str]]  # rows of length one or zero, and what the columns are


def _text_view(texts: Sequence[str]) -> View:
    """Words, pairs of words, and pieces of words for the sake of inflections."""
    prepared = [normal_words(text) for text in texts]
    words, names = _tfidf(prepared, _word_grams)
    pieces, _ = _tfidf(prepared, _piece_grams)
    return _of_length_one(sparse.hstack([words, OF_PIECES * pieces]).tocsr()), [*names, *[" "] * pieces.shape[1]]


def _bag_view(bags: Sequence[Sequence[str]]) -> View:
    return _tfidf(bags, list)


def _tfidf(documents: Sequence[Sequence[str]], grams: Callable[[Sequence[str]], list[str]]) -> View:
    """What stands in one task alone is left out: it is similar to nothing."""
    bags = [grams(document) for document in documents]
    holders: dict[str, int] = {}
    for bag in bags:
        for gram in set(bag):
            holders[gram] = holders.get(gram, 0) + 1
    most = len(bags) * TOO_COMMON if len(bags) >= ENOUGH_TO_TELL else len(bags)
    used = sorted(gram for gram, count in holders.items() if 2 <= count <= most)
    if not used:
        return sparse.csr_matrix((len(bags), 0)), []
    model = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, vocabulary=used)
    return model.fit_transform(bags), used


def _as_is(bag: list[str]) -> list[str]:
    return bag


def _word_grams(words: Sequence[str]) -> list[str]:
    return [*words, *(f"{one} {other}" for one, other in zip(words, words[1:], strict=False))]


def _piece_grams(words: Sequence[str]) -> list[str]:
    padded = [f" {word} " for word in words]
    return [word[place : place + PIECE] for word in padded for place in range(max(1, len(word) - PIECE + 1))]


def _embedded(texts: Sequence[str], embedder: Embedder) -> View:
    """Embeddings around their mean: what all texts have in common is no likeness."""
    found = np.asarray(embedder(texts), dtype=np.float64)
    return sparse.csr_matrix(normalize(found - found.mean(axis=0))), [" "] * found.shape[1]


def _shape_view(profiles: Sequence[TaskProfile]) -> View:
    """Shapes around their mean, in units of their spread: tasks whose answers look alike point the same way."""
    found = np.array([shape(profile) for profile in profiles])
    seen = np.array([any(profile.answers) for profile in profiles])
    if seen.sum() < 2:
        return sparse.csr_matrix((len(profiles), len(SHAPE))), list(SHAPE)
    spread = found[seen].std(axis=0)
    around = (found - found[seen].mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    return sparse.csr_matrix(normalize(around * seen[:, None])), list(SHAPE)


def _of_length_one(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of length one, those of nothing but zeros as they are; there may be no columns."""
    return normalize(rows) if rows.shape[1] else rows
