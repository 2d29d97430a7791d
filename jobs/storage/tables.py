"""Name, columns, key and layout of every Delta table: the contract between the steps. Nothing else.

Ids, keys and counts come first and text last: Delta keeps statistics of the first columns only, and statistics on long
text are waste.
"""

from __future__ import annotations

from pyspark.sql.types import StructType

from taskmill.jobs.storage.accounts import DECISIONS as DECISIONS
from taskmill.jobs.storage.accounts import FILES as FILES
from taskmill.jobs.storage.accounts import LEDGER as LEDGER
from taskmill.jobs.storage.accounts import QUARANTINE as QUARANTINE
from taskmill.jobs.storage.accounts import SIGNATURES as SIGNATURES
from taskmill.jobs.storage.gates_table import GATES as GATES
from taskmill.jobs.storage.table import (
    BOOLEAN,
    COUNTS,
    DOUBLE,
    INTEGER,
    INTEGERS,
    LONG,
    SIMILARITIES,
    STRING,
    STRINGS,
    TIMESTAMP,
    column,
    maybe,
    structs,
)
from taskmill.jobs.storage.table import Table as Table

EXCLUSIONS = structs(fold=INTEGER, channel=STRING, other=STRING, detail=STRING)
SIMILAR_TASKS = structs(task=STRING, similarity=DOUBLE, shared=STRINGS)
TURNS = structs(prompt=STRING, response=STRING)
EXAMPLES = Table(
    "examples",
    "One row of a task as canonical fields, identical copies within a split taken together",
    key=("example_id",),
    indexed=6,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("example_id", STRING, "128-bit hash of task, split and fields"),
            column("source", STRING, "The dataset, as in conf/sources"),
            column("task_type", STRING, "What is asked, as in templates"),
            column("split", STRING, "train, validation or test"),
            column("role", STRING, "train, or benchmark: compared against, never trained on"),
            column("copies", LONG, "Identical rows of the source that this row stands for"),
            column("content_key", STRING, "Hash of the normalised fields but the answer and what explains it"),
            column("answer_key", STRING, "Hash of the normalised answer"),
            maybe("group_key", STRING, "What belongs together, as the source's `group` says"),
            column("revision", STRING, "Revision of the source"),
            column("licence", STRING, "Licence of the source"),
            column("do_not_train", BOOLEAN, "Its owners ask that it is not trained on"),
            column("languages", STRINGS, "BCP-47 tags of the data"),
            column("flags", STRINGS, "What a person may want to look at, such as personal_email"),
            column("answer", STRING, "The gold answer as text; a choice as its text"),
            maybe("references", STRINGS, "All right answers as text, where the source keeps several"),
            maybe("files", COUNTS, "The files it stands in, and how often; null where there are none"),
            column("fields", STRING, "One JSON object with exactly the fields of the task type"),
        ]
    ),
)

DUPLICATES = Table(
    "duplicates",
    "An example or pair that repeats another: what was kept in its place, or with what it is in conflict",
    key=("example_id", "template_id", "kind"),
    indexed=6,
    schema=StructType(
        [
            column("kind", STRING, "exact, near, conflict or contrast (equal or alike, other answer), same_text"),
            column("task", STRING, "Task of the repeating example"),
            column("example_id", STRING, "The example that repeats another"),
            maybe("template_id", STRING, "For a pair: its template"),
            column("kept_id", STRING, "The example kept in its place, or in conflict with it"),
            column("kept_task", STRING, "Task of that example"),
            column("removed", BOOLEAN, "Whether the row leaves; conflicts stay"),
            column("similarity", DOUBLE, "Jaccard of the field least alike; 1.0: equal after normalising"),
            maybe("containment", DOUBLE, "near: shingles in both, of those of the shorter"),
            maybe("bands", INTEGER, "near: bands in which the two met"),
            maybe("group_id", STRING, "near: the first example of the duplicate group"),
            column("rule", STRING, "The rule and its version"),
        ]
    ),
)

