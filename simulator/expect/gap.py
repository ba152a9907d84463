"""The gap between served and expected accuracy, split by cause, and how large switching components can make it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import exactly, student_mean
from simulator.expect.student import replication_means
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lives:
    """What became of each request, beside what a snapshot at its arrival promised; shape ``(requests,)``.

    Args:
        worth_served: Worth as served.
        worth_snapshot: Worth with no delays, by the pattern at its arrival, for the same sample.
        has_switched: Whether a component that matters crashed or was repaired during its life.
        is_late: Whether it was late or withdrawn.
        sojourn_ns: From its arrival to its end.
        replication: Number of its replication.
        has_waited: Whether a join that waited, and nothing else, made it late; None: none did.
    """

    worth_served: Floats
    worth_snapshot: Floats
    has_switched: NDArray[np.bool_]
    is_late: NDArray[np.bool_]
    sojourn_ns: NDArray[np.int64]
    replication: NDArray[np.integer]
    has_waited: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Gap:
    """Served minus expected accuracy = sampling + in_flight + congestion + detection, to the last digit of float64.

    Args:
        total: Served minus expected accuracy.
        sampling: Snapshot at arrival minus expected: which patterns and samples happened to come; its mean is 0.
        in_flight: Served minus snapshot of requests during whose life a component that matters switched.
        congestion: The same of those without a switch that were late or withdrawn, unless a join waited too long.
        detection: The same of the rest: a join waited too short or too long, somebody was suspected wrongly, or a link
            lost the message.
        bound: Sum over components of switches a second x mean sojourn: how often a request can meet a switch.
        holds: Whether |total| <= bound + half-widths of served and expected accuracy; None without a bound.
    """

    total: Estimate
    sampling: Estimate
    in_flight: Estimate
    congestion: Estimate
    detection: Estimate
    bound: Estimate
    holds: bool | None

    def estimates(self) -> dict[str, Estimate]:
        """Return the parts and the bound by the names that a record gives them; without a bound no ``gap_bound``."""
        parts = {"gap_sampling": self.sampling, "gap_in_flight": self.in_flight, "gap_congestion": self.congestion,
                 "gap_detection": self.detection}
        return parts if self.holds is None else {**parts, "gap_bound": self.bound}


def gap(lives: Lives, expected: Estimate, switches_per_s: Floats | None) -> Gap:
    """Return the gap between served and expected accuracy, split by cause.

    Args:
        lives: The requests. Where a worth is NaN (no answer is left out) a split is not defined, and is NaN.
        expected: Expected accuracy, over all patterns.
        switches_per_s: How often each component that matters switches in the long run (up to down, and down to up:
            2 (1 - availability) / MTTR for crash and repair); None where there is no such rate, and then no bound.
    """
    served = replication_means(lives.worth_served, lives.replication)
    change = lives.worth_served - lives.worth_snapshot
    is_busy = lives.is_late if lives.has_waited is None else lives.is_late & ~lives.has_waited
    causes = {"in_flight": lives.has_switched, "congestion": ~lives.has_switched & is_busy,
              "detection": ~lives.has_switched & ~is_busy}
    if np.isnan(change).any():
        change = np.full_like(change, np.nan)
    parts = {name: student_mean(replication_means(np.where(mine, change, change * 0), lives.replication))
             for name, mine in causes.items()}
    snapshot = replication_means(lives.worth_snapshot + 0 * change, lives.replication)
    bound = switching_bound(lives, switches_per_s)
    served_estimate, total = student_mean(served), student_mean(served - expected.value)
    holds = None if bound is None else is_within(total.value, bound.value, (served_estimate, expected))
    bound = bound or exactly(math.nan, 0, "no rate of switching is known")
    return Gap(total, student_mean(snapshot - expected.value), **parts, bound=bound, holds=holds)


def switching_bound(lives: Lives, switches_per_s: Floats | None) -> Estimate | None:
    """Return the mean number of switches during a request's life, an upper bound of the chance to meet one."""
    if switches_per_s is None:
        return None
    sojourn_s = float(lives.sojourn_ns.mean()) / SECOND_NS if len(lives.sojourn_ns) else math.nan
    rate = float(np.sum(switches_per_s))
    method = f"{rate:.4g} switches a second x {1000 * sojourn_s:.4g} ms mean sojourn"
    return exactly(rate * sojourn_s, len(switches_per_s), method)


def is_within(total: float, bound: float, estimates: tuple[Estimate, ...]) -> bool | None:
    """Return whether |total| is at most the bound and the half-widths; None where one of the numbers is NaN."""
    if math.isnan(total) or math.isnan(bound):
        return None
    return abs(total) <= bound + sum(half_width(estimate) for estimate in estimates)


def half_width(estimate: Estimate) -> float:
    """Return the larger half of the interval; 0 where it has none."""
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return 0.0 if math.isnan(half) else half
