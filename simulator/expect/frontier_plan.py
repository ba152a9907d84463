"""What the frontier walks over: parts in an order that keeps few open, and what each part and hyperconnection needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import Part, PartGraph
from simulator.dataflow.ways import Ways
from simulator.failures.cause_law import CauseLaw
from simulator.topology.routes import Routes

Floats = NDArray[np.float64]


class NotExact(ValueError):
    """P(no information flow) cannot be found along a frontier; the message says why, and what does find it."""


OTHERWISE = "enumerate all patterns (expected_accuracy, where at most 24 can fail) or sample them"


@dataclass(frozen=True)
class Term:
    """What a part, or a hyperconnection, falls by.

    Args:
        down: P(it is down by a cause of its own) in each latent state, shape ``(states,)``.
        up: P(it is not), the same shape.
        shared: Causes that fell others too; it is down as well when one of them is at work.
    """

    down: Floats
    up: Floats
    shared: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """A part with all that comes into it."""

    part: Part
    node: Term
    inputs: Mapping[int, Term]


@dataclass(frozen=True)
class Plan:
    """The walk, whatever the chances of what can fail.

    Args:
        graph: The part graph.
        order: The parts that some exit rests on, in the order of the walk.
        falls_by: Causes that fell each part (by name) and each hyperconnection that has a route (by number).
        times: How many parts and hyperconnections each cause fells.
    """

    graph: PartGraph
    order: tuple[Part, ...]
    falls_by: Mapping[object, list[int]]
    times: NDArray[np.intp]

    def steps(self, chance: Floats) -> tuple[Step, ...]:
        """Return the steps, given P(at work | state) of each cause, shape ``(states, causes)``."""
        terms = {place: self.term(place, chance) for place in self.falls_by}
        return tuple(Step(part, terms[part.name], {edge: terms[edge] for edge in self.graph.inputs[part.name]
                                                   if edge in terms}) for part in self.order)

    def term(self, place: object, chance: Floats) -> Term:
        """Return what a part (by name) or a hyperconnection (by number) falls by."""
        return _term(chance, self.falls_by[place], self.times)


def plan_of(graph: PartGraph, placement: Mapping[str, str], routes: Routes, law: CauseLaw) -> Plan:
    """Return the walk over the parts that some exit rests on.

    Args:
        graph: The part graph.
        placement: Node of each part.
        routes: Routes between the nodes.
        law: What falls together, and how probably.

    Raises:
        NotExact: a message may go around what is down, or a receiver drops what is damaged.
    """
    if any(mark.is_lost for mark in graph.marks):
        raise NotExact(f"receivers drop damaged messages; {OTHERWISE}")
    column = {name: place for place, name in enumerate(law.components)}
    ways = Ways(routes, column).of(graph.edges, placement)
    if loose := [edge.name for edge, way in zip(graph.edges, ways, strict=True) if not way.is_fixed]:
        raise NotExact(f"{loose[0]!r} may go around links that are down ({len(loose)} of {len(ways)} hyperconnections "
                       f"may); {OTHERWISE}, or write 'routing: fixed' in the topology")
    acts = law.chance.max(axis=0) > 0
    order = in_order(graph)
    falls_by: dict[object, list[int]] = {}
    for part in order:
        falls_by[part.name] = _causes(law, acts, column, [placement[part.name]])
        falls_by |= {edge: _causes(law, acts, column, ways[edge].needs) for edge in graph.inputs[part.name]
                     if ways[edge].exists}
    times = np.bincount([cause for causes in falls_by.values() for cause in causes], minlength=len(law.causes))
    return Plan(graph, order, falls_by, times)


def _causes(law: CauseLaw, acts: NDArray[np.bool_], column: Mapping[str, int], names: Collection[str]) -> list[int]:
    """Return the causes that can fell any of some components."""
    columns = [column[name] for name in names if name in column]
    return np.flatnonzero(law.fells[:, columns].any(axis=1) & acts).tolist() if columns else []


def _term(chance: Floats, causes: list[int], times: NDArray[np.intp]) -> Term:
    if not causes:
        return Term(np.zeros(len(chance)), np.ones(len(chance)), ())
    own = chance[:, [cause for cause in causes if times[cause] == 1]]
    with np.errstate(divide="ignore"):
        down = own[:, 0] if own.shape[1] == 1 else -np.expm1(np.log1p(-own).sum(axis=1))
    return Term(down, (1 - own).prod(axis=1), tuple(cause for cause in causes if times[cause] > 1))


def in_order(graph: PartGraph) -> tuple[Part, ...]:
    """Return the parts behind any exit, each after all that feed it, so that few wait for those they feed.

    Of the parts that can be next it is the one after which fewest wait (ties: the order of the graph).
    """
    wanted = _behind_exits(graph)
    feeds = {name: {graph.edges[edge].target for edge in graph.outputs[name]} & wanted for name in wanted}
    left = {name: {graph.edges[edge].source for edge in graph.inputs[name]} for name in wanted}
    unfed = {name: len(targets) for name, targets in feeds.items()}
    ready = [part.name for part in graph.parts if part.name in wanted and not left[part.name]]
    found: list[str] = []
    senders = {name: tuple(sources) for name, sources in left.items()}
    while ready:
        grows = {name: bool(feeds[name]) - sum(unfed[source] == 1 for source in senders[name]) for name in ready}
        name = min(ready, key=lambda name: (grows[name], graph.position[name]))
        ready.remove(name)
        found.append(name)
        for source in senders[name]:
            unfed[source] -= 1
        for target in feeds[name]:
            left[target].discard(name)
            if not left[target]:
                ready.append(target)
    return tuple(graph.part_by_name[name] for name in found)


def _behind_exits(graph: PartGraph) -> set[str]:
    wanted = set(graph.exits)
    for part in reversed(graph.parts):
        if part.name in wanted:
            wanted |= {graph.edges[edge].source for edge in graph.inputs[part.name]}
    return wanted


def last_uses(graph: PartGraph, steps: tuple[Step, ...]) -> dict[object, int]:
    """Return the number of the last step that asks for each part (by name) and each shared cause (by number)."""
    return {key: place for place, step in enumerate(steps) for key, _ in asked(graph, step)}


def asked(graph: PartGraph, step: Step) -> Iterator[tuple[object, int | None]]:
    """Yield each part and shared cause that a step asks for, with the hyperconnection that does; None: its own node."""
    for edge, term in step.inputs.items():
        yield graph.edges[edge].source, edge
        yield from ((cause, edge) for cause in term.shared)
    yield from ((cause, None) for cause in step.node.shared)
