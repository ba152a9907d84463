"""How high the true class is in an exit's output, in one byte a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.part_by_part import Classes
from simulator.evaluate.runner import PartRunner, Tensor
from simulator.evaluate.score_blocks import MOST_RANKS

Ints = NDArray[np.intp]
STEP = MOST_RANKS + 1


def rank_of(output: Tensor, labels: Ints) -> Ints:
    """Return how many classes come before the true one, at most 255: scored higher, or as high with a smaller number.

    It is 0 where the answer, the first of the highest, is right. NaN counts as highest, as in the answer.

    Args:
        output: Scores of the classes, shape ``(samples, classes)``.
        labels: True classes, shape ``(samples,)``.

    >>> rank_of(np.float32([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4]]), np.array([2, 2])).tolist()
    [1, 1]
    """
    classes, row = np.arange(output.shape[1]), np.arange(len(labels))
    is_nan = np.isnan(output)
    scores = np.where(is_nan, np.inf, output)
    mine, mine_nan = scores[row, labels][:, np.newaxis], is_nan[row, labels][:, np.newaxis]
    is_higher = (scores > mine) | (is_nan & ~mine_nan)
    is_tied = (scores == mine) & (is_nan == mine_nan) & (classes < labels[:, np.newaxis])
    before: Ints = (is_higher | is_tied).sum(axis=1)
    return np.minimum(before, MOST_RANKS)


def class_and_rank(runner: PartRunner, labels: Ints, exit_part: str, output: Tensor, samples: Ints) -> Classes:
    """Return the predicted class and the rank of the true one of each sample, as one number."""
    classes: Classes = runner.predict(exit_part, output) * STEP + rank_of(output, labels[samples])
    return classes


def parted_ranks(codes: Classes) -> tuple[Classes, Classes]:
    """Return classes (intp) and ranks (uint8) of what ``class_and_rank`` put together."""
    return codes // STEP, (codes % STEP).astype(np.uint8)
