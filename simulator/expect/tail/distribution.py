"""The distribution of accuracy over the patterns: shares below levels, quantiles, spread, the worst, exceedance.

Everything is a mean of a function of the delivery over a weighted sample, so that it is exact where all patterns are
known, has an interval where they were drawn, and bounds where some were left out. Accuracy is that of a pattern over
the test set; the test set's own uncertainty is not in these intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import exactly
from simulator.expect.methods.expectation import Mean, Sample
from simulator.expect.scored import Floats, Scored
from simulator.expect.tail.events import ROUNDING, Event

MOST_POINTS = 200  # of a curve
LEFT_OUT = "left out"  # what an interval covers: patterns that were not looked at
X_LABEL, Y_LABEL = "accuracy a", "P(accuracy >= a)"


@final
@dataclass(frozen=True, eq=False)
class Distribution:
    """The distribution of the score over the patterns.

    Args:
        sample: The weighted sample.
        scored: What its deliveries are worth.
        how: How the sample was found, in words.
    """

    sample: Sample
    scored: Scored
    how: str

    @cached_property
    def values(self) -> Floats:
        """The distinct scores seen, rising; those that are the same up to rounding are one."""
        places, _ = self.sample.by_delivery
        scores = self.scored.scores(places)
        found = np.unique(scores[~np.isnan(scores)])
        apart = np.concatenate([np.ones(len(found[:1]), dtype=bool), np.diff(found) > ROUNDING])
        kept: Floats = found[apart]
        return kept

    def below(self, level: float) -> Estimate:
        """Return P(accuracy < level)."""
        return self.chance(Event(self.scored, level))

    def chance(self, event: Event) -> Estimate:
        """Return the chance of an event of the delivery, as an estimate."""
        if event.level is not None and event.level <= self.scored.bounds[0] + ROUNDING:
            return exactly(0.0, 0, "no accuracy is lower")
        return self._estimate(self.share(event))

    def share(self, event: Event) -> Mean:
        """Return the chance of an event of the delivery."""
        return self.sample.mean(event.value)

    def quantile(self, probability: float) -> Estimate:
        """Return the lowest accuracy a with P(accuracy <= a) >= a probability, with Woodruff's interval.

        The interval holds every a at which the interval of P(accuracy <= a) does not exclude the probability (R. S.
        Woodruff, JASA 47, 1952); ends that were not seen are the ends of what accuracy can be.
        """
        if not len(self.values):
            return self._estimate(Mean(math.nan, math.nan, math.nan, (math.nan, math.nan)))
        lowest, highest = self.scored.bounds
        low, value, high = (self._first(probability, side) for side in (2, 1, 0))
        could_be_less = self._at_most(self.values[0] - 6 * ROUNDING)[2] >= probability
        low = lowest if could_be_less or low is None else low
        value, high = (highest if end is None else end for end in (value, high))
        return self._estimate(Mean(value, low, high, (value, value)))

    def _first(self, probability: float, side: int) -> float | None:
        """Return the lowest value at which low end (0), value (1) or high end (2) of P(<= it) reach a probability."""
        first, after = 0, len(self.values)
        while first < after:
            middle = (first + after) // 2
            if self._at_most(self.values[middle])[side] >= probability - ROUNDING:
                after = middle
            else:
                first = middle + 1
        return None if first == len(self.values) else float(self.values[first])

    def _at_most(self, value: float) -> tuple[float, float, float]:
        """Return P(accuracy <= a value): low end, value, high end, with what was left out."""
        found = self.share(Event(self.scored, value + 3 * ROUNDING))
        low, high = found.reach
        return low, found.value, high

    def variance(self) -> Estimate:
        """Return the variance of accuracy over the patterns."""
        return self._estimate(self._variance())

    def deviation(self) -> Estimate:
        """Return the standard deviation of accuracy over the patterns."""
        found = self._variance()
        low, high = found.reach
        root = math.sqrt
        return self._estimate(Mean(root(found.value), root(max(low, 0.0)), root(high), (root(found.value),) * 2))

    def _variance(self) -> Mean:
        lowest, highest = self.scored.bounds
        middle = self.sample.mean(self.scored.scores, self.scored.bounds).value
        span = max(highest - middle, middle - lowest) ** 2
        return self.sample.mean(lambda places: (self.scored.scores(places) - middle) ** 2, (0.0, span))

    def worst(self, share: float) -> Estimate:
        """Return the mean accuracy of the worst share of the patterns (the conditional value at risk).

        It is q - E[max(0, q - accuracy)] / share, at the quantile q of that share (R. T. Rockafellar and S. Uryasev, J.
        of Risk 2, 2000); q's own error matters to second order only.
        """
        lowest, _ = self.scored.bounds
        quantile = self.quantile(share).value
        if math.isnan(quantile):
            return self._estimate(Mean(math.nan, math.nan, math.nan, (math.nan, math.nan)))
        lack = self.sample.mean(lambda places: np.maximum(0.0, quantile - self.scored.scores(places))
                                + 0 * self.scored.scores(places), (0.0, quantile - lowest))
        low, high = lack.reach
        value, worse, better = (max(lowest, quantile - one / share) for one in (lack.value, high, low))
        return self._estimate(Mean(value, worse, better, (value, value)))

    def exceedance(self) -> Curve:
        """Return P(accuracy >= a) at the accuracies seen, with the band of intervals at each a by itself.

        Between two of them the curve is level, at what it is at the next.
        """
        values = self.values
        if len(values) > MOST_POINTS:
            values = values[np.unique(np.linspace(0, len(values) - 1, MOST_POINTS).astype(np.intp))]
        found = [self.chance(Event(self.scored, value)) for value in values.tolist()]
        value, low, high = ([1 - getattr(one, side) for one in found] for side in ("value", "high", "low"))
        return Curve(tuple(values.tolist()), tuple(value), tuple(low), tuple(high), X_LABEL, Y_LABEL, self.how)

    def _estimate(self, mean: Mean) -> Estimate:
        """Return an estimate whose interval holds the sampling and what was left out."""
        low, high = mean.reach if not math.isnan(mean.value) else (mean.low, mean.high)
        is_exact = low == high
        draws = self.sample.draws
        uncertainty = "none" if is_exact else "failures" if draws else LEFT_OUT
        return Estimate(mean.value, low, high, draws or len(self.sample.by_delivery[0]), self.how, uncertainty)
