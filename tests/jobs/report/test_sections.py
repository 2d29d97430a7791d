"""What the sections say of a small run whose every number is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from taskmill.jobs.examples import CONFLICT, CONTRAST, EXACT, NEAR, REJECTED, SAME_TEXT
from taskmill.jobs.report import build
from taskmill.jobs.report.build import SECTIONS, sections_of
from taskmill.jobs.report.changes_section import changes_section
from taskmill.jobs.report.charts import quantile
from taskmill.jobs.report.contamination_section import contamination_section
from taskmill.jobs.report.duplicates_section import KINDS, duplicates_section
from taskmill.jobs.report.funnel_section import funnel_section
from taskmill.jobs.report.gallery import MOST_PAIRS, Candidate, chosen_pairs
from taskmill.jobs.report.gallery_section import card
from taskmill.jobs.report.gates_section import gates_section
from taskmill.jobs.report.labels_section import are_labels, labels_section
from taskmill.jobs.report.languages_section import languages_section, licences_section
from taskmill.jobs.report.lengths_section import lengths_section
from taskmill.jobs.report.material import Material, Way, ways
from taskmill.jobs.report.page import Part, Section, figures, percentage, rendered_page, shown
from taskmill.jobs.report.quality_section import quality_section
from taskmill.jobs.report.tallies import BETWEEN, BINS_PER_DECADE, PAIR_FACTS, Tallies, Tally, taken_apart
from taskmill.jobs.report.wordings_section import wordings_section
from tests.jobs.report.material import EVIL, EXAM, NOTES, REVIEWS, gate, material, pair, task


def rows(section: Section | None, name: str) -> list[dict[str, Any]]:
    assert section is not None
    found: list[dict[str, Any]] = figures([section])[section.anchor]["figures"][name]
    return found


class Cells(HTMLParser):
    """The text of every cell, tile, notice and card of a page, in order, and every attribute it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self._inside: list[str] = []
        self._in_card = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self._in_card |= tag == "article"
        is_name = tag == "h3" and self._in_card
        if is_name or tag in ("td", "dt", "dd", "bdi") or (tag == "div" and ("class", "text") in attrs):
            self._inside.append(tag)
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def test_every_section_has_something_to_say_of_a_full_run() -> None:
    sections = sections_of(material())
    assert len(sections) == len(SECTIONS) + 1
    assert len({section.anchor for section in sections}) == len(sections)
    for section in sections:
        names = [part.name or part.heading or section.title for part in section.parts if part.columns]
        assert len(set(names)) == len(names), section.anchor


def test_what_there_is_nothing_of_has_no_section() -> None:
    found = [section.anchor for section in sections_of(Material("warehouse", [task(NOTES, "gist")]))]
    assert found == ["summary", "clusters"]


def test_a_section_appears_when_its_table_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def votes_section(given: Material) -> Section | None:
        found = given.stored("votes")
        part = Part(columns=("task", "vote"), rows=[(row["task"], row["vote"]) for row in found])
        return Section("votes", "Votes", [part], ["A task was voted out."]) if found else None

    monkeypatch.setattr(build, "SECTIONS", (*SECTIONS, votes_section))
    assert "votes" not in {section.anchor for section in sections_of(material())}
    votes = [{"task": REVIEWS, "vote": "out"}]
    sections = sections_of(material(stored=lambda name: votes if name == "votes" else []))
    assert rows(sections[-1], "Votes") == votes
    assert {"section": "votes", "notice": "A task was voted out."} in rows(sections[0], "attention")


def test_ways_put_every_row_in_one_place() -> None:
    found = ways(material())
    assert found[REVIEWS] == Way(
        rows=100, refused=5, left_out=1, copies=4, duplicates=3, examples=87, wordings=87, repeats=2, refused_pairs=1,
        pairs=84,
    )  # fmt: skip
    assert found[EXAM] == Way(rows=30, examples=30, benchmark=30)
    for way in found.values():
        assert way.rows == way.refused + way.left_out + way.copies + way.duplicates + way.examples
        assert way.wordings == way.repeats + way.refused_pairs + way.unpublished + way.pairs


def test_summary_has_the_totals_of_the_funnel() -> None:
    totals = {row["figure"]: row["value"] for row in rows(sections_of(material())[0], "totals")}
    assert (totals["Rows read"], totals["Pairs made"], totals["Tasks"], totals["Refused"]) == (150, 104, 3, 6)
    assert (totals["Task clusters"], totals["Wordings in use"], totals["Languages"]) == (2, 3, 2)


def test_funnel_of_clusters_adds_up_to_that_of_tasks() -> None:
    section = funnel_section(material())
    clusters, tasks = rows(section, "By task cluster"), rows(section, "By task")
    for name in ("rows", "duplicates", "examples", "pairs"):
        assert sum(row[name] for row in clusters) == sum(row[name] for row in tasks)
    assert {row["cluster"]: row["rows"] for row in clusters} == {"opinions": 100, EVIL: 50}
    assert sum(row["rows"] for row in rows(section, "From rows to examples")) == 150


