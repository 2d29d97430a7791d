"""What files of mixtures may say: which pairs, in which proportions, how many, and the most informative of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr, model_validator

from taskmill.jobs.configuration.values import Count, Frozen, Name, Share, Text
from taskmill.udfs.mixtures.plans import WEIGHTED
from taskmill.udfs.mixtures.rates import Part as RatedPart

COUNTLESS = ("equal", "temperature")  # rules whose rates are no numbers of pairs
DIVERSITY, RARITY, QUALITY = "diversity", "rarity", "quality"
OWN_SCORES = (DIVERSITY, RARITY, QUALITY)  # that need no table of scores


class MixturePart(Frozen):
    """Tasks that are mixed by one rule; a task belongs to the first part that names it or its cluster.

    Attributes:
        tasks: names of tasks or sources, or globs of them; with `clusters`, what both name. Without either, all.
        rule: how a task's number of examples becomes its rate: docs/mixtures.md.
        maximum: of a task's rate; for `t0` the number of examples from which on wordings share it.
        share: of the whole mixture; without one, what the rates come to beside the other parts.
    """

    tasks: tuple[Text, ...] = ()
    clusters: tuple[Text, ...] = ()
    rule: Literal["proportional", "equal", "temperature", "t0"] = "proportional"
    maximum: Count | None = None
    temperature: Annotated[float, Field(gt=0)] | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _fits_its_rule(self) -> MixturePart:
        if self.rule == "t0" and self.maximum is None:
            raise ValueError("rule 't0' needs `maximum`, as in maximum: 500000")
        if (self.rule == "temperature") != (self.temperature is not None):
            raise ValueError("`temperature` goes with `rule: temperature`, and the rule with a temperature")
        return self

    def rated(self, name: str, tasks: tuple[str, ...]) -> RatedPart:
        """The part with the tasks that it has."""
        return RatedPart(name, tasks, self.rule, self.maximum, self.temperature or 1.0, self.share)


class Caps(Frozen):
    """The most pairs of one example, template (of one task), task, source, language (of the data) or task cluster."""

    example: Count | None = None
    template: Count | None = None
    task: Count | None = None
    source: Count | None = None
    language: Count | None = None
    cluster: Count | None = None


class Budget(Frozen):
    """How large a mixture is, in pairs or in tokens (four characters each), repeats counted."""

    pairs: Count | None = None
    tokens: Count | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Budget:
        if (self.pairs is None) == (self.tokens is None):
            raise ValueError("give either `pairs` or `tokens`")
        return self


class ScoreColumn(Frozen):
    """A column of the table of scores.

    Attributes:
        prefer: which values speak for an example; `middle`: those near the median.
        across: for scores of pairs, what stands for an example: the mean over its wordings, the highest, or how far
            apart they are (the standard deviation), which tells where wordings disagree.
    """

    weight: Annotated[float, Field(gt=0)] = 1.0
    prefer: Literal["high", "low", "middle"] = "high"
    across: Literal["mean", "highest", "spread"] = "mean"


def _weight_alone(value: Any) -> Any:
    """`loss: 2` is short for `loss: {weight: 2}`."""
    return {"weight": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Select(Frozen):
    """Which examples of the mixture's pairs are the most informative: its pairs are of these alone.

    Attributes:
        examples: how many a round chooses.
        by: what counts and how much: diversity, rarity, quality, and columns of the table `scores`.
        scores: a Delta table or parquet files (a path or URI, or `catalog:schema.table`) with example_id or pair_id.
        label_coverage: whether the labels of a task share its examples evenly.
    """

    examples: Count
    by: Mapping[Text, Annotated[ScoreColumn, BeforeValidator(_weight_alone)]] = {DIVERSITY: ScoreColumn()}
    scores: Text | None = None
    label_coverage: bool = False

    @property
    def columns(self) -> dict[str, ScoreColumn]:
        """What is read from the table of scores."""
        return {name: column for name, column in self.by.items() if name not in OWN_SCORES}

    @property
    def weights(self) -> dict[str, float]:
        return {name: column.weight for name, column in self.by.items()}


def _positive(value: Mapping[str, MixturePart]) -> Mapping[str, MixturePart]:
    shares = [part.share for part in value.values() if part.share is not None]
    if sum(shares) > 1 + 1e-9:
        raise ValueError(f"the shares of the parts come to {sum(shares):g}, and the whole is 1")
    return value


class Mixture(Frozen):
    """A mixture: a file named by `mixtures` of the pipeline, or a preset.

    Attributes:
        based_on: another mixture or preset; what this one says takes the place of what that one does.
        fold: held out meanwhile; its training side is mixed. Without one, whatever may be trained on.
        inverts: whether pairs may take part that ask for another field than the answer.
        unknown_names: whether a name that no task, source or cluster has is a mistake.
        parts: in order; without any, all tasks by one `proportional` rule.
        balance_labels: the most pairs of one label of a task, as a multiple of its rarest label.
        templates: how wordings share their task: as many as there are pairs, evenly, or by `wording_scores`.
        drop_below: wordings with a lower score take no part.
        epochs: how often a pair may come.
    """

    mixture: Name
    based_on: Name | None = None
    description: StrictStr = ""
    fold: Annotated[StrictInt, Field(ge=0)] | None = None
    split: Literal["train", "validation", "test", "all"] = "train"
    seed: StrictInt | None = None
    inverts: bool = True
    unknown_names: Literal["error", "ignore"] = "error"
    parts: Annotated[Mapping[Name, MixturePart], AfterValidator(_positive)] = {}
    caps: Caps = Caps()
    balance_labels: Annotated[float, Field(ge=1)] | None = None
    templates: Literal["as_they_are", "even", "weighted"] = "as_they_are"
    drop_below: Share | None = None
    epochs: Annotated[float, Field(gt=0)] = 1.0
    budget: Budget | None = None
    select: Select | None = None

    @model_validator(mode="after")
    def _says_how_many(self) -> Mixture:
        rules = [part.rule for part in self.parts.values() if part.rule in COUNTLESS]
        if rules and self.budget is None:
            raise ValueError(
                f"rule {rules[0]!r} says how tasks compare, not how many pairs to take: add `budget`, as in "
                "budget: {pairs: 100000}"
            )
        return self

    @property
    def needs_wording_scores(self) -> bool:
        return self.templates == WEIGHTED or self.drop_below is not None
