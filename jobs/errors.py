"""What taskmill raises when the operator has to act; bad data never raises, it is quarantined.

    TaskmillError
    ├── ConfigError           settings or sources that cannot work; `mistakes` has them all
    ├── TableError            a table is missing, or is not what a step needs
    ├── StepError             a step's rows do not add up, or it could not finish
    ├── ReviewError           files of decisions that cannot be taken as they are; the message has all mistakes
    ├── JavaError             no Java, or one that Spark cannot use
    └── JarError              the Delta jars are not there and cannot be fetched

Each takes one message argument, so that it survives pickling between processes.
"""

from __future__ import annotations


class TaskmillError(Exception):
    """Any failure that the message alone tells how to mend; the command line prints it without a traceback."""


class ConfigError(TaskmillError):
    """Mistakes in conf/, found before the first row is read: one message per line.

    Attributes:
        mistakes: each message by itself, saying where, what, and how to fix it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.mistakes: tuple[str, ...] = tuple(message.splitlines())


class TableError(TaskmillError):
    """A table is missing, or has not the columns or rows that a step needs."""


class StepError(TaskmillError):
    """A step could not finish, or its rows in do not equal its rows out and elsewhere."""


class ReviewError(TaskmillError):
    """A file of decisions that cannot be imported, or a sample that cannot be drawn."""


class JavaError(TaskmillError):
    """No Java was found, or only versions that Spark cannot run on."""


class JarError(TaskmillError):
    """The Delta jars are neither in the cache nor can they be fetched."""
