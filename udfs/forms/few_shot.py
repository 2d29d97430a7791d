"""How pairs show solved examples before they ask: what a configuration says of it, and what the text looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class FewShot:
    """How the pairs of a task show examples; travels to the workers.

    What stands between the parts is what the FLAN collection puts there by default (Longpre et al. 2023, "The Flan
    Collection"; `few_shot.py` there): a blank line before an answer, two after it.

    Attributes:
        rate: of the pairs that show any, 0 to 1.
        shots: how many; one of these is drawn for each pair.
        max_tokens: of the whole pair, at four bytes of UTF-8 a token. What does not fit is not shown.
        before_answer, after_answer: what stands between a shown prompt and its response, and after that.
    """

    rate: float
    shots: tuple[int, ...] = (1, 2, 5)
    max_tokens: int = 2048
    before_answer: str = "\n\n"
    after_answer: str = "\n\n\n"

    def blocks(self, prompts: pa.StringArray, responses: pa.StringArray) -> pa.StringArray:
        """Each example as it is shown, with all that stands before the next one."""
        return pc.binary_join_element_wise(prompts, self.before_answer, responses, self.after_answer, "")


def with_blocks(
    prompts: pa.StringArray, blocks: pa.StringArray, shown: npt.NDArray[np.int32]
) -> tuple[pa.StringArray, pa.ListArray]:
    """The prompts behind the blocks they show, and for each prompt which those are.

    Args:
        prompts: shape (n,).
        shown: int32, shape (n, most shots), places of blocks in their order, -1 behind the last.

    Returns:
        n texts, and n lists of places (int32), empty where nothing is shown.
    """
    is_shown = shown >= 0
    ends = np.concatenate([[0], np.cumsum(is_shown.sum(axis=1))]).astype(np.int32)
    places = pa.array(shown[is_shown], pa.int32())
    before = pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), blocks.take(places)), "")
    return pc.binary_join_element_wise(before, prompts, ""), pa.ListArray.from_arrays(pa.array(ends), places)
