"""Pictures of the task clusters: a map, how similar each task is to each cluster, and how large clusters are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from taskmill.jobs.report.charts import bars, shortened
from taskmill.jobs.report.svg import Box, colour, element, label, picture, placed_labels, text_width
from taskmill.jobs.words import counted

Row = Mapping[str, Any]  # of table `tasks`
MAP = 760.0  # units a side
DOT, MARGIN, FONT = 5.0, 24.0, 12.0
APART = 2.3 * DOT  # between the middles of two dots
ROUNDS = 60
ON_ONE_SPOT = 1e-6  # units
CELL, MOST_ROWS = 16.0, 200
SLANT = 60  # degrees of the names above the heat map: so steep that lines of the font do not touch
WIDEST_LABEL = 42  # characters


def ordered_clusters(tasks: Sequence[Row]) -> list[str]:
    """The clusters, those with most tasks first."""
    names = [row["task_cluster"] for row in tasks]
    return sorted(set(names), key=lambda name: (-names.count(name), name))


def task_map(tasks: Sequence[Row]) -> str:
    """Every task as a dot in its cluster's colour, similar ones near each other; empty where there are no places."""
    placed = [row for row in tasks if row["map_x"] is not None]
    if len(placed) < 2:
        return ""
    colours = {name: colour(place) for place, name in enumerate(ordered_clusters(tasks))}
    places = spread(np.array([[row["map_x"], row["map_y"]] for row in placed]))
    dots = [
        element(
            "circle", title=dot_title(row), cx=float(x), cy=float(y), r=DOT, fill=colours[row["task_cluster"]],
            class_="dot benchmark" if row["role"] == "benchmark" else "dot",
        )
        for row, (x, y) in zip(placed, places, strict=True)
    ]  # fmt: skip
    taken = [Box(float(x) - DOT, float(y) - DOT, 2 * DOT, 2 * DOT) for x, y in places]
    wanted = []
    for name in colours:
        own = places[[row["task_cluster"] == name for row in placed]]
        if len(own):
            middle = own[np.argmin(((own - own.mean(axis=0)) ** 2).sum(axis=1))]
            wanted.append((float(middle[0]), float(middle[1]), name))
    texts = [
        label(text, x=x, y=y, font_size=FONT, class_="name")
        for x, y, text in placed_labels(wanted, FONT, Box(0, 0, MAP, MAP), taken)
    ]
    return picture(MAP, MAP, [*dots, *texts], "A map of the tasks: similar tasks are near each other")


def spread(places: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The places in the units of the map, pushed apart until no dot covers another, as far as that takes `ROUNDS`."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = MAP - 2 * MARGIN
    points = MARGIN + side * (places - low) / np.maximum(high - low, 1e-9)
    turn = np.arange(len(points)) * 2.399963  # dots on one spot part in directions of their own
    ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(ROUNDS):
        near = cKDTree(points).query_pairs(APART, output_type="ndarray")  # all pairs of 2,000 tasks take a minute
        apart = points[near[:, 0]] - points[near[:, 1]]
        distance = np.sqrt((apart**2).sum(axis=1))
        if not (distance < APART).any():
            break
        unit = np.where(distance[:, None] > ON_ONE_SPOT, apart / np.maximum(distance, ON_ONE_SPOT)[:, None], 0.0)
        step = unit * ((APART - distance) / 2)[:, None]
        push = np.zeros_like(points)
        np.add.at(push, near[:, 0], step)
        np.add.at(push, near[:, 1], -step)
        same = np.unique(near[distance < ON_ONE_SPOT])
        push[same] += ways[same] * DOT / 2
        points = np.clip(points + push, MARGIN, MAP - MARGIN)
    return np.asarray(points)


def dot_title(row: Row) -> str:
    similar = "; ".join(f"{one['task']} ({one['similarity']:.2f})" for one in row["similar_tasks"])
    fold = "benchmark" if row["fold"] is None else f"fold {row['fold']}"
    return f"{row['task']}\n{row['task_cluster']}, {fold}, {row['example_count']:,} examples\nlike {similar or 'none'}"


def heat_map(tasks: Sequence[Row]) -> str:
    """How similar tasks are to clusters, on average, tasks ordered by cluster; for many tasks a row is a cluster."""
    clusters = ordered_clusters(tasks)
    rows = heat_rows(tasks, clusters)
    if not any(values for _, _, values in rows):
        return ""
    highest = max((max(values.values()) for _, _, values in rows if values), default=1.0) or 1.0
    left = max(text_width(name[:WIDEST_LABEL], FONT) for name, _, _ in rows) + 10
    longest = max(text_width(name, FONT) for name in clusters)
    top = longest * sin(radians(SLANT)) + 16
    parts = []
    for place, name in enumerate(clusters):
        x = left + place * CELL + CELL / 2
        parts.append(label(name, x=x, y=top - 6, font_size=FONT, transform=f"rotate(-{SLANT} {x:.1f} {top - 6:.1f})"))
    for line, (name, own, values) in enumerate(rows):
        y = top + line * CELL
        parts.append(
            label(shortened(name, WIDEST_LABEL), x=left - 6, y=y + CELL * 0.78, font_size=FONT, text_anchor="end")
        )
        for place, cluster in enumerate(clusters):
            share = max(0.0, values.get(cluster, 0.0)) / highest
            parts.append(
                element(
                    "rect", title=f"{name} and {cluster}: {values.get(cluster, 0.0):.2f}", x=left + place * CELL, y=y,
                    width=CELL - 1, height=CELL - 1, class_="own cell" if cluster == own else "cell",
                    fill_opacity=round(0.06 + 0.94 * share, 3),
                )
            )  # fmt: skip
    width = left + len(clusters) * CELL + longest * cos(radians(SLANT)) + FONT
    return picture(width, top + len(rows) * CELL + 8, parts, "How similar each task is to each cluster")


def heat_rows(tasks: Sequence[Row], clusters: Sequence[str]) -> list[tuple[str, str, dict[str, float]]]:
    """Name, own cluster and similarities of each row of the heat map."""
    order = {name: place for place, name in enumerate(clusters)}
    if len(tasks) <= MOST_ROWS:
        ranked = sorted(tasks, key=lambda row: (order[row["task_cluster"]], row["task"]))
        return [(row["task"], row["task_cluster"], dict(row["similarities"])) for row in ranked]
    found = []
    for name in clusters:
        own = [dict(row["similarities"]) for row in tasks if row["task_cluster"] == name]
        means = {other: sum(one.get(other, 0.0) for one in own) / len(own) for other in clusters}
        found.append((name, name, means))
    return found


def size_bars(tasks: Sequence[Row]) -> str:
    """Examples of each cluster as bars, with the number of tasks."""
    clusters = ordered_clusters(tasks)
    sizes = {name: cluster_size(tasks, name) for name in clusters}
    ordered = sorted(clusters, key=lambda name: (-sizes[name][0], name))
    rows = [(name, sizes[name][0], counted(sizes[name][1], "task")) for name in ordered]
    return bars(rows, "Examples of each cluster")


def cluster_size(tasks: Sequence[Row], name: str) -> tuple[int, int]:
    """Examples and tasks of a cluster."""
    own = [row["example_count"] for row in tasks if row["task_cluster"] == name]
    return sum(own), len(own)
