"""Which pairs a person reads in the report: the same ones as long as the data are the same, of every task cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from pyspark.sql import Column

    from taskmill.jobs.context import Context

MOST_PAIRS = 300
MOST_OF_A_TASK = 4
HEAD, TAIL = 12_000, 3_000  # characters of a longer text; what is between them is only counted
COLUMNS = (
    "pair_id",
    "example_id",
    "task",
    "task_cluster",
    "fold",
    "split",
    "template",
    "inverts",
    "languages",
    "prompt_language",
    "response_language",
    "licence",
    "do_not_train",
    "held_out_example",
    "held_out_task",
    "excluded_folds",
    "flags",
    "form",
    "system",
    "prompt_chars",
    "response_chars",
    "choices",
    "gold_index",
)
EIGHT, LATER = 8, "g"  # which sorts behind all ids: they are hexadecimal
LISTS = ("warnings", "flags")
ORDER = (*LISTS, "template")  # of kinds of candidates
FORM = "form"  # a kind of which one of each value is enough
OPTIONAL_COLUMNS = ("warnings", "quality")
MOST_CHOICES, LONGEST_CHOICE = 12, 200


@dataclass(frozen=True)
class Candidate:
    """A pair that may be shown: of its task the first with this wording, with this flag or warning, or with this tag of
    its form. Its id has `LATER` before it where it is only the next best."""

    task: str
    kind: str
    value: str
    pair_id: str


def candidates(context: Context) -> list[Candidate]:
    """For each task a pair of each wording, and of those with each flag or warning, and with each tag of a form: the
    lowest id of those there are.

    A wording takes its pair from its own eighth of the examples, if these have one: the wordings of a task would
    otherwise all come with one example.
    """
    pairs = context.warehouse.read(tables.PAIRS, "report")
    is_own = f"pmod(hash(example_id), {EIGHT}) = pmod(hash(template_id), {EIGHT})"
    kinds = [f"'template', template_id, IF({is_own}, pair_id, concat('{LATER}', pair_id))"]
    kinds += [f"'{name}', {_list(name)}, pair_id" for name in LISTS if name in pairs.columns]
    told = pairs.selectExpr("task", f"stack({len(kinds)}, {', '.join(kinds)}) AS (kind, value, id)")
    forms = pairs.select(
        "task", F.lit(FORM).alias("kind"), F.explode("form").alias("value"), F.col("pair_id").alias("id")
    )
    first = (
        told.where("value IS NOT NULL")
        .unionByName(forms)
        .groupBy("task", "kind", "value")
        .agg(F.min("id").alias("pair_id"))
    )
    return [Candidate(**row.asDict()) for row in first.collect()]


def _list(name: str) -> str:
    return f"IF(size({name}) > 0, array_join({name}, ' '), NULL)"


def chosen_pairs(found: Sequence[Candidate], tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of pairs to show: one with each form that there is; then of each task first those with warnings and flags,
    then one of each wording. Clusters, and the tasks of a cluster, take turns, so that each has some."""
    forms: dict[str, str] = {}
    for one in sorted((one for one in found if one.kind == FORM), key=lambda one: (one.value, one.pair_id)):
        forms.setdefault(one.value, one.pair_id)
    of_task: dict[str, list[Candidate]] = defaultdict(list)
    others = (one for one in found if one.kind != FORM)
    for one in sorted(others, key=lambda one: (ORDER.index(one.kind), one.pair_id, one.value)):
        of_task[one.task].append(one)
    queues: dict[str, list[Iterator[str]]] = defaultdict(list)
    for row in tasks:
        ids = list(dict.fromkeys(one.pair_id.removeprefix(LATER) for one in of_task[row["task"]]))
        queues[row["task_cluster"]].append(iter(ids[:MOST_OF_A_TASK]))
    turns = _in_turns([_in_turns(queue) for _, queue in sorted(queues.items())])
    return list(islice(dict.fromkeys([*forms.values(), *turns]), MOST_PAIRS))


def _in_turns(queues: Sequence[Iterator[str]]) -> Iterator[str]:
    """The items of all queues: the first of each, then the second of each, and so on."""
    waiting = list(queues)
    while waiting:
        left = []
        for queue in waiting:
            item = next(queue, None)
            if item is not None:
                left.append(queue)
                yield item
        waiting = left


def read_pairs(context: Context, chosen: Sequence[str], examples: Sequence[str]) -> list[dict[str, Any]]:
    """The chosen pairs, and one pair of each of some examples; long texts without their middle."""
    pairs = context.warehouse.read(tables.PAIRS, "report")
    optional = [name for name in OPTIONAL_COLUMNS if name in pairs.columns]
    # Ids lie in order within a task, so the highest one looked for saves reading most pages of large tasks.
    is_chosen = F.col("pair_id").isin(*chosen) & (F.col("pair_id") <= F.lit(max(chosen, default="")))
    wanted = is_chosen | F.col("example_id").isin(*examples) if examples else is_chosen
    columns = [*COLUMNS, *optional]
    choices = F.transform(F.slice("choices", 1, MOST_CHOICES), lambda choice: F.substring(choice, 1, LONGEST_CHOICE))
    texts = [_text(name) for name in ("prompt", "response")]
    told = [choices.alias(name) if name == "choices" else F.col(name) for name in columns]
    rows = pairs.where(wanted).select(*told, F.size("choices").alias("choice_count"), *texts).collect()
    return sorted(
        (row.asDict(recursive=True) for row in rows), key=lambda row: (row["task_cluster"], row["task"], row["pair_id"])
    )


def _text(name: str) -> Column:
    """A text, or its head and its tail and how many characters are between them."""
    chars = F.char_length(name)
    left_out = F.format_number(chars - HEAD - TAIL, 0)
    cut = F.concat(
        F.substring(name, 1, HEAD),
        F.lit("\n\n[... "),
        left_out,
        F.lit(" characters left out ...]\n\n"),
        F.expr(f"right({name}, {TAIL})"),
    )
    return F.when(chars > HEAD + TAIL, cut).otherwise(F.col(name)).alias(name)
