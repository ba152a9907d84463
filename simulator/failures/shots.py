"""Bursts in time: when they begin, whom they hit, and for how long; those under way at time 0 included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.failures.outage_laws import OutageLaw
from simulator.failures.process import Times
from simulator.failures.renewal import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.failures.scripted import merged
from simulator.seeds import Streams

Floats = NDArray[np.float64]
Hit = tuple[Times, Floats]
BURSTS_A_BLOCK = 64


@dataclass(frozen=True)
class Shots:
    """A Poisson process of bursts over components that are alike.

    Args:
        every_ns: Mean time between bursts that hit at least one of them.
        hits: P(such a burst hits k of them), k = 0, 1, ..., 0 at k = 0, shape ``(components + 1,)``.
        outage: How long an outage lasts.
        repaired_together: Share of bursts all of whose members come up at one instant.
        name: Of its streams.
    """

    every_ns: float
    hits: Floats
    outage: OutageLaw
    repaired_together: float
    name: str

    @property
    def count(self) -> int:
        """Number of components."""
        return len(self.hits) - 1

    def lives(self, streams: Streams, until_ns: int) -> list[list[tuple[int, int]]]:
        """Return for each component its (crash, repair) instants; they may overlap, and reach beyond the horizon."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.count)]
        _, left = self.under_way(streams, 1)
        for begin, lasting in [(np.full(len(left), DOWN_SINCE_BEFORE), left), *self._blocks(streams, until_ns)]:
            ends = np.maximum(begin, 0)[:, np.newaxis] + np.clip(np.rint(lasting), 1, END_OF_TIME_NS).astype(np.int64)
            for column in range(self.count):
                hit = lasting[:, column] > 0
                found[column] += zip(begin[hit].tolist(), ends[hit, column].tolist(), strict=True)
        return found

    def _blocks(self, streams: Streams, until_ns: int) -> Iterator[Hit]:
        """Yield, a block of bursts after the other, when each begins and how long it fells each component."""
        dice = [streams.of(self.name, f"burst {of}") for of in ("begins", "hits", "members", "is common", "lasts")]
        now = 0
        while now < min(until_ns, END_OF_TIME_NS):
            gaps = dice[0].standard_exponential(BURSTS_A_BLOCK) * self.every_ns
            begin = np.clip(now + np.cumsum(np.clip(np.rint(gaps), 1, None)), 1, END_OF_TIME_NS).astype(np.int64)
            hit = self._quantile(np.cumsum(self.hits), dice[1].random(BURSTS_A_BLOCK))
            is_common = dice[3].random(BURSTS_A_BLOCK) < self.repaired_together
            drawn = dice[4].random((BURSTS_A_BLOCK, self.count))
            members = dice[2].random((BURSTS_A_BLOCK, self.count))
            drawn = np.where(is_common[:, np.newaxis], drawn[:, :1], drawn)
            yield begin, np.where(ranks(members) < hit[:, np.newaxis], self._lasting(drawn), 0.0)
            now = int(begin[-1])

    def under_way(self, streams: Streams, rows: int) -> tuple[NDArray[np.intp], Floats]:
        """Return bursts that are under way at independent instants, in the steady state.

        One that is met with outages d_i of ages a is found through one of them, drawn with weight d_i, at an age that
        is uniform on it; as each of those that last longer than a finds the same burst, it is kept with probability
        one over their number.

        Args:
            streams: Where draws come from; those of an instant do not depend on how many instants there are.
            rows: Number of instants.

        Returns:
            The instant of each burst, shape ``(bursts,)``; how long it still fells each component, nanoseconds, 0 for
            not at all, shape ``(bursts, components)``.
        """
        there_are = {True: self.repaired_together > 0, False: self.repaired_together < 1}
        found = [self._met(streams, rows, is_common) for is_common, are_some in there_are.items() if are_some]
        return np.concatenate([row for row, _ in found]), np.concatenate([left for _, left in found])

    def _met(self, streams: Streams, rows: int, is_common: bool) -> tuple[NDArray[np.intp], Floats]:
        share = self.repaired_together if is_common else 1 - self.repaired_together
        chances = self.hits if is_common else self.hits * np.arange(self.count + 1)
        of = "common" if is_common else "own"
        dice = [streams.of(self.name, f"burst under way {of} {which}") for which in "nhmldaf"]
        mean = share * chances.sum() * self.outage.mean_ns / self.every_ns
        row = np.repeat(np.arange(rows), dice[0].poisson(mean, rows))
        hit = self._quantile(np.cumsum(chances) / chances.sum(), dice[1].random(len(row)))
        rank = ranks(dice[2].random((len(row), self.count)))
        met_ns = self.outage.length_biased(dice[3].random(len(row)))
        lasting = self._lasting(dice[4].random((len(row), self.count)))
        lasting = np.where(is_common | (rank == 0), met_ns[:, np.newaxis], lasting)
        left = lasting - (dice[5].random(len(row)) * met_ns)[:, np.newaxis]
        left = np.where((rank < hit[:, np.newaxis]) & (left > 0), left, 0.0)
        finders = 1 if is_common else np.maximum(1, (left > 0).sum(axis=1))
        kept = dice[6].random(len(row)) * finders < 1
        return row[kept], left[kept]

    def _quantile(self, cumulative: Floats, uniform: Floats) -> NDArray[np.intp]:
        return np.minimum(np.searchsorted(cumulative, uniform, side="right"), self.count)

    def _lasting(self, uniform: Floats) -> Floats:
        return np.maximum(self.outage.quantiles(uniform), 1.0)


def ranks(drawn: Floats) -> NDArray[np.intp]:
    """Return the place of each number among those of its row: a random order, shape ``(rows, columns)``."""
    return np.argsort(np.argsort(drawn, axis=1), axis=1)


def united(lives: list[list[tuple[int, int]]], until_ns: int) -> list[tuple[Times, Times]]:
    """Return crash and repair instants of components, of all outages that begin before the horizon."""
    return [merged((crash, repair) for crash, repair in life if crash < until_ns) for life in lives]
