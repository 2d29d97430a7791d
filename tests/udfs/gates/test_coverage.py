"""Gates on what files promise and data do not keep."""

from __future__ import annotations

from taskmill.udfs.gates.coverage import idle_template, outside_choices, sparse_language, unused_field
from taskmill.udfs.gates.verdicts import PASS, WARN, Limits

ONE = Limits(1)


def test_unused_field_names_what_no_template_reads() -> None:
    used = [("premise", "label"), ("label",)]
    found = unused_field(["premise", "hypothesis", "label"], used, ONE)
    assert (found.verdict, found.value, found.evidence) == (WARN, 1, "no template in use reads hypothesis")
    every = unused_field(["premise", "hypothesis", "label"], [*used, ("hypothesis",)], ONE)
    assert (every.verdict, every.evidence) == (PASS, "all 3 fields are used")


def test_idle_template_says_why() -> None:
    found = idle_template({"with_title": "needs title"}, 3, 0, ONE)
    assert (found.verdict, found.evidence) == (WARN, "no example is rendered with with_title (needs title)")
    meant = idle_template({}, 3, 2, ONE)
    assert (meant.verdict, meant.value) == (PASS, 0)
    assert meant.evidence == "1 of 3 templates are used, the others need fields that the source does not have"


def test_sparse_language_names_the_smallest_first() -> None:
    found = sparse_language({"en": 500, "sw": 9, "de": 300}, Limits(10))
    assert found is not None
    assert (found.verdict, found.value, found.evidence) == (
        WARN, 9, "examples by language: sw 9, de 300, en 500",
    )  # fmt: skip
    enough = sparse_language({"en": 500, "sw": 10}, Limits(10))
    assert enough is not None
    assert enough.verdict == PASS
    assert sparse_language({"en": 3}, Limits(10)) is None


def test_outside_choices_is_a_share_of_rows() -> None:
    found, fewer = outside_choices(2, 200, Limits(0.01)), outside_choices(1, 200, Limits(0.01))
    assert found is not None
    assert fewer is not None
    assert (found.verdict, fewer.verdict) == (WARN, PASS)
    assert found.evidence == "2 of 200 rows have a label that is none of the choices"
    assert outside_choices(0, 0, Limits(0.01)) is None
