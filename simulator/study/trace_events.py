"""What happened in one cluster of a trace, week by week: starts, bursts, times up and down, how many were down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Timeline, Times
from simulator.failures.trace_table import Node, TraceTable, up_at

Floats = NDArray[np.float64]
Weeks = NDArray[np.bool_]
MINUTE_NS, WEEK_NS = 60 * 10**9, 7 * 86_400 * 10**9
LOOK_NS = 10 * MINUTE_NS
AT_ONCE = 1 << 14
BURST = 5  # machines: what the literature of this trace calls a burst


@dataclass(frozen=True)
class Events:
    """Events of one cluster; what is tagged with a week belongs to it by its begin.

    Args:
        machines: How many machines there are.
        weeks: Number of weeks; the last may be short.
        start_week: Week of each outage that began under watch, shape ``(starts,)``.
        down_ns: How long each lasted, shape ``(starts,)``.
        group: How many machines went down in the same minute as this one, shape ``(starts,)``.
        up_week: Week of each time up between two outages.
        up_ns: How long each lasted.
        burst_week: Week of each minute in which at least two went down.
        burst_size: How many.
        burst_common: Share of pairs of its machines that came up in the same minute, too.
        looked: By week: the numbers of looks at machines, of those down, and of down ones seen from a down one.
    """

    machines: int
    weeks: int
    start_week: NDArray[np.intp]
    down_ns: Times
    group: NDArray[np.intp]
    up_week: NDArray[np.intp]
    up_ns: Times
    burst_week: NDArray[np.intp]
    burst_size: NDArray[np.intp]
    burst_common: Floats
    looked: Floats

    def halves(self, split: str) -> tuple[Weeks, Weeks]:
        """Return the weeks that are fitted and those that are not: the first half and the second, or alternate ones."""
        week = np.arange(self.weeks)
        fitted = week % 2 == 0 if split == "weeks" else week < self.weeks / 2
        return fitted, ~fitted

    def machine_ns(self, weeks: Weeks) -> float:
        """Return for how long machines were watched, summed over machines: looks, of which each stands for its time."""
        return float(self.looked[weeks, 0].sum()) * LOOK_NS

    def unavailability(self, weeks: Weeks) -> float:
        """Return the share of machine time that was down."""
        watched, down, _ = self.looked[weeks].sum(axis=0)
        return float(down / watched)

    def also_down(self, weeks: Weeks) -> float:
        """Return P(j down | i down): the share of the other machines that is down, seen from one that is down."""
        _, down, others = self.looked[weeks].sum(axis=0)
        return float(others / down) if down else float("nan")

    def grouped(self, weeks: Weeks, least: int) -> float:
        """Return the share of starts in minutes in which at least so many machines went down."""
        group = self.group[weeks[self.start_week]]
        return float(np.mean(group >= least)) if len(group) else float("nan")


def events_of(cluster: TraceTable) -> Events:
    """Return the events of one cluster."""
    begin, end = cluster.span()
    outages = [_outages(node) for node in cluster.nodes]
    start, stop = (np.concatenate(times) for times in zip(*outages, strict=True))
    ups = [(repair[:-1], crash[1:]) for crash, repair in ((n.crash_ns, n.repair_ns) for n in cluster.nodes)]
    up_from, up_to = (np.concatenate(times) for times in zip(*ups, strict=True))
    minute, which, size = np.unique(start // MINUTE_NS, return_inverse=True, return_counts=True)
    is_burst = size >= 2
    return Events(
        len(cluster.nodes), -(-(end - begin) // WEEK_NS), (start - begin) // WEEK_NS, stop - start, size[which],
        (up_from - begin) // WEEK_NS, up_to - up_from,
        np.maximum(minute[is_burst] * MINUTE_NS - begin, 0) // WEEK_NS, size[is_burst],
        _common(which, stop // MINUTE_NS, size)[is_burst], _looked(cluster.nodes, begin, end))


def _outages(node: Node) -> tuple[Times, Times]:
    """Return those that began while the machine was watched."""
    began = node.crash_ns > node.watched_ns[0]
    return node.crash_ns[began], node.repair_ns[began]


def _common(which: NDArray[np.intp], repaired: Times, size: NDArray[np.intp]) -> Floats:
    """Return for each minute the share of pairs of those that went down in it that came up in one minute, too."""
    pairs, count = np.unique(np.stack([which, repaired]), axis=1, return_counts=True)
    alike = np.bincount(pairs[0].astype(np.intp), weights=count * (count - 1), minlength=len(size))
    found: Floats = alike / np.maximum(size * (size - 1), 1)
    return found


def _looked(nodes: tuple[Node, ...], begin: int, end: int) -> Floats:
    """Return what a look every ten minutes finds, summed by week, shape ``(weeks, 3)``."""
    looked = np.zeros((-(-(end - begin) // WEEK_NS), 3))
    watched_from, watched_to = np.array([node.watched_ns for node in nodes]).T
    instants = np.arange(begin + LOOK_NS // 2, end, LOOK_NS)
    for first in range(0, len(instants), AT_ONCE):
        chunk = instants[first : first + AT_ONCE]
        is_watched = (watched_from <= chunk[:, np.newaxis]) & (chunk[:, np.newaxis] < watched_to)
        watched = is_watched.sum(axis=1)
        down = (~up_at(nodes, chunk) & is_watched).sum(axis=1)
        seen = np.stack([watched, down, down * (down - 1) / np.maximum(watched - 1, 1)], axis=1)
        np.add.at(looked, (chunk - begin) // WEEK_NS, seen)
    return looked


def as_trace(line: Timeline) -> TraceTable:
    """Return a timeline as a trace of one cluster, watched from time 0 to the horizon."""
    nodes = []
    for name, crash, repair in zip(line.components, line.crash_ns, line.repair_ns, strict=True):
        seen = np.minimum(repair, line.until_ns)
        nodes.append(Node(name, "simulated", (0, line.until_ns), np.maximum(crash, 0), seen))
    return TraceTable("simulated", tuple(nodes))
