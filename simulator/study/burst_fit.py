"""A burst process fitted to some weeks of a cluster, and laws fitted to durations."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.failures.bursts import Alone, Bursts
from simulator.failures.outage_laws import (
    ExponentialOutage,
    LognormalOutage,
    OutageLaw,
    RebootsOutage,
    WeibullOutage,
)
from simulator.study.trace_events import Events, Weeks

Floats = NDArray[np.float64]
LEAST_STARTS = 30
MOST_FITTED = 20_000  # durations; more are thinned evenly
EM_ROUNDS = 60
SHAPES, SIGMAS = (0.11, 19.0), (0.05, 4.9)


def duration_laws(lasting_ns: NDArray[np.int64]) -> dict[str, OutageLaw]:
    """Return the exponential, Weibull and lognormal law of greatest likelihood, by name."""
    seconds = np.maximum(np.sort(lasting_ns)[:: -(-len(lasting_ns) // MOST_FITTED)] / 1e9, 1e-3)
    mean, logs = float(seconds.mean()), np.log(seconds)
    shape = float(np.clip(weibull_shape(seconds), *SHAPES))
    scale = float(np.mean(seconds**shape) ** (1 / shape))
    sigma = float(np.clip(logs.std(), *SIGMAS))
    return {"exponential": exponential(mean), "weibull": weibull(scale, shape),
            "lognormal": lognormal(float(np.exp(logs.mean() + sigma**2 / 2)), sigma)}


def weibull_shape(seconds: Floats) -> float:
    """Return the shape of greatest likelihood: the root of sum x^k log x / sum x^k - 1/k - mean log x (increasing)."""
    from scipy.optimize import brentq  # noqa: PLC0415 - heavy

    scaled = np.log(seconds) - np.log(seconds).max()

    def slope(shape: float) -> float:
        weights = np.exp(shape * scaled)
        return float(np.sum(weights * scaled) / np.sum(weights) - 1 / shape - scaled.mean())

    low, high = SHAPES
    return high if slope(high) < 0 else low if slope(low) > 0 else float(brentq(slope, low, high))


def exponential(mean_s: float) -> ExponentialOutage:
    """Return the exponential law of a mean in seconds."""
    return ExponentialOutage.model_validate({"law": "exponential", "mean": written(mean_s)})


def weibull(scale_s: float, shape: float) -> WeibullOutage:
    """Return the Weibull law of a scale in seconds."""
    from scipy.special import gamma  # noqa: PLC0415 - heavy

    mean_s = float(scale_s * gamma(1 + 1 / shape))
    return WeibullOutage.model_validate({"law": "weibull", "mean": written(mean_s), "shape": round(shape, 4)})


def lognormal(mean_s: float, sigma: float) -> LognormalOutage:
    """Return the lognormal law of a mean in seconds."""
    return LognormalOutage.model_validate({"law": "lognormal", "mean": written(mean_s), "sigma": round(sigma, 4)})


def written(seconds: float) -> str:
    """Return a duration as a file has it, to a millisecond."""
    return f"{max(round(seconds, 3), 0.001):.3f} s"


def nearest(lasting_ns: NDArray[np.int64], mean_ns: float) -> OutageLaw:
    """Return, of the laws with a given mean, that of least KS distance to a sample.

    The mean is what availability depends on; the largest likelihood would miss it by far where tails are long.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - heavy

    sample = np.sort(lasting_ns)[:: -(-len(lasting_ns) // MOST_FITTED)]
    mean = written(mean_ns / 1e9)

    def of_shape(shape: float) -> OutageLaw:
        return WeibullOutage.model_validate({"law": "weibull", "mean": mean, "shape": round(float(shape), 4)})

    def of_sigma(sigma: float) -> OutageLaw:
        return LognormalOutage.model_validate({"law": "lognormal", "mean": mean, "sigma": round(float(sigma), 4)})

    found: list[OutageLaw] = [exponential(mean_ns / 1e9)]
    for made, bounds in ((of_shape, SHAPES), (of_sigma, SIGMAS)):
        best = minimize_scalar(lambda at, made=made: ks_of_law(sample, made(at)), bounds=bounds, method="bounded")
        found.append(made(best.x))
    found += reboots(sample, mean_ns)
    return min(found, key=lambda law: ks_of_law(sample, law))


def reboots(ordered_ns: NDArray[np.int64], mean_ns: float) -> list[OutageLaw]:
    """Return the law of two lognormal kinds, found by expectation and maximisation of logarithms; none: it has not two.

    The mean is that of all; the median of the long kind is kept and its spread goes by what the mean leaves to it.
    """
    logs = np.log(np.maximum(ordered_ns / 1e9, 1e-3))
    half = len(logs) // 2
    share, centre = 0.5, np.array([logs[:half].mean(), logs[half:].mean()]) if half else np.zeros(2)
    spread = np.full(2, max(float(logs.std()), SIGMAS[0]))
    for _ in range(EM_ROUNDS):
        density = np.exp(-((logs[:, np.newaxis] - centre) ** 2) / (2 * spread**2)) / spread * [share, 1 - share]
        weight = density / np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
        total = np.maximum(weight.sum(axis=0), 1e-9)
        centre = weight.T @ logs / total
        spread = np.sqrt(np.maximum((weight * (logs[:, np.newaxis] - centre) ** 2).sum(axis=0) / total, SIGMAS[0] ** 2))
        share = float(total[0] / total.sum())
    tight = int(np.argmin(spread))
    share = share if tight == 0 else 1 - share
    short_s = float(np.exp(centre[tight] + spread[tight] ** 2 / 2))
    left_s = (mean_ns / 1e9 - share * short_s) / (1 - share) if share < 1 else 0.0
    if not 0.01 < share < 0.99 or left_s <= 0 or np.log(left_s) <= centre[1 - tight]:
        return []
    wide = float(np.sqrt(2 * (np.log(left_s) - centre[1 - tight])))
    if not SIGMAS[0] < wide < SIGMAS[1]:
        return []
    return [RebootsOutage.model_validate({
        "law": "reboots", "mean": written(mean_ns / 1e9), "short": round(share, 4), "short_mean": written(short_s),
        "short_sigma": round(float(spread[tight]), 4), "long_sigma": round(wide, 4)})]


def ks_of_law(sample: NDArray[np.int64], law: OutageLaw) -> float:
    """Return the largest distance between a sample's distribution function and a law's."""
    ordered = np.sort(sample)
    below = 1 - law.survivor(np.maximum(ordered, 1).astype(np.float64))
    rank = np.arange(len(ordered) + 1) / len(ordered)
    return float(max(np.max(rank[1:] - below), np.max(below - rank[:-1])))


def fit_bursts(events: Events, weeks: Weeks) -> Bursts | None:
    """Return the burst process of some weeks; None where there is too little: 30 starts in bursts, or none down.

    A burst is a minute in which two or more went down. Their law of outages is the nearest of three; the means are
    those of the trace, scaled by one factor, so that the share of time up is the trace's. Sizes are the
    trace's, scaled by one factor, so that a machine that is up is hit as often: a burst finds some down already.
    """
    is_in, minutes = weeks[events.start_week], weeks[events.burst_week]
    together, down = is_in & (events.group > 1), events.unavailability(weeks)
    single = is_in & (events.group == 1)
    if together.sum() < LEAST_STARTS or not 0 < down < 1:
        return None
    machine_ns = events.machine_ns(weeks)
    up_ns = machine_ns * (1 - down)
    hit_per_ns, alone_per_ns = together.sum() / up_ns, single.sum() / up_ns
    lasting = [float(events.down_ns[which].mean()) if which.any() else 0.0 for which in (together, single)]
    factor = -np.log1p(-down) / (hit_per_ns * lasting[0] + alone_per_ns * lasting[1])
    every_ns = machine_ns / events.machines / minutes.sum()
    size, count = np.unique(events.burst_size[minutes], return_counts=True)
    stretch = hit_per_ns * every_ns * events.machines / float(np.average(size, weights=count))
    sizes = stretched(size, count, stretch, events.machines)
    chance = float(np.average([s for s, _ in sizes], weights=[w for _, w in sizes])) / events.machines
    alone = None
    if single.sum() >= LEAST_STARTS:
        alone = Alone(1 / alone_per_ns, nearest(events.down_ns[single], lasting[1] * factor))
    outage = nearest(events.down_ns[together], lasting[0] * factor)
    common = float(np.average(events.burst_common[minutes], weights=events.burst_size[minutes]))
    names = tuple(f"machine {place}" for place in range(events.machines))
    # A stretched size is at most all machines: what is lost to that, more bursts make good.
    return Bursts(names, chance / hit_per_ns, sizes, events.machines, outage, round(common, 4), alone)


def stretched(
    size: NDArray[np.intp], count: NDArray[np.intp], factor: float, most: int
) -> tuple[tuple[int, float], ...]:
    """Return sizes times a factor; one between two whole numbers is shared between them, so that the mean is kept.

    >>> stretched(np.array([2]), np.array([10]), 1.2, 9)
    ((2, 6.0), (3, 4.0))
    """
    weights: defaultdict[int, float] = defaultdict(float)
    for whole, weight in zip(np.minimum(size * factor, most).tolist(), count.tolist(), strict=True):
        low = max(1, int(whole))
        share = max(0.0, whole - low)
        weights[low] += weight * (1 - share)
        weights[min(low + 1, most)] += weight * share
    return tuple((size, round(weight, 2)) for size, weight in sorted(weights.items()) if round(weight, 2) > 0)


def plain_block(process: Bursts) -> dict[str, Any]:
    """Return a fitted process as it is written in a scenario; its components are named there."""
    alone = process.alone and {"every": seconds_of(process.alone.every_ns), "outage": plain_law(process.alone.outage)}
    return {"kind": "bursts", "every": seconds_of(process.every_ns), "among": process.among,
            "sizes": {size: int(weight) if weight == int(weight) else weight for size, weight in process.sizes},
            "outage": plain_law(process.outage), "repaired_together": process.repaired_together,
            **({"alone": alone} if alone else {})}


def plain_law(law: OutageLaw) -> dict[str, Any]:
    """Return a law as it is written in a scenario."""
    plain = law.model_dump(mode="json", by_alias=True)
    return {"law": plain.pop("law"), **plain, "mean": seconds_of(law.mean_ns)}


def seconds_of(lasting_ns: float) -> str:
    """Return a duration as a file has it, to six digits.

    >>> seconds_of(1.5e9)
    '1.5 s'
    """
    return f"{float(f'{lasting_ns / 1e9:.6g}'):.12g} s"
