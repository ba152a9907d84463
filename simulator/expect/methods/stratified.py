"""Stratified by the number of causes at work: the default where failures are rare.

What is likely (nothing, or one cause at work) is listed; what is unlikely is drawn, each stratum as often as its
probability and the spread of its scores in a pilot ask for (Neyman), counted in new forwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from simulator.expect.methods.control import SHARE, first_order, known_no_answer
from simulator.expect.methods.expectation import Expectation, Mean, Question, Sample
from simulator.expect.methods.method import CannotEstimate, Method, schedule
from simulator.expect.methods.partition import strata_of
from simulator.expect.methods.population import Population, whole
from simulator.expect.methods.strata import Floats, Listed
from simulator.expect.methods.target import FIRST, GROWTH, LEAST, MOST_DRAWS, Guarantee
from simulator.expect.scored import Scored

PILOT, LISTED_AT_ONCE, LEAST_EACH = 30, 300, 8
CHEAP = 0.05  # a draw costs at least this share of a forward
HALVINGS = 14
ROUNDING = 1e-12


@final
class Stratified(Method):
    """Strata by how many causes are at work (and by latent state), few patterns listed, many drawn.

    ``guarantee``: an interval that holds with many draws (``asymptotic``), or with any number of them (``any_size``).
    """

    method: Literal["stratified"]
    guarantee: Guarantee = "asymptotic"

    def expect(self, question: Question) -> Expectation:
        """Return the expectation: pilot, allocation, then looks on a schedule that is fixed ahead."""
        if question.law is None:
            raise CannotEstimate("'stratified' needs the law of the failures, and these state none: 'monte_carlo' "
                                 "does not")
        scored, most = question.scored, self.target.max_forwards
        limit = scored.forwards + most
        costs = first_order(question, most // SHARE)
        strata = strata_of(question, question.law, self.target.left_out, costs)
        allocation = allocated(strata, scored, limit)
        known = None if self.guarantee == "any_size" else known_no_answer(question)
        stopped, looks = "", 0
        for draws in schedule(FIRST, GROWTH, MOST_DRAWS):
            counts = allocation.counts(draws)
            fits = allocation.new(counts) <= limit - scored.forwards
            if not fits:
                counts = largest(allocation, draws, limit - scored.forwards)
            for stratum, count in zip(strata, counts, strict=True):
                scored.scores(stratum.places(count))
            if draws < LEAST and fits:
                continue
            looks += 1
            sample = Sample(tuple(one.seen(count, pilot) for one, count, pilot in
                                  zip(strata, counts, allocation.pilots, strict=True)), looks, known)
            mean = sample.mean(scored.scores, scored.bounds, is_guaranteed=self.guarantee == "any_size")
            stopped = self._why(mean, sample, fits=fits)
            if stopped:
                break
        return Expectation(self.method, mean, sample, scored.forwards - limit + most, told(sample, self.guarantee),
                           stopped or f"{MOST_DRAWS:,} draws")

    def _why(self, mean: Mean, sample: Sample, *, fits: bool) -> str:
        if all(isinstance(one, Listed) for one in sample.strata):
            return "every pattern of every stratum is listed"
        return self.target.met(mean) or ("" if fits else f"the next draws pass {self.target.max_forwards:,} forwards")


@dataclass(frozen=True)
class Allocation:
    """How many draws each stratum gets.

    Args:
        strata: They.
        scored: Says what is scored already.
        pilots: Draws of the pilot in each.
        rates: Share of further draws, shape ``(strata,)``.
        least: The fewest draws of each after its pilot.
    """

    strata: list[Population]
    scored: Scored
    pilots: list[int]
    rates: Floats
    least: int

    def counts(self, draws: int, *, is_rounded: bool = True) -> list[int]:
        """Return the draws of each stratum when there are so many in all; what is almost all of one is all of it."""
        wanted = [pilot + max(self.least, int(np.ceil(draws * rate))) for pilot, rate in
                  zip(self.pilots, self.rates, strict=True)]
        return [whole(one.size, count) if is_rounded or (one.size or count) <= count or rate == 0
                else min(count, one.size or count)
                for one, count, rate in zip(self.strata, wanted, self.rates, strict=True)]

    def new(self, counts: list[int]) -> int:
        """Return how many deliveries would be scored that are not yet."""
        places = np.unique(np.concatenate([one.places(count) for one, count in zip(self.strata, counts, strict=True)]))
        return int((~self.scored.is_scored(places)).sum())


def allocated(strata: list[Population], scored: Scored, limit: int) -> Allocation:
    """Return the allocation after a pilot: probability x spread / root of the cost (Neyman), from the pilot alone.

    Args:
        strata: The strata.
        scored: Scores the pilot's draws.
        limit: Forwards at most, with those made before.

    Raises:
        CannotEstimate: the limit is too low for any pilot.
    """
    room = max(0, limit - scored.forwards)
    few = max(2, min(PILOT, room // (4 * len(strata))))
    pilots, spreads, costs = [], [], []
    for one in sorted(strata, key=lambda one: -one.mass):
        count = _pilot(one, few, scored, (limit - scored.forwards) // 2)
        places = one.places(count)
        new = int((~scored.is_scored(np.unique(places))).sum())
        if scored.forwards + new > limit:
            raise CannotEstimate(f"'stratified' needs more than target.max_forwards: {room} left for {len(strata)} "
                                 "strata; raise it, or use 'monte_carlo'")
        pilots.append(count)
        costs.append(max(CHEAP, new / len(places)))
        spreads.append(_spread(one, count, scored))
    back = np.argsort(np.argsort([-one.mass for one in strata], kind="stable"), kind="stable")
    rates = np.array([one.mass for one in strata]) * np.array(spreads)[back] / np.sqrt(np.array(costs)[back])
    total = rates.sum()
    least = max(2, min(LEAST_EACH, few))
    return Allocation(strata, scored, np.array(pilots)[back].tolist(), rates / total if total else rates, least)


def _pilot(stratum: Population, few: int, scored: Scored, room: int) -> int:
    """Return how many draws the pilot makes: all, where there are few deliveries or they have been scored before."""
    if stratum.size is None:
        return few
    new = int((~scored.is_scored(stratum.places(stratum.size))).sum())
    return stratum.size if new == 0 or (stratum.size <= LISTED_AT_ONCE and new <= room) else min(few, stratum.size)


def _spread(stratum: Population, count: int, scored: Scored) -> float:
    """Return the deviation of a draw in the pilot; never 0 but where all has been seen."""
    seen = stratum.seen(count, 0)
    values = scored.scores(seen.places)
    if not np.isnan(values).all():
        values = np.where(np.isnan(values), np.nanmean(values), values)
    low, high = scored.bounds
    return float(np.sqrt(seen.error(np.nan_to_num(values), high - low).variance * max(count, 1)))


def largest(allocation: Allocation, draws: int, room: int) -> list[int]:
    """Return the draws of each stratum for the largest number in all whose new forwards there is room for.

    Raises:
        CannotEstimate: there is none.
    """
    fits: Callable[[int], list[int]] = lambda number: allocation.counts(number, is_rounded=False)  # noqa: E731
    low, high = 0, draws
    if allocation.new(fits(0)) > room:
        raise CannotEstimate(f"'stratified' needs more than target.max_forwards for its {len(allocation.strata)} "
                             "strata; raise it, or use 'monte_carlo'")
    for _ in range(HALVINGS):
        middle = (low + high) // 2
        low, high = (middle, high) if allocation.new(fits(middle)) <= room else (low, middle)
    return fits(low)


def told(sample: Sample, guarantee: Guarantee) -> str:
    """Return what was done, in words."""
    listed = [one for one in sample.strata if isinstance(one, Listed)]
    drawn = len(sample.strata) - len(listed)
    text = f"{len(sample.strata)} strata by causes at work: {len(listed)} listed, {drawn} drawn"
    text += f" ({sample.draws:,} draws)" if drawn else ""
    if sample.rest > ROUNDING:
        text += f", {sample.rest:.1g} left out"
    return text + (", sure at any number of draws (conservative)" if guarantee == "any_size" else "")
