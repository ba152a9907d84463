"""Importance sampling: causes are at work more often than they are, and each draw counts by how likely it truly was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, final

import numpy as np
from pydantic import Field

from simulator.expect.methods.at_work import draw_states
from simulator.expect.methods.expectation import Expectation, Question, Sample
from simulator.expect.methods.method import CannotEstimate, Method, as_is, schedule
from simulator.expect.methods.strata import NONE_DIFFERS, Error, Floats, Places
from simulator.expect.methods.target import FIRST, GROWTH, LEAST, MOST_DRAWS
from simulator.failures.cause_law import Bools, CauseLaw

MOST_LIKELY = 1 - 1e-12  # a tilt never makes a cause certain
FEW_EFFECTIVE, DEVIATIONS = 100, 4.0
PIECE = 1 << 16


@final
@dataclass(frozen=True, eq=False)
class Tilted:
    """Draws of another law, each with its likelihood ratio; what is all up stands for what they miss or have too much.

    The estimate is f(all up) + the mean of ratio x (f - f(all up)): unbiased, since the mean of the ratios is 1.

    Args:
        name: What it holds.
        mass: Its probability.
        places: The delivery of all up, then that of each draw, in order.
        ratios: P(draw) / P(draw under the tilt), shape ``(draws,)``.
    """

    name: str
    mass: float
    places: Places
    ratios: Floats

    @property
    def draws(self) -> int:
        """All but the first are by chance."""
        return len(self.ratios)

    @property
    def weights(self) -> Floats:
        """Each ratio over the draws, and what is left to 1 for the first, which may be negative."""
        shares = self.ratios / max(len(self.ratios), 1)
        return np.concatenate([[1 - shares.sum()], shares])

    @property
    def effective(self) -> float:
        """Kish's effective number of draws, (sum of ratios)^2 / sum of their squares."""
        return effective_draws(self.ratios)

    @property
    def off(self) -> float:
        """How many deviations the mean of the ratios is from 1, which it would be after enough draws."""
        mean, draws = float(self.ratios.mean()), len(self.ratios)
        deviation = float(self.ratios.std(ddof=1)) / math.sqrt(draws)
        if deviation == 0:
            return 0.0 if math.isclose(mean, 1) else math.inf
        return (mean - 1) / deviation

    def shared(self, values: Floats) -> Floats:
        """Return it from the terms ratio x (value - value of all up)."""
        draws = len(self.ratios)
        if draws < 2:
            return np.zeros(len(values))
        terms = self.ratios * (values[1:] - values[0])
        drawn = self.ratios * (terms - terms.mean()) / (draws - 1) / draws
        return np.concatenate([[-drawn.sum()], drawn])

    def error(self, values: Floats, span: float) -> Error:
        """Return the variance of the mean; half a draw is added for what is unseen."""
        draws = len(self.ratios)
        if draws < 2:
            return Error(math.inf, 1.0)
        terms = self.ratios * (values[1:] - values[0])
        unseen = span * self._largest(values) / draws
        variance = float(terms.var(ddof=1)) / draws + unseen**2 / 4
        if np.ptp(values) == 0:
            variance = max(variance, (NONE_DIFFERS * unseen) ** 2)
        return Error(variance, float(draws - 1))

    def _largest(self, values: Floats) -> float:
        """Return the largest ratio of what differs from all up: in value, else in delivery; 1 where nothing does."""
        for differs in (values[1:] != values[0], self.places[1:] != self.places[0]):
            if differs.any():
                return float(self.ratios[differs].max())
        return 1.0

    def radius(self, values: Floats, span: float, risk: float) -> float:
        """Return Maurer and Pontil's empirical Bernstein radius, over the largest ratio seen: not a guarantee."""
        draws = len(self.ratios)
        if draws < 2:
            return span
        log, reach = math.log(4 / risk), span * float(self.ratios.max())
        terms = self.ratios * (values[1:] - values[0])
        return min(span, math.sqrt(2 * float(terms.var(ddof=1)) * log / draws) + 7 * reach * log / (3 * (draws - 1)))


def effective_draws(ratios: Floats) -> float:
    """Return (sum of ratios)^2 / sum of squares: as many equal ratios would be as sure.

    >>> effective_draws(np.array([1.0, 1.0, 1.0])), effective_draws(np.array([3.0, 0.0, 0.0]))
    (3.0, 1.0)
    """
    squares = float(ratios @ ratios)
    return float(ratios.sum()) ** 2 / squares if squares > 0 else 0.0


