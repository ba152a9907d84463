"""The part graph, and the delivery as an int."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from simulator.dataflow.join import Join

EMPTY = 0
DATA = 1  # bit 0 of what a part has been fed: data of this request is in it


@dataclass(frozen=True)
class Edge:
    """A hyperconnection; ``weight`` multiplies the tensor, ``tag`` names what else changed it."""

    source: str
    target: str
    weight: float = 1.0
    tag: str = ""

    @property
    def name(self) -> str:
        """Its name, ``source->target``."""
        return f"{self.source}->{self.target}"

    @property
    def text(self) -> str:
        """Its name and, in brackets, what else changed the tensor: ``source->target[int8]``."""
        return f"{self.name}[{self.tag}]" if self.tag else self.name


@dataclass(frozen=True)
class Part:
    """A piece of the model: a source has no join, every other part has one; an exit answers."""

    name: str
    join: Join | None = None
    is_exit: bool = False


@dataclass(frozen=True)
class PartGraph:
    """Parts in topological order, and the edges between them in order of declaration.

    Sets of edges are ints: bit 0 is "holds this request's data", bit ``1 + e`` is edge e, bit ``1 + edges + x`` is
    the x-th exit. ``fed`` of a part is the set of the edges behind its output; 0 is lost or absent. One more bit, which
    no delivery has, marks what rests on a starved part that emits. Above it there is one more bit for each edge: a
    value held from an earlier request was taken in the place of what it did not bring.

    Args:
        parts: All parts.
        edges: The hyperconnections.
        starved_emits: Whether a part that is up, but whose needs are not met, fires with no input (and puts out what
            its biases make of zeros); else it sends nothing.
    """

    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    starved_emits: bool = False

    @cached_property
    def part_by_name(self) -> dict[str, Part]:
        """The parts by name."""
        return {part.name: part for part in self.parts}

    @cached_property
    def position(self) -> dict[str, int]:
        """Each part's place in topological order."""
        return {part.name: place for place, part in enumerate(self.parts)}

    @cached_property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Indices of the edges into each part."""
        return {p.name: tuple(i for i, e in enumerate(self.edges) if e.target == p.name) for p in self.parts}

    @cached_property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Indices of the edges out of each part, in order of declaration."""
        return {p.name: tuple(i for i, e in enumerate(self.edges) if e.source == p.name) for p in self.parts}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Names of the parts that hold a sensor's data."""
        return tuple(part.name for part in self.parts if part.join is None)

    @cached_property
    def exits(self) -> tuple[str, ...]:
        """Names of the parts whose output is an answer."""
        return tuple(part.name for part in self.parts if part.is_exit)

    @cached_property
    def starved(self) -> int:
        """``fed`` of a starved part: 0 where it is silent, else a mark that says that something came without data."""
        return 1 << (1 + len(self.edges) + len(self.exits)) if self.starved_emits else EMPTY

    def edge_bit(self, edge: int) -> int:
        """Return the bit of an edge."""
        return 1 << (1 + edge)

    def held_bit(self, edge: int) -> int:
        """Return the bit of an edge over which a value held from an earlier request was taken; above all others."""
        return 1 << (2 + len(self.edges) + len(self.exits) + edge)

    @cached_property
    def held_mask(self) -> int:
        """The bits of all held inputs."""
        return sum(self.held_bit(edge) for edge in range(len(self.edges)))

    def held_of(self, delivery: int) -> tuple[int, ...]:
        """Return the indices of the edges over which held values were taken."""
        return tuple(edge for edge in range(len(self.edges)) if delivery & self.held_bit(edge))

    def exit_bit(self, part: str) -> int:
        """Return the bit that marks an exit as the one that answered."""
        return 1 << (1 + len(self.edges) + self.exits.index(part))

    def delivery(self, exit_part: str, edges: Iterable[int]) -> int:
        """Return the delivery of an exit and the taken edges behind it."""
        return DATA | self.exit_bit(exit_part) | sum(self.edge_bit(edge) for edge in edges)

    def answer(self, exit_part: str, fed: int) -> int:
        """Return the delivery of an exit from what is behind its output; empty where that holds no data of a source."""
        return fed & ~self.starved | self.exit_bit(exit_part) if fed & DATA else EMPTY

    def exit_of(self, delivery: int) -> str | None:
        """Return the exit that answered, None for the empty delivery."""
        return next((part for part in self.exits if delivery & self.exit_bit(part)), None)

    def edges_of(self, delivery: int) -> tuple[int, ...]:
        """Return the indices of the taken edges."""
        return tuple(edge for edge in range(len(self.edges)) if delivery & self.edge_bit(edge))

    def behind(self, part: str, edges: int) -> int:
        """Return ``fed`` of a part within a set of taken edges: the taken edges walked back from it (bit 0 set)."""
        fed, wanted = DATA, {part}
        for place in range(self.position[part], -1, -1):
            name = self.parts[place].name
            if name in wanted:
                for edge in self.inputs[name]:
                    if edges & self.edge_bit(edge):
                        fed |= self.edge_bit(edge)
                        wanted.add(self.edges[edge].source)
        return fed

    def text(self, delivery: int) -> str:
        """Return a delivery for people: ``cloud <- iot->edge edge->cloud``, or ``-`` for the empty one.

        A part that fired with no input is told at the end: ``c <- e2->f4 f4->c f3->c (f3 starved)``.
        """
        if delivery == EMPTY:
            return "-"
        held = self.held_of(delivery)
        texts = {edge: self.edges[edge].text for edge in self.edges_of(delivery)}
        texts |= {edge: f"{self.edges[edge].name}[held]" for edge in held}
        fed = {*self.sources, *(self.edges[edge].target for edge in texts)}
        senders = (self.edges[edge].source for edge in self.edges_of(delivery))
        bare = dict.fromkeys(sender for sender in senders if sender not in fed)
        told = f" ({', '.join(bare)} starved)" if bare else ""
        return f"{self.exit_of(delivery)} <- " + " ".join(texts[edge] for edge in sorted(texts)) + told
