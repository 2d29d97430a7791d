"""Names of clusters that stay: a cluster is called as its tasks were called before, or by what is typical of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

TYPICAL = 0.5  # of a cluster's tasks; what so many have may name it
LONGEST, MOST_WORDS = 40, 2  # characters and words of a name made of words
NO_WORD = re.compile(r"[^a-z0-9]+")


def cluster_names(
    groups: Sequence[Collection[str]],
    pinned: Mapping[str, str],
    before: Mapping[str, str],
    types: Mapping[str, str],
    words: Callable[[Collection[str]], Sequence[str]],
    reserved: Collection[str] = (),
) -> list[str]:
    """A name for each group, all different.

    In this order: the pin of a task of the group; the name that most of its tasks had before, the groups that keep most
    tasks choosing first; the task type that at least half of its tasks are of; the words that are typical of it.

    Args:
        groups: tasks of each cluster; no task is in two.
        pinned: task -> cluster, of one cluster in a group.
        before: task -> cluster, as it was.
        types: task -> task type.
        words: of a group's tasks, the most typical first.
        reserved: names that no other group may have.
    """
    names: dict[int, str] = {}
    for place, group in enumerate(groups):
        for task in sorted(group):
            if task in pinned:
                names[place] = pinned[task]
    taken = {*names.values(), *reserved}
    for kept, name, place in sorted(_kept(groups, before), key=lambda one: (-one[0], one[1], one[2])):
        if kept and place not in names and name not in taken:
            names[place] = name
            taken.add(name)
    for place in sorted(range(len(groups)), key=lambda place: (-len(groups[place]), min(groups[place]))):
        if place not in names:
            names[place] = _unused(_new_name(groups[place], types, words), taken)
            taken.add(names[place])
    return [names[place] for place in range(len(groups))]


def _kept(groups: Sequence[Collection[str]], before: Mapping[str, str]) -> list[tuple[int, str, int]]:
    """Each group with each name its tasks had, and how many had it."""
    found = []
    for place, group in enumerate(groups):
        for name, count in Counter(before[task] for task in group if task in before).items():
            found.append((count, name, place))
    return found


def _new_name(
    group: Collection[str], types: Mapping[str, str], words: Callable[[Collection[str]], Sequence[str]]
) -> str:
    typical, count = min(Counter(types[task] for task in group).items(), key=lambda one: (-one[1], one[0]))
    if count >= TYPICAL * len(group) and not _is_shared(typical, group, types):
        return typical
    name = ""
    for word in words(group)[:MOST_WORDS]:
        longer = "_".join(part for part in (name, NO_WORD.sub("_", word.lower()).strip("_")) if part)
        if len(longer) > LONGEST:
            break
        name = longer
    return name if name[:1].isalpha() else f"tasks_{name}".rstrip("_")


def _is_shared(task_type: str, group: Collection[str], types: Mapping[str, str]) -> bool:
    """Whether tasks of other groups are of the type, too: then it does not tell this group from others."""
    return any(one == task_type and task not in group for task, one in types.items())


def _unused(name: str, taken: Collection[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