CONTAMINATION = Table(
    "contamination",
    "An example to train on that has content of held-out examples, and for each of their tasks the most telling one",
    key=("example_id", "other_task"),
    indexed=8,
    schema=StructType(
        [
            column("task", STRING, "Task of the example to train on"),
            column("example_id", STRING, "The example to train on"),
            column("held_out", STRING, "Why the other is: benchmark, task (not trained on), fold, split (its own)"),
            column("other_task", STRING, "Task of the example it overlaps"),
            column("other_id", STRING, "The example it overlaps"),
            column("kind", STRING, "same_question_and_answer, same_question, same_context, same_text or same_group"),
            column("share", DOUBLE, "Of the other's field found best: how much of it stands here; 1.0 for same_group"),
            column("words", INTEGER, "Words that both have in common runs"),
            column("others", LONG, "Examples of the other task that were found alike; at most a few are compared"),
            column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            column("rule", STRING, "The rule and its version"),
            column("spans", STRINGS, "The longest runs of words that both have, in lower case"),
        ]
    ),
)

TASKS = Table(
    "tasks",
    "One source used for one task type, with the cluster and fold it is held out in",
    key=("task",),
    indexed=4,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("task_type", STRING, "What is asked"),
            column("source", STRING, "The dataset"),
            column("task_cluster", STRING, "Tasks too similar to train on one and test on another"),
            column("cluster_origin", STRING, "What put it there: rules, source, task_type or similarity"),
            maybe("fold", INTEGER, "Held-out group, -1 for none; null for benchmarks"),
            column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            column("held_out_task", BOOLEAN, "Kept out of all training, to test on tasks of seen clusters"),
            column(
                "exclusions", EXCLUSIONS, "Why it stays out of each of these: what it shares with which held-out task"
            ),
            column("lineage", STRING, "Equal for sources of one origin"),
            column("role", STRING, "train or benchmark"),
            column("example_count", LONG, "Examples after deduplication"),
            column("confidence", DOUBLE, "0 to 1 that it belongs to the cluster; 1.0 for a pin"),
            column("similarities", SIMILARITIES, "Mean similarity to the tasks of each cluster"),
            maybe("nearest_cluster", STRING, "The other cluster it is most similar to"),
            column("similar_tasks", SIMILAR_TASKS, "The most similar other tasks, 0 to 1, and what makes them so"),
            maybe("map_x", DOUBLE, "Place on a map on which similar tasks are near each other"),
            maybe("map_y", DOUBLE, "Place on that map"),
        ]
    ),
)

CLUSTERINGS = Table(
    "clusterings",
    "Every version of the task clusters and folds there has been",
    key=("version", "task"),
    indexed=4,
    schema=StructType(
        [
            column("version", INTEGER, "1, 2, 3...; the highest is in use"),
            column("task", STRING, "source.task_type"),
            column("task_cluster", STRING, "Tasks too similar to train on one and test on another"),
            maybe("fold", INTEGER, "Held-out group, -1 for none; null for benchmarks"),
            column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            column("held_out_task", BOOLEAN, "Kept out of all training"),
            column("confidence", DOUBLE, "0 to 1 that it belongs to the cluster"),
            column("dealt_by", STRING, "Stands for seed and folds: while it is the same, clusters stay in their folds"),
            column("made_at", TIMESTAMP, "When this version was made"),
            column("run_id", STRING, "The run that made it"),
        ]
    ),
)

GROUPS = Table(
    "groups",
    "Examples that belong together, and so must stay on one side when some of them are held out",
    key=("example_id",),
    indexed=3,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("example_id", STRING, "An example that does not stand alone"),
            column("group_id", STRING, "Equal for all that belong together"),
        ]
    ),
)

