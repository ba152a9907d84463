"""Service times that are given: a block for each law, with its mean and its draws.

Draw i of a part's stream belongs to request i; a law draws one number a request, so that a shorter run has the same
first draws. Durations are rounded to whole nanoseconds.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.units import DurationNs, PositiveDurationNs

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


class ExponentialService(Block):
    """Exponential with the mean ``mean``: its coefficient of variation is 1."""

    law: Literal["exponential"]
    mean_ns: DurationNs

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        return whole(rng.standard_exponential(requests) * self.mean_ns)


class GammaService(Block):
    """Gamma by its mean and its coefficient of variation ``cv`` (standard deviation / mean): shape 1/cv²."""

    law: Literal["gamma"]
    mean_ns: PositiveDurationNs
    cv: Variation

    def draw(self, requests: int, rng: np.random.Generator) -> Times:
        """Return the service time of each request, shape ``(requests,)``, int64 nanoseconds."""
        shape = 1 / self.cv**2
        return whole(rng.standard_gamma(shape, requests) * (self.mean_ns / shape))


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


UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def whole(durations: NDArray[np.float64]) -> Times:
    """Return durations rounded to whole nanoseconds."""
    return np.rint(durations).astype(np.int64)


def _with_law(value: Any) -> Any:
    """Return a block of a file with the law that it has when it names none."""
    return {"law": "constant", **value} if isinstance(value, dict) else value


Laws = Annotated[
    ConstantService | ExponentialService | GammaService | LognormalService | UniformService | EmpiricalService,
    Field(discriminator="law"),
]
Service = Annotated[Laws, BeforeValidator(_with_law)]
"""The service time of a part, in a file ``{mean: 3 ms}`` or ``{law: gamma, mean: 3 ms, cv: 0.5}``."""
