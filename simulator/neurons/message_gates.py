"""A split network with a gate on every message: its scores, and their slopes in the gates by a backward pass each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import keras
from simulator.model.before_softmax import before_softmax
from simulator.model.coders import crossing
from simulator.model.split import SplitModel
from simulator.neurons.gradients import gradients

ops = keras.ops
Floats = NDArray[np.float64]
Data = Mapping[str, NDArray[np.float32]]
ROWS_PER_CALL = 512


@final
class MessageGates:
    """The whole network as one Keras model that is told the gate of each hyperconnection, any number.

    A part runs on the sum of its messages, each times its gate and its constant weight, whatever its join would take.
    Exits put out what their softmax takes. The rounding of codecs is left out: it has no slope.

    Args:
        split: The network, with the weights that it has now.
    """

    def __init__(self, split: SplitModel) -> None:
        graph = split.graph
        start = {name: keras.Input(split.shapes[name], name=name) for name in graph.sources}
        opening = keras.Input((len(graph.edges),), name="gates")
        output: dict[str, Any] = dict(start)
        scores: dict[str, Any] = {}
        for part in graph.parts:
            if part.join is None:
                continue
            joined = None
            for place in graph.inputs[part.name]:
                edge = graph.edges[place]
                message = crossing(*split.pieces_on(place), None)(output[edge.source])
                gate = ops.reshape(opening[:, place : place + 1] * edge.weight, (-1, *(1,) * (len(message.shape) - 1)))
                joined = message * gate if joined is None else joined + message * gate
            output[part.name] = split.parts[part.name](joined)
            if part.is_exit:
                scores[part.name] = before_softmax(split.parts[part.name])(joined)
        self.edges = len(graph.edges)
        self._models = {name: keras.Model([*start.values(), opening], end) for name, end in scores.items()}

    def scores(self, data: Data, gates: Floats, exit_part: str) -> Floats:
        """Return an exit's scores, shape ``(rows, outputs)``.

        Args:
            data: What each source holds, each of shape ``(rows, ...)``.
            gates: Of the hyperconnections, shape ``(edges,)``.
            exit_part: The exit.
        """
        found = []
        for part in _calls(data):
            made = self._call(part, exit_part)(ops.convert_to_tensor(_gates(gates, part)))
            found.append(ops.convert_to_numpy(made))
        whole: Floats = np.concatenate(found).astype(np.float64)
        return whole

    def slopes(self, data: Data, gates: Floats, exit_part: str) -> Floats:
        """Return d score / d gate, shape ``(rows, outputs, edges)``: one forward and one backward pass a score."""
        outputs = self._models[exit_part].output.shape[-1]
        found = []
        for part in _calls(data):
            rows = _gates(gates, part)
            each = np.broadcast_to(np.eye(outputs, dtype=np.float32)[:, np.newaxis], (outputs, len(rows), outputs))
            found.append(np.moveaxis(gradients(self._call(part, exit_part), rows, np.ascontiguousarray(each)), 0, 1))
        whole: Floats = np.concatenate(found).astype(np.float64)
        return whole

    def _call(self, data: Data, exit_part: str) -> Any:
        model, held = self._models[exit_part], [ops.convert_to_tensor(rows) for rows in data.values()]
        return lambda gates: model([*held, gates], training=False)


def _calls(data: Data) -> list[dict[str, NDArray[np.float32]]]:
    rows = len(next(iter(data.values())))
    steps = range(0, max(1, rows), ROWS_PER_CALL)
    return [{name: held[first : first + ROWS_PER_CALL] for name, held in data.items()} for first in steps]


def _gates(gates: Floats, data: Data) -> NDArray[np.float32]:
    rows = len(next(iter(data.values())))
    return np.ascontiguousarray(np.broadcast_to(gates.astype(np.float32), (rows, len(gates))))
