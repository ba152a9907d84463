"""Student's t over independent replications."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate

Floats = NDArray[np.float64]
ENOUGH = 10


def quantile(degrees_of_freedom: float, probability: float = 0.975) -> float:
    """Return a quantile of Student's t.

    >>> round(quantile(9), 4)
    2.2622
    """
    from scipy.special import stdtrit  # noqa: PLC0415  # heavy

    return float(stdtrit(degrees_of_freedom, probability))


def student_mean(values: Floats, uncertainty: str = "failures") -> Estimate:
    """Return the mean of one value for each replication, with its 95 % interval.

    Args:
        values: Shape ``(replications,)``; NaN (a replication that saw nothing) is left out.
        uncertainty: What the interval covers.

    Returns:
        The estimate; with one replication its interval is NaN, and below ten the method says so.
    """
    seen = values[~np.isnan(values)]
    value, half_width = columns(seen[:, np.newaxis])
    low, high = value[0] - half_width[0], value[0] + half_width[0]
    return Estimate(float(value[0]), float(low), float(high), len(seen), method_text(len(seen)), uncertainty)


def method_text(replications: int) -> str:
    """Return the method in words.

    >>> method_text(4)
    'Student t over 4 replications (fewer than 10: read with care)'
    """
    if replications == 0:
        return "no replication saw any"
    if replications == 1:
        return "1 replication: no interval"
    care = f" (fewer than {ENOUGH}: read with care)" if replications < ENOUGH else ""
    return f"Student t over {replications} replications{care}"


def columns(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and 95 % half-width of each column, shape ``(columns,)``; NaN half-widths with one row.

    Args:
        values: Shape ``(replications, columns)``, without NaN.
    """
    rows = len(values)
    if rows == 0:
        return np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    mean = values.mean(axis=0)
    if rows == 1:
        return mean, np.full(values.shape[1], np.nan)
    return mean, quantile(rows - 1) * values.std(axis=0, ddof=1) / np.sqrt(rows)


def replication_means(values: Floats, replication: NDArray[np.integer]) -> Floats:
    """Return each replication's mean over its requests, NaN values left out; NaN where a replication has none.

    >>> replication_means(np.array([0.0, 1.0, 1.0, np.nan]), np.array([0, 0, 1, 1]))
    array([0.5, 1. ])
    """
    _, place = np.unique(replication, return_inverse=True)
    place, runs = place.reshape(-1), int(place.max(initial=-1)) + 1
    kept = ~np.isnan(values)
    sums = np.bincount(place[kept], values[kept], runs)
    counts = np.bincount(place[kept], minlength=runs)
    means: Floats = np.divide(sums, counts, out=np.full(runs, np.nan), where=counts > 0)
    return means


def ratio_of_means(tops: Floats, bottoms: Floats, uncertainty: str = "failures") -> Estimate:
    """Return mean(tops) / mean(bottoms) over replications, with Student's interval of the linearised ratio.

    The ratio of the means is right in the long run, which the mean of the ratios is not; its error is that of the mean
    of (top - ratio x bottom) / mean(bottoms) to first order. Replications without a bottom count with their top.

    Args:
        tops: One for each replication, shape ``(replications,)``.
        bottoms: The same; their sum is 0 where nothing was seen, and then the value is NaN.
        uncertainty: What the interval covers.
    """
    runs = len(tops)
    if runs == 0 or bottoms.sum() == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), runs, method_text(0), uncertainty)
    value = float(tops.sum() / bottoms.sum())
    _, half = columns(((tops - value * bottoms) / bottoms.mean())[:, np.newaxis])
    low, high = value - float(half[0]), value + float(half[0])
    return Estimate(value, low, high, runs, f"ratio of means, {method_text(runs)}", uncertainty)
