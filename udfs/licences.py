"""Licences as SPDX expressions: names people write, what they oblige to, and whether rules permit them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from license_expression import AND, OR, ExpressionError, ExpressionParseError, Licensing, get_spdx_licensing

# From the mildest to the strictest. That nobody knows the terms is worse than any terms.
NONE, ATTRIBUTION, SHARE_ALIKE, NON_COMMERCIAL, NO_DERIVATIVES, UNKNOWN = OBLIGATIONS = (
    "none", "attribution", "share-alike", "non-commercial", "no-derivatives", "unknown",
)  # fmt: skip
# By parts of the SPDX id; what SPDX lists and no pattern finds asks for attribution at least.
NON_COMMERCIAL_IDS = re.compile(r"(^|-)NC(-|$)|^PolyForm-Noncommercial|-noncommercial", re.IGNORECASE)
NO_DERIVATIVES_IDS = re.compile(r"^CC-.*-ND(-|$)")
SHARE_ALIKE_IDS = re.compile(r"^CC-.*-SA(-|$)|^(A|L)?GPL-|^ODbL-|^CDLA-Sharing-|^GFDL-|^MPL-|^EUPL-|^OSL-|^CC-SA-")
NO_OBLIGATION_IDS = re.compile(r"^(CC0-.*|CC-PDDC|CC-PDM-.*|PDDL-.*|Unlicense|0BSD|WTFPL|MIT-0|BlueOak-.*)$")
OPERATORS = re.compile(r"(\bAND\b|\bOR\b|\bWITH\b|[()])")
NOT_OF_A_NAME = re.compile(r"[\s_/-]+")
FILLERS = re.compile(r"\b(the|licen[cs]e|version|international|unported|public domain dedication)\b")
SPELLED_OUT = (
    ("creative commons", "cc"), ("attribution", "by"), ("non commercial", "nc"), ("noncommercial", "nc"),
    ("share alike", "sa"), ("sharealike", "sa"), ("no derivatives", "nd"), ("noderivatives", "nd"),
)  # fmt: skip
ALIASES = {
    "apache": "Apache-2.0", "apache-2": "Apache-2.0", "cc0": "CC0-1.0", "cc-zero": "CC0-1.0",
    "gpl-2": "GPL-2.0-only", "gpl-3": "GPL-3.0-only", "bsd-3": "BSD-3-Clause", "bsd-2": "BSD-2-Clause",
    "odc-by": "ODC-By-1.0", "odbl": "ODbL-1.0", "pddl": "PDDL-1.0",
}  # fmt: skip
CREATIVE_COMMONS = re.compile(r"^cc-by(-nc)?(-sa|-nd)?(-\d+(\.\d+)?)?$")
GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Rules:
    """Which licences are permitted: globs over SPDX ids. `deny` is looked at first; an empty `allow` allows all that
    are known. `unknown_is_allowed` is about names that are no SPDX id and that no rule names."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    unknown_is_allowed: bool = True


def spdx_expression(text: str) -> str:
    """The licence as an SPDX expression where its names are known in some spelling; names that are not stay as they
    are."""
    parts = [part.strip() for part in OPERATORS.split(text) if part.strip()]
    names = [part if OPERATORS.fullmatch(part) else spdx_id(part) for part in parts]
    joined = " ".join(names).replace("( ", "(").replace(" )", ")")
    try:
        return str(_licensing().parse(joined).render())
    except (ExpressionError, ExpressionParseError):
        return text.strip()


def spdx_id(name: str) -> str:
    """The SPDX id that one name stands for, or the name itself: `CC BY-SA 4.0` is `CC-BY-SA-4.0`."""
    slug = _slug(name)
    found = _ids().get(slug) or ALIASES.get(slug) or _ids().get(f"{slug}.0")
    if found:
        return found
    return slug.upper() if CREATIVE_COMMONS.fullmatch(slug) else name.strip()


def unknown_names(text: str) -> list[str]:
    """The names in a licence that are no SPDX ids, in their order."""
    tree = _tree(text)
    if tree is None:
        return [text.strip()]
    return [name for name in _names(tree) if not is_known(name)]


def is_known(name: str) -> bool:
    """Whether every part of a name (`GPL-2.0-only WITH Classpath-exception-2.0` has two) is an SPDX id."""
    return all(_slug(part) in _ids() for part in name.split(" WITH "))


