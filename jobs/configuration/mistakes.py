"""Mistakes in configuration files as messages: file, line, key, what is wrong, and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from taskmill.jobs.configuration.positions import Document, KeyPath

# Said in place of the validator's words, which name Python's types.
MESSAGES = {
    "tuple_type": "write a list, as in [a, b]",
    "dict_type": "write a map of `name: value`",
    "model_type": "write a map of `name: value`",
    "mapping_type": "write a map of `name: value`",
}
AT_LEAST_ONE = {"templates": "at least one wording is needed", "fields": "at least one field is needed"}


def mistakes_in(error: ValidationError, model: type[BaseModel], document: Document) -> list[str]:
    """Every mistake that the validator found in a file, as `file, line N: key: what; how to mend`."""
    return [_mistake(model, document, dict(found)) for found in error.errors() if not _is_echo(dict(found))]


def _is_echo(found: Mapping[str, Any]) -> bool:
    """Whether a list only seems to be empty because each of its items has a mistake, told by itself."""
    return found["type"] == "too_short" and bool(found["input"])


def _mistake(model: type[BaseModel], document: Document, found: Mapping[str, Any]) -> str:
    key_path: KeyPath = tuple(found["loc"])
    shown = tuple(part for part in key_path if part in _written_keys(document))
    where = document.where(key_path if key_path in document.lines else shown)
    key = ".".join(str(part) for part in shown or key_path) or "the file"
    kind = found["type"]
    if kind == "extra_forbidden":
        return f"{where}: {key}: unknown key{nearest(str(key_path[-1]), _known_keys(model, key_path))}"
    if kind == "missing":
        return f"{where}: {'.'.join(map(str, key_path))} is missing{_wording_of(document, key_path)}"
    if kind == "too_short":
        return f"{where}: {key}: {AT_LEAST_ONE.get(key, 'it is empty; at least one is needed')}"
    message = MESSAGES.get(kind) or str(found["msg"]).removeprefix("Value error, ")
    quote_it = "; put it in quotes" if kind == "string_type" and not isinstance(found["input"], dict | list) else ""
    return f"{where}: {key}: {message} (it is {found['input']!r:.60}){quote_it}"


def _wording_of(document: Document, key_path: KeyPath) -> str:
    """` in the wording 'x'` for a key path below a list item that has a name."""
    if len(key_path) < 3 or key_path[0] != "templates" or not isinstance(key_path[1], int):
        return ""
    name = document.value["templates"][key_path[1]].get("name")
    return f" in the wording {name!r}" if isinstance(name, str) else ""


def _written_keys(document: Document) -> set[str | int]:
    return {part for key_path in document.lines for part in key_path}


def _known_keys(model: type[BaseModel], key_path: KeyPath) -> list[str]:
    """Keys allowed where an unknown one stands, found by walking the classes along the path."""
    found: Any = model
    for part in key_path[:-1]:
        field = found.model_fields.get(str(part)) if isinstance(found, type) and issubclass(found, BaseModel) else None
        annotation = field.annotation if field is not None else None
        models = list(_models_in(annotation)) if annotation is not None else []
        found = models[0] if models else found
    return [field.alias or name for name, field in found.model_fields.items()]


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def nearest(name: str, known: Iterable[str]) -> str:
    """` (known: a, b). Did you mean 'a'?`, to be put behind a message about an unknown name."""
    names = sorted(known)
    close = close_to(name, names)
    hint = f" Did you mean {close!r}?" if close else ""
    return f" (it has: {', '.join(names) or 'none'}).{hint}"


def close_to(name: str, known: Iterable[str], at_least: float = 0.6) -> str | None:
    """The known name that a misspelt one is nearest to, upper and lower case being alike; None where none is near."""
    by_lower = {one.lower(): one for one in sorted(known)}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=at_least)
    return by_lower[close[0]] if close else None
