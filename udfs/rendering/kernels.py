"""The *kernels* tier: a template's syntax tree as a plan over whole columns.

Every expression becomes a function from a frame to a column, every statement one that adds text to an output. Text is
joined, cut and compared by Arrow; for everything else each value goes through the very functions that compiled Jinja
would call, so both tiers agree to the byte. Conditions are evaluated for the rows that reach them, loops for all turns
of all rows at once. A row for which anything raises is left to the *rows* tier, which knows the reason.

What needs one row at a time is refused here: values that change (`append`, namespaces), macros, blocks, recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jinja2 import nodes

from taskmill.udfs.rendering import statements
from taskmill.udfs.rendering.bounds import OutOfTimeError
from taskmill.udfs.rendering.columns import Column, Mask, TooLargeError
from taskmill.udfs.rendering.expressions import UnsupportedError
from taskmill.udfs.rendering.frames import Frame
from taskmill.udfs.rendering.sandbox import BoundedSandbox


@dataclass(frozen=True)
class Kernel:
    """The plan of one template text."""

    environment: BoundedSandbox
    body: statements.Statement

    def render(self, names: Mapping[str, Column], size: int) -> tuple[Column, Mask]:
        """The text of every row, and which rows have to be rendered on their own (their text means nothing)."""
        failed = np.zeros(size, np.bool_)
        frame = Frame(self.environment, size, names, failed)
        try:
            return statements.output_of(self.body, frame), failed
        except (TooLargeError, OutOfTimeError):
            return statements.EMPTY, np.ones(size, np.bool_)


def build_kernel(environment: BoundedSandbox, tree: nodes.Template) -> Kernel:
    """The plan of this template.

    Raises:
        UnsupportedError: naming the construct, and its line, that needs single rows.
    """
    return Kernel(environment, statements.block(environment, tree.body))


__all__ = ["Kernel", "UnsupportedError", "build_kernel"]
