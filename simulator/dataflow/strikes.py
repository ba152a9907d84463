"""Which marks a request gets with no delays: by the states that hold, as names among those of what is down."""

from __future__ import annotations

from collections.abc import Collection

from simulator.dataflow.graph import Mark, PartGraph


class Strikes:
    """The marks of parts and edges under a set of states.

    Args:
        graph: The part graph with its marks.
    """

    def __init__(self, graph: PartGraph) -> None:
        self.states = frozenset(state for mark in graph.marks for state in mark.strikes.values())
        self._of: dict[str, list[tuple[int, Mark]]] = {}
        for place, mark in enumerate(graph.marks):
            self._of.setdefault(mark.place, []).append((graph.mark_bit(place), mark))

    def bits(self, place: str, where: Collection[str], states: frozenset[str]) -> int:
        """Return the marks of a part or an edge.

        Args:
            place: The part or the edge.
            where: Where it can be struck: its node, or its links and the edge itself.
            states: The states that hold.
        """
        found = 0
        for bit, mark in self._of.get(place, ()):
            if not mark.is_lost and _is_struck(mark, where, states):
                found |= bit
        return found

    def is_lost(self, edge: str, where: Collection[str], states: frozenset[str]) -> bool:
        """Return whether the receiver sees that a message is damaged, and drops it."""
        return any(mark.is_lost and _is_struck(mark, where, states) for _, mark in self._of.get(edge, ()))


def _is_struck(mark: Mark, where: Collection[str], states: frozenset[str]) -> bool:
    return any(mark.strikes.get(name) in states for name in where)
