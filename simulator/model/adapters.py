"""Adapters of a given model, fitted without labels: least squares to what the bypassed parts would have sent.

With everything up, a skip from s to t is asked to say what t's simple inputs said of the same sample. Adapters are
linear, so the best answer is that of the normal equations, gathered batch by batch; nothing is drawn and nothing tuned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.model.backend import keras
from simulator.model.messages import Pack
from simulator.model.nodes import Call, calls
from simulator.model.runner import KerasRunner
from simulator.model.split import SplitModel

BATCH = 64
RIDGE = 1e-6  # of the mean square of the inputs: keeps the equations solvable where channels are dead or alike
MOST_SAMPLES = 8192
MOST_INPUTS = 4096  # of one layer; more keep their random weights
Array = NDArray[np.float64]
Batch = NDArray[np.float32]


def bypassed(graph: PartGraph) -> dict[int, tuple[int, ...]]:
    """Return for each skip the simple hyperconnections into its target that it stands in for."""
    skips: dict[int, tuple[int, ...]] = {}
    feeds = _feeds(graph)
    for place, edge in enumerate(graph.edges):
        others = [other for other in graph.inputs[edge.target] if other != place]
        found = tuple(other for other in others
                      if graph.edges[other].source != edge.source and graph.edges[other].source in feeds[edge.source]
                      and is_simple(graph, other, feeds))
        if found and not is_simple(graph, place, feeds):
            skips[place] = found
    return skips


def _feeds(graph: PartGraph) -> dict[str, set[str]]:
    """Return the parts that each part feeds, directly or not, itself included."""
    feeds = {part.name: {part.name} for part in graph.parts}
    for part in reversed(graph.parts):
        for edge in graph.outputs[part.name]:
            feeds[part.name] |= feeds[graph.edges[edge].target]
    return feeds


def is_simple(graph: PartGraph, place: int, feeds: dict[str, set[str]]) -> bool:
    """Return whether no other path leads from the hyperconnection's source to its target."""
    edge = graph.edges[place]
    return not any(edge.target in feeds[graph.edges[other].target]
                   for other in graph.outputs[edge.source] if other != place)


def fit_adapters(split: SplitModel, x: NDArray[Any]) -> dict[int, float]:
    """Fit every adapter of a skip to what it stands in for; return the share of its variance left unexplained, by edge.

    Args:
        split: A split model with its parts' weights; its adapters are changed.
        x: Samples, shape ``(samples, *shape)``, of which at most ``MOST_SAMPLES`` are used; no labels.
    """
    wanted = {edge: others for edge, others in bypassed(split.graph).items() if edge in split.adapters}
    fits = {edge: [Fit(layer) for layer in linear_layers(split.adapters[edge])] for edge in wanted}
    chosen = x[np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_SAMPLES)).round().astype(np.intp))]
    for held, sent in _everything_up(split, chosen):
        for edge, others in wanted.items():
            target = np.sum([sent[other] for other in others], axis=0) / np.float32(split.graph.edges[edge].weight)
            for fit in fits[edge]:
                fit.see(held[split.graph.edges[edge].source], target)
    return {edge: float(np.mean([fit.solve() for fit in fits[edge]])) for edge in wanted if fits[edge]}


def _everything_up(split: SplitModel, x: NDArray[Any]) -> Iterator[tuple[dict[str, Batch], dict[int, Batch]]]:
    """Yield for each batch the output of each part, and what arrives over each simple hyperconnection, none down."""
    graph, runner = split.graph, KerasRunner(split, x)
    feeds = _feeds(graph)
    simple = [place for place in range(len(graph.edges)) if is_simple(graph, place, feeds)]
    for start in range(0, len(x), BATCH):
        held: dict[str, Batch] = {}
        sent: dict[int, Batch] = {}
        for part in graph.parts:
            edges = [edge for edge in graph.inputs[part.name] if edge in simple]
            sent |= {edge: runner.send(edge, held[graph.edges[edge].source]) for edge in edges}
            rows = np.arange(start, min(start + BATCH, len(x)))
            held[part.name] = (runner.run(part.name, [sent[edge] for edge in edges]) if edges
                               else runner.source(part.name, rows))
        yield held, sent


