"""ATTRIBUTION.md and attribution.json beside exported files: whose data they hold, and under what terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pyspark.sql import functions as F

from taskmill.jobs.catalog.source_licences import SourceTerms, source_terms
from taskmill.jobs.context import Context
from taskmill.udfs.licences import (
    NONE,
    OBLIGATIONS,
    UNKNOWN,
    is_known,
    obligations,
    spdx_expression,
    strictest,
    unknown_names,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MARKDOWN, JSON = "ATTRIBUTION.md", "attribution.json"
SPDX_PAGE = "https://spdx.org/licenses/{}.html"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")  # what Markdown or HTML would read something into
ID_PATTERN = re.compile(r"[A-Za-z0-9.+-]+")
OPERATORS = ("AND", "OR", "WITH")


@dataclass(frozen=True)
class Share:
    """What one source gave to one side of an export, at one revision and licence."""

    side: str
    source: str
    revision: str
    licence: str
    languages: tuple[str, ...]
    pairs: int


def shares_of(side: str, pairs: DataFrame) -> list[Share]:
    """What each source gives to these pairs; a row for each source reaches the driver."""
    languages = F.array_sort(F.array_distinct(F.flatten(F.collect_set("languages"))))
    rows = pairs.groupBy("source", "revision", "licence").agg(
        F.count(F.lit(1)).alias("pairs"), languages.alias("languages")
    )
    found = [
        Share(side, row["source"], row["revision"], row["licence"], tuple(row["languages"]), row["pairs"])
        for row in rows.collect()
    ]
    return sorted(found, key=lambda share: (share.source, share.revision, share.licence))


def write_attribution(context: Context, shares: Sequence[Share], out: str) -> None:
    """Writes both files into the folder `out`. On other file systems than the local one each is a folder of its name
    with one text file, written by Spark, which has the credentials."""
    bundle = attribution(context, shares)
    texts = {MARKDOWN: as_markdown(bundle), JSON: json.dumps(bundle, ensure_ascii=False, indent=2) + "\n"}
    for name, text in texts.items():
        place = urlsplit(out)
        if place.scheme not in {"", "file"}:
            frame = context.spark.createDataFrame([(text.rstrip("\n"),)], "value string")
            frame.coalesce(1).write.mode("overwrite").text(f"{out.rstrip('/')}/{name}")
        else:
            folder = Path(place.path)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")


def attribution(context: Context, shares: Sequence[Share]) -> dict[str, Any]:
    """The bundle as `attribution.json` has it."""
    terms = source_terms(context.catalog)
    keys = sorted({(share.source, share.revision, share.licence) for share in shares})
    sources = [
        _source(
            context, key, [share for share in shares if (share.source, share.revision, share.licence) == key], terms
        )
        for key in keys
    ]
    found = {one for source in sources for one in source["obligations"]}
    found = found - {NONE} or found
    return {
        "strictest": strictest(found),
        "obligations": _ordered(found),
        "pairs": sum(source["pairs"] for source in sources),
        "run_id": context.run_id,
        "sources": sources,
    }


def _source(
    context: Context, key: tuple[str, str, str], shares: Sequence[Share], terms: Mapping[str, SourceTerms]
) -> dict[str, Any]:
    """One source. Its licence is what stands with its pairs; what the catalogue has on it may be newer, or gone."""
    name, revision, licence = key
    source, known = context.catalog.sources.get(name), terms.get(name, SourceTerms({name: licence}))
    licences = {**known.licences, name: licence}
    all_terms = SourceTerms(licences, known.unstated)
    return {
        "source": name,
        "homepage": source.homepage if source is not None else None,
        "revision": revision,
        "licence": spdx_expression(licence),
        "licence_as_declared": licence,
        "licence_urls": licence_urls(licence),
        "parents": [
            {"source": parent, "licence": spdx_expression(text), "licence_urls": licence_urls(text)}
            for parent, text in licences.items()
            if parent != name
        ]
        + [{"source": parent, "licence": None, "licence_urls": []} for parent in known.unstated],
        "languages": sorted({language for share in shares for language in share.languages}),
        "pairs": sum(share.pairs for share in shares),
        "pairs_by_side": {share.side: share.pairs for share in shares},
        "obligations": _ordered(all_terms.obligations),
        "own_obligations": _ordered(obligations(licence)),
        "strictest": strictest(all_terms.obligations),
    }


def licence_urls(licence: str) -> list[str]:
    """The page of every SPDX id in a licence."""
    names = [name for name in ID_PATTERN.findall(spdx_expression(licence)) if name not in OPERATORS]
    known = [name for name in names if is_known(name)] if not unknown_names(licence) or len(names) > 1 else []
    return [SPDX_PAGE.format(name) for name in dict.fromkeys(known)]


def _ordered(found: Iterable[str]) -> list[str]:
    return sorted(found, key=OBLIGATIONS.index)


def as_markdown(bundle: Mapping[str, Any]) -> str:
    """The bundle for people; texts from source files are escaped."""
    lines = [
        "# Attribution", "",
        f"Strictest terms of the whole: **{bundle['strictest']}**. Everything it obliges to: "
        f"{', '.join(bundle['obligations']) or 'nothing'}.", "",
        f"{bundle['pairs']:,} pairs of {len(bundle['sources'])} sources, exported by run {bundle['run_id']}.", "",
    ]  # fmt: skip
    if UNKNOWN in bundle["obligations"]:
        unclear = [source["source"] for source in bundle["sources"] if UNKNOWN in source["obligations"]]
        lines += [f"Terms that nobody has stated as a licence SPDX lists: {', '.join(map(escaped, unclear))}.", ""]
    lines += ["| source | pairs | licence | obliges to |", "| --- | ---: | --- | --- |"]
    for source in bundle["sources"]:
        lines.append(
            f"| {escaped(source['source'])} | {source['pairs']:,} | {escaped(source['licence'])} | "
            f"{', '.join(source['obligations'])} |"
        )
    for source in bundle["sources"]:
        lines += ["", f"## {escaped(source['source'])}", "", *_described(source)]
    return "\n".join(lines) + "\n"


def _described(source: Mapping[str, Any]) -> list[str]:
    declared = source["licence_as_declared"]
    said = "" if declared == source["licence"] else f" (declared as {escaped(declared)})"
    lines = [
        f"- homepage: {escaped(source['homepage'] or 'not stated')}",
        f"- revision: {escaped(source['revision'])}",
        f"- licence: {escaped(source['licence'])}{said}{_links(source['licence_urls'])}",
        f"- languages: {', '.join(map(escaped, source['languages'])) or 'not stated'}",
        f"- pairs: {', '.join(f'{count:,} in {side}' for side, count in source['pairs_by_side'].items())}",
        f"- obliges to: {', '.join(source['obligations'])}",
    ]
    for parent in source["parents"]:
        terms = "terms not stated" if parent["licence"] is None else escaped(parent["licence"])
        lines.append(f"- made from: {escaped(parent['source'])}: {terms}{_links(parent['licence_urls'])}")
    return lines


def _links(urls: Sequence[str]) -> str:
    return "".join(f" <{url}>" for url in urls)


def escaped(text: str) -> str:
    """A text on one line that means itself in Markdown and starts no tag."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;")
