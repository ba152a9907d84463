"""The whole split network while everything is up: one plain Keras model, without flags and joins."""

from __future__ import annotations

from typing import Any

from simulator.model.backend import keras
from simulator.model.coders import crossing
from simulator.model.pieces import Shape
from simulator.model.split import SplitModel


def whole_model(split: SplitModel, exit_part: str) -> Any:
    """Return the network from its sources to an exit when nothing is down; it shares its weights with the pieces.

    What a join takes is fixed then: its inputs are added, each times its weight. The arithmetic of codecs is left out.

    Args:
        split: The pieces.
        exit_part: The exit that answers.

    Returns:
        A functional model; its inputs have the names of the sources, in order, and its output is that of the exit.
    """
    graph = split.graph
    shapes: dict[str, Shape] = {name: split.shapes[name] for name in graph.sources}
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    output = dict(inputs)
    for part in graph.parts:
        if part.join is None:
            continue
        sent = []
        for edge in part.join.take(set(part.join.edges)):
            weight, tensor = graph.edges[edge].weight, output[graph.edges[edge].source]
            tensor = crossing(*split.pieces_on(edge), None)(tensor)
            sent.append(tensor if weight == 1 else tensor * weight)
        output[part.name] = split.parts[part.name](sent[0] if len(sent) == 1 else keras.layers.Add()(sent))
    return keras.Model(list(inputs.values()), output[exit_part])
