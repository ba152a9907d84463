"""Survivals that are known by a range or by what was seen, and not exactly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, final

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from simulator.failures.gauss_states import beta_states
from simulator.failures.settings import PROBABILITY_SCHEMA, is_probability, read_probabilities
from simulator.units import TIME_LADDER, Quantity

Floats = NDArray[np.float64]
WAYS = ("write a probability such as 0.95, a range [0.90, 0.97], counts {up: 970, of: 1000}, or times "
        "{up: 30 d, down: 5 h, failures: 12}")
DURATION = Quantity("nanosecond", TIME_LADDER, is_whole=True, is_positive=True)
AS_MANY = 64  # coins that the mean over a beta law is exact for; far more than any average of a smooth function needs


class Knowledge(ABC):
    """What is known of a probability."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """The value that stands for it wherever one number is needed."""

    @abstractmethod
    def draws(self, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Return lower and upper ends of that many independent draws, shapes ``(count,)``; alike where it has a law."""

    @abstractmethod
    def interval(self) -> tuple[float, float]:
        """Return the range, or the middle 95 % of its law."""

    @abstractmethod
    def written(self) -> object:
        """Return it as a file has it."""


@final
@dataclass(frozen=True)
class Range(Knowledge):
    """It lies somewhere between two ends; nothing says where."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    def draws(self, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Return the two ends each time."""
        return np.full(count, self.low), np.full(count, self.high)

    def interval(self) -> tuple[float, float]:
        """Return the ends."""
        return self.low, self.high

    def written(self) -> object:
        """Return ``[low, high]``."""
        return [self.low, self.high]


