"""Durations that are given, service times of parts and jitter of links: a block for each law, with mean and draws.

Draw i of a stream belongs to request i; a law draws one number a request, so that a shorter run has the same first
draws. Durations are rounded to whole nanoseconds. ``quantile_ns`` tells what a duration hardly exceeds.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    WrapSerializer,
    model_validator,
)

from simulator.blocks import Block
from simulator.units import TIME_LADDER, DurationNs, PositiveDurationNs, Quantity

Times = NDArray[np.int64]
Variation = Annotated[float, Field(gt=0)]
Unit = Literal["s", "ms", "us", "ns"]


class ConstantService(Block):
    """Every request takes ``mean``."""

    law: Literal["constant"] = "constant"
    mean_ns: DurationNs

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        return np.full(requests, self.mean_ns, dtype=np.int64)

    def quantile_ns(self, chance: float) -> int:
        """Return the mean."""
        return self.mean_ns


class ExponentialService(Block):
    """Exponential with the mean ``mean``: its coefficient of variation is 1."""

    law: Literal["exponential"]
    mean_ns: DurationNs

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        return whole(rng.standard_exponential(requests) * self.mean_ns)

    def quantile_ns(self, chance: float) -> int:
        """Return the duration that is not exceeded with this probability in (0, 1)."""
        return round(-math.log1p(-chance) * self.mean_ns)


class GammaService(Block):
    """Gamma by its mean and its coefficient of variation ``cv`` (standard deviation / mean): shape 1/cv²."""

    law: Literal["gamma"]
    mean_ns: PositiveDurationNs
    cv: Variation

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        shape = 1 / self.cv**2
        return whole(rng.standard_gamma(shape, requests) * (self.mean_ns / shape))

    def quantile_ns(self, chance: float) -> int:
        """Return the duration that is not exceeded with this probability in (0, 1)."""
        from scipy.special import gammaincinv  # noqa: PLC0415 - heavy

        shape = 1 / self.cv**2
        return round(float(gammaincinv(shape, chance)) * self.mean_ns / shape)


class LognormalService(Block):
    """Lognormal by its mean and its coefficient of variation ``cv``: sigma² = ln(1 + cv²), mu = ln mean - sigma²/2."""

    law: Literal["lognormal"]
    mean_ns: PositiveDurationNs
    cv: Variation

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        variance = math.log1p(self.cv**2)
        exponents = math.sqrt(variance) * rng.standard_normal(requests) - variance / 2
        return whole(np.exp(exponents) * self.mean_ns)

    def quantile_ns(self, chance: float) -> int:
        """Return the duration that is not exceeded with this probability in (0, 1)."""
        from scipy.special import ndtri  # noqa: PLC0415 - heavy

        variance = math.log1p(self.cv**2)
        return round(math.exp(math.sqrt(variance) * float(ndtri(chance)) - variance / 2) * self.mean_ns)


class NormalService(Block):
    """Normal, cut off at 0, by the mean and the coefficient of variation that it has after the cut.

    X = mu + sigma Z given X >= 0. With a = -mu/sigma and h = phi(a)/Phi(-a) its mean is sigma (h - a) and its variance
    sigma^2 (1 + a h - h^2) (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, 1994, section 13.10);
    ``a`` is found from ``cv``, which is below 1 whatever is cut.
    """

    law: Literal["normal"]
    mean_ns: PositiveDurationNs
    cv: Annotated[float, Field(gt=0, le=0.95)]

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the duration of each request, shape ``(requests,)``, int64 nanoseconds."""
        return whole(np.maximum(self._exceeded(1 - rng.random(requests)), 0))

    def quantile_ns(self, chance: float) -> int:
        """Return the duration that is not exceeded with this probability in (0, 1)."""
        return round(float(self._exceeded(np.array([1 - chance]))[0]))

    def _exceeded(self, chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the durations that are exceeded with these probabilities in (0, 1], in nanoseconds."""
        from scipy.optimize import brentq  # noqa: PLC0415 - heavy
        from scipy.special import ndtr, ndtri  # noqa: PLC0415 - heavy

        cut = brentq(lambda a: _cut_normal(a)[1] - self.cv, -1.01 / self.cv - 1, 40.0)
        sigma = self.mean_ns / _cut_normal(cut)[0]
        found: NDArray[np.float64] = sigma * (-ndtri(chances * ndtr(-cut)) - cut)
        return found


def _cut_normal(cut: float) -> tuple[float, float]:
    """Return mean (in units of sigma) and coefficient of variation of a normal that is cut off ``cut`` sigma up."""
    from scipy.special import log_ndtr  # noqa: PLC0415 - heavy

    hazard = math.exp(-cut * cut / 2 - math.log(2 * math.pi) / 2 - float(log_ndtr(-cut)))
    mean = hazard - cut
    return mean, math.sqrt(max(0.0, 1 + cut * hazard - hazard**2)) / mean


class UniformService(Block):
    """Uniform between ``low`` and ``high``."""

    law: Literal["uniform"]
    low_ns: DurationNs
    high_ns: PositiveDurationNs

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low_ns > self.high_ns:
            raise ValueError(f"low {self.low_ns} ns is above high {self.high_ns} ns; swap them")
        return self

    @property
    def mean_ns(self) -> int:
        """Return the mean."""
        return (self.low_ns + self.high_ns) // 2

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        return whole(self.low_ns + rng.random(requests) * (self.high_ns - self.low_ns))

    def quantile_ns(self, chance: float) -> int:
        """Return the largest: there is one."""
        return self.high_ns


class EmpiricalService(Block):
    """Measured times, one of them drawn for each request, all equally likely.

    Either ``times``, a list, or ``path`` and ``column`` of a CSV file, whose numbers are in ``unit``.
    """

    law: Literal["empirical"]
    times_ns: tuple[DurationNs, ...] = ()
    path: str | None = None
    column: str = "ms"
    unit: Unit = "ms"

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if bool(self.times_ns) == bool(self.path):
            raise ValueError("measured times are a list or a file; write 'times: [3 ms, 4 ms]' or 'path: times.csv'")
        return self

    @property
    def mean_ns(self) -> int:
        """Return the mean, rounded; 0 as long as the file has not been read."""
        return round(sum(self.times_ns) / len(self.times_ns)) if self.times_ns else 0

    def read(self, numbers: NDArray[np.float64]) -> EmpiricalService:
        """Return the same with the numbers of its file."""
        times = whole(numbers * float(UNIT_NS[self.unit]))
        return self.model_copy(update={"times_ns": tuple(times.tolist()), "path": None})

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        return np.array(self.times_ns, dtype=np.int64)[rng.integers(0, len(self.times_ns), requests)]

    def quantile_ns(self, chance: float) -> int:
        """Return the largest: there is one; 0 as long as the file has not been read."""
        return max(self.times_ns, default=0)


UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def whole(durations: NDArray[np.float64]) -> Times:
    """Return durations rounded to whole nanoseconds."""
    return np.rint(durations).astype(np.int64)


def _with_law(value: Any) -> Any:
    """Return a block of a file with the law that it has when it names none."""
    return {"law": "constant", **value} if isinstance(value, dict) else value


Laws = Annotated[
    ConstantService | ExponentialService | GammaService | LognormalService | NormalService | UniformService
    | EmpiricalService,
    Field(discriminator="law"),
]
Service = Annotated[Laws, BeforeValidator(_with_law)]
"""The service time of a part, in a file ``{mean: 3 ms}`` or ``{law: gamma, mean: 3 ms, cv: 0.5}``."""


def _from_most(value: Any) -> Any:
    """Return a jitter's block for the plain duration that it may add at most, None for 0."""
    if isinstance(value, dict | Block) or value is None:
        return _with_law(value)
    most_ns = DURATION.read(value)
    return {"law": "uniform", "low": 0, "high": value} if most_ns else None


def _to_most(jitter: Any, show: SerializerFunctionWrapHandler) -> Any:
    is_plain = isinstance(jitter, UniformService) and jitter.low_ns == 0
    return DURATION.show(jitter.high_ns) if is_plain else show(jitter)


def _without_file(jitter: Laws | None) -> Laws | None:
    if isinstance(jitter, EmpiricalService) and jitter.path:
        raise ValueError(f"jitter is not read from a file such as {jitter.path!r}; write 'times: [1 ms, 9 ms]'")
    return jitter


DURATION = Quantity("nanosecond", TIME_LADDER, is_whole=True)
Jitter = Annotated[
    Laws | None, BeforeValidator(_from_most, json_schema_input_type=DurationNs | Laws | None),
    AfterValidator(_without_file), WrapSerializer(_to_most),
]
"""The further delay of messages, in a file ``4 ms`` (uniform from 0) or ``{law: gamma, mean: 4 ms, cv: 0.5}``."""