@final
class Importance(Method):
    """Draws under inflated chances of the causes.

    ``tilt`` is the chance that every cause has at least in the draws (2 over the number of causes without it, so that
    two are at work on average). The effective number of draws is told, and a warning where it is low or where the
    ratios do not average 1: then the tilt is wrong, and the interval means nothing.
    """

    method: Literal["importance"]
    tilt: Annotated[float, Field(gt=0, lt=1)] | None = None

    def expect(self, question: Question) -> Expectation:
        """Return the expectation from draws of the tilted law, consumed in index order."""
        if question.law is None:
            raise CannotEstimate("'importance' needs the law of the failures, and these state none: 'monte_carlo' does "
                                 "not")
        scored, before, law = question.scored, question.scored.forwards, question.law
        chance = tilted(law, self.tilt)
        dice = question.dice("importance")
        fewest: Bools = (law.chance == 1).all(axis=0)[np.newaxis]
        places, ratios = scored.places(law.up(fewest)), np.zeros(0)
        stopped, looks = f"{MOST_DRAWS:,} draws", 0
        for draws in schedule(FIRST, GROWTH, MOST_DRAWS):
            new, more = _more(question, law, chance, dice, draws - len(ratios))
            kept = as_is(scored, new, self.target.max_forwards - (scored.forwards - before))
            places, ratios = np.concatenate([places, kept]), np.concatenate([ratios, more[: len(kept)]])
            is_spent = len(kept) < len(new)
            seen = Tilted("all patterns, tilted", 1.0, places, ratios)
            is_early = len(ratios) < LEAST or seen.effective < FEW_EFFECTIVE
            if is_early and not is_spent and draws < MOST_DRAWS:
                continue
            looks += 1
            sample = Sample((seen,), looks)
            mean = sample.mean(scored.scores, scored.bounds)
            met = self.target.met(mean)
            if met or is_spent:
                stopped = met or self.target.spent(self.target.max_forwards) or ""
                break
        return Expectation(self.method, mean, sample, scored.forwards - before, told(seen), stopped)


def tilted(law: CauseLaw, tilt: float | None = None) -> Floats:
    """Return the inflated chances, shape ``(states, causes)``: none below the tilt, what never or always is as it is.

    >>> from simulator.failures.cause_law import independent_law
    >>> tilted(independent_law(("a", "b", "c"), np.array([0.99, 1.0, 0.2])), 0.1).round(2).tolist()
    [[0.1, 0.0, 0.8]]
    """
    can = (law.chance > 0).any(axis=0) & (law.chance < 1).any(axis=0)
    least = tilt if tilt is not None else min(0.5, 2 / max(int(can.sum()), 1))
    return np.where(can, np.clip(law.chance, least, MOST_LIKELY), law.chance)


def likelihood_ratios(law: CauseLaw, chance: Floats, at_work: Bools) -> Floats:
    """Return P(causes at work) / P(the same under other chances), both summed over the latent states.

    Args:
        law: The true law.
        chance: The chances that were drawn with, shape ``(states, causes)``.
        at_work: Shape ``(draws, causes)``.
    """
    ratios: Floats = np.exp(_log_chance(law.weight, law.chance, at_work) - _log_chance(law.weight, chance, at_work))
    return ratios


def _log_chance(weight: Floats, chance: Floats, at_work: Bools) -> Floats:
    with np.errstate(divide="ignore"):
        busy, idle = np.maximum(np.log(chance), -1e6), np.maximum(np.log1p(-chance), -1e6)
        log = at_work @ busy.T + ~at_work @ idle.T + np.log(weight)
    top = log.max(axis=1, keepdims=True)
    found: Floats = (top + np.log(np.exp(log - top).sum(axis=1, keepdims=True)))[:, 0]
    return found


def told(seen: Tilted) -> str:
    """Return what was done, with the effective number of draws, and a warning where the tilt is wrong."""
    how = f"importance sampling over {seen.draws:,} draws, effective {seen.effective:,.0f}"
    if abs(seen.off) > DEVIATIONS:
        return f"{how}; WARNING: their ratios average {seen.ratios.mean():.3g} and not 1: the tilt is wrong"
    if seen.effective < FEW_EFFECTIVE:
        return f"{how}; WARNING: fewer than {FEW_EFFECTIVE} effective draws: another tilt, or another method"
    return how


def _more(question: Question, law: CauseLaw, chance: Floats, dice: np.random.Generator,
          count: int) -> tuple[Places, Floats]:
    """Return the places and ratios of the next draws; a row of the dice is a draw."""
    places, ratios = [], []
    for first in range(0, count, PIECE):
        uniforms = dice.random((min(PIECE, count - first), 1 + len(law.causes)))
        at_work = uniforms[:, 1:] < chance[draw_states(law.weight, uniforms[:, 0])]
        places.append(question.scored.places(law.up(at_work)))
        ratios.append(likelihood_ratios(law, chance, at_work))
    return np.concatenate(places), np.concatenate(ratios)
