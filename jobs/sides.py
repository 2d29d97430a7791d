"""What may be trained on while a fold is held out, and what is held out: the one place that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def is_trainable(do_not_train: bool = False) -> Column:
    """Whether a pair's owners do not ask that it is not trained on; with `do_not_train`, whatever they ask."""
    return F.lit(True) if do_not_train else ~F.col("do_not_train")


def is_beside(fold: int | None) -> Column:
    """Whether a pair is not held out while this fold is; without a fold nothing is."""
    if fold is None:
        return F.lit(True)
    excluded = F.array_contains("excluded_folds", fold)
    return (F.col("fold") != fold) & ~excluded & ~F.col("held_out_task") & ~F.col("held_out_example")


def sides(pairs: DataFrame, fold: int | None, do_not_train: bool = False) -> dict[str, DataFrame]:
    """The pairs by side. What its owners ask not to train on is on no training side, unless `do_not_train`."""
    train = pairs.where(is_trainable(do_not_train) & is_beside(fold))
    if fold is None:
        return {"train": train}
    held_out, of_new_task, is_new = F.col("fold") == fold, F.col("held_out_task"), F.col("held_out_example")
    return {
        "train": train,
        "held_out": pairs.where(held_out),
        "held_out_tasks": pairs.where(~held_out & of_new_task),
        "held_out_examples": pairs.where(~held_out & ~of_new_task & is_new),
    }