@final
@dataclass(frozen=True)
class Counted(Knowledge):
    """It was up ``up`` times of ``of``: Beta(up + 1/2, of - up + 1/2), the posterior of Jeffreys' prior."""

    up: int
    of: int

    @property
    def shape(self) -> tuple[float, float]:
        """The two parameters of the beta law."""
        return self.up + 0.5, self.of - self.up + 0.5

    @property
    def mean(self) -> float:
        """The mean of the beta law, (up + 1/2) / (of + 1)."""
        return (self.up + 0.5) / (self.of + 1)

    def draws(self, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Return draws of the beta law."""
        drawn = dice.beta(*self.shape, size=count)
        return drawn, drawn

    def interval(self) -> tuple[float, float]:
        """Return the quantiles at 2.5 and 97.5 %."""
        from scipy.special import betaincinv  # noqa: PLC0415 - heavy

        low, high = betaincinv(*self.shape, np.array([0.025, 0.975]))
        return float(low), float(high)

    def written(self) -> object:
        """Return ``{up: ..., of: ...}``."""
        return {"up": self.up, "of": self.of}


@final
@dataclass(frozen=True)
class Watched(Knowledge):
    """It was watched for so long up and so long down, over so many failures, each with its repair.

    With exponential times up and down the rates' posteriors (prior 1 / rate) are Gamma(failures) by the time up, and
    by the time down: availability is 1 / (1 + down / up x b / (1 - b)) with b of the law Beta(failures, failures).
    """

    up_ns: int
    down_ns: int
    failures: int

    def _availability(self, b: Floats) -> Floats:
        found: Floats = 1 / (1 + self.down_ns / self.up_ns * b / (1 - b))
        return found

    @property
    def mean(self) -> float:
        """The mean of that law."""
        points, weights = beta_states(self.failures, self.failures, 2 * AS_MANY)
        return float(weights @ self._availability(np.clip(points, 0, 1 - 1e-15)))

    def draws(self, dice: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Return draws of that law."""
        drawn = self._availability(np.minimum(dice.beta(self.failures, self.failures, size=count), 1 - 1e-15))
        return drawn, drawn

    def interval(self) -> tuple[float, float]:
        """Return the quantiles at 2.5 and 97.5 %."""
        from scipy.special import betaincinv  # noqa: PLC0415 - heavy

        low, high = self._availability(betaincinv(self.failures, self.failures, np.array([0.975, 0.025])))
        return float(low), float(high)

    def written(self) -> object:
        """Return ``{up: ..., down: ..., failures: ...}``."""
        return {"up": DURATION.show(self.up_ns), "down": DURATION.show(self.down_ns), "failures": self.failures}


class UncertainProbability(float):
    """A probability that is computed with as the mean of what is known of it, and remembers what that is."""

    knowledge: Knowledge

    def __new__(cls, knowledge: Knowledge) -> UncertainProbability:
        """Return the mean of what is known, which remembers what that is."""
        found = super().__new__(cls, knowledge.mean)
        found.knowledge = knowledge
        return found

    def __reduce__(self) -> tuple[type[UncertainProbability], tuple[Knowledge]]:
        """Return how a copy is made, for other processes."""
        return UncertainProbability, (self.knowledge,)


def read_knowledge(value: object) -> float:
    """Return a probability, certain or not, as a file has it.

    Raises:
        ValueError: none of the ways to write one; quotes the value.
    """
    if is_probability(value):
        return float(value)  # type: ignore[arg-type]  # is_probability has looked
    if isinstance(value, UncertainProbability):
        return value
    if isinstance(value, list | tuple) and len(value) == 2 and all(is_probability(end) for end in value):
        if value[0] > value[1]:
            raise ValueError(f"the range {list(value)} begins above its end; write [{value[1]}, {value[0]}]")
        return UncertainProbability(Range(float(value[0]), float(value[1])))
    if isinstance(value, Mapping) and set(value) == {"up", "of"}:
        return UncertainProbability(_counted(value))
    if isinstance(value, Mapping) and set(value) == {"up", "down", "failures"}:
        return UncertainProbability(_watched(value))
    raise ValueError(f"{dict(value) if isinstance(value, Mapping) else value!r} is no probability in [0, 1]; {WAYS}")


def _counted(value: Mapping[str, Any]) -> Counted:
    up, of = value["up"], value["of"]
    if not (_is_whole(up) and _is_whole(of) and 0 <= up <= of and of > 0):
        raise ValueError(f"{{up: {up}, of: {of}}} is no count; write whole numbers with up at most of, and of above 0")
    return Counted(int(up), int(of))


def _watched(value: Mapping[str, Any]) -> Watched:
    if not (_is_whole(value["failures"]) and value["failures"] > 0):
        raise ValueError(f"failures: {value['failures']} tells nothing of how long it is up; write a whole number "
                         "above 0, or counts {up: 970, of: 1000}")
    return Watched(int(DURATION.read(value["up"])), int(DURATION.read(value["down"])), int(value["failures"]))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_known(value: object) -> str | float | dict[str, float]:
    """Return what ``read_probabilities`` does; the value of a component may be uncertain.

    Raises:
        ValueError: neither a setting, nor a probability, nor one for each component; quotes every value that is wrong.
    """
    if isinstance(value, list | tuple):
        told = f"{list(value)!r} is one range for several components"
        raise ValueError(f"{told}; write one for each: {{fog1: [0.90, 0.97]}}")  # noqa: TRY004 - pydantic's
    if not isinstance(value, Mapping):
        return read_probabilities(value)
    found, wrong = {}, []
    for name, given in value.items():
        try:
            found[str(name)] = read_knowledge(given)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong or not value:
        raise ValueError("; ".join(wrong) or "{} is not a probability in [0, 1]; write {component: 0.9}")
    return found


def show_known(value: str | float | dict[str, float]) -> object:
    """Return the probabilities as a file has them."""
    if isinstance(value, dict):
        return {name: p.knowledge.written() if isinstance(p, UncertainProbability) else p for name, p in value.items()}
    return value


KNOWN_SCHEMA = {"description": WAYS, "anyOf": [
    PROBABILITY_SCHEMA, {"type": "object"},
    {"type": "array", "items": PROBABILITY_SCHEMA, "minItems": 2, "maxItems": 2}]}
KnownProbabilities = Annotated[
    str | float | dict[str, float], PlainValidator(read_known), PlainSerializer(show_known),
    WithJsonSchema({"description": "a named setting of the topology, a probability, or {component: probability}, where "
                                   f"each may be uncertain: {WAYS}",
                    "anyOf": [{"type": "string"}, PROBABILITY_SCHEMA,
                              {"type": "object", "additionalProperties": KNOWN_SCHEMA}]})]


def uncertain_in(value: object) -> dict[str, Knowledge]:
    """Return the components of a survival or availability whose value is uncertain, and what is known of it."""
    if not isinstance(value, Mapping):
        return {}
    return {name: p.knowledge for name, p in value.items() if isinstance(p, UncertainProbability)}
