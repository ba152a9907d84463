"""What the timed engine's requests say: endings, accuracy and latency, each with an interval over replications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import student_mean, within
from simulator.expect.student import replication_means

ENDINGS = ("on_time", "late", "lost")
ON_TIME, LATE, LOST = range(3)
MS_NS = 1_000_000
QUANTILES = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}

Floats = NDArray[np.float64]
Mean = Callable[[Floats], Estimate]


@dataclass(frozen=True)
class Requests:
    """All requests of all replications; arrays have the shape ``(requests,)``.

    Args:
        replication: Number of the replication.
        arrival_ns: Birth.
        end_ns: When it was answered, or known to be lost or withdrawn.
        ending: Place in ``ENDINGS``: 0 on time, 1 late, 2 lost.
        answered: Whether it has an answer (a late one may have been withdrawn).
        worth: 1 right, 0 wrong, the worth of no answer where there is none; NaN where those are left out.
        correct: Whether it was answered, and rightly.
    """

    replication: NDArray[np.integer]
    arrival_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    ending: NDArray[np.integer]
    answered: NDArray[np.bool_]
    worth: Floats
    correct: NDArray[np.bool_]


class NothingLostError(RuntimeError):
    """The endings do not add up to the arrivals: a fault of the simulator, not of the user."""


def ending_counts(requests: Requests, arrivals: int) -> dict[str, int]:
    """Return how many requests ended in each way.

    Raises:
        NothingLostError: they do not sum to the arrivals, or a request on time has no answer, or a lost one has.
    """
    counts = {name: int((requests.ending == code).sum()) for code, name in enumerate(ENDINGS)}
    if sum(counts.values()) != arrivals:
        raise NothingLostError(f"{arrivals} arrivals, but endings {counts}: each request has exactly one ending")
    if (~requests.answered[requests.ending == ON_TIME]).any() or requests.answered[requests.ending == LOST].any():
        raise NothingLostError("a request that ended on time has no answer, or a lost one has one")
    return counts


def timed(requests: Requests, arrivals: int, mean: Mean = student_mean, most: float = 1.0) -> dict[str, Estimate]:
    """Return served and on-time accuracy, the shares of the endings, and latencies (ms, over answered requests).

    Each is found in every replication, and then averaged over replications with Student's t, or over batches of one;
    ``most`` is the highest mean worth that there can be.

    Raises:
        NothingLostError: the endings do not sum to the arrivals.
    """
    ending_counts(requests, arrivals)
    highest = {"served_accuracy": most}
    return {name: within(mean(values), high=float("inf") if name.startswith("latency") else highest.get(name, 1.0))
            for name, values in by_replication(requests).items()}


def by_replication(requests: Requests) -> dict[str, Floats]:
    """Return what ``timed`` averages: by estimate one value for each replication (or batch), NaN where none was seen.

    Replications of two cells with one root seed share their failures and arrivals; so their differences are paired.
    """
    on_time = requests.ending == ON_TIME
    shares = {"served_accuracy": requests.worth, "on_time_accuracy": (requests.correct & on_time).astype(float)}
    shares |= {f"share_{name}": (requests.ending == code).astype(float) for code, name in enumerate(ENDINGS)}
    found = {name: replication_means(values, requests.replication) for name, values in shares.items()}
    latency = latencies_ms(requests)
    found["latency_mean_ms"] = np.array([values.mean() if len(values) else np.nan for values in latency])
    for name, level in QUANTILES.items():
        found[name] = np.array([np.quantile(values, level) if len(values) else np.nan for values in latency])
    return found


def latencies_ms(requests: Requests) -> list[Floats]:
    """Return the latencies of the answered requests, replication by replication, in milliseconds."""
    latency = (requests.end_ns - requests.arrival_ns) / MS_NS
    return [latency[(requests.replication == run) & requests.answered] for run in np.unique(requests.replication)]
