"""Sources as far as their files tell: what is read and how, its language, split and task types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from taskmill.jobs.guessing.columns import DETECTED_TEXTS, Column, Detect, agreed, columns_of, sample, with_languages
from taskmill.jobs.guessing.derived import derived
from taskmill.jobs.guessing.drafts import ReadDraft, SourceDraft
from taskmill.jobs.guessing.groups import BRAT, PARALLEL, Group, adopt, group_name, grouped
from taskmill.jobs.guessing.groups import Seen as Seen  # whoever asks for sources says what was seen
from taskmill.jobs.guessing.kinds import TEXT, identifier, kind_of, literal, schema_of
from taskmill.jobs.guessing.layouts import Layout, Row
from taskmill.jobs.guessing.mappings import structured_tasks, task_draft
from taskmill.jobs.guessing.names import ByName, language_by_name, language_by_value, paths_of, source_name, split_sql
from taskmill.jobs.guessing.tasks import Asked, Candidate, candidates, is_clear
from taskmill.jobs.guessing.translations import TRANSLATION, Wide, wide

MAX_CANDIDATES = 4
SHOWN_LABELS = 12
ITEM = "item"
MAX_ID_CHARS = 60
DETECTED_COLUMNS = 3
# Where formats of our own have sentences of their language.
PROSE: Mapping[str, tuple[str, ...]] = {
    "conll": ("text",), "conllu": ("text",), "brat": ("text",), "squad": ("context", "question"),
    "super_natural_instructions": ("definition", "input"),
}  # fmt: skip
LANGUAGE_COLUMNS = ("target_language", "source_language")


@dataclass(frozen=True)
class Guess:
    """A source and what was found for it, for showing.

    Attributes:
        columns: of its rows, with types, nulls, label sets and languages.
        candidates: task types by names and values, the best first; none where the format has its own.
        paths: those of its files that were looked at.
    """

    draft: SourceDraft
    columns: Sequence[Column]
    candidates: Sequence[Candidate]
    paths: Sequence[str]
    row_count: int
    faults: int


def guesses(
    files: Sequence[Seen],
    base: str,
    asked: Sequence[Asked],
    detect: Detect,
    is_taken: Callable[[str], bool] = lambda _: False,
    unseen: Sequence[str] = (),
) -> tuple[list[Guess], list[str]]:
    """A guess for each source among some files, and the files that belong to none.

    Args:
        files: those that were looked at, by paths as `read.path` has them.
        base: the name of a single source; several begin with it.
        asked: the task types that there are.
        detect: the language that most of some texts are in, or None.
        is_taken: whether a source has this name already.
        unseen: paths of files that were not looked at; they belong to the source of files with such names.
    """
    found = grouped(files)
    adopted = adopt(found.groups, unseen)
    taken: set[str] = set()
    sources = []
    for number, group in enumerate(found.groups):
        more = adopted[number]
        others = [path for path in [*(one.path for one in files), *unseen] if path not in {*group.paths, *more}]
        same = [path for other in found.groups if other is not group for path in other.paths]
        name = base if len(found.groups) == 1 else group_name(base, group.paths, same)
        name = source_name(name, lambda one: one in taken or is_taken(one))
        taken.add(name)
        sources.append(_guess(group, name, more, others, asked, detect, found.label_lists))
    lost = set(unseen) - {path for paths in adopted for path in paths}
    return sources, [*found.left, *sorted(lost)]


def _guess(
    group: Group,
    name: str,
    more: Sequence[str],
    others: Sequence[str],
    asked: Sequence[Asked],
    detect: Detect,
    label_lists: Iterable[tuple[str, ...]],
) -> Guess:
    layout = group.layout
    is_cells = layout.format in ("csv", "flan_cot")
    columns = _with_lists(columns_of(layout.rows, is_cells, layout.labels), label_lists)
    columns = with_languages(columns, detect)
    hint = " ".join((name, *group.paths))
    read, query = _read(group, layout, [*group.paths, *more], others)
    tasks = structured_tasks(layout.format, [*columns, *_entity_types(layout)], {one.name: one for one in asked})
    ranked: list[Candidate] = []
    translation = wide(columns) if not tasks and any(one.name == TRANSLATION for one in asked) else None
    if translation is not None:
        tasks, query = [translation.draft], translation.query or query
    elif not tasks:
        ranked = candidates(asked, derived(columns), hint, bool(layout.columns))[:MAX_CANDIDATES]
        tasks = [task_draft(ranked[0])] if is_clear(ranked) else []
    languages, language_todo = _languages(group, columns, detect, translation)
    split = split_sql([*group.paths, *more])
    split_todo = "" if split else "no name of a file tells the split: right?"
    draft = SourceDraft(
        name, _seen_lines(layout, columns, group), read, languages, language_todo, split or "train", split_todo,
        query, tasks, ranked,
    )  # fmt: skip
    return Guess(draft, columns, ranked, group.paths, len(layout.rows), layout.faults)


def _with_lists(columns: Sequence[Column], lists: Iterable[tuple[str, ...]]) -> list[Column]:
    """The columns with the labels of a list that has all their values, in the order of the list."""
    found = list(columns)
    for labels in lists:
        for place, column in enumerate(found):
            values = {value for value in column.present if isinstance(value, str)}
            if len(values) > 1 and values <= set(labels) and len(values) == column.distinct_count:
                found[place] = replace(column, labels=labels)
    return found


def _read(group: Group, layout: Layout, wanted: Sequence[str], others: Sequence[str]) -> tuple[ReadDraft, str]:
    """The `read` block, and the query that makes columns of what it gives."""
    paths = _paths(layout, wanted, others)
    if layout.format not in ("csv", "json"):
        return ReadDraft(layout.format, paths, options=layout.options), ""
    is_plain = all(_reads_plainly(one) for one in group.files)
    if layout.format == "csv":
        columns = {name: kind_of(("",)) for name in layout.names}
        if is_plain:
            return ReadDraft("csv", paths, schema_of(columns), layout.options), ""
        picked = ", ".join(f"row[{literal(name)}] AS {identifier(name)}" for name in layout.names)
        return ReadDraft("delimited", paths, options=_delimited(layout)), f"SELECT _metadata, {picked} FROM rows"
    schema = _json_schema(layout.documents or layout.rows)
    if not is_plain and layout.options:
        return ReadDraft("", paths, todo="Spark opens no JSON document packed like this: unpack it, then json"), ""
    if not is_plain:
        parsed = f"SELECT _metadata, from_json(row, {literal(schema)}) AS parsed FROM rows"
        return ReadDraft("json_lines", paths), f"SELECT _metadata, parsed.* FROM ({parsed})"
    query = ""
    if layout.explode:
        query = f"SELECT _metadata, {ITEM}.*\nFROM rows LATERAL VIEW explode({identifier(layout.explode)}) e AS {ITEM}"
    return ReadDraft("json", paths, schema, layout.options), query


def _paths(layout: Layout, wanted: Sequence[str], others: Sequence[str]) -> list[str]:
    if layout.format != BRAT:
        return paths_of(sorted(set(wanted)), others)
    sides = [[path for path in sorted(set(wanted)) if (".ann" in path) == is_ann] for is_ann in (False, True)]
    return [glob for side in sides for glob in paths_of(side, others)]


def _reads_plainly(one: Seen) -> bool:
    """Whether Spark's readers open the file: they go by the ending of its name."""
    ending = one.path.rpartition(".")[2].lower()
    packed = {"gz": "gzip", "bz2": "bzip2"}
    return one.packing == packed.get(ending, "")


