"""What a delivery's answers are against the truth, as far as scores need it; no answer as a guess among them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
NONE = -1  # the class of an answer that is none of the classes


@dataclass(frozen=True)
class Counts:
    """Of each class: samples answered with it and rightly, samples answered with it, samples of it; ``(classes,)``."""

    right: Floats
    said: Floats
    true: Floats

    def plus(self, other: Counts, weight: float) -> Counts:
        """Return the sum with so many times another."""
        return Counts(self.right + weight * other.right, self.said + weight * other.said,
                      self.true + weight * other.true)


def _unranked(k: int) -> Floats:
    raise ValueError(f"the {k} highest classes of these answers were not asked for")


@dataclass(frozen=True)
class JudgedClasses:
    """The answers of one delivery with classes, sample by sample; arrays have the shape ``(samples,)``.

    An answer is a class, or a guess by given probabilities: then all here are expectations over the guess.

    Args:
        labels: True classes.
        right: P(the answer is the true class): 1 or 0 where the answer is a class.
        answers: The class of each answer, ``NONE`` for none; None where it is a guess.
        shares: P(guess is the class), shape ``(classes,)``; None where the answers are classes.
        among: P(the true class is among the k best), from k.
        given: What every score is said to be, whatever the answers; NaN: not to be counted. None: nothing is said.
    """

    labels: Ints
    right: Floats
    answers: Ints | None = None
    shares: Floats | None = None
    among: Callable[[int], Floats] = field(default=_unranked)
    given: float | None = None

    @property
    def is_excluded(self) -> bool:
        """Whether these answers are not to be counted."""
        return self.given is not None and math.isnan(self.given)

    def of(self, samples: Ints) -> JudgedClasses:
        """Return the answers for some samples, each as often as it is named."""
        answers = None if self.answers is None else self.answers[samples]
        return replace(self, labels=self.labels[samples], right=self.right[samples], answers=answers,
                       among=lambda k: self.among(k)[samples])

    def said(self, weights: Floats) -> Floats:
        """Return the sum over classes of P(the answer is the class) x the class's weight, sample by sample."""
        if self.answers is not None:
            said: Floats = np.append(weights, 0.0)[self.answers]
            return said
        shares = np.zeros(len(weights)) if self.shares is None else self.shares[: len(weights)]
        return np.full(len(self.labels), float(shares @ weights))

    def counts(self, classes: int) -> Counts:
        """Return the counts of each class."""
        right: Floats = np.bincount(self.labels, self.right, classes).astype(np.float64)
        if self.answers is not None:
            said = np.bincount(self.answers[self.answers != NONE], minlength=classes).astype(np.float64)
        else:
            said = np.zeros(classes) if self.shares is None else len(self.labels) * self.shares[:classes]
        return Counts(right, said, np.bincount(self.labels, minlength=classes).astype(np.float64))


@dataclass(frozen=True)
class JudgedNumbers:
    """The answers of one delivery with numbers: errors sample by sample, expected over the guess where it is one.

    Args:
        absolute: |answer - target|, shape ``(samples,)``; NaN: not to be counted.
        squared: (answer - target)^2.
    """

    absolute: Floats
    squared: Floats

    @property
    def is_excluded(self) -> bool:
        """Whether these answers are not to be counted."""
        return bool(np.isnan(self.absolute).any())

    def of(self, samples: Ints) -> JudgedNumbers:
        """Return the answers for some samples, each as often as it is named."""
        return JudgedNumbers(self.absolute[samples], self.squared[samples])


Judged = JudgedClasses | JudgedNumbers


def judged_classes(answers: Ints, labels: Ints, ranks: Ints | None = None) -> JudgedClasses:
    """Return the answers of a delivery with a class each.

    Args:
        answers: Predicted classes.
        labels: True classes.
        ranks: How many classes the exit scores higher than the true one; None: not asked for.
    """
    right = np.asarray(answers == labels, dtype=np.float64)
    if ranks is None:
        return JudgedClasses(labels, right, answers)
    return JudgedClasses(labels, right, answers, among=lambda k: np.asarray(ranks < k, dtype=np.float64))


def judged_numbers(answers: Floats, targets: Floats) -> JudgedNumbers:
    """Return the errors of a delivery with a number each."""
    error = answers - targets
    return JudgedNumbers(np.abs(error), error**2)
