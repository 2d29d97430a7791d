"""Name, columns, key and layout of every Delta table: the contract between the steps. Nothing else.

Ids, keys and counts come first and text last: Delta keeps statistics of the first columns only, and statistics on long
text are waste.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

STRING, INTEGER, LONG, DOUBLE = StringType(), IntegerType(), LongType(), DoubleType()
BOOLEAN, TIMESTAMP, STRINGS, INTEGERS = (
    BooleanType(),
    TimestampType(),
    ArrayType(StringType()),
    ArrayType(IntegerType()),
)
LONGS = ArrayType(LongType())
COUNTS = MapType(StringType(), LongType())


@dataclass(frozen=True)
class Table:
    """One Delta table. `indexed` is how many of its first columns Delta keeps statistics of."""

    name: str
    comment: str
    key: tuple[str, ...]
    schema: StructType
    indexed: int
    partitioned_by: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.fieldNames())


def _column(name: str, kind: DataType, comment: str, nullable: bool = False) -> StructField:
    return StructField(name, kind, nullable, {"comment": comment})


def _maybe(name: str, kind: DataType, comment: str) -> StructField:
    return _column(name, kind, comment, nullable=True)


EXAMPLES = Table(
    "examples",
    "One row of a task as canonical fields, identical copies within a split taken together",
    key=("example_id",),
    indexed=6,
    schema=StructType(
        [
            _column("task", STRING, "source.task_type"),
            _column("example_id", STRING, "128-bit hash of task, split and fields"),
            _column("source", STRING, "The dataset, as in conf/sources"),
            _column("task_type", STRING, "What is asked, as in templates"),
            _column("split", STRING, "train, validation or test"),
            _column("role", STRING, "train, or benchmark: compared against, never trained on"),
            _column("copies", LONG, "Identical rows of the source that this row stands for"),
            _column("content_key", STRING, "Hash of the normalised fields but the answer and what explains it"),
            _column("answer_key", STRING, "Hash of the normalised answer"),
            _maybe("group_key", STRING, "What belongs together, as the source's `group` says"),
            _column("revision", STRING, "Revision of the source"),
            _column("licence", STRING, "Licence of the source"),
            _column("do_not_train", BOOLEAN, "Its owners ask that it is not trained on"),
            _column("languages", STRINGS, "BCP-47 tags of the data"),
            _column("flags", STRINGS, "What a person may want to look at, such as email_address"),
            _column("answer", STRING, "The gold answer as text; a choice as its text"),
            _maybe("references", STRINGS, "All right answers as text, where the source keeps several"),
            _maybe("files", COUNTS, "The files it stands in, and how often; null where there are none"),
            _column("fields", STRING, "One JSON object with exactly the fields of the task type"),
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
            _column("kind", STRING, "exact, near, conflict or contrast (equal or alike, other answer), same_text"),
            _column("task", STRING, "Task of the repeating example"),
            _column("example_id", STRING, "The example that repeats another"),
            _maybe("template_id", STRING, "For a pair: its template"),
            _column("kept_id", STRING, "The example kept in its place, or in conflict with it"),
            _column("kept_task", STRING, "Task of that example"),
            _column("removed", BOOLEAN, "Whether the row leaves; conflicts stay"),
            _column("similarity", DOUBLE, "Jaccard of the field least alike; 1.0: equal after normalising"),
            _maybe("containment", DOUBLE, "near: shingles in both, of those of the shorter"),
            _maybe("bands", INTEGER, "near: bands in which the two met"),
            _maybe("group_id", STRING, "near: the first example of the duplicate group"),
            _column("rule", STRING, "The rule and its version"),
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
            _column("task", STRING, "Task of the example to train on"),
            _column("example_id", STRING, "The example to train on"),
            _column("held_out", STRING, "Why the other is: benchmark, fold (another one), split (of the same task)"),
            _column("other_task", STRING, "Task of the example it overlaps"),
            _column("other_id", STRING, "The example it overlaps"),
            _column("kind", STRING, "same_question_and_answer, same_question, same_context, same_text or same_group"),
            _column("share", DOUBLE, "Of the other's field found best: how much of it stands here; 1.0 for same_group"),
            _column("words", INTEGER, "Words that both have in common runs"),
            _column("others", LONG, "Examples of the other task that were found alike; at most a few are compared"),
            _column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            _column("rule", STRING, "The rule and its version"),
            _column("spans", STRINGS, "The longest runs of words that both have, in lower case"),
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
            _column("task", STRING, "source.task_type"),
            _column("task_type", STRING, "What is asked"),
            _column("source", STRING, "The dataset"),
            _column("task_cluster", STRING, "Tasks too similar to train on one and test on another"),
            _column("cluster_origin", STRING, "pinned by the task type, or task_type where nothing pins it"),
            _maybe("fold", INTEGER, "Held-out group; null for benchmarks"),
            _column("role", STRING, "train or benchmark"),
            _column("example_count", LONG, "Examples after deduplication"),
            _column("confidence", DOUBLE, "1.0 for a pin"),
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
            _column("task", STRING, "source.task_type"),
            _column("example_id", STRING, "An example that does not stand alone"),
            _column("group_id", STRING, "Equal for all that belong together"),
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
            _column("template_id", STRING, "128-bit hash of names and text"),
            _column("task_type", STRING, "What is asked"),
            _column("template", STRING, "Name of the wording"),
            _column("language", STRING, "BCP-47 tag of the wording"),
            _column("dialect", STRING, "native or promptsource"),
            _column("tier", STRING, "How it is rendered: kernels over columns, or rows one by one"),
            _column("origin", STRING, "hand, or published"),
            _column("inverts", BOOLEAN, "Asks for another field than the answer"),
            _column("needs", STRINGS, "Optional fields it cannot do without"),
            _column("prompt", STRING, "Jinja text of the prompt; of prompt and response for promptsource"),
            _column("response", STRING, "Jinja text of the response; empty for promptsource"),
            _maybe("answer_choices", STRING, "promptsource: Jinja text of the choices"),
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
            _column("task", STRING, "source.task_type"),
            _column("pair_id", STRING, "80 bits of example_id and 48 of template_id"),
            _column("example_id", STRING, "The example rendered"),
            _column("template_id", STRING, "The wording used"),
            _column("text_key", LONG, "xxHash64 of prompt and response: equal pairs share it, and others hardly ever"),
            _column("fold", INTEGER, "Held-out group of the task's cluster"),
            _column("split", STRING, "train, validation or test"),
            _column("task_type", STRING, "What is asked"),
            _column("template", STRING, "Name of the wording"),
            _column("inverts", BOOLEAN, "Asks for another field than the gold answer"),
            _column("source", STRING, "The dataset"),
            _column("revision", STRING, "Its revision"),
            _column("licence", STRING, "Its licence"),
            _column("do_not_train", BOOLEAN, "Its owners ask that it is not trained on"),
            _column("languages", STRINGS, "BCP-47 tags of the data"),
            _column("prompt_language", STRING, "BCP-47 tag of the wording"),
            _column("response_language", STRING, "BCP-47 tag of the response"),
            _column("excluded_folds", INTEGERS, "Folds whose training set it must stay out of"),
            _column("group_id", STRING, "Equal for examples that belong together"),
            _column("held_out_example", BOOLEAN, "Drawn, with its group, to test on examples of tasks trained on"),
            _column("flags", STRINGS, "Flags of the example"),
            _column("prompt_chars", INTEGER, "Length in characters"),
            _column("response_chars", INTEGER, "Length in characters"),
            _maybe("gold_index", INTEGER, "0-based position of the gold answer in choices"),
            _maybe("choices", STRINGS, "The answers offered or possible"),
            _column("run_id", STRING, "The run that wrote the row"),
            _column("task_cluster", STRING, "Tasks too similar to train on one and test on another"),
            _column("prompt", STRING, "What is asked"),
            _column("response", STRING, "The gold response"),
        ]
    ),
)

QUARANTINE = Table(
    "quarantine",
    "A row refused at some step, with its reasons and itself",
    key=("row_id", "step"),
    indexed=4,
    schema=StructType(
        [
            _column("step", STRING, "The step that refused it"),
            _column("task", STRING, "source.task_type"),
            _column("source", STRING, "The dataset"),
            _column("row_id", STRING, "Hash of what was refused; equal rows share it"),
            _column("reasons", STRINGS, "Why, in short words"),
            _maybe("detail", STRING, "What exactly, in one line"),
            _maybe("file", STRING, "The file it came from"),
            _maybe("example_id", STRING, "For a pair: its example"),
            _maybe("template_id", STRING, "For a pair: its template"),
            _column("run_id", STRING, "The run that wrote the row"),
            _column("row", STRING, "The refused row as JSON"),
        ]
    ),
)

LEDGER = Table(
    "ledger",
    "Rows in and to each other place, for each run, step and task: rows_in = rows_out + all the others",
    key=("run_id", "step", "task", "status"),
    indexed=5,
    schema=StructType(
        [
            _column("run_id", STRING, "The run"),
            _column("step", STRING, "The step"),
            _column("task", STRING, "source.task_type"),
            _column("status", STRING, "started, done or removed"),
            _column("sequence", LONG, "Orders the rows of one step and task; the highest holds"),
            _column("fingerprint", STRING, "Hash of everything the result depends on"),
            _column("output", STRING, "Stands for the result: equal while later steps need not be done again"),
            _column("rows_in", LONG, "Rows that entered, times their fan-out"),
            _column("rows_out", LONG, "Rows written to the step's table"),
            _column("copies", LONG, "Identical rows taken together"),
            _column("duplicates", LONG, "Rows removed because another stands for them"),
            _column("quarantined", LONG, "Rows refused"),
            _column("not_selected", LONG, "Rows left out on purpose"),
            _column("seconds", DOUBLE, "Wall-clock seconds of the step, all its tasks together"),
            _column("finished_at", TIMESTAMP, "When the row was written"),
            _column("taskmill", STRING, "Version of this program"),
        ]
    ),
)

SIGNATURES = Table(
    "signatures",
    "The MinHash bands of an example; those too short for any have no row",
    key=("example_id",),
    indexed=2,
    schema=StructType(
        [
            _column("task", STRING, "source.task_type"),
            _column("example_id", STRING, "The example"),
            _column("doc", LONG, "xxHash64 of its id"),
            _column("keys", LONGS, "A 64-bit key for each band"),
        ]
    ),
)

FILES = Table(
    "files",
    "A file as it was when a task read it: what tells that it need not be read again",
    key=("task", "name"),
    indexed=2,
    schema=StructType(
        [
            _column("task", STRING, "source.task_type"),
            _column("name", STRING, "Its path, under the data folder where it is there"),
            _column("bytes", LONG, "Its size"),
            _column("changed_at", LONG, "Nanoseconds from 1970 to its last change"),
            _maybe("checksum", STRING, "SHA-256 of its bytes; null above limits.max_file_bytes"),
            _column("settings", STRING, "Hash of what else the rows depend on"),
            _column("rows", LONG, "Rows that entered"),
            _column("left_out", LONG, "Of these the rows left out on purpose"),
            _column("run_id", STRING, "The run that read it"),
        ]
    ),
)

ALL = (EXAMPLES, DUPLICATES, GROUPS, CONTAMINATION, TASKS, TEMPLATES, PAIRS, QUARANTINE, SIGNATURES, FILES, LEDGER)
