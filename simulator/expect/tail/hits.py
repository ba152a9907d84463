"""A fixed number of hits: the relative error of a chance has a law that does not depend on the chance.

Each draw takes an exponential time; the time R of the k-th hit has the gamma law of shape k and rate p, since the hits
are a Poisson process of rate p. So (k - 1) / R is unbiased, and gamma quantiles over R are an exact interval
(M. Huber, Random Structures & Algorithms 50, 2017). Draws are counted in the order of their index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import clopper_pearson
from simulator.expect.methods.draws import CELLS, patterns_of
from simulator.expect.methods.expectation import Question
from simulator.expect.methods.target import MOST_DRAWS
from simulator.expect.scored import Floats
from simulator.expect.tail.events import Event
from simulator.failures.cause_law import Bools

FIRST, TAILS = 1024, (0.025, 0.975)


@dataclass
class Counted:
    """Hits of one event so far.

    Args:
        wanted: How many are wanted.
        seen: How many there were, at most those wanted.
        draws: How many draws were counted for them.
        time: The sum of the exponential times of these draws.
    """

    wanted: int
    seen: int = 0
    draws: int = 0
    time: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether there were enough."""
        return self.seen >= self.wanted

    def count(self, hits: Bools, times: Floats) -> None:
        """Count the next draws, in order, up to the hit that is the last one wanted."""
        if self.is_done:
            return
        places = np.flatnonzero(hits)
        left = self.wanted - self.seen
        until = int(places[left - 1]) + 1 if len(places) >= left else len(hits)
        self.seen += min(left, len(places))
        self.draws += until
        self.time += float(times[:until].sum())

    def estimate(self) -> Estimate:
        """Return the chance with its 95 % interval: exact with all hits, Clopper and Pearson's with fewer."""
        from scipy.special import gammaincinv  # noqa: PLC0415 - heavy

        if not self.is_done:
            return clopper_pearson(self.seen, self.draws)
        low, high = (min(1.0, float(gammaincinv(self.wanted, tail)) / self.time) for tail in TAILS)
        how = f"{self.wanted} hits in {self.draws:,} draws, gamma interval (exact)"
        return Estimate(min(1.0, (self.wanted - 1) / self.time), low, high, self.draws, how, "failures")


def until_hits(question: Question, events: tuple[Event, ...], wanted: int, most: int = MOST_DRAWS) -> list[Estimate]:
    """Return the chance of each event, from draws until each has been hit so often, or there were too many draws.

    Args:
        question: Whose patterns are drawn.
        events: What counts as a hit.
        wanted: How many hits, >= 2.
        most: The most draws.
    """
    counted = [Counted(wanted) for _ in events]
    drawing, dice = patterns_of(question, "patterns until hits"), question.dice("times of hits")
    drawn, piece = 0, FIRST
    largest = max(FIRST, CELLS // (1 + len(question.scored.components)))
    while drawn < most and not all(one.is_done for one in counted):
        piece = min(piece, most - drawn, largest)
        for _, up in drawing.next(piece):
            places, times = question.scored.places(up), dice.standard_exponential(len(up))
            for event, one in zip(events, counted, strict=True):
                one.count(event.of(places), times)
        drawn, piece = drawn + piece, 2 * piece
    return [one.estimate() for one in counted]
