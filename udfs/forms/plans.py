"""What rendering knows of the forms of a task's pairs, as plain values that travel to the workers by closure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskmill.udfs.forms.phrases import phrases_for

OWN = "own"  # the options as the wording itself shows them
STYLES = ("letters", "brackets", "numbers", "bullets")
REASONS_FIRST, REASONS_LATER, NO_REASONS = "first", "later", "none"
MOST_LETTERED = 26

# The tags that a pair's `form` may hold; those that end in `:` have something behind it.
INVERTED, COMPOUND, SHUFFLED, BY_LABEL = "inverted", "compound", "order:shuffled", "answer:label"
OPTIONS, REASONING, EXAMPLES, SYSTEM, SHRUNK = "options:", "reasoning:", "examples:", "system", "shrunk:"


@dataclass(frozen=True)
class WordingFacts:
    """What the text of a wording says about itself, found once, on the driver.

    Attributes:
        lists: whether its prompt shows the choices.
        block: the filter of the one slot that does, where its style can be exchanged.
        is_plain: whether the response is the text of the gold choice and nothing else.
        is_label: whether the response is the label of the gold choice and nothing else.
        reasons: whether what explains the answer stands before it, behind it, or not in the response.
        prompt_uses, response_uses: fields that each side reads.
        language: of the wording; what is added to it is in the same.
        as_written: whether its author wants its text left alone.
    """

    lists: bool = False
    block: str | None = None
    is_plain: bool = False
    is_label: bool = False
    reasons: str = NO_REASONS
    inverts: bool = False
    prompt_uses: tuple[str, ...] = ()
    response_uses: tuple[str, ...] = ()
    language: str = "en"
    as_written: bool = False

    @property
    def takes_block(self) -> bool:
        """Whether a list of the options may be put behind it."""
        return self.is_plain and not (self.lists or self.inverts) and self.takes_words

    @property
    def takes_words(self) -> bool:
        """Whether something may be added to its text."""
        return not self.as_written and phrases_for(self.language) is not None

    @property
    def takes_style(self) -> bool:
        """Whether the list of options that it has may be set in another style."""
        return self.block is not None and self.is_plain and not (self.inverts or self.as_written)


@dataclass(frozen=True)
class OptionForms:
    """How options are shown.

    Attributes:
        listed: of how many examples the prompts show them; None for as the wordings do.
        styles: `own` or one of `STYLES`, with its weight; empty for `own`.
        by_label: how many of the lists with labels are answered by label.
        shuffled: of how many pairs the options stand in a drawn order.
    """

    listed: float | None = None
    styles: tuple[tuple[str, float], ...] = ()
    by_label: float = 0.0
    shuffled: float = 0.0


@dataclass(frozen=True)
class ExampleForms:
    """How many pairs show worked examples that come with the task, and of these at most how many.

    Attributes:
        definition: the field with the definition of the task; examples stand behind it where a prompt begins with it.
        good, bad: fields that hold right and wrong examples: lists of `input`, `output` and, with `explained`,
            `explanation`; None where the task type has none.
    """

    rate: float = 0.0
    most_good: int = 2
    most_bad: int = 1
    definition: str | None = None
    good: str | None = None
    bad: str | None = None
    explained: bool = False


@dataclass(frozen=True)
class SystemForms:
    """How many pairs have a system message: texts by the language of the wording, `""` for all other languages."""

    rate: float = 0.0
    messages: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def texts_for(self, language: str) -> tuple[str, ...]:
        """Those for a wording in this language: `pt` is for `pt-BR` too."""
        by_tag = dict(self.messages)
        return by_tag.get(language) or by_tag.get(language.split("-")[0]) or by_tag.get("", ())


@dataclass(frozen=True)
class FormPlan:
    """The forms of a task's pairs.

    Attributes:
        inverted: how many examples are rendered with inverted wordings; None for no matter.
        reasoning: how many of the examples that have an explanation are answered with it before the answer, the others
            without it; None for no matter.
        max_tokens: of a pair; None for any number.
        wordings: what is known of each template of the task, in their order; None for what is not native.
        answer: the field of the gold choice, if the answer is one.
        labels: fields that point into the choices; empty where some lie too deep to be changed with them.
        explanation, shrinks, answers: fields that explain the answer, may be shortened, and are the answer.
    """

    seed: int
    options: OptionForms = OptionForms()
    inverted: float | None = None
    reasoning: float | None = None
    examples: ExampleForms = ExampleForms()
    system: SystemForms = SystemForms()
    max_tokens: int | None = None
    wordings: tuple[WordingFacts | None, ...] = ()
    answer: str | None = None
    labels: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()
    shrinks: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether a draw decides which wordings an example may get."""
        return not (self.inverted is None and self.reasoning is None and self.options.listed is None)

    @property
    def narrowed_by(self) -> tuple[str, ...]:
        """The fields that must be there for a draw of an example to count."""
        return self.explanation if self.reasoning is not None else ()


@dataclass(frozen=True)
class Variant:
    """What is changed in the text of a wording; the default is nothing.

    Attributes:
        style: of the options, `own` for as they are, or one of `STYLES`.
        by_label: whether the answer is the label of the gold option.
        reasons: whether what explains the answer is put before it.
        good, bad: how many worked examples stand before the prompt.
    """

    style: str = OWN
    by_label: bool = False
    reasons: bool = False
    good: int = 0
    bad: int = 0


def tags_of(facts: WordingFacts, variant: Variant, plan: FormPlan) -> Iterable[str]:
    """The tags of pairs that have this variant of a wording."""
    if facts.inverts:
        yield INVERTED
    if len(plan.answers) > 1 and not facts.inverts:
        yield COMPOUND
    if plan.answer is not None and not facts.inverts:
        yield OPTIONS + shown_as(facts, variant)
        if variant.by_label or facts.is_label:
            yield BY_LABEL
    if plan.explanation and not facts.inverts:
        yield REASONING + (REASONS_FIRST if variant.reasons else facts.reasons)
    if variant.good or variant.bad:
        yield f"{EXAMPLES}{variant.good}+{variant.bad}"


BLOCKS = {"lettered": "letters", "bracketed": "brackets", "numbered": "numbers", "bulleted": "bullets"}


def shown_as(facts: WordingFacts, variant: Variant) -> str:
    """How the options are shown: a style, `in_text`, or `none`."""
    if variant.style != OWN:
        return variant.style
    if not facts.lists:
        return "none"
    return BLOCKS.get(facts.block or "", "in_text")
