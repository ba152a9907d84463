"""The literature's way to expected accuracy: zero dead machines' weights, predict with the whole network, restore.

It skips the patterns in which nothing flows, predicts in batches of 32 (the default of ``predict``), and judges "is the
input here?" by zeros, as ResiliNet's code does.
"""

from __future__ import annotations

import numpy as np

from simulator.model.backend import keras


class Mux(keras.Layer):
    """The literature's join: of the alternatives, first choice first, the first that is not all zeros."""

    def call(self, alternatives):
        """Return the alternative taken, sample by sample."""
        chosen = alternatives[-1]
        for tensor in reversed(alternatives[:-1]):
            axes = tuple(range(1, len(tensor.shape)))
            here = keras.ops.any(keras.ops.not_equal(tensor, 0), axis=axes, keepdims=True)
            chosen = keras.ops.where(here, tensor, chosen)
        return chosen


def whole_network(split):
    """Return a split model as one network without masks, its weights copied; inputs by source."""
    graph, output = split.graph, {name: keras.Input(split.shapes[name], name=name) for name in split.graph.sources}
    inputs = dict(output)
    for part in graph.parts:
        if part.join is None:
            continue
        sent = {edge: _sent(split, edge, output) for edge in graph.inputs[part.name]}
        groups = [[_sum([sent[edge] for edge in alternative]) for alternative in group] for group in part.join.groups]
        joined = _sum([Mux()(group) if len(group) > 1 else group[0] for group in groups])
        output[part.name] = split.parts[part.name](joined)
    whole = keras.Model(inputs, output[graph.exits[0]])
    copy = keras.models.clone_model(whole)
    copy.set_weights(whole.get_weights())
    return copy


def _sent(split, edge, output):
    tensor = output[split.graph.edges[edge].source]
    return split.adapters[edge](tensor) if edge in split.adapters else tensor


def _sum(tensors):
    return tensors[0] if len(tensors) == 1 else keras.layers.Add()(tensors)


def last_layers(piece):
    """Return the layers whose weights are zeroed so that a part puts out zeros: back from its end, through sums."""
    found, waiting = [], [piece.output]
    while waiting:
        layer = waiting.pop()._keras_history.operation
        if layer.weights:
            found.append(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            inputs = layer.input
            waiting += inputs if isinstance(inputs, list) else [inputs]
    return found


def accuracies(network, machines, inputs, labels, patterns):
    """Return the accuracy of each pattern, one prediction of the whole network each.

    Args:
        network: The whole network.
        machines: The layers to zero, by machine.
        inputs: The data of each source.
        labels: True classes.
        patterns: Who is down, pattern by pattern.
    """
    found = []
    for down in patterns:
        kept = network.get_weights()
        for name in down:
            for layer in machines[name]:
                layer.set_weights([np.zeros_like(array) for array in layer.get_weights()])
        found.append(float((network.predict(inputs, verbose=0).argmax(axis=1) == labels).mean()))
        network.set_weights(kept)
    return found
