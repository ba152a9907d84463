"""Crashes inside a dense network 784-500-100-10: what drawing and estimating cost, in passes through the network.

    python -m benchmarks.neurons [INPUTS]

Monte Carlo against as many plain forward passes of the same compiled network at equal batches, with crashes of the
inputs (the whole network is run) and of the first hidden layer (only the tail is); its memory for R and for 4 R
repetitions; the first-order estimate of all ten outputs against plain forward and backward passes; single crashes of
all neurons at once against one call a neuron, after both are found equal. Seconds are of the processor.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from benchmarks.timing import ratio_text
from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph, read_graph
from simulator.neurons import gradients
from simulator.neurons.crash_points import CrashPoint, Placed, placed
from simulator.neurons.draws import Coins
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.monte_carlo import monte_carlo
from simulator.neurons.secants import singles

INPUTS, DRAWN, REPETITIONS, ROUNDS = 10_000, 64, 200, 3
PROBABILITY = 0.01
MOST_DRAWN, MOST_MEMORY, MOST_FIRST, LEAST_SINGLE = 1.3, 1.1, 15.0, 20.0
SLACK = 1e-4


def network() -> KerasGraph:
    """Return the network, with random weights."""
    keras.utils.set_random_seed(1)
    start = tensor = keras.Input((784,), name="picture")
    for name, units in (("first", 500), ("second", 100), ("out", 10)):
        tensor = keras.layers.Dense(units, activation=None if name == "out" else "relu", name=name)(tensor)
    return read_graph(keras.Model(start, tensor), "the benchmark")


def drawn(of: Placed, repetitions: int) -> None:
    """Draw crashes."""
    coins = Coins(of.crashes.units, PROBABILITY, np.random.Generator(np.random.PCG64(1)))
    monte_carlo(of.tail, of.activations, of.crashes, repetitions, coins)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_turns(name: str, ours: Callable[[], object], plain: Callable[[], object], most: float) -> None:
    """Print the time of one thing in that of another."""
    ours(), plain()  # compiles
    ratios = [seconds(ours) / seconds(plain) for _ in range(ROUNDS)]
    middle = statistics.median(ratios)
    print(f"{name}: {middle:.2f}x [{min(ratios):.2f}-{max(ratios):.2f}], wanted at most {most:g}x: "
          f"{'ok' if middle <= most else 'ABOVE'}")


def peak(work: Callable[[], object]) -> int:
    """Return the most bytes that numpy holds at once."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def one_by_one(graph: KerasGraph, pictures: np.ndarray) -> np.ndarray:
    """Return what the crash of each neuron of the first layer does, by one call of the network a neuron."""
    first, second, out = (graph.calls[name].operation for name in ("first", "second", "out"))
    correct, found = np.asarray(out(second(first(pictures)))), []
    for neuron in range(first.units):
        at = np.array(first(pictures))
        at[:, neuron] = 0
        found.append(np.asarray(out(second(at))) - correct)
    return np.stack(found, axis=2)


def main() -> None:
    """Print the ratios."""
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else INPUTS
    repetitions = REPETITIONS if inputs >= INPUTS else 4
    graph, pictures = network(), np.random.Generator(np.random.PCG64(2)).random((max(inputs, DRAWN), 784))
    few = pictures[:DRAWN]
    whole = placed(graph, [CrashPoint("picture", PROBABILITY)], few)
    tail = placed(graph, [CrashPoint("first", PROBABILITY)], few)
    rows = np.tile(few, (repetitions, 1)).astype(np.float32)
    for name, of in (("inputs", whole), ("first hidden layer", tail)):
        in_turns(f"Monte Carlo, {repetitions} x {DRAWN} rows, crashes of the {name}, against plain forward passes",
                 lambda of=of: drawn(of, repetitions), lambda: whole.tail.outputs(rows), MOST_DRAWN)
    memory = peak(lambda: drawn(tail, 4 * max(repetitions, 300))) / peak(lambda: drawn(tail, max(repetitions, 300)))
    print(f"memory of 4 R repetitions against R: {memory:.2f}x, wanted at most {MOST_MEMORY:g}x: "
          f"{'ok' if memory <= MOST_MEMORY else 'ABOVE'}")
    many, plain = placed(graph, [CrashPoint("first", PROBABILITY)], pictures), pictures.astype(np.float32)
    one = np.ones((1, 1000, 10), dtype=np.float32)

    def passes() -> None:
        for first in range(0, len(plain), 1000):
            batch = plain[first : first + 1000]
            gradients.gradients(lambda at: whole.tail.model(at, training=False), batch, one[:, : len(batch)])

    in_turns(f"first order, ten outputs, {len(plain):,} inputs, against plain forward and backward passes",
             lambda: first_order(many.tail, many.activations, many.crashes), passes, MOST_FIRST)
    shown = few[:4].astype(np.float32)
    some = placed(graph, [CrashPoint("first", PROBABILITY)], few[:4])
    ours, theirs = singles(some.tail, some.activations, some.crashes), one_by_one(graph, shown)
    if np.abs(ours - theirs).max() > SLACK:
        raise SystemExit(f"the two ways differ by {np.abs(ours - theirs).max():.3g}")
    ratios = [seconds(lambda: one_by_one(graph, shown))
              / seconds(lambda: singles(some.tail, some.activations, some.crashes)) for _ in range(ROUNDS)]
    print(f"single crashes of 500 neurons at once against one call a neuron: {ratio_text(ratios, LEAST_SINGLE)}")


if __name__ == "__main__":
    main()
