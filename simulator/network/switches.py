"""Which links (and nodes that do not forward while down) are down at an instant: for choosing routes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from simulator.failures.process import Timeline


class Switches:
    """The set of down components among those that matter, by epoch: it changes only when one of them switches."""

    def __init__(self, timeline: Timeline | None, relevant: Iterable[str]) -> None:
        wanted = set(relevant)
        self.timeline = timeline
        self.columns = [c for c, name in enumerate(timeline.components) if name in wanted] if timeline else []
        instants = [times for c in self.columns for times in (timeline.crash_ns[c], timeline.repair_ns[c])] if timeline else []
        self.instants: list[int] = np.unique(np.concatenate(instants)).tolist() if instants else []
        self._down: dict[int, frozenset[str]] = {}
        self.coins = timeline.coins if timeline and self.columns else None

    def down_at(self, when_ns: int, request: int) -> frozenset[str]:
        """Return the names of the relevant components that are down for a request at an instant."""
        epoch = bisect_right(self.instants, when_ns)
        down = self._down.get(epoch)
        if down is None:
            down = self._down[epoch] = self._look(when_ns)
        if self.coins is not None and self.timeline is not None:
            tossed = self.coins[request]
            down |= {self.timeline.components[c] for c in self.columns if not tossed[c]}
        return down

    def _look(self, when_ns: int) -> frozenset[str]:
        if self.timeline is None:
            return frozenset()
        timeline = self.timeline
        return frozenset(timeline.components[c] for c in self.columns
                         if np.searchsorted(timeline.crash_ns[c], when_ns, side="right")
                         > np.searchsorted(timeline.repair_ns[c], when_ns, side="right"))
