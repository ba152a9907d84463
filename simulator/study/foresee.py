"""What a run would do: which cells are finished, which are left, and how long these will take."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.scenario.load import Loaded
from simulator.scenario.variants import Variant
from simulator.study.assemble import Assembly
from simulator.study.cell_files import NAME_LENGTH
from simulator.study.executors.waiting import processors
from simulator.study.grid import Grid
from simulator.study.how import How
from simulator.study.memory import trainings
from simulator.study.progress import Progress
from simulator.study.quick import quickened
from simulator.study.standing import has_failed, times
from simulator.study.store import RunFolder
from simulator.study.work import Work

DONE, FAILED, LEFT = "finished", "failed before", "to do"
Needs = tuple[str, ...]


@dataclass(frozen=True)
class Foreseen:
    """What a run would do.

    Args:
        folder: Where.
        cells: The label of each cell that is asked for, and how it stands.
        trainings: How many models are trained, or found trained, for those that are left.
        seconds: How long these take, all together; None where nothing is known or nothing is left.
        workers: How many cells would be made side by side.
        timed: How many cells the estimate rests on.
        pilot: The cell that was made to find that out; empty where none was.
    """

    folder: Path
    cells: tuple[tuple[dict[str, str], str], ...]
    trainings: int = 0
    seconds: float | None = None
    workers: int = 1
    timed: int = 0
    pilot: str = ""

    def count(self, standing: str) -> int:
        """Return how many cells stand so."""
        return sum(each == standing for _, each in self.cells)


def foresee(loaded: Loaded, out: Path | None, how: How, *, quick: bool, progress: Progress | None = None) -> Foreseen:
    """Return what a run would do; where no cell has been timed yet, one is made for that, and kept.

    Args:
        loaded: The scenario.
        out: The run folder; one of its own when not given.
        how: Which of its cells, by whom.
        quick: Whether the quick version is meant.
        progress: Who is told of the cell that is made.

    Raises:
        ScenarioError: a file, a path or a value is wrong.
        RunFolderError: the folder cannot be written, where a cell is made.
    """
    loaded = quickened(loaded) if quick else loaded
    grid = Grid.of(loaded, out, quick=quick)
    chosen = how.chosen(grid.cells, lambda name: has_failed(grid.path, name))
    left, pilot = _left(grid.path, chosen), ""
    if left and not times(grid.path):
        folder = RunFolder(grid.path, grid.hash, loaded.scenario.title)
        with folder.claimed():
            pilot = Work(loaded, quick, folder, progress or Progress(), replace(how, shard=None)).pilot(left)
        left = _left(grid.path, chosen)
    needs = {name: tuple(trainings([Assembly.of(cell)])) for cell, name in chosen}
    took, names = times(grid.path), {name for _, name in left}
    missing = {need for name in names for need in needs[name]}
    one_by_one = seconds_of(needs, took, names)
    workers = max(1, min(how.jobs if how.jobs > 1 or not how.dask else processors(), len(left)))
    cells = tuple((cell.label, _standing(grid.path, name, names)) for cell, name in chosen)
    return Foreseen(grid.path, cells, len(missing), None if one_by_one is None else one_by_one / workers, workers,
                    len(took), pilot)


def _left(folder: Path, chosen: Sequence[tuple[Variant, str]]) -> list[tuple[Variant, str]]:
    return [(cell, name) for cell, name in chosen if not (folder / "cells" / name[:NAME_LENGTH]).is_dir()]


def _standing(folder: Path, name: str, left: Iterable[str]) -> str:
    if name not in left:
        return DONE
    return FAILED if has_failed(folder, name) else LEFT


def seconds_of(needs: Mapping[str, Needs], took: Mapping[str, float], left: Iterable[str]) -> float | None:
    """Return how long cells take one after the other; the first of those that share a training takes its own time.

    Args:
        needs: The trainings of each cell, by its name.
        took: The seconds of finished cells, in the order in which they ended.
        left: Names of the cells that are left.

    >>> needs = {"a": ("x",), "b": ("x",), "c": ("y",), "d": ("y",)}
    >>> seconds_of(needs, {"a": 10.0, "b": 1.0}, ["c", "d"])
    11.0
    """
    seen: Counter[Needs] = Counter()
    firsts: list[float] = []
    others: list[float] = []
    for name, seconds in took.items():
        if name in needs:
            (others if seen[needs[name]] or not needs[name] else firsts).append(seconds)
            seen[needs[name]] += 1
    if not firsts and not others:
        return None
    first, other = (statistics.fmean(mine or instead) for mine, instead in ((firsts, others), (others, firsts)))
    total = 0.0
    for name in left:
        total += other if seen[needs[name]] or not needs[name] else first
        seen[needs[name]] += 1
    return total
