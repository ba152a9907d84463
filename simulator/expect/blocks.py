"""The YAML blocks of what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from simulator.blocks import Block


class ExpectedAccuracy(Block):
    """Exact expected accuracy over all patterns of what can fail (refused above ``max_components`` that can fail)."""

    max_components: Annotated[int, Field(gt=0, le=24)] = 20


class IndividualFailures(Block):
    """Accuracy when exactly one of what can fail is down, for each of them, and the probability of that."""


class Timed(Block):
    """Latency, endings, served and on-time accuracy from the timed engine.

    ``machines`` is whether what each machine did is measured too, which costs some of the engine's speed.
    """

    machines: bool = True


class AccuracyVsFailure(Block):
    """Expected accuracy when all that can fail does so with probability p, for ``points`` values of p in [0, max]."""

    points: Annotated[int, Field(ge=2)] = 21
    max: Annotated[float, Field(gt=0, le=1)] = 0.5


class AccuracyOverTime(Block):
    """Served accuracy in ``bins`` equal slices of simulated time, over all replications."""

    bins: Annotated[int, Field(ge=2)] = 40


class Traffic(Block):
    """Expected bytes of a request, on each hyperconnection and link: skips always sent, on demand, and without skips.

    Exact over all patterns of what can fail (refused above ``max_components`` that can fail); nothing is trained.
    """

    max_components: Annotated[int, Field(gt=0, le=24)] = 20


class Measures(Block):
    """What to measure; in a file a list of names, or of ``name: options``."""

    expected_accuracy: ExpectedAccuracy | None = None
    individual_failures: IndividualFailures | None = None
    timed: Timed | None = None
    accuracy_vs_failure: AccuracyVsFailure | None = None
    accuracy_over_time: AccuracyOverTime | None = None
    traffic: Traffic | None = None

    @property
    def need_answers(self) -> bool:
        """Whether anything is asked that a trained model must answer; traffic needs no more than its shapes."""
        return any(getattr(self, name) is not None for name in type(self).model_fields if name != "traffic")

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        merged: dict[str, Any] = {}
        for item in value:
            merged.update(item if isinstance(item, Mapping) else {item: {}})
        return {name: {} if options is None else options for name, options in merged.items()}
