"""What an answer is worth: 1 or 0 for each delivery and sample, and the given worth where there is no answer.

In a regression it is the answer's absolute error instead, of which less is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.evaluate.part_by_part import Classes

Worth = NDArray[np.float64]
Predict = Callable[[Sequence[int]], Mapping[int, Classes]]
SHARE = (0.0, 1.0)


def is_right(answers: Classes, labels: Classes) -> Worth:
    """Return 1 where an answer is the sample's class, else 0."""
    return np.asarray(answers == labels, dtype=np.float64)


def absolute_error(answers: Classes, targets: Classes) -> Worth:
    """Return how far an answer is from the sample's target."""
    return np.abs(np.asarray(answers - targets, dtype=np.float64))


@dataclass(frozen=True)
class Judge:
    """How an answer is judged.

    Args:
        name: What the mean worth is called.
        worth: Worth of each answer, from answers and truth.
        bounds: The lowest and the highest worth that there can be.
    """

    name: str
    worth: Callable[[Classes, Classes], Worth]
    bounds: tuple[float, float]


ACCURACY = Judge("accuracy", is_right, SHARE)
ERROR = Judge("mae", absolute_error, (0.0, math.inf))


@dataclass(frozen=True)
class Ranking:
    """How high the true class is in answers, where that is asked for.

    Args:
        known: By delivery, how many classes the exit scores higher than the true one, uint8, shape ``(samples,)``.
        rank: Finds predictions and ranks of deliveries at once, and adds the ranks to ``known``.
    """

    known: dict[int, Classes]
    rank: Predict


class Outcomes:
    """The worth of every (delivery, sample); deliveries are evaluated when they are first asked for.

    Args:
        labels: True class of each test sample, shape ``(samples,)``.
        groups: Cluster of each test sample (recording, subject, frame), shape ``(samples,)``.
        no_answer: What no answer is worth for each sample, shape ``(samples,)``; NaN is not counted.
        predict: Predicted classes by delivery, such as ``Evaluation.predictions``; never asked for the empty one.
        predictions: Predictions that are known already; new ones are added to them.
        judge: How an answer is judged.
    """

    def __init__(self, labels: NDArray[Any], groups: NDArray[Any], no_answer: Worth, predict: Predict,
                 predictions: dict[int, Classes] | None = None, judge: Judge = ACCURACY) -> None:
        self.labels = labels
        self.groups = groups
        self.no_answer = no_answer
        self.predictions: dict[int, Classes] = {} if predictions is None else predictions
        self.judge = judge
        self.ranking: Ranking | None = None
        self._predict = predict
        self._asked: dict[int, None] = {}

    @property
    def asked(self) -> tuple[int, ...]:
        """The deliveries that have been asked for, without the empty one, in order."""
        return tuple(self._asked)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest worth that there can be."""
        return self.judge.bounds

    def again(self, ranking: Ranking | None = None) -> Outcomes:
        """Return the same outcomes for another asker: it shares what is known, and has asked for nothing.

        With ``ranking`` deliveries that it evaluates are ranked too.
        """
        other = Outcomes(self.labels, self.groups, self.no_answer, self._predict, self.predictions, self.judge)
        other.ranking = ranking
        return other

    def ensure(self, deliveries: Iterable[int]) -> None:
        """Evaluate those of the deliveries that are not known yet, in one go, so that they share part runs."""
        wanted = dict.fromkeys(delivery for delivery in deliveries if delivery != EMPTY)
        self._asked |= wanted
        unranked = self.ranking.known if self.ranking else self.predictions
        new = [one for one in wanted if one not in self.predictions or one not in unranked]
        if new:
            self.predictions.update(self.ranking.rank(new) if self.ranking else self._predict(new))

    def correct(self, delivery: int) -> Worth:
        """Return the worth of a delivery for each sample, shape ``(samples,)``: 1, 0, or that of no answer."""
        if delivery == EMPTY:
            return self.no_answer
        self.ensure([delivery])
        return self.judge.worth(self.predictions[delivery], self.labels)

    def accuracy(self, deliveries: Sequence[int]) -> Worth:
        """Return the mean worth over the samples that count, for each delivery, shape ``(deliveries,)``.

        NaN where no sample counts (``exclude`` and the empty delivery).
        """
        self.ensure(deliveries)
        return np.array([_mean(self.correct(delivery)) for delivery in deliveries], dtype=np.float64)

    def worth(self, delivery_ids: NDArray[np.intp], deliveries: Sequence[int], samples: NDArray[np.intp]) -> Worth:
        """Return the worth of each request, shape ``(requests,)``.

        Args:
            delivery_ids: Place of each request's delivery in ``deliveries``, shape ``(requests,)``.
            deliveries: The distinct deliveries.
            samples: Index of each request's test sample, shape ``(requests,)``.
        """
        used, row = np.unique(delivery_ids, return_inverse=True)
        if not len(used):
            return np.empty(0)
        self.ensure(deliveries[place] for place in used)
        by_delivery = np.stack([self.correct(deliveries[place]) for place in used])
        worths: Worth = by_delivery[row.reshape(-1), samples]
        return worths


def _mean(worth: Worth) -> float:
    counted = worth[~np.isnan(worth)]
    return float(counted.mean()) if len(counted) else float("nan")
