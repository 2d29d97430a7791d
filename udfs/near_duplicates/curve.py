"""The S-curve of banding: how likely two documents share a band, by their Jaccard similarity."""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

_GRID = 2_000  # steps of the mean; the curve is smooth
_LEVELS = 12
_LABELLED = 3  # every third level has its label


@overload
def probability(jaccard: float, bands: int, rows: int) -> float: ...
@overload
def probability(jaccard: NDArray[np.float64], bands: int, rows: int) -> NDArray[np.float64]: ...
def probability(jaccard: float | NDArray[np.float64], bands: int, rows: int) -> float | NDArray[np.float64]:
    """The probability that two documents share at least one band: 1 - (1 - s^rows)^bands, s their similarity.

    Source: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4.2.
    """
    with np.errstate(divide="ignore"):  # of equal documents: the logarithm of 0
        found = -np.expm1(bands * np.log1p(-(np.asarray(jaccard, dtype=np.float64) ** rows)))
    return float(found) if np.ndim(jaccard) == 0 else found


def knee(bands: int, rows: int) -> float:
    """About the similarity at which the curve is steepest, (1 / bands)^(1 / rows); no guarantee above it."""
    return float(bands ** (-1 / rows))


def expected_recall(threshold: float, bands: int, rows: int) -> float:
    """The share of pairs at or above a similarity that become candidates, if their similarities are spread uniformly
    from the threshold to 1. Real pairs crowd near 1, so theirs is mostly higher."""
    middles = threshold + (1 - threshold) * (np.arange(_GRID) + 0.5) / _GRID
    return float(probability(middles, bands, rows).mean())


def drawing(bands: int, rows: int, threshold: float, width: int = 72) -> str:
    """The S-curve for a terminal in ASCII, the threshold as a dotted line, and what the two mean for recall.

    Args:
        width: of the longest line, 60 to 80 characters.

    Raises:
        ValueError: if the width or the threshold (0 to 1) is out of range.
    """
    if not 60 <= width <= 80 or not 0 <= threshold <= 1:
        raise ValueError(f"width {width!r} is not in 60 to 80, or threshold {threshold!r} not in 0 to 1")
    columns = width - len(_scale(0))
    chances = probability(np.arange(columns) / (columns - 1), bands, rows)
    levels = np.round(chances * _LEVELS).astype(np.int64)
    mark = round(threshold * (columns - 1))
    lines = [_line(level, levels, mark) for level in range(_LEVELS, -1, -1)]
    left = " " * len(_scale(0))
    at, above = probability(threshold, bands, rows), expected_recall(threshold, bands, rows)
    notes = [
        left + "0" + "Jaccard similarity of a pair".center(columns - 2) + "1",
        f"{bands} bands of {rows} rows: {bands * rows} permutations, knee at {knee(bands, rows):.2f}",
        f"at {threshold:.2f}: {at:.2%} of pairs become candidates",
        f"from {threshold:.2f} to 1, similarities spread uniformly: {above:.2%}",
    ]
    return "\n".join(line.rstrip() for line in [*lines, *notes])


def _scale(level: int) -> str:
    label = f"{100 * level // _LEVELS}%" if level % _LABELLED == 0 else ""
    return f"{label:>5} |"


def _line(level: int, levels: NDArray[np.int64], mark: int) -> str:
    """One line of the drawing; where the curve is steep, its column is filled between two neighbours."""
    before = np.concatenate([levels[:1], levels[:-1]])
    on_curve = (levels == level) | ((before < level) & (level < levels))
    empty = ["." if column == mark else " " for column in range(len(levels))]
    return _scale(level) + "".join("*" if on else other for on, other in zip(on_curve, empty, strict=True))


def best_bands(threshold: float, permutations: int, recall: float) -> tuple[int, int]:
    """Bands and rows, together all permutations: the longest bands that meet enough of the pairs at the threshold.

    Longer bands meet fewer pairs that are not alike. Bands of one row are the last resort.
    """
    for rows in range(permutations, 1, -1):
        if permutations % rows == 0 and probability(threshold, permutations // rows, rows) >= recall:
            return permutations // rows, rows
    return permutations, 1
