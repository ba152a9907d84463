"""Exact expected accuracy under all four survival settings: part by part, against the literature's way.

The literature's way predicts with the whole network once for each pattern in which data flows (health 5, camera 157,
ResNet 3). Here every part output is computed once, in large calls. Both use the same weights, untrained, with biases of
zero (a starved part then emits zeros in the literature's network as well), and must find the same accuracies.

    python -m benchmarks.expectation [PERCENT]

The two ways take turns, a part of the patterns each time, so that a machine that is busy with other things is busy for
both. PERCENT shrinks the test sets. Camera is also held against plain Keras calls of the same FLOP.
"""

from __future__ import annotations

import sys
from math import ceil
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import simulator  # noqa: E402
from benchmarks import literature_way  # noqa: E402
from benchmarks.timing import seconds  # noqa: E402
from simulator.dataflow.graph import EMPTY  # noqa: E402
from simulator.evaluate.outcomes import Outcomes  # noqa: E402
from simulator.evaluate.part_by_part import Evaluation  # noqa: E402
from simulator.evaluate.plan import RunPlan  # noqa: E402
from simulator.expect.exact import enumerate_patterns, expected_accuracy  # noqa: E402
from simulator.failures.bernoulli import BernoulliBlock  # noqa: E402
from simulator.model.runner import KerasRunner  # noqa: E402
from simulator.model.split import SplitModel  # noqa: E402
from simulator.scenario.variants import variants  # noqa: E402
from simulator.study.assemble import Assembly  # noqa: E402

SETTINGS = ("no_failure", "normal", "poor", "hazardous")
# Scenario, shape of a sample, classes, test samples, least ratio wanted.
CASES = (
    ("health-average-accuracy", (23,), 13, 12_000, 1.5),
    ("camera-average-accuracy", (6, 32, 32, 3), 3, 146, 6.0),
    ("cifar-resnet-average-accuracy", (32, 32, 3), 10, 1_000, 1.2),
)
NO_ANSWER, WANTED_OF_FLOP, TURNS, CALL_ROWS = 0.1, 1.3, 4, (64, 1024)


def assembly_of(scenario):
    """Return the cell of a scenario with skips and joins that select, under its last survival setting."""
    cells = variants(simulator.load(scenario, {"repeats": "1", "sweep.strategy": "[resilinet]"}))
    cell = cells[-1]
    return Assembly(cell.scenario, cell.topology, cell.model, cell.base)


class Case:
    """A model with random test data, and both ways to its expected accuracies.

    Args:
        scenario: Name on the shelf.
        shape: Shape of a sample.
        classes: Number of classes.
        samples: Test samples.
    """

    def __init__(self, scenario, shape, classes, samples):
        self.assembly, self.samples = assembly_of(scenario), samples
        graph = self.assembly.graph
        self.split = SplitModel(self.assembly.model, graph, shape, classes)
        rng = np.random.Generator(np.random.PCG64(1))
        x = rng.random((samples, *shape), dtype=np.float32)
        self.labels = rng.integers(0, classes, samples)
        self.patterns = enumerate_patterns(self.assembly.process, 20)
        self.downs = self.patterns.down()
        self.deliveries = [self.assembly.reach.delivery(down) for down in self.downs]
        self.flowing = [place for place, delivery in enumerate(self.deliveries) if delivery != EMPTY]
        self.runner, self.graph = KerasRunner(self.split, x), graph
        self.network = literature_way.whole_network(self.split)
        self.inputs = {name: np.ascontiguousarray(data) for name, data in self.split.inputs_of(x).items()}
        part_of = {node: part for part, node in self.assembly.placement.items()}
        self.machines = {node: literature_way.last_layers(self.network.get_layer(part_of[node]))
                         for node in self.patterns.components}
        self.theirs, self.ours, self.part_runs = {}, [], 0

    def our_way(self):
        """Find the expected accuracy of all four settings, part by part."""
        evaluation = Evaluation(self.graph, self.runner, self.samples)
        outcomes = Outcomes(self.labels, np.arange(self.samples), np.full(self.samples, NO_ANSWER),
                            evaluation.predictions)
        outcomes.ensure(self.deliveries)
        self.ours = [float(outcomes.correct(self.deliveries[place]).mean()) for place in self.flowing]
        self.part_runs = evaluation.part_runs
        return [expected_accuracy(self.chances(s), self.deliveries, outcomes.correct).expected_accuracy.value
                for s in SETTINGS]

    def chances(self, setting):
        """Return the probability of each pattern under a setting."""
        process = BernoulliBlock(kind="bernoulli", survival=setting).build(self.assembly.topology)
        survival = dict(zip(process.components, process.survival(), strict=True))
        up = np.array([survival.get(name, 1.0) for name in self.patterns.components])
        return np.where(self.patterns.up, up, 1 - up).prod(axis=1)

    def their_way(self, turn):
        """Find the accuracies of a share of the patterns with the whole network."""
        places = self.flowing[turn::TURNS]
        found = literature_way.accuracies(self.network, self.machines, self.inputs, self.labels,
                                          [self.downs[place] for place in places])
        self.theirs |= dict(zip(places, found, strict=True))

    def plain_seconds(self, rows, samples):
        """Return how long so many samples of all part runs take in plain Keras calls of so many rows."""
        total = 0.0
        for name, runs in RunPlan.of(self.graph, self.deliveries).inputs.items():
            if name in self.split.parts:
                piece, calls = self.split.parts[name], len(runs) * samples / rows
                batch, made = np.ones((rows, *piece.input.shape[1:]), np.float32), ceil(calls)
                took = seconds(lambda: [piece.predict_on_batch(batch) for _ in range(made)])  # noqa: B023
                total += calls / made * took
        return total


def measure(name, case, wanted, with_flop):
    """Time both ways in turns and print their ratio."""
    case.our_way()  # compiled before the clock starts
    case.network.predict(case.inputs, verbose=0)
    for rows in CALL_ROWS if with_flop else ():
        case.plain_seconds(rows, 1)
    ours, theirs, flop = 0.0, 0.0, dict.fromkeys(CALL_ROWS, 0.0)
    for turn in range(TURNS):
        ours += seconds(case.our_way) / TURNS
        theirs += seconds(lambda turn=turn: case.their_way(turn))
        for rows in CALL_ROWS if with_flop else ():
            flop[rows] += case.plain_seconds(rows, case.samples / TURNS)
    if [case.theirs[place] for place in case.flowing] != case.ours:
        raise SystemExit(f"{name}: the two ways give different accuracies")
    print(f"{name}, {case.samples} samples, {len(case.flowing)} patterns that answer, {case.part_runs} part runs")
    print(f"  part by part {ours:.2f} s, the literature's way {theirs:.2f} s: "
          f"{theirs / ours:.1f}x, wanted {wanted:g}x: {'ok' if theirs / ours >= wanted else 'BELOW'}")
    for rows, took in flop.items() if with_flop else ():
        print(f"  the same FLOP in plain Keras calls of {rows} rows {took:.2f} s: {ours / took:.2f} of it, "
              f"wanted at most {WANTED_OF_FLOP:g}: {'ok' if ours / took <= WANTED_OF_FLOP else 'ABOVE'}")


def main(percent: int = 100) -> None:
    """Measure all cases."""
    for name, shape, classes, samples, wanted in CASES:
        case = Case(name, shape, classes, max(8, samples * percent // 100))
        measure(name, case, wanted, with_flop=name.startswith("camera"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
