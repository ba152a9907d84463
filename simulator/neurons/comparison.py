"""How well an estimator agrees with what was measured, input by input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STANDARD_ERRORS = 4.0  # so far beyond a bound that drawing does not explain it: about 3 in 100,000 by chance


@dataclass(frozen=True)
class Agreement:
    """An estimator against Monte Carlo; NaN where nothing can be said, such as with one input.

    Args:
        pearson: Correlation over inputs, the mean over outputs.
        kendall: Kendall's tau-b over inputs, the mean over outputs; ties count as ties.
        rank_loss: Share of pairs of inputs in the wrong order, as the reference counts: ties are errors.
        relative_error: Median over inputs and outputs of |told - measured| / |measured|.
        ratio: Mean of what is told over mean of what is measured.
    """

    pearson: float
    kendall: float
    rank_loss: float
    relative_error: float
    ratio: float


def agreement(told: Floats, measured: Floats) -> Agreement:
    """Return the agreement of two arrays of shape ``(inputs, outputs)``."""
    columns = list(zip(told.T, measured.T, strict=True))
    seen = np.abs(measured) > 0
    relative = np.abs(told - measured)[seen] / np.abs(measured)[seen]
    whole = float(measured.mean())
    return Agreement(_mean([pearson(a, b) for a, b in columns]), _mean([kendall_tau(a, b) for a, b in columns]),
                     _mean([rank_loss(a, b) for a, b in columns]),
                     float(np.median(relative)) if relative.size else float("nan"),
                     float(told.mean()) / whole if whole else float("nan"))


def pearson(a: Floats, b: Floats) -> float:
    """Return the correlation; NaN where either does not vary.

    >>> pearson(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])).__round__(9)
    1.0
    """
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else float("nan")


def kendall_tau(a: Floats, b: Floats) -> float:
    """Return Kendall's tau-b; NaN where either has ties only.

    >>> kendall_tau(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])).__round__(9)
    0.333333333
    """
    first, second = np.triu_indices(len(a), 1)
    x, y = np.sign(a[first] - a[second]), np.sign(b[first] - b[second])
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else float("nan")


def rank_loss(a: Floats, b: Floats) -> float:
    """Return the share of pairs that b has not in the order of a, as the reference counts: a tie of b is an error.

    >>> rank_loss(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])).__round__(9)
    0.333333333
    """
    if len(a) < 2:
        return float("nan")
    first, second = np.triu_indices(len(a), 1)
    sorted_b = b[np.argsort(a, kind="stable")]
    return float((sorted_b[first] >= sorted_b[second]).mean())


def share_beyond(measured: Floats, error: Floats, bound: Floats) -> float:
    """Return the share of values that are above their bound by more than drawing explains."""
    slack = STANDARD_ERRORS * error + 1e-9 * np.abs(bound)
    return float((measured - slack > bound).mean())


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
