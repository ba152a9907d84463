"""Fitted processes judged on the weeks of a trace that they were not fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.failures.bursts import Bursts
from simulator.failures.trace_table import TraceTable
from simulator.seeds import Streams, stream
from simulator.study.burst_fit import duration_laws, fit_bursts, ks_of_law
from simulator.study.trace_events import BURST, Events, Weeks, as_trace, events_of

Floats = NDArray[np.float64]
Split = Literal["half", "weeks"]
RESAMPLED, BAND = 1000, (2.5, 97.5)
LEAST = (2, BURST, 10, 20, 50, 100, 200)
SIMULATED = 2  # times as long as the weeks that it is compared with
DRAWN_QUANTILES = 400


@dataclass(frozen=True)
class Compared:
    """A number of the model beside that of the unseen weeks.

    Args:
        model: Of the fitted process.
        unseen: Of the weeks that it was not fitted to.
        low: Lower end of the 95 % band of the unseen weeks; ``high`` the upper one.
        independent: Of the same process with each machine on its own.
    """

    model: float
    unseen: float
    low: float
    high: float
    independent: float

    @property
    def is_inside(self) -> bool:
        """Whether the model is inside the band."""
        return self.low <= self.model <= self.high


@dataclass(frozen=True)
class Judged:
    """One cluster: the process fitted to its one half and what it says of the other.

    Args:
        cluster: Its name.
        machines: How many.
        starts: Number of starts in the fitted and in the unseen weeks.
        fitted: Fitted to the one half.
        whole: Fitted to all weeks: this one is written.
        ks_down: KS distance of times down between model and unseen weeks; ``ks_up`` of times up.
        renewal: For each law, KS distances of times up and down when it is fitted to them (independent renewal).
        grouped: Share of starts in minutes in which at least so many machines went down, by that number.
        also_down: P(j down | i down).
        simulated_starts: Number of starts of the model in as much machine time as was unseen.
        seen: Of the weeks that it was fitted to: share of starts in bursts of 5 or more, and P(j down | i down).
        whole_grouped: Share of the whole trace's starts in bursts of 5 or more, and their number.
        drawn: Quantiles of times up and down in seconds, for the figure, by "up" or "down" and whose.
    """

    cluster: str
    machines: int
    starts: tuple[int, int]
    fitted: Bursts
    whole: Bursts
    ks_up: float
    ks_down: float
    renewal: Mapping[str, tuple[float, float]]
    grouped: Mapping[int, Compared]
    also_down: Compared
    simulated_starts: float
    seen: tuple[float, float]
    whole_grouped: tuple[float, int]
    drawn: Mapping[tuple[str, str], Floats]


def judge(table: TraceTable, split: Split = "half", seed: int = 1) -> tuple[Judged, ...]:
    """Return each cluster of a trace judged; one with too few starts in either half is left out.

    Raises:
        ScenarioError: no cluster has enough.
    """
    judged = [_judged(cluster, events_of(table.of_cluster(cluster)), split, seed) for cluster in table.clusters()]
    found = tuple(each for each in judged if each)
    if not found:
        told = "no cluster has 30 starts in bursts (2 machines or more in one minute) in each half"
        raise ScenarioError(Problem(table.name, told, "give a longer trace, or one with clusters (--nodes)"))
    return found


def _judged(cluster: str, events: Events, split: Split, seed: int) -> Judged | None:
    seen, unseen = events.halves(split)
    fitted, whole = fit_bursts(events, seen), fit_bursts(events, np.ones(events.weeks, dtype=bool))
    if fitted is None or whole is None or fit_bursts(events, unseen) is None:
        return None
    per_machine_ns = events.machine_ns(unseen) / events.machines
    model, apart = (simulated(process, int(SIMULATED * per_machine_ns), seed)
                    for process in (fitted, replace(fitted, together=False)))
    lasting = {"up": (events.up_ns, events.up_week, model.up_ns), "down": (events.down_ns, events.start_week,
                                                                           model.down_ns)}
    of_unseen = {name: values[unseen[week]] for name, (values, week, _) in lasting.items()}
    of_seen = {name: values[seen[week]] for name, (values, week, _) in lasting.items()}
    drawn = {(name, "model"): quantiles(lasting[name][2]) for name in lasting}
    drawn |= {(name, "unseen"): quantiles(values) for name, values in of_unseen.items()}
    laws = {name: duration_laws(values) for name, values in of_seen.items()}
    all_weeks = np.ones(events.weeks, dtype=bool)
    return Judged(
        cluster, events.machines, (int(seen[events.start_week].sum()), int(unseen[events.start_week].sum())),
        fitted, whole, ks(of_unseen["up"], model.up_ns), ks(of_unseen["down"], model.down_ns),
        {law: (ks_of_law(of_unseen["up"], laws["up"][law]), ks_of_law(of_unseen["down"], laws["down"][law]))
         for law in laws["up"]},
        {least: _grouped(events, unseen, (model, apart), least) for least in LEAST if least <= events.machines},
        _also_down(events, unseen, fitted), len(model.start_week) / SIMULATED,
        (events.grouped(seen, BURST), events.also_down(seen)),
        (events.grouped(all_weeks, BURST), len(events.start_week)), drawn)


def simulated(process: Bursts, until_ns: int, seed: int) -> Events:
    """Return the events of a fitted process over so long a time."""
    return events_of(as_trace(process.timeline(Streams(seed), 0, until_ns)))


def _grouped(events: Events, unseen: Weeks, models: tuple[Events, Events], least: int) -> Compared:
    of_week = np.stack([np.bincount(events.start_week, events.group >= least, events.weeks),
                        np.bincount(events.start_week, minlength=events.weeks)], axis=1)[unseen].astype(np.float64)
    model, apart = (each.grouped(np.ones(each.weeks, dtype=bool), least) for each in models)
    return Compared(model, events.grouped(unseen, least), *band(of_week), apart)


def _also_down(events: Events, unseen: Weeks, fitted: Bursts) -> Compared:
    up, down = float(fitted.survival()[0]), events.looked[unseen][:, [2, 1]]
    both = float(fitted.pairwise_survival()[0, 1])
    return Compared((1 - 2 * up + both) / (1 - up), events.also_down(unseen), *band(down), 1 - up)


def band(of_week: Floats) -> tuple[float, float]:
    """Return the 95 % band of a ratio of sums over weeks, by drawing whole weeks anew (block bootstrap).

    Args:
        of_week: Numerator and denominator of each week, shape ``(weeks, 2)``.
    """
    dice = stream(0, 0, "", "block bootstrap")
    drawn = of_week[dice.integers(len(of_week), size=(RESAMPLED, len(of_week)))].sum(axis=1)
    ratios = drawn[:, 0] / np.where(drawn[:, 1] > 0, drawn[:, 1], np.nan)
    low, high = np.nanpercentile(ratios, BAND)
    return float(low), float(high)


def ks(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Return the largest distance between the distribution functions of two samples.

    >>> ks(np.array([1, 2]), np.array([2, 3]))
    0.5
    """
    both = np.sort(np.concatenate([a, b]))
    return float(np.max(np.abs(np.searchsorted(np.sort(a), both, side="right") / len(a)
                               - np.searchsorted(np.sort(b), both, side="right") / len(b))))