def test_notices_name_tasks_that_lost_much() -> None:
    section = funnel_section(material(before={}))
    assert section is not None and not section.notices
    none = {key: value for key, value in material().entries.items() if key[0] != "render"}
    section = funnel_section(material(entries=none))
    assert section is not None
    assert section.notices == [f"2 tasks made no pairs: {NOTES}, {REVIEWS}."]


def test_labels_are_told_from_texts() -> None:
    labels = [Tally("examples", REVIEWS, "answer", name, 40) for name in ("good", "bad")]
    texts = [Tally("examples", NOTES, "answer", str(place), 1) for place in range(60)]
    rest = Tally("examples", NOTES, "answer", None, 900, values=900)
    assert are_labels(labels, 80)
    assert not are_labels([*texts, rest], 960)
    assert not are_labels(labels, 1_000)  # most answers are longer than a label


def test_labels_and_places_have_their_shares_and_notices() -> None:
    section = labels_section(material(word="bad"))
    (label,) = rows(section, "Labels")
    assert (label["labels"], label["most frequent"], label["the next"]) == (2, "good", "bad (4)")
    (place,) = rows(section, "Places of the right choice")
    assert (place["places"], place["most frequent place"], round(place["its share"], 3)) == (2, 1, 0.952)
    assert section is not None and section.notices == [f"{REVIEWS}: 95.6 % of the answers are 'good'."]


def test_lengths_are_as_long_as_the_texts() -> None:
    by_task = {row["task"]: row for row in rows(lengths_section(material()), "Prompts")}
    assert by_task[NOTES]["mean"] == 15_000 and by_task[NOTES]["longest"] == 20_000
    assert by_task[REVIEWS]["rows"] == 84
    assert 10 <= by_task[REVIEWS]["median, about"] <= 15


@pytest.mark.parametrize("length", [1, 7, 99, 100, 12_345])
def test_quantile_of_equal_lengths_is_their_length(length: int) -> None:
    place = int(BINS_PER_DECADE * len(str(length)) - BINS_PER_DECADE)
    while 10 ** ((place + 1) / BINS_PER_DECADE) <= length:
        place += 1
    assert length / 1.5 <= quantile({place: 100}, 0.5) <= length * 1.5


def test_languages_have_names_and_wrong_tags_are_told() -> None:
    section = languages_section(material())
    names = {row["tag"]: row["language"] for row in rows(section, "Languages of the data")}
    assert names == {"en": "English (en)", "he": "Hebrew (he)", "not a tag": "not a tag"}
    assert section is not None and section.notices == ["Values of languages that are no language tags: not a tag."]


def test_licences_name_what_is_not_to_be_trained_on() -> None:
    section = licences_section(material(word="MIT"))
    assert {row["licence"]: row["pairs"] for row in rows(section, "Licences")} == {"MIT": 84, "CC0-1.0": 20}
    assert rows(section, "Not to be trained on") == [{"task": NOTES, "pairs": 20}]


def test_wordings_count_pairs_and_those_never_used() -> None:
    section = wordings_section(material(word="praise_it"))
    by_task = {row["task"]: row for row in rows(section, "Pairs of each wording")}
    assert (by_task[REVIEWS]["wordings"], by_task[REVIEWS]["fewest"], by_task[REVIEWS]["most"]) == (2, 1, 83)
    assert by_task[REVIEWS]["inverting"] == "1.2 %"
    counts = {row["wording"]: row["pairs"] for row in rows(section, "All wordings")}
    assert counts == {"is_it_good": 83, "praise_it": 1, "short": 20, "never_drawn": 0}


def test_duplicates_are_told_by_kind_group_and_task() -> None:
    section = duplicates_section(material())
    kinds = {(row["kind"], row["fate"]): row["examples or pairs"] for row in rows(section, "Kinds")}
    assert kinds == {("exact", "removed"): 3, ("conflict", "kept"): 1}
    assert [list(row.values()) for row in rows(section, "Groups by size")] == [["2", 7], ["4 to 5", 1]]
    assert [list(row.values()) for row in rows(section, "Which tasks repeat which")] == [[REVIEWS, NOTES, 3]]


def test_overlaps_are_told_by_kind_fold_and_task() -> None:
    section = contamination_section(material())
    assert rows(section, "By fold") == [{"fold": "0", "examples": 9}]
    (told,) = rows(section, "By task")
    assert (told["same_text"], told["of its examples"]) == (9, 2 / 20)
    told = f"More than 5.0 % of the examples overlap held-out ones: {REVIEWS} (10.0 %)."
    assert section is not None and section.notices == [told]


