"""Goodput, what a correct answer costs, and latency while something is down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import within
from simulator.expect.student import ratio_of_means, student_mean
from simulator.expect.timed import MS_NS, ON_TIME, QUANTILES, Requests
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
ENDLESS = float("inf")


@dataclass(frozen=True)
class Spent:
    """What each replication spent; arrays have the shape ``(replications,)``.

    Args:
        sent_bytes: All messages, each of them once.
        joules: Energy; None where nothing is known of it.
    """

    sent_bytes: Floats
    joules: Floats | None = None


def correct_on_time(requests: Requests) -> Floats:
    """Return how many requests of each replication were answered correctly within the deadline."""
    good = requests.correct & (requests.ending == ON_TIME)
    _, run = np.unique(requests.replication, return_inverse=True)
    return np.bincount(run.reshape(-1), good).astype(np.float64)


def spans_s(requests: Requests) -> Floats:
    """Return the birth of the last request of each replication, in seconds: over how long its requests came."""
    runs, run = np.unique(requests.replication, return_inverse=True)
    last = np.zeros(len(runs), dtype=np.int64)
    np.maximum.at(last, run.reshape(-1), requests.arrival_ns)
    return last / SECOND_NS


def goodput(requests: Requests) -> Estimate:
    """Return the correct answers within the deadline per second; NaN where all requests come at once."""
    spans = spans_s(requests)
    rate = np.divide(correct_on_time(requests), spans, out=np.full(len(spans), np.nan), where=spans > 0)
    return within(student_mean(rate), high=ENDLESS)


def per_correct_answer(requests: Requests, spent: Spent) -> dict[str, Estimate]:
    """Return bytes and, where it is known, joules for each correct answer within the deadline."""
    correct = correct_on_time(requests)
    found = {"bytes_per_correct_answer": ratio_of_means(spent.sent_bytes, correct)}
    if spent.joules is not None:
        found["joules_per_correct_answer"] = ratio_of_means(spent.joules, correct)
    return {name: within(estimate, high=ENDLESS) for name, estimate in found.items()}


def degraded_latency(requests: Requests, is_degraded: NDArray[np.bool_]) -> dict[str, Estimate]:
    """Return quantiles of the latency (ms) of answered requests at whose birth something that matters was down.

    Args:
        requests: All requests.
        is_degraded: Whether something was down, for each of them.
    """
    latency = (requests.end_ns - requests.arrival_ns) / MS_NS
    kept = requests.answered & is_degraded
    runs = [latency[kept & (requests.replication == run)] for run in np.unique(requests.replication)]
    found = {}
    for name, level in QUANTILES.items():
        each = np.array([np.quantile(values, level) if len(values) else np.nan for values in runs])
        found[name.replace("_ms", "_degraded_ms")] = within(student_mean(each), high=ENDLESS)
    return found
