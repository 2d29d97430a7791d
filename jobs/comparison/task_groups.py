"""Measures of what is asked and answered: instructions, structure, labels, quality, and what both sets have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from taskmill.jobs.comparison.rows import LESS, MORE, OTHER, OURS, Group, Measure, Row, percent
from taskmill.jobs.comparison.sides import Side, Sides
from taskmill.jobs.comparison.text_groups import row
from taskmill.udfs.measures import labels, structure
from taskmill.udfs.measures.alike import equal_in_other, in_other
from taskmill.udfs.measures.instructions import Request
from taskmill.udfs.measures.jackknife import Estimate, mean
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.near_duplicates.arrays import Mask
from taskmill.udfs.pair_checks.checks import names_choice

MOST_NAMED = 5
Found = list[tuple[int, Request]]
Of = Callable[[Kinds], Estimate | None]


def instruction_group(sides: Sides) -> Group:
    """What English prompts ask for, over equally many prompts of which that is known."""
    both = [_requests(side) for side in (sides.ours, sides.other)]
    size = min(map(len, both))

    def of(key: str, name: str, says: str, what: Callable[[Request], object], value: Of) -> Row:
        kinds = [_kinds(found[:size], side, what) for found, side in zip(both, (sides.ours, sides.other), strict=True)]
        return Row(Measure(key, name, better=MORE, says=says), value(kinds[0]), value(kinds[1]))

    rows = [
        of("requests_different", "different verb-object pairs", "asks for more different things", tuple, Kinds.number),
        of("requests_effective", "effective verb-object pairs", "asks for a wider variety of things", tuple,
           Kinds.effective),
        of("verbs_different", "different verbs and question words", "uses more different verbs",
           lambda one: one.verb, Kinds.number),
        Row(Measure("requests_found", "English prompts with verb and object", "share"),
            _found_share(sides.ours), _found_share(sides.other)),
    ]  # fmt: skip
    names = [_most(found) for found in both]
    text = (
        f"In {size:,} English prompts of each set whose verb and object a heuristic over lists of words finds (a "
        "question counts with its question word). Effective: as many equally frequent ones are as varied. Most often "
        f"ours: {names[0]}. Theirs: {names[1]}."
    )
    return Group("instructions", "Variety of instructions", text, rows)


def _kinds(found: Found, side: Side, what: Callable[[Request], object]) -> Kinds:
    return Kinds.of_pairs([what(one) for _, one in found], side.groups[[place for place, _ in found]])


def _requests(side: Side) -> Found:
    return [(place, found) for place, found in side.english_requests if found is not None and found.object is not None]


def _found_share(side: Side) -> Estimate | None:
    found = side.english_requests
    rows = [place for place, _ in found]
    has = np.array([one is not None and one.object is not None for _, one in found], bool)
    return mean(has, side.groups[rows]) if rows else None


def _most(found: Found) -> str:
    counts = Counter(f"{one.verb} {one.object}" for _, one in found)
    return (
        ", ".join(f"{name} {percent(count / len(found))}" for name, count in counts.most_common(MOST_NAMED)) or "none"
    )


def structure_group(sides: Sides) -> Group:
    """What responses and prompts look like."""

    def share(key: str, name: str, of: Callable[[Side], Mask], says: str = "") -> Row:
        measure = Measure(key, name, "share", MORE if says else "", says)
        return row(sides, measure, lambda side: mean(of(side), side.groups))

    def responses(kind: str, told: str) -> Row:
        return share(
            f"response_{kind}", f"responses with {told}", lambda side: structure.having(kind, side.sample.responses)
        )

    several = "has more conversations of several turns"
    rows = [
        row(sides, Measure("response_forms", "effective kinds of response", better=MORE,
                           says="has more kinds of response"),
            lambda side: Kinds.of_pairs(side.response_forms, side.groups).effective()),
        share("multi_turn", "pairs of longer conversations", lambda side: side.sample.exchanges > 1, several),
        share("system_prompt", "pairs with a system prompt", lambda side: side.sample.has_system),
        share("prompt_options", "prompts that list options", _lists_options),
        responses("list", "a list"),
        responses("code", "code"),
        responses("table", "a table"),
        share("response_json", "responses that are JSON", lambda side: structure.are_json(side.responses)),
    ]  # fmt: skip
    names = [_forms(side) for side in (sides.ours, sides.other)]
    return Group("structure", "Structure", f"Kinds of response of ours: {names[0]}. Of theirs: {names[1]}.", rows)


def _lists_options(side: Side) -> Mask:
    return np.array([bool(one) for one in side.options], bool)


def _forms(side: Side) -> str:
    counts = Counter(side.response_forms)
    return ", ".join(f"{name} {percent(count / len(side))}" for name, count in counts.most_common())


def label_group(sides: Sides) -> Group:
    """How certain answers are."""
    unknown = {OURS: "unknown", OTHER: "unknown"}
    closed, less = "has more answers that can be checked", "contradicts itself less"
    rows = [
        row(sides, Measure("closed_answers", "answers of a closed set", "share", MORE, closed),
            lambda side: labels.closed_share(side.responses, side.response_keys, side.groups), equal=True),
        row(sides, Measure("label_evenness", "evenness of these"),
            lambda side: labels.label_evenness(side.responses, side.response_keys, side.groups), equal=True),
        row(sides, Measure("conflicts", "short answers whose prompt has another", "share", LESS, less),
            lambda side: mean(labels.in_conflict(side.prompt_keys, side.response_keys, side.responses), side.groups)),
        row(sides, Measure("offered", "of listed options, answer is one", "share"), _offered),
        Row(Measure("known_choices", "choices known from the template", "share"),
            _known(sides.ours), _known(sides.other), unknown),
        Row(Measure("names_choice", "of these, answer names a choice", "share"),
            _names(sides.ours), _names(sides.other), unknown),
    ]  # fmt: skip
    text = (
        "A closed set: short answers that five pairs or more share. Evenness: their entropy over its maximum. Options "
        "are found where a prompt lists them with letters, numbers or dashes; a list of steps looks the same."
    )
    return Group("labels", "Certainty of labels", text, rows)


def _offered(side: Side) -> Estimate | None:
    offered = [(place, options) for place, options in enumerate(side.options) if options]
    rows = [place for place, _ in offered]
    right = [structure.is_offered(side.responses[place], options) for place, options in offered]
    return mean(np.array(right, bool), side.groups[rows]) if rows else None


def _known(side: Side) -> Estimate | None:
    known = np.array([bool(one) for one in side.sample.choices], bool)
    return mean(known, side.groups) if known.any() else None


def _names(side: Side) -> Estimate | None:
    known = [(place, choices) for place, choices in enumerate(side.sample.choices) if choices]
    rows = [place for place, _ in known]
    named = [names_choice(side.responses[place], choices) for place, choices in known]
    return mean(np.array(named, bool), side.groups[rows]) if rows else None


def quality_group(sides: Sides) -> Group:
    """What the checks of pairs find that need no template."""
    visible = "has fewer pairs with a visible fault"
    rows = [
        row(sides, Measure("quality", "quality, mean", better=MORE, says="has a higher quality score"),
            lambda side: mean(side.faults.quality, side.groups)),
        row(sides, Measure("faulty", "pairs with a warning", "share", LESS, visible),
            lambda side: mean(side.faults.quality < 1, side.groups)),
        Row(Measure("stored_quality", "quality as stored, all checks"), _stored(sides.ours), _stored(sides.other),
            {OURS: "not stored", OTHER: "not stored"}),
    ]  # fmt: skip
    names = [_warnings(side) for side in (sides.ours, sides.other)]
    text = (
        "1 - penalty over what is found, multiplied; the checks that need no template, on both sets alike. Ours have "
        "been through these checks: what is an error is gone; marks of the templates themselves count here. Ours: "
        f"{names[0]}. Theirs: {names[1]}."
    )
    return Group("quality", "Quality", text, rows)


def _stored(side: Side) -> Estimate | None:
    if not len(side) or any(one is None for one in side.sample.quality):
        return None
    return mean(np.array(side.sample.quality, np.float64), side.groups)


def _warnings(side: Side) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in side.faults.warnings.items()) or "no warnings"


def overlap_group(sides: Sides) -> Group:
    """What of each set the other has: as far down as both samples reach, so that what is equal is in both."""
    limit = min(sides.ours.sample.limit, sides.other.sample.limit)
    ours, other = (_cut(side, limit) for side in (sides.ours, sides.other))

    def of(key: str, name: str, masks: tuple[Mask, Mask], kept: tuple[Mask, Mask] | None = None) -> Row:
        estimates = [
            mean(mask, side.groups) if keep is None else mean(mask[keep], side.groups[keep]) if keep.any() else None
            for mask, side, keep in zip(masks, (ours, other), kept or (None, None), strict=True)
        ]
        return Row(Measure(key, name, "share"), estimates[0], estimates[1])

    long_ones = tuple(_is_long(side) for side in (ours, other))
    pairs = tuple(set(zip(side.prompt_keys, side.response_keys, strict=True)) for side in (ours, other))
    in_both = pairs[0] & pairs[1]
    same = tuple(
        np.array([one in in_both for one in zip(side.prompt_keys, side.response_keys, strict=True)], bool)
        for side in (ours, other)
    )
    rows = [
        of("overlap_pairs", "pairs that the other has", (same[0], same[1])),
        of("overlap_prompts", "prompts that the other has", equal_in_other(ours.prompt_texts, other.prompt_texts)),
        of("overlap_prompts_near", "prompts that the other has, nearly",
           in_other(ours.prompt_texts, other.prompt_texts)),
        of("overlap_responses_near", "longer responses the other has, nearly",
           in_other(ours.response_texts, other.response_texts), (long_ones[0], long_ones[1])),
    ]  # fmt: skip
    whole = ours.sample.is_whole and other.sample.is_whole
    text = f"Among {len(ours):,} pairs of ours and {len(other):,} of theirs" + (
        ", which is all there are."
        if whole
        else ", those with the lowest hashes of prompts in both sets: equal prompts are in both samples or in neither, "
        "but of prompts that are only nearly the same, and of responses, the whole sets have more in common."
    )
    return Group("overlap", "Content in common", text, rows)


def _cut(side: Side, limit: str) -> Side:
    found = side.sample.up_to(limit)
    return side if len(found) == len(side) else Side(found)


def _is_long(side: Side) -> Mask:
    found = np.zeros(len(side), bool)
    found[np.isin(side.response_texts.codes, side.response_texts.codes[side.response_texts.rows])] = True
    return found
