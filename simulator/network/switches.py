"""Which links (and nodes that do not forward while down) are down at an instant: for choosing routes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Timeline
from simulator.network.clock import FOREVER


class Switches:
    """What is down among the components that matter for routes, as bit masks that change from epoch to epoch.

    Args:
        timeline: The failures, None where nothing can fail.
        relevant: Names of the components that matter.
    """

    def __init__(self, timeline: Timeline | None, relevant: Iterable[str]) -> None:
        wanted = set(relevant)
        columns = [c for c, name in enumerate(timeline.components) if name in wanted] if timeline else []
        self.names = tuple(timeline.components[c] for c in columns) if timeline else ()
        self.instants, self.masks, self.tossed = [0], [0], None
        if timeline and columns:
            switches = [times for c in columns for times in (timeline.crash_ns[c], timeline.repair_ns[c])]
            instants = np.unique(np.concatenate([np.array([0], dtype=np.int64), *switches]))
            down = [
                np.searchsorted(timeline.crash_ns[c], instants, "right")
                > np.searchsorted(timeline.repair_ns[c], instants, "right")
                for c in columns
            ]
            self.instants, self.masks = instants.tolist(), as_masks(down)
            if timeline.coins is not None:
                self.tossed = as_masks([~timeline.coins[:, c] for c in columns])
        self.place = 0  # of the epoch that was asked for last
        self._names: dict[int, frozenset[str]] = {}

    def mask_at(self, when_ns: int, request: int) -> int:
        """Return what is down for a request at an instant >= 0, as a bit mask over ``names``."""
        place, instants = self.place, self.instants
        if instants[place] > when_ns or (place + 1 < len(instants) and instants[place + 1] <= when_ns):
            place = self.place = bisect_right(instants, when_ns) - 1
        mask = self.masks[place]
        return mask if self.tossed is None else mask | self.tossed[request]

    def next_after(self, when_ns: int) -> int:
        """Return the next instant after this one at which something switches, FOREVER where nothing does."""
        place = bisect_right(self.instants, when_ns)
        return self.instants[place] if place < len(self.instants) else FOREVER

    def down(self, mask: int) -> frozenset[str]:
        """Return the names behind a mask."""
        if mask not in self._names:
            self._names[mask] = frozenset(name for place, name in enumerate(self.names) if mask >> place & 1)
        return self._names[mask]


def as_masks(columns: list[NDArray[np.bool_]]) -> list[int]:
    """Return the rows of some columns of booleans as ints, the first column in bit 0."""
    masks = [0] * len(columns[0])
    for place, column in enumerate(columns):
        for row in np.flatnonzero(column).tolist():
            masks[row] |= 1 << place
    return masks
