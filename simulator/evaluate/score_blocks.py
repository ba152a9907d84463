"""The YAML blocks of scores: ``accuracy``, ``{f1: macro}``, ``{top_k: 3}``, ... as a scenario lists them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block

Task = Literal["classification", "regression"]
ClassNumber = Annotated[int, Field(ge=0)]
Of = Literal["macro"] | ClassNumber
OfClasses = Literal["accuracy", "per_class"]
OfNumbers = Literal["mae", "mse", "rmse"]
MOST_RANKS = 255  # a rank is kept in one byte


class F1(Block):
    """F1 of one class, or ``macro``: the mean over the classes of the test set, each as heavy as another."""

    f1: Of


class Precision(Block):
    """Of the answers with a class the share that is right; of one class, or ``macro``."""

    precision: Of


class Recall(Block):
    """Of the samples of a class the share that is answered with it; of one class, or ``macro`` (balanced accuracy)."""

    recall: Of


class TopK(Block):
    """Share of samples whose class is among the k that the exit scores highest."""

    top_k: Annotated[int, Field(gt=0, le=MOST_RANKS)]


NUMBERS = ("mae", "mse", "rmse")
ScoreBlock = OfClasses | OfNumbers | F1 | Precision | Recall | TopK


def task_of(block: ScoreBlock) -> Task:
    """Return what a model must do to have a score."""
    return "regression" if block in NUMBERS else "classification"


def needs_ranks(block: ScoreBlock) -> bool:
    """Return whether a score needs the rank of the true class in each answer."""
    return isinstance(block, TopK)
