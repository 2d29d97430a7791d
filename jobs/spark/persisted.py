"""Frames that are read more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Persisted:
    """Frames held by Spark for as long as a block lasts: `with Persisted() as persisted: persisted.keep(frame)`."""

    def __init__(self) -> None:
        self._frames: list[DataFrame] = []

    def __enter__(self) -> Persisted:
        return self

    def __exit__(self, *_: object) -> None:
        # The last first: when one is let go, Spark plans all that were made of it anew.
        for frame in reversed(self._frames):
            frame.unpersist()

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame, made once, when it is first read."""
        self._frames.append(frame.persist())
        return frame


def cut(frame: DataFrame) -> DataFrame:
    """The frame, made now and without its plan: one that is read twice by one that is read twice, and so on, makes
    plans that grow without end. It is kept where `spark.checkpoint.dir` says, or else by the workers: when one of
    these is lost, the step fails and has to be run again."""
    is_reliable = frame.sparkSession.conf.get("spark.checkpoint.dir", None) is not None
    return frame.checkpoint() if is_reliable else frame.localCheckpoint()
