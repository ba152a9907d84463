"""From the scores that a scenario lists to what computes them, for the classes of a test set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError
from simulator.evaluate.judged import Floats, JudgedClasses
from simulator.evaluate.score_blocks import F1, Of, Precision, Recall, ScoreBlock, TopK
from simulator.evaluate.scores import CountRatio, MeanError, RootMeanSquare, Score, Share

PLACE = "measure.expected_accuracy.scores"
RATIOS: Mapping[type[Block], tuple[float, float, float]] = {
    F1: (2.0, 1.0, 1.0), Precision: (1.0, 1.0, 0.0), Recall: (1.0, 0.0, 1.0),
}
MAE, MSE = MeanError("mae", "mean absolute error", 1), MeanError("mse", "mean squared error", 2)
NUMBERS: dict[str, Score] = {"mae": MAE, "mse": MSE, "rmse": RootMeanSquare()}


def scores_of(blocks: Sequence[ScoreBlock], labels: NDArray[Any], classes: int) -> tuple[Score, ...]:
    """Return the scores that are asked for, each once, in order.

    Args:
        blocks: What the scenario lists.
        labels: Classes of the test samples.
        classes: Number of classes of the data set.

    Raises:
        ScenarioError: a class is not there, or no test sample is of it.
    """
    problems = [problem for number, block in enumerate(blocks) for problem in _problems(number, block, labels)]
    if problems:
        raise ScenarioError(*problems)
    found = (score for block in blocks for score in _scores(block, labels, classes))
    return tuple({score.name: score for score in found}.values())


def _problems(number: int, block: ScoreBlock, labels: NDArray[Any]) -> Iterator[Problem]:
    label = None if isinstance(block, str | TopK) else _of(block)
    if isinstance(label, int) and not (labels == label).any():
        there = ", ".join(map(str, np.unique(labels)[:20].tolist()))
        yield Problem(f"{PLACE}.{number}", f"no test sample is of class {label}", f"the test set has {there}")


def _scores(block: ScoreBlock, labels: NDArray[Any], classes: int) -> Iterator[Score]:
    if isinstance(block, TopK):
        yield Share(f"top_{block.top_k}", f"top-{block.top_k}", partial(_among, k=block.top_k))
    elif isinstance(block, F1 | Precision | Recall):
        yield _ratio(block, labels, classes)
    elif block == "accuracy":
        yield Share("accuracy", "accuracy", _right)
    elif block == "per_class":
        for label in np.unique(labels).tolist():
            yield Share(f"accuracy_class_{label}", f"accuracy, class {label}", _right, label)
    else:
        yield NUMBERS[block]


def _ratio(block: F1 | Precision | Recall, labels: NDArray[Any], classes: int) -> Score:
    of, key = _of(block), type(block).__name__
    title = f"{key if key == 'F1' else key.lower()}, {of if of == 'macro' else f'class {of}'}"
    if isinstance(block, Recall) and of != "macro":
        return Share(f"recall_class_{of}", title, _right, of)
    weights: Floats = np.zeros(classes)
    weights[np.unique(labels) if of == "macro" else of] = 1.0
    name = f"{key.lower()}_{'macro' if of == 'macro' else f'class_{of}'}"
    return CountRatio(name, title, RATIOS[type(block)], tuple((weights / weights.sum()).tolist()))


def _of(block: F1 | Precision | Recall) -> Of:
    values: Callable[[], dict[str, Of]] = block.model_dump
    return next(iter(values().values()))


def _right(judged: JudgedClasses) -> Floats:
    return judged.right


def _among(judged: JudgedClasses, k: int) -> Floats:
    return judged.among(k)