def _delimited(layout: Layout) -> dict[str, str | bool]:
    options: dict[str, str | bool] = {"separator": layout.options.get("sep", ","), "quote": layout.options["quote"]}
    if layout.columns:
        options.update(header=False, columns=" ".join(layout.columns))
    return options


def _json_schema(rows: Sequence[Row]) -> str:
    names = dict.fromkeys(name for row in rows for name in row)
    return schema_of({name: kind_of(row.get(name) for row in rows) for name in names})


def _languages(
    group: Group, columns: Sequence[Column], detect: Detect, translation: Wide | None
) -> tuple[list[str], str]:
    """The language of a source: a tag, columns, or SQL over the names of files; without any, what is to be asked."""
    if group.layout.format == PARALLEL:
        return list(LANGUAGE_COLUMNS), ""
    if translation is not None:
        unknown = f"without {', '.join(translation.unknown)}" if translation.unknown else ""
        first, *others = translation.languages
        return ([LANGUAGE_COLUMNS[0], first] if len(others) > 1 else [others[0], first]), unknown
    by_file = {one.path: _language_of(one.layout, detect) for one in group.files}
    named = language_by_name(by_file)
    if named is not None:
        return [named.sql], ""
    found = {tag for tag in by_file.values() if tag is not None}
    if len(found) == 1 and sum(tag is not None for tag in by_file.values()) * 2 >= len(by_file):
        return [found.pop()], ""
    column = next((one for one in columns if one.name.lower() in ("language", "lang", "locale") and one.labels), None)
    if column is not None:
        return [f"lower({column.sql})"], f"the rows say {', '.join(column.labels[:SHOWN_LABELS])}"
    by_row = _by_row(columns, detect)
    if len(set(by_row.values()) - {None}) > 1:
        named = next((one for one in (_by_value(column, by_row) for column in columns) if one is not None), None)
        if named is not None:
            return [named.sql], ""
    seen = Counter(tag for tag in [*by_row.values(), *found] if tag is not None)
    said = ", ".join(tag for tag, _ in seen.most_common(SHOWN_LABELS))
    return [], f"the texts seem to be in {said}" if said else "the texts do not tell"


