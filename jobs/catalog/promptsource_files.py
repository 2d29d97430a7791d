"""Reads published promptsource template files as they are: `<dataset>/[<subset>/]templates.yaml`.

The two tags of the format are read as plain maps, and keys that nobody here needs are passed over, so that files of
every version and fork of promptsource can be read. Nothing in a file is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from taskmill.jobs.configuration.positions import SAFE_LOADER
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.rendering.promptsource import PublishedTemplate

FILE_NAME = "templates.yaml"
TAGS = ("!Template", "!TemplateMetadata")
DEFAULT_LANGUAGE = "en"
Entry = tuple[int, Any]  # the line of a template, and its value


class _PublishedLoader(SAFE_LOADER):  # type: ignore[misc, valid-type]  # the base is chosen when the program runs
    """The safe loader, which knows promptsource's own tags as plain maps."""


for _tag in TAGS:
    _PublishedLoader.add_constructor(_tag, lambda loader, node: loader.construct_mapping(node, deep=True))


def read_published(path: Path) -> list[PublishedTemplate]:
    """The templates of a published file, sorted by name; of two with one name the later one.

    Args:
        path: the file, or the folder that holds its `templates.yaml` directly.

    Raises:
        ConfigError: with every mistake of the file, if it is none of promptsource's.
    """
    path = file_in(path)
    root, entries = _entries(path)
    if not isinstance(root.get("templates"), dict):
        raise ConfigError(f"{path}, line 1: templates is missing; a file of promptsource has a map of templates")
    found: dict[str, PublishedTemplate] = {}
    mistakes: list[str] = []
    for line, value in entries:
        wrong = [f"{path}, line {line}: {problem}" for problem in _problems(value)]
        mistakes += wrong
        if not wrong:
            template = _published(value)
            found[template.name] = template
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return [found[name] for name in sorted(found)]


def published_name(path: Path) -> str:
    """`dataset`, or `dataset/subset`, as the file itself says.

    The folders do not tell: in `user/dataset` and in `dataset/subset` they look alike.

    Args:
        path: the file, or the folder that holds its `templates.yaml` directly.

    Raises:
        ConfigError: if the file cannot be read, or names no dataset.
    """
    path = file_in(path)
    root, _ = _entries(path)
    dataset, subset = root.get("dataset"), root.get("subset")
    if not isinstance(dataset, str) or not dataset:
        raise ConfigError(f"{path}, line 1: dataset is missing; a file of promptsource names its dataset")
    return dataset if subset is None else f"{dataset}/{subset}"


def file_in(path: Path) -> Path:
    """The file itself, or the `templates.yaml` directly in a folder."""
    return path / FILE_NAME if path.is_dir() else path


def _entries(path: Path) -> tuple[dict[Any, Any], list[Entry]]:
    """The file's root, and its templates in the order of the file, each with its line."""
    try:
        loader = _PublishedLoader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        node = loader.get_single_node()
        # One by one from the nodes: a map would keep one of two templates under one key, and no lines.
        entries = [(line, loader.construct_object(inner, deep=True)) for line, inner in _template_nodes(node)]
        root = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigError(f"{where}: not valid YAML: {problem}") from error
    finally:
        loader.dispose()
    if not isinstance(root, dict):
        raise ConfigError(f"{path}, line 1: a file of promptsource is a map with the key 'templates'")
    return root, entries


def _template_nodes(root: yaml.Node | None) -> Iterator[tuple[int, yaml.Node]]:
    """What stands under `templates`, each with the line of its key."""
    for key, node in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "templates" and isinstance(node, yaml.MappingNode):
            yield from ((inner.start_mark.line + 1, value) for inner, value in node.value)


def _problems(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"a template is a map, not {value!r:.60}"
        return
    for key in ("name", "jinja"):
        if not isinstance(value.get(key), str) or not value[key]:
            yield f"{key} is missing; every template has a name and its jinja text"
    if not isinstance(value.get("answer_choices"), str | None):
        yield f"answer_choices: a text or null, not {value['answer_choices']!r:.60}; put it in quotes"


def _published(value: dict[str, Any]) -> PublishedTemplate:
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    languages = metadata.get("languages")
    in_prompt = metadata.get("choices_in_prompt")
    return PublishedTemplate(
        name=value["name"],
        jinja=value["jinja"],
        answer_choices=value.get("answer_choices"),
        id=str(value.get("id") or ""),
        language=str(languages[0]) if isinstance(languages, list) and languages else DEFAULT_LANGUAGE,
        choices_in_prompt=in_prompt if isinstance(in_prompt, bool) else None,
    )
