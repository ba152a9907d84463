"""The marks of a part graph: which parts and hyperconnections the silent errors of a scenario can strike, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from simulator.dataflow.graph import Mark, PartGraph
from simulator.failures.error_states import SilentErrors
from simulator.topology.routes import Routes


def with_marks(
    graph: PartGraph, errors: Sequence[SilentErrors], placement: Mapping[str, str], ways: Ways
) -> PartGraph:
    """Return a part graph with a mark for each error and each part or hyperconnection that it can strike.

    Args:
        graph: The part graph.
        errors: What strikes, and where.
        placement: Node of each source and part.
        ways: Between the nodes.
    """
    marks = [mark for error in errors for mark in _marks(graph, error, placement, ways)]
    return replace(graph, marks=tuple(marks))


@dataclass(frozen=True)
class Ways:
    """Which links messages may cross.

    Args:
        routes: Between nodes.
        may_fail: Names of what can fail.
    """

    routes: Routes
    may_fail: frozenset[str]

    def links(self, source: str, target: str) -> tuple[str, ...]:
        """Return the links of the route between two nodes, or all of them where it may be another one at times."""
        nominal, all_links = self.routes.find(source, target), [link.name for link in self.routes.topology.links]
        if nominal is None:
            return tuple(all_links)
        breakable = {*nominal.links, *nominal.hops[1:-1]} & self.may_fail
        has_others = any(self.routes.find(source, target, frozenset({name})) not in (None, nominal)
                         for name in breakable)
        return tuple(all_links) if has_others else nominal.links


def _marks(graph: PartGraph, error: SilentErrors, placement: Mapping[str, str], ways: Ways) -> Iterator[Mark]:
    if not error.block.strikes_links:
        for part in graph.parts:
            node = placement[part.name]
            if node in error.states:
                yield Mark(part.name, error.tag, {node: error.states[node]})
        return
    for edge in graph.edges:
        links = ways.links(placement[edge.source], placement[edge.target])
        if strikes := {name: state for name, state in error.states.items() if name in (edge.name, *links)}:
            yield Mark(edge.name, error.tag, strikes, error.block.loses)
