"""The predictions of answers that rest on values held from earlier requests: each for its own samples, not remembered.

A held tensor was made of the data that its own request asked about, and of what that request was fed, held values in
their turn. So what is computed is (part, request) pairs: those behind the wanted answers, each once a chunk, all pairs
of a part in as few calls as can be, from the sources on. A part of request r depends on parts before it in the graph
only, of r or of earlier requests, so that one pass through the parts is enough, however long the chain of requests is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.evaluate.part_by_part import Classes
from simulator.evaluate.runner import PartRunner, Tensor
from simulator.evaluate.stack import stacked

Pairs = Mapping[str, Mapping[int, int]]
"""By part, in topological order: ``fed`` of the part by request."""
TENSORS_A_ROW = 4  # of a pair: its output (twice while it is put in order), what arrives, and a sum


@dataclass(frozen=True)
class HeldRequests:
    """The requests of one replication, as far as held answers rest on them.

    Args:
        deliveries: The delivery of each answer that is wanted, by request.
        samples: Index of the test sample of every request, shape ``(requests,)``.
        origins: By (request, edge) of a held value: the request whose value it was, and ``fed`` of that value.
    """

    deliveries: Mapping[int, int]
    samples: NDArray[np.integer]
    origins: Mapping[tuple[int, int], tuple[int, int]]


class HeldEvaluation:
    """Predicted classes of requests.

    At most ``memory_bytes`` of tensors are kept at once (but one answer's, at least; weights are not counted): answers
    are taken in chunks, and an answer needs at most as many rows of a part as there are ways from the part to an exit.

    Args:
        graph: The part graph.
        runner: Runs one part on a batch.
        memory_bytes: The bound.
        rows_per_call: The most rows of one call.
    """

    def __init__(self, graph: PartGraph, runner: PartRunner, memory_bytes: int = 80_000_000,
                 rows_per_call: int = 1024) -> None:
        self.graph, self.runner = graph, runner
        self.memory_bytes, self.rows_per_call = memory_bytes, rows_per_call

    def predictions(self, asked: HeldRequests) -> Classes:
        """Return the predicted class of each wanted answer, in the order of ``asked.deliveries``."""
        wanted, size = list(asked.deliveries.items()), self.chunk_answers()
        predicted: dict[int, int] = {}
        for start in range(0, len(wanted), size):
            predicted.update(self._chunk(dict(wanted[start : start + size]), asked))
        return np.array([predicted[request] for request in asked.deliveries], dtype=np.intp)

    def chunk_answers(self) -> int:
        """Return how many answers are computed at once so that their tensors stay within the memory."""
        ways = self.ways()
        row = TENSORS_A_ROW * sum(ways[part.name] * self._widest(part.name) for part in self.graph.parts)
        return max(1, self.memory_bytes // max(1, row))

    def _widest(self, part: str) -> int:
        senders = (self.graph.edges[edge].source for edge in self.graph.inputs[part])
        return max(map(self.runner.row_bytes, (part, *senders)))

    def ways(self) -> dict[str, int]:
        """Return, for each part, how many ways of hyperconnections lead from it to an exit."""
        graph, ways = self.graph, dict[str, int]()
        for part in reversed(graph.parts):
            onward = sum(ways[graph.edges[edge].target] for edge in graph.outputs[part.name])
            ways[part.name] = onward + part.is_exit
        return ways

    def pairs(self, deliveries: Mapping[int, int], asked: HeldRequests) -> dict[str, dict[int, int]]:
        """Return the (part, request) pairs behind some answers, with ``fed`` of each."""
        graph = self.graph
        needed: dict[str, dict[int, int]] = {part.name: {} for part in graph.parts}
        for request, delivery in deliveries.items():
            if (exit_part := graph.exit_of(delivery)) is not None:
                needed[exit_part][request] = delivery
        for part in reversed(graph.parts):
            for request, fed in needed[part.name].items():
                for edge, origin, behind in self._taken(part.name, request, fed, asked):
                    needed[graph.edges[edge].source][origin] = behind
        return needed

    def _taken(self, part: str, request: int, fed: int, asked: HeldRequests) -> Iterator[tuple[int, int, int]]:
        """Yield (edge, request, fed) of each input that a part took for a request."""
        for edge in self.graph.inputs[part]:
            if fed & self.graph.edge_bit(edge):
                yield edge, request, fed
            elif fed & self.graph.held_bit(edge):
                yield edge, *asked.origins[request, edge]

    def _chunk(self, deliveries: Mapping[int, int], asked: HeldRequests) -> Iterator[tuple[int, int]]:
        """Yield (request, class) of some answers."""
        graph, needed = self.graph, self.pairs(deliveries, asked)
        outputs: dict[str, Tensor] = {}
        places = {part: {request: place for place, request in enumerate(of)} for part, of in needed.items()}
        last = {graph.edges[edge].source: name for name, of in needed.items() if of for edge in graph.inputs[name]}
        for part, of in needed.items():
            if not of:
                continue
            if part in graph.sources:
                outputs[part] = self.runner.source(part, asked.samples[list(of)].astype(np.intp))
            else:
                outputs[part] = self._run(part, of, (outputs, places), asked)
            answering = [request for request in of if graph.exit_of(deliveries.get(request, 0)) == part]
            rows = [places[part][request] for request in answering]
            if rows:
                yield from zip(answering, self.runner.predict(part, outputs[part][rows]).tolist(), strict=True)
            for done in [name for name, at in last.items() if at == part and name in outputs]:
                del outputs[done]

    def _run(
        self, part: str, of: Mapping[int, int], known: tuple[Mapping[str, Tensor], Mapping[str, Mapping[int, int]]],
        asked: HeldRequests,
    ) -> Tensor:
        """Return the outputs of a part for some requests, those that took the same inputs together."""
        outputs, places = known
        alike: dict[tuple[int, ...], list[tuple[int, list[int]]]] = {}
        for place, (request, fed) in enumerate(of.items()):
            taken = [*self._taken(part, request, fed, asked)]
            origins = [places[self.graph.edges[edge].source][origin] for edge, origin, _ in taken]
            alike.setdefault(tuple(edge for edge, _, _ in taken), []).append((place, origins))
        batches = {}
        for number, (edges, members) in enumerate(alike.items()):
            rows = np.array([origins for _, origins in members], dtype=np.intp).T
            batches[number] = [
                self.runner.send(edge, outputs[self.graph.edges[edge].source][column])
                for edge, column in zip(edges, rows, strict=True)
            ]
        rows_per_call = max(1, min(self.rows_per_call, self.runner.call_rows(part)))
        made = stacked(partial(self.runner.run, part), batches, rows_per_call)
        order = np.argsort([place for members in alike.values() for place, _ in members])
        joined: Tensor = np.concatenate([made[number] for number in range(len(alike))])[order]
        return joined
