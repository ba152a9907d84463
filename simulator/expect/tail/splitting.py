"""Splitting: the chance of a very rare event as a product of chances that are not rare.

Levels of time lie between 0 and 1 of the creation process; a particle that is still in the event at a level is copied,
moved by a Gibbs sweep, and followed to the next. A pilot finds levels that about a tenth of the particles pass; with
the levels fixed, and as many particles at each, the product of the shares has the chance as its mean, whatever the
sweeps did (Z. Botev and D. Kroese, Statistics and Computing 22, 2012). Independent runs give the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from simulator.blocks import Block
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import student_mean, within
from simulator.expect.scored import Floats, Places
from simulator.expect.tail.creation import Cloud, Creation

PASS = 0.1
WILD = 0.7  # deviation of the runs, relative to their mean, above which Student's interval covers too little
TOO_FEW = "runs scatter so much that the interval is too narrow: more particles, or more sweeps"
MOST_LEVELS = 60  # a tenth each: far below what a double can hold


class Splitting(Block):
    """Splitting of rare events: ``particles`` at each level, independent ``runs``, ``sweeps`` of all causes a level."""

    particles: Annotated[int, Field(ge=50, le=1_000_000)] = 500
    runs: Annotated[int, Field(ge=3, le=1000)] = 10
    sweeps: Annotated[int, Field(ge=1, le=100)] = 1


@dataclass(frozen=True)
class Levels:
    """What a pilot found.

    Args:
        levels: Times between 0 and 1, rising; the last is 1.
        stuck: Whether it stopped because no level between was left.
    """

    levels: tuple[float, ...]
    stuck: bool = False


def pilot(creation: Creation, particles: int, dice: np.random.Generator, sweeps: int = 1) -> Levels:
    """Return levels that each are passed by about a tenth of the particles.

    Args:
        creation: The process, and the event.
        particles: How many.
        dice: A stream of its own: what the pilot saw must not be used again.
        sweeps: Of all causes, at each level.
    """
    levels: list[float] = []
    cloud = creation.drawn(particles, dice)
    while len(levels) < MOST_LEVELS:
        lasts = creation.lasts(cloud)
        level = float(np.quantile(lasts, 1 - PASS, method="lower"))
        if level >= 1:
            return Levels((*levels, 1.0))
        if level <= (levels[-1] if levels else 0.0):
            return Levels((*levels, 1.0), stuck=True)
        levels.append(level)
        cloud = _followed(creation, cloud.at(_copies(np.flatnonzero(lasts > level), particles, dice)), level, dice,
                          sweeps)
    return Levels((*levels, 1.0), stuck=True)


def runs_of(creation: Creation, levels: tuple[float, ...], settings: Splitting, dice: np.random.Generator) -> Floats:
    """Return an unbiased estimate of the chance of the event from each of several runs, shape ``(runs,)``.

    Runs share the levels and the order of the sweeps, and nothing else; they go side by side, since scoring many
    patterns at a time costs least.

    Args:
        creation: The process, and the event.
        levels: Rising; the last is 1.
        settings: Runs, particles of each at each level, and sweeps.
        dice: A stream of its own.
    """
    chance, particles = np.ones(settings.runs), settings.particles
    owner = np.repeat(np.arange(settings.runs), particles)
    cloud = creation.drawn(len(owner), dice)
    for level in levels:
        inside = creation.happens(cloud.ceases > level)
        chance *= np.bincount(owner[inside], minlength=settings.runs) / particles
        alive = np.flatnonzero(chance > 0)
        if not len(alive) or level == levels[-1]:
            break
        rows = [_copies(np.flatnonzero(inside & (owner == one)), particles, dice) for one in alive.tolist()]
        owner = np.repeat(alive, particles)
        cloud = _followed(creation, cloud.at(np.concatenate(rows)), level, dice, settings.sweeps)
    return chance


def split(creation: Creation, settings: Splitting, dice: Callable[[str], np.random.Generator]) -> Estimate:
    """Return the chance of a rare event with Student's interval over independent runs.

    Args:
        creation: The process, and the event; it must be monotone (``simulator.expect.tail.monotone``).
        settings: Particles, runs, sweeps.
        dice: Returns the generator of a named stream.
    """
    name = creation.event.name
    found = pilot(creation, settings.particles, dice(f"pilot of splitting, {name}"), settings.sweeps)
    return _concluded(runs_of(creation, found.levels, settings, dice(f"splitting, {name}")), found, settings)


def _concluded(values: Floats, found: Levels, settings: Splitting) -> Estimate:
    how = (f"splitting at {len(found.levels)} levels, {settings.runs} runs of {settings.particles} particles"
           f"{' (the pilot was stuck: read with care)' if found.stuck else ''}")
    if not values.any():
        return Estimate(0.0, 0.0, 1.0, settings.runs, f"{how}: none reached it", "failures")
    mean = within(student_mean(values))
    scatter = float(values.std(ddof=1) / values.mean())
    how += f", relative error {100 * scatter / math.sqrt(len(values)):.2g} %"
    how += f"; WARNING: {TOO_FEW}" * (scatter > WILD)
    return Estimate(mean.value, mean.low, mean.high, settings.runs, how, "failures")


def _copies(rows: Places, count: int, dice: np.random.Generator) -> Places:
    """Return these rows, each as often as the others and the rest by chance, so many in all."""
    whole, rest = divmod(count, len(rows))
    return np.concatenate([np.repeat(rows, whole), dice.choice(rows, rest, replace=False)])


def _followed(creation: Creation, cloud: Cloud, level: float, dice: np.random.Generator, sweeps: int) -> Cloud:
    for _ in range(sweeps):
        cloud = creation.swept(cloud, level, dice)
    return cloud