def test_quality_is_there_only_where_pairs_have_it() -> None:
    section = quality_section(material(word="answer_in_prompt"))
    (warning,) = rows(section, "Warnings by task")
    assert (warning["warning"], warning["pairs"]) == ("answer_in_prompt", 30)
    assert rows(section, "Quality")[0]["mean quality"] == pytest.approx(82 / 84)
    assert section is not None and section.notices == [
        f"{REVIEWS}: 35.7 % of its pairs have the warning answer_in_prompt."
    ]
    assert quality_section(material(tallies=Tallies(()))) is None


def test_changes_compare_with_the_run_before() -> None:
    (told,) = rows(changes_section(material()), "Tasks")
    assert told == {
        "task": REVIEWS, "rows before": 90, "rows now": 100, "examples before": 77, "examples now": 87,
        "pairs before": 74, "pairs now": 84,
    }  # fmt: skip


def test_changes_name_tasks_that_came_and_left() -> None:
    left = {key: value for key, value in material().entries.items() if key[1] != NOTES}
    section = changes_section(material(entries=left, before=material().entries, moves=[]))
    assert section is not None and section.notices == [f"1 task of the run before is gone: {NOTES}."]
    assert rows(section, "Tasks")[0]["pairs now"] is None
    first = changes_section(material(before={}))
    assert first is not None and first.parts[0].text == "This is the first run with these tables."


def test_pairs_to_read_are_of_every_cluster_and_wording_and_always_the_same() -> None:
    found = [
        Candidate(f"{name}{place}.x", "template", f"t{template}", f"{name}{place}-{template}")
        for name, tasks in (("large", 200), ("small", 1))
        for place in range(tasks)
        for template in range(9)
    ]
    tasks = [task(f"large{place}.x", "large") for place in range(200)] + [task("small0.x", "small")]
    chosen = chosen_pairs(found, tasks)
    assert len(chosen) == MOST_PAIRS
    assert chosen == chosen_pairs(found[::-1], tasks)
    assert [pair_id for pair_id in chosen if pair_id.startswith("small")] == [f"small0-{place}" for place in range(4)]
    assert {f"large{place}-0" for place in range(200)} <= set(chosen)


def test_a_flagged_pair_is_shown_before_wordings() -> None:
    found = [Candidate(NOTES, "template", "t1", "a"), Candidate(NOTES, "flags", "personal_email", "z")]
    assert chosen_pairs(found, [task(NOTES, "gist")]) == ["z", "a"]


def test_a_pair_of_each_form_is_shown_first_and_once() -> None:
    forms = {("a.x", "system", "p3"), ("a.x", "inverted", "p2"), ("b.x", "system", "p1"), ("b.x", "compound", "p1")}
    found = [Candidate(name, "form", tag, pair_id) for name, tag, pair_id in forms]
    found += [Candidate("a.x", "template", f"t{place}", f"p{place}") for place in range(2, 9)]
    chosen = chosen_pairs(found, [task("a.x", "one"), task("b.x", "two")])
    assert chosen == ["p1", "p2", "p3", "p4", "p5"]


def test_a_card_marks_the_right_choice() -> None:
    told = card(pair("a1", REVIEWS, "Good?", choices=["good", "bad"], choice_count=90, gold_index=1))
    assert told["choices"] == "good | bad ✓ and 88 more"
    assert told["kept out of folds"] == ["0"]


def test_page_and_json_have_the_same_figures() -> None:
    """Every value of the JSON stands in the page's cells, in order, and the page has no others."""
    sections = sections_of(material(word="a word"))
    written = json.loads(json.dumps(figures(sections)))
    page = Cells(rendered_page("Report", "of a test", sections)).cells
    expected = [text for section in sections for part in section.parts for text in _cells_of(part)]
    assert [cell.strip() for cell in page] == expected
    for section in sections:
        for part in section.parts:
            if part.columns:
                name = part.name or part.heading or section.title
                assert written[section.anchor]["figures"][name] == json.loads(json.dumps(part.records()))


def _cells_of(part: Part) -> Iterator[str]:
    """What the page should show of a part's rows, from its JSON records alone."""
    for record in part.records():
        if part.look == "notices":
            continue
        values = list(record.items())
        if part.look == "cards":
            texts = [record["task"], *(value for name, value in values if name not in ("task", "prompt", "response")),
                     record["prompt"], record["response"]]  # fmt: skip
            yield from (shown(value).strip() for value in texts if value not in (None, "", [], False))
        else:
            told = [shown(value, name in part.shares).strip() for name, value in values]
            yield from (text for text in told if part.look == "table" or text)


