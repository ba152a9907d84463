"""An environment with rates for each of its states: components crash and are repaired at the rates of the moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.environment_chain import Environment, States, drawn
from simulator.failures.joint import looked_up
from simulator.failures.patterns import spells
from simulator.failures.process import NoLaw, Timeline, Times, Up
from simulator.failures.renewal import DOWN_SINCE_BEFORE
from simulator.seeds import Streams
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
MOST_MODULATED = 12  # components of a joint law: 3^12 systems of equations
RENEWALS_A_BLOCK = 64


@final
@dataclass(frozen=True, eq=False)
class EnvironmentRates:
    """Components that depend on each other only through the history of their environment.

    A component that goes down at rate l and up at rate m is one that is *renewed* at rate l + m, and is then up with
    probability m / (l + m), whatever it was. So its state at an instant is that of its last renewal; going back in
    time until every component has been renewed draws from the steady state exactly, for any number of components.

    The law: with m_S(e) = P(environment e, the components of S as given), the chain of (environment, pattern) is
    stationary where m_S x (sum of the renewal rates of S) = m_S Q + sum over i in S of rate_i(to its state) x
    m_(S without i): one small system of equations for each S, with positive terms only.

    Args:
        components: Names, in the order of the topology.
        environment: Its states.
        fall_per_ns: Rate of crashes in each state, shape ``(states, components)``.
        rise_per_ns: Rate of repairs in each state, > 0, shape ``(states, components)``.
    """

    components: tuple[str, ...]
    environment: Environment
    fall_per_ns: Floats
    rise_per_ns: Floats

    @property
    def _renew(self) -> Floats:
        return self.fall_per_ns + self.rise_per_ns

    @cached_property
    def _up_in(self) -> Floats:
        """P(environment e, i up), shape ``(components, states)``."""
        share = self.environment.share
        return np.array([self._solved([i], self.rise_per_ns[:, i] * share) for i in range(len(self.components))]
                        ).reshape(-1, len(share))

    def _solved(self, among: list[int], inflow: Floats) -> Floats:
        """Return m_S of components S, given what flows in from smaller sets, shape ``(..., states)``."""
        balance = np.diag(self._renew[:, among].sum(axis=1)) - self.environment.generator
        found: Floats = inflow @ np.linalg.inv(balance)
        return found

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""
        survival: Floats = self._up_in.sum(axis=1)
        return survival

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        pairs, up, rise = np.diag(self.survival()), self._up_in, self.rise_per_ns.T
        for i, j in combinations(range(len(self.components)), 2):
            pairs[i, j] = pairs[j, i] = self._solved([i, j], rise[i] * up[j] + rise[j] * up[i]).sum()
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``, exactly.

        Raises:
            NoLaw: more than 12 components.
        """
        return looked_up(self._table, up)

    @cached_property
    def _table(self) -> Floats:
        """The joint law, as ``simulator.failures.joint`` has it, from sets of no component to all of them."""
        count = len(self.components)
        if count > MOST_MODULATED:
            raise NoLaw(f"{count} components share an environment: the probabilities of patterns are worked out for at "
                        f"most {MOST_MODULATED}")
        smaller: dict[tuple[int, ...], Floats] = {(): self.environment.share}
        for size in range(1, count + 1):
            smaller = {among: self._solved(list(among), self._inflow(among, smaller))
                       for among in combinations(range(count), size)}
        (joint,) = smaller.values()
        law: Floats = joint.sum(axis=-1).transpose(range(count - 1, -1, -1)).ravel()
        return law

    def _inflow(self, among: tuple[int, ...], smaller: dict[tuple[int, ...], Floats]) -> Floats:
        """Return the sum over i of rate_i(to its state) m_(S without i): an axis (up, down) for each, then states."""
        total = np.zeros((2,) * len(among) + (len(self.environment.share),))
        for axis, i in enumerate(among):
            rest = smaller[among[:axis] + among[axis + 1 :]]
            total += np.stack([rest * self.rise_per_ns[:, i], rest * self.fall_per_ns[:, i]], axis=axis)
        return total

    def switches_per_s(self) -> Floats:
        """Return how often each component goes down or up, per second: 2 x sum over e of P(e, up) rate of crashes."""
        rate: Floats = 2 * SECOND_NS * np.einsum("ie,ei->i", self._up_in, self.fall_per_ns)
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``.

        It takes longer the faster the environment changes against the repairs.
        """
        return self._steady(streams, requests)[1]

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return outages under one path of the environment; environment and pattern at 0 are in their steady state."""
        first, up = self._steady(streams, 1)
        edges, states = self.environment.path(streams, int(first[0]), until_ns)
        lives = [self._life(streams, column, bool(up[0, column]), (edges, states), until_ns)
                 for column in range(len(self.components))]
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)

    def _steady(self, streams: Streams, count: int) -> tuple[States, Up]:
        """Return independent draws of environment and pattern: back in time until each component has been renewed."""
        first = self.environment.now(streams, count)
        left = streams.of("", "last renewal").standard_exponential((count, len(self.components)))
        coins = streams.of("", "pattern").random((count, len(self.components)))
        up, step, rows, state = np.ones(left.shape, dtype=bool), 0, np.arange(count), first.copy()
        chance_up = self.rise_per_ns / self._renew
        while len(rows):
            dice = streams.of("", f"environment {step} before").random((count, 2))[rows]
            passed = -np.log1p(-dice[:, [0]]) * self.environment.lasts_ns[state][:, np.newaxis] * self._renew[state]
            renewed = (left[rows] > 0) & (left[rows] <= passed)
            up[rows] = np.where(renewed, coins[rows] < chance_up[state], up[rows])
            left[rows] -= passed
            is_open = (left[rows] > 0).any(axis=1)
            state = drawn(self.environment.backwards, state, dice[:, 1])[is_open]
            rows, step = rows[is_open], step + 1
        return first, up

    def _life(
        self, streams: Streams, column: int, is_up: bool, path: tuple[Times, States], until_ns: int
    ) -> tuple[Times, Times]:
        """Return the crash and repair instants of one component under a path of the environment."""
        edges, states = path
        spent = np.cumsum(np.diff(np.maximum(edges, 0)) * self._renew[states, column], dtype=np.float64)
        dice = streams.of(self.components[column], "renewals")
        drawn_rows = [dice.random((RENEWALS_A_BLOCK, 2))]
        while -np.log1p(-np.concatenate(drawn_rows)[:, 0]).sum() <= spent[-1]:
            drawn_rows.append(dice.random((RENEWALS_A_BLOCK * 2 ** len(drawn_rows), 2)))
        rows = np.concatenate(drawn_rows)
        hazard = np.cumsum(-np.log1p(-rows[:, 0]))
        hazard = hazard[hazard < spent[-1]]
        at = np.rint(np.interp(hazard, np.append(0.0, spent), np.maximum(edges, 0))).astype(np.int64)
        state = states[np.searchsorted(spent, hazard, side="right")]
        down = rows[: len(at), 1] >= (self.rise_per_ns / self._renew)[state, column]
        is_last = np.append(at[1:] > at[:-1], True) if len(at) else np.empty(0, dtype=bool)
        is_before = is_last & (at < until_ns)
        instants = np.concatenate([[DOWN_SINCE_BEFORE], at[is_before], [max(until_ns, 1)]])
        return spells(instants, np.concatenate([[not is_up], down[is_before]]))
