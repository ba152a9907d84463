"""The law of a cascade by dependency: its Markov chain over patterns, solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pairs = Mapping[tuple[int, int], float]


@final
@dataclass(frozen=True, eq=False)
class CascadeChain:
    """A chain over the sets of components that are down, as bits.

    Args:
        fall: Rate of crashes of each component by itself, shape ``(components,)``; all rates in one unit.
        rise: Rate of repairs of each.
        at_once: For (i, j) the probability that the crash of i fells j at that instant.
        in_time: For (i, j) the rate at which j is felled while i is down.
    """

    fall: Floats
    rise: Floats
    at_once: Pairs
    in_time: Pairs

    def felled(self, down: int, first: int) -> dict[int, float]:
        """Return which sets are down after the crash of a component and of what it fells at once, with probabilities.

        Each component that crashes tosses once for each that depends on it and is up.
        """
        law: dict[tuple[int, tuple[int, ...]], float] = {(down | 1 << first, (first,)): 1.0}
        ended: dict[int, float] = {}
        while law:
            (now, waiting), chance = law.popitem()
            if not waiting:
                ended[now] = ended.get(now, 0.0) + chance
                continue
            targets = [(j, c) for (i, j), c in self.at_once.items() if i == waiting[-1] and not now >> j & 1]
            for hits in product((False, True), repeat=len(targets)):
                p = float(np.prod([c if hit else 1 - c for (_, c), hit in zip(targets, hits, strict=True)]))
                new = tuple(j for (j, _), hit in zip(targets, hits, strict=True) if hit)
                key = (now | sum(1 << j for j in new), tuple(sorted((*waiting[:-1], *new))))
                law[key] = law.get(key, 0.0) + chance * p
        return {state: chance for state, chance in ended.items() if chance > 0}

    def hazard(self, down: int, component: int) -> float:
        """Return the rate at which a component that is up crashes, or is felled in time, while these are down."""
        struck = sum(rate for (i, j), rate in self.in_time.items() if j == component and down >> i & 1)
        return float(self.fall[component]) + struck

    @cached_property
    def rates(self) -> Floats:
        """Rates from set to set, rows summing to 0, shape ``(2^components, 2^components)``."""
        count = len(self.fall)
        found = np.zeros((2**count, 2**count))
        for down, i in product(range(2**count), range(count)):
            if down >> i & 1:
                found[down, down ^ 1 << i] += self.rise[i]
            elif (hazard := self.hazard(down, i)) > 0:
                for after, chance in self.felled(down, i).items():
                    found[down, after] += hazard * chance
        balanced: Floats = found - np.diag(found.sum(axis=1))
        return balanced

    @cached_property
    def law(self) -> Floats:
        """P(exactly these are down) at any instant, as ``simulator.failures.joint`` has it.

        By elimination of one state after the other with positive terms only (Grassmann, Taksar and Heyman, 1985), so
        that rare patterns have as many right digits as frequent ones.
        """
        rates = np.maximum(self.rates, 0)
        np.fill_diagonal(rates, 0)
        for last in range(len(rates) - 1, 0, -1):
            rates[:last, last] /= rates[last, :last].sum()
            rates[:last, :last] += np.outer(rates[:last, last], rates[last, :last])
        law: Floats = np.zeros(len(rates))
        law[0] = 1
        for state in range(1, len(rates)):
            law[state] = law[:state] @ rates[:state, state]
        law /= law.sum()
        return law
