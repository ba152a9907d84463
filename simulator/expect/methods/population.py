"""Strata as they are drawn from: few enough patterns to be listed, or too many.

A listed stratum is a population of deliveries with known shares; they are drawn without replacement, and when all have
been, nothing is left to chance. Of one that is too large, patterns are drawn independently, with the first-order terms
as a control variate, whose mean is exact given the number of causes at work.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple, Protocol, final

import numpy as np

from simulator.expect.methods.at_work import AtWork, draw_states
from simulator.expect.methods.head import listed
from simulator.expect.methods.strata import Drawn, Floats, Places, Stratum, WithoutReplacement, trusts
from simulator.expect.scored import Scored

ALMOST_ALL = 0.6  # from this share of a population on, the rest is taken, too


class Population(Protocol):
    """A stratum that more can be drawn of."""

    @property
    def name(self) -> str:
        """What it holds, in words."""

    @property
    def mass(self) -> float:
        """Its probability."""

    @property
    def size(self) -> int | None:
        """How many deliveries it has, None where that is not known."""

    def places(self, count: int) -> Places:
        """Return the deliveries of the first so many draws (all, where there are fewer); always the same ones."""

    def seen(self, count: int, pilot: int) -> Stratum:
        """Return the stratum after so many draws, the first of which were a pilot's."""


@final
class Listable:
    """A stratum with few patterns.

    Args:
        name: What it holds.
        places: The delivery of each of its patterns.
        probability: Of each pattern.
        dice: A stream of its own.
    """

    def __init__(self, name: str, places: Places, probability: Floats, dice: np.random.Generator) -> None:
        self.name = name
        self.all = listed(name, places, probability)
        self.mass = self.all.mass
        with np.errstate(divide="ignore"):
            order = np.argsort(dice.exponential(size=len(self.all.places)) / self.all.weights, kind="stable")
        self._places, self._shares = self.all.places[order], self.all.weights[order]

    @cached_property
    def _trust(self) -> Floats:
        return trusts(self._shares)

    @property
    def size(self) -> int | None:
        """How many deliveries it has."""
        return len(self._places)

    def places(self, count: int) -> Places:
        """Return the first so many."""
        return self._places[:count]

    def seen(self, count: int, pilot: int) -> Stratum:
        """Return the stratum: listed when all have been drawn."""
        if count >= len(self._places):
            return self.all
        trust = self._trust.copy()[:count]
        trust[:min(pilot, count - 1)] = 0
        return WithoutReplacement(self.all.name, self.mass, self._places[:count], self._shares[:count], trust)


class Draw(NamedTuple):
    """What a large stratum is drawn with: deliveries of patterns, a stream of its own, costs of causes if known."""

    scored: Scored
    dice: np.random.Generator
    costs: Floats | None


@final
class Large:
    """A stratum with many patterns: so many causes at work, in some of the latent states.

    Args:
        name: What it holds.
        at_work: The causes.
        states: The latent states.
        number: How many causes are at work.
        draw: Finds deliveries, throws dice, and knows what each cause costs alone.
    """

    def __init__(self, name: str, at_work: AtWork, states: list[int], number: int, draw: Draw) -> None:
        self.name, self.at_work, self.states, self.number = name, at_work, states, number
        self.scored, self.dice, self.costs = draw
        self.chances = at_work.number[states, number]
        self.mass = float(self.chances.sum())
        self._places: Places = np.zeros(0, dtype=np.intp)
        self._controls: Floats = np.zeros(0)

    @property
    def size(self) -> int | None:
        """Not known."""
        return None

    def places(self, count: int) -> Places:
        """Return the deliveries of the first so many draws."""
        if count > len(self._places):
            uniforms = 1 - self.dice.random((count - len(self._places), 1 + self.number))
            which = draw_states(self.chances, uniforms[:, 0])
            drawn = np.zeros((len(uniforms), self.at_work.count), dtype=bool)
            for place, state in enumerate(self.states):
                if (mine := which == place).any():
                    drawn[mine] = self.at_work.drawn(state, self.number, uniforms[mine, 1:])
            found = self.scored.places(self.at_work.law.up(drawn))
            self._places = np.concatenate([self._places, found])
            if self.costs is not None:
                self._controls = np.concatenate([self._controls, drawn @ self.costs])
        return self._places[:count]

    def seen(self, count: int, pilot: int) -> Stratum:
        """Return the stratum after the pilot, whose draws only say how many follow."""
        places = self._places[min(pilot, count - 1):count]
        if self.costs is None:
            return Drawn(self.name, self.mass, places)
        controls = self._controls[min(pilot, count - 1):count, np.newaxis]
        return Drawn(self.name, self.mass, places, controls, self._mean_cost)

    @cached_property
    def _mean_cost(self) -> Floats:
        """The exact mean of the sum of the costs, given the number at work, shape ``(1,)``."""
        shares = np.stack([self.at_work.share_at_work(state, self.number) for state in self.states])
        return np.array([self.chances / self.mass @ shares @ (0.0 if self.costs is None else self.costs)])


def whole(size: int | None, count: int) -> int:
    """Return how many draws of a population to take: almost all of it is all of it.

    >>> whole(100, 30), whole(100, 60), whole(100, 400), whole(None, 400)
    (30, 100, 100, 400)
    """
    if size is None:
        return count
    return size if count >= ALMOST_ALL * size else count

