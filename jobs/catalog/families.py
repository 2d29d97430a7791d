"""Families: one file in conf/sources for many like datasets, a source for each name that its files give."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.files import local_files
from taskmill.jobs.catalog.source_checks import is_local, place_of
from taskmill.jobs.errors import ConfigError

if TYPE_CHECKING:
    from taskmill.jobs.configuration.config import Source
    from taskmill.jobs.configuration.pipeline import Pipeline

SHOWN = 3  # files that a message names


def members(pipeline: Pipeline, source: Source) -> Iterator[Source]:
    """The sources of a family, sorted; a source that is none stands for itself.

    `each` is searched in the path of every file; its group, in lower case and with `_` for what no name may hold, is
    put behind the family's name. Files that give the same name are one source.

    Raises:
        ConfigError: if the family is not on local disks, or for files in which `each` finds nothing.
    """
    if source.each is None:
        yield source
        return
    files: defaultdict[str, list[str]] = defaultdict(list)
    lost = []
    for path in _files(pipeline, source):
        found = re.search(source.each, path)
        name = re.sub(r"[^a-z0-9]+", "_", found[1].lower()).strip("_") if found and found[1] else ""
        if name:
            files[f"{source.source}_{name}"].append(path)
        else:
            lost.append(path)
    if lost:
        raise ConfigError(
            f"each: {source.each!r} finds no name in {len(lost):,} of the files, such as {', '.join(lost[:SHOWN])}"
        )
    for name, paths in sorted(files.items()):
        read = source.read.model_copy(update={"path": tuple(sorted(paths))})
        yield source.model_copy(update={"source": name, "read": read})


def _files(pipeline: Pipeline, source: Source) -> list[str]:
    places = [place_of(pipeline, path) for path in source.read.paths]
    remote = [place for place in places if not is_local(place)]
    if remote:
        raise ConfigError(
            f"each: {remote[0]!r} is not on a local disk, and the names of a family's files are needed before Spark "
            "starts; write a source for each, or mount the folder"
        )
    return sorted({path for place in places for path in local_files(place)})
