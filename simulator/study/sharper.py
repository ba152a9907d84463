"""Timed estimates made sharper: batches of one long run, and weights of patterns that are known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.batches import batch_mean, batches, failure_cycles, has_enough
from simulator.expect.control import Controlled
from simulator.expect.cycles import ENOUGH_CYCLES
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import within
from simulator.expect.strata import Control, strata, stratified_mean
from simulator.expect.student import student_mean
from simulator.expect.timed import ENDINGS, MS_NS, ON_TIME, Requests
from simulator.study.findings import Findings
from simulator.study.timed import TimedRuns

Floats = NDArray[np.float64]
ENDLESS = float("inf")
NAMES = ("served_accuracy_controlled", "served_accuracy_stratified", "on_time_accuracy_stratified",
         "share_late_stratified", "share_lost_stratified", "latency_mean_stratified_ms")
TABLE = "sharper"


@dataclass(frozen=True)
class Spread:
    """What intervals are taken over.

    Args:
        label: Replication of each request, or its batch of the one long run.
        mean: Mean and interval of one value for each of these.
        note: Why there is no interval; empty where there is one.
    """

    label: NDArray[np.integer]
    mean: Callable[[Floats], Estimate]
    note: str = ""


def spread_of(runs: TimedRuns, relevant: frozenset[str]) -> Spread:
    """Return what intervals are taken over: replications, or batches of one run that has enough failure cycles.

    Args:
        runs: All requests.
        relevant: The components that matter to the model.
    """
    plain = Spread(runs.replication, student_mean)
    if len(runs.timelines) > 1:
        return plain
    cycles = failure_cycles(runs.timelines[0], relevant, int(runs.end_ns.max(initial=0)))
    label = batches(len(runs.request))
    if label is None:
        return replace(plain, note="one replication of few requests has no intervals: write replications: 10 or more")
    if not has_enough(cycles):
        return replace(plain, note=f"one replication with failures at {cycles} instants has no intervals (batch means "
                                   f"ask for {ENOUGH_CYCLES}): write more requests, or replications: 10 or more")
    return Spread(label, batch_mean)


def stratified(
    runs: TimedRuns, requests: Requests, chances: Mapping[int, float], spread: Spread, outcomes: Outcomes | None
) -> dict[str, Controlled]:
    """Return post-stratified estimates by name; none where all requests are in one stratum.

    Args:
        runs: What was simulated.
        requests: The same, with how each request ended and what it was worth.
        chances: Exact probability of the delivery of the pattern at a birth.
        spread: What intervals are taken over.
        outcomes: Worth of each delivery and sample, all of them evaluated; None: no accuracy is asked for.
    """
    given = strata(runs.snapshot, runs.deliveries, chances, spread.label)
    if len(given.chance) < 2:
        return {}
    found = {f"share_{name}_stratified": stratified_mean((requests.ending == code).astype(float), given,
                                                         mean=spread.mean)
             for code, name in enumerate(ENDINGS) if code != ON_TIME}
    latency = (requests.end_ns - requests.arrival_ns) / MS_NS
    found["latency_mean_stratified_ms"] = stratified_mean(latency, given, counted=requests.answered,
                                                          mean=spread.mean, is_share=False)
    if outcomes is not None:
        good = (requests.correct & (requests.ending == ON_TIME)).astype(float)
        control = snapshot_control(runs, chances, outcomes)
        found["on_time_accuracy_stratified"] = stratified_mean(good, given, control, mean=spread.mean)
        if np.isnan(requests.worth).any():  # no answer is left out, and then served accuracy has no control
            found["served_accuracy_stratified"] = stratified_mean(
                requests.worth, given, counted=~np.isnan(requests.worth), mean=spread.mean)
    return {name: replace(each, estimate=within(each.estimate, high=ENDLESS if "latency" in name else 1.0))
            for name, each in found.items()}


def snapshot_control(runs: TimedRuns, chances: Mapping[int, float], outcomes: Outcomes) -> Control:
    """Return whether each request would be answered rightly by what the pattern at its birth delivers, and its mean.

    The mean is over patterns and test samples, no answer counting as wrong.
    """
    worth = outcomes.worth(runs.snapshot, runs.deliveries, runs.sample)
    is_answer = np.array([delivery != EMPTY for delivery in runs.deliveries])[runs.snapshot]
    known = math.fsum(chance * float((outcomes.correct(delivery) == 1).mean())
                      for delivery, chance in chances.items() if delivery != EMPTY)
    return Control((is_answer & (worth == 1)).astype(float), known)


def keep(found: Findings, sharper: Mapping[str, Controlled]) -> None:
    """Add estimates, of ``NAMES``, to the findings, and to the table of what was gained by each."""
    found.estimates |= {name: each.estimate for name, each in sharper.items()}
    rows = []
    for name, each in sharper.items():
        factor = each.variance_reduction if math.isfinite(each.variance_reduction) else None
        rows.append({"estimate": name, "plain": plain_name(name), "variance_reduction": factor,
                     "half_width": (each.estimate.high - each.estimate.low) / 2})
    if rows:
        found.tables.setdefault(TABLE, []).extend(rows)


def plain_name(name: str) -> str:
    """Return the estimate that was made sharper.

    >>> plain_name("latency_mean_stratified_ms"), plain_name("served_accuracy_controlled")
    ('latency_mean_ms', 'served_accuracy')
    """
    return name.replace("_stratified", "").replace("_controlled", "")
