"""Exact: every pattern that can be, delivery by delivery; nothing is left out and nothing left to chance."""

from __future__ import annotations

from typing import Annotated, Literal, final

import numpy as np
from pydantic import Field

from simulator.expect.methods.at_work import probability_of, varying
from simulator.expect.methods.expectation import Expectation, Question, Sample
from simulator.expect.methods.head import listed
from simulator.expect.methods.method import CannotEstimate, Method

MOST_COMPONENTS = 24
PIECE = 1 << 14  # sets of causes at a time


@final
class Exact(Method):
    """The sum over all patterns of what can fail (refused above ``max_components`` that can fail)."""

    method: Literal["exact"]
    max_components: Annotated[int, Field(gt=0, le=MOST_COMPONENTS)] = 20

    @property
    def exact_up_to(self) -> int:
        """Up to ``max_components``; more are refused."""
        return self.max_components

    def expect(self, question: Question) -> Expectation:
        """Return the expectation over all sets of causes; a target changes nothing in it."""
        if question.law is None:
            raise CannotEstimate("'exact' needs the law of the failures, and these state none: 'monte_carlo' does not")
        causes = varying(question.law)
        if len(causes) > self.max_components:
            raise CannotEstimate(f"'exact' sums over at most 2^{self.max_components} patterns, and {len(causes)} "
                                 "causes of failures make more: 'auto' finds a method for any number")
        scored, before = question.scored, question.scored.forwards
        places, probability = [], []
        for first in range(0, 1 << len(causes), PIECE):
            numbers = np.arange(first, min(first + PIECE, 1 << len(causes)))
            at_work = np.tile((question.law.chance == 1).all(axis=0), (len(numbers), 1))
            at_work[:, causes] = (numbers[:, np.newaxis] >> np.arange(len(causes))) & 1 == 1
            places.append(scored.places(question.law.up(at_work)))
            probability.append(probability_of(question.law, at_work))
        sample = Sample((listed("all patterns", np.concatenate(places), np.concatenate(probability)),))
        mean = sample.mean(scored.scores, scored.bounds)
        how = f"exact over {1 << len(causes):,} patterns"
        return Expectation(self.method, mean, sample, scored.forwards - before, how, "all patterns are summed")
