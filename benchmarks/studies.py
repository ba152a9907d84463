"""What it costs to run many cells: two workers against one, what a cell costs beside its own work, and a sweep.

    python -m benchmarks.studies [CELLS]

Workers are compared by the clock on the wall, on cells of about a second of real work, after they have started; what
a cell costs beside its work, and a sweep against a single point, in processor time, which other work on the machine
does not change much.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import simulator
from benchmarks.timing import ratio_text
from simulator.study.executors.processes import Processes
from simulator.study.executors.task import Task
from simulator.study.executors.waiting import Waiting
from simulator.study.grid import Grid
from simulator.study.how import How
from simulator.study.progress import Progress
from simulator.study.run import run

ROUNDS = 3
WANTED_SPEED = 1.7
WANTED_MS = {"in this process": 5.0, "through Dask": 50.0}
WANTED_SWEEP = 1.2
BY_PARTS = {"kind": "by_parts", "no_answer": 0.1, "gain": 0.85, "each_lost": 0.97}
SMALL = {
    "workload": None,
    "measure": ["expected_accuracy"],
    "outcomes": BY_PARTS,
    "failures": [{"kind": "bernoulli", "survival": {"second": 0.9, "third": 0.8}}],
}
SAMPLES = 100
CAMERA = {
    "strategy": "resilinet",
    "workload": None,
    "training": {"epochs": 0},
    "measure": ["expected_accuracy"],
}


def tasks(requests: int, cells: int, first: int) -> list[Task]:
    """Return cells of about a second: queues with so many requests, each with another seed."""
    seeds = list(range(first, first + cells))
    loaded = simulator.load("queue", set={"workload.requests": requests, "replications": 2, "sweep": {"seed": seeds}})
    return [Task(cell, name) for cell, name in Grid.of(loaded, None, quick=False).cells]


def wall(executor: Processes, cells: list[Task]) -> tuple[float, float]:
    """Return the seconds until all cells are made, and the seconds of one."""
    began = time.perf_counter()
    took = [finished.seconds for finished in executor.run(Waiting(cells), Progress())]
    return time.perf_counter() - began, statistics.median(took)


def workers(cells: int) -> None:
    """Print how much faster two workers are than one."""
    requests = 40000
    with Processes(1) as one, Processes(2) as two:
        for executor in (one, two):
            wall(executor, tasks(200, 4, 1000))  # they start, and load what they need
        ratios, seconds = [], []
        for number in range(ROUNDS):
            alone, each = wall(one, tasks(requests, cells, 1 + number * cells))
            together, _ = wall(two, tasks(requests, cells, 1 + number * cells))
            ratios.append(alone / together)
            seconds.append(each)
    print(f"two workers against one, {cells} cells of {statistics.median(seconds):.1f} s, on the wall: "
          f"{ratio_text(ratios, WANTED_SPEED)}")


def beside(name: str, how: How, cells: int) -> None:
    """Print what a cell costs beside its own work, in processor time of the process that keeps it."""
    sweep = {"failures.0.survival.second": [0.5 + place / (3 * cells) for place in range(cells)]}
    loaded, costs = simulator.load("queue", set={**SMALL, "sweep": sweep}), []
    for number in range(ROUNDS + 1):
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            run(loaded, Path(folder) / "run", how=how)
            spent = time.process_time() - began
            lines = (Path(folder) / "run" / "times.jsonl").read_text().splitlines()
            own = sum(float(line.rpartition(":")[2].strip(" }")) for line in lines) if how == How() else 0.0
        if number:  # the first loads what all need
            costs.append(1000 * (spent - own) / cells)
    middle, wanted = statistics.median(costs), WANTED_MS[name]
    print(f"a cell beside its own work, {name}: {middle:.1f} ms [{min(costs):.1f}-{max(costs):.1f}] of processor time, "
          f"wanted at most {wanted:g} ms: {'ok' if middle <= wanted else 'ABOVE'}")


def sweep(points: int) -> None:
    """Print what a sweep over the failure probability of the camera model costs, against a single point."""
    with tempfile.TemporaryDirectory() as name:
        folder, dice = Path(name), np.random.Generator(np.random.PCG64(1))
        x = dice.random((SAMPLES, 6, 32, 32, 3), dtype=np.float32)
        y = np.arange(SAMPLES) % 3
        np.savez(folder / "data.npz", x_train=x[:30], y_train=y[:30], x_test=x, y_test=y)
        costs = {1: [], points: []}
        for number in range(ROUNDS + 1):
            for count, spent in costs.items():
                os.environ["SIM_CACHE_DIR"] = f"{name}/cache {number} {count}"  # nothing is known yet
                values = [0.5 + 0.4 * place / count for place in range(count)]
                settings = [[{"kind": "bernoulli", "survival": {part: value for part in PARTS}}] for value in values]
                loaded = simulator.load("camera", set={**CAMERA, "sweep": {"failures": settings},
                                                       "data": {"kind": "arrays", "path": str(folder / "data.npz")}})
                began = time.process_time()
                run(loaded, folder / f"run {number} {count}")
                if number:
                    spent.append(time.process_time() - began)
    ratios = [many / one for one, many in zip(costs[1], costs[points], strict=True)]
    middle = statistics.median(ratios)
    print(f"camera, {points} failure probabilities against one ({statistics.median(costs[1]):.1f} s), processor time: "
          f"{middle:.2f}x [{min(ratios):.2f}-{max(ratios):.2f}], wanted at most {WANTED_SWEEP:g}x: "
          f"{'ok' if middle <= WANTED_SWEEP else 'ABOVE'}")


PARTS = ("e1", "e2", "e3", "e4", "f2", "f3", "f4", "f1")


def main(cells: int = 8) -> None:
    """Print the costs."""
    sweep(10)
    beside("in this process", How(), 25 * cells)
    if importlib.util.find_spec("distributed"):
        beside("through Dask", How(jobs=1, dask="local"), 25 * cells)
    workers(cells)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
