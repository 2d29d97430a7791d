"""Files that are one source: the same reader and the same columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from taskmill.jobs.guessing.cells import made_up_names
from taskmill.jobs.guessing.kinds import INTEGER, NOTHING, NUMBER, Kind, kind_of
from taskmill.jobs.guessing.layouts import LABEL_LIST, TEXT_LINES, Layout
from taskmill.jobs.guessing.names import SPLITS, parallel_pattern
from taskmill.udfs.parsers.brat import ANNOTATIONS, TEXT, Brat
from taskmill.udfs.parsers.records import File, Record

LEAST_SHARED = 0.6  # of the columns of two files that are one source
PARALLEL, BRAT = "parallel_text", "brat"
OPEN_OPTIONS = ("scheme",)  # what only some files of a source show
_NO_WORDS = re.compile(r"v?\d*")
_ENDINGS = frozenset(
    {
        "json", "jsonl", "tsv", "csv", "txt", "conll", "conllu", "parquet", "arrow", "gz", "bz2", "xz", "zst", "zip",
        "tar", "data", "dataset",
    }
)  # fmt: skip
_PACKED = frozenset({"gz", "bz2", "xz", "zst", "zip", "tar"})


@dataclass(frozen=True)
class Seen:
    """A file that was looked at: its path, how it is packed, and its layout; `content` is kept of text alone."""

    path: str
    packing: str
    layout: Layout
    content: bytes = b""


@dataclass
class Group:
    """Files of one source."""

    files: list[Seen] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        """The layout of all files: their rows one after the other, and the options that any of them needs."""
        layouts = [one.layout for one in self.files]
        options = {name: value for layout in layouts for name, value in layout.options.items()}
        rows = tuple(row for layout in layouts for row in layout.rows)
        documents = tuple(row for layout in layouts for row in layout.documents)
        labels = {name: found for layout in layouts for name, found in layout.labels.items()}
        faults = sum(layout.faults for layout in layouts)
        columns = layouts[0].columns
        if columns:  # names for all files together: what one of them holds may be too little
            columns = tuple(made_up_names([list(row.values()) for row in rows]))
            rows = tuple(dict(zip(columns, row.values(), strict=True)) for row in rows)
        return replace(
            layouts[0], rows=rows, options=options, columns=columns, documents=documents, labels=labels, faults=faults
        )  # fmt: skip

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.files]


@dataclass(frozen=True)
class Grouped:
    """The groups of some files, the lists of labels among them, and the files that are none of a source."""

    groups: list[Group]
    label_lists: list[tuple[str, ...]]
    left: list[str]


def grouped(files: Sequence[Seen]) -> Grouped:
    """The files by the source that they are of; text by itself is of none unless it is one side of a translation."""
    lists = [tuple(row["value"] for row in one.layout.rows) for one in files if one.layout.format == LABEL_LIST]
    brat, files = _brat(files)
    parallel, left = _parallel([one for one in files if one.layout.format == TEXT_LINES])
    groups: list[Group] = []
    for one in files:
        if one.layout.format in (TEXT_LINES, LABEL_LIST):
            continue
        home = next((group for group in groups if _are_alike(group.files[0].layout, one.layout)), None)
        if home is None:
            groups.append(Group([one]))
        else:
            home.files.append(one)
    return Grouped([*groups, *parallel, *brat], lists, left)


def adopt(groups: Sequence[Group], unseen: Iterable[str]) -> list[list[str]]:
    """For each group the paths of those files, not looked at, whose names are like its files' and no other group's."""
    shapes = [{shape for path in group.paths for shape in _shapes(path)} for group in groups]
    found: list[list[str]] = [[] for _ in groups]
    for path in unseen:
        for wanted in _shapes(path):  # the closest first
            homes = [number for number, known in enumerate(shapes) if wanted in known]
            if len(homes) == 1:
                found[homes[0]].append(path)
                break
    return found


def _shapes(path: str) -> tuple[tuple[str, ...], ...]:
    """What files of one kind share: the folder and the name without its words; the folder and the endings."""
    folder, _, name = path.rpartition("/")
    endings = tuple(part for part in name.lower().split(".")[1:] if part in _ENDINGS - _PACKED)
    return (folder, re.sub(r"[A-Za-z]+|[0-9]+", "", name), *endings), (folder, *endings), endings


def group_name(base: str, paths: Sequence[str], others: Iterable[str]) -> str:
    """A name for a group: the base, and what only the names of its files say."""
    common = _words(paths[0])
    for path in paths[1:]:
        common = [word for word in common if word in _words(path)]
    everywhere = set(_words(paths[0])).intersection(*map(_words, [*paths, *others]))
    own = [word for word in common if word not in everywhere and word not in base.lower().split("_")]
    return "_".join([base, *dict.fromkeys(own)])


def _words(path: str) -> list[str]:
    found = re.findall(r"[a-z0-9]+", path.lower())
    return [word for word in found if word not in SPLITS and word not in _ENDINGS and not _NO_WORDS.fullmatch(word)]


def _are_alike(one: Layout, other: Layout) -> bool:
    """Whether one reader reads both, and what both have is of one type."""
    if (one.format, one.explode, one.columns) != (other.format, other.explode, other.columns):
        return False
    if _needed(one) != _needed(other):
        return False
    ours, theirs = set(one.names), set(other.names)
    if len(ours & theirs) < LEAST_SHARED * len(ours | theirs):
        return False
    return all(_fit(_kind(one, name), _kind(other, name)) for name in ours & theirs)


def _needed(layout: Layout) -> dict[str, str | bool]:
    return {name: value for name, value in layout.options.items() if name not in OPEN_OPTIONS}


def _kind(layout: Layout, name: str) -> Kind:
    return kind_of(row.get(name) for row in layout.rows[:200])


def _fit(one: Kind, other: Kind) -> bool:
    names = {one.name, other.name} - {NOTHING}
    return len(names) < 2 or names == {INTEGER, NUMBER}


def _parallel(files: Sequence[Seen]) -> tuple[list[Group], list[str]]:
    """Lines of text in the same folder that say the same in several languages, and the other files of text."""
    by_place: dict[tuple[str, ...], list[Seen]] = {}
    for one in files:
        folder, _, name = one.path.rpartition("/")
        endings = [part for part in name.split(".")[1:] if part in _ENDINGS]
        by_place.setdefault((folder, *endings), []).append(one)
    groups, left = [], []
    for same in by_place.values():
        pattern = parallel_pattern([one.path.rsplit("/", 1)[-1] for one in same])
        parts = [same] if pattern is None else _sets(same, pattern)
        if pattern is None or not all(len(part) > 1 and _is_aligned(part) for part in parts):
            left += [one.path for one in same]
            continue
        options: dict[str, str | bool] = {"language": pattern}
        if len(parts) > 1:
            options["group"] = f"^(.*){re.sub(r'[(](?![?])', '(?:', pattern)}"
        groups.append(
            Group([replace(one, layout=replace(one.layout, format=PARALLEL, options=options)) for one in same])
        )
    return groups, left


def _sets(files: Sequence[Seen], pattern: str) -> list[list[Seen]]:
    """The files that translate each other: all of them if no language comes twice, else those that begin alike, as
    `train.en` and `train.de` beside `test.en` and `test.de`."""
    found: dict[str, list[Seen]] = {}
    codes = []
    for one in files:
        folder, _, name = one.path.rpartition("/")
        match = re.search(pattern, name)
        assert match is not None  # `parallel_pattern` found it in every name
        codes.append(match[1])
        found.setdefault(f"{folder}/{name[: match.start()]}", []).append(one)
    return [list(files)] if len(set(codes)) == len(codes) else list(found.values())


def _is_aligned(files: Sequence[Seen]) -> bool:
    return len({one.layout.options["lines"] for one in files} - {"?"}) < 2


def _brat(files: Sequence[Seen]) -> tuple[list[Group], list[Seen]]:
    """The documents of a text and its annotations, and the other files."""
    stems = {_stem(one.path) for one in files if one.layout.format == BRAT}
    sides = [one for one in files if _stem(one.path) in stems and (ANNOTATIONS in one.path or TEXT in one.path)]
    if not stems:
        return [], list(files)
    found: list[Seen] = []
    for stem in sorted(stems):
        pair = [one for one in sides if _stem(one.path) == stem]
        records = list(Brat().records_of([File(one.path, one.content) for one in pair]))
        rows = tuple(record.values for record in records if isinstance(record, Record))
        layout = Layout(BRAT, rows, faults=len(records) - len(rows))
        found += [replace(one, layout=replace(layout, rows=rows if one is pair[0] else ())) for one in pair]
    return [Group(found)], [one for one in files if one not in sides]


def _stem(path: str) -> str:
    return next((path[: path.rfind(end)] for end in (ANNOTATIONS, TEXT) if end in path), path)
