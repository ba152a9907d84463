"""What was seen of one stratum: a list of all of it, independent draws, or draws without replacement.

Each gives weights to its deliveries, so that every estimate is linear in their scores, and says how far it may be off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

NONE_DIFFERS = 3.688879454113936 / 1.959963984540054  # Clopper and Pearson's -log(0.025) for 0 of many, in deviations
FEW = 30
ROUNDING = 1e-9


class Error(NamedTuple):
    """Variance of a stratum's mean, and the degrees of freedom that it is known with."""

    variance: float
    degrees: float


class Stratum(Protocol):
    """What was seen of one stratum.

    ``mass`` is its probability, ``places`` the deliveries seen in it, ``weights`` what each counts, which sum to 1.
    """

    @property
    def name(self) -> str:
        """What it holds, in words."""

    @property
    def mass(self) -> float:
        """Its probability."""

    @property
    def places(self) -> Places:
        """The delivery of each pattern seen, shape ``(seen,)``."""

    @property
    def weights(self) -> Floats:
        """What each of these counts in the stratum's mean, shape ``(seen,)``; sums to 1."""

    @property
    def draws(self) -> int:
        """How many were drawn by chance."""

    def shared(self, values: Floats) -> Floats:
        """Return what turns other values into the covariance of their mean with the mean of these, shape ``(seen,)``.

        ``shared(a) @ b`` is the covariance of the means of a and b; where nothing is left to chance, it is 0.
        """

    def error(self, values: Floats, span: float) -> Error:
        """Return how far the mean of values may be off.

        Args:
            values: One for each pattern seen, shape ``(seen,)``.
            span: The most that two values can differ by.
        """

    def radius(self, values: Floats, span: float, risk: float) -> float:
        """Return how far off the mean is at most, but for this risk, at any number of draws."""


@final
@dataclass(frozen=True, eq=False)
class Listed:
    """All that is in it: nothing is left to chance.

    Args:
        name: What it holds.
        mass: Its probability.
        places: The deliveries.
        weights: Share of each; sums to 1.
    """

    name: str
    mass: float
    places: Places
    weights: Floats

    @property
    def draws(self) -> int:
        """None is by chance."""
        return 0

    def shared(self, values: Floats) -> Floats:
        """Return zeros."""
        return np.zeros(len(values))

    def error(self, values: Floats, span: float) -> Error:
        """Return none."""
        del values, span
        return Error(0.0, math.inf)

    def radius(self, values: Floats, span: float, risk: float) -> float:
        """Return 0."""
        del values, span, risk
        return 0.0


@final
@dataclass(frozen=True, eq=False)
class Drawn:
    """Independent draws; with controls their mean is moved by what the controls are known to be off.

    Args:
        name: What it holds.
        mass: Its probability.
        places: The delivery of each draw, in order.
        controls: Control variates of each draw, shape ``(draws, controls)``; None: none.
        control_means: Their exact means, shape ``(controls,)``.
    """

    name: str
    mass: float
    places: Places
    controls: Floats | None = None
    control_means: Floats | None = None

    @property
    def draws(self) -> int:
        """All are by chance."""
        return len(self.places)

    @cached_property
    def _basis(self) -> tuple[Floats, Floats]:
        """Centred controls that are no combination of others, orthonormal; and what turns the controls into them."""
        if self.controls is None or len(self.places) < FEW:
            return np.zeros((len(self.places), 0)), np.zeros((0, 0))
        is_constant = np.ptp(self.controls, axis=0) <= ROUNDING * np.abs(self.controls).max(axis=0)
        return _orthonormal(np.where(is_constant, 0.0, self.controls - self.controls.mean(axis=0)))

    @cached_property
    def weights(self) -> Floats:
        """1/draws each; with controls those of the regression estimator, linear in the values all the same."""
        equal = np.full(len(self.places), 1 / max(len(self.places), 1))
        basis, turned = self._basis
        if self.controls is None or self.control_means is None or not basis.shape[1]:
            return equal
        weights: Floats = equal + basis @ (turned.T @ (self.control_means - self.controls.mean(axis=0)))
        return weights

    def residuals(self, values: Floats) -> Floats:
        """Return what the controls do not explain, shape ``(draws,)``."""
        centred = values - values.mean()
        basis, _ = self._basis
        left: Floats = centred - basis @ (basis.T @ centred)
        return left

    def shared(self, values: Floats) -> Floats:
        """Return what is left of the values by the controls, over the draws and their degrees of freedom."""
        draws, free = len(values), len(values) - 1 - self._basis[0].shape[1]
        return self.residuals(values) / free / draws if free > 0 else np.zeros(draws)

    def error(self, values: Floats, span: float) -> Error:
        """Return the variance of the mean; half a draw at either end of the range is added, against what is unseen."""
        draws, free = len(values), len(values) - 1 - self._basis[0].shape[1]
        if free < 1:
            return Error(math.inf, 1.0)
        left = self.residuals(values)
        variance = float(left @ left) / free / draws + (span / draws) ** 2 / 4
        if np.ptp(values) == 0:
            variance = max(variance, (NONE_DIFFERS * span / draws) ** 2)
        return Error(variance, float(free))

    def radius(self, values: Floats, span: float, risk: float) -> float:
        """Return Maurer and Pontil's empirical Bernstein radius (COLT 2009); controls are left out of it."""
        if (draws := len(values)) < 2:
            return span
        log = math.log(4 / risk)
        return min(span, math.sqrt(2 * float(values.var(ddof=1)) * log / draws) + 7 * span * log / (3 * (draws - 1)))