@dataclass(frozen=True)
class LinearLayer:
    """A layer of an adapter that has weights.

    Args:
        layer: A Dense layer, or a 1 x 1 convolution.
        before: The model from the adapter's input to the layer's; None where that is the same.
        start: Where in the message the layer's tensor begins, in numbers.
        shape: Shape of one sample of that tensor.
    """

    layer: Any
    before: Any | None
    start: int
    shape: tuple[int, ...]

    @property
    def inputs(self) -> int:
        """How many numbers one output of the layer is made of."""
        return int(self.layer.kernel.shape[-2])

    def rows(self, held: Batch, target: Batch) -> tuple[Array, Array]:
        """Return what goes into the layer and what is to come out of it, one row for each place of each sample."""
        taken = held if self.before is None else np.asarray(self.before.predict_on_batch(held))
        size = prod(self.shape)
        wanted = target.reshape(len(target), -1)[:, self.start : self.start + size].reshape(-1, *self.shape)
        if isinstance(self.layer, keras.layers.Dense):
            x, y = taken.reshape(len(taken), -1), wanted.reshape(len(wanted), -1)
            return np.hstack([x, np.ones((len(x), 1))]), y.astype(np.float64)
        strided = taken[(slice(None), *(slice(None, None, step) for step in self.layer.strides))]
        both = tuple(slice(min(a, b)) for a, b in zip(strided.shape[1:-1], wanted.shape[1:-1], strict=True))
        x, y = strided[(slice(None), *both)], wanted[(slice(None), *both)]
        return x.reshape(-1, x.shape[-1]).astype(np.float64), y.reshape(-1, y.shape[-1]).astype(np.float64)


def linear_layers(adapter: Any) -> list[LinearLayer]:
    """Return the layers of an adapter that can be fitted."""
    found, made = [], list(calls(adapter))
    for call in made:
        if isinstance(call.operation, keras.layers.Dense) or "Conv" in type(call.operation).__name__:
            before = call.inputs[0]
            number, tensors = _end(call.outputs[0], made)
            layer = LinearLayer(call.operation, None if before is adapter.input else keras.Model(adapter.input, before),
                                sum(prod(tensor.shape[1:]) for tensor in tensors[:number]),
                                tuple(tensors[number].shape[1:]))
            if layer.inputs <= MOST_INPUTS:
                found.append(layer)
    return found


def _end(tensor: Any, made: Sequence[Call]) -> tuple[int, tuple[Any, ...]]:
    """Return which of a message's tensors a tensor becomes, and all of them."""
    for call in made:
        if any(taken is tensor for taken in call.inputs):
            if isinstance(call.operation, Pack):
                return next(place for place, taken in enumerate(call.inputs) if taken is tensor), call.inputs
            return _end(call.outputs[0], made)
    return 0, (tensor,)


class Fit:
    """The normal equations of one layer, gathered batch by batch."""

    def __init__(self, linear: LinearLayer) -> None:
        self.linear = linear
        self.rows, self.square, self.cross = 0, np.zeros(()), np.zeros(())
        self.sums, self.squares = np.zeros(()), 0.0

    def see(self, held: Batch, target: Batch) -> None:
        """Take in a batch: what the sender holds, and what the adapter should say."""
        x, y = self.linear.rows(held, target)
        self.rows += len(x)
        self.square, self.cross = self.square + x.T @ x, self.cross + x.T @ y
        self.sums, self.squares = self.sums + y.sum(axis=0), self.squares + float((y * y).sum())

    def solve(self) -> float:
        """Give the layer the best weights; return the share of the target's variance that they leave unexplained."""
        ridge = RIDGE * np.trace(self.square) / len(self.square)
        best = np.linalg.solve(self.square + ridge * np.eye(len(self.square)), self.cross)
        layer = self.linear.layer
        if isinstance(layer, keras.layers.Dense):
            layer.set_weights([best[:-1].astype(np.float32), best[-1].astype(np.float32)])
        else:
            layer.set_weights([best.reshape(layer.kernel.shape).astype(np.float32)])
        left = self.squares - 2 * float((best * self.cross).sum()) + float((best * (self.square @ best)).sum())
        variance = self.squares - float((self.sums * self.sums).sum()) / self.rows
        return left / variance if variance > 0 else 0.0
