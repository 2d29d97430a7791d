"""The `gates` of a pipeline file: from which values on a task is warned of or blocked, and which tasks are excepted."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr, model_validator

from taskmill.jobs.configuration.mistakes import nearest
from taskmill.jobs.configuration.values import Frozen, OrOff, Text
from taskmill.udfs.gates.verdicts import Limits

# What is degenerate beyond doubt blocks; the rest warns. docs/gates.md has the source of each number.
DEFAULTS: Mapping[str, Limits] = {
    "too_few_examples": Limits(warn=26, block=1),
    "single_output": Limits(block=2),
    "majority": Limits(warn=0.9),
    "label_entropy": Limits(warn=0.8),
    "conflicting_outputs": Limits(warn=0.01),
    "position_bias": Limits(warn=0.3),
    "length_bias": Limits(warn=0.2),
    "lexical_giveaway": Limits(warn=0.15),
    "unused_field": Limits(warn=1),
    "idle_template": Limits(warn=1),
    "sparse_language": Limits(warn=10),
    "outside_definition": Limits(warn=0.01),
    "outside_choices": Limits(warn=0.05),
}


def _known_gate(name: str) -> str:
    if name not in DEFAULTS:
        raise ValueError(f"there is no gate {name!r}{nearest(name, DEFAULTS)}")
    return name


def _off_as_none(value: object) -> object:
    """YAML 1.1 takes a bare `off` for false."""
    return None if value is False or value == "off" else value


GateName = Annotated[StrictStr, AfterValidator(_known_gate)]
ShareLimit = Annotated[Annotated[float, Field(ge=0, le=1)] | None, BeforeValidator(_off_as_none)]
CountLimit = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_off_as_none)]


class Gate(Frozen):
    """Limits of one gate. What is not set keeps its default; `off` takes a limit away.

    Attributes:
        severity: the worst that the gate says: with `warn` it never blocks, with `block` all that it would warn of is
            blocked unless `block` has a limit of its own, with `off` it says nothing. A word alone is short for this.
    """

    severity: Annotated[Literal["off", "warn", "block"] | None, OrOff] = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"severity": value} if value is False or isinstance(value, str) else value

    def limits(self, default: Limits) -> Limits | None:
        """The limits in force; None for a gate that is off."""
        told = self.model_dump(exclude_unset=True)
        warn, block = told.get("warn", default.warn), told.get("block", default.block)
        if self.severity == "off":
            return None
        if self.severity == "warn":
            return Limits(block if warn is None else warn, None)
        if self.severity == "block":
            return Limits(warn, warn if block is None or (block == default.block and warn is not None) else block)
        return Limits(warn, block)


class ShareGate(Gate):
    warn: ShareLimit = None
    block: ShareLimit = None


class CountGate(Gate):
    warn: CountLimit = None
    block: CountLimit = None


class Gates(Frozen):
    """What every task is looked at for before anything of it is published; docs/gates.md.

    Attributes:
        excepted: task, or a glob of tasks -> gates that say nothing of it.
    """

    too_few_examples: CountGate = CountGate()
    single_output: CountGate = CountGate()
    majority: ShareGate = ShareGate()
    label_entropy: ShareGate = ShareGate()
    conflicting_outputs: ShareGate = ShareGate()
    position_bias: ShareGate = ShareGate()
    length_bias: ShareGate = ShareGate()
    lexical_giveaway: ShareGate = ShareGate()
    unused_field: CountGate = CountGate()
    idle_template: CountGate = CountGate()
    sparse_language: CountGate = CountGate()
    outside_definition: ShareGate = ShareGate()
    outside_choices: ShareGate = ShareGate()
    excepted: Annotated[Mapping[Text, tuple[GateName, ...]], Field(alias="except")] = {}

    def limits(self) -> dict[str, Limits]:
        """The limits of every gate that is not off."""
        found = {name: getattr(self, name).limits(default) for name, default in DEFAULTS.items()}
        return {name: limits for name, limits in found.items() if limits is not None}

    def excepted_of(self, task: str) -> frozenset[str]:
        """The gates that say nothing of a task."""
        return frozenset(
            gate for pattern, gates in self.excepted.items() if fnmatchcase(task, pattern) for gate in gates
        )
