"""The creation process: all causes are at work at first, and cease one after the other.

Cause i ceases at Y_i, exponential with rate -ln q_i, so that P(Y_i > 1) = q_i: at time 1 the pattern has its own law,
and before it more is down. (T. Elperin, I. Gertsbakh, M. Lomonosov, IEEE Trans. Reliability 40, 1991; Z. Botev,
P. L'Ecuyer, G. Rubino, R. Simard, B. Tuffin, INFORMS J. Computing 25, 2013.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from simulator.expect.methods.at_work import draw_states
from simulator.expect.scored import Floats, Places
from simulator.expect.tail.events import Event
from simulator.failures.cause_law import Bools, CauseLaw

LEAST, MOST = 1e-300, 1 - 1e-15  # chances that have a rate


@dataclass(frozen=True)
class Cloud:
    """Particles: a latent state and the time at which each cause ceases.

    Args:
        state: Shape ``(particles,)``.
        ceases: Shape ``(particles, causes)``, of the causes that vary.
    """

    state: Places
    ceases: Floats

    def at(self, rows: Places) -> Cloud:
        """Return copies of these particles."""
        return Cloud(self.state[rows], self.ceases[rows])


@final
@dataclass(frozen=True, eq=False)
class Creation:
    """The creation process of a law, watched for an event that more causes at work can only bring about.

    Args:
        law: The causes; with several latent states the state belongs to a particle, and is drawn anew with it.
        event: What is watched for.
    """

    law: CauseLaw
    event: Event

    @cached_property
    def varying(self) -> Places:
        """The causes that are at work at times."""
        chance = self.law.chance
        return np.flatnonzero((chance > 0).any(axis=0) & (chance < 1).any(axis=0))

    @cached_property
    def rate(self) -> Floats:
        """How fast each cause ceases, shape ``(states, causes that vary)``."""
        rate: Floats = -np.log(np.clip(self.law.chance[:, self.varying], LEAST, MOST))
        return rate

    def drawn(self, count: int, dice: np.random.Generator) -> Cloud:
        """Return independent particles."""
        state = draw_states(self.law.weight, dice.random(count))
        return Cloud(state, dice.standard_exponential((count, len(self.varying))) / self.rate[state])

    def happens(self, busy: Bools) -> Bools:
        """Return for which sets of the causes that vary the event happens, shape ``(sets,)``."""
        at_work = np.tile((self.law.chance == 1).all(axis=0), (len(busy), 1))
        at_work[:, self.varying] = busy
        return self.event.at(self.law, at_work)

    def lasts(self, cloud: Cloud) -> Floats:
        """Return until when the event lasts for each particle, by bisection: 0 where never, infinity where always."""
        count = cloud.ceases.shape[1]
        order = np.argsort(cloud.ceases, axis=1)
        rank = np.argsort(order, axis=1)
        low = np.zeros(len(order), dtype=np.intp)
        high = np.full(len(order), count + 1)
        while (open_ := np.flatnonzero(low < high)).size:
            ceased = (low[open_] + high[open_]) // 2
            here = np.zeros(len(open_), dtype=bool)
            asked = ceased <= count
            here[asked] = self.happens(rank[open_[asked]] >= ceased[asked, np.newaxis])
            low[open_] = np.where(here, ceased + 1, low[open_])
            high[open_] = np.where(here, high[open_], ceased)
        ends = np.take_along_axis(cloud.ceases, order, axis=1)
        padded = np.concatenate([np.zeros((len(order), 1)), ends, np.full((len(order), 1), np.inf)], axis=1)
        return np.take_along_axis(padded, low[:, np.newaxis], axis=1)[:, 0]

    def swept(self, cloud: Cloud, level: float, dice: np.random.Generator) -> Cloud:
        """Return particles after one Gibbs sweep that keeps their law given that the event lasts beyond ``level``.

        Where the event happens without a cause, its time is free; else it ceases after ``level``.
        """
        state, ceases = cloud.state, cloud.ceases.copy()
        for cause in dice.permutation(ceases.shape[1]):
            new = dice.standard_exponential((2, len(state))) / self.rate[state, cause]
            fresh = new[0]
            asked = np.flatnonzero((ceases[:, cause] > level) & (fresh <= level))
            busy = ceases[asked] > level
            busy[:, cause] = False
            needed = asked[~self.happens(busy)]
            fresh[needed] = level + new[1][needed]
            ceases[:, cause] = fresh
        return Cloud(self._states(ceases, dice), ceases)

    def _states(self, ceases: Floats, dice: np.random.Generator) -> Places:
        """Return a latent state for each particle, drawn given when its causes cease."""
        if len(self.law.weight) == 1:
            return np.zeros(len(ceases), dtype=np.intp)
        with np.errstate(divide="ignore"):
            log = np.log(self.law.weight) + np.log(self.rate).sum(axis=1) - ceases @ self.rate.T
        share = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
        cut = dice.random((len(ceases), 1)) * share[:, -1:]
        found: Places = np.minimum((share < cut).sum(axis=1), len(self.law.weight) - 1)
        return found