def _by_row(columns: Sequence[Column], detect: Detect) -> dict[int, str | None]:
    """The language of the longest text of some rows, by the number of the row."""
    texts = [column for column in columns if column.is_text]
    if not texts:
        return {}
    longest = max(texts, key=lambda column: column.median_chars)
    step = max(1, len(longest.values) // DETECTED_TEXTS)
    rows = range(0, len(longest.values), step)
    return {row: detect([longest.values[row]]) for row in rows if isinstance(longest.values[row], str)}


def _by_value(column: Column, by_row: Mapping[int, str | None]) -> ByName | None:
    """Where a column of ids names the languages of the rows."""
    if column.kind.name != TEXT or column.median_chars > MAX_ID_CHARS:
        return None
    values = {str(column.values[row]): tag for row, tag in by_row.items() if column.values[row]}
    return language_by_value(column.sql, values) if values else None


def _language_of(layout: Layout, detect: Detect) -> str | None:
    """The language that the longest columns of a file are in."""
    columns = columns_of(layout.rows, layout.format in ("csv", "flan_cot"), layout.labels)
    texts = [column for column in columns if column.is_text or (column.is_text_list and not column.labels)]
    if layout.format in PROSE:  # the other columns are tags and features
        texts = [column for column in columns if column.name in PROSE[layout.format]]
    longest = sorted(texts, key=lambda column: -column.median_chars)[:DETECTED_COLUMNS]
    return agreed(detect(sample(column)) for column in longest) if longest else None


def _entity_types(layout: Layout) -> list[Column]:
    """The types of entities that were seen, as the labels of a column of that name."""
    if layout.format != "conll":
        return []
    types = {entity["type"] for row in layout.rows for entity in row.get("entities") or ()}
    return [Column("entity_types", "", kind_of(("",)), (), labels=tuple(sorted(types)))]


def _seen_lines(layout: Layout, columns: Sequence[Column], group: Group) -> list[str]:
    """What was found, for a comment in the draft."""
    faults = f", {layout.faults:,} more that could not be read" if layout.faults else ""
    files = "1 file" if len(group.files) == 1 else f"{len(group.files)} files"
    lines = [f"Guessed from {len(layout.rows):,} rows of {files}{faults}. Columns:"]
    return [*lines, *(f"{column.name}: {description(column)}" for column in columns)]


def description(column: Column) -> str:
    """A column in some words: type, nulls, distinct values, labels, language."""
    parts = [str(column.kind)]
    if column.null_share >= 0.005:
        parts.append(f"{column.null_share:.0%} null")
    parts.append(f"{column.distinct_count:,} distinct")
    if column.language:
        parts.append(column.language)
    if column.labels:
        more = f" and {len(column.labels) - SHOWN_LABELS} more" if len(column.labels) > SHOWN_LABELS else ""
        parts.append(f"labels {' | '.join(column.labels[:SHOWN_LABELS])}{more}")
    return ", ".join(parts)