def test_text_from_data_stays_text() -> None:
    """Markup, quotes, the end of a script, right to left and zero-width characters."""
    page = rendered_page(EVIL, EVIL, sections_of(material()))
    parsed = Cells(page)
    assert parsed.tags.count("script") == 1 and "alert" not in page.split("<script>")[1].split("</script>")[0]
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert any(EVIL in cell for cell in parsed.cells)


def test_page_needs_no_network_and_allows_only_its_own_script() -> None:
    page = rendered_page("Report", "", sections_of(material()))
    around = unescape(page.split("<main>")[0] + page.split("</main>")[1])
    assert "default-src 'none'; style-src 'sha256-" in around and "unsafe" not in around
    assert not [name for name in ("src=", "@import", "url(") if name in around]
    parsed = Cells(page)
    assert not {"link", "img", "iframe", "object"} & set(parsed.tags)
    assert "style" not in parsed.attributes  # the policy would drop it


def test_a_long_text_is_folded_and_whole() -> None:
    text = "word " * 200_000
    page = rendered_page("Report", "", sections_of(material(pairs=[pair("a1", REVIEWS, text)])))
    assert text in page
    assert "(1,000,000 characters)" in page
    assert len(page) < len(text) + 400_000


@pytest.mark.parametrize(
    ("value", "is_share", "told"),
    [
        (None, False, ""), (0, False, "0"), (1_234_567, False, "1,234,567"), (0.5, False, "0.5"), (True, False, "yes"),
        (1234.5, False, "1,234"), (["en", "de"], False, "en, de"), (0.125, True, "12.5 %"), (1, True, "100.0 %"),
    ],
)  # fmt: skip
def test_shown_values(value: object, is_share: bool, told: str) -> None:
    assert shown(value, is_share) == told


def test_a_percentage_is_0_or_100_only_when_it_is() -> None:
    told = [percentage(share) for share in (0.0, 0.00001, 0.5, 0.99999, 1.0)]
    assert told == ["0.0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100.0 %"]


def test_lists_and_labels_are_taken_apart_and_add_up() -> None:
    facts = {("pairs", fact.kind): fact for fact in PAIR_FACTS}
    found = taken_apart(
        [
            Tally("pairs", NOTES, "languages", f"en{BETWEEN}de", 3),
            Tally("pairs", NOTES, "languages", "en", 4),
            Tally("pairs", NOTES, "labels", BETWEEN.join(("en", "de", "MIT", "train", "false")), 5),
            Tally("pairs", NOTES, "labels", None, 2, values=9),
        ],
        facts,
    )
    counts = {(one.kind, one.value): one.count for one in found}
    assert counts["languages", "en"] == 7 and counts["languages", "de"] == 3
    assert counts["response_language", "de"] == 5 and counts["response_language", None] == 2
    assert counts["do_not_train", "false"] == 5


def test_the_rest_of_many_values_comes_last() -> None:
    found = Tallies(
        [Tally("pairs", NOTES, "languages", None, 7, values=70), Tally("pairs", NOTES, "languages", "en", 5)]
    )
    assert [one.value for one in found.by_task("pairs", "languages")[NOTES]] == ["en", None]
    assert found.totals("pairs", "languages") == {"en": 5, "": 7}


def test_gates_show_what_was_seen_blocked_tasks_first() -> None:
    found = [
        gate(EXAM, "majority", "warn", "<b>91%</b>"), gate(REVIEWS, "majority", "pass"),
        gate(REVIEWS, "single_output", "block"),
    ]  # fmt: skip
    section = gates_section(material(stored=lambda name: found if name == "gates" else []))
    assert section is not None
    assert [row["task"] for row in rows(section, "Evidence")] == [REVIEWS, EXAM]
    assert rows(section, "Evidence")[0]["examples to look at"] == "a, b"
    assert section.notices == [f"1 task blocked by a gate: {REVIEWS}."]
    page = rendered_page("t", "s", [section])
    assert "<b>91%</b>" not in page
    assert "&lt;b&gt;91%" in page
    assert gates_section(material(stored=lambda name: [])) is None


def test_tasks_are_looked_up_in_what_was_made_once() -> None:
    """Else a report on thousands of tasks makes it anew for each of them, in every section."""
    shown = material()
    assert shown.task(REVIEWS) is shown.task(REVIEWS)
    assert shown._tasks is shown._tasks


def test_every_kind_of_duplicate_is_explained() -> None:
    assert set(KINDS) == {EXACT, NEAR, CONFLICT, CONTRAST, REJECTED, SAME_TEXT}


def test_no_median_is_longer_than_the_longest() -> None:
    """Of lengths that are all at the beginning of their bin."""
    found = Tallies([Tally("pairs", NOTES, "prompt_chars", "6", 50, total=500.0, largest=10.0)])
    (row,) = rows(lengths_section(material(tallies=found)), "Prompts")
    assert (row["median, about"], row["95 % up to, about"], row["longest"]) == (10, 10, 10)
