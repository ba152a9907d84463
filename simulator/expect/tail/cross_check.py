"""Two methods on the same question: whether they agree."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import Z_95
from simulator.expect.tail.distribution import LEFT_OUT

FAR = 3.0


@dataclass(frozen=True)
class CrossCheck:
    """One number found twice.

    Args:
        name: Of the estimate.
        first: As the first method found it.
        second: As the other did, with dice of its own.
    """

    name: str
    first: Estimate
    second: Estimate

    @property
    def z(self) -> float:
        """The difference in deviations of what was drawn: 0 where nothing tells them apart, infinity without draws.

        Bounds on what was left out are no deviations: only what lies beyond them counts.
        """
        drawn = [one for one in (self.first, self.second) if one.uncertainty != LEFT_OUT]
        width = math.hypot(*((one.high - one.low) / (2 * Z_95) for one in drawn))
        gap = self.first.value - self.second.value
        for one in (self.first, self.second):
            if one.uncertainty == LEFT_OUT:
                room = one.high - one.value if (gap > 0) == (one is self.second) else one.value - one.low
                gap = math.copysign(max(0.0, abs(gap) - room), gap)
        if width > 0:
            return gap / width
        return 0.0 if math.isclose(gap, 0.0, abs_tol=1e-12) else math.inf

    @property
    def overlap(self) -> bool:
        """Whether the intervals have a number in common, up to rounding."""
        slack = 1e-12
        return self.first.low <= self.second.high + slack and self.second.low <= self.first.high + slack

    @property
    def agrees(self) -> bool:
        """Whether nothing speaks against it."""
        return self.overlap and not abs(self.z) > FAR

    def text(self) -> str:
        """Return what was found, in words."""
        agreement = "agree" if self.agrees else "DISAGREE"
        overlap = "overlap" if self.overlap else "do not overlap"
        return f"{agreement}: z = {self.z:.2f}, intervals {overlap}"

    def row(self) -> dict[str, float | str | bool]:
        """Return the plain values, for a table."""
        return {"name": self.name, "value": self.first.value, "other": self.second.value, "z": self.z,
                "overlap": self.overlap, "agrees": self.agrees}
