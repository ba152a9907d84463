"""The YAML block of ``precision:``: how narrow the intervals of estimates are to be, and what that may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from simulator.blocks import Block
from simulator.expect.amounts import amount
from simulator.expect.estimate import Estimate
from simulator.expect.methods.target import Target

KEYS = {"of", "budget"}


def _checked(written: int | float | str) -> int | float | str:
    name = "_ms" if isinstance(written, str) and written.rstrip().endswith("s") else ""
    if amount(written, name) <= 0:
        raise ValueError(f"{written!r} must be > 0; write a half-width such as 0.005, 5 % or 2 ms")
    return written


Width = Annotated[int | float | str, AfterValidator(_checked)]


class Budget(Block):
    """What precision may cost: replications of all cells together, and seconds on the clock of the wall."""

    replications: Annotated[int, Field(ge=1)] = 1000
    seconds: Annotated[float, Field(gt=0)] | None = None


class Precision(Block):
    """How narrow the 95 % intervals of estimates are to be: replications are added until they are, or the budget ends.

    In a file ``precision: {served_accuracy: 0.005, latency_p99: 5 %, budget: {replications: 200}}``: half-widths in the
    unit of the estimate, in a unit of time, or in percent of the value. Of expected accuracy by a method that samples
    it is that method's target.
    """

    of: Annotated[dict[str, Width], Field(min_length=1)]
    budget: Budget = Budget()

    @model_validator(mode="before")
    @classmethod
    def _from_names(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or (set(value) <= KEYS and isinstance(value.get("of"), Mapping)):
            return value
        budget = {"budget": value["budget"]} if "budget" in value else {}
        return {"of": {name: width for name, width in value.items() if name != "budget"}, **budget}


def asked_half_width(written: int | float | str, name: str, value: float) -> float:
    """Return the half-width that is asked of an estimate, in its unit.

    >>> asked_half_width("5 %", "latency_p99_ms", 200.0), asked_half_width(0.005, "served_accuracy", 0.7)
    (10.0, 0.005)
    """
    share = amount(written, name)
    return share * abs(value) if is_relative(written) else share


def is_relative(written: int | float | str) -> bool:
    """Return whether a width is a share of the value."""
    return isinstance(written, str) and written.rstrip().endswith("%")


def half_width(estimate: Estimate) -> float:
    """Return the longer side of an interval."""
    return max(estimate.high - estimate.value, estimate.value - estimate.low)


def as_target(written: int | float | str, target: Target) -> Target:
    """Return the target of a method that samples, with the width that is asked; what it may cost stays."""
    share = amount(written, "")
    update = {"relative_width": share, "absolute": None} if is_relative(written) else {"absolute": share}
    return target.model_copy(update=update)