@final
@dataclass(frozen=True, eq=False)
class WithoutReplacement:
    """Deliveries drawn one after the other, each by its share of what is left (Des Raj, JASA 51, 1956).

    With the first i - 1 known, sum of share x value over these + value of draw i x what is left has the stratum's
    mean as its expectation, whatever came before; the estimate averages these terms, later ones more, since less is
    left then.

    Args:
        name: What it holds.
        mass: Its probability.
        places: The delivery of each draw, in order.
        shares: Its share of the stratum, shape ``(draws,)``.
        trust: How much each draw's term counts (fixed ahead), shape ``(draws,)``; 0 for a pilot's.
    """

    name: str
    mass: float
    places: Places
    shares: Floats
    trust: Floats

    @property
    def draws(self) -> int:
        """All are by chance."""
        return len(self.places)

    @cached_property
    def _left(self) -> Floats:
        """What is left before each draw."""
        left: Floats = np.clip(1 - np.concatenate([[0.0], np.cumsum(self.shares)[:-1]]), 0, 1)
        return left

    @cached_property
    def _part(self) -> Floats:
        part: Floats = self.trust / self.trust.sum()
        return part

    @cached_property
    def weights(self) -> Floats:
        """What each draw counts over all terms; sums to 1."""
        later = 1 - np.cumsum(self._part)
        weights: Floats = self.shares * later + self._part * self._left
        return weights

    def _terms(self, values: Floats) -> Floats:
        known = np.concatenate([[0.0], np.cumsum(self.shares * values)[:-1]])
        terms: Floats = known + values * self._left
        return terms

    def shared(self, values: Floats) -> Floats:
        """Return it from the terms that are counted, which are linear in the values of all draws before."""
        part = np.where(self._part < 1, self._part, 0.0)
        if np.count_nonzero(part) < 2:
            return np.zeros(len(values))
        terms = self._terms(values)
        off = (terms - part @ terms) * part**2 / (1 - part)
        off -= part * off.sum()
        later = np.append(np.cumsum(off[::-1])[::-1][1:], 0.0)
        shared: Floats = off * self._left + self.shares * later
        return shared

    def error(self, values: Floats, span: float) -> Error:
        """Return the variance of the weighted mean of uncorrelated terms."""
        counted = self._part > 0
        terms, part = self._terms(values)[counted], self._part[counted]
        if len(part) < 2:
            return Error(math.inf, 1.0)
        mean = float(part @ terms)
        variance = float(((terms - mean) ** 2 * part**2 / (1 - part)).sum())
        unseen = span * float(self._left[-1]) / len(part)
        floor = (NONE_DIFFERS * unseen) ** 2 if np.ptp(values) == 0 else 0.0
        return Error(max(variance + unseen**2 / 4, floor), max(1.0, 1 / float((part**2).sum()) - 1))

    def radius(self, values: Floats, span: float, risk: float) -> float:
        """Return Azuma and Hoeffding's radius: given the past, a term varies by the span times what is left."""
        del values
        reach = float(((self._part * self._left) ** 2).sum())
        return span * min(1.0, math.sqrt(math.log(2 / risk) * reach / 2))


def trusts(shares: Floats) -> Floats:
    """Return how much the term of each draw without replacement counts, shape ``(population,)``; fixed ahead.

    1 / (what is expected to be left)^2, which for equal shares gives the mean of the draws, the best there is.

    Args:
        shares: Of the whole population, in any order; sums to 1.
    """
    times = np.geomspace(0.01, 60 * len(shares), 200)
    taken = -np.expm1(-np.outer(times, shares))
    expected = np.interp(np.arange(len(shares)), taken.sum(axis=1), taken @ shares, left=0.0)
    trust: Floats = np.clip(1 - expected, 0.02, 1) ** -2
    return trust


def _orthonormal(columns: Floats) -> tuple[Floats, Floats]:
    """Return an orthonormal basis of some columns, and what turns them into it: columns @ turned = basis."""
    scale = np.linalg.norm(columns, axis=0)
    kept = scale > 0
    if not kept.any():
        return np.zeros((len(columns), 0)), np.zeros((columns.shape[1], 0))
    left, size, right = np.linalg.svd(columns[:, kept] / scale[kept], full_matrices=False)
    sure = size > 1e-9 * size[0]
    turned = np.zeros((columns.shape[1], int(sure.sum())))
    turned[kept] = (right[sure].T / size[sure]) / scale[kept, np.newaxis]
    return left[:, sure], turned
