"""What is handed to an executor and what it hands back: a cell that is to be made, and how it ended."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Problem, SimulatorError
from simulator.scenario.variants import Variant

if TYPE_CHECKING:
    from simulator.study.cell_files import CellAnswer
    from simulator.study.memory import Memory
    from simulator.study.progress import Progress

BLAS = "OPENBLAS_NUM_THREADS"


@dataclass(frozen=True)
class Task:
    """A cell that is to be made.

    Args:
        cell: The point of the grid.
        name: Its content hash.
        quick: Whether it is the quick version.
        needs: Names of the trainings that it needs.
        kept: Folder of the cell's replications that were simulated before; "": none are kept.
    """

    cell: Variant
    name: str
    quick: bool = False
    needs: tuple[str, ...] = ()
    kept: str = ""

    @property
    def label(self) -> str:
        """The cell for people."""
        return ", ".join(self.cell.label.values()) or self.cell.scenario.title


@dataclass(frozen=True)
class Failure:
    """Why a cell has no answer.

    Args:
        message: In one line.
        trace: All that is known: a traceback, or what a worker said before it died.
        problems: What the user can solve; empty where it is not the user's.
    """

    message: str
    trace: str
    problems: tuple[Problem, ...] = ()

    @staticmethod
    def of(error: BaseException, doing: str = "") -> Failure:
        """Return an exception as a failure."""
        said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        problems = error.problems if isinstance(error, SimulatorError) else ()
        return Failure(f"{doing}{said}", "".join(traceback.format_exception(error)), problems)


@dataclass(frozen=True)
class Finished:
    """How a cell ended: with an answer, or with a failure.

    Args:
        name: The cell's content hash.
        answer: What it says; None where it failed.
        failure: Why it has no answer; None where it has one.
        seconds: How long it took.
        files: Files of the cache that its trainings made or used, by their path in it; only where they are to travel.
        error: The exception itself, where it was raised in this process.
    """

    name: str
    answer: CellAnswer | None = None
    failure: Failure | None = None
    seconds: float = 0.0
    files: dict[str, bytes] = field(default_factory=dict)
    error: Exception | None = None


def made(task: Task, progress: Progress, memory: Memory) -> Finished:
    """Make a cell, and return how it ended; only an interrupt is raised.

    Args:
        task: The cell.
        progress: Who is told.
        memory: What the cells before it in this process have found.
    """
    from simulator.study.cell import answer  # noqa: PLC0415 - heavy, and only where cells are made
    from simulator.study.kept_runs import KeptRuns  # noqa: PLC0415

    began = time.perf_counter()
    try:
        kept = KeptRuns(Path(task.kept)) if task.kept else None
        done = answer(task.cell, task.name, quick=task.quick, progress=progress, memory=memory, kept=kept)
    except Exception as error:
        return Finished(task.name, failure=Failure.of(error), seconds=time.perf_counter() - began, error=error)
    return Finished(task.name, done, seconds=time.perf_counter() - began)


@contextmanager
def one_thread_for_sums() -> Iterator[None]:
    """Let NumPy and SciPy multiply with one thread each, however many processors there are.

    A long inner product on two threads is added up in another order than on one, so that its last bit would depend on
    the machine; and workers side by side would get in each other's way. Keras has threads of its own (SIM_THREADS).
    """
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - only where cells are made

    before = os.environ.get(BLAS)
    os.environ[BLAS] = "1"  # for what is loaded from here on
    try:
        with ThreadpoolController().select(internal_api="openblas").limit(limits=1):
            yield
    finally:
        os.environ.pop(BLAS)
        if before is not None:
            os.environ[BLAS] = before
