"""The head: the most probable patterns are summed up, and what is left bounds the rest. Nothing is left to chance."""

from __future__ import annotations

import math
from typing import Annotated, Literal, final

import numpy as np
from pydantic import Field

from simulator.expect.methods.expectation import Expectation, Mean, Question, Sample
from simulator.expect.methods.method import CannotEstimate, Method, as_is, schedule
from simulator.expect.methods.most_probable import most_probable
from simulator.expect.methods.strata import Floats, Listed, Places

FIRST, GROWTH = 256, 3.0  # patterns: the first look, from look to look


@final
class Head(Method):
    """The most probable patterns, one after the other, with bounds that are sure.

    The truth is between S + rest x lowest and S + rest x highest score, S the sum so far. ``max_patterns`` is the most
    that are looked at.
    """

    method: Literal["head"]
    max_patterns: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000

    def expect(self, question: Question) -> Expectation:
        """Return the expectation of the head, with bounds instead of an interval."""
        if question.law is None:
            raise CannotEstimate("'head' needs the law of the failures, and these state none: 'monte_carlo' does not")
        scored, before = question.scored, question.scored.forwards
        for count in schedule(min(FIRST, self.max_patterns), GROWTH, self.max_patterns):
            at_work, probability = most_probable(question.law, count)
            places = scored.places(question.law.up(at_work))
            kept = as_is(scored, places, self.target.max_forwards - (scored.forwards - before))
            sample = Sample((listed("the most probable patterns", kept, probability[: len(kept)]),))
            mean = sample.mean(scored.scores, scored.bounds)
            half = (mean.bounds[1] - mean.bounds[0]) / 2
            met = self.target.met(Mean(mean.value, *mean.bounds, mean.bounds))
            is_spent, is_all = len(kept) < len(places), len(at_work) < count
            if met or is_spent or is_all:
                break
        spent = self.target.spent(self.target.max_forwards) if is_spent else None
        stopped = met or spent or ("no pattern is left" if is_all else f"{self.max_patterns:,} patterns")
        how = f"the {len(kept):,} most probable patterns, {sample.rest:.2g} left out, sure to ±{half:.2g}"
        return Expectation(self.method, mean, sample, scored.forwards - before, how, stopped)


def listed(name: str, places: Places, probability: Floats) -> Listed:
    """Return patterns with their probabilities as one stratum, delivery by delivery."""
    distinct, row = np.unique(places, return_inverse=True)
    sums = np.bincount(row.reshape(-1), probability, len(distinct))
    mass = math.fsum(probability.tolist())
    return Listed(name, mass, distinct, sums / mass)
