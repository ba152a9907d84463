"""One line of a script of failures: what is down, and when."""

from __future__ import annotations

from typing import Self

import networkx as nx
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, did_you_mean
from simulator.topology.graph import Topology
from simulator.units import DurationNs, PositiveDurationNs, duration_text

MOST_SPELLS = 1_000_000
WHOM = "write component: fog1, components: [fog1, fog2] or partition: [[fog1], [fog2, cloud]]"


class Outage(Block):
    """Something is down from one instant (included) to another (excluded), or again and again between them.

    ``component`` or ``components`` say what; or ``partition``, lists of nodes: all links from a list to another are
    down, and the lists together must name all nodes over which they would still reach each other. With ``every`` and
    ``lasts`` it flaps: it is down for so long at ``from``, one ``every`` later, and so on, up to ``to``.
    """

    component: str | None = None
    components: tuple[str, ...] | None = Field(default=None, min_length=1)
    partition: tuple[tuple[str, ...], ...] | None = Field(default=None, min_length=2)
    from_ns: DurationNs
    to_ns: DurationNs
    every_ns: PositiveDurationNs | None = None
    lasts_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _is_of_something_and_lasts(self) -> Self:
        said = [key for key in ("component", "components", "partition") if getattr(self, key) is not None]
        if len(said) != 1:
            raise ValueError(f"an outage of {' and '.join(said) or 'nothing'}; {WHOM}")
        if self.to_ns <= self.from_ns:
            whom = self.component or list(self.components or self.partition or ())
            raise ValueError(f"an outage of {whom!r} from {duration_text(self.from_ns)!r} to "
                             f"{duration_text(self.to_ns)!r} does not last; write a 'to' later than 'from'")
        return self

    @model_validator(mode="after")
    def _flaps_as_it_should(self) -> Self:
        if (self.every_ns is None) != (self.lasts_ns is None):
            key, other = ("every", "lasts") if self.every_ns else ("lasts", "every")
            raise ValueError(f"has {key!r} without {other!r}; write every: 10 s and lasts: 1 s, or neither")
        if self.every_ns and self.lasts_ns:
            if self.lasts_ns >= self.every_ns:
                raise ValueError(f"lasts {duration_text(self.lasts_ns)!r} every {duration_text(self.every_ns)!r}: it "
                                 "is never up between; write a shorter 'lasts', or leave out both")
            if (count := (self.to_ns - self.from_ns) / self.every_ns) > MOST_SPELLS:
                raise ValueError(f"makes {count:,.0f} outages, more than {MOST_SPELLS:,}; write a longer 'every' or an "
                                 "earlier 'to'")
        return self

    def spells(self) -> list[tuple[int, int]]:
        """Return the intervals in which it is down, in nanoseconds."""
        if self.every_ns is None or self.lasts_ns is None:
            return [(self.from_ns, self.to_ns)]
        return [(start, min(start + self.lasts_ns, self.to_ns))
                for start in range(self.from_ns, self.to_ns, self.every_ns)]

    def hit(self, topology: Topology) -> frozenset[str]:
        """Return the components that are down."""
        if self.partition is not None:
            return frozenset(link.name for link in topology.links
                             if None not in (sides := [self._side(end) for end in link.ends]) and sides[0] != sides[1])
        return frozenset((self.component,) if self.component is not None else self.components or ())

    def _side(self, node: str) -> int | None:
        """Return the side of the partition that a node is on; None where it is on none."""
        return next((place for place, side in enumerate(self.partition or ()) if node in side), None)

    def problems(self, topology: Topology) -> list[Problem]:
        """Return what does not fit the topology, with places below this outage."""
        if self.partition is not None:
            return self._problems_of_sides(self.partition, topology)
        given = [("component", self.component)] if self.component is not None else [
            (f"components.{place}", name) for place, name in enumerate(self.components or ())]
        return [Problem(place, f"no component {name!r} in the topology", did_you_mean(str(name), topology.components))
                for place, name in given if name not in topology.components]

    def _problems_of_sides(self, sides: tuple[tuple[str, ...], ...], topology: Topology) -> list[Problem]:
        found, seen = [], set[str]()
        for row, side in enumerate(sides):
            if not side:
                found.append(Problem(f"partition.{row}", "no node is on this side", "name one or more"))
            for column, name in enumerate(side):
                place = f"partition.{row}.{column}"
                if name not in topology.node_by_name:
                    found.append(Problem(place, f"no node {name!r} in the topology",
                                         did_you_mean(name, topology.node_by_name)))
                elif name in seen:
                    found.append(Problem(place, f"{name!r} is on two sides", "name a node once"))
                seen.add(name)
        return found or self._problems_of_cut(topology)

    def _problems_of_cut(self, topology: Topology) -> list[Problem]:
        """Return whether the links that are cut part the sides from each other."""
        cut = self.hit(topology)
        if not cut:
            return [Problem("partition", "no link joins the sides, so that nothing is cut",
                            "name nodes on both ends of the links that are to be down")]
        left = nx.Graph(link.ends for link in topology.links if link.name not in cut)
        for island in nx.connected_components(left):
            sides = {self._side(name) for name in island} - {None}
            if len(sides) > 1:
                over = [name for name in topology.node_by_name if name in island and self._side(name) is None]
                told = f"the sides still reach each other over {', '.join(map(repr, over))}"
                return [Problem("partition", told, "put each of these on a side")]
        return []
