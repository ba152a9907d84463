"""Training with failout against training the same network without it, epoch by epoch in turns.

Failout drops parts at random, per sample; the network, its skips and its joins are the same on both sides.

    python -m benchmarks.failout_training [EPOCHS]
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import simulator  # noqa: E402
from benchmarks.timing import seconds  # noqa: E402
from simulator.model.backend import keras  # noqa: E402
from simulator.model.split import SplitModel  # noqa: E402
from simulator.scenario.variants import variants  # noqa: E402
from simulator.study.assemble import Assembly  # noqa: E402

WANTED = 1.1
# Scenario, shape of a sample, classes, samples of an epoch, batch size, and the strategies: plain, with failout.
CASES = (
    ("health-average-accuracy", (23,), 13, 30_720, 1024, ("select", "resilinet")),
    ("health-average-accuracy", (23,), 13, 30_720, 1024, ("dfg", "resilinet_plus")),
    ("camera-average-accuracy", (6, 32, 32, 3), 3, 320, 64, ("select", "resilinet")),
    ("camera-average-accuracy", (6, 32, 32, 3), 3, 320, 64, ("dfg", "resilinet_plus")),
)


def epoch_of(scenario, strategy, shape, classes, samples, batch):
    """Return a function that trains one epoch; what is compiled is compiled already."""
    cell = variants(simulator.load(scenario, {"repeats": "1", "sweep": "{}", "strategy": strategy}))[0]
    assembly = Assembly(cell.scenario, cell.topology, cell.model, cell.base)
    split = SplitModel(cell.model, assembly.graph, shape, classes, assembly.failout)
    whole = split.training_model
    whole.compile(optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", jit_compile=False)
    rng = np.random.Generator(np.random.PCG64(1))
    x = split.inputs_of(rng.random((batch, *shape), dtype=np.float32))
    y = dict.fromkeys(assembly.graph.exits, rng.integers(0, classes, batch))
    whole.train_on_batch(x, y)
    return lambda: [whole.train_on_batch(x, y) for _ in range(samples // batch)]


def main(epochs: int = 8) -> None:
    """Time both, and print the ratio of their epochs."""
    for scenario, shape, classes, samples, batch, (plain, failout) in CASES:
        without, with_it = (epoch_of(scenario, s, shape, classes, samples, batch) for s in (plain, failout))
        ratios = [1 / (seconds(without) / seconds(with_it)) for _ in range(epochs)]
        middle = statistics.median(ratios)
        print(f"{scenario}: {failout} takes {middle:.2f} [{min(ratios):.2f}-{max(ratios):.2f}] of the time of {plain}, "
              f"wanted at most {WANTED:g}: {'ok' if middle <= WANTED else 'ABOVE'}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
