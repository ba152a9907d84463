"""The part graph, and the delivery as an int."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
class Mark:
    """A tag that an answer may carry: what a part put out, or what came over an edge, was not what it should be.

    Args:
        place: Name of the part, or of the edge.
        tag: What changed the tensor.
        strikes: By where it happens (a node, a link, or the edge itself), the name of the state that brings it about.
        is_lost: Whether the message is lost instead, since its receiver sees that it is damaged.
    """

    place: str
    tag: str
    strikes: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_lost: bool = False


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
    no delivery has, marks what rests on a starved part that emits; those after it are the marks. Last there is one more
    bit for each edge: a value held from an earlier request was taken in the place of what it did not bring.

    Args:
        parts: All parts.
        edges: The hyperconnections.
        starved_emits: Whether a part that is up, but whose needs are not met, fires with no input (and puts out what
            its biases make of zeros); else it sends nothing.
        marks: Tags that come and go with the request, such as those of silent errors.
    """

    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    starved_emits: bool = False
    marks: tuple[Mark, ...] = ()

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
        return self._edges_by([edge.target for edge in self.edges])

    @cached_property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Indices of the edges out of each part, in order of declaration."""
        return self._edges_by([edge.source for edge in self.edges])

    def _edges_by(self, ends: Sequence[str]) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {part.name: [] for part in self.parts}
        for edge, name in enumerate(ends):
            found[name].append(edge)
        return {name: tuple(edges) for name, edges in found.items()}

    @cached_property
    def producers(self) -> dict[str, tuple[str, ...]]:
        """The parts that feed each part: sources, then others, in their order in the graph."""
        order = {p.name: (p.join is not None, place) for place, p in enumerate(self.parts)}
        feeding = {p.name: {self.edges[edge].source for edge in self.inputs[p.name]} for p in self.parts}
        return {name: tuple(sorted(found, key=order.__getitem__)) for name, found in feeding.items()}

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

    @cached_property
    def width(self) -> int:
        """How many bits a delivery may need: more with marks, and then also that of starved parts."""
        return 1 + len(self.edges) + len(self.exits) + (1 + len(self.marks) if self.marks else 0)

    def mark_bit(self, mark: int) -> int:
        """Return the bit of a mark."""
        return 1 << (2 + len(self.edges) + len(self.exits) + mark)

    @cached_property
    def own_marks(self) -> Mapping[str, int]:
        """The bits of the marks of each part and edge that has any, by its name."""
        found: dict[str, int] = {}
        for place, mark in enumerate(self.marks):
            found[mark.place] = found.get(mark.place, 0) | self.mark_bit(place)
        return found

    @cached_property
    def all_marks(self) -> int:
        """The bits of all marks; what a delivery has of them are its tags."""
        return sum(self.mark_bit(place) for place in range(len(self.marks)))

    def edge_bit(self, edge: int) -> int:
        """Return the bit of an edge."""
        return 1 << (1 + edge)

    def held_bit(self, edge: int) -> int:
        """Return the bit of an edge over which a value held from an earlier request was taken; above all others."""
        return 1 << (2 + len(self.edges) + len(self.exits) + len(self.marks) + edge)

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
        """Return ``fed`` of a part within a set of taken edges: the taken edges walked back from it (bit 0 set).

        The marks of these edges and of the parts between them are in it, its own too.
        """
        fed, wanted, own = DATA, {part}, self.own_marks
        for place in range(self.position[part], -1, -1):
            name = self.parts[place].name
            if name in wanted:
                fed |= edges & own.get(name, 0)
                for edge in self.inputs[name]:
                    if edges & self.edge_bit(edge):
                        fed |= self.edge_bit(edge) | edges & own.get(self.edges[edge].name, 0)
                        wanted.add(self.edges[edge].source)
        return fed

    def tags(self, delivery: int, *places: str) -> tuple[str, ...]:
        """Return the tags that a delivery has of some parts and edges, each once."""
        wanted = [place for place, mark in enumerate(self.marks) if mark.place in places]
        return tuple(dict.fromkeys(self.marks[place].tag for place in wanted if delivery & self.mark_bit(place)))

    def damage(self, delivery: int) -> dict[str, tuple[str, ...]]:
        """Return the tags of each taken edge that has some, by its name, and of the exit."""
        struck = {self.edges[edge].name: self.tags(delivery, self.edges[edge].source, self.edges[edge].name)
                  for edge in self.edges_of(delivery)}
        answers = self.exit_of(delivery) or ""
        return {name: tags for name, tags in {**struck, answers: self.tags(delivery, answers)}.items() if tags}

    def edge_text(self, delivery: int, edge: int) -> str:
        """Return an edge with its tags in a delivery: its own, and those of what its source put out."""
        ends = self.edges[edge]
        tags = self.tags(delivery, ends.source, ends.name) if delivery & self.all_marks else ()
        return replace(ends, tag=", ".join(filter(None, [ends.tag, *tags]))).text

    def text(self, delivery: int) -> str:
        """Return a delivery for people: ``cloud <- iot->edge edge->cloud``, or ``-`` for the empty one.

        A part that fired with no input is told at the end: ``c <- e2->f4 f4->c f3->c (f3 starved)``; tags are in
        brackets, those of what a part put out at each edge that took it: ``cloud <- iot->edge edge->cloud[bit flips]``.
        """
        if delivery == EMPTY:
            return "-"
        held = self.held_of(delivery)
        texts = {edge: self.edge_text(delivery, edge) for edge in self.edges_of(delivery)}
        texts |= {edge: f"{self.edges[edge].name}[held]" for edge in held}
        fed = {*self.sources, *(self.edges[edge].target for edge in texts)}
        senders = (self.edges[edge].source for edge in self.edges_of(delivery))
        bare = dict.fromkeys(sender for sender in senders if sender not in fed)
        told = f" ({', '.join(bare)} starved)" if bare else ""
        answers = self.exit_of(delivery) or ""
        tags = self.tags(delivery, answers)
        head = f"{answers}[{', '.join(tags)}]" if tags else answers
        return f"{head} <- " + " ".join(texts[edge] for edge in sorted(texts)) + told
