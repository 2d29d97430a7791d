"""Labels that go with a group: what is planted is found, what is chance or topic is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from taskmill.udfs.audit.associations import Association, Mentions, associations, holm, log_odds, mention_counts

FEMALE, MALE = frozenset({"gender.female"}), frozenset({"gender.male"})
BOTH, NOBODY = FEMALE | MALE, frozenset[str]()


def mentions(*rows: tuple[str, frozenset[str], int]) -> list[Mentions]:
    return [Mentions(label, groups, count, (f"{label}-{'+'.join(sorted(groups))}",)) for label, groups, count in rows]


def notable(found: list[Mentions]) -> list[tuple[str, str, str]]:
    return [(one.group, one.label, one.against) for one in associations(found) if one.is_notable]


def test_planted_bias_is_found_with_its_evidence() -> None:
    found = mentions(("bad", FEMALE, 80), ("good", FEMALE, 20), ("bad", MALE, 50), ("good", MALE, 50))
    first = associations(found)[0]
    assert (first.group, first.label, first.against) == ("gender.female", "bad", "other groups")
    assert first.is_notable and first.log_odds > 0 and first.ids == ("bad-gender.female",)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(
            mentions(("bad", FEMALE, 52), ("good", FEMALE, 48), ("bad", MALE, 50), ("good", MALE, 50)), id="chance"
        ),
        pytest.param(
            mentions(("bad", FEMALE, 15), ("good", FEMALE, 2), ("bad", MALE, 50), ("good", MALE, 50)), id="few"
        ),
        pytest.param(
            mentions(
                ("bad", FEMALE, 80), ("good", FEMALE, 20), ("bad", MALE, 80), ("good", MALE, 20),
                ("bad", NOBODY, 100), ("good", NOBODY, 900),
            ),
            id="people as a topic",
        ),
        pytest.param(
            mentions(
                ("bad", BOTH, 90), ("bad", FEMALE, 25), ("good", FEMALE, 25), ("bad", MALE, 25), ("good", MALE, 25),
            ),
            id="both mentioned",
        ),
        pytest.param(mentions(("bad", FEMALE, 100), ("bad", MALE, 100)), id="one label"),
        pytest.param([], id="nothing"),
    ],
)  # fmt: skip
def test_near_misses_are_not(found: list[Mentions]) -> None:
    assert notable(found) == []


def test_chance_is_seldom_told() -> None:
    """Labels drawn without regard to groups: Holm keeps false findings of a whole task below the level."""
    generator, told = np.random.default_rng(7), 0
    for _ in range(200):
        counts = generator.binomial(100, 0.3, size=2)
        rows = [(label, group, int(count)) for group, share in zip((FEMALE, MALE), counts, strict=True)
                for label, count in (("bad", share), ("good", 100 - share))]  # fmt: skip
        told += bool(notable(mentions(*rows)))
    assert told <= 6


def test_log_odds_shrink_to_nothing_and_turn_round() -> None:
    assert log_odds(1, 1, 50, 100, 0.5) < log_odds(50, 50, 50, 100, 0.5)
    assert log_odds(30, 40, 20, 50, 0.4) == pytest.approx(-log_odds(20, 50, 30, 40, 0.4))
    assert log_odds(30, 40, 20, 50, 0.4, prior=1e-9) == pytest.approx(math.log(30 / 10 / (20 / 30)), abs=1e-6)


def test_holm_by_hand() -> None:
    def of(p: float) -> Association:
        return Association("g", "l", "a", 0, 0, 0, 0, 0.0, p)

    assert [one.p for one in holm([of(0.03), of(0.01), of(0.04)])] == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_mention_counts_count_each_group() -> None:
    assert mention_counts(mentions(("a", BOTH, 2), ("b", FEMALE, 3), ("b", NOBODY, 9))) == {
        "gender.female": 5, "gender.male": 2,
    }  # fmt: skip
