"""Pictures and pages: nothing overlaps, nothing is lost, and text from data stays text."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.report.cluster_pictures import APART, DOT, MAP, MARGIN, ROUNDS, heat_map, size_bars, spread, task_map
from taskmill.jobs.report.clusters_section import clusters_section, folds_section
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import rendered_page
from taskmill.jobs.report.svg import Box, element, label, placed_labels, text_width

SVG = "{http://www.w3.org/2000/svg}svg"
EVIL = "<script>alert('x')</script>\" & שלום"


def rows(count: int, clusters: int, name: str = "task") -> list[dict[str, Any]]:
    return [
        {
            "task": f"{name}{place}", "task_cluster": f"cluster {place % clusters}", "cluster_origin": "similarity",
            "fold": None if place == 0 else place % 3, "role": "benchmark" if place == 0 else "train",
            "example_count": 10 * place, "confidence": 0.4, "nearest_cluster": None,
            "similarities": {f"cluster {other}": 1 / (1 + abs(other - place % clusters)) for other in range(clusters)},
            "similar_tasks": [{"task": f"{name}1", "similarity": 0.5, "shared": ["words"]}],
            "map_x": float(place % 7), "map_y": float(place % 5),
        }
        for place in range(count)
    ]  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.text("abcdefgh ", max_size=20)), max_size=25))
def test_labels_never_overlap_and_stay_inside(wanted: list[tuple[float, float, str]]) -> None:
    inside = Box(0, 0, 300, 300)
    boxes = [Box(x, y - 8, text_width(text, 10), 11.5) for x, y, text in placed_labels(wanted, 10, inside)]
    assert all(not one.overlaps(other) for one, other in combinations(boxes, 2) if one.width and other.width)
    assert all(box.x >= 0 and box.x + box.width <= 300 for box in boxes)


def test_dots_are_pushed_apart() -> None:
    places = spread(np.array([[0.0, 0.0]] * 6 + [[1.0, 1.0], [0.0, 1.0]]))
    distances = [float(np.hypot(*(one - other))) for one, other in combinations(places, 2)]
    assert min(distances) > APART * 0.9
    assert places.min() >= 0 and places.max() <= MAP


@pytest.mark.parametrize("seed", range(3))
def test_dots_are_pushed_as_if_each_were_compared_with_each(seed: int) -> None:
    places = np.random.default_rng(seed).normal(size=(60, 2)).round(1)
    np.testing.assert_allclose(spread(places), spread_by_all_pairs(places), atol=1e-6)


def spread_by_all_pairs(places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    low, high = places.min(axis=0), places.max(axis=0)
    points = MARGIN + (MAP - 2 * MARGIN) * (places - low) / (high - low)
    for _ in range(ROUNDS):
        push = np.zeros_like(points)
        for one in range(len(points)):
            for other in range(len(points)):
                apart = points[one] - points[other]
                distance = np.hypot(*apart)
                if one != other and distance <= 1e-6:
                    push[one] = np.array([np.cos(one * 2.399963), np.sin(one * 2.399963)]) * DOT / 2
        for one in range(len(points)):
            for other in range(len(points)):
                apart = points[one] - points[other]
                distance = np.hypot(*apart)
                if one != other and 1e-6 < distance < APART:
                    push[one] += apart / distance * (APART - distance) / 2
        if not push.any():
            break
        points = np.clip(points + push, MARGIN, MAP - MARGIN)
    return points


@pytest.mark.parametrize("picture", [task_map, heat_map, size_bars])
@pytest.mark.parametrize("count", [2, 40, 250])
def test_pictures_are_well_formed(picture: Any, count: int) -> None:
    """Also where there are more tasks than rows of the heat map."""
    drawn = picture(rows(count, 4, EVIL))
    root = ElementTree.fromstring(f"<both>{drawn}</both>")
    assert all(found.get("role") == "img" and found.get("aria-label") for found in root.iter(SVG))
    assert "<script" not in drawn
    if picture is task_map:
        assert len(root.findall(".//{*}circle")) == count


def test_attributes_and_titles_are_escaped() -> None:
    drawn = element("rect", title=EVIL, fill=EVIL) + label(EVIL)
    assert "<script" not in drawn
    assert ElementTree.fromstring(f"<svg>{drawn}</svg>")[0].get("fill") == EVIL


def test_the_page_escapes_data_and_needs_no_network() -> None:
    violations = [{"fold": 0, "channel": "same_source", "task": EVIL, "other": EVIL, "detail": EVIL}]
    plan = [
        {
            "fold": 0, "clusters": {EVIL: 2}, "tasks": [EVIL], "unseen_clusters": 5, "unseen_tasks": 0,
            "unseen_examples": 1, "trained": 9, "cost": {"same_source": 3}, "excluded_tasks": {"same_source": [EVIL]},
        }
    ]  # fmt: skip
    material = Material("warehouse", rows(9, 3, EVIL), folds=plan, violations=violations)
    sections = [section for make in (clusters_section, folds_section) if (section := make(material)) is not None]
    page = rendered_page(EVIL, EVIL, sections)
    assert page.count("<script") == 1
    assert not re.search(r"(src|href)=.?https?:", page)
    assert page.count("<h2 ") == 2
