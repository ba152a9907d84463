"""The filters of the continuity regulariser: differences and Gaussians along the index of neurons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HALF_WIDTHS = (2, 5, 7)
SHARES = (20, 10)  # a Gaussian is a 20th and a 10th of the layer wide
REACH = 3.0  # standard deviations on each side


def first_difference() -> Floats:
    """Return the difference of neighbours."""
    return np.array([-1.0, 1.0])


def central_difference(half_width: int) -> Floats:
    """Return the central first difference of order 2m: c_k = (-1)^(k+1) (m!)^2 / (k (m-k)! (m+k)!), c_-k = -c_k.

    >>> central_difference(2).round(6).tolist()
    [0.083333, -0.666667, 0.0, 0.666667, -0.083333]
    """
    m = half_width
    right = [(-1) ** (k + 1) * math.factorial(m) ** 2 / (k * math.factorial(m - k) * math.factorial(m + k))
             for k in range(1, m + 1)]
    return np.array([*(-c for c in reversed(right)), 0.0, *right])


def gaussian(size: int) -> Floats:
    """Return the shares of a normal law in equal slices of three deviations on each side, summing to 1.

    >>> gaussian(3).round(4).tolist()
    [0.1577, 0.6845, 0.1577]
    """
    edges = np.linspace(-REACH, REACH, size + 1)
    below = np.array([0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in edges])
    shares: Floats = np.diff(below) / (below[-1] - below[0])
    return shares


def differences() -> list[Floats]:
    """Return the filters that measure the derivative along the index."""
    return [first_difference(), *map(central_difference, HALF_WIDTHS)]


def averages(neurons: int) -> list[Floats]:
    """Return the Gaussians of a layer, of odd sizes, so that they are centred; those too small to average are left out.

    >>> [len(each) for each in averages(100)]
    [5, 11]
    """
    return [gaussian(size | 1) for size in (neurons // share for share in SHARES) if size > 1]


def legacy_averages(neurons: int) -> list[Floats]:
    """Return the filters of the reference: of even sizes too, and of size 2 a difference, which averages nothing."""
    sizes = [neurons // share for share in SHARES]
    return [first_difference() if size == 2 else gaussian(size) for size in sizes if size > 1]
