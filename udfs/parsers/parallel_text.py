"""Line-aligned translations: line n of one file says what line n says in the files of the other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.languages import canonical
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File, Found, Line, Record, lines, shown

CHARS_AT_ONCE = 1 << 24  # of all languages together: far below the 2 GiB that a column of text holds
EMPTY_LINE, UNALIGNED_LINE, MISSING_LANGUAGE = "empty_line", "unaligned_line", "missing_language"
ANY = "*"
SCHEMA = pa.schema(
    [
        ("line", pa.int32()), ("source_language", pa.string()), ("target_language", pa.string()),
        ("source_text", pa.string()), ("target_text", pa.string()),
    ]
)  # fmt: skip
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47, not its registry

Direction = tuple[str, str]  # from, to
Texts = Sequence["str | None"]  # a text for each line, None where there is none to pair


@dataclass(frozen=True)
class ParallelText:
    """Line-aligned files in UTF-8, one for each language, any number of languages.

    One record for each line and direction: `line` from 1, the languages as BCP 47 tags, the texts as they stand.

    Attributes:
        language: a regular expression with one group, looked for in the file name; the group is the language's code.
        directions: "all" ordered pairs of different languages, or a list such as "en>de, fr>en, *>ja", in tags.
        codes: what published codes are as tags, such as "alb=sq, tosk=als"; others become their canonical tags, so
            that `zho-CN` is `zh-CN`.
        group: a regular expression with one group, looked for in the path; files with the same text there belong
            together. Empty: the files of one folder do.

    A line that is blank in a language, or no UTF-8, is a bad record and gives no pair with this language; lines
    beyond the end of the shortest file are bad records, one for each file, as nothing tells where lines were lost.
    So is a language that a direction names and the group lacks.

    Raises:
        ValueError: if an option cannot be read, or `language` is missing; the message names the option.
    """

    language: str = ""
    directions: str = "all"
    codes: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if not self.language:
            raise ValueError(
                "language: missing; write a regular expression with one group for the language in the file name, "
                r"such as 'corpus\.(\w+)\.txt'"
            )
        _check_one_group("language", self.language)
        if self.group:
            _check_one_group("group", self.group)
        _tags(self.codes)
        _directions(self.directions)

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def group_of(self, path: str) -> str:
        """The folder of a file, or what `group` finds in its path; the path itself if it finds nothing."""
        if not self.group:
            return path.rpartition("/")[0]
        found = re.search(self.group, path)
        return path if found is None or found.group(1) is None else found.group(1)

    def records_of(self, files: Sequence[File]) -> Iterator[Found]:
        """What `batches_of` gives, one record at a time; see `GroupParser.records_of`."""
        for found in self.batches_of(files):
            if isinstance(found, BadRecord):
                yield found
            else:
                yield from (Record(row, row["line"]) for row in found.to_pylist())

    def batches_of(self, files: Sequence[File]) -> Iterator[pa.RecordBatch | BadRecord]:
        """The bad records of one group, then its directions in alphabetical order, each as one batch in `schema`.

        A group of more than `CHARS_AT_ONCE` characters is cut, and each part gives a batch for each direction.
        """
        by_language, refused = self._by_language(files)
        yield from refused
        directions, missing = _chosen(_directions(self.directions), sorted(by_language))
        yield from missing
        used = sorted({language for direction in directions for language in direction})
        found = {language: list(lines(by_language[language].content)) for language in used}
        length = min(map(len, found.values()), default=0)
        for language in used:
            yield from _unaligned(found[language][length:], by_language[language], length)
        yield from _unpaired({language: found[language][:length] for language in used}, by_language)
        texts = {language: [_text(line) for line in found[language][:length]] for language in used}
        for start, stop in _parts(list(texts.values()), length):
            part = {language: column[start:stop] for language, column in texts.items()}
            yield from _batches(part, start, directions)

    def _by_language(self, files: Sequence[File]) -> tuple[dict[str, File], list[BadRecord]]:
        """The file of each language by its tag, and the files whose language cannot be told."""
        tags = _tags(self.codes)
        named: dict[str, list[File]] = {}
        refused: list[BadRecord] = []
        for file in sorted(files, key=lambda file: file.path):
            match = re.search(self.language, file.name)
            code = match.group(1) if match else None
            if code:
                named.setdefault(tags.get(code) or canonical(code) or code, []).append(file)
            else:
                refused.append(BadRecord(UNREADABLE_FILE, f"{file.name}: {self.language!r} finds no language in it"))
        for language, same in named.items():
            if len(same) > 1:
                names = ", ".join(file.name for file in same)
                refused.append(BadRecord(UNREADABLE_FILE, f"{len(same)} files of language {language!r}: {names}"))
        return {language: same[0] for language, same in named.items() if len(same) == 1}, refused


def _check_one_group(option: str, pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"{option}: {pattern!r} is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"{option}: {pattern!r} has {groups} groups; it needs one (write others as (?:...))")


def _tags(codes: str) -> dict[str, str]:
    """The tag of each code in a text such as "deu=de, arb=ar"."""
    tags: dict[str, str] = {}
    for entry in filter(None, map(str.strip, codes.split(","))):
        code, _, tag = (part.strip() for part in entry.partition("="))
        if not code or not _LANGUAGE_TAG.fullmatch(tag):
            raise ValueError(f"codes: {entry!r}; write a published code and its BCP 47 tag, such as deu=de")
        if code in tags or tag in tags.values():
            raise ValueError(f"codes: {entry!r} repeats a code or a tag, so two languages would be one")
        tags[code] = tag
    return tags


def _directions(text: str) -> list[Direction]:
    """The pairs in a text such as "en>de, *>en"; `ANY` stands for every language."""
    if text.strip() == "all":
        return [(ANY, ANY)]
    found: list[Direction] = []
    for entry in map(str.strip, text.split(",")):
        source, _, target = (part.strip() for part in entry.partition(">"))
        if not all(side == ANY or _LANGUAGE_TAG.fullmatch(side) for side in (source, target)):
            raise ValueError(f"directions: {entry!r}; write all, or a list such as en>de, *>en")
        if source == target != ANY:
            raise ValueError(f"directions: {entry!r} translates a language into itself")
        found.append((source, target))
    return found


def _chosen(wanted: list[Direction], languages: list[str]) -> tuple[list[Direction], list[BadRecord]]:
    """The directions between the languages that are there, and what is wanted and cannot be had."""
    directions: set[Direction] = set()
    missing: list[BadRecord] = []
    for wanted_source, wanted_target in wanted:
        sources, targets = (languages if side == ANY else [side] for side in (wanted_source, wanted_target))
        lacking = sorted({wanted_source, wanted_target} - {ANY, *languages})
        found = {(source, target) for source in sources for target in targets if source != target}
        if lacking or not found:
            there = f"the group has {', '.join(languages) or 'none'}"
            what = f"no file of {', '.join(lacking)}" if lacking else "nothing to pair"
            missing.append(BadRecord(MISSING_LANGUAGE, f"{wanted_source}>{wanted_target}: {what}; {there}"))
        else:
            directions |= found
    return sorted(directions), missing


def _unaligned(beyond: Sequence[Line | BadRecord], file: File, length: int) -> Iterator[BadRecord]:
    """The lines of a file beyond the end of the shortest one."""
    for number, line in enumerate(beyond, length + 1):
        raw = line.raw if isinstance(line, BadRecord) else shown(line.text)
        yield BadRecord(UNALIGNED_LINE, f"{file.name}: another file of the group has {length} lines", raw, number)


def _unpaired(found: Mapping[str, Sequence[Line | BadRecord]], files: Mapping[str, File]) -> Iterator[BadRecord]:
    """The lines that are unreadable, one bad record for each file, or blank, one for all files."""
    for number, across in enumerate(zip(*found.values(), strict=True), 1):
        for language, line in zip(found, across, strict=True):
            if isinstance(line, BadRecord):
                yield BadRecord(line.reason, f"{files[language].name}: {line.detail}", line.raw, number)
        blank = [
            language for language, line in zip(found, across, strict=True)
            if isinstance(line, Line) and _text(line) is None
        ]  # fmt: skip
        if blank:
            yield BadRecord(EMPTY_LINE, f"empty in {', '.join(blank)}", "", number)


def _text(line: Line | BadRecord) -> str | None:
    if isinstance(line, BadRecord) or not line.text or line.text.isspace():
        return None
    return line.text


def _parts(columns: Sequence[Texts], length: int) -> Iterator[tuple[int, int]]:
    """Where to cut: stretches of lines with `CHARS_AT_ONCE` characters, or the one line that has more."""
    start = chars = 0
    for number, across in enumerate(zip(*columns, strict=True)):
        size = sum(len(text) for text in across if text is not None)
        if chars and chars + size > CHARS_AT_ONCE:
            yield start, number
            start, chars = number, 0
        chars += size
    if start < length:
        yield start, length


def _batches(texts: Mapping[str, Texts], start: int, directions: Sequence[Direction]) -> Iterator[pa.RecordBatch]:
    """One batch for each direction that has a pair; columns are built once for a language and shared."""
    columns = {language: pa.array(column, pa.string()) for language, column in texts.items()}
    length = len(next(iter(texts.values())))
    numbers = pa.array(range(start + 1, start + length + 1), pa.int32())
    names = {language: pa.repeat(pa.scalar(language, pa.string()), length) for language in texts}
    for source, target in directions:
        pair = [numbers, names[source], names[target], columns[source], columns[target]]
        batch = pa.RecordBatch.from_arrays(pair, schema=SCHEMA)
        if columns[source].null_count or columns[target].null_count:
            batch = batch.filter(pc.and_(columns[source].is_valid(), columns[target].is_valid()))
        if batch.num_rows:
            yield batch