TEMPLATES = Table(
    "templates",
    "Every wording of every task type in use",
    key=("template_id",),
    indexed=3,
    schema=StructType(
        [
            column("template_id", STRING, "128-bit hash of names and text"),
            column("task_type", STRING, "What is asked"),
            column("template", STRING, "Name of the wording"),
            column("language", STRING, "BCP-47 tag of the wording"),
            column("dialect", STRING, "native or promptsource"),
            column("tier", STRING, "How it is rendered: kernels over columns, or rows one by one"),
            column("origin", STRING, "hand, published, or paraphrased by a model, which it names"),
            column("inverts", BOOLEAN, "Asks for another field than the answer"),
            column("needs", STRINGS, "Optional fields it cannot do without"),
            column("prompt", STRING, "Jinja text of the prompt; of prompt and response for promptsource"),
            column("response", STRING, "Jinja text of the response; empty for promptsource"),
            maybe("follow_up", STRING, "Jinja text of the prompt in a dialogue where the text was shown before"),
            maybe("answer_choices", STRING, "promptsource: Jinja text of the choices"),
        ]
    ),
)

PAIRS = Table(
    "pairs",
    "A rendered prompt and response, labelled for held-out evaluation",
    key=("pair_id",),
    indexed=8,
    partitioned_by=("task_cluster",),
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("pair_id", STRING, "80 bits of example_id and 48 of template_id"),
            column("example_id", STRING, "The example rendered"),
            column("template_id", STRING, "The wording used"),
            column("text_key", LONG, "xxHash64 of prompt and response: equal pairs share it, and others hardly ever"),
            column("fold", INTEGER, "Held-out group of the task's cluster"),
            column("split", STRING, "train, validation or test"),
            column("task_type", STRING, "What is asked"),
            column("template", STRING, "Name of the wording"),
            column("inverts", BOOLEAN, "Asks for another field than the gold answer"),
            column("source", STRING, "The dataset"),
            column("revision", STRING, "Its revision"),
            column("licence", STRING, "Its licence"),
            column("do_not_train", BOOLEAN, "Its owners ask that it is not trained on"),
            column("languages", STRINGS, "BCP-47 tags of the data"),
            column("prompt_language", STRING, "BCP-47 tag of the wording"),
            column("response_language", STRING, "BCP-47 tag of the response"),
            column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            column("group_id", STRING, "Equal for examples that belong together"),
            column("held_out_example", BOOLEAN, "Drawn, with its group, to test on examples of tasks trained on"),
            column("held_out_task", BOOLEAN, "Of a task kept out of all training, to test on tasks of seen clusters"),
            column("flags", STRINGS, "Flags of the example"),
            column("warnings", STRINGS, "What the checks of pairs found, such as markup"),
            column("quality", DOUBLE, "0 to 1: the product of 1 - penalty over its warnings"),
            column("form", STRINGS, "Tags of the form it was drawn to have, such as order:shuffled"),
            column("prompt_chars", INTEGER, "Length in characters"),
            column("response_chars", INTEGER, "Length in characters"),
            maybe("gold_index", INTEGER, "0-based position of the gold answer in choices"),
            maybe("choices", STRINGS, "The answers offered or possible"),
            maybe("shots", STRINGS, "Ids of the examples that the prompt shows with their answers; null for none"),
            maybe("turns", TURNS, "Of a dialogue its turns, the last one included; null for others"),
            column("run_id", STRING, "The run that wrote the row"),
            column("task_cluster", STRING, "Tasks too similar to train on one and test on another"),
            maybe("system", STRING, "The system message, if it has one"),
            column("prompt", STRING, "What is asked"),
            column("response", STRING, "The gold response"),
        ]
    ),
)

ALL = (
    EXAMPLES, DUPLICATES, GROUPS, CONTAMINATION, TASKS, CLUSTERINGS, TEMPLATES, PAIRS, QUARANTINE, GATES, SIGNATURES,
    FILES, LEDGER, DECISIONS,
)  # fmt: skip
