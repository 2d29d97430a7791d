"""Licences: names as people write them, what they oblige to, and rules over them."""

from __future__ import annotations

from itertools import product

import pytest

from taskmill.udfs.licences import (
    OBLIGATIONS,
    Rules,
    known_ids,
    obligations,
    refusal,
    spdx_expression,
    spdx_id,
    strictest,
    unknown_names,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License", "CC-BY-NC-SA-4.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("apache 2.0", "Apache-2.0"),
        ("Apache-2", "Apache-2.0"),
        ("The MIT License", "MIT"),
        ("CC0", "CC0-1.0"),
        ("GPL v3", "GPL-3.0-only"),
        ("ODC-BY", "ODC-By-1.0"),
        ("CC BY", "CC-BY"),
        ("Apache 2.0 AND CC BY 4.0", "Apache-2.0 AND CC-BY-4.0"),
        ("(MIT OR GPL v3) AND cc0", "(MIT OR GPL-3.0-only) AND CC0-1.0"),
        ("whatever the owner says", "whatever the owner says"),
        ("see the file (section 2", "see the file (section 2"),
    ],
)
def test_names_become_spdx(written: str, expected: str) -> None:
    assert spdx_expression(written) == expected


def test_every_spdx_id_stands_for_itself() -> None:
    """What SPDX lists is never taken for another licence by the spelling."""
    assert [one for one in known_ids() if spdx_id(one) != one] == []


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0-1.0", {"none"}),
        ("MIT", {"attribution"}),
        ("CC-BY-SA-3.0", {"attribution", "share-alike"}),
        ("CC BY-NC-SA 4.0", {"attribution", "share-alike", "non-commercial"}),
        ("CC-BY-NC-ND-4.0", {"attribution", "non-commercial", "no-derivatives"}),
        ("GPL-2.0-only WITH Classpath-exception-2.0", {"attribution", "share-alike"}),
        ("CC BY-NC", {"attribution", "non-commercial"}),
        ("CC0-1.0 AND MIT", {"attribution"}),
        ("CC-BY-NC-4.0 OR MIT", {"attribution"}),
        ("research only", {"unknown"}),
        ("MIT AND research only", {"attribution", "unknown"}),
    ],
)
def test_obligations(licence: str, expected: set[str]) -> None:
    assert obligations(licence) == expected


def test_strictest_is_the_last_in_order_and_nothing_obliges_to_nothing() -> None:
    assert strictest(()) == "none"
    for one, other in product(OBLIGATIONS, repeat=2):
        assert strictest((one, other)) == OBLIGATIONS[max(OBLIGATIONS.index(one), OBLIGATIONS.index(other))]


@pytest.mark.parametrize(
    ("licence", "rules", "reason"),
    [
        ("CC BY-NC 4.0", Rules(deny=("CC-BY-NC-*",)), "denied by 'CC-BY-NC-*'"),
        ("CC-BY-4.0", Rules(deny=("CC-BY-NC-*",)), None),
        ("CC-BY-NC-4.0", Rules(deny=("cc by-nc-*",)), "denied"),
        ("MIT", Rules(allow=("MIT", "Apache-*")), None),
        ("Apache 2.0", Rules(allow=("MIT", "Apache-*")), None),
        ("GPL-3.0", Rules(allow=("GPL v3",)), None),
        ("BSD-3-Clause", Rules(allow=("MIT",)), "not among those allowed"),
        ("MIT", Rules(allow=("MIT",), deny=("MIT",)), "denied"),
        ("MIT AND CC-BY-NC-4.0", Rules(deny=("CC-BY-NC-*",)), "denied"),
        ("MIT OR CC-BY-NC-4.0", Rules(deny=("CC-BY-NC-*",)), None),
        ("CC-BY-NC-4.0 OR CC-BY-NC-SA-4.0", Rules(deny=("CC-BY-NC-*",)), "'CC-BY-NC-SA-4.0' is denied"),
        ("research only", Rules(), None),
        ("research only", Rules(unknown_is_allowed=False), "no licence that SPDX lists"),
        ("research only", Rules(allow=("research only",), unknown_is_allowed=False), None),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Rules(deny=("GPL-*",)), "denied"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Rules(allow=("GPL-2.0-only",)), None),
    ],
)
def test_rules(licence: str, rules: Rules, reason: str | None) -> None:
    found = refusal(licence, rules)
    assert found is None if reason is None else found is not None and reason in found


def test_expressions_are_permitted_as_logic_says() -> None:
    """Oracle: AND and OR over which of three licences are denied, for all eight cases."""
    names = ("MIT", "Apache-2.0", "CC0-1.0")
    for denied in product((False, True), repeat=3):
        rules = Rules(deny=tuple(name for name, is_denied in zip(names, denied, strict=True) if is_denied))
        first, second, third = (not is_denied for is_denied in denied)
        for text, expected in {
            "MIT AND Apache-2.0 OR CC0-1.0": first and second or third,
            "MIT AND (Apache-2.0 OR CC0-1.0)": first and (second or third),
        }.items():
            assert (refusal(text, rules) is None) == expected, (text, rules)


def test_unknown_names_are_told_one_by_one() -> None:
    assert unknown_names("MIT AND Apatchy-2.0") == ["Apatchy-2.0"]
    assert unknown_names("CC BY 4.0") == []
    assert unknown_names("CC BY") == ["CC-BY"]
