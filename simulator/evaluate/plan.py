"""Which parts must be run for a set of deliveries, and how long each output is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from simulator.dataflow.graph import EMPTY, PartGraph

Sent = tuple[int, int]  # an edge, and ``fed`` of the part that it comes from, with the edge's own marks


@dataclass(frozen=True)
class RunPlan:
    """The part runs behind a set of deliveries, each of them once.

    A part's output is named by what it has been fed (``PartGraph.behind``): two deliveries that agree on that share it.

    Args:
        graph: The part graph.
        deliveries: The deliveries that are wanted, without the empty one, each once.
        inputs: For each part in topological order, and each ``fed`` wanted of it, the tensors that it takes.
    """

    graph: PartGraph
    deliveries: tuple[int, ...]
    inputs: Mapping[str, Mapping[int, tuple[Sent, ...]]]

    @staticmethod
    def of(graph: PartGraph, deliveries: Iterable[int]) -> RunPlan:
        """Return the plan of these deliveries; the empty delivery needs nothing."""
        wanted = tuple(dict.fromkeys(delivery for delivery in deliveries if delivery != EMPTY))
        inputs: dict[str, dict[int, tuple[Sent, ...]]] = {part.name: {} for part in graph.parts}
        for delivery in wanted:
            part = graph.exit_of(delivery)
            pending = [] if part is None else [(part, graph.behind(part, delivery))]
            while pending:
                part, fed = pending.pop()
                if fed not in inputs[part]:
                    taken = [edge for edge in graph.inputs[part] if fed & graph.edge_bit(edge)]
                    senders = [graph.edges[edge].source for edge in taken]
                    behind = [graph.behind(sender, fed) for sender in senders]
                    own = [fed & graph.own_marks.get(graph.edges[edge].name, 0) for edge in taken]
                    keys = [key | marks for key, marks in zip(behind, own, strict=True)]
                    inputs[part][fed] = tuple(zip(taken, keys, strict=True))
                    pending += zip(senders, behind, strict=True)
        return RunPlan(graph, wanted, inputs)

    @cached_property
    def part_runs(self) -> int:
        """How many distinct outputs are computed; sources and adapters are not counted."""
        return sum(len(self.undamaged(part)) for part in self.inputs if part not in self.graph.sources)

    def undamaged(self, part: str) -> dict[int, tuple[Sent, ...]]:
        """Return what a part takes by ``fed`` without its own marks: what is computed; damage comes after."""
        own = self.graph.own_marks.get(part, 0)
        return {fed & ~own: inputs for fed, inputs in self.inputs[part].items()}

    @cached_property
    def answers(self) -> dict[str, dict[int, int]]:
        """For each part, the deliveries that it answers, and ``fed`` of it in each."""
        answers: dict[str, dict[int, int]] = {part: {} for part in self.inputs}
        for delivery in self.deliveries:
            if (part := self.graph.exit_of(delivery)) is not None:
                answers[part][delivery] = self.graph.behind(part, delivery)
        return answers

    @cached_property
    def done_with(self) -> dict[str, tuple[str, ...]]:
        """For each part, those whose outputs nobody needs once it has run."""
        last: dict[str, str] = {}
        for part in self.inputs:
            if self.inputs[part]:
                last[part] = part
            for edge in self.graph.inputs[part]:
                if self.inputs[part]:
                    last[self.graph.edges[edge].source] = part
        return {part: tuple(name for name, at in last.items() if at == part) for part in self.inputs}

    def peak_bytes(self, row_bytes: Callable[[str], float], sent_bytes: Callable[[int], float]) -> float:
        """Return the most bytes that one sample takes at any time: outputs kept, and what arrives at one part.

        Args:
            row_bytes: Bytes of one row of a part's output.
            sent_bytes: Bytes of one row of the new tensor that an edge makes; 0 where it passes the output on as it is.
        """
        kept, peak = 0.0, 0.0
        for part, runs in self.inputs.items():
            kept += len(runs) * row_bytes(part)
            arriving = {sent for inputs in runs.values() for sent in inputs}
            peak = max(peak, kept + sum(sent_bytes(edge) for edge, _ in arriving))
            kept -= sum(len(self.inputs[name]) * row_bytes(name) for name in self.done_with[part])
        return peak
