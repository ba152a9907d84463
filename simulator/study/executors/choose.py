"""Which executor a study has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from simulator.study.executors.on_dask import OnDask
from simulator.study.executors.processes import Processes
from simulator.study.executors.serial import Serial
from simulator.study.executors.task import Finished
from simulator.study.executors.waiting import Waiting, processors
from simulator.study.how import How
from simulator.study.progress import Progress


class Executor(Protocol):
    """Makes cells; left, it ends whatever it has begun."""

    @property
    def is_serial(self) -> bool:
        """Whether it makes one cell after the other."""

    def __enter__(self) -> Executor:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End whatever is at work."""

    def run(self, waiting: Waiting, progress: Progress) -> Iterator[Finished]:
        """Yield each cell that waits, or may still begin, as it is finished.

        Args:
            waiting: The cells.
            progress: Who is told.
        """


def executor_of(how: How) -> Executor:
    """Return the executor that is asked for."""
    if how.dask:
        return OnDask(how.dask, how.jobs if how.jobs > 1 else processors())
    return Processes(how.jobs) if how.jobs > 1 else Serial()
