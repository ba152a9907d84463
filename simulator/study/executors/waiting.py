"""Which cell may begin now: cells that need the same training wait for the first of them, and few train at once."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable

from simulator.model.keep import thread_count
from simulator.study.executors.task import Task

MOST_DEATHS = 3  # a cell whose worker died so often is not tried again


class Waiting:
    """Cells that wait for a worker.

    Of the cells that need a training, one begins and the others wait until its network has answered: then they find
    weights and answers on the disk. No more cells train at once than there are processors for their threads.

    Args:
        tasks: The cells, in the order in which they should begin.
        max_seconds: No cell begins after so long; None: all begin.
        trainers: How many may train at once; None: processors / ``SIM_THREADS``.
    """

    def __init__(self, tasks: Iterable[Task], max_seconds: float | None = None, trainers: int | None = None) -> None:
        self._buckets: dict[tuple[str, ...], deque[Task]] = {}
        for task in tasks:
            self._buckets.setdefault(task.needs, deque()).append(task)
        self._until = None if max_seconds is None else time.monotonic() + max_seconds
        self.trainers = trainers or max(1, processors() // thread_count())
        self._trained: set[str] = set()
        self._training: dict[str, set[str]] = {}  # by the cell that trains
        self._deaths: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many cells have not begun."""
        return sum(map(len, self._buckets.values()))

    @property
    def is_over(self) -> bool:
        """Whether no further cell may begin."""
        return self._until is not None and time.monotonic() >= self._until

    def take(self, last: tuple[str, ...] = ()) -> Task | None:
        """Return a cell that may begin now, None where there is none.

        Args:
            last: What the cell before it on the same worker needed: its network is in memory there.
        """
        if self.is_over:
            return None
        for needs in (last, *self._buckets) if last else self._buckets:
            if self._buckets.get(needs) and self._may_begin(needs):
                return self._begun(needs)
        return None

    def _may_begin(self, needs: tuple[str, ...]) -> bool:
        missing = set(needs) - self._trained
        if any(missing & names for names in self._training.values()):
            return False
        return not missing or len(self._training) < self.trainers

    def _begun(self, needs: tuple[str, ...]) -> Task:
        task = self._buckets[needs].popleft()
        if not self._buckets[needs]:
            del self._buckets[needs]
        if missing := set(needs) - self._trained:
            self._training[task.name] = missing
        return task

    def has_answered(self, task: Task) -> None:
        """Hear that the network of a running cell has answered: cells that need the same training may begin."""
        self._trained |= self._training.pop(task.name, set())

    def failed(self, task: Task) -> None:
        """Hear that a cell came to nothing: another one has to do its training."""
        self._training.pop(task.name, None)

    def died(self, task: Task) -> bool:
        """Hear that the worker of a cell is gone; return whether the cell is tried again, as the next."""
        self.failed(task)
        self._deaths[task.name] = self._deaths.get(task.name, 0) + 1
        if self._deaths[task.name] >= MOST_DEATHS:
            return False
        self.give_back(task)
        return True

    def give_back(self, task: Task) -> None:
        """Put a cell that has not begun in front."""
        self.failed(task)
        self._buckets.setdefault(task.needs, deque()).appendleft(task)


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
