"""Where any path leads from a source to an exit, whichever candidates a design takes: what bounds of designs rest on.

A request is answered only where a path leads from a source to an exit over *places* (a part on a node), each up, along
hyperconnections with a route. A design has no place and no hyperconnection but those that stay and those of its
options, so with the places and hyperconnections of a set of options at once there are at least the paths of each
design within the set. What joins need is not asked: it only takes answers away. A part that may move keeps its first
place too, which only adds paths.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.dataflow.bit_planes import ALL, Words
from simulator.dataflow.bit_ways import BitWays
from simulator.dataflow.graph import Edge
from simulator.expect.design_space import Option
from simulator.topology.routes import Routes

Place = tuple[str, str]
"""A part, and a node that it stands on."""


@dataclass(frozen=True)
class Candidates:
    """What a scenario has, with every hyperconnection that a design may add.

    Args:
        order: Sources and parts, each behind what feeds it.
        edges: Every hyperconnection that a design may have.
        nodes: The nodes of each part, as it is.
        sources: Parts that hold a sensor's data.
        exits: Parts that answer.
        routes: Routes between nodes.
        beside: Sources, by the part that they stand beside wherever it stands.
    """

    order: Sequence[str]
    edges: Sequence[Edge]
    nodes: Mapping[str, Sequence[str]]
    sources: Sequence[str]
    exits: Sequence[str]
    routes: Routes
    beside: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """A hyperconnection from one place to another; ``skip`` names it where an option has to add it."""

    source: Place
    target: Place
    skip: str | None


class Paths:
    """The paths over candidates.

    Args:
        candidates: What there is.
        options: All options of all designs.
        components: Names of what can fail.
    """

    def __init__(self, candidates: Candidates, options: Sequence[Option], components: Sequence[str]) -> None:
        self.sources, self.exits = frozenset(candidates.sources), frozenset(candidates.exits)
        self.row = {name: row for row, name in enumerate(components)}
        self.adds = {option.text: self._places(candidates, option) for option in options}
        self.given = frozenset((part, node) for part, nodes in candidates.nodes.items() for node in nodes)
        optional = {place for places in self.adds.values() for place in places} - self.given
        by_part: dict[str, list[Place]] = {}
        for place in sorted(self.given | optional):
            by_part.setdefault(place[0], []).append(place)
        self.places = [place for part in candidates.order for place in by_part.get(part, [])]
        skips = frozenset(name for option in options for name in option.skips)
        self.steps = tuple(Step(source, target, edge.name if edge.name in skips else None) for edge in candidates.edges
                           for source in by_part.get(edge.source, []) for target in by_part.get(edge.target, []))
        ends = [Edge(f"{number} from", f"{number} to") for number in range(len(self.steps))]
        placed = {f"{number} {end}": node for number, step in enumerate(self.steps)
                  for end, node in (("from", step.source[1]), ("to", step.target[1]))}
        self.ways = BitWays(ends, placed, candidates.routes, components)

    @staticmethod
    def _places(candidates: Candidates, option: Option) -> frozenset[Place]:
        parts = [(part, node) for part, nodes in option.nodes.items() for node in nodes]
        return frozenset(parts) | {(candidates.beside[part], node) for part, node in parts if part in candidates.beside}

    @cached_property
    def into(self) -> Mapping[Place, list[int]]:
        """The steps into each place."""
        found: dict[Place, list[int]] = {place: [] for place in self.places}
        for number, step in enumerate(self.steps):
            found[step.target].append(number)
        return found

    @cached_property
    def out_of(self) -> Mapping[Place, list[int]]:
        """The steps out of each place."""
        found: dict[Place, list[int]] = {place: [] for place in self.places}
        for number, step in enumerate(self.steps):
            found[step.source].append(number)
        return found


class Planes:
    """The paths in some patterns at once, each a bit.

    Args:
        paths: The paths.
        up: Planes of the components, shape ``(components, words)``.
    """

    def __init__(self, paths: Paths, up: Words) -> None:
        self.paths, self.up = paths, up
        self.none = np.zeros(up.shape[1], dtype=up.dtype)
        self.all = self.none | ALL
        self._carries = [self.all if plane is None else plane for plane in paths.ways.planes(up)]

    def reached(self, options: Collection[Option]) -> dict[Place, Words]:
        """Return in which patterns data of a source can reach each place, with what some options add."""
        is_there, skips = self._has(options)
        found: dict[Place, Words] = {}
        for place in self.paths.places:
            here = self.is_up(place) if place in is_there else self.none
            if place[0] not in self.paths.sources:
                arrives = self.none
                for number in self.paths.into[place]:
                    step = self.paths.steps[number]
                    if step.skip is None or step.skip in skips:
                        arrives = arrives | (found[step.source] & self._carries[number])
                here = here & arrives
            found[place] = here
        return found

    def leads_on(self, options: Collection[Option]) -> dict[Place, Words]:
        """Return in which patterns what is sent from each place can reach an answer, with what some options add."""
        is_there, skips = self._has(options)
        found: dict[Place, Words] = {}
        for place in reversed(self.paths.places):
            onward = self.all if place[0] in self.paths.exits else self.none
            for number in self.paths.out_of[place]:
                step = self.paths.steps[number]
                if step.skip is None or step.skip in skips:
                    onward = onward | (found[step.target] & self._carries[number])
            found[place] = self.is_up(place) & onward if place in is_there else self.none
        return found

    def flows(self, options: Collection[Option]) -> Words:
        """Return in which patterns some path leads from a source to an exit, with what some options add."""
        reached, flows = self.reached(options), self.none
        for place in self.paths.places:
            if place[0] in self.paths.exits:
                flows = flows | reached[place]
        return flows

    def carries(self, number: int) -> Words:
        """Return in which patterns a step has a route."""
        return self._carries[number]

    def is_up(self, place: Place) -> Words:
        """Return in which patterns the node of a place is up."""
        row = self.paths.row.get(place[1])
        return self.all if row is None else self.up[row]

    def _has(self, options: Collection[Option]) -> tuple[frozenset[Place], frozenset[str]]:
        added = (self.paths.adds[option.text] for option in options)
        return self.paths.given.union(*added), frozenset(name for option in options for name in option.skips)
