"""When an estimate is good enough: how narrow its interval is to be, and what it may cost."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulator.blocks import Block
from simulator.expect.methods.expectation import Mean

FIRST, GROWTH, LEAST = 64, 1.5, 200  # draws: the first look, from look to look, before the first stop
MOST_DRAWS = 1_000_000

Guarantee = Literal["asymptotic", "any_size"]


def share_of(value: Any) -> Any:
    """Return a share that may be written in percent.

    >>> share_of("5 %"), share_of(0.05)
    (0.05, 0.05)
    """
    if not (isinstance(value, str) and value.rstrip().endswith("%")):
        return value
    try:
        return float(value.rstrip()[:-1]) / 100
    except ValueError:
        return value


Share = Annotated[float, Field(gt=0, lt=1), BeforeValidator(share_of)]


class Target(Block):
    """When to stop: whichever comes first.

    ``absolute`` is the half-width of the interval, ``relative_width`` the same as a share of the value (``5 %``), and
    ``max_forwards`` the most deliveries that are run through the network for it.
    """

    relative_width: Share | None = None
    absolute: Annotated[float, Field(gt=0, lt=1)] | None = 0.001
    max_forwards: Annotated[int, Field(ge=1)] = 5000

    @property
    def left_out(self) -> float:
        """How much probability may be left out: little beside the width asked for."""
        return min(1e-6, (self.absolute or 0.001) / 1000)

    def met(self, mean: Mean) -> str | None:
        """Return why an interval is narrow enough, None where it is not."""
        half = mean.half_width
        if math.isnan(half):
            return None
        if self.absolute is not None and half <= self.absolute:
            return f"half-width {half:.2g} <= {self.absolute:g}"
        if self.relative_width is not None and half <= self.relative_width * abs(mean.value):
            return f"half-width {half:.2g} <= {100 * self.relative_width:g} % of {mean.value:.4g}"
        return None

    def spent(self, forwards: int) -> str | None:
        """Return why no more can be scored, None where more can."""
        return f"{forwards:,} forwards of {self.max_forwards:,}" if forwards >= self.max_forwards else None
