"""Shocks: what strikes, how often, and whom it fells when it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.failures.cause_law import CauseLaw
from simulator.failures.cause_sets import sets_of_marks
from simulator.failures.joint import mixed
from simulator.failures.process import NoLaw, Times, Up
from simulator.failures.renewal import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.seeds import Streams
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
STRIKES_A_BLOCK = 64
MOST_STEPS = 2**29  # multiplications that a joint law may take: a few seconds


@final
@dataclass(frozen=True)
class Coin:
    """The shock is at work for a request with this probability, whatever happened to others."""

    probability: float
    strikes_per_ns: float = 0.0

    def free(self, hit: Floats) -> Floats:
        """Return the probability that nothing at work hits, where one shock hits with these probabilities."""
        return 1 - self.probability * hit

    def causes(self, law: Floats) -> list[list[tuple[float, int]]]:
        """Return independent causes that are together the shock: one, which fells a set by its law."""
        return [[(self.probability * float(law[felled]), int(felled)) for felled in np.flatnonzero(law)]]

    def cause_law(self, components: tuple[str, ...], shock: Shock) -> CauseLaw:
        """Return one cause where nothing is left to chance but the coin; else a state for each mark, and for none."""
        sure = shock.spared[0] == 0
        if len(shock.chance) == 1 and (sure | (shock.spared[0] == 1)).all():
            return CauseLaw(components, (shock.name,), sure[np.newaxis], np.ones(1), np.array([[self.probability]]))
        weight = np.append(1 - self.probability, self.probability * shock.chance)
        chance = np.concatenate([np.zeros((1, len(components))), 1 - shock.spared])
        hit = np.flatnonzero(shock.may_hit)
        names = tuple(f"{shock.name} {components[column]}" for column in hit)
        return CauseLaw(components, names, np.eye(len(components), dtype=bool)[hit], weight, chance[:, hit])

    def at_work(self, streams: Streams, name: str, requests: int) -> NDArray[np.int64]:
        """Return how many of the shock are at work for each request: none or one."""
        return (streams.of(name, "strike").random(requests) < self.probability).astype(np.int64)

    def spells(self, streams: Streams, name: str, until_ns: int) -> tuple[Times, Times]:
        """Return no outages: a coin belongs to a request, not to an instant."""
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)


@final
@dataclass(frozen=True)
class InTime:
    """The shock strikes as a Poisson process; each strike is at work for an exponential time, beside others.

    The number at work at an instant is a Poisson variable of mean mttr / every (M/G/infinity), and strikes that fell
    different sets are independent Poisson processes.
    """

    every_ns: float
    mttr_ns: float

    @property
    def strikes_per_ns(self) -> float:
        """How often it strikes."""
        return 1 / self.every_ns

    def free(self, hit: Floats) -> Floats:
        """Return the probability that nothing at work hits, where one shock hits with these probabilities."""
        free: Floats = np.exp(-hit * self.mttr_ns / self.every_ns)
        return free

    def causes(self, law: Floats) -> list[list[tuple[float, int]]]:
        """Return independent causes that are together the shock: one for each set that it may fell."""
        chance = -np.expm1(-law * self.mttr_ns / self.every_ns)
        return [[(float(chance[felled]), int(felled))] for felled in np.flatnonzero(law)]

    def cause_law(self, components: tuple[str, ...], shock: Shock) -> CauseLaw:
        """Return a cause for each set that a strike may fell; raise NoLaw where they are too many."""
        names, fells, likely = sets_of_marks(shock.name, shock.chance, shock.spared)
        chance = -np.expm1(-likely * self.mttr_ns / self.every_ns)
        return CauseLaw(components, names, fells, np.ones(1), chance[np.newaxis])

    def at_work(self, streams: Streams, name: str, requests: int) -> NDArray[np.int64]:
        """Return how many of the shock are at work for each request."""
        return streams.of(name, "strike").poisson(self.mttr_ns / self.every_ns, requests)

    def spells(self, streams: Streams, name: str, until_ns: int) -> tuple[Times, Times]:
        """Return when strikes begin and end: those at work at 0 first, then all that begin before the horizon."""
        before = int(streams.of(name, "at work before").poisson(self.mttr_ns / self.every_ns))
        left = streams.of(name, "left before").standard_exponential(before) * self.mttr_ns
        begins, lasts = [np.full(before, float(DOWN_SINCE_BEFORE))], [left + 1]
        dice, now = streams.of(name, "when"), 0.0
        while now < min(until_ns, END_OF_TIME_NS):
            drawn = dice.standard_exponential((STRIKES_A_BLOCK, 2)) * (self.every_ns, self.mttr_ns)
            begins.append(now + np.cumsum(drawn[:, 0]))
            lasts.append(drawn[:, 1])
            now = float(begins[-1][-1])
        begin, last = np.concatenate(begins), np.concatenate(lasts)
        kept = begin < min(until_ns, END_OF_TIME_NS)
        start = np.rint(begin[kept]).astype(np.int64)
        return start, start + np.clip(np.rint(last[kept]), 1, END_OF_TIME_NS).astype(np.int64)


@final
@dataclass(frozen=True, eq=False)
class Shock:
    """One kind of shock. A strike has a mark (such as an epicentre); given it, components are hit independently.

    Args:
        name: Its name, that of its streams.
        often: When it strikes.
        chance: Probability of each mark, shape ``(marks,)``, summing to 1.
        spared: P(not hit | mark) of each component, shape ``(marks, components)``.
    """

    name: str
    often: Coin | InTime
    chance: Floats
    spared: Floats

    @property
    def may_hit(self) -> NDArray[np.bool_]:
        """Which components it can hit at all, shape ``(components,)``."""
        can: NDArray[np.bool_] = self.spared.min(axis=0) < 1
        return can

    def free(self) -> Floats:
        """Return P(none of this shock at work hits i) of each component, shape ``(components,)``."""
        return self.often.free(1 - self.chance @ self.spared)

    def free_pairs(self) -> Floats:
        """Return P(none of this shock at work hits i or j), shape ``(components, components)``."""
        pairs: Floats = 1 - (self.spared.T * self.chance) @ self.spared
        np.fill_diagonal(pairs, 1 - self.chance @ self.spared)
        return self.often.free(pairs)

    def law(self, columns: Sequence[int]) -> Floats:
        """Return the table (``simulator.failures.joint``) of what one strike fells among these components.

        Raises:
            NoLaw: too many marks and components to go through.
        """
        spared = self.spared[:, list(columns)]
        if ((spared == 0) | (spared == 1)).all():
            felled = (spared == 0) @ (1 << np.arange(len(columns)))
            law: Floats = np.bincount(felled, weights=self.chance, minlength=2 ** len(columns)).astype(np.float64)
            return law
        refuse_long(len(self.chance) * 2 ** len(columns), len(columns))
        return mixed(self.chance, spared)

    def cause_law(self, components: tuple[str, ...]) -> CauseLaw:
        """Return its law by causes; raise NoLaw where strikes in time may fell too many sets."""
        return self.often.cause_law(components, self)

    def felled(self, streams: Streams, strikes: int) -> Up:
        """Return whom each of so many strikes hits, shape ``(strikes, components)``."""
        edges = np.cumsum(self.chance)[:-1]
        marks = np.searchsorted(edges, streams.of(self.name, "mark").random(strikes), side="right")
        hit: Up = streams.of(self.name, "hit").random((strikes, self.spared.shape[1])) >= self.spared[marks]
        return hit


def refuse_long(steps: int, components: int) -> None:
    """Raise NoLaw where working out a joint law would take too long."""
    if steps > MOST_STEPS:
        raise NoLaw(f"{components} components are hit together in so many ways that the probability of a pattern takes "
                    f"{steps:,} steps; at most {MOST_STEPS:,} are gone through")


class Strikes(Block):
    """When a shock strikes: ``probability``, a coin for each request; or ``every`` and ``mttr``, in time.

    ``every`` is the mean time between strikes, which come as a Poisson process, also while others are at work;
    ``mttr`` is how long one is at work on average.
    """

    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    every_ns: PositiveDurationNs | None = None
    mttr_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _has_one_law(self) -> Self:
        said = [key for key, value in (("probability", self.probability), ("every", self.every_ns),
                                       ("mttr", self.mttr_ns)) if value is not None]
        if said not in (["probability"], ["every", "mttr"]):
            raise ValueError(f"has {', '.join(said) or 'no law'}; write probability: 0.01 for a coin a request, or "
                             "every: 30 d and mttr: 2 h for strikes in time")
        return self

    @property
    def often(self) -> Coin | InTime:
        """When it strikes."""
        if self.probability is not None:
            return Coin(self.probability)
        return InTime(float(self.every_ns or 1), float(self.mttr_ns or 1))
