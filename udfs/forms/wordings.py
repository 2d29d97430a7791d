"""What the text of a native wording says about itself, and that text with a form in place of its own.

A form that changes the text is a wording of its own, made from the source text and compiled once. So it is rendered as
all wordings are, over whole columns where that is possible.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from jinja2 import nodes

from taskmill.udfs.forms.phrases import Phrases, phrases_for
from taskmill.udfs.forms.plans import (
    NO_REASONS,
    OWN,
    REASONS_FIRST,
    REASONS_LATER,
    ExampleForms,
    FormPlan,
    Variant,
    WordingFacts,
)
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, compiled
from taskmill.udfs.rendering.plans import Template

BLOCK = re.compile(
    r"^[ \t]*\{\{-?\s*choices\s*\|\s*(lettered|bracketed|numbered|bulleted)\s*-?\}\}[ \t]*$", re.MULTILINE
)
CUE = re.compile(r"\n[^\n{}%#]*[:：]\s*\Z")  # a last line that the answer is to follow: `Answer:`
FILTERS = {"letters": "lettered", "brackets": "bracketed", "numbers": "numbered", "bullets": "bulleted"}
LABELS = {"letters": "{{{{ {} | letter }}}}", "brackets": "({{{{ {} | letter }}}})", "numbers": "{{{{ {} + 1 }}}}"}


def facts_of(
    template: Template,
    answer: str | None,
    answers: Collection[str],
    explanation: Collection[str],
    held_in: str | None,
    as_written: bool = False,
) -> WordingFacts:
    """What a wording says about itself.

    Args:
        answer: the field of the gold choice, if the answer is one.
        answers, explanation: fields that are the answer, and that explain it.
        held_in: the field that holds the choices, if one does.
    """
    try:
        prompt, response = compiled(template.prompt), compiled(template.response)
    except COMPILE_ERRORS:
        return WordingFacts(inverts=template.inverts)  # such a template never renders
    return WordingFacts(
        lists=_lists(prompt.tree, {"choices", *((held_in,) if held_in else ())}, answer),
        block=_block_of(template.prompt),
        is_plain=answer is not None and _is(template.response, rf"choices\[\s*{answer}\s*\]"),
        is_label=answer is not None and _is(template.response, rf"{answer}\s*(?:\|\s*letter|\+\s*1)"),
        reasons=_reasons(response.tree, set(explanation), {*answers, *(("choices",) if answer else ())}),
        inverts=template.inverts,
        prompt_uses=tuple(sorted(prompt.names)),
        response_uses=tuple(sorted(response.names)),
        language=template.language,
        as_written=as_written,
    )


def _lists(tree: nodes.Template, choices: Collection[str], answer: str | None) -> bool:
    """Whether a template reads choices other than the gold one."""
    named = [node for node in tree.find_all(nodes.Name) if node.name in choices]
    gold = [
        node for node in tree.find_all(nodes.Getitem)
        if isinstance(node.node, nodes.Name) and node.node.name in choices
        and isinstance(node.arg, nodes.Name) and node.arg.name == answer
    ]  # fmt: skip
    return len(named) > len(gold)


def _block_of(prompt: str) -> str | None:
    """The filter of the one place where a prompt lists its choices on lines of their own, if it names them nowhere
    else."""
    found = BLOCK.findall(prompt)
    if len(found) != 1 or "choices" in compiled(BLOCK.sub("", prompt)).names:
        return None
    return str(found[0])


def _is(text: str, expression: str) -> bool:
    return re.fullmatch(rf"\{{\{{-?\s*{expression}\s*-?\}}\}}", text.strip()) is not None


def _reasons(tree: nodes.Template, explanation: set[str], answers: set[str]) -> str:
    """Whether a response has all that explains the answer, and whether before it."""
    names = [node.name for node in tree.find_all(nodes.Name)]
    places = {name: place for place, name in reversed(list(enumerate(names)))}  # of the first use of each
    if not explanation or not explanation & places.keys():
        return NO_REASONS
    told = [places[name] for name in answers if name in places]
    return REASONS_FIRST if told and max(places.get(name, 0) for name in explanation) < min(told) else REASONS_LATER


@lru_cache(maxsize=4096)
def rewritten(template: Template, facts: WordingFacts, variant: Variant, plan: FormPlan) -> Template:
    """The wording with this form; the same one where the form changes nothing."""
    prompt, response, phrases = template.prompt, template.response, phrases_for(template.language)
    if variant.style != OWN:
        block = f"{{{{ choices | {FILTERS[variant.style]} }}}}"
        if facts.takes_style:
            prompt = BLOCK.sub(lambda _: block, prompt)
        elif phrases is not None:
            prompt = _with_last(prompt, f"{phrases.options}\n{block}")
    if variant.by_label and phrases is not None:
        prompt, response = _with_last(prompt, phrases.label), LABELS[variant.style].format(plan.answer)
    if variant.reasons and phrases is not None:
        prompt = _with_last(prompt, phrases.reasons)
        response = "\n\n".join([*(f"{{{{ {name} }}}}" for name in plan.explanation), response])
    if (variant.good or variant.bad) and phrases is not None:
        head, body = _after_definition(prompt, plan.examples.definition)
        prompt = head + _examples(plan.examples, variant, phrases) + body
    return (
        template
        if (prompt, response) == (template.prompt, template.response)
        else replace(template, prompt=prompt, response=response)
    )


def _with_last(prompt: str, text: str) -> str:
    """The prompt with a paragraph more at its end, or before a last line that the answer is to follow."""
    body = prompt.rstrip()
    cue = CUE.search(body)
    if cue is None:
        return f"{body}\n\n{text}"
    return f"{body[: cue.start()].rstrip()}\n\n{text}\n\n{cue.group().strip()}"


def _after_definition(prompt: str, definition: str | None) -> tuple[str, str]:
    """The prompt in two parts: its first paragraph, where that says what the task is and nothing else, and the rest."""
    first, blank, rest = prompt.partition("\n\n")
    try:
        is_definition = definition is not None and compiled(first).names == {definition}
    except COMPILE_ERRORS:  # half of a statement
        is_definition = False
    return (first + blank, rest) if blank and is_definition else ("", prompt)


def _examples(forms: ExampleForms, variant: Variant, phrases: Phrases) -> str:
    """A loop over the first examples of each kind, with why they are right or wrong where that is told."""
    kinds = ((forms.good, variant.good, phrases.good), (forms.bad, variant.bad, phrases.bad))
    told = f"{phrases.why} {{{{ shown.explanation }}}}\n"
    why = f"{{% if shown.explanation %}}{told}{{% endif %}}" if forms.explained else ""
    return "".join(
        f"{{% for shown in {name}[:{most}] %}}{head}\n{phrases.given} {{{{ shown.input }}}}\n"
        f"{phrases.gives} {{{{ shown.output }}}}\n{why}\n{{% endfor %}}"
        for name, most, head in kinds
        if most
    )
