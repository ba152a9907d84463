"""The executor for local processes: started afresh, watched, started again when they die.

A cell whose worker died is made again by another one; after three deaths it is told as failed and the rest goes on.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO, Any

from simulator.errors import Problem, SimulatorError
from simulator.study.executors.task import BLAS, Failure, Finished, Task
from simulator.study.executors.waiting import MOST_DEATHS, Waiting
from simulator.study.executors.worker import FINISHED, READY, received, send, unpacked
from simulator.study.progress import Progress

BEGIN = "import sys; sys.path[:] = {path!r}; from simulator.study.executors.worker import main; main()"
GONE = "gone"
TAIL = 8000  # bytes of what a worker said before it died
MOST_FALSE_STARTS = 3
ANSWERED = {"simulating"}  # a cell simulates when its network has answered


@dataclass
class Worker:
    """A process that makes one cell at a time; it has a session of its own, so that Ctrl-C does not reach it.

    Args:
        number: Which of the workers.
        events: Where its messages go, each with the worker.
    """

    number: int
    events: SimpleQueue[tuple[Worker, tuple[Any, ...]]]
    task: Task | None = None
    last: tuple[str, ...] = ()
    is_ready: bool = False

    def __post_init__(self) -> None:
        """Start the process."""
        self.said: IO[bytes] = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-c", BEGIN.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.said, start_new_session=True, env={**os.environ, BLAS: "1"})
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        if self.process.stdout:
            with self.process.stdout as said:
                for message in received(said):
                    self.events.put((self, message))
        self.events.put((self, (GONE,)))

    def begin(self, task: Task) -> None:
        """Send a task; raise whatever pickle raises where it cannot travel."""
        packed = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
        self.task, self.last = task, task.needs
        if self.process.stdin:
            with suppress(BrokenPipeError):  # it died; its output ends, and that is heard
                send(self.process.stdin, (task.name, packed))

    def ended(self) -> str:
        """Return how the process ended, and the end of what it said."""
        code = self.process.wait()
        self.said.seek(max(0, self.said.seek(0, os.SEEK_END) - TAIL))
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"worker {how}\n{self.said.read().decode(errors='replace')}"

    def stop(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        self.said.close()
        if self.process.stdin:
            with suppress(BrokenPipeError):  # what was not sent has nobody to read it
                self.process.stdin.close()


class Processes:
    """Makes cells in local processes, which stay until the executor is left.

    Args:
        workers: How many.
    """

    is_serial = False

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.events: SimpleQueue[tuple[Worker, tuple[Any, ...]]] = SimpleQueue()
        self.all: dict[int, Worker] = {}
        self.false_starts = 0

    def __enter__(self) -> Processes:
        """Workers are started when they are first needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers at once."""
        for worker in self.all.values():
            worker.stop()
        self.all.clear()

    def run(self, waiting: Waiting, progress: Progress) -> Iterator[Finished]:
        """Yield each cell as it is finished."""
        while True:
            yield from self._hand_out(waiting)
            busy = [worker for worker in self.all.values() if worker.task]
            progress.running(len(busy))
            if not busy:
                return
            yield from self._heard(*self.events.get(), waiting, progress)

    def _hand_out(self, waiting: Waiting) -> Iterator[Finished]:
        """Give each worker without a cell one that may begin, and yield those that cannot be sent."""
        for number in range(self.workers):
            worker = self.all.get(number)
            while not (worker and worker.task) and (task := waiting.take(worker.last if worker else ())):
                worker = self.all.setdefault(number, worker or Worker(number, self.events))
                try:
                    worker.begin(task)
                except Exception as error:
                    waiting.failed(task)
                    yield Finished(task.name, failure=Failure.of(error, "the cell cannot be sent to a worker: "))

    def _heard(self, worker: Worker, message: tuple[Any, ...], waiting: Waiting, progress: Progress,
               ) -> Iterator[Finished]:
        kind, *said = message
        task = worker.task
        if kind == GONE:
            yield from self._gone(worker, waiting)
        elif kind == READY:
            worker.is_ready, self.false_starts = True, 0
        elif kind == FINISHED:
            worker.task, finished = None, unpacked(*said)
            if task:
                (waiting.failed if finished.failure else waiting.has_answered)(task)
            yield finished
        else:
            if kind in ANSWERED and task:
                waiting.has_answered(task)
            getattr(progress, kind)(*said)

    def _gone(self, worker: Worker, waiting: Waiting) -> Iterator[Finished]:
        """Tell a cell that has killed its workers; another worker is started when there is a cell for it."""
        if self.all.get(worker.number) is not worker:
            return  # stopped by us
        del self.all[worker.number]
        ended, task = worker.ended(), worker.task
        worker.stop()
        if not worker.is_ready:
            self._false_start(ended)
            if task:
                waiting.give_back(task)
        elif task and not waiting.died(task):
            head, _, rest = ended.partition("\n")
            yield Finished(task.name, failure=Failure(f"its {head}, {MOST_DEATHS} times", f"{head}\n{rest}"))

    def _false_start(self, ended: str) -> None:
        self.false_starts += 1
        if self.false_starts >= MOST_FALSE_STARTS:
            lines = ended.strip().splitlines()
            raise SimulatorError(Problem("--jobs", f"no worker can be started: {lines[0]}: {lines[-1]}",
                                         "run without --jobs to see why"))
