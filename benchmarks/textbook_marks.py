"""Silent errors in the textbook model: what is struck now, looked up in the set of what holds."""

from __future__ import annotations

from collections.abc import Callable

from simulator.dataflow.graph import PartGraph

Holds = Callable[[str], bool]


def states_of(graph: PartGraph) -> set[str]:
    """Return the names of all states."""
    return {state for mark in graph.marks for state in mark.strikes.values()}


def struck(graph: PartGraph, place: str, where: str, holds: Holds) -> frozenset[int]:
    """Return the marks of a part or an edge that strike at a node, a link or the edge itself while their state holds.

    A mark is the index of an edge that is not there, so that sets of edges may have it: its bit is that of the mark.
    """
    first = 1 + len(graph.edges) + len(graph.exits)
    return frozenset(first + number for number, mark in enumerate(graph.marks)
                     if mark.place == place and where in mark.strikes and holds(mark.strikes[where]))


def is_seen(graph: PartGraph, marks: frozenset[int]) -> bool:
    """Return whether the receiver sees one of these marks, and drops the message."""
    first = 1 + len(graph.edges) + len(graph.exits)
    return any(graph.marks[mark - first].is_lost for mark in marks)
