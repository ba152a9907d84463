"""Shares of the variance of accuracy over patterns: Sobol's indices and Shapley effects, for independent components.

With c the p-biased Walsh coefficients, Var f is the sum of c_S^2 over all sets but the empty one (Parseval), so shares
are sums of squares: never negative, and Shapley effects sum to 1 over all components. Sobol 1993; Owen 2014.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.measures import over
from simulator.expect.importance.table import AccuracyTable
from simulator.expect.transforms import sizes, sums_of_members, walsh

Floats = NDArray[np.float64]


def sobol_first(squares: Floats) -> Floats:
    """Return Var E[f | X_i] of each component: what it explains alone."""
    return np.array([squares[1 << bit] for bit in range(len(squares).bit_length() - 1)])


def sobol_total(squares: Floats) -> Floats:
    """Return E Var[f | all but X_i] of each component: what cannot be explained without it."""
    return sums_of_members(squares)


def shapley_effects(squares: Floats) -> Floats:
    """Return each component's part of the variance, where sets share theirs evenly among their members."""
    return sums_of_members(squares / np.maximum(sizes(len(squares).bit_length() - 1), 1))


SHARES: dict[str, tuple[Callable[[Floats], Floats], str]] = {
    "sobol_first": (sobol_first, "share of the variance that it explains alone"),
    "sobol_total": (sobol_total, "share of the variance that is left if all but it are known"),
    "shapley_effects": (shapley_effects, "its fair share of the variance; over all components they sum to 1"),
}


def shares(table: AccuracyTable, names: tuple[str, ...] = tuple(SHARES)) -> dict[str, Floats]:
    """Return shares of the variance by name, each of shape ``(players,)``; NaN where accuracy does not vary.

    Args:
        table: f and P of independent components; one table, without leading axes.
        names: Of ``SHARES``.
    """
    squares = walsh(table.accuracy, table.failure) ** 2
    squares[0] = 0.0
    variance = squares.sum()
    return {name: over(SHARES[name][0](squares)[: table.count], variance) for name in names}
