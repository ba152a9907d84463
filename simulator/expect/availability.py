"""Availability of a level of accuracy: how long, how often and how far accuracy is below it, from timelines.

Between two switches the pattern stands still, and with it the accuracy of what it delivers with no delays; so accuracy
over time is a step function, and everything here is a sum over its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import within
from simulator.expect.student import ratio_of_means, student_mean
from simulator.failures.process import Timeline, Up
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
AccuracyOf = Callable[[Up], Floats]
"""From who is up, shape ``(patterns, components)``, to the accuracy of each pattern, shape ``(patterns,)``."""
ROUNDING = 1e-12  # a mean over samples that should equal the level does


@dataclass(frozen=True)
class Steps:
    """Accuracy over time in one replication; arrays have the shape ``(steps,)``.

    Args:
        lasts_s: How long each step lasts, in seconds.
        accuracy: Accuracy during it.
        is_all_up: Whether nothing is down during it.
    """

    lasts_s: Floats
    accuracy: Floats
    is_all_up: Bools

    @property
    def span_s(self) -> float:
        """How long it is watched, in seconds."""
        return float(self.lasts_s.sum())

    def seconds(self, chosen: Bools | Floats) -> float:
        """Return the time integral of a step function over the span."""
        return float(self.lasts_s @ chosen)


def steps(timeline: Timeline, until_ns: int, accuracy_of: AccuracyOf) -> Steps:
    """Return accuracy over [0, until) of a timeline without coins.

    Args:
        timeline: Who is down when.
        until_ns: Where it ends; at most the timeline's horizon.
        accuracy_of: Asked once for all distinct patterns.
    """
    switches = np.concatenate([np.zeros(1, dtype=np.int64), *timeline.crash_ns, *timeline.repair_ns])
    begins = np.unique(switches[(switches >= 0) & (switches < until_ns)])
    patterns, which = np.unique(timeline.up_at(begins), axis=0, return_inverse=True)
    which = which.reshape(-1)
    lasts_s = np.diff(np.append(begins, until_ns)) / SECOND_NS
    is_all_up: Bools = np.asarray(patterns.all(axis=1))[which]
    return Steps(lasts_s, accuracy_of(patterns)[which], is_all_up)


def is_good(accuracy: Floats, level: float) -> Bools:
    """Return where accuracy is at or above a level, up to rounding."""
    good: Bools = accuracy >= level - ROUNDING
    return good


def falls(good: Bools) -> int:
    """Return how often a step function goes from good to not good."""
    return int((good[:-1] & ~good[1:]).sum())


def availability(runs: Sequence[Steps], level: float) -> dict[str, Estimate]:
    """Return share of time at or above a level, crossings, mean spells and time to the first crossing.

    ``degraded_spell_s`` is all time below the level over all crossings, ``good_spell_s`` all time above it: the means
    of whole spells in the long run, although the first and the last of a replication are cut. ``first_crossing_s`` is
    the mean time from an instant at which all is up again to the next crossing, in the same way.

    Args:
        runs: Accuracy over time of each replication.
        level: The accuracy to reach.
    """
    goods = [is_good(run.accuracy, level) for run in runs]
    pairs = list(zip(runs, goods, strict=True))
    spans = np.array([run.span_s for run in runs])
    above = np.array([run.seconds(good) for run, good in pairs])
    crossings = np.array([falls(good) for good in goods], dtype=np.float64)
    waits = [_since_all_up(run, good) for run, good in pairs]
    at_risk, first = np.array([wait for wait, _ in waits]), np.array([count for _, count in waits], dtype=np.float64)
    endless = float("inf")
    return {
        "availability": within(student_mean(above / spans)),
        "crossings_per_s": within(student_mean(crossings / spans), high=endless),
        "degraded_spell_s": within(ratio_of_means(spans - above, crossings), high=endless),
        "good_spell_s": within(ratio_of_means(above, crossings), high=endless),
        "first_crossing_s": within(ratio_of_means(at_risk, first), high=endless),
    }


def resilience(runs: Sequence[Steps], all_up: float) -> dict[str, Estimate]:
    """Return the area of the resilience triangle: accuracy below that with all up, integrated over time.

    ``accuracy_lost`` is the area for each second of time, ``accuracy_lost_per_outage_s`` for each time that accuracy
    falls below that with all up, in accuracy times seconds. What is above counts nothing.

    Args:
        runs: Accuracy over time of each replication.
        all_up: Accuracy when nothing is down.
    """
    area = np.array([run.seconds(np.maximum(0.0, all_up - run.accuracy)) for run in runs])
    outages = np.array([falls(is_good(run.accuracy, all_up)) for run in runs], dtype=np.float64)
    spans = np.array([run.span_s for run in runs])
    return {
        "accuracy_lost": within(student_mean(area / spans)),
        "accuracy_lost_per_outage_s": within(ratio_of_means(area, outages), high=float("inf")),
    }


def _since_all_up(run: Steps, good: Bools) -> tuple[float, int]:
    """Return the time since all was up and before the next crossing, summed, and how many crossings ended it."""
    place = np.arange(len(good))
    last_up = np.maximum.accumulate(np.where(run.is_all_up & good, place, -1))
    last_bad = np.maximum.accumulate(np.where(good, -1, place))
    waits = last_up > last_bad
    return run.seconds(waits), int((waits[:-1] & ~good[1:]).sum())
