"""Exact expected accuracy of the camera model with all seven skips: part by part, against the reference's way.

The reference zeroes the dead machines' weights, calls ``predict`` with its default batch on the whole network, and
restores them, once for each of the 157 patterns in which data flows. Here every part output is computed once (218 part
runs instead of 1,413), in large calls. Weights are untrained: their biases are zero, so that a part without input
emits zeros in the reference's network as well, and both ways must give the same accuracies.

    python benchmarks/camera_expectation.py [samples]

The two ways, and plain Keras calls of the same FLOP, take turns: the reference's way does a part of its patterns each
time, so that a machine that is busy with other things is busy for all of them.
"""

from __future__ import annotations

import resource
import sys
from itertools import product
from math import ceil, prod
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.timing import seconds  # noqa: E402
from simulator.dataflow.graph import EMPTY  # noqa: E402
from simulator.dataflow.reach import Reach  # noqa: E402
from simulator.evaluate.outcomes import Outcomes  # noqa: E402
from simulator.evaluate.part_by_part import Evaluation  # noqa: E402
from simulator.evaluate.plan import RunPlan  # noqa: E402
from simulator.model.backend import keras  # noqa: E402
from simulator.model.blocks import ModelFile  # noqa: E402
from simulator.model.graph import part_graph  # noqa: E402
from simulator.model.runner import KerasRunner  # noqa: E402
from simulator.model.split import SplitModel  # noqa: E402
from simulator.topology.graph import Link, Node, Topology  # noqa: E402
from simulator.topology.routes import Routes  # noqa: E402

MACHINES = ("f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4")
SURVIVAL = dict(zip(MACHINES, (.8, .8, .75, .75, .7, .7, .65, .65), strict=True))  # "hazardous"
SAMPLES, CLASSES, NO_ANSWER = 146, 3, 0.6
WANTED, WANTED_OF_FLOP = 6.0, 1.3
TURNS, CALL_ROWS = 4, (64, 1024)


class Mux(keras.Layer):
    """The reference's join: the second input where it is not all zeros, else the first."""

    def call(self, inputs):
        skip, below = inputs
        here = keras.ops.any(below != 0, axis=(1, 2, 3), keepdims=True)
        return keras.ops.where(here, below, skip)


def reference_network(split):
    """Return the whole network as the reference has it, with the same weights."""
    views = [keras.Input((32, 32, 3)) for _ in range(6)]
    add = keras.layers.Add()
    parts = split.parts
    e1, e2, e3, e4 = (parts[f"e{k}"](x) for k, x in
                      enumerate((add(views[:2]), views[2], keras.layers.Add()(views[3:5]), views[5]), 1))
    right = keras.layers.Add()([e2, e3, e4])
    f3, f4 = parts["f3"](e1), parts["f4"](right)
    f2 = parts["f2"](keras.layers.Add()([Mux()([e1, f3]), Mux()([right, f4])]))
    f1 = parts["f1"](Mux()([keras.layers.Add()([f3, f4]), f2]))
    whole = keras.Model(views, parts["c"](Mux()([f2, f1])))
    copy = keras.models.clone_model(whole)
    copy.set_weights(whole.get_weights())
    return copy


def last_layers(network):
    """Return the layer of each machine whose weights are zeroed when it is dead."""
    return {name: [layer for layer in network.get_layer(name).layers if layer.weights][-1] for name in MACHINES}


def the_reference_way(network, views, labels, patterns):
    """Return the accuracy of each pattern, one prediction of the whole network each."""
    layers = last_layers(network)
    accuracies = []
    for down in patterns:
        kept = network.get_weights()
        for name in down:
            layers[name].set_weights([np.zeros_like(array) for array in layers[name].get_weights()])
        accuracies.append(float((network.predict(views, verbose=0).argmax(axis=1) == labels).mean()))
        network.set_weights(kept)
    return accuracies


def plain_seconds(split, plan, samples, rows):
    """Return how long so many samples of all part runs take on the Keras models as they are, so many rows a call."""
    total = 0.0
    for name, runs in plan.inputs.items():
        if name in split.parts:
            piece, calls = split.parts[name], len(runs) * samples / rows
            batch = np.ones((rows, *piece.input.shape[1:]), np.float32)
            made = ceil(calls)
            total += calls / made * seconds(lambda: [piece.predict_on_batch(batch) for _ in range(made)])  # noqa: B023
    return total


