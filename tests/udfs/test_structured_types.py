"""The task types with structured answers: every wording of hostile rows gives back the gold, or is refused and says so.

What a response says is read by Python's own readers of JSON, CSV and XML and by lines split here, not by our codecs.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.catalog.template_checks import mistakes_of
from taskmill.jobs.configuration.config import TaskType, TemplateText, read_model
from taskmill.jobs.configuration.positions import load_document
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered
from tests.udfs.rendering.both_tiers import render_both

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
FOLDER = Path(__file__).resolve().parents[2] / "templates"
NAMES = ("semantic_parsing", "slot_filling", "relation_extraction", "table_to_text")
LIMITS = Limits(max_render_seconds=5.0)
MOST_ALIKE = 0.6  # share of words two prompts of a type may have in common, in order

Row = dict[str, Any]
Reader = Callable[[str, Row], Any]


def task_type(name: str) -> TaskType:
    found, mistakes = read_model(TaskType, load_document(FOLDER / f"{name}.yaml"))
    assert found is not None and not mistakes, mistakes
    return found


TYPES = {name: task_type(name) for name in NAMES}
types = pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)


def pairs(kind: TaskType, row: Mapping[str, Any]) -> Iterator[tuple[TemplateText, Rendered]]:
    """What each wording makes of a row that has what it needs."""
    fields = {**dict.fromkeys(kind.fields), **row}
    for text in kind.templates:
        if all(fields[need] is not None for need in text.needs):
            yield text, render_row(Template(text.name, text.prompt, text.response), fields, LIMITS)


# What a response says, by reading it in another way than our codecs do.


def triples(text: str, separator: str) -> Any:
    parts = [] if text == "none" else [line.split(separator) for line in text.split("\n")]
    return [dict(zip(("head", "type", "tail"), line, strict=True)) for line in parts]


def relation_lines(text: str, _: Row) -> Any:
    return triples(text, " | ")


def relation_triples(text: str, _: Row) -> Any:
    lines = text.split("\n")
    assert text == "none" or all(line[0] + line[-1] == "()" for line in lines)
    return triples(text if text == "none" else "\n".join(line[1:-1] for line in lines), "; ")


def relations_by_type(text: str, _: Row) -> Any:
    lines = [] if text == "none" else [line.split(": ", 1) for line in text.split("\n")]
    return [(type_, *pair.split(" -> ")) for type_, rest in lines for pair in rest.split("; ")]


def csv_rows(text: str, _: Row) -> Any:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def slot_lines(text: str, _: Row) -> Any:
    lines = [] if text == "none" else [line.split(": ", 1) for line in text.split("\n")]
    return [{"slot": name, "value": value} for name, value in lines]


def slot_object(text: str, _: Row) -> Any:
    return [{"slot": name, "value": value} for name, value in json.loads(text).items()]


def slot_pairs(text: str, _: Row) -> Any:
    """Each name as JSON or bare, each value as JSON; the reader of JSON says where one ends."""
    found, read = [], json.JSONDecoder().raw_decode
    at = len(text) if text == "none" else 0
    while at < len(text):
        name, at = read(text, at) if text[at] == '"' else (text[at : text.index("=", at)], text.index("=", at))
        value, at = read(text, at + 1)
        found.append({"slot": name, "value": value})
        at += 2
    return found


def slot_tags(text: str, row: Row) -> Any:
    root = ElementTree.fromstring(f"<r>{text}</r>")
    assert "".join(root.itertext()) == row["utterance"].strip()
    return [{"slot": element.tag, "value": element.text} for element in root]


def as_json(text: str, _: Row) -> Any:
    return json.loads(text)


def as_it_is(text: str, _: Row) -> Any:
    return text


READERS: Mapping[str, Mapping[str, Reader]] = {
    "relation_extraction": {
        "piped_lines": relation_lines, "json_objects": as_json, "bracketed_triples": relation_triples,
        "grouped_by_type": relations_by_type, "closed_set_in_json": as_json, "only_what_is_asked_for": relation_lines,
        "knowledge_graph": as_json, "labelled_parts": relation_lines, "csv_file": csv_rows,
        "everything_above": relation_triples, "index_cards": relations_by_type,
    },
    "slot_filling": {
        "json_object": slot_object, "json_array": as_json, "one_per_line": slot_lines,
        "pairs_on_one_line": slot_pairs, "tags_in_the_utterance": slot_tags, "closed_list": slot_object,
        "form_to_fill_in": slot_lines, "intent_is_known": as_json, "intent_and_lines": slot_lines,
        "annotate_training_data": slot_tags, "assistant_backend": slot_pairs,
    },
    "semantic_parsing": {
        "which_query_to_run": lambda text, _: text.removeprefix("Run this query:").strip(),
        "schema_in_json": lambda text, _: json.loads(text)["query"],
        "json_with_the_language": lambda text, _: json.loads(text)["query"],
        "in_a_code_block": lambda text, _: "\n".join(text.split("\n")[1:-1]),
    },
    "table_to_text": {
        "over_the_phone": lambda text, _: text.removeprefix("You could say:").strip(),
        "json_answer": lambda text, _: json.loads(text)["text"],
    },
}  # fmt: skip


def said(kind: TaskType, text: TemplateText, response: str, row: Row) -> Any:
    reader = READERS[kind.task_type].get(text.name, as_it_is)
    return reader(response, row)


def gold(kind: TaskType, text: TemplateText, row: Row) -> Any:
    reader = READERS[kind.task_type].get(text.name)
    if reader is relations_by_type:
        triples = [(one["type"], one["head"], one["tail"]) for one in row["relations"]]
        first = [type_ for type_, *_ in triples]
        return sorted(triples, key=lambda triple: first.index(triple[0]))
    if reader is slot_tags:
        starts = [place["start"] for place in row["places"]]
        return [slot for _, slot in sorted(zip(starts, row["slots"], strict=True), key=lambda pair: pair[0])]
    return row[kind.answer_fields[0]]


def check_pairs(kind: TaskType, row: Row) -> None:
    """Every wording that asks for the answer gives it, or says that it cannot be read back."""
    for text, rendered in pairs(kind, row):
        if text.inverts:
            continue
        if rendered.reason is not None:
            assert rendered.reason in ("not_round_trip", "none_value"), rendered
            continue
        answer = gold(kind, text, row)
        assert said(kind, text, rendered.response, row) == (answer.strip() if isinstance(answer, str) else answer)


# All of them


@types
def test_a_type_has_ten_wordings_and_no_mistakes(kind: TaskType) -> None:
    assert mistakes_of(kind, load_document(FOLDER / f"{kind.task_type}.yaml")) == []
    assert sum(not text.inverts for text in kind.templates) >= 10
    assert any(text.inverts for text in kind.templates)
    assert set(READERS[kind.task_type]) <= {text.name for text in kind.templates}


@types
def test_no_two_wordings_are_alike(kind: TaskType) -> None:
    prompts = {text.name: re.sub(r"{[{%].*?[}%]}", " ", text.prompt).lower().split() for text in kind.templates}
    alike = {
        pair: SequenceMatcher(None, prompts[pair[0]], prompts[pair[1]], autojunk=False).ratio()
        for pair in combinations(prompts, 2)
    }
    assert {pair: share for pair, share in alike.items() if share > MOST_ALIKE} == {}


@types
def test_every_example_gives_its_answer_in_both_tiers(kind: TaskType) -> None:
    rendered_by: Counter[str] = Counter()
    for example in kind.examples:
        row = {**dict.fromkeys(kind.fields), **example}
        for text, rendered in pairs(kind, row):
            assert rendered.reason is None, (text.name, rendered)
            assert render_both(Template(text.name, text.prompt, text.response), row, LIMITS) == rendered
            rendered_by[text.name] += 1
        check_pairs(kind, row)
    assert set(rendered_by) == {text.name for text in kind.templates}


@types
def test_optional_fields_are_asked_for_where_they_are_and_never_missed(kind: TaskType) -> None:
    full = {**dict.fromkeys(kind.fields), **kind.examples[0]}
    for absent in [name for name, field in kind.field_types.items() if field.optional]:
        drawn = dict(pairs(kind, {**full, absent: None}))
        assert all(rendered.reason is None for rendered in drawn.values())
        assert {text.name for text in kind.templates} - {text.name for text in drawn} == {
            text.name for text in kind.templates if absent in text.needs
        }


# Hostile rows

HOSTILE = st.one_of(
    st.text(st.sampled_from("a|;:->()\"'{}%,=<& \n\té"), max_size=6),
    st.sampled_from(["none", "{{ text }}", "a | b", "1973", "null", "-> a", "a: b", "a; b", "```", "x" * 30]),
)
TYPES_AND_NAMES = st.sampled_from(["from", "to", "born in", "a:b"])
RELATION = st.fixed_dictionaries({"head": HOSTILE, "type": TYPES_AND_NAMES, "tail": HOSTILE})


@settings(max_examples=60)
@given(relations=st.lists(RELATION, max_size=3), types_=st.none() | st.just(["from", "to", "born in"]))
def test_relations_are_given_back(relations: list[dict[str, str]], types_: list[str] | None) -> None:
    row = {"text": "A text.", "relations": relations, "relation_types": types_}
    check_pairs(TYPES["relation_extraction"], row)


@settings(max_examples=60)
@given(data=st.data())
def test_slots_are_given_back(data: st.DataObject) -> None:
    names = st.sampled_from(["from", "to", "city_name"])
    slots = data.draw(st.lists(st.fixed_dictionaries({"slot": names, "value": HOSTILE.filter(bool)}), max_size=3))
    utterance, places = "", []
    for slot in slots:
        utterance += data.draw(st.sampled_from(["go ", "& <", ""]))
        places.append({"start": len(utterance), "end": len(utterance) + len(slot["value"])})
        utterance += slot["value"]
    row = {
        "utterance": f"I say {utterance}.",
        "slots": slots,
        "slot_names": ["from", "to", "city_name"],
        "intent": "go",
    }
    row["places"] = [{edge: at + 6 for edge, at in place.items()} for place in places]
    check_pairs(TYPES["slot_filling"], row)


@settings(max_examples=60)
@given(query=HOSTILE.filter(str.strip), utterance=HOSTILE.filter(str.strip), column=HOSTILE)
def test_queries_are_given_back(query: str, utterance: str, column: str) -> None:
    schema = [{"table": "t", "columns": [{"name": column, "type": None}, {"name": "b", "type": "TEXT"}]}]
    for given_schema in (schema, None):
        row = {"utterance": utterance, "query": query.strip(), "formalism": "SQL", "schema": given_schema}
        check_pairs(TYPES["semantic_parsing"], row)


def test_a_fence_in_a_query_is_refused_where_it_would_end_the_block() -> None:
    row = {"utterance": "u", "query": "a\n```\nb", "formalism": "F"}
    refused = {
        text.name: rendered.reason for text, rendered in pairs(TYPES["semantic_parsing"], row) if rendered.reason
    }
    assert refused == {"in_a_code_block": "none_value"}


@settings(max_examples=60)
@given(cells=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=3), columns=st.tuples(HOSTILE, HOSTILE))
def test_tables_are_given_back_and_stand_whole_in_markdown(
    cells: list[tuple[str, str]], columns: tuple[str, str]
) -> None:
    table = {"columns": list(columns), "rows": [list(row) for row in cells]}
    row = {"table": table, "text": "A text.", "title": "T"}
    found = {text.name: rendered for text, rendered in pairs(TYPES["table_to_text"], row)}
    assert json.loads(found["json_of_the_text"].response) == table
    reason = found["table_of_the_text"].reason
    assert reason in (None, "not_round_trip")
    if reason is None:
        assert list(csv.reader(io.StringIO(found["table_of_the_text"].response, newline=""))) == [
            list(line) for line in (columns, *cells)
        ]
    header, rule, *body = [line for line in found["markdown_then_describe"].prompt.split("\n") if line.startswith("| ")]
    assert rule == "| --- | --- |"
    wanted = [columns, *cells]
    written = [[cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in [header, *body]]
    assert [[cell[1:-1] for cell in line] for line in written] == [
        [cell.replace("\n", " ") for cell in line] for line in wanted
    ]


# Published tables


@needs_data
def test_published_tables_stand_whole_in_every_prompt() -> None:
    """Health surveys in eight languages; every cell of every table can be found, whatever the form of the table."""
    kind = TYPES["table_to_text"]
    tables = list(published_tables())
    assert len(tables) == 754
    for row in tables[::10]:
        cells = [cell for line in (row["table"]["columns"], *row["table"]["rows"]) for cell in line]
        for text, rendered in pairs(kind, row):
            assert rendered.reason is None, (text.name, rendered)
            if text.inverts:
                continue
            assert rendered.response.endswith(row["text"]) or json.loads(rendered.response)["text"] == row["text"]
            shown = rendered.prompt.replace("\\n", " ").replace("\n", " ").replace("\\", "").replace('""', '"')
            assert all(cell.replace("\n", " ").strip() in shown for cell in cells), text.name


def published_tables() -> Iterator[Row]:
    path = next((Path(DATA) / "tata").glob("dev.json*"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for item in json.loads(raw):
        head, *rows = [[str(cell) for cell in line] for line in json.loads(item["table_data"])]
        yield {"table": {"columns": head, "rows": rows}, "title": item["title"], "text": "The text."}
