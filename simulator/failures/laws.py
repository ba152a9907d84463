"""Laws of times up and down, by shape: each has mean 1 and is stretched to the mean that a block says.

Every law also states its *equilibrium residual*: what is left of a time that is under way when one looks at a random
instant. Its density is R(t) / mean, that of a uniform number times a length-biased draw (Cox, Renewal Theory, 1962).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.units import PositiveDurationNs

Floats = NDArray[np.float64]
Dice = np.random.Generator
Shape = Annotated[float, Field(ge=0.1, le=1000)]  # below .1 nearly all of the mean lies in values never drawn
WIDEST_SIGMA = 4.0


class Law(Block, ABC):
    """A law of durations with mean 1. ``has_steps``: single values have a probability of their own."""

    has_steps: ClassVar[bool] = False

    @property
    def mean_ns(self) -> float | None:
        """Its own mean in nanoseconds; None where a block says the mean and the law only the shape."""
        return None

    @abstractmethod
    def draw(self, dice: Dice, count: int) -> Floats:
        """Return that many durations of mean 1; the same number always takes the same draws."""

    @abstractmethod
    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return that many durations, each value as often as it is long: density x f(x)."""

    @abstractmethod
    def distribution(self, durations: Floats) -> Floats:
        """Return P(duration <= x) for each x >= 0, in units of the mean."""

    @abstractmethod
    def quantile(self, chance: float) -> float:
        """Return the duration that is not exceeded with this probability in (0, 1), in units of the mean."""

    def draw_residual(self, dice: Dice, count: int) -> Floats:
        """Return what is left, at a random instant, of durations under way: density 1 - distribution."""
        left: Floats = dice.random(count) * self.draw_biased(dice, count)
        return left


@final
class Exponential(Law):
    """No memory: an old machine is as good as a new one."""

    law: Literal["exponential"]

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return durations of mean 1."""
        return dice.standard_exponential(count)

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return gamma durations of shape 2."""
        return dice.standard_gamma(2.0, count)

    def distribution(self, durations: Floats) -> Floats:
        """Return 1 - exp(-x)."""
        found: Floats = -np.expm1(-durations)
        return found

    def quantile(self, chance: float) -> float:
        """Return -log(1 - chance)."""
        return -math.log1p(-chance)


@final
class Weibull(Law):
    """Wear-out where ``shape`` is above 1, early failures below, exponential at 1; R(t) = exp(-(t / eta)^shape)."""

    law: Literal["weibull"]
    shape: Shape

    @property
    def eta(self) -> float:
        """The characteristic life at which 63 % have failed, 1 / Gamma(1 + 1/shape), in units of the mean."""
        return 1 / math.gamma(1 + 1 / self.shape)

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return durations of mean 1."""
        return self.eta * dice.weibull(self.shape, count)

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return durations whose power ``shape`` is gamma of shape 1 + 1/shape."""
        drawn: Floats = self.eta * dice.standard_gamma(1 + 1 / self.shape, count) ** (1 / self.shape)
        return drawn

    def distribution(self, durations: Floats) -> Floats:
        """Return 1 - exp(-(x / eta)^shape)."""
        found: Floats = -np.expm1(-((durations / self.eta) ** self.shape))
        return found

    def quantile(self, chance: float) -> float:
        """Return eta (-log(1 - chance))^(1/shape)."""
        return float(self.eta * (-math.log1p(-chance)) ** (1 / self.shape))


@final
class Lognormal(Law):
    """Most times are short and a few very long, as repairs often are; ``sigma`` of the logarithm, or ``cv``.

    ``cv`` is standard deviation by mean: sigma^2 = log(1 + cv^2).
    """

    law: Literal["lognormal"]
    sigma: Annotated[float, Field(gt=0, le=WIDEST_SIGMA)] | None = None
    cv: Annotated[float, Field(gt=0, le=1000)] | None = None

    @model_validator(mode="after")
    def _has_one_width(self) -> Self:
        if (self.sigma is None) == (self.cv is None):
            raise ValueError("needs exactly one of 'sigma' and 'cv'; write {law: lognormal, cv: 1.5}")
        return self

    @property
    def width(self) -> float:
        """Standard deviation of the logarithm."""
        return self.sigma if self.sigma is not None else math.sqrt(math.log1p((self.cv or 0) ** 2))

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return durations of mean 1."""
        return dice.lognormal(-self.width**2 / 2, self.width, count)

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return lognormal durations whose logarithm is larger by sigma^2."""
        return dice.lognormal(self.width**2 / 2, self.width, count)

    def distribution(self, durations: Floats) -> Floats:
        """Return Phi(log(x) / sigma + sigma / 2)."""
        from scipy.special import ndtr  # noqa: PLC0415 - heavy

        with np.errstate(divide="ignore"):
            found: Floats = ndtr(np.log(durations) / self.width + self.width / 2)
        return found

    def quantile(self, chance: float) -> float:
        """Return exp(sigma Phi^-1(chance) - sigma^2 / 2)."""
        from scipy.special import ndtri  # noqa: PLC0415 - heavy

        return math.exp(self.width * float(ndtri(chance)) - self.width**2 / 2)


