"""Model files for tests, and the walk of a split model part by part, in the plainest way."""

from itertools import product
from pathlib import Path

import numpy as np
import yaml

from simulator.model.blocks import ModelFile
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.model.split import SplitModel

SHELF = Path(__file__).parents[2] / "models"

TINY = {
    "sources": {"iot": {}},
    "parts": {
        "edge": {"layers": [{"layer": "Dense", "units": 5, "activation": "relu"}]},
        "fog": {"layers": [{"layer": "Dense", "units": 5, "activation": "relu"}]},
        "cloud": {"exit": True, "layers": [{"layer": "Dense", "units": "classes", "activation": "softmax"}]},
    },
    "hyperconnections": [{"from": "iot", "to": "edge"}, {"from": "edge", "to": "fog"}, {"from": "fog", "to": "cloud"},
                         {"from": "iot", "to": "fog", "weight": 0.5}, {"from": "edge", "to": "cloud"}],
}


def tiny(**changes):
    """Return the tiny chain's model file with some keys replaced."""
    return ModelFile.model_validate({**TINY, **changes})


def tiny_with(part, *layers):
    """Return the tiny chain with other layers in one part."""
    parts = {**TINY["parts"], part: {**TINY["parts"][part], "layers": list(layers)}}
    return tiny(parts=parts)


def shelf_model(name):
    """Return a shipped model file."""
    return ModelFile.model_validate(yaml.safe_load((SHELF / f"{name}.yaml").read_text()))


def split_model(model, strategy, shape, classes, **kwargs):
    """Return the split model of a strategy, without training; of several partitions the first."""
    return SplitModel(expanded(model), part_graph(model, strategy), shape, classes, **kwargs)


def alive_patterns(graph):
    """Return every set of dead parts (sources and exits live)."""
    mortal = [part.name for part in graph.parts if part.join is not None and not part.is_exit]
    return [frozenset(name for name, dies in zip(mortal, bits, strict=True) if dies)
            for bits in product((False, True), repeat=len(mortal))]


def taken_edges(graph, dead):
    """Return the taken edges of each part that sends something: a walk by the join rules."""
    taken = {}
    for part in graph.parts:
        if part.name in dead:
            continue
        if part.join is None:
            taken[part.name] = ()
            continue
        edges = part.join.take({edge for edge in part.join.edges if graph.edges[edge].source in taken})
        if edges:
            taken[part.name] = edges
    return taken


def answers(graph):
    """Return, for each distinct delivery to the first exit, one set of dead parts that gives it."""
    found = {}
    for dead in alive_patterns(graph):
        taken, behind, wanted = taken_edges(graph, dead), set(), [graph.exits[0]]
        if graph.exits[0] not in taken:
            continue
        while wanted:
            edges = set(taken[wanted.pop()]) - behind
            behind |= edges
            wanted += [graph.edges[edge].source for edge in edges]
        found.setdefault(frozenset(behind), dead)
    return list(found.values())


def run_by_parts(runner, graph, dead, samples):
    """Return the first exit's output, run part by part over the taken edges."""
    taken, output = taken_edges(graph, dead), {}
    for part in graph.parts:
        if part.join is None:
            output[part.name] = runner.source(part.name, samples)
        elif part.name in taken:
            arrived = [runner.send(edge, output[graph.edges[edge].source]) for edge in taken[part.name]]
            output[part.name] = runner.run(part.name, arrived)
    return output[graph.exits[0]]


def edges_up(graph, dead):
    """Return which edges carry a message when these parts are dead, as a row of 0 and 1."""
    return np.array([float(edge.source not in dead) for edge in graph.edges], dtype=np.float32)
