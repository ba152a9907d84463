"""The YAML blocks of ``search:``: which settings are searched, from where to where, and for what."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.units import WRITTEN, exactly

Written = int | float | str
STEPS = 4  # digits: a setting is tried to about a ten-thousandth of its range


class Range(Block):
    """From where to where a setting is searched: ``linear``, or ``log`` where ratios count; ``whole`` numbers only.

    Both ends are numbers, or quantities of one dimension; one that is 0 needs no unit.
    """

    low: Annotated[Written, Field(alias="from")]
    high: Annotated[Written, Field(alias="to")]
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False

    @property
    def unit(self) -> str:
        """The unit that the setting is counted in, as in the file; "" of a plain number."""
        for end in (self.low, self.high):
            if isinstance(end, str):
                return _split(end)[1]
        return ""

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends, in that unit."""
        return self.number_of(self.low), self.number_of(self.high)

    def number_of(self, value: object) -> float:
        """Return a written value in the unit of the range; raise ValueError where it is none."""
        unit = self.unit
        if unit:
            return float(exactly(value, f"1{unit}" if unit.startswith("/") else unit))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - pydantic reports it
        return float(value)

    def share_of(self, value: object) -> float | None:
        """Return where in the range a written value lies, from 0 to 1; None where it is outside, or unreadable."""
        try:
            number = self.number_of(value)
        except ValueError:
            return None
        low, high = self.ends
        if not low <= number <= high:
            return None
        if self.scale == "log":
            return math.log(number / low) / math.log(high / low)
        return (number - low) / (high - low)

    def number_at(self, share: float) -> float:
        """Return the number at a share of the range, to a ten-thousandth of it, or of itself where ``log``."""
        low, high = self.ends
        number = low * (high / low) ** share if self.scale == "log" else low + share * (high - low)
        size = number if self.scale == "log" else high - low
        digits = 0 if self.whole else STEPS - 1 - math.floor(math.log10(size))
        return min(max(round(number, digits), low), high)

    def at(self, share: float) -> Written:
        """Return what would stand in a file at a share of the range."""
        return self.written(self.number_at(share))

    def written(self, number: float) -> Written:
        """Return a number as it would stand in a file."""
        if not self.unit:
            return round(number) if self.whole else number
        return f"{number:.10g} {self.unit}"

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        low, high = self.ends
        if not low < high:
            raise ValueError(f"from {self.low!r} to {self.high!r} goes nowhere; write the smaller one first")
        if self.scale == "log" and low <= 0:
            raise ValueError(f"a log scale cannot begin at {self.low!r}; write a number > 0, or 'scale: linear'")
        if self.whole and not (low.is_integer() and high.is_integer()):
            raise ValueError(f"from {self.low!r} to {self.high!r} is not between whole numbers; leave 'whole' out")
        return self


class SearchBlock(Block):
    """Settings that are searched for the largest, or smallest, value of an estimate, named as in the record.

    Each trial is a cell with the scenario's root seed. ``by: tpe`` is Optuna's tree-structured Parzen estimator, which
    learns from the trials before; ``spread`` are Halton's points, which learn nothing and need no package. The best is
    compared with the scenario as written on ``fresh_seeds`` other root seeds.
    """

    over: Annotated[dict[str, Range], Field(min_length=1)]
    maximise: str | None = None
    minimise: str | None = None
    trials: Annotated[int, Field(ge=1, le=10_000)] = 30
    by: Literal["tpe", "spread"] = "tpe"
    fresh_seeds: Annotated[int, Field(ge=1, le=1000)] = 5

    @property
    def estimate(self) -> str:
        """The name of the estimate."""
        return self.maximise or self.minimise or ""

    @model_validator(mode="after")
    def _has_one_aim(self) -> Self:
        if bool(self.maximise) == bool(self.minimise):
            raise ValueError("write one of 'maximise' and 'minimise', with the name of an estimate such as "
                             "expected_accuracy")
        return self


def _split(written: str) -> tuple[str, str]:
    """Return the number and the unit of a quantity; raise ValueError where it is none."""
    found = WRITTEN.fullmatch(written)
    if not found or not found[2]:
        raise ValueError(f"{written!r} is not a number, nor one with a unit; write 0.5, or 10 ms")
    return found[1], found[2]
