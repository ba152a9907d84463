"""How long each part takes on this machine: measured service times, one sample at a time."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.study.answers import dataset_of
from simulator.study.assemble import Assembly

WARM_UPS = 5
MS = 1e3


@dataclass(frozen=True)
class PartTimes:
    """The measured times of one part.

    Args:
        ms: Milliseconds of each run on one sample, shape ``(runs,)``.
        work_flop: FLOP of the part.
    """

    ms: NDArray[np.float64]
    work_flop: float

    @property
    def median_ms(self) -> float:
        """The median, which other work on this machine moves less than the mean."""
        return float(np.median(self.ms))

    @property
    def speed_flop_per_s(self) -> float:
        """FLOP a second at the median: what a topology would write as the node's speed; NaN for no work."""
        return self.work_flop / self.median_ms * MS if self.work_flop and self.median_ms else float("nan")


def profiled(assembly: Assembly, runs: int, *, quick: bool) -> dict[str, PartTimes]:
    """Return the times of each part of a cell's network; nothing is trained, since weights take no time.

    Args:
        assembly: The cell.
        runs: How often each part is run, after a few runs that are not counted.
        quick: Whether random data may stand in for a missing data set, of which only the shape matters.

    Raises:
        ScenarioError: the model has no layers, or its data set is missing.
    """
    if not assembly.has_layers:
        way_out = "give a model of layers; parts without layers have the service times that their file gives"
        raise ScenarioError(Problem("model", f"{assembly.scenario.model!r} has no layers to be timed", way_out))
    from simulator.model.part_calls import part_calls  # noqa: PLC0415 - Keras
    from simulator.model.split import SplitModel  # noqa: PLC0415

    assembly = assembly.standing_in() if quick else assembly
    data = dataset_of(assembly, quick)
    split = SplitModel(assembly.model, assembly.graph, data.shape, data.classes)
    work = split.costs().work_flop
    return {name: PartTimes(timed(call, runs), work.get(name, 0.0)) for name, call in part_calls(split).items()}


def timed(call: Callable[[], object], runs: int) -> NDArray[np.float64]:
    """Return the milliseconds of each of so many runs."""
    for _ in range(WARM_UPS):
        call()
    found = np.empty(runs)
    for run in range(runs):
        begin = time.perf_counter()
        call()
        found[run] = (time.perf_counter() - begin) * MS
    return found


def write_times(times: Mapping[str, PartTimes], path: Path) -> None:
    """Write a CSV file with a column for each part and a row for each run, in milliseconds.

    Raises:
        ScenarioError: the file is there already, or cannot be written.
    """
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(times)
            writer.writerows(zip(*([f"{ms:.6f}" for ms in part.ms] for part in times.values()), strict=True))
    except FileExistsError as error:
        raise ScenarioError(Problem("--out", f"{str(path)!r} is there already", "name another file")) from error
    except OSError as error:
        said = f"{str(path)!r} cannot be written ({error.strerror})"
        raise ScenarioError(Problem("--out", said, "name a file in a folder that is there")) from error
