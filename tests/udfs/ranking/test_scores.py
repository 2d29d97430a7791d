"""Scores of wordings: what each part takes, and from whom."""

from __future__ import annotations

from collections import Counter

import pytest

from taskmill.udfs.ranking.counts import Counts, together
from taskmill.udfs.ranking.reasons import reasons
from taskmill.udfs.ranking.scores import PARTS, Score, Wording, product, scores
from taskmill.udfs.ranking.texts import Contract, seen_in
from taskmill.udfs.rendering.plans import Template

CONTRACT = Contract(needed=("passage", "question"), telling=("answer",), structured=("tags",))
TEXTS = {
    "plain": "Read this and answer. {{ passage }} {{ question }}",
    "quiz": "The quiz master asks: {{ question }} All that you know is {{ passage }}",
    "robot": "You explain the world to a robot, which has found {{ passage }} and wonders: {{ question }}",
    "letter": "A reader's letter to the paper: {{ question }} The paper had written: {{ passage }}",
}


def wordings(texts: dict[str, str], **settings: str | bool) -> list[Wording]:
    return [
        Wording(name, name, template.language, template.inverts, place, seen_in(template, CONTRACT))
        for place, (name, text) in enumerate(texts.items())
        for template in [Template(name, text, "{{ answer }}", **settings)]  # type: ignore[arg-type]
    ]


def counts(pairs: int = 40, **known: Counts) -> dict[tuple[str, str], Counts]:
    return {(name, "task"): known.get(name) or Counts(pairs=pairs) for name in [*TEXTS, *(set(known) - set(TEXTS))]}


def by_name(found: list[Score]) -> dict[str, Score]:
    return {one.wording.name: one for one in found}


def test_a_score_is_the_product_of_its_parts() -> None:
    for one in scores(wordings(TEXTS), CONTRACT, counts()):
        assert set(one.parts) == set(PARTS)
        assert one.score == pytest.approx(product(one.parts))
        assert one.score is not None
        assert 0.9 < one.score <= 1.0
    assert product({"accepted": 0.5, "review": None, "advice": 0.25}) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("known", "part", "said"),
    [
        pytest.param(Counts(20, Counter(undefined_value=19, none_value=1)), "accepted",
                     "20 of 40 refused (undefined_value)", id="refused"),
        pytest.param(Counts(40, lost=8.0, warned=Counter(markup=40)), "quality", "markup in 40 of 40 pairs",
                     id="warned"),
        pytest.param(Counts(40, lost=10.0, warned=Counter(answer_in_prompt=20)), "unspoiled",
                     "the answer stands in 20 of 40 prompts", id="leaks"),
        pytest.param(Counts(40, judged=4, wrong=3), "review", "people rejected or fixed 3 of 4 pairs", id="review"),
        pytest.param(Counts(40, advised=4, advised_against=4), "advice", "models advise against 4 of 4 pairs",
                     id="advice"),
        pytest.param(Counts(40, is_out=True), "review", "rejected in review", id="out"),
    ],
)  # fmt: skip
def test_what_pairs_tell_pulls_down(known: Counts, part: str, said: str) -> None:
    found = scores(wordings(TEXTS), CONTRACT, counts(plain=known))
    assert found[-1].wording.name == "plain"
    value = found[-1].parts[part]
    assert value is not None
    assert value < 0.9
    assert reasons(found[-1])[0] == said


def test_a_leak_weighs_more_than_any_other_warning() -> None:
    """It counts in quality and by itself."""
    markup = Counts(40, lost=20.0, warned=Counter(refusal=40))
    leak = Counts(40, lost=20.0, warned=Counter(answer_in_prompt=40))
    found = by_name(scores(wordings(TEXTS), CONTRACT, counts(plain=markup, quiz=leak)))
    assert found["plain"].score is not None
    assert found["quiz"].score is not None
    assert found["quiz"].score < found["plain"].score / 2


def test_nothing_buys_off_what_is_terrible() -> None:
    terrible = Counts(1, Counter(undefined_value=399))
    poor = Counts(36, Counter(undefined_value=4), lost=4.0, warned=Counter(markup=20))
    found = scores(wordings(TEXTS), CONTRACT, counts(plain=terrible, quiz=poor))
    assert [one.wording.name for one in found[-2:]] == ["quiz", "plain"]
    assert found[-1].score is not None
    assert found[-1].score < 0.1


def test_a_wording_whose_pairs_are_all_refused_has_a_score() -> None:
    found = by_name(scores(wordings(TEXTS), CONTRACT, counts(plain=Counts(0, Counter(undefined_value=40)))))
    assert found["plain"].score == pytest.approx(5 / 45, abs=0.02)


@pytest.mark.parametrize(
    ("known", "is_used", "why"),
    [
        pytest.param(Counts(), True, "no example was rendered with it", id="not drawn"),
        pytest.param(Counts(), False, "no task uses it", id="not used"),
        pytest.param(Counts(rejected=3), True, "rejected in review", id="rejected"),
        pytest.param(Counts(repeated=3), True, "all its pairs repeat others", id="repeated"),
    ],
)
def test_a_wording_without_pairs_has_no_score_and_comes_last(known: Counts, is_used: bool, why: str) -> None:
    one = wordings(TEXTS)
    one[0] = Wording(**{**one[0].__dict__, "is_used": is_used})
    found = scores(one, CONTRACT, counts(plain=known))
    assert (found[-1].wording.name, found[-1].score) == ("plain", None)
    assert reasons(found[-1]) == (why,)
    assert all(score.score is not None for score in found[:-1])