@final
class Gamma(Law):
    """The sum of ``shape`` exponential stages where that is a whole number (Erlang); any shape > 0 is allowed."""

    law: Literal["gamma"]
    shape: Shape

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return durations of mean 1."""
        drawn: Floats = dice.standard_gamma(self.shape, count) / self.shape
        return drawn

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return durations with one stage more."""
        drawn: Floats = dice.standard_gamma(self.shape + 1, count) / self.shape
        return drawn

    def distribution(self, durations: Floats) -> Floats:
        """Return the incomplete gamma function P(shape, shape x)."""
        from scipy.special import gammainc  # noqa: PLC0415 - heavy

        found: Floats = gammainc(self.shape, self.shape * durations)
        return found

    def quantile(self, chance: float) -> float:
        """Return the inverse of the distribution."""
        from scipy.special import gammaincinv  # noqa: PLC0415 - heavy

        return float(gammaincinv(self.shape, chance)) / self.shape


@final
class Deterministic(Law):
    """Always the mean."""

    law: Literal["deterministic"]
    has_steps: ClassVar[bool] = True

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return ones."""
        return np.ones(count)

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return ones."""
        return np.ones(count)

    def distribution(self, durations: Floats) -> Floats:
        """Return 0 below 1, and 1 from there on."""
        return (durations >= 1).astype(np.float64)

    def quantile(self, chance: float) -> float:
        """Return 1."""
        return 1.0


@final
class Uniform(Law):
    """Uniform on mean x [1 - ``spread``, 1 + ``spread``]."""

    law: Literal["uniform"]
    spread: Annotated[float, Field(gt=0, le=1)] = 1.0

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return durations of mean 1."""
        return dice.uniform(1 - self.spread, 1 + self.spread, count)

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return durations of density x / (2 spread)."""
        drawn: Floats = np.sqrt((1 - self.spread) ** 2 + 4 * self.spread * dice.random(count))
        return drawn

    def distribution(self, durations: Floats) -> Floats:
        """Return the straight line from 1 - spread to 1 + spread."""
        return np.clip((durations - 1 + self.spread) / (2 * self.spread), 0, 1)

    def quantile(self, chance: float) -> float:
        """Return 1 - spread + 2 spread chance."""
        return 1 - self.spread + 2 * self.spread * chance


@final
class Empirical(Law):
    """One of the listed ``values``, each as likely; a value may be listed twice. The mean is theirs."""

    law: Literal["empirical"]
    values_ns: tuple[PositiveDurationNs, ...]
    has_steps: ClassVar[bool] = True

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if not self.values_ns:
            raise ValueError("values: [] says no duration; write values: [1 min, 5 min, 2 h]")
        return self

    @property
    def mean_ns(self) -> float:
        """The mean of the values."""
        return sum(self.values_ns) / len(self.values_ns)

    @property
    def _values(self) -> Floats:
        return np.sort(np.array(self.values_ns) / self.mean_ns)

    def draw(self, dice: Dice, count: int) -> Floats:
        """Return values in units of their mean."""
        drawn: Floats = self._values[dice.integers(len(self.values_ns), size=count)]
        return drawn

    def draw_biased(self, dice: Dice, count: int) -> Floats:
        """Return values, each as often as it is long."""
        edges = np.cumsum(self._values)
        drawn: Floats = self._values[np.searchsorted(edges[:-1], dice.random(count) * edges[-1], side="right")]
        return drawn

    def distribution(self, durations: Floats) -> Floats:
        """Return the share of values that are not longer."""
        found: Floats = np.searchsorted(self._values, durations, side="right") / len(self.values_ns)
        return found

    def quantile(self, chance: float) -> float:
        """Return the least value that enough of the values do not exceed."""
        return float(self._values[math.ceil(chance * len(self.values_ns)) - 1])


def named(value: object) -> object:
    """Return a law's block for its bare name: ``up: exponential`` is ``up: {law: exponential}``."""
    return {"law": value} if isinstance(value, str) else value


AnyLaw = Annotated[Exponential | Weibull | Lognormal | Gamma | Deterministic | Uniform | Empirical,
                   Field(discriminator="law"), BeforeValidator(named)]
EXPONENTIAL = Exponential(law="exponential")