def reach_of(graph):
    """Return reach on a topology with a node for each part and a link for each hyperconnection."""
    nodes = tuple(Node(part.name, forwards_when_down=False) for part in graph.parts)
    links = tuple(Link(edge.name, (edge.source, edge.target)) for edge in graph.edges)
    return Reach(graph, {part.name: part.name for part in graph.parts}, Routes(Topology("", nodes, links)))


def weight(down):
    """Return the probability of a pattern."""
    return prod(1 - SURVIVAL[name] if name in down else SURVIVAL[name] for name in MACHINES)


def main(samples: int = SAMPLES) -> None:
    """Time the three and print their ratios."""
    model = ModelFile.model_validate(yaml.safe_load((ROOT / "models" / "camera-mlp.yaml").read_text(encoding="utf-8")))
    graph = part_graph(model, "resilinet")
    split = SplitModel(model, graph, (6, 32, 32, 3), CLASSES)
    rng = np.random.Generator(np.random.PCG64(1))
    x = rng.random((samples, 6, 32, 32, 3), dtype=np.float32)
    labels = rng.integers(0, CLASSES, samples)
    reach = reach_of(graph)
    downs = [frozenset(n for n, up in zip(MACHINES, ups, strict=True) if not up) for ups in product((0, 1), repeat=8)]
    found = {down: reach.delivery(down) for down in downs}
    flowing = [down for down in downs if found[down] != EMPTY]
    network = reference_network(split)
    views = [np.ascontiguousarray(x[:, view]) for view in range(6)]
    runner = KerasRunner(split, x)
    answers = {"theirs": []}

    def our_way():
        evaluation = Evaluation(graph, runner, samples)
        outcomes = Outcomes(labels, np.arange(samples), np.full(samples, NO_ANSWER), evaluation.predictions)
        outcomes.ensure(found.values())
        answers["ours"] = [float(outcomes.correct(found[down]).mean()) for down in flowing]
        answers["runs"] = evaluation.part_runs

    def their_way(turn):
        answers["theirs"] += the_reference_way(network, views, labels, flowing[turn::TURNS])

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cold = seconds(our_way)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    plan = RunPlan.of(graph, found.values())
    network.predict(views, verbose=0)  # compiled before the clock starts, like ours
    for rows in CALL_ROWS:
        plain_seconds(split, plan, 1, rows)
    ours, theirs, flop = 0.0, 0.0, dict.fromkeys(CALL_ROWS, 0.0)
    for turn in range(TURNS):
        ours += seconds(our_way) / TURNS
        theirs += seconds(lambda turn=turn: their_way(turn))
        for rows in CALL_ROWS:
            flop[rows] += plain_seconds(split, plan, samples / TURNS, rows)
    in_turns = [accuracy for turn in range(TURNS) for accuracy in answers["ours"][turn::TURNS]]
    if in_turns != answers["theirs"]:
        raise SystemExit("the two ways give different accuracies")
    expected = sum(weight(d) * (answers["ours"][flowing.index(d)] if d in flowing else NO_ANSWER) for d in downs)
    report(samples, answers["runs"], len(flowing), ours, cold, theirs, flop, grown, expected)


def report(samples, runs, patterns, ours, cold, theirs, flop, grown, expected):
    """Print what was measured."""
    print(f"camera, {samples} samples, {patterns} patterns that answer: expected accuracy {expected:.5f} both ways")
    print(f"part by part ({runs} part runs) {ours:.2f} s (the first time, with compilation, {cold:.2f} s)")
    print(f"the reference's way {theirs:.2f} s: {theirs / ours:.1f}x, wanted {WANTED:g}x: "
          f"{'ok' if theirs / ours >= WANTED else 'BELOW'}")
    for rows, took in flop.items():
        print(f"the same FLOP in plain Keras calls of {rows} rows {took:.2f} s: {ours / took:.2f} of it, "
              f"wanted at most {WANTED_OF_FLOP:g}: {'ok' if ours / took <= WANTED_OF_FLOP else 'ABOVE'}")
    print(f"memory grew by {grown / 1024:.0f} MiB in the first evaluation")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
