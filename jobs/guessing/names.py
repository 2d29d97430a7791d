"""What the names of files tell: splits, languages, which files belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from taskmill.udfs.languages import canonical, language_of_name, macrolanguage

SPLITS: Mapping[str, str] = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "validation", "devel": "validation", "development": "validation", "val": "validation",
    "valid": "validation", "validation": "validation", "test": "test", "tst": "test", "eval": "test",
}  # fmt: skip
_WORDS = re.compile(r"[A-Za-z]+")
_SPLIT_WORD = re.compile("|".join(sorted(SPLITS, key=len, reverse=True)), re.IGNORECASE)
_CODE = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
_GLOB_MARKS = re.compile(r"[*?\[\]{}\\,]")
FILE_NAME, FILE_PATH = "_metadata.file_name", "_metadata.file_path"


@dataclass(frozen=True)
class ByName:
    """Something that the names of files tell: SQL that gives it, and what it is for each file."""

    sql: str
    values: Mapping[str, str]


def split_of(path: str) -> str | None:
    """The split in a file's name, or else in its folders', as a word of its own or at the start or end of one."""
    for part in reversed(path.split("/")):
        for word in _WORDS.findall(part):
            if (found := SPLITS.get(word.lower())) is not None:
                return found
        edges = (_edge(word.lower()) for word in _WORDS.findall(part))
        if (edge := next((found for found in edges if found), None)) is not None:
            return edge
    return None


def _edge(word: str) -> str | None:
    """The split that a word begins or ends with, of its longer names: `wnut17train`, `testset`."""
    return next(
        (split for name, split in SPLITS.items() if len(name) >= 4 and (word.startswith(name) or word.endswith(name))),
        None,
    )


def split_sql(paths: Sequence[str]) -> str | None:
    """The split of these files as a constant, or as SQL over their names; None where a name tells none."""
    found = {path: split_of(path) for path in paths}
    if None in found.values():
        return None
    splits = {str(split) for split in found.values()}
    if len(splits) == 1:
        return splits.pop()
    column = FILE_NAME if all(split_of(path.rsplit("/", 1)[-1]) for path in paths) else FILE_PATH
    words: dict[str, set[str]] = {}
    for path, split in found.items():
        word = _split_word(path.rsplit("/", 1)[-1] if column == FILE_NAME else path, str(split))
        words.setdefault(str(split), set()).add(word)
    cases = []
    for split in (split for split in ("validation", "test", "train") if split in words):
        tests = " OR ".join(f"{column} LIKE '%{word}%'" for word in sorted(words[split]))
        cases.append(f"WHEN {tests} THEN '{split}'")
    return f"CASE {' '.join(cases)} END"


def _split_word(text: str, split: str) -> str:
    """The longest word in a name that says this split, as it is written there."""
    found: list[str] = _SPLIT_WORD.findall(text)
    return max((word for word in found if SPLITS[word.lower()] == split), key=len)


def language_by_value(sql: str, languages: Mapping[str, str | None]) -> ByName | None:
    """`language_by_name` for the values of a column, such as ids with a tag in them."""
    return _by_text(sql, {value: value for value in languages}, languages, True)


def language_by_name(languages: Mapping[str, str | None]) -> ByName | None:
    """Where the paths of files name the languages that were found in them.

    Each file has a word in the same place of its path that is a tag, or the English name of a language; at least half
    of the languages found agree with it, and none of the words names another than one found in all its files.

    Args:
        languages: by path the language that was found in the file, None where none was.

    Returns:
        SQL that gives the tag, from a regular expression; None if there is no such place, or all languages are alike.
    """
    for column, texts in (
        (FILE_NAME, {path: path.rsplit("/", 1)[-1] for path in languages}),
        (FILE_PATH, {path: f"/{path}" for path in languages}),
    ):
        found = _by_text(column, texts, languages, column == FILE_NAME)
        if found is not None:
            return found
    return None


def _by_text(sql: str, texts: Mapping[str, str], languages: Mapping[str, str | None], is_name: bool) -> ByName | None:
    """The languages in some texts, each of them by what it is the text of."""
    for pattern in _patterns(list(texts.values()), is_name):
        words = {key: re.search(pattern, text)[1] for key, text in texts.items()}  # type: ignore[index]
        tags = {key: _tag(word) for key, word in words.items()}
        if None in tags.values() or not _agree(tags, languages):
            continue
        found = f"regexp_extract({sql}, {_quoted(pattern)}, 1)"
        by_word = {words[key]: str(tags[key]) for key in words}
        if any(canonical(word) != tag for word, tag in by_word.items()):
            pairs = ", ".join(f"'{word}', '{tag}'" for word, tag in sorted(by_word.items()))
            found = f"map({pairs})[{found}]"
        return ByName(found, {key: str(tag) for key, tag in tags.items()})
    return None


def _patterns(texts: Sequence[str], is_name: bool) -> list[str]:
    """Regular expressions with one group, each for a word that stands between the same marks in all the texts."""
    found = []
    for before, after in ((r"^", r"[._-]"), (r"[._-]", r"\."), (r"[._-]", r"[._-]"), (r"/", r"/"), (r"/", r"[._-]")):
        if is_name == ("/" in before):
            continue
        for word in (r"[a-z]{2,3}", r"[A-Za-z]{4,20}"):
            pattern = rf"{before}({word}){after}"
            if all(re.search(pattern, text) for text in texts):
                found.append(pattern)
    prefix = _common([text[: _first_difference(texts)] for text in texts]) if len(set(texts)) > 1 else ""
    if prefix and (literal := f"{re.escape(prefix)}([A-Za-z]+)") and all(re.search(literal, text) for text in texts):
        found.insert(0, literal)
    return found


def _first_difference(texts: Sequence[str]) -> int:
    """Where the texts begin to differ, put back to the beginning of the word there."""
    place = len(_common(texts))
    while place and texts[0][place - 1].isalpha():
        place -= 1
    return place


def _tag(word: str) -> str | None:
    return language_of_name(word) if len(word) > 3 else canonical(word.lower())


def _agree(tags: Mapping[str, str | None], languages: Mapping[str, str | None]) -> bool:
    known = [(tags[path], language) for path, language in languages.items() if language is not None]
    same = sum(macrolanguage(str(tag)) == macrolanguage(language) for tag, language in known)
    return len(set(tags.values())) > 1 and 2 * same >= len(known) > 0


def parallel_pattern(names: Sequence[str]) -> str | None:
    """The regular expression of `parallel_text` for the language in these file names; None if they have none.

    Each name must have the tag of another language between the same two marks; so must those that begin alike, where
    there are several sets (`train.en`, `train.de`, `test.en`, `test.de`).
    """
    for after in dict.fromkeys(re.findall(r"\.[A-Za-z0-9]+", names[0] + ".")[-3:]) if names else ():
        for before in (r"\.", "_", "-", "^"):
            pattern = rf"{before}({_CODE}){re.escape(after)}"
            found = [re.search(pattern, name) for name in names]
            codes = [one[1] for one in found if one]
            if len(codes) == len(names) and _are_sides(names, codes, [one.start() for one in found if one]):
                return pattern
    # `corpus.en` has its language for an ending
    found = [re.search(rf"\.({_CODE})$", name) for name in names]
    codes = [one[1] for one in found if one]
    is_all = len(codes) == len(names) > 1 and _are_sides(names, codes, [one.start() for one in found if one])
    return rf"\.({_CODE})$" if is_all else None


def _are_sides(names: Sequence[str], codes: Sequence[str], starts: Sequence[int]) -> bool:
    """Whether the codes are tags: all different, or different among names that begin alike, two or more of each."""
    tags = [canonical(code) for code in codes]
    if None in tags:
        return False
    if len(set(tags)) == len(tags):
        return True
    sides: dict[str, list[str | None]] = {}
    for name, start, tag in zip(names, starts, tags, strict=True):
        sides.setdefault(name[:start], []).append(tag)
    return all(len(part) > 1 and len(set(part)) == len(part) for part in sides.values())


def paths_of(wanted: Sequence[str], others: Collection[str]) -> list[str]:
    """Globs that match all the wanted paths and none of the others: one if it can be, else the paths themselves."""
    parts = [path.split("/") for path in wanted]
    if len(wanted) > 1 and len({len(one) for one in parts}) == 1:
        for exact in (True, False):
            glob = "/".join(_generalised(sorted(set(words)), exact) for words in zip(*parts, strict=True))
            if not any(_matches(glob, other) for other in others):
                return [glob]
    by_folder: dict[str, list[str]] = {}
    for path in wanted:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    if 1 < len(by_folder) < len(wanted):
        return [glob for paths in by_folder.values() for glob in paths_of(sorted(paths), others)]
    return [_GLOB_MARKS.sub("?", path) for path in wanted]


def _generalised(words: Sequence[str], exact: bool) -> str:
    """A glob for one part of some paths: what they begin with, `*`, and what they end with."""
    if len(words) == 1:
        return _GLOB_MARKS.sub("?", words[0])
    prefix = _common(words)
    if all(word[len(prefix) : len(prefix) + 1].isalpha() for word in words):  # not the `t` of `train` and `test`
        prefix = prefix.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rest = [word[len(prefix) :] for word in words]
    suffix = _common([word[::-1] for word in rest])[::-1]
    if "." not in suffix:  # `.tsv` and `.tsv.gz`
        endings = [set(re.findall(r"\.[A-Za-z0-9]+", word)) for word in rest]
        shared = sorted(set.intersection(*endings), key=rest[0].rfind)
        suffix = f"{shared[-1]}*" if shared and exact else suffix and f"{suffix}"
    return f"{_GLOB_MARKS.sub('?', prefix)}*{suffix if suffix.endswith('*') else _GLOB_MARKS.sub('?', suffix)}"


def _matches(glob: str, path: str) -> bool:
    pattern = "".join("[^/]*" if mark == "*" else "[^/]" if mark == "?" else re.escape(mark) for mark in glob)
    return re.fullmatch(pattern, path) is not None


def _common(words: Sequence[str]) -> str:
    """What all the words begin with."""
    return "".join(column[0] for column in takewhile(lambda one: len(set(one)) == 1, zip(*words, strict=False)))


def _quoted(pattern: str) -> str:
    """A raw literal of Spark SQL."""
    return f"r'{pattern}'" if "\\" in pattern else f"'{pattern}'"


def source_name(text: str, is_taken: Callable[[str], bool] = lambda _: False) -> str:
    """A name for a source out of any text: lower-case letters, digits and `_`, with a letter first, and not taken."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    name = name if name[:1].isalpha() else f"source_{name}".strip("_")
    found, number = name, 2
    while is_taken(found):
        found, number = f"{name}_{number}", number + 1
    return found
