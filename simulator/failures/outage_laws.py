"""How long an outage lasts, by its mean and its shape: the blocks of ``kind: bursts``."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
Shape = Annotated[float, Field(gt=0.1, lt=20)]
Sigma = Annotated[float, Field(gt=0, lt=5)]


class OutageLaw(Block):
    """The law of a duration; all that is drawn is the quantile of a uniform number, so draw i belongs to outage i."""

    mean_ns: PositiveDurationNs

    @abstractmethod
    def survivor(self, ages_ns: Floats) -> Floats:
        """Return P(an outage lasts longer) for each age, same shape."""

    @abstractmethod
    def quantiles(self, uniform: Floats) -> Floats:
        """Return the durations below which lie these shares of all outages, nanoseconds, same shape."""

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


Outage = Annotated[ExponentialOutage | WeibullOutage | LognormalOutage, Field(discriminator="law")]
