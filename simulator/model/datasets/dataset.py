"""What all data sets share: two halves with their clusters, a fingerprint, and the random stand-in of ``--quick``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import DataBlock
from simulator.seeds import stream

Array = NDArray[Any]
SYNTHETIC_SAMPLES = {"train": 96, "test": 64}


@dataclass(frozen=True)
class TargetScale:
    """Where the targets of a regression lie; exits answer in standard deviations from the mean.

    Args:
        mean: Of the training targets.
        deviation: Their standard deviation; 1 where they are all alike.
    """

    mean: float
    deviation: float

    def scaled(self, targets: Array) -> Array:
        """Return targets as an exit should answer them, float32, shape ``(samples, 1)``."""
        return (((targets - self.mean) / self.deviation)[:, np.newaxis]).astype(np.float32)

    def numbers(self, answers: Array) -> Array:
        """Return what an exit's answers say, float64, in the target's unit."""
        return answers.astype(np.float64) * self.deviation + self.mean


@dataclass(frozen=True)
class DataSet:
    """Samples with their classes, or with the numbers of a regression, split into training and test.

    Args:
        x_train: Training samples, float32, shape ``(samples, *shape)``.
        y_train: Their classes, int64, shape ``(samples,)``; or their targets, float64.
        x_test: Test samples.
        y_test: Their classes.
        groups_train: Cluster of each training sample (recording, frame, subject; the row number where there is none).
        groups_test: Cluster of each test sample; errors within a cluster are alike.
        classes: Number of classes; 1 in a regression, for the one number of an answer.
        title: What it is, for people.
        is_synthetic: Random arrays stand in for a file that is missing.
        fingerprint: Hash of all of the above that a result can depend on.
        unit: The unit of the targets of a regression, as the user writes it.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    groups_train: Array
    groups_test: Array
    classes: int
    title: str
    is_synthetic: bool
    fingerprint: str
    unit: str = ""

    @property
    def is_regression(self) -> bool:
        """Whether answers are numbers, not classes."""
        return self.y_train.dtype.kind == "f"

    @property
    def target_scale(self) -> TargetScale | None:
        """Where the targets of a regression lie; None for classes."""
        if not self.is_regression:
            return None
        return TargetScale(float(self.y_train.mean()), float(self.y_train.std()) or 1.0)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.x_train.shape[1:])

    def prior(self, of: Literal["train", "test"]) -> Array:
        """Return the share of each class, shape ``(classes,)``."""
        labels = self.y_train if of == "train" else self.y_test
        return np.bincount(labels, minlength=self.classes) / max(1, len(labels))


@dataclass(frozen=True)
class Half:
    """Samples for training, or for the test.

    Args:
        x: Samples, float32, shape ``(samples, *shape)``.
        y: Their classes, int64.
        groups: Their clusters, integers.
    """

    x: Array
    y: Array
    groups: Array


def split(x: Array, y: Array, is_test: Array, groups: Array, *, title: str, classes: int | None = None) -> DataSet:
    """Return the data set of all samples and the claim which are test samples; ``classes`` counted without it.

    Raises:
        ScenarioError: a half is empty, or a label is not a class.
    """
    count = _class_count(y, classes)
    _check(title, (int((~is_test).sum()), int(is_test.sum())), y, count)
    digest = hashlib.sha256(f"{count} {x.shape}".encode())
    for array in (x, y, is_test, groups):
        digest.update(np.ascontiguousarray(array).data)
    return DataSet(x[~is_test], y[~is_test], x[is_test], y[is_test], groups[~is_test], groups[is_test], count, title,
                   is_synthetic=False, fingerprint=digest.hexdigest()[:16])


def joined(train: Half, test: Half, *, title: str, classes: int | None = None) -> DataSet:
    """Return the data set of two halves, with the fingerprint of ``split`` but without a copy of the samples.

    Raises:
        ScenarioError: a half is empty, or a label is not a class.
    """
    y = np.concatenate([train.y, test.y])
    count = _class_count(y, classes)
    _check(title, (len(train.y), len(test.y)), y, count)
    digest = hashlib.sha256(f"{count} {(len(y), *train.x.shape[1:])}".encode())
    is_test = np.arange(len(y)) >= len(train.y)
    for array in (train.x, test.x, y, is_test, np.concatenate([train.groups, test.groups])):
        digest.update(np.ascontiguousarray(array).data)
    return DataSet(train.x, train.y, test.x, test.y, train.groups, test.groups, count, title,
                   is_synthetic=False, fingerprint=digest.hexdigest()[:16])


def synthetic(block: DataBlock) -> DataSet:
    """Return random arrays of the shapes that the block promises.

    Raises:
        ScenarioError: the block does not know them without its file.
    """
    shape, classes = block.promised()
    if shape is None or classes is None:
        raise ScenarioError(Problem("data", "the file is missing and its shapes are not known",
                                    "write data.shape and data.classes, or put the file there"))
    count = sum(SYNTHETIC_SAMPLES.values())
    dice = stream(0, 0, "data", "synthetic")
    x = dice.random((count, *shape), dtype=np.float32)
    is_regression = getattr(block, "target", None) is not None
    y = dice.standard_normal(count) if is_regression else np.arange(count) % classes
    made = split(x, y, np.arange(count) >= SYNTHETIC_SAMPLES["train"], np.arange(count), title="random arrays",
                 classes=classes)
    kind = getattr(block, "kind", "")
    title = f"SYNTHETIC stand-in for the data set {kind!r}"
    return replace(made, is_synthetic=True, title=title, unit=getattr(block, "unit", ""))


def _class_count(y: Array, classes: int | None) -> int:
    if y.dtype.kind == "f":
        return 1
    return classes if classes is not None else int(y.max(initial=0)) + 1


def _check(title: str, sizes: tuple[int, int], y: Array, classes: int) -> None:
    if not all(sizes):
        lacking = "the test" if sizes[0] else "training"
        raise ScenarioError(Problem("data", f"{title!r} leaves no sample for {lacking}",
                                    "hold out fewer or more subjects"))
    if y.dtype.kind != "f" and (y.min() < 0 or y.max() >= classes):
        told = f"{title!r} has labels {y.min()} to {y.max()}, not 0 to {classes - 1}"
        raise ScenarioError(Problem("data.classes", told, f"write {int(y.max()) + 1}"))