def test_no_pairs_at_all() -> None:
    assert [one.score for one in scores(wordings(TEXTS), CONTRACT, {})] == [None] * len(TEXTS)


def test_a_field_that_all_siblings_read_is_missed() -> None:
    blind = {**TEXTS, "blind": "What would you say if somebody asked you this out of the blue: {{ question }}"}
    found = scores(wordings(blind), CONTRACT, counts(blind=Counts(40)))
    assert found[-1].wording.name == "blind"
    assert reasons(found[-1]) == ("does not read passage, as all its siblings do",)


@pytest.mark.parametrize(
    ("text", "inverts"),
    [
        pytest.param("Write a question about this text: {{ passage }}", True, id="asks for the field"),
        pytest.param(
            "Tag these words, one after the other: {{ tags }} for {{ question }}", False, id="has it elsewhere"
        ),
    ],
)
def test_a_field_is_not_missed_by(text: str, inverts: bool) -> None:
    one = wordings(TEXTS)
    extra = wordings({"other": text}, inverts=inverts)[0]
    found = by_name(scores([*one, extra], CONTRACT, counts(other=Counts(40))))
    assert found["other"].parts["complete"] == 1.0


def test_a_field_that_is_asked_for_is_not_missed() -> None:
    template = Template("both", "Ask something about this, and answer it: {{ passage }}", "{{ question }} {{ answer }}")
    both = Wording("both", "both", "en", False, 9, seen_in(template, CONTRACT))
    found = by_name(scores([*wordings(TEXTS), both], CONTRACT, counts(both=Counts(40))))
    assert found["both"].parts["complete"] == 1.0


def test_a_field_that_some_siblings_leave_out_is_missed_by_none() -> None:
    closed = {f"closed_{number}": f"Answer from memory, number {number}: {{{{ question }}}}" for number in range(2)}
    found = scores(wordings({**TEXTS, **closed}), CONTRACT, counts(closed_0=Counts(40), closed_1=Counts(40)))
    assert {one.parts["complete"] for one in found} == {1.0}


def test_of_two_alike_the_first_keeps_its_rank_unless_it_is_worse() -> None:
    copied = {**TEXTS, "copy": TEXTS["robot"].replace("wonders", "wonders now")}
    found = scores(wordings(copied), CONTRACT, counts(copy=Counts(40)))
    assert found[-1].wording.name == "copy"
    assert by_name(found)["robot"].likeness < 0.5
    assert reasons(found[-1])[0].endswith("% like robot")
    worse = scores(wordings(copied), CONTRACT, counts(copy=Counts(40), robot=Counts(20, Counter(none_value=20))))
    assert worse[-1].wording.name == "robot"
    assert by_name(worse)["copy"].likeness < 0.5


def test_other_languages_are_no_siblings_for_likeness_and_length() -> None:
    german = wordings({"de_one": TEXTS["plain"]}, language="de")
    found = by_name(scores([*wordings(TEXTS), *german], CONTRACT, counts(de_one=Counts(40))))
    assert (found["de_one"].likeness, found["de_one"].siblings_chars) == (0.0, None)


@pytest.mark.parametrize(
    ("own", "low"),
    [
        pytest.param("word " * 20, False, id="as long as others"),
        pytest.param("word " * 100, True, id="many times as long"),
        pytest.param("", True, id="no word"),
    ],
)
def test_length_is_compared_with_siblings(own: str, low: bool) -> None:
    text = f"{own}{{{{ passage }}}} {{{{ question }}}}"
    found = by_name(scores(wordings({**TEXTS, "own": text}), CONTRACT, counts(own=Counts(40))))
    assert (found["own"].parts["length"] < 1.0) is low  # type: ignore[operator]


def test_wordings_nobody_judged_are_taken_for_what_their_siblings_are() -> None:
    """Else the first review of a task type would put what was reviewed below what was not."""
    judged = counts(plain=Counts(40, judged=20, wrong=4), quiz=Counts(40, judged=20, wrong=4))
    found = by_name(scores(wordings(TEXTS), CONTRACT, judged))
    assert found["robot"].parts["review"] == pytest.approx(0.8, abs=0.05)
    assert found["plain"].parts["review"] == pytest.approx(found["robot"].parts["review"], abs=0.02)
    assert {one.parts["advice"] for one in found.values()} == {None}


def test_inversions_may_have_long_responses() -> None:
    for inverts, lost in ((True, 0.0), (False, 2.0)):
        one = Counts()
        one.add_pairs(10, 8.0, ["long_response"], inverts)
        assert one.lost == pytest.approx(lost)
        assert one.warned == ({} if inverts else {"long_response": 10})
    both = Counts()
    both.add_pairs(10, 0.8 * 0.5 * 10, ["long_response", "answer_in_prompt"], inverts=True)
    assert both.lost == pytest.approx(5.0)


def test_together_sums_over_tasks_and_is_out_where_all_are() -> None:
    one, other = Counts(3, Counter(a=1), lost=0.5, is_out=True), Counts(4, Counter(a=2, b=1), judged=2)
    whole = together([one, other])
    assert (whole.pairs, whole.refused, whole.lost, whole.judged, whole.is_out) == (7, Counter(a=3, b=1), 0.5, 2, False)
    assert together([one]).is_out
    assert not together([]).is_out
