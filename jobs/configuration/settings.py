"""The parts of a pipeline file that set how steps work: what is a near-duplicate, an overlap, and too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StrictStr

from taskmill.jobs.configuration.values import CheckName, Count, Frozen, Name, OrOff, Severity, Share, Text
from taskmill.udfs.licences import GLOB, Rules
from taskmill.udfs.near_duplicates.curve import best_bands, drawing, expected_recall
from taskmill.udfs.pair_checks.registry import CHECKS, OFF
from taskmill.udfs.rendering.bounds import Limits as RenderLimits

PERMUTATIONS = {"thorough": (256, 0.98), "cheap": (120, 0.98)}  # of a signature, and the recall at the threshold


class NearDuplicates(Frozen):
    """How near-duplicates among examples are looked for, and what becomes of them.

    Attributes:
        threshold: Jaccard similarity of the shingles of every content field from which on two examples are alike.
        profile: `thorough` bands find nearly all pairs at the threshold, `cheap` ones cost half and find fewer.
        warn_above, stop_above: shares of a task's examples; when more would leave, the run warns or stops.
        may_lose: tasks that may lose any share.
    """

    mode: Annotated[Literal["remove", "annotate", "off"], OrOff] = "remove"
    scope: Literal["task_type", "all"] = "task_type"
    threshold: Annotated[float, Field(ge=0.3, le=1)] = 0.8
    profile: Literal["thorough", "cheap"] = "thorough"
    words: Count = 5
    keep_rejected: bool = False
    warn_above: Share = 0.3
    stop_above: Share = 0.6
    may_lose: tuple[StrictStr, ...] = ()

    def told(self, drawn: bool = False) -> str:
        """In a line what is looked for and how much of it is found; `drawn` with the curve."""
        if self.mode == "off":
            return "near-duplicates: not looked for"
        bands, rows = self.bands_and_rows
        found = expected_recall(self.threshold, bands, rows)
        what = f"near-duplicates: Jaccard >= {self.threshold}, {bands} bands of {rows}"
        line = f"{what}; about {found:.2%} of them are found"
        return f"{line}\n\n{drawing(bands, rows, self.threshold)}" if drawn else line

    @property
    def of_signatures(self) -> tuple[object, ...]:
        """What signatures depend on."""
        return self.scope, self.words, self.bands_and_rows

    @property
    def bands_and_rows(self) -> tuple[int, int]:
        """The longest bands that find enough of the pairs at the threshold, with the permutations of the profile."""
        return best_bands(self.threshold, *(PERMUTATIONS[self.profile]))


class Contamination(Frozen):
    """Whether examples to train on are compared with those that are held out, and what becomes of what they share.

    With `exclude`, an example leaves the training sets of the folds it overlaps; with `report`, table `contamination`
    says so and nothing leaves.
    """

    mode: Annotated[Literal["exclude", "report", "off"], OrOff] = "exclude"


class Embedder(Frozen):
    """A model that turns instructions into vectors: one of sentence-transformers, or, with an endpoint, one behind an
    OpenAI-compatible `/embeddings`, whose key stands in the environment."""

    model: StrictStr
    endpoint: StrictStr | None = None
    timeout_seconds: Annotated[float, Field(gt=0)] = 60.0


class Clusters(Frozen):
    """How tasks that nothing pins come to their clusters, and which are too similar for two sides of a fold.

    Attributes:
        by: `similarity` of what is known of a task, or `task_type`: with the other tasks of its type.
        examples: of each task that are looked at.
        embedder: a model that reads instructions; without one, their words are counted.
        too_similar: similarity of two tasks (0 to 1) from which on they are not on the two sides of a fold.
    """

    by: Literal["similarity", "task_type"] = "similarity"
    examples: Count = 50
    embedder: Embedder | None = None
    too_similar: Share = 0.9


class ClusterRules(Frozen):
    """What people say about task clusters: conf/cluster_rules.yaml. Tasks are meant by their names, by those of their
    sources or by a glob of either.

    Attributes:
        pins: cluster -> the tasks that are in it.
        together, apart: lists of tasks that must, or of which no two may, share a cluster.
        related: lists of clusters that are never on the two sides of a fold.
        siblings: lists of sources of one origin.
        unknown_names: whether a name that no task has is a mistake.
    """

    cluster_rules: Name
    pins: Mapping[Name, tuple[Text, ...]] = {}
    together: tuple[tuple[Text, ...], ...] = ()
    apart: tuple[tuple[Text, ...], ...] = ()
    related: tuple[tuple[Name, ...], ...] = ()
    siblings: tuple[tuple[Text, ...], ...] = ()
    unknown_names: Literal["error", "ignore"] = "error"


class HeldOutTasks(Frozen):
    """How many lineages of tasks every cluster keeps out of all training, and which: turn 0, 1, 2..."""

    each_cluster: Annotated[StrictInt, Field(ge=0)] = 0
    turn: Annotated[StrictInt, Field(ge=0)] = 0


class Checks(Frozen):
    """What is looked for in rendered pairs, and what becomes of those in which it is found.

    Attributes:
        severity: of each check that is not to be as grave as it is by default.
        tasks: the same for some tasks, by name or glob; later ones win.
        max_tokens: of a pair, at four bytes of UTF-8 a token.
        max_ratio: of the lengths of response and prompt.
    """

    severity: Mapping[CheckName, Severity] = {}
    tasks: Mapping[Text, Mapping[CheckName, Severity]] = {}
    max_tokens: Count = 8192
    max_ratio: Annotated[float, Field(gt=0)] = 20.0

    def severities(self, task: str) -> dict[str, str]:
        """Of each check for this task; without those that are off."""
        found: dict[str, str] = {name: check.severity for name, check in CHECKS.items()}
        found.update(self.severity)
        for pattern, own in self.tasks.items():
            if fnmatchcase(task, pattern):
                found.update(own)
        return {name: severity for name, severity in found.items() if severity != OFF}


class Review(Frozen):
    """What reviewers' decisions mean for a run.

    Attributes:
        max_error_rate: of a task's reviewed pairs; None to judge no task by it.
        confidence: of the interval of that rate. Only when all of it is above the limit, the task has failed.
        severity: whether a task that failed is told, or also fails the command.
        adjudicators: reviewers whose decisions take the place of all that were made before them.
    """

    max_error_rate: Share | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    severity: Literal["warn", "error"] = "warn"
    adjudicators: tuple[Text, ...] = ()


class Limits(Frozen):
    max_prompt_chars: Count = 100_000
    max_response_chars: Count = 50_000
    max_value_size: Count = 1_000_000
    max_steps: Count = 100_000
    max_render_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    max_unreadable_files: Annotated[StrictInt, Field(ge=0)] = 20
    max_file_bytes: Count = 512 * 1024 * 1024

    @property
    def of_render(self) -> RenderLimits:
        """Those that bound a render."""
        return RenderLimits(**self.model_dump(include={field.name for field in fields(RenderLimits)}))


class Licences(Frozen):
    """Which sources may be published: SPDX ids or globs of them. `deny` is looked at first; with an empty `allow` all
    other licences are allowed that SPDX lists. `unknown` is for names it does not list."""

    allow: tuple[StrictStr, ...] = ()
    deny: tuple[StrictStr, ...] = ()
    unknown: Literal["allow", "deny"] = "allow"

    @property
    def rules(self) -> Rules:
        return Rules(self.allow, self.deny, self.unknown == "allow")

    @staticmethod
    def is_glob(pattern: str) -> bool:
        return GLOB.search(pattern) is not None
