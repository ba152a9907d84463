"""The exact counterparts of availability, where components are independent and the law of each is known.

An independent component in steady state crashes w times a second whatever the others do, and is repaired as often; so
accuracy crosses a level nu = sum over i of w_i x P(the others are so that i's switch makes the difference) times a
second, and mean spells follow: (1 - A) / nu below the level, A / nu above it. With exponential times this is
nu = sum over good patterns x of P(x) x sum over i, whose switch ends being good, of rate_i(x).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.availability import is_good
from simulator.expect.estimate import Estimate
from simulator.expect.exact import Patterns
from simulator.expect.intervals import exactly
from simulator.failures.process import FailureProcess

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST_FOR_FIRST = 12  # components up to which the linear system of first crossings is solved


@dataclass(frozen=True)
class Law:
    """What is known of the failures, and what each pattern is worth.

    Args:
        patterns: All patterns with their probabilities.
        accuracy: Accuracy of each, shape ``(patterns,)``.
        crashes_per_s: How often each component crashes in the long run, which is how often it is repaired; None where
            components do not fail independently: shares of time are known then, and nothing else.
    """

    patterns: Patterns
    accuracy: Floats
    crashes_per_s: Floats | None = None

    @staticmethod
    def of(process: FailureProcess, patterns: Patterns, accuracy: Floats) -> Law:
        """Return the law of a process of independent components; raise NoLaw where it does not state how often."""
        return Law(patterns, accuracy, process.switches_per_s() / 2)

    @property
    def rates(self) -> list[float]:
        """How often each component crashes; none where that is not enough to know."""
        return [] if self.crashes_per_s is None else self.crashes_per_s.tolist()

    @property
    def method(self) -> str:
        """How its numbers are found."""
        return f"exact over {len(self.accuracy)} patterns"

    def crossings_per_s(self, good: Bools) -> float:
        """Return how often the pattern leaves a set, per second; the set is given by pattern."""
        total, probability = 0.0, self.patterns.probability
        for bit, rate in enumerate(self.rates):
            up, down = _pairs(len(good), bit)
            total += rate * float((probability[up] + probability[down])[good[up] != good[down]].sum())
        return total


def exact_availability(law: Law, level: float, *, is_exponential: bool) -> dict[str, Estimate]:
    """Return the exact share of time, crossings, mean spells and, with exponential times, time to first crossing.

    NaN stands where there is none: accuracy never falls below the level, or is never at it.
    """
    good = is_good(law.accuracy, level)
    share, rate = float(law.patterns.probability[good].sum()), law.crossings_per_s(good)
    if law.crashes_per_s is None:
        return {"availability_exact": exactly(share, len(good), law.method)}
    found = {
        "availability_exact": share,
        "crossings_per_s_exact": rate,
        "degraded_spell_s_exact": (1 - share) / rate if rate else np.nan,
        "good_spell_s_exact": share / rate if rate else np.nan,
    }
    if is_exponential and len(law.patterns.components) <= MOST_FOR_FIRST:
        found["first_crossing_s_exact"] = first_crossing_s(law, good) if rate and good[0] else np.nan
    return {name: exactly(value, len(good), law.method) for name, value in found.items()}


def exact_resilience(law: Law) -> dict[str, Estimate]:
    """Return the exact area of the resilience triangle, per second and per outage."""
    all_up = float(law.accuracy[0])
    lost = float(law.patterns.probability @ np.maximum(0.0, all_up - law.accuracy))
    if law.crashes_per_s is None:
        return {"accuracy_lost_exact": exactly(lost, len(law.accuracy), law.method)}
    outages = law.crossings_per_s(is_good(law.accuracy, all_up))
    found = {"accuracy_lost_exact": lost, "accuracy_lost_per_outage_s_exact": lost / outages if outages else np.nan}
    return {name: exactly(value, len(law.accuracy), law.method) for name, value in found.items()}


def first_crossing_s(law: Law, good: Bools) -> float:
    """Return the mean time from all up to the first pattern that is not good, in seconds; exponential times.

    It is h(all up) of the linear system: sum of rates out of x times h(x) = 1 + sum over good neighbours y of
    rate(x to y) x h(y), for the good patterns x (a Markov chain's hitting time).
    """
    from scipy import sparse  # noqa: PLC0415 - heavy
    from scipy.sparse.linalg import spsolve  # noqa: PLC0415 - heavy

    size = len(good)
    begin, end, rate = [], [], []
    for bit, crashes in enumerate(law.rates):
        up, down = _pairs(size, bit)
        is_up = float(law.patterns.probability[up].sum())
        for start, stop, chance in ((up, down, is_up), (down, up, 1 - is_up)):
            begin.append(start)
            end.append(stop)
            rate.append(np.full(len(start), crashes / chance if chance > 0 else 0.0))
    rows, columns, rates = np.concatenate(begin), np.concatenate(end), np.concatenate(rate)
    out = np.bincount(rows, rates, size)
    flow = sparse.csc_matrix((rates, (rows, columns)), shape=(size, size))
    system = (sparse.diags(out) - flow).tocsc()[good][:, good]
    return float(spsolve(system, np.ones(int(good.sum())))[0])


def _pairs(size: int, bit: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the patterns with component ``bit`` up, and the same with it down (its bit set)."""
    up = np.flatnonzero(np.arange(size) >> bit & 1 == 0)
    return up, up | (1 << bit)
