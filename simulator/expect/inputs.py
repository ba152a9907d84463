"""Expectations under uncertain survivals: their range, and their law, from scores that are there already.

Components whose survival is uncertain fail independently of all else, so an expectation is multilinear in their
survivals: linear in each. Over ranges it therefore has its extremes where every survival is at an end, also where it is
a quotient of two such sums; and its mean over independent laws of the survivals is its value at their means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.failures.uncertain import Knowledge, Range

Floats = NDArray[np.float64]
DRAWS = 10_000
CELLS = 4_000_000
MOST_STEPS = 2**28
INPUTS = "inputs"


class TooManyInputs(ValueError):
    """There are too many uncertain survivals to go through; the message says how many."""


@dataclass(frozen=True)
class Unsure:
    """A component and all that is known of its survival, one piece for each process that fells it."""

    component: str
    knowledge: tuple[Knowledge, ...]

    @property
    def is_ranged(self) -> bool:
        """Whether some of what is known is a range."""
        return any(isinstance(known, Range) and known.low < known.high for known in self.knowledge)

    def ends(self, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Return lower and upper ends of its survival in that many draws: it is up where it is up in all processes."""
        pairs = [known.draws(dice, count) for known in self.knowledge]
        return np.prod([low for low, _ in pairs], axis=0), np.prod([high for _, high in pairs], axis=0)

    @property
    def mean(self) -> float:
        """The mean of its survival."""
        return float(np.prod([known.mean for known in self.knowledge]))

    @property
    def interval(self) -> tuple[float, float]:
        """Its range or the middle 95 % of its law; of several the products."""
        low, high = np.prod([known.interval() for known in self.knowledge], axis=0)
        return float(low), float(high)


def given_who_is_down(weight: Floats, score: Floats, columns: Sequence[int]) -> Floats:
    """Return the expectation of a score given which uncertain components are down, shape ``(2^columns,)``.

    Args:
        weight: P(pattern) of all that is certain, the uncertain components up in it, shape ``(2^components,)``; bit c
            of a row says whether component c is down.
        score: Of each pattern, same shape.
        columns: The uncertain components; bit j of a row of the result says whether column j is down.

    Raises:
        TooManyInputs: too many to go through.
    """
    can_be = np.flatnonzero(weight)
    count = len(columns)
    if (steps := len(can_be) << count) > MOST_STEPS:
        raise TooManyInputs(f"{count} uncertain survivals beside {len(can_be):,} patterns of the rest take {steps:,} "
                            f"steps, at most {MOST_STEPS:,} are gone through")
    found = np.empty(1 << count)
    for row in range(1 << count):
        down = sum(1 << column for place, column in enumerate(columns) if row >> place & 1)
        found[row] = weight[can_be] @ score[can_be | down]
    return found


def at_ends(table: Floats, low: Floats, high: Floats, is_ranged: NDArray[np.bool_]) -> Floats:
    """Return the expectation at all ends of the ranges, shape ``(draws, 2^ranges)``.

    Args:
        table: From ``given_who_is_down``.
        low: Lower ends of each column's survival, shape ``(draws, columns)``.
        high: Upper ends.
        is_ranged: Which columns have a range, shape ``(columns,)``; the others are at ``low``.
    """
    draws = len(low)
    found = np.broadcast_to(table, (draws, len(table)))
    for column in reversed(range(len(is_ranged))):  # the highest bit first: what is left is that of the lower ones
        ends = (low, high) if is_ranged[column] else (low,)
        pairs = found.reshape(draws, -1, 2, 1 << column)
        up, down = pairs[:, :, 0], pairs[:, :, 1]
        folded = [up * p[:, [column], np.newaxis] + down * (1 - p[:, [column], np.newaxis]) for p in ends]
        found = np.stack(folded, axis=1).reshape(draws, -1, 1 << column)
    return found.reshape(draws, -1)


def over_inputs(
    value: float, tables: tuple[Floats, Floats | None], inputs: Sequence[Unsure], dice: np.random.Generator
) -> Estimate:
    """Return an expectation with the interval that its uncertain inputs leave.

    With ranges alone it is exact: the least and the largest value at their ends. With laws alone it is the middle 95 %.
    With both it reaches from the 2.5 % quantile of the least to the 97.5 % quantile of the largest.

    Args:
        value: At the means of the survivals.
        tables: Of the score, and of what it is divided by, where it is, from ``given_who_is_down``.
        inputs: The uncertain components, in the order of the tables' bits.
        dice: For the laws.
    """
    is_ranged = np.array([each.is_ranged for each in inputs])
    draws = 1 if is_ranged.all() else DRAWS
    low, high = (np.stack(side, axis=1) for side in zip(*(each.ends(dice, draws) for each in inputs), strict=True))
    least, largest = np.empty(draws), np.empty(draws)
    piece = max(1, CELLS // len(tables[0]))
    for first in range(0, draws, piece):
        rows = slice(first, first + piece)
        found = at_ends(tables[0], low[rows], high[rows], is_ranged)
        if tables[1] is not None:
            found = found / at_ends(tables[1], low[rows], high[rows], is_ranged)
        least[rows], largest[rows] = found.min(axis=1), found.max(axis=1)
    ends = int(is_ranged.sum())
    laws = len(inputs) - ends
    said = [f"{DRAWS:,} draws of {laws} survival{'s' * (laws > 1)}"] * bool(draws > 1)
    said += ["both ends of a range" if ends == 1 else f"all {2**ends:,} ends of {ends} ranges"] * bool(ends)
    if draws == 1:
        return Estimate(value, float(least[0]), float(largest[0]), len(inputs), f"exact, {said[0]}", INPUTS)
    return Estimate(value, float(np.quantile(least, 0.025)), float(np.quantile(largest, 0.975)), len(inputs),
                    ", ".join(said), INPUTS)


def swings(tables: tuple[Floats, Floats | None], inputs: Sequence[Unsure]) -> list[dict[str, float | str]]:
    """Return for each input its interval, and the expectation at its two ends with all others at their means."""
    means = np.array([[each.mean for each in inputs]])
    rows: list[dict[str, float | str]] = []
    for place, each in enumerate(inputs):
        low, high = means.copy(), means.copy()
        low[0, place], high[0, place] = each.interval
        only = np.arange(len(inputs)) == place
        found = at_ends(tables[0], low, high, only)[0]
        if tables[1] is not None:
            found = found / at_ends(tables[1], low, high, only)[0]
        rows.append({"component": each.component, "survival": each.mean, "low": float(low[0, place]),
                     "high": float(high[0, place]), "at_low": float(found[0]), "at_high": float(found[1])})
    return sorted(rows, key=lambda row: -abs(float(row["at_high"]) - float(row["at_low"])))
