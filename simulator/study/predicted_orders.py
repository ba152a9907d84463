"""The scores of every pattern, foretold to several orders and exact, from one trained network."""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.neurons.delivery_shifts import Linearised
from simulator.neurons.estimators.single_crash import of_pairs, of_singles
from simulator.neurons.moments import Moments
from simulator.study.analysis import Analysis
from simulator.study.predicted_states import States

Floats = NDArray[np.float64]
FIRST, BY_DELIVERY, SINGLES, PAIRS, EXACT = ORDERS = ("first_order", "by_delivery", "single_crash", "pairs", "exact")


@final
class Foretold:
    """Scores by pattern and order; those of no answer are 0, for their moments alone.

    ``first_order``: slopes of the messages that each component takes away alone, which add up (group-b3).
    ``by_delivery``: the same slopes, for the messages that the whole pattern takes away. ``single_crash``: the effect
    of each component alone, exactly, which add up (group-b4). ``pairs``: with those of each two.

    Args:
        states: The patterns.
        analysis: The network taken apart.
    """

    def __init__(self, states: States, analysis: Analysis) -> None:
        self.states, self.analysis = states, analysis
        self.graph = analysis.graph
        self.known = analysis.scores(states.deliveries)
        self._linear: dict[tuple[int, str], Linearised] = {}

    @cached_property
    def base(self) -> Floats:
        """The scores with all up, shape ``(samples, outputs)``."""
        return self.known[self.states.deliveries[0]]

    def of_delivery(self, delivery: int) -> Floats:
        """Return the exact scores of a delivery."""
        return np.zeros_like(self.base) if delivery == EMPTY else self.known[delivery]

    def along(self, delivery: int, row: int = 0) -> Floats:
        """Return a delivery's scores by the slopes in the state of a row."""
        exit_part = self.graph.exit_of(delivery)
        if exit_part is None:
            return np.zeros_like(self.base)
        if (row, exit_part) not in self._linear:
            states = self.states
            self._linear[row, exit_part] = self.analysis.linearised(states.reach, states.down(row), exit_part)
        linear = self._linear[row, exit_part]
        return linear.outputs + linear.shift(delivery)

    @cached_property
    def first(self) -> Floats:
        """D_v of each component to first order, shape ``(samples, outputs, components)``."""
        return np.stack([self.along(delivery) for delivery in self._alone], axis=-1) - self.base[..., np.newaxis]

    @cached_property
    def alone(self) -> Floats:
        """d_v of each component exactly, the same shape."""
        return np.stack([self.of_delivery(delivery) for delivery in self._alone], axis=-1) - self.base[..., np.newaxis]

    @property
    def _alone(self) -> list[int]:
        return [self.states.deliveries[1 << place] for place in range(self.states.count)]

    @cached_property
    def both(self) -> Floats:
        """d_uv of each two components, shape ``(samples, outputs, components, components)``, symmetric."""
        count = self.states.count
        found = np.zeros((*self.base.shape, count, count))
        for u in range(count):
            for v in range(u):
                together = self.of_delivery(self.states.deliveries[1 << u | 1 << v]) - self.base
                found[..., u, v] = found[..., v, u] = together - self.alone[..., u] - self.alone[..., v]
        return found

    def scores(self, order: str, row: int) -> Floats:
        """Return the scores of a pattern that answers, by an order, shape ``(samples, outputs)``."""
        delivery, down = self.states.deliveries[row], self.states.members(row)
        if order == EXACT:
            return self.of_delivery(delivery)
        if order == BY_DELIVERY:
            return self.along(delivery)
        found: Floats = self.base + (self.first if order == FIRST else self.alone)[..., down].sum(axis=-1)
        return found + self.both[..., down, :][..., down].sum(axis=(-2, -1)) / 2 if order == PAIRS else found

    def moments(self, order: str) -> Moments:
        """Return mean and variance over failures of the shift of every score."""
        if order in (FIRST, SINGLES):
            return of_singles(self.first if order == FIRST else self.alone, self.states.crashes)
        if order == PAIRS:
            return of_pairs(self.alone, self.both, self.states.crashes)
        chance: dict[int, float] = {}
        for delivery, probability in zip(self.states.deliveries, self.states.probability.tolist(), strict=True):
            chance[delivery] = chance.get(delivery, 0.0) + probability
        told = self.of_delivery if order == EXACT else self.along
        shifts = {delivery: told(delivery) - self.base for delivery in chance}
        mean: Floats = np.sum([chance[one] * shifts[one] for one in chance], axis=0)
        variance: Floats = np.sum([chance[one] * (shifts[one] - mean) ** 2 for one in chance], axis=0)
        return Moments(mean, variance, "exact" if order == EXACT else "estimate")

    def cost(self, order: str) -> dict[str, int]:
        """Return what an order takes: deliveries and part runs forward, and backward passes."""
        most = {FIRST: 0, BY_DELIVERY: 0, SINGLES: 1, PAIRS: 2, EXACT: self.states.count}[order]
        rows = self.states.rows_up_to(most)
        deliveries = list(dict.fromkeys(one for row in rows if (one := self.states.deliveries[row])))
        return {"deliveries": len(deliveries), "part_runs": self.analysis.part_runs(deliveries),
                "backward": self.base.shape[1] if order in (FIRST, BY_DELIVERY) else 0}
