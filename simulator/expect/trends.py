"""Numbers of many cells: the slope of one along an axis on logarithmic scales, and how well one orders another.

Repeats are independent of each other, the points of one repeat are not: they share seeds. So a slope is found in each
repeat, with Student's t over them, and a coefficient over all cells has the jackknife's interval, a repeat left out
at a time (Quenouille 1956; Tukey 1958).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.rankings import kendall
from simulator.expect.student import quantile, student_mean

Floats = NDArray[np.float64]
Statistic = Literal["pearson", "kendall", "rank_loss"]
SEEDS, SCATTER = "training seed", "scatter about the line"
FEWEST = 3  # repeats for a jackknife, or points for the scatter about a line
NAN = float("nan")


def slope(x: Floats, y: Floats) -> float:
    """Return the slope of log y in log x, by least squares.

    >>> round(slope(np.array([1.0, 2.0, 4.0]), np.array([8.0, 4.0, 2.0])), 9)
    -1.0
    """
    at = np.log(x) - np.log(x).mean()
    return float(at @ np.log(y) / (at @ at))


def slope_over_repeats(x: Floats, y: Floats) -> Estimate:
    """Return the slope of log y in log x with its 95 % interval: over repeats, or of one repeat by its scatter.

    Args:
        x: Values of the axis, > 0, at least two of them different, shape ``(points,)``.
        y: Shape ``(repeats, points)``; where a value is not positive there is no slope.
    """
    if not np.all(y > 0):
        return Estimate(NAN, NAN, NAN, len(y), "no slope: not all values are positive", SEEDS)
    if len(y) > 1:
        return student_mean(np.array([slope(x, row) for row in y]), SEEDS)
    at, value = np.log(x) - np.log(x).mean(), slope(x, y[0])
    free = len(x) - 2
    if free < 1:
        return Estimate(value, NAN, NAN, len(x), "through two points: no interval", SCATTER)
    left = np.log(y[0]) - np.log(y[0]).mean() - value * at
    half = quantile(free) * float(np.sqrt(left @ left / free / (at @ at)))
    return Estimate(value, value - half, value + half, len(x), f"least squares through {len(x)} points", SCATTER)


def foretells(told: Floats, truth: Floats) -> dict[Statistic, Estimate]:
    """Return how one number orders cells by another: Pearson, Kendall's tau-b and the rank loss, with intervals.

    Args:
        told: Shape ``(repeats, points)``.
        truth: The same shape.
    """
    return {name: _jackknifed(told, truth, name) for name in STATISTICS}


def pearson(one: Floats, other: Floats) -> float:
    """Return the correlation; NaN where either does not vary."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else NAN


def rank_loss(told: Floats, truth: Floats) -> float:
    """Return the share of pairs with different truths that are told in the wrong order, or as equal.

    >>> round(rank_loss(np.array([1.0, 3.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0, 3.0])), 6)
    0.2
    """
    first, second = np.triu_indices(len(told), 1)
    way = np.sign(truth[second] - truth[first])
    asked = way != 0
    return float((way * np.sign(told[second] - told[first]) <= 0)[asked].mean()) if asked.any() else NAN


STATISTICS: dict[Statistic, tuple[Callable[[Floats, Floats], float], float]] = {
    "pearson": (pearson, -1.0), "kendall": (lambda a, b: float(kendall(a, b)), -1.0), "rank_loss": (rank_loss, 0.0)}
"""Each statistic, and the least that it can be; the most is 1."""


def _jackknifed(told: Floats, truth: Floats, name: Statistic) -> Estimate:
    find, least = STATISTICS[name]
    repeats, cells = len(told), told.size

    def at(kept: NDArray[np.intp]) -> float:
        return find(told[kept].reshape(-1), truth[kept].reshape(-1))

    value = at(np.arange(repeats))
    method = f"over {cells} cells"
    if repeats < FEWEST or np.isnan(value):
        return Estimate(value, NAN, NAN, repeats, f"{method}: no interval", SEEDS)
    there, back = (np.arctanh, np.tanh) if name == "pearson" and abs(value) < 1 else (np.asarray, np.asarray)
    without = there(np.array([at(np.delete(np.arange(repeats), each)) for each in range(repeats)]))
    if not np.isfinite(without).all():
        return Estimate(value, NAN, NAN, repeats, f"{method}: no interval", SEEDS)
    error = float(np.sqrt((repeats - 1) / repeats * ((without - without.mean()) ** 2).sum()))
    half, middle = quantile(repeats - 1) * error, float(there(value))
    low, high = (float(np.clip(back(end), least, 1.0)) for end in (middle - half, middle + half))
    return Estimate(value, low, high, repeats, f"{method}; jackknife over {repeats} repeats", SEEDS)
