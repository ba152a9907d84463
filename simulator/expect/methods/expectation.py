"""What a method is asked, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.expect.methods.strata import FEW, Floats, Places, Stratum
from simulator.expect.scored import Scored
from simulator.expect.student import quantile
from simulator.failures.cause_law import CauseLaw
from simulator.failures.process import Up

Values = Callable[[Places], Floats]
RISK = 0.05
SURE = 1 - RISK / 2
SURE_OF_SEVERAL = 0.98  # who stops when an interval is narrow stops at those that are too narrow


def is_no_answer(places: Places) -> Floats:
    """Return 1 for each place without an answer, else 0."""
    return np.asarray(places == 0, dtype=np.float64)


@dataclass(frozen=True)
class Question:
    """What is expected over what.

    Args:
        scored: What each pattern is worth.
        law: The law of the patterns as independent causes; None where none is stated.
        dice: Returns the generator of a named stream.
        patterns: Returns the first so many independent patterns, shape ``(patterns, components)``; always the same.
        no_flow: Returns the exact P(no answer); None where it is not known.
        no_answer: Says of each place whether it is without an answer, 1 or 0: whose mean ``no_flow`` is.
    """

    scored: Scored
    law: CauseLaw | None
    dice: Callable[[str], np.random.Generator]
    patterns: Callable[[int], Up] | None = None
    no_flow: Callable[[], float] | None = None
    no_answer: Values = is_no_answer


@dataclass(frozen=True)
class Mean:
    """A mean over the patterns.

    Args:
        value: The point estimate; NaN where nothing counts.
        low: Lower end of the 95 % interval of the sampling, nothing else; ``value`` where nothing was left to chance.
        high: Upper end.
        bounds: Between which numbers the value would be with what was left out, whatever that is worth.
    """

    value: float
    low: float
    high: float
    bounds: tuple[float, float]

    @property
    def half_width(self) -> float:
        """Half of the sampling interval."""
        return (self.high - self.low) / 2

    @property
    def reach(self) -> tuple[float, float]:
        """The interval and the bounds together: between these the truth is, with 95 %."""
        return self.low - (self.value - self.bounds[0]), self.high + (self.bounds[1] - self.value)


@dataclass(frozen=True, eq=False)
class Known:
    """A control variate of all strata together: a function of the delivery whose mean over all patterns is exact.

    Args:
        values: The function, between -1 and 1.
        mean: Its mean.
    """

    values: Values
    mean: float


@dataclass(frozen=True, eq=False)
class Sample:
    """A weighted sample of deliveries: the mean of any function of a delivery is linear in it.

    Args:
        strata: What was seen, stratum by stratum; masses that do not sum to 1 leave a rest.
        looks: How often an interval was looked at before the method stopped.
        known: What moves the means by as much as it is known to be off itself (combined regression over the strata:
            one slope for all of them; W. G. Cochran, Sampling Techniques, 7.10); None: nothing.
    """

    strata: tuple[Stratum, ...]
    looks: int = 1
    known: Known | None = None

    @cached_property
    def rest(self) -> float:
        """The probability of what was left out."""
        return max(0.0, 1 - math.fsum(one.mass for one in self.strata))

    @property
    def draws(self) -> int:
        """How many patterns were drawn by chance."""
        return sum(one.draws for one in self.strata)

    @cached_property
    def by_delivery(self) -> tuple[Places, Floats]:
        """The distinct places seen, sorted, and the weight of each; the weights sum to 1 less the rest."""
        places = np.concatenate([one.places for one in self.strata])
        weights = np.concatenate(self._weights)
        distinct, row = np.unique(places, return_inverse=True)
        return distinct, np.bincount(row.reshape(-1), weights, len(distinct)).astype(np.float64)

    def mean(self, values: Values, span: tuple[float, float] = (0.0, 1.0), *, is_guaranteed: bool = False) -> Mean:
        """Return the mean of a function of the delivery, with its 95 % interval and its bounds.

        NaN values are not counted: the mean is that of the others, a ratio, and its interval that of the linear part.

        Args:
            values: The function.
            span: The lowest and highest value that it can have.
            is_guaranteed: Whether the interval holds at any number of draws (wide), or rests on Student's t.
        """
        seen = [np.asarray(values(one.places), dtype=np.float64) for one in self.strata]
        counted = [~np.isnan(found) for found in seen]
        total = self._sum([np.where(kept, found, 0.0) for kept, found in zip(counted, seen, strict=True)])
        share = self._sum([kept.astype(np.float64) for kept in counted])
        if not share > 0:
            return Mean(math.nan, math.nan, math.nan, (math.nan, math.nan))
        value = min(max(total / share, span[0]), span[1])
        off = [np.where(kept, (found - value) / share, 0.0) for kept, found in zip(counted, seen, strict=True)]
        slope = self._slope(off)
        off = [one - slope * control for one, control in zip(off, self._control, strict=True)]
        half = (self._sure_half if is_guaranteed else self._half)(off, (span[1] - span[0]) / share)
        bounds = [(total + self.rest * end) / (share + self.rest) for end in span]
        left_out = self.rest / (share + self.rest)
        moved = abs(slope) * share * left_out  # some of the control's mean may be that of what was left out
        low, high = (value, value) if half == 0 else (max(span[0], value - half), min(span[1], value + half))
        return Mean(value, low, high, (max(span[0], min(bounds[0], value) - moved),
                                       min(span[1], max(bounds[1], value) + moved)))

    def _sum(self, values: list[Floats]) -> float:
        return math.fsum(float(weights @ found) for weights, found in zip(self._weights, values, strict=True))

    @cached_property
    def _control(self) -> list[Floats]:
        """The control variate of each pattern seen, stratum by stratum; zeros where there is none."""
        return [np.zeros(len(one.places)) if self.known is None else
                np.asarray(self.known.values(one.places), dtype=np.float64) for one in self.strata]

    @cached_property
    def _regression(self) -> list[Floats]:
        """What turns values into the slope of their mean on the control's; zeros where too little is known of it."""
        shared = [one.mass**2 * one.shared(control) if control.any() else np.zeros(len(control))
                  for one, control in zip(self.strata, self._control, strict=True)]
        variance = math.fsum(float(own @ control) for own, control in zip(shared, self._control, strict=True))
        differing = sum(int(np.count_nonzero(control)) for own, control in zip(shared, self._control, strict=True)
                        if own.any())
        scale = 1 / variance if variance > 0 and differing >= FEW else 0.0
        return [own * scale for own in shared]

    def _slope(self, values: list[Floats]) -> float:
        return math.fsum(float(own @ found) for own, found in zip(self._regression, values, strict=True))

    @cached_property
    def _weights(self) -> list[Floats]:
        """What each pattern seen counts in a mean: that of its stratum, moved by what the control is off."""
        plain = [one.mass * one.weights for one in self.strata]
        if self.known is None:
            return plain
        off = self.known.mean - math.fsum(float(own @ control) for own, control in
                                          zip(plain, self._control, strict=True))
        return [own + off * turned for own, turned in zip(plain, self._regression, strict=True)]

    def _half(self, values: list[Floats], span: float) -> float:
        errors = [(one.mass**2, one.error(found, span)) for one, found in zip(self.strata, values, strict=True)]
        parts = [(square * error.variance, error.degrees) for square, error in errors if error.variance > 0]
        variance = math.fsum(part for part, _ in parts)
        if not parts or math.isinf(variance):
            return variance
        sure = SURE if self.looks == 1 else SURE_OF_SEVERAL
        degrees = variance**2 / math.fsum(part**2 / free for part, free in parts)
        return quantile(degrees, sure) * math.sqrt(variance)

    def _sure_half(self, values: list[Floats], span: float) -> float:
        by_chance = sum(one.draws > 0 for one in self.strata)
        risk = RISK / max(by_chance, 1) / (self.looks * (self.looks + 1))
        return math.fsum(one.mass * one.radius(found, span, risk)
                         for one, found in zip(self.strata, values, strict=True))


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a method found.

    Args:
        method: Its name, as in the file.
        mean: Expected accuracy: value, sampling interval, bounds on what was left out.
        sample: The weighted sample of deliveries that it rests on.
        forwards: How many deliveries were scored for it that had not been before.
        how: What was done, in words.
        stopped: Why it stopped.
        chosen: Why this method; empty where the file named it.
    """

    method: str
    mean: Mean
    sample: Sample
    forwards: int
    how: str
    stopped: str
    chosen: str = ""

    @property
    def draws(self) -> int:
        """How many patterns were drawn by chance."""
        return self.sample.draws
