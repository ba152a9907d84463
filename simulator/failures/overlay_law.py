"""The joint law of processes that are laid over the same components: what is down in one of them is down."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulator.failures.independent import Independent
from simulator.failures.joint import refuse_large, struck
from simulator.failures.process import FailureProcess, NoLaw

Floats = NDArray[np.float64]
FEW = 64  # patterns of a law that are gone through one by one
MOST_UNITED = 14  # components of two laws of many patterns: 3^14 terms


def united(first: Floats, second: Floats) -> Floats:
    """Return the table (``simulator.failures.joint``) of what is down in one of two independent processes.

    A component is up where both have it up; it is down where the first has, or the first has it up and the second down.
    So each axis of two is made one of three, the terms are multiplied, and the last two are added: no differences.

    Raises:
        NoLaw: both have many patterns, of more than 14 components.

    >>> united(np.array([0.5, 0.5]), np.array([0.8, 0.2])).tolist()
    [0.4, 0.6]
    """
    few, many = sorted((first, second), key=np.count_nonzero)
    if np.count_nonzero(few) <= FEW:
        return struck(many, [(float(few[down]), int(down)) for down in np.flatnonzero(few)])
    count = int(np.log2(len(first)))
    if count > MOST_UNITED:
        raise NoLaw(f"two processes over the same {count} components: the probabilities of patterns are worked out for "
                    f"at most {MOST_UNITED}")
    a, b = first.reshape((2,) * count), second.reshape((2,) * count)
    for axis in range(count):
        up, down = np.take(a, [0], axis), np.take(a, [1], axis)
        a = np.concatenate([up, down, up], axis)
        up, down = np.take(b, [0], axis), np.take(b, [1], axis)
        b = np.concatenate([up, up + down, down], axis)
    both = a * b
    for axis in range(count):
        both = np.concatenate([np.take(both, [0], axis), np.take(both, [1], axis) + np.take(both, [2], axis)], axis)
    table: Floats = both.ravel()
    return table


def table_of(process: FailureProcess, names: Sequence[str]) -> Floats:
    """Return the joint law of a process as a table over these components, all of its own among them."""
    count = len(process.components)
    refuse_large(count)
    down = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 1
    chance = np.exp(process.log_probability(~down))
    bits = np.array([1 << names.index(name) for name in process.components], dtype=np.int64)
    table = np.zeros(2 ** len(names))
    table[down @ bits] = chance
    return table


def overlaid(processes: Sequence[FailureProcess], names: Sequence[str]) -> Floats:
    """Return the joint law of independent processes laid over each other, as a table over these components.

    Raises:
        NoLaw: one of them has none, or they have too many components.
    """
    refuse_large(len(names))
    table = np.zeros(2 ** len(names))
    table[0] = 1
    for process in processes:
        if not isinstance(process, Independent):
            table = united(table, table_of(process, names))
    for process in processes:
        if isinstance(process, Independent):
            for name, survival in zip(process.components, process.survival(), strict=True):
                table = struck(table, [(1 - float(survival), 1 << names.index(name))])
    return table


def sharing(processes: Sequence[FailureProcess]) -> list[list[FailureProcess]]:
    """Return the processes in groups: two that have a component in common are in one."""
    ways: nx.Graph[tuple[str, int] | str] = nx.Graph()
    for place, process in enumerate(processes):
        ways.add_node(("process", place))
        ways.add_edges_from((("process", place), name) for name in process.components)
    return [[process for place, process in enumerate(processes) if ("process", place) in island]
            for island in nx.connected_components(ways)]
