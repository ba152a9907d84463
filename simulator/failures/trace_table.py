"""The table of a trace, as handed in: which machine was down from when to when, and for how long it was watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Times, Up

INSTANTS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Node:
    """One machine of a trace.

    Args:
        name: Its name.
        cluster: The cluster that it belongs to; empty where the trace does not say.
        watched_ns: From when to when it was watched, nanoseconds of the trace's clock.
        crash_ns: Crash instants, sorted; the first may be the instant from which it was watched.
        repair_ns: Repair instants, each later than its crash; outages neither overlap nor touch.
    """

    name: str
    cluster: str
    watched_ns: tuple[int, int]
    crash_ns: Times = field(repr=False)
    repair_ns: Times = field(repr=False)


@dataclass(frozen=True)
class TraceTable:
    """A trace of up and down times.

    Args:
        name: The file, for errors.
        nodes: Its machines, in the order of the trace, so that neighbours are neighbours.
    """

    name: str
    nodes: tuple[Node, ...]

    def of_cluster(self, cluster: str) -> TraceTable:
        """Return the machines of one cluster."""
        return TraceTable(self.name, tuple(node for node in self.nodes if node.cluster == cluster))

    def clusters(self) -> tuple[str, ...]:
        """Return the names of the clusters, in the order of the trace."""
        return tuple(dict.fromkeys(node.cluster for node in self.nodes))

    def between(self, begin_ns: int, end_ns: int) -> TraceTable:
        """Return what was watched from one instant to another; a machine not watched then is left out."""
        kept = []
        for node in self.nodes:
            low, high = max(begin_ns, node.watched_ns[0]), min(end_ns, node.watched_ns[1])
            if low < high:
                is_in = (node.crash_ns < high) & (node.repair_ns > low)
                crash, repair = np.maximum(node.crash_ns[is_in], low), np.minimum(node.repair_ns[is_in], high)
                kept.append(Node(node.name, node.cluster, (low, high), crash, repair))
        return TraceTable(self.name, tuple(kept))

    def span(self) -> tuple[int, int]:
        """Return from when to when any machine was watched."""
        return min(node.watched_ns[0] for node in self.nodes), max(node.watched_ns[1] for node in self.nodes)


def shares(nodes: tuple[Node, ...], begin_ns: int, end_ns: int) -> dict[bytes, float]:
    """Return the share of time that each pattern of who is up had; keys are ``packed`` patterns.

    A sweep over all instants at which some machine switches, which is exact.
    """
    instants = np.unique(np.concatenate([[begin_ns, end_ns], *(t for n in nodes for t in (n.crash_ns, n.repair_ns))]))
    instants = instants[(instants >= begin_ns) & (instants <= end_ns)]
    lasting, found = np.diff(instants), dict[bytes, int]()
    for first in range(0, len(lasting), INSTANTS_AT_ONCE):
        chunk = slice(first, first + INSTANTS_AT_ONCE)
        keys = np.packbits(up_at(nodes, instants[:-1][chunk]), axis=1)
        patterns, which = np.unique(keys, axis=0, return_inverse=True)
        times = np.zeros(len(patterns), dtype=np.int64)
        np.add.at(times, which.ravel(), lasting[chunk])
        for pattern, time in zip(patterns, times.tolist(), strict=True):
            found[pattern.tobytes()] = found.get(pattern.tobytes(), 0) + time
    return {pattern: time / (end_ns - begin_ns) for pattern, time in found.items()}


def packed(up: Up) -> Iterator[bytes]:
    """Yield the key of each pattern, a row of ``up``."""
    return (row.tobytes() for row in np.packbits(up, axis=1))


def up_at(nodes: tuple[Node, ...], times_ns: Times) -> Up:
    """Return who is up at these instants of the trace's clock, shape ``(times, nodes)``."""
    up = np.ones((len(times_ns), len(nodes)), dtype=bool)
    for column, node in enumerate(nodes):
        begun = np.searchsorted(node.crash_ns, times_ns, side="right")
        up[:, column] = begun == np.searchsorted(node.repair_ns, times_ns, side="right")
    return up


def joined(crash_ns: Times, repair_ns: Times) -> tuple[Times, Times]:
    """Return outages sorted by crash, with those that touch made one, and those that do not last left out.

    >>> joined(np.array([5, 1, 9]), np.array([9, 3, 9]))
    (array([1, 5]), array([3, 9]))
    """
    lasts = repair_ns > crash_ns
    order = np.argsort(crash_ns[lasts], kind="stable")
    crash, repair = crash_ns[lasts][order], repair_ns[lasts][order]
    is_gap = crash[1:] > repair[:-1]
    return crash[np.concatenate([[True], is_gap])[: len(crash)]], repair[np.concatenate([is_gap, [True]])[: len(crash)]]


def downtime_ns(node: Node) -> NDArray[np.int64]:
    """Return how long each outage of a machine lasted."""
    return node.repair_ns - node.crash_ns
