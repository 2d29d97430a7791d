"""The audit over Arrow batches: only what is asked about is searched, and variants differ in what was exchanged."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from taskmill.jobs.audit.lexicon_files import load_lexicons
from taskmill.udfs.audit.batches import mention_finder, variant_maker
from taskmill.udfs.rendering.batches import pair_renderer
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

LEXICONS = load_lexicons()


def batch(*rows: tuple[list[str], dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {
                "task": "t", "example_id": f"{number:032x}", "answer": fields.get("answer"),
                "languages": json.dumps(languages), "fields": json.dumps(fields),
            }
            for number, (languages, fields) in enumerate(rows)
        ]
    )  # fmt: skip


def test_mentions_are_of_the_content_and_in_the_example_s_languages() -> None:
    rows = batch(
        (["en"], {"text": ["She is lazy.", {"more": "a German"}], "answer": "a man"}),
        (["en-GB"], {"text": "nobody", "answer": "x"}),
        (["ja"], {"text": "She", "answer": "x"}),
        (["de", "en"], {"text": "Frau and man", "answer": None}),
    )
    (found,) = mention_finder(LEXICONS, {"t": ("text",)})([rows])
    assert [(row["groups"], row["looked_at"], row["label"]) for row in found.to_pylist()] == [
        ("gender.female nationality.german", True, "a man"),
        ("", True, "x"),
        ("", False, "x"),
        ("gender.female gender.male", True, ""),
    ]
    assert json.loads(found.column("hints")[0].as_py()) == [["gender.female", "lazy", "She is lazy."]]


def test_variants_are_made_for_each_category_that_changes_something() -> None:
    rows = batch(
        (["en"], {"text": "An American and his church", "label": 1}),
        (["en"], {"text": "nothing", "label": 0}),
        (["de"], {"text": "his American church", "label": 0}),
    )
    (found,) = variant_maker(LEXICONS)([rows])
    assert {row["variant"]: json.loads(row["fields"]) for row in found.to_pylist()} == {
        "original": {"text": "An American and his church", "label": 1},
        "gender": {"text": "An American and her church", "label": 1},
        "nationality": {"text": "An Indian and his church", "label": 1},
        "religion": {"text": "An American and his mosque", "label": 1},
    }


def test_variants_render_with_the_templates_of_the_task() -> None:
    template = Template("one", "Q: {{ text }}", "{{ answer }}")
    plan = RenderPlan("t", "tt", "", 0, None, None, fields={}, templates=(("id", template),), draw=Draw(1))
    (variants,) = variant_maker(LEXICONS)([batch((["en"], {"text": "Did he come?", "answer": "He did."}))])
    (pairs,) = pair_renderer({"t": plan}, ("task", "example_id", "variant"))([variants])
    assert [(row["variant"], row["prompt"], row["response"]) for row in pairs.to_pylist()] == [
        ("original", "Q: Did he come?", "He did."),
        ("gender", "Q: Did she come?", "She did."),
    ]
