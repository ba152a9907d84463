"""Run a scenario: its cells, one after the other; finished ones are found and skipped."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from simulator.errors import Problem, ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.labels import label_text
from simulator.scenario.load import Loaded, resolved
from simulator.scenario.located import located
from simulator.scenario.variants import Variant
from simulator.study.again import order_of
from simulator.study.answers import outcomes_of
from simulator.study.assemble import Assembly
from simulator.study.cell import answer
from simulator.study.cell_files import CellAnswer, labelled
from simulator.study.connections import connections_of
from simulator.study.elsewhere import elsewhere
from simulator.study.executors.task import one_thread_for_sums
from simulator.study.extending import replications_of
from simulator.study.fingerprint import fingerprint
from simulator.study.finished import Run, finished
from simulator.study.grid import Grid
from simulator.study.how import How
from simulator.study.index import index_of
from simulator.study.input_differences import under_inputs
from simulator.study.memory import Memory
from simulator.study.progress import Progress
from simulator.study.quick import quickened
from simulator.study.record import CellRecord, Record
from simulator.study.repeats import differences, is_comparable, summed_up
from simulator.study.sampled_differences import sampled_differences
from simulator.study.search import Search
from simulator.study.store import RunFolder, write_text
from simulator.study.to_precision import ToPrecision
from simulator.study.trends import trend_rows
from simulator.study.versions import circumstances
from simulator.study.work import Cells, Executors, Work
from simulator.units import SECOND_NS

Rows = list[dict[str, Any]]


class Told(TypedDict, total=False):
    """What a record tells beside its cells."""

    search: dict[str, Any]
    precision: Rows


def run(loaded: Loaded, out: Path | None = None, *, quick: bool = False, progress: Progress | None = None,
        how: How | None = None) -> Run:
    """Run a loaded scenario and return the finished run; its report is not written here.

    Args:
        loaded: The scenario with its topology and model.
        out: Run folder; ``runs/NAME-HASH`` when not given.
        quick: One epoch, 200 requests, random data where the data set is missing.
        progress: Who is told how far it is.
        how: Which of its cells, by whom, for how long; all in this process when not given.

    Raises:
        ScenarioError: a file, a path or a value is wrong.
        RunFolderError: the folder holds another run or cannot be written.
        CellsFailed: some cells came to nothing; the others are kept.
        Unfinished: not all cells were asked for, or there was no time for all.
    """
    began, began_ns = time.time(), time.monotonic_ns()
    progress = progress or Progress()
    _check_search(loaded, how or How())
    loaded = quickened(loaded) if quick else loaded
    if before := finished(loaded, out, quick=quick):
        return before
    grid = Grid.of(loaded, out, quick=quick)
    folder = RunFolder(grid.path, grid.hash, loaded.scenario.title,
                       shard=how.shard.file if how and how.shard else "", tell=progress.set_aside,
                       beside=elsewhere(how.found_in if how else (), out))
    with folder.claimed(), one_thread_for_sums():
        if loaded.scenario.precision is None:
            folder.write_index(index_of(loaded, *grid.columns, grid.hash, quick=quick))
        doing = Doing(loaded, quick, progress, Memory(), folder)
        answers, told = _answers(doing, grid.cells, how or How())
        record = _record(doing, grid.columns[0], answers, told)
        frames = folder.write_frames(answers)
        folder.write_record(record.to_json())
        if loaded.scenario.precision:  # only now the names of its cells are known
            names = [answer.record.hash for answer in answers]
            folder.write_index(index_of(loaded, grid.columns[0], names, grid.hash, quick=quick))
        if doing.made:
            write_text(folder.path / "volatile.json", json.dumps(volatile(began, began_ns), indent=1) + "\n")
    return Run(record, folder.path, not doing.made, lambda: frames)


def _record(doing: Doing, cells: Sequence[Variant], answers: Sequence[CellAnswer], told: Told) -> Record:
    """Return the record of a run from the answers of its cells."""
    loaded, records = doing.loaded, tuple(a.record for a in answers)
    repeats, compared = _side_by_side(doing, cells, records)
    return Record(
        title=loaded.scenario.title,
        question=loaded.scenario.question,
        hash=doing.folder.hash,
        seed=loaded.scenario.seed,
        scenario=resolved(loaded),
        versions=circumstances(),
        cells=records,
        **order_of(loaded, answers[0].record.label),
        repeats=repeats,
        differences=compared,
        hyperconnections=connections_of(loaded, records),
        **told,
        trends=trend_rows(loaded, records),
        is_quick=doing.quick,
        is_synthetic=any("SYNTHETIC" in note for a in answers for note in a.record.notes),
    )


def _answers(doing: Doing, cells: Sequence[tuple[Variant, str]], how: How,
             ) -> tuple[Sequence[CellAnswer], Told]:
    """Return the answers of cells with their names; of a search those that it shows; and what else the record tells."""
    if doing.loaded.scenario.search:
        searched = Search(doing.loaded, doing.answer, doing.progress).run()
        return searched.cells, {"search": searched.told}

    with Executors(how) as executors:

        def through(some: Cells, kept: Mapping[str, str]) -> list[CellAnswer]:
            work = Work(doing.loaded, doing.quick, doing.folder, doing.progress, how, made=doing.made, kept=kept,
                        executors=executors)
            return work.through(some)

        if asked := doing.loaded.scenario.precision:
            answers, rows = ToPrecision(doing.loaded, asked, doing.folder.path, through, doing.folder.drop).run(cells)
            return answers, {"precision": rows}
        return through(cells, {} if doing.quick else replications_of(doing.folder, cells, how)), {}


def _check_search(loaded: Loaded, how: How) -> None:
    """Check that a search is run as a search can be.

    Raises:
        ScenarioError: it is not.
    """
    if loaded.scenario.precision and (how.shard or how.only or how.failed):
        raise ScenarioError(Problem("a precision", "gives its effort to the widest of all cells",
                                    "leave out --shard, --only and --failed"))
    if loaded.scenario.search and not how.is_plain:
        raise ScenarioError(Problem("a search", "tries one point after the other, each where those before it lead",
                                    "leave out --jobs, --dask, --shard, --only, --failed and --max-seconds"))


def _side_by_side(doing: Doing, cells: Sequence[Variant], records: tuple[CellRecord, ...]) -> tuple[Rows, Rows]:
    """Return what sums up repeats, and the paired differences between points of the grid, or nothing."""
    scenario = doing.loaded.scenario
    is_repeated = scenario.repeats.count > 1
    is_one = not any(key.partition(".")[0] == "data" for key in scenario.repeats.values)
    against = [label_text(value, next(iter(scenario.sweep), "")) for value in scenario.repeats.against]
    is_compared = is_repeated or is_comparable(records)
    compared = differences(records, is_one_test_set=is_one, against=against) if is_compared else []
    if is_repeated:
        return summed_up(records, is_one_test_set=is_one), compared
    if compared or scenario.search:
        return [], under_inputs(compared, records, scenario.seed)
    by_label = {tuple(cell.label.items()): cell for cell in cells}
    done = [(one, Assembly.of(by_label[tuple(one.label.items())])) for one in records if "forwards" in one.counts]
    return [], sampled_differences(done, partial(outcomes_of, quick=doing.quick, memory=doing.memory))


@dataclass(frozen=True)
class Doing:
    """What the cells of a run have in common while they are run; ``made`` names those that were not found."""

    loaded: Loaded
    quick: bool
    progress: Progress
    memory: Memory
    folder: RunFolder
    made: list[str] = field(default_factory=list)

    def answer(self, cell: Variant) -> CellAnswer:
        """Return the answer of a cell, found or made, under the cell's label."""
        done = self.found_or_made(cell, cell_hash(cell, quick=self.quick, data=fingerprint(cell)))
        return labelled(done, cell.label, ", ".join(cell.label.values()) or self.loaded.scenario.title)

    def found_or_made(self, cell: Variant, name: str) -> CellAnswer:
        """Return the answer of a cell of that name, run and kept where it is not finished yet."""
        if found := self.folder.find(name):
            return found
        with located(self.loaded, cell.scenario.model):
            done = answer(cell, name, quick=self.quick, progress=self.progress, memory=self.memory)
        self.folder.keep(done)
        self.made.append(name)
        return done


def volatile(began_s: float, began_ns: int) -> dict[str, object]:
    """Return the facts that differ from run to run: when, how long, and on what machine.

    Args:
        began_s: By the clock on the wall, which may jump.
        began_ns: By one that does not.
    """
    return {
        "began": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(began_s)),
        "seconds": round((time.monotonic_ns() - began_ns) / SECOND_NS, 3),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
    }
