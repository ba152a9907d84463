"""One Keras model of the whole split network: for training with failout, and to be told which edges are up."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.join import Join as JoinRule
from simulator.model.backend import keras
from simulator.model.layers import Failout, Join

ops = keras.ops
EDGES_UP = "edges_up"


def join_layer(graph: PartGraph, part: str, rule: JoinRule) -> Join:
    """Return the layer of a part's join; its inputs are the part's edges in order of declaration."""
    place = {edge: number for number, edge in enumerate(graph.inputs[part])}
    groups = [[[place[edge] for edge in alternative] for alternative in group] for group in rule.groups]
    return Join(groups, [graph.edges[edge].weight for edge in graph.inputs[part]], rule.needs)


def joint_model(graph: PartGraph, parts: Mapping[str, Any], adapters: Mapping[int, Any],
                failouts: Mapping[str, Failout], shapes: Mapping[str, tuple[int, ...]], is_told: bool = False) -> Any:
    """Return the whole network as one functional model that shares its weights with the pieces.

    Inputs are a dict: the data of each source by name and, where ``is_told``, ``edges_up`` of shape
    ``(samples, edges)`` with 1 for an edge that carries its message. Outputs are a dict by exit.

    Args:
        graph: The part graph.
        parts: Sub-model of each part that is no source.
        adapters: Sub-model of each edge that has one, by index.
        failouts: The Failout of each part that can fail in training; upstream of all its consumers and adapters.
        shapes: Shape of one sample of each source.
        is_told: Whether the edges that are up are an input.
    """
    inputs = {name: keras.Input(shapes[name], name=name) for name in graph.sources}
    if is_told:
        inputs[EDGES_UP] = keras.Input((len(graph.edges),), name=EDGES_UP)
    output: dict[str, Any] = {}
    available: dict[str, Any] = {}
    for part in graph.parts:
        name = part.name
        if part.join is None:
            output[name] = inputs[name]
            available[name] = ops.ones_like(ops.reshape(inputs[name], (-1, prod(shapes[name])))[:, :1])
        else:
            edges = graph.inputs[name]
            flags = [available[graph.edges[edge].source] for edge in edges]
            if is_told:
                flags = [flag * inputs[EDGES_UP][:, e : e + 1] for flag, e in zip(flags, edges, strict=True)]
            tensors = [_over(adapters, edge, output[graph.edges[edge].source]) for edge in edges]
            joined, available[name] = join_layer(graph, name, part.join)(tensors, ops.concatenate(flags, axis=1))
            output[name] = parts[name](joined)
        if name in failouts:
            dropped, alive = failouts[name](output[name])
            # A join does not take what is absent, whatever it holds: only an exit's answer itself must be dropped.
            output[name] = dropped if part.is_exit else output[name]
            available[name] = available[name] * alive
    return keras.Model(inputs, {name: output[name] for name in graph.exits})


def _over(adapters: Mapping[int, Any], edge: int, tensor: Any) -> Any:
    return adapters[edge](tensor) if edge in adapters else tensor
