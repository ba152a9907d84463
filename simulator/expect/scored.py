"""What patterns are worth: the delivery of each, and the score of each delivery, found when first asked for."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Up

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Scored(Protocol):
    """Scores of patterns, remembered by delivery.

    A delivery is known by its place in a table that grows as patterns are seen; place 0 is the empty delivery. What
    costs is scoring a delivery for the first time (a forward), not asking for it again.
    """

    @property
    def components(self) -> tuple[str, ...]:
        """Names of what can fail: the columns of a pattern."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest score that any pattern can have."""

    @property
    def forwards(self) -> int:
        """How many deliveries have been scored so far, the empty one not counted."""

    def places(self, up: Up) -> Places:
        """Return the place of each pattern's delivery, shape ``(patterns,)``; nothing is scored.

        Args:
            up: Who is up, shape ``(patterns, components)``.
        """

    def scores(self, places: Places) -> Floats:
        """Return the score of each delivery, shape ``(places,)``; NaN where it is not to be counted."""

    def is_scored(self, places: Places) -> NDArray[np.bool_]:
        """Return which of these deliveries would cost nothing."""
