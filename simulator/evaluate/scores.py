"""Scores of a delivery: numbers whose mean over samples is the score, so that whatever takes accuracy takes any score.

A score that is a mean over samples (accuracy, top-k, the accuracy of a class, an absolute error) has the samples' own
worth. One that is a function of several means (precision, F1, a root) has its linearisation at the delivery: the score
itself plus each sample's influence on it. The mean of these is the score to the last digit, and their spread over
clusters is that of the delta method (the infinitesimal jackknife; B. Efron, The Jackknife, the Bootstrap and Other
Resampling Plans, 1982, chapter 6).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.judged import Counts, Floats, JudgedClasses, JudgedNumbers

ENDLESS = math.inf
Weighted = Sequence[tuple[float, Any]]
"""(probability, what a delivery's answers are), delivery by delivery."""


class Score(Protocol):
    """A number that says how good the answers of a delivery are over a test set."""

    @property
    def name(self) -> str:
        """Its name in a record, such as ``f1_macro``."""

    @property
    def title(self) -> str:
        """Its name for people, such as ``F1, macro``."""

    @property
    def is_larger_better(self) -> bool:
        """Whether more of it is better."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that it can have."""

    @property
    def power(self) -> int:
        """Which power of the target's unit it has; 0 for a share."""

    def counted(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return the samples that it is about, shape ``(samples,)``."""

    def worth(self, judged: Any) -> Floats:
        """Return a number for each sample, ``(samples,)``, whose mean over those that count is the score."""

    def pooled(self, weighted: Weighted) -> Floats | None:
        """Return the same of all deliveries' answers thrown together; None where that is the mean of their scores."""

    def sums(self, judged: Any) -> Floats:
        """Return numbers that add up over the answers of a log, whatever deliveries they are of."""

    def of_sums(self, sums: Floats) -> float:
        """Return the score of a log of answers from its sums; NaN where no answer counts."""


@dataclass(frozen=True)
class Share:
    """A share of all samples, or of those of one class (fulfils ``Score``).

    Args:
        name: Its name in a record.
        title: Its name for people.
        of: P(the answer counts), sample by sample.
        label: The class whose samples it is about; None: all.
    """

    name: str
    title: str
    of: Callable[[JudgedClasses], Floats]
    label: int | None = None
    is_larger_better = True
    bounds = (0.0, 1.0)
    power = 0

    def counted(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return the samples of the class."""
        return np.full(len(labels), fill_value=True) if self.label is None else labels == self.label

    def worth(self, judged: JudgedClasses) -> Floats:
        """Return each sample's chance to count."""
        return self.of(judged) if judged.given is None else np.full(len(judged.labels), judged.given)

    def pooled(self, weighted: Weighted) -> None:
        """Return None: a mean of shares is the share of all."""

    def sums(self, judged: JudgedClasses) -> Floats:
        """Return the sum of the chances to count, and of how many."""
        return _total(self.worth(judged)[self.counted(judged.labels)])

    def of_sums(self, sums: Floats) -> float:
        """Return the share."""
        return _mean(sums)


@dataclass(frozen=True)
class CountRatio:
    """Precision, recall or F1: ``right_weight x right / (said_weight x said + true_weight x true)`` of classes.

    A class that is neither answered nor there scores 0 (fulfils ``Score``).

    Args:
        name: Its name in a record.
        title: Its name for people.
        weights: Of right, said and true: precision (1, 1, 0), recall (1, 0, 1), F1 (2, 1, 1).
        classes: Weight of each class's ratio, shape ``(classes,)``; sums to 1.
    """

    name: str
    title: str
    weights: tuple[float, float, float]
    classes: tuple[float, ...]
    is_larger_better = True
    bounds = (0.0, 1.0)
    power = 0

    def counted(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return all samples."""
        return np.full(len(labels), fill_value=True)

    def worth(self, judged: JudgedClasses) -> Floats:
        """Return the linearisation at this delivery."""
        if judged.given is not None:
            return np.full(len(judged.labels), judged.given)
        value, slopes = self._at(judged.counts(len(self.classes)))
        return value + len(judged.labels) * _influence(judged, slopes)

    def pooled(self, weighted: Weighted) -> Floats | None:
        """Return the linearisation at the expected counts."""
        known = [(chance, judged) for chance, judged in weighted if judged.given is None]
        if not known or len(known) < len(weighted):
            return None
        none = np.zeros(len(self.classes))
        total = reduce(lambda sums, each: sums.plus(each[1].counts(len(none)), each[0]), known,
                       Counts(none, none, none))
        value, slopes = self._at(total)
        spread = np.sum([chance * _influence(judged, slopes) for chance, judged in known], axis=0)
        return np.asarray(value + len(spread) * spread)

    def sums(self, judged: JudgedClasses) -> Floats:
        """Return right, said and true of each class, one after the other; NaN where scores are given, not counted."""
        if judged.given is not None:
            return np.full(3 * len(self.classes), math.nan)
        counts = judged.counts(len(self.classes))
        return np.concatenate([counts.right, counts.said, counts.true])

    def of_sums(self, sums: Floats) -> float:
        """Return the score at these counts."""
        return self._at(Counts(*np.split(sums, 3)))[0] if sums.any() else math.nan

    def _at(self, counts: Counts) -> tuple[float, Counts]:
        """Return the score of counts, and how it changes with each of them."""
        right, said, true = self.weights
        below = said * counts.said + true * counts.true
        weight = np.divide(np.array(self.classes), below, out=np.zeros(len(below)), where=below > 0)
        ratio = right * counts.right * weight
        per_unit = np.divide(ratio, below, out=np.zeros(len(below)), where=below > 0)
        return math.fsum(ratio), Counts(right * weight, -said * per_unit, -true * per_unit)


def _influence(judged: JudgedClasses, slopes: Counts) -> Floats:
    return slopes.right[judged.labels] * judged.right + judged.said(slopes.said) + slopes.true[judged.labels]


@dataclass(frozen=True)
class MeanError:
    """A mean of errors (fulfils ``Score``); ``power`` 1: absolute, 2: squared."""

    name: str
    title: str
    power: int
    is_larger_better = False
    bounds = (0.0, ENDLESS)

    def counted(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return all samples."""
        return np.full(len(labels), fill_value=True)

    def worth(self, judged: JudgedNumbers) -> Floats:
        """Return each sample's error."""
        return judged.absolute if self.power == 1 else judged.squared

    def pooled(self, weighted: Weighted) -> None:
        """Return None: a mean of means."""

    def sums(self, judged: JudgedNumbers) -> Floats:
        """Return the sum of the errors, and of how many."""
        return _total(self.worth(judged))

    def of_sums(self, sums: Floats) -> float:
        """Return the mean."""
        return _mean(sums)


@dataclass(frozen=True)
class RootMeanSquare:
    """The root of the mean squared error (fulfils ``Score``)."""

    name: str = "rmse"
    title: str = "root mean squared error"
    is_larger_better = False
    bounds = (0.0, ENDLESS)
    power = 1

    def counted(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return all samples."""
        return np.full(len(labels), fill_value=True)

    def worth(self, judged: JudgedNumbers) -> Floats:
        """Return the linearisation at this delivery."""
        return _root(judged.squared)

    def pooled(self, weighted: Weighted) -> Floats | None:
        """Return the linearisation at the expected squared error."""
        squared = [chance * judged.squared for chance, judged in weighted]
        return _root(np.sum(squared, axis=0))

    def sums(self, judged: JudgedNumbers) -> Floats:
        """Return the sum of the squared errors, and of how many."""
        return _total(judged.squared)

    def of_sums(self, sums: Floats) -> float:
        """Return the root of the mean."""
        return math.sqrt(_mean(sums))


def _total(values: Floats) -> Floats:
    return np.array([math.fsum(values), len(values)])


def _mean(sums: Floats) -> float:
    total, count = sums.tolist()
    return total / count if count else math.nan


def _root(squared: Floats) -> Floats:
    mean = float(squared.mean())
    root = math.sqrt(mean)
    return root + (squared - mean) / (2 * root) if root > 0 else np.full(len(squared), root)
