"""A split model of plain numpy: dense layers with a ReLU, adapters where shapes differ. No Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from simulator.dataflow.graph import EMPTY, PartGraph


class PlainRunner:
    """One dense layer for each part (fulfils ``PartRunner``); it counts its calls and their rows.

    Sources hold ``widths[source]`` numbers, every part puts out ``widths[part]``; an input of another width than the
    first declared input of its part passes an adapter. Weights are small whole numbers, so sums are exact in float32.
    """

    def __init__(
        self, graph: PartGraph, samples: int, widths: Mapping[str, int] | None = None, seed: int = 0, *,
        has_biases: bool = False,
    ) -> None:
        rng = np.random.Generator(np.random.PCG64(seed))
        self.graph = graph
        self.widths = {part.name: (widths or {}).get(part.name, 4) for part in graph.parts}
        self.data = {name: rng.integers(-3, 4, (samples, self.widths[name])).astype(np.float32)
                     for name in graph.sources}
        self.kernels, self.adapters = {}, {}
        for part in graph.parts:
            if part.join is not None:
                wanted = self.widths[graph.edges[graph.inputs[part.name][0]].source]
                self.kernels[part.name] = rng.integers(-1, 2, (wanted, self.widths[part.name])).astype(np.float32)
                for edge in graph.inputs[part.name]:
                    has = self.widths[graph.edges[edge].source]
                    if has != wanted:
                        self.adapters[edge] = rng.integers(-1, 2, (has, wanted)).astype(np.float32)
        biases = np.random.Generator(np.random.PCG64(seed + 1))
        self.biases = {name: biases.integers(0, 4, self.widths[name]).astype(np.float32) if has_biases else 0
                       for name in self.kernels}
        self.calls: list[tuple[str, int]] = []

    def source(self, part: str, samples: np.ndarray) -> np.ndarray:
        return self.data[part][samples]

    def send(self, edge: int, output: np.ndarray, way: Callable[[np.ndarray], np.ndarray] | None = None) -> np.ndarray:
        weight = self.graph.edges[edge].weight
        sent = output @ self.adapters[edge] if edge in self.adapters else output
        sent = sent if way is None else way(sent)
        return sent if weight == 1 else sent * np.float32(weight)

    def run(self, part: str, inputs: Sequence[np.ndarray]) -> np.ndarray:
        total = inputs[0].copy()
        for tensor in inputs[1:]:
            total += tensor
        self.calls.append((part, len(total)))
        return np.clip(total @ self.kernels[part] + self.biases[part], 0, 99)  # stays small and whole

    def no_input(self, part: str, rows: int) -> np.ndarray:
        return np.zeros((rows, len(self.kernels[part])), np.float32)

    def predict(self, exit_part: str, output: np.ndarray) -> np.ndarray:
        return output.argmax(axis=1)

    def call_rows(self, part: str) -> int:
        return 1024

    def row_bytes(self, part: str) -> int:
        return 4 * self.widths[part]


def forward(runner: PlainRunner, delivery: int, samples: int) -> np.ndarray:
    """Return the predictions of one delivery the slow and obvious way: the whole network, for all samples."""
    graph = runner.graph
    assert delivery != EMPTY
    names = {graph.edges[edge].name: edge for edge in graph.edges_of(delivery)}

    def output(part: str) -> np.ndarray:
        if part in graph.sources:
            return runner.source(part, np.arange(samples))
        taken = [edge for edge in names.values() if graph.edges[edge].target == part]
        arrived = [runner.send(edge, output(graph.edges[edge].source)) for edge in taken]
        return runner.run(part, arrived or [runner.no_input(part, samples)])

    answer = graph.exit_of(delivery)
    assert answer is not None
    return runner.predict(answer, output(answer))