def known_ids() -> list[str]:
    """Every SPDX id, sorted."""
    return sorted(set(_ids().values()))


def obligations(text: str) -> frozenset[str]:
    """Everything a licence obliges to; of alternatives the mildest. `none` and `unknown` stand alone or not at all."""
    tree = _tree(text)
    return frozenset({UNKNOWN}) if tree is None else _obligations(tree)


def strictest(found: Iterable[str]) -> str:
    """The strictest of some obligations; `none` where there are none."""
    return max(found, key=OBLIGATIONS.index, default=NONE)


def refusal(text: str, rules: Rules) -> str | None:
    """Why the rules do not permit a licence; None where they do. All parts of `AND` have to be permitted, one of
    `OR`."""
    tree = _tree(text)
    return _refused_name(text.strip(), rules) if tree is None else _refused(tree, rules)


def _refused(tree: Any, rules: Rules) -> str | None:
    if not isinstance(tree, AND | OR):
        return _refused_name(str(tree.render()), rules)
    reasons = [_refused(part, rules) for part in tree.args]
    given = [reason for reason in reasons if reason is not None]
    if isinstance(tree, OR):
        return "; ".join(given) if len(given) == len(reasons) else None
    return given[0] if given else None


def _refused_name(name: str, rules: Rules) -> str | None:
    denied = _first_match(name, rules.deny)
    if denied is not None:
        return f"{name!r} is denied by {denied!r}"
    if _first_match(name, rules.allow) is not None:
        return None
    if not is_known(name):
        return None if rules.unknown_is_allowed else f"{name!r} is no licence that SPDX lists, and unknown is 'deny'"
    return f"{name!r} is not among those allowed" if rules.allow else None


def _first_match(name: str, patterns: Sequence[str]) -> str | None:
    """The first pattern a name matches, by itself or by its part before WITH."""
    names = {name.lower(), name.split(" WITH ")[0].lower()}
    for pattern in patterns:
        wanted = NOT_OF_A_NAME.sub("-", pattern.strip()) if GLOB.search(pattern) else spdx_expression(pattern)
        if any(fnmatchcase(one, wanted.lower()) for one in names):
            return pattern
    return None


def _obligations(tree: Any) -> frozenset[str]:
    if isinstance(tree, OR):
        return min((_obligations(part) for part in tree.args), key=lambda found: OBLIGATIONS.index(strictest(found)))
    if isinstance(tree, AND):
        found = frozenset[str]().union(*(_obligations(part) for part in tree.args))
        return found - {NONE} or frozenset({NONE})
    return _of_name(str(tree.render()).split(" WITH ")[0])


def _of_name(name: str) -> frozenset[str]:
    if not is_known(name) and not CREATIVE_COMMONS.fullmatch(_slug(name)):
        return frozenset({UNKNOWN})
    if NO_OBLIGATION_IDS.match(name):
        return frozenset({NONE})
    kinds = {
        NON_COMMERCIAL: NON_COMMERCIAL_IDS, NO_DERIVATIVES: NO_DERIVATIVES_IDS, SHARE_ALIKE: SHARE_ALIKE_IDS,
    }  # fmt: skip
    return frozenset({ATTRIBUTION, *(kind for kind, pattern in kinds.items() if pattern.search(name))})


def _names(tree: Any) -> list[str]:
    if isinstance(tree, AND | OR):
        return [name for part in tree.args for name in _names(part)]
    return [str(tree.render())]


def _tree(text: str) -> Any:
    """The expression as a tree; None for what is no expression."""
    try:
        return _licensing().parse(spdx_expression(text))
    except (ExpressionError, ExpressionParseError):
        return None


def _slug(name: str) -> str:
    plain = NOT_OF_A_NAME.sub(" ", name.lower()).replace(",", " ")
    for long, short in SPELLED_OUT:
        plain = plain.replace(long, short)
    plain = re.sub(r"\bv\.?\s*(?=\d)", "", FILLERS.sub(" ", plain))
    return "-".join(plain.split())


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


@cache
def _ids() -> dict[str, str]:
    """SPDX ids by their slugs. The library also knows names of its own, which are of no list."""
    return {_slug(key): key for key in _licensing().known_symbols if not key.startswith("LicenseRef-")}
