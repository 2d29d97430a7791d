"""`taskmill source add`: looks at files and writes the draft of a source, with TODO where a person must decide.

Without Spark, and without reading more than the beginnings of some of the files.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import pyarrow as pa
from rich.cells import cell_len, set_cell_size

from taskmill.jobs.catalog.catalog import files_of
from taskmill.jobs.catalog.files import local_files
from taskmill.jobs.command import Options, bundled_conf
from taskmill.jobs.configuration.config import TaskType, read_model
from taskmill.jobs.configuration.pipeline import Pipeline, load_pipeline
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.guessing.columns import agreed
from taskmill.jobs.guessing.drafts import source_text
from taskmill.jobs.guessing.groups import Seen
from taskmill.jobs.guessing.heads import MAX_ARCHIVE_BYTES, MAX_BYTES, Head, heads, is_archive
from taskmill.jobs.guessing.names import source_name
from taskmill.jobs.guessing.readers import is_table, layout_of, table_layout
from taskmill.jobs.guessing.sources import Guess, description, guesses
from taskmill.jobs.guessing.tasks import Asked
from taskmill.jobs.words import counted
from taskmill.udfs.parsers.hugging_face import BESIDE
from taskmill.udfs.parsers.records import BadRecord

MAX_FILES = 20
WIDTH = 80
DEFAULT_FOLDER = Path("conf/sources")


@dataclass(frozen=True)
class Looked:
    """What there is at a place.

    Attributes:
        files: those that were looked at and have a layout.
        left: the others that were looked at, each with the reason.
        unseen: paths of the files that were not looked at.
    """

    files: list[Seen]
    left: list[str]
    unseen: list[str]


def add_source(options: Options, path: str, out: Path | None = None, name: str | None = None) -> None:
    """Writes the draft of each source that the files are, and prints what was found and what to do next.

    Args:
        path: a file, a glob or a folder; looked for from the working folder, and then below the data folder.
        out: the file to write; without it, one beside the other sources.
        name: of the source; without it, that of the folder or file.

    Raises:
        ConfigError: if there are no files, nothing is known in them, or a file to be written is there already.
    """
    if name is not None and source_name(name) != name:
        raise ConfigError(f"--name {name!r}: write lower-case letters, digits and _, with a letter first")
    conf = options.conf or bundled_conf() / "pipeline.yaml"
    if not conf.is_file():
        raise ConfigError(f"--conf {str(conf)!r}: there is no such file")
    pipeline = load_pipeline(conf, options.overrides)
    names = _names(path, Path(pipeline.data))
    looked = look(names, Path(pipeline.data))
    folder = _folder(pipeline, options)
    found, left = guesses(looked.files, name or _base(path), asked_of(pipeline), detect, unseen=looked.unseen)
    if not found:
        known = "; ".join([*looked.left, *(f"{one}: text" for one in left)][:MAX_FILES])
        raise ConfigError(f"{path!r}: no reader is known for what is there ({known}); write the source by hand")
    if out is not None and len(found) > 1:
        several = "; ".join(f"{one.draft.name}: {', '.join(one.draft.read.paths)}" for one in found)
        raise ConfigError(f"--out is for one source, and there are {len(found)}: {several}. Give one of these paths")
    places = [out or folder / f"{guess.draft.name}.yaml" for guess in found]
    for place in places:
        if place.exists():
            raise ConfigError(f"{str(place)!r} is there already; give another --out or --name, or remove it")
    for place, guess in zip(places, found, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="utf-8") as file:
            file.write(source_text(guess.draft))
    for line in report(found, places, looked, left, conf, pipeline):
        print(line)


def look(names: Sequence[str], data: Path) -> Looked:
    """The layouts of at most `MAX_FILES` files, as far apart in their order as can be."""
    last = min(MAX_FILES, len(names)) - 1
    chosen = [names[round(number * (len(names) - 1) / max(1, last))] for number in range(last + 1)]
    files: list[Seen] = []
    left: list[str] = []
    for name in chosen:
        for found in _look_at(Path(name), data):
            if isinstance(found, Seen):
                files.append(found)
            else:
                left.append(found)
    unseen = [_shown(Path(name), data) for name in names if name not in set(chosen)]
    return Looked(files, left, unseen)


def detect(texts: Sequence[str]) -> str | None:
    """The language of nearly all the texts, of those long enough to tell; None if they have several, or none."""
    from taskmill.udfs.language_detection import NO_LANGUAGE, detected

    tags = detected(pa.array(texts, pa.string()))[0].to_pylist()
    return agreed(None if tag in NO_LANGUAGE else tag for tag in tags)


def asked_of(pipeline: Pipeline) -> list[Asked]:
    """The task types of a pipeline, as far as a guess needs them.

    Raises:
        ConfigError: with the mistakes of their files.
    """
    found: list[Asked] = []
    mistakes: list[str] = []
    for path in (path for place in pipeline.templates for path in files_of(place)):
        task_type, wrong = read_model(TaskType, load_document(path))
        mistakes += wrong
        if task_type is not None:
            found.append(Asked(task_type.task_type, task_type.field_types, task_type.answer_fields, task_type.choices))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return found


def _names(path: str, data: Path) -> list[str]:
    """The files at a place, sorted, without those that say something about others."""
    for place in (Path(path).absolute(), (data / path).absolute()):
        if glob(str(place), recursive=True):
            found = sorted(name for name in local_files(str(place)) if Path(name).name not in BESIDE)
            if found:
                return found
    raise ConfigError(f"{path!r}: no file is there, nor below the data folder {str(data)!r}")


def _base(path: str) -> str:
    """A name from a path: of its last part without endings, or of the last folder before a glob."""
    parts = [part for part in Path(path).absolute().parts if not set("*?[") & set(part)]
    return source_name(re.sub(r"(?:\.[A-Za-z0-9]{1,8}){0,3}$", "", parts[-1]) or parts[-1])


def _folder(pipeline: Pipeline, options: Options) -> Path:
    """Where the sources of a pipeline are that was named; else `DEFAULT_FOLDER` of the working folder."""
    folders = [Path(place) for place in pipeline.sources if Path(place).is_dir()]
    return folders[0] if options.conf is not None and folders else DEFAULT_FOLDER


def _look_at(path: Path, data: Path) -> Iterator[Seen | str]:
    """The files in a stored one, or why there is nothing to see."""
    shown = _shown(path, data)
    try:
        content = _beginning(path)
        if is_table(content):
            with pa.memory_map(str(path)) as source:
                yield Seen(shown, "", table_layout(source))
            return
    except (OSError, ValueError) as error:
        yield f"{shown}: {error}"
        return
    for head in heads(shown, content, path.stat().st_size <= len(content)):
        layout = layout_of(head) if isinstance(head, Head) else None
        if isinstance(head, BadRecord):
            yield f"{shown}: {head.detail}"
        elif layout is None:
            yield f"{head.path}: {'empty' if not head.content else 'no format that is known'}"
        else:
            yield Seen(_outer(head.path), head.packing, layout, head.content)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
        return content + file.read(MAX_ARCHIVE_BYTES - len(content)) if is_archive(content) else content


def _outer(path: str) -> str:
    """The path of the file on disk: an archive is read as a whole."""
    return path.partition("!/")[0]


def _shown(path: Path, data: Path) -> str:
    """A path as `read.path` has it: relative to the data folder if it is below it."""
    absolute, root = path.absolute(), data.absolute()
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()


def report(
    found: Sequence[Guess],
    places: Sequence[Path],
    looked: Looked,
    left: Sequence[str],
    conf: Path,
    pipeline: Pipeline,
) -> Iterator[str]:
    """What was found, in lines of at most `WIDTH` columns but for the commands, which are to be pasted whole."""
    for guess, place in zip(found, places, strict=True):
        yield from map(_fitted, _about(guess))
        yield _fitted(f"written: {place} ({counted(guess.draft.todo_count, 'TODO')})")
        yield ""
    for path in [*looked.left, *(f"{one}: no source of its own" for one in left)]:
        yield _fitted(f"left out: {path}")
    if looked.unseen:
        yield _fitted(f"{counted(len(looked.unseen), 'file')} more of the same names: not looked at")
    yield "Next: answer every TODO, then"
    sources = shlex.quote(f"sources=[{', '.join(map(str, places))}]")
    yield f"  taskmill check --conf {shlex.quote(_near(conf))} \\"
    yield f"    --set data={shlex.quote(pipeline.data)} \\"
    yield f"    --set {sources}"


def _near(path: Path) -> str:
    """A path as it is written from the working folder, if it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _about(guess: Guess) -> Iterator[str]:
    draft = guess.draft
    faults = f", {guess.faults:,} that could not be read" if guess.faults else ""
    yield f"{draft.name}: {counted(len(guess.paths), 'file')}, {counted(guess.row_count, 'row')} looked at{faults}"
    options = ", ".join(f"{key}={value!r}" for key, value in draft.read.options.items())
    yield f"  reader    {draft.read.format or 'none'}{f' ({options})' if options else ''}"
    yield f"  language  {', '.join(draft.languages) or draft.language_todo}"
    yield f"  split     {draft.split}{' (a guess)' if draft.split_todo else ''}"
    for column in guess.columns:
        yield f"  column    {column.name}: {description(column)}"
    for task in draft.tasks:
        yield f"  task      {task.task_type}"
    for candidate in guess.candidates:
        chosen = candidate.asked.name in {task.task_type for task in draft.tasks}
        why = "; ".join(candidate.reasons)
        yield f"  {'because' if chosen else 'or':9} {candidate.asked.name} {candidate.score:.2f}: {why}"
    if not draft.tasks:
        yield "  task      none is clear"


def _fitted(line: str) -> str:
    """A line cut to `WIDTH` columns of a terminal, in which some characters take two."""
    clean = "".join(mark if mark.isprintable() else " " for mark in line)
    return clean if cell_len(clean) <= WIDTH else set_cell_size(clean, WIDTH - 1).rstrip() + "…"
