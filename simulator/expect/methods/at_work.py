"""Patterns by how many causes are at work: their probability, lists of all, and draws given the number.

Given the latent state, causes are independent, so the number at work has a Poisson-binomial law, and which they are,
given their number, is conditional Bernoulli: from the suffix table R[i, j] = P(j of the causes from i on are at work)
the next cause at work is drawn by its distribution function, a step for each cause at work and not for each cause.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import combinations
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.expect.methods.strata import Floats
from simulator.failures.cause_law import Bools, CauseLaw

CERTAIN = 1 - 1e-15


@final
class AtWork:
    """The causes at work, given how many.

    Args:
        law: The causes.
        most: Numbers above this are never asked for; None: up to all.
    """

    def __init__(self, law: CauseLaw, most: int | None = None) -> None:
        self.law = law
        self.count = len(law.causes)
        self.most = self.count if most is None else min(most, self.count)
        self.chance = np.clip(law.chance, 0.0, CERTAIN)
        self._suffix: dict[int, Floats] = {}
        self._log_later: dict[tuple[int, int], Floats] = {}

    def suffix(self, state: int) -> Floats:
        """Return R[i, j] = P(j of the causes from i on are at work), shape ``(causes + 1, most + 1)``."""
        if state not in self._suffix:
            table = np.zeros((self.count + 1, self.most + 1))
            table[self.count, 0] = 1.0
            for cause in range(self.count - 1, -1, -1):
                chance = self.chance[state, cause]
                table[cause] = (1 - chance) * table[cause + 1]
                table[cause, 1:] += chance * table[cause + 1, :-1]
            self._suffix[state] = table
        return self._suffix[state]

    @cached_property
    def number(self) -> Floats:
        """P(state and so many at work), shape ``(states, most + 1)``."""
        found: Floats = np.stack([w * self.suffix(s)[0] for s, w in enumerate(self.law.weight)])
        return found

    def listed(self, number: int) -> tuple[Bools, Floats]:
        """Return all sets of so many causes, and P(exactly these are at work), summed over the states.

        Returns:
            At work, shape ``(sets, causes)``, and probabilities, shape ``(sets,)``.
        """
        sets = np.array(list(combinations(range(self.count), number)), dtype=np.intp)
        sets = sets.reshape(math.comb(self.count, number), number)
        at_work = np.zeros((len(sets), self.count), dtype=bool)
        np.put_along_axis(at_work, sets, True, axis=1)
        return at_work, probability_of(self.law, at_work)

    def drawn(self, state: int, number: int, uniforms: Floats) -> Bools:
        """Return sets of so many causes, drawn given the state and the number.

        Args:
            state: The latent state.
            number: How many are at work.
            uniforms: In (0, 1], shape ``(draws, number)``; row i decides draw i alone.

        Returns:
            Shape ``(draws, causes)``.
        """
        draws = len(uniforms)
        at_work = np.zeros((draws, self.count), dtype=bool)
        at, rows = np.zeros(draws, dtype=np.intp), np.arange(draws)
        for step, left in enumerate(range(number, 0, -1)):
            later = self._later(state, left)
            cause = np.searchsorted(-later, -(later[at] + np.log(uniforms[:, step])), side="right") - 1
            at_work[rows, cause] = True
            at = cause + 1
        return at_work

    def _later(self, state: int, left: int) -> Floats:
        """Return log P(none before m, so many from m on) for each m, which falls with m."""
        if (state, left) not in self._log_later:
            idle = np.concatenate([[0.0], np.cumsum(np.log1p(-self.chance[state]))])
            with np.errstate(divide="ignore"):
                self._log_later[state, left] = idle + np.log(self.suffix(state)[:, left])
        return self._log_later[state, left]

    def share_at_work(self, state: int, number: int) -> Floats:
        """Return P(cause at work | state, so many at work), shape ``(causes,)``."""
        suffix, chance = self.suffix(state), self.chance[state]
        prefix = np.zeros(self.most + 1)
        prefix[0] = 1.0
        found = np.zeros(self.count)
        for cause in range(self.count):
            found[cause] = chance[cause] * prefix[:number] @ suffix[cause + 1, number - 1::-1][:number]
            prefix[1:] = (1 - chance[cause]) * prefix[1:] + chance[cause] * prefix[:-1]
            prefix[0] *= 1 - chance[cause]
        can_be = suffix[0, number] > 0
        share: Floats = found / suffix[0, number] if can_be else np.zeros(self.count)
        return share


def varying(law: CauseLaw) -> list[int]:
    """Return the causes that are at work in some patterns and not in others."""
    found: list[int] = np.flatnonzero(~((law.chance == 0).all(axis=0) | (law.chance == 1).all(axis=0))).tolist()
    return found


def probability_of(law: CauseLaw, at_work: Bools) -> Floats:
    """Return P(exactly these causes are at work), summed over the latent states, shape ``(sets,)``."""
    total = np.zeros(len(at_work))
    for weight, chance in zip(law.weight, law.chance, strict=True):
        total += weight * np.where(at_work, chance, 1 - chance).prod(axis=1)
    return total


def draw_states(weights: Floats, uniforms: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return a state for each uniform number, by these weights, shape ``(draws,)``."""
    total = np.cumsum(weights)
    found: NDArray[np.intp] = np.minimum(np.searchsorted(total, uniforms * total[-1]), len(weights) - 1)
    return found
