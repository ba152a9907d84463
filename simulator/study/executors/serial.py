"""The executor for one cell after the other, in this process and in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.study.executors.task import Finished, made, one_thread_for_sums
from simulator.study.executors.waiting import Waiting
from simulator.study.memory import Memory
from simulator.study.progress import Progress


class Serial:
    """Makes cells in this process.

    Args:
        memory: What cells before these have found.
    """

    is_serial = True

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()

    def __enter__(self) -> Serial:
        """Nothing is to be begun."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be ended."""

    def run(self, waiting: Waiting, progress: Progress) -> Iterator[Finished]:
        """Yield each cell as it is finished."""
        with one_thread_for_sums():
            while task := waiting.take():
                progress.running(1)
                yield made(task, progress, self.memory)
                waiting.has_answered(task)
