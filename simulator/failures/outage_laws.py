"""How long an outage lasts, by its mean and its shape: the blocks of ``kind: bursts``."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Annotated, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
Shape = Annotated[float, Field(gt=0.1, lt=20)]
Sigma = Annotated[float, Field(ge=0.05, lt=5)]  # narrower ones need a finer grid (burst_law)
BELOW_ONE = 1 - 1e-16


class OutageLaw(Block):
    """The law of a duration; all that is drawn is made of one uniform number, so draw i belongs to outage i."""

    mean_ns: PositiveDurationNs

    @abstractmethod
    def survivor(self, ages_ns: Floats) -> Floats:
        """Return P(an outage lasts longer) for each age, same shape."""

    @abstractmethod
    def quantiles(self, uniform: Floats) -> Floats:
        """Return durations that have this law where the numbers are uniform: its quantiles, or those of its kinds."""

    @abstractmethod
    def length_biased(self, uniform: Floats) -> Floats:
        """Return the same for the outage that is under way at an instant: long ones are met more often."""


@final
class ExponentialOutage(OutageLaw):
    """Exponential: what is left does not depend on what has passed."""

    law: Literal["exponential"]

    def survivor(self, ages_ns: Floats) -> Floats:
        """Return exp(-age / mean)."""
        left: Floats = np.exp(-ages_ns / self.mean_ns)
        return left

    def quantiles(self, uniform: Floats) -> Floats:
        """Return -mean log(1 - u)."""
        found: Floats = -np.log1p(-uniform) * self.mean_ns
        return found

    def length_biased(self, uniform: Floats) -> Floats:
        """Return the quantiles of a gamma law of shape 2."""
        from scipy.special import gammaincinv  # noqa: PLC0415 - heavy

        found: Floats = gammaincinv(2.0, uniform) * self.mean_ns
        return found


@final
class WeibullOutage(OutageLaw):
    """Weibull with a mean and a shape: below 1 many short and some very long outages."""

    law: Literal["weibull"]
    shape: Shape

    @property
    def scale_ns(self) -> float:
        """Scale: mean / Gamma(1 + 1 / shape)."""
        from scipy.special import gamma  # noqa: PLC0415 - heavy

        return float(self.mean_ns / gamma(1 + 1 / self.shape))

    def survivor(self, ages_ns: Floats) -> Floats:
        """Return exp(-(age / scale)^shape)."""
        left: Floats = np.exp(-((ages_ns / self.scale_ns) ** self.shape))
        return left

    def quantiles(self, uniform: Floats) -> Floats:
        """Return scale (-log(1 - u))^(1 / shape)."""
        found: Floats = (-np.log1p(-uniform)) ** (1 / self.shape) * self.scale_ns
        return found

    def length_biased(self, uniform: Floats) -> Floats:
        """Return scale g^(1 / shape) with g gamma of shape 1 + 1 / shape."""
        from scipy.special import gammaincinv  # noqa: PLC0415 - heavy

        found: Floats = gammaincinv(1 + 1 / self.shape, uniform) ** (1 / self.shape) * self.scale_ns
        return found


@final
class LognormalOutage(OutageLaw):
    """Lognormal with a mean and a standard deviation ``sigma`` of the logarithm."""

    law: Literal["lognormal"]
    sigma: Sigma

    @property
    def log_median(self) -> float:
        """Mean of the logarithm of the duration in nanoseconds."""
        return float(np.log(self.mean_ns) - self.sigma**2 / 2)

    def survivor(self, ages_ns: Floats) -> Floats:
        """Return the normal tail of (log age - log median) / sigma."""
        from scipy.special import ndtr  # noqa: PLC0415 - heavy

        with np.errstate(divide="ignore"):
            left: Floats = ndtr((self.log_median - np.log(ages_ns)) / self.sigma)
        return left

    def quantiles(self, uniform: Floats) -> Floats:
        """Return median exp(sigma z(u))."""
        return self._at(uniform, 0.0)

    def length_biased(self, uniform: Floats) -> Floats:
        """Return the quantiles of the lognormal law whose logarithm has a mean higher by sigma^2."""
        return self._at(uniform, self.sigma**2)

    def _at(self, uniform: Floats, shift: float) -> Floats:
        from scipy.special import ndtri  # noqa: PLC0415 - heavy

        with np.errstate(over="ignore"):
            found: Floats = np.exp(self.log_median + shift + self.sigma * ndtri(uniform))
        return found


@final
class RebootsOutage(OutageLaw):
    """Two kinds of outages: a share ``short`` of them are reboots, which all last about as long; the others are long.

    Both are lognormal. ``mean`` is that of all outages; the long ones have what the short ones leave of it.
    """

    law: Literal["reboots"]
    short: Annotated[float, Field(gt=0, lt=1)]
    short_mean_ns: PositiveDurationNs = Field(alias="short_mean")
    short_sigma: Sigma
    long_sigma: Sigma

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.short * self.short_mean_ns >= self.mean_ns:
            raise ValueError("the short outages alone have a mean above that of all; write a smaller short_mean")
        return self

    @cached_property
    def kinds(self) -> tuple[tuple[float, LognormalOutage], ...]:
        """Share and law of each kind."""
        long_ns = max(1, round((self.mean_ns - self.short * self.short_mean_ns) / (1 - self.short)))
        both = ((self.short, self.short_mean_ns, self.short_sigma), (1 - self.short, long_ns, self.long_sigma))
        return tuple((share, LognormalOutage.model_construct(law="lognormal", mean_ns=mean, sigma=sigma))
                     for share, mean, sigma in both)

    def survivor(self, ages_ns: Floats) -> Floats:
        """Return the mean over the kinds."""
        (share, short), (rest, long) = self.kinds
        left: Floats = share * short.survivor(ages_ns) + rest * long.survivor(ages_ns)
        return left

    def quantiles(self, uniform: Floats) -> Floats:
        """Return quantiles of the short kind for numbers below its share, of the long kind for those above."""
        (share, short), (rest, long) = self.kinds
        return np.where(uniform < share, short.quantiles(np.minimum(uniform / share, BELOW_ONE)),
                        long.quantiles(np.clip((uniform - share) / rest, 0.0, BELOW_ONE)))

    def length_biased(self, uniform: Floats) -> Floats:
        """Return the same, where a kind is met by the time that it takes."""
        (share, short), (rest, long) = self.kinds
        met = share * short.mean_ns / (share * short.mean_ns + rest * long.mean_ns)
        return np.where(uniform < met, short.length_biased(np.minimum(uniform / met, BELOW_ONE)),
                        long.length_biased(np.clip((uniform - met) / (1 - met), 0.0, BELOW_ONE)))


Outage = Annotated[ExponentialOutage | WeibullOutage | LognormalOutage | RebootsOutage, Field(discriminator="law")]
