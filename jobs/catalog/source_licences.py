"""What each source's data may be used under: its own licence and those of everything it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskmill.jobs.catalog.catalog import Catalog
from taskmill.jobs.catalog.cluster_rules import normal_name
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.configuration.mistakes import close_to
from taskmill.jobs.configuration.settings import Licences
from taskmill.udfs.licences import NONE, UNKNOWN, Rules, is_known, known_ids, obligations, refusal, unknown_names


@dataclass(frozen=True)
class SourceTerms:
    """The licences a source's data stand under.

    Attributes:
        licences: name of a source -> its licence: the source's own first, then those of its parents and theirs.
        unstated: declared parents that no source of the catalogue is called: nobody says under what they are.
    """

    licences: Mapping[str, str]
    unstated: tuple[str, ...] = ()

    @property
    def obligations(self) -> frozenset[str]:
        """Everything that one of the licences obliges to."""
        found = frozenset[str]().union(*(obligations(text) for text in self.licences.values()))
        found |= {UNKNOWN} if self.unstated else set()
        return found - {NONE} or found

    def refusal(self, rules: Rules) -> str | None:
        """Why the data may not be published under the rules; None where they may."""
        for source, (name, licence) in enumerate(self.licences.items()):
            reason = refusal(licence, rules)
            if reason is not None:
                return f"licence {reason}" if source == 0 else f"licence of its parent {name!r}: {reason}"
        if self.unstated and not rules.unknown_is_allowed:
            return (
                f"its parent {self.unstated[0]!r} has no source file, so its licence is unknown, and unknown is 'deny'"
            )
        return None


def source_terms(catalog: Catalog) -> dict[str, SourceTerms]:
    """The terms of every source. A parent is meant by its name or an alias, whatever the spelling."""
    called = {
        normal_name(name): source
        for source in catalog.sources.values()
        for name in (*source.aliases, source.source)  # names last: a name is stronger than an alias
    }
    return {name: _terms(source, called) for name, source in catalog.sources.items()}


def _terms(source: Source, called: Mapping[str, Source]) -> SourceTerms:
    licences, unstated, waiting = dict[str, str](), list[str](), [source]
    while waiting:
        one = waiting.pop(0)
        if one.source in licences:  # parents may be parents of each other
            continue
        licences[one.source] = one.licence
        for parent in one.parents:
            if normal_name(parent) in called:
                waiting.append(called[normal_name(parent)])
            elif parent not in unstated:
                unstated.append(parent)
    return SourceTerms(licences, tuple(unstated))


def refused_sources(catalog: Catalog, settings: Licences) -> dict[str, str]:
    """The sources that may not be published, each with the reason."""
    found = {name: terms.refusal(settings.rules) for name, terms in source_terms(catalog).items()}
    return {name: reason for name, reason in found.items() if reason is not None}


def licence_notices(catalog: Catalog, settings: Licences) -> Iterator[str]:
    """What `check` tells of licences: names that are no SPDX ids, and sources that the rules keep out."""
    told = set()
    for name, source in catalog.sources.items():
        document = catalog.documents.get(f"Source {name}")
        for unknown in unknown_names(source.licence):
            near = close_to(unknown, known_ids())
            where = document.where(("licence",)) if document is not None else name
            notice = f"{where}: licence: {unknown!r} is no SPDX id" + (f"; the nearest is {near!r}" if near else "")
            if notice not in told:  # one file may describe many sources
                told.add(notice)
                yield notice
    for pattern in (*settings.allow, *settings.deny):
        if not settings.is_glob(pattern) and any(not is_known(name) for name in unknown_names(pattern)):
            yield f"licences: {pattern!r} is no SPDX id; it is compared with licences letter by letter"
    for name, reason in refused_sources(catalog, settings).items():
        yield f"licences: source {name!r} will not be published: {reason}"
