"""A law cut into strata: by how many causes are at work, and by groups of latent states where patterns are too many."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from simulator.expect.methods.at_work import AtWork
from simulator.expect.methods.expectation import Question
from simulator.expect.methods.population import Draw, Large, Listable, Population
from simulator.expect.methods.strata import Floats, Places
from simulator.failures.cause_law import CauseLaw

LISTED = 20_000  # patterns in a stratum that is listed
GROUPS = 8  # of latent states


def strata_of(question: Question, law: CauseLaw, left_out: float, costs: Floats | None) -> list[Population]:
    """Return the strata of a law, without those least probable ones that have at most ``left_out`` together.

    Args:
        question: Whose patterns.
        law: Their law.
        left_out: How much probability may be left out.
        costs: What each cause costs alone; None where it is not known.
    """
    at_work = AtWork(law, most_at_work(law, left_out / 4))
    groups, listed = grouped(law), 0
    found: list[Population] = []
    for number in range(at_work.most + 1):
        name = f"{number} at work" if number else "none at work"
        if (listed := listed + math.comb(at_work.count, number)) <= LISTED:
            sets, probability = at_work.listed(number)
            found.extend(_listable(question, name, question.scored.places(law.up(sets)), probability))
            continue
        listed = LISTED
        for place, states in enumerate(groups):
            own = f"{name}, states {place + 1}" if len(groups) > 1 else name
            one = Large(own, at_work, states, number, Draw(question.scored, question.dice(f"strata, {own}"), costs))
            if one.mass > 0:
                found.append(one)
    return without_least(found, left_out / 2)


def _listable(question: Question, name: str, places: Places, probability: Floats) -> Iterator[Population]:
    """Yield a listed stratum in two: the deliveries that have been scored, which cost nothing more, and the others."""
    is_known = question.scored.is_scored(places)
    for own, taken in ((f"{name}, known deliveries", is_known), (name, ~is_known)):
        if (kept := taken & (probability > 0)).any():
            yield Listable(own, places[kept], probability[kept], question.dice(f"strata, {own}"))


def most_at_work(law: CauseLaw, tail: float) -> int:
    """Return the smallest number that more causes than that are at work with at most this probability."""
    total = np.zeros(len(law.causes) + 1)
    for weight, chance in zip(law.weight, law.chance, strict=True):
        number = np.zeros(len(law.causes) + 1)
        number[0] = 1.0
        for one in chance[chance > 0]:
            number[1:] = (1 - one) * number[1:] + one * number[:-1]
            number[0] *= 1 - one
        total += weight * number
    above = np.cumsum(total[::-1])[::-1] - total  # P(more than this)
    return int(np.flatnonzero(above <= tail)[0])


def grouped(law: CauseLaw) -> list[list[int]]:
    """Return the latent states in at most eight groups of alike: by how many causes they set to work on average."""
    order = np.argsort(law.chance.sum(axis=1), kind="stable")
    middle = np.cumsum(law.weight[order]) - law.weight[order] / 2
    group = np.minimum((middle * GROUPS).astype(int), GROUPS - 1) if len(order) > GROUPS else np.arange(len(order))
    return [order[group == one].tolist() for one in np.unique(group)]


def without_least(strata: list[Population], left_out: float) -> list[Population]:
    """Return the strata without the least probable ones, which have at most so much together."""
    masses = np.array([one.mass for one in strata])
    order = np.argsort(masses, kind="stable")
    dropped = set(order[np.cumsum(masses[order]) <= left_out].tolist())
    return [one for place, one in enumerate(strata) if place not in dropped]