def quantiles(lasting_ns: NDArray[np.int64]) -> Floats:
    """Return evenly spread quantiles of durations in seconds, shape ``(400,)``."""
    found: Floats = np.quantile(lasting_ns / 1e9, np.linspace(0, 1, DRAWN_QUANTILES))
    return found


@dataclass(frozen=True)
class Total:
    """Share of starts in bursts of 5 or more, of all clusters together.

    Args:
        model: Of the processes fitted to the one half, for as much machine time as was unseen.
        seen: Of the weeks that they were fitted to.
        unseen: Of the unseen weeks; ``whole`` of the whole trace.
        starts: Number of starts in the whole trace.
    """

    model: float
    seen: float
    unseen: float
    whole: float
    starts: int


def total(judged: tuple[Judged, ...]) -> Total:
    """Return the share of starts in bursts of all clusters together; small ones have none where fewer than 5 are."""
    known = [each for each in judged if BURST in each.grouped]
    weights = np.array([[each.simulated_starts, *each.starts, each.whole_grouped[1]] for each in known])
    burst = [(each.grouped[BURST].model, each.seen[0], each.grouped[BURST].unseen, each.whole_grouped[0])
             for each in known]
    if not known:
        return Total(0.0, 0.0, 0.0, 0.0, 0)
    model, seen, unseen, whole = np.average(np.array(burst), axis=0, weights=weights)
    return Total(float(model), float(seen), float(unseen), float(whole), int(weights[:, 3].sum()))
