"""The executor for a Dask cluster: one on this machine, one that runs already, or one that a file describes.

Dask makes a cell again when its worker is lost. Which cell may begin is decided here, as for local processes.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, ScenarioError, SimulatorError
from simulator.study.executors.clusters import cluster_at
from simulator.study.executors.dask_worker import TOPIC, made_there
from simulator.study.executors.setting import Setting
from simulator.study.executors.shipped import add_files
from simulator.study.executors.task import Failure, Finished, Task
from simulator.study.executors.waiting import MOST_DEATHS, Waiting
from simulator.study.progress import Progress

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 2  # cells for each worker: one at work, one that waits there
WAY_OUT = "pip install 'graceful-sim[dask]', or leave out --dask"


class OnDask:
    """Makes cells on a Dask cluster.

    Args:
        where: ``local``, the address of a scheduler, or a file that describes a cluster.
        workers: How many processes a local cluster has.
    """

    is_serial = False

    def __init__(self, where: str, workers: int) -> None:
        self.where, self.workers = where, workers
        self.events: SimpleQueue[tuple[Future | None, tuple[Any, ...]]] = SimpleQueue()
        self.running: dict[Future, Task] = {}
        self.files: dict[str, dict[str, bytes]] = {}  # of the cache, by training
        self.least = AHEAD
        self._open = ExitStack()

    def __enter__(self) -> OnDask:
        """Connect to the cluster, or start it."""
        try:
            import distributed  # noqa: F401, PLC0415 - an optional extra
        except ImportError as error:
            raise ScenarioError(Problem(f"option --dask {self.where}", "Dask is not installed", WAY_OUT)) from error
        with ExitStack() as stack:
            self.client: Client
            self.client, self.least = cluster_at(self.where, self.workers, stack)
            self.client.subscribe_topic(TOPIC, lambda event: self.events.put((None, event[1])))
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is running, and end a cluster that was started here."""
        self.client.cancel(list(self.running))
        self._open.close()

    def run(self, waiting: Waiting, progress: Progress) -> Iterator[Finished]:
        """Yield each cell as it is finished."""
        while True:
            yield from self._hand_out(waiting)
            progress.running(min(len(self.running), self._workers()))
            if not self.running:
                return
            future, said = self.events.get()
            if future is None:
                kind, *values = said
                getattr(progress, kind)(*values)
            elif future in self.running:
                yield self._finished(future, waiting)

    def _workers(self) -> int:
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def _hand_out(self, waiting: Waiting) -> Iterator[Finished]:
        """Hand the cluster as many cells as its workers have use for, and yield those that cannot be sent."""
        room = max(self.least, AHEAD * self._workers())
        while len(self.running) < room and (task := waiting.take()):
            try:
                packed = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
            except Exception as error:
                waiting.failed(task)
                yield Finished(task.name, failure=Failure.of(error, "the cell cannot be sent to a worker: "))
                continue
            files = [self.files[name] for name in task.needs if name in self.files]
            future = self.client.submit(made_there, task.name, packed, Setting.here(), files,
                                        key=f"{task.name}-{len(waiting)}", pure=False)
            self.running[future] = task
            future.add_done_callback(lambda done: self.events.put((done, ())))

    def _finished(self, future: Future, waiting: Waiting) -> Finished:
        task = self.running.pop(future)
        if future.status != "finished":
            waiting.failed(task)
            return self._lost(future, task)
        finished: Finished = pickle.loads(future.result())
        if finished.failure:
            waiting.failed(task)
            return finished
        self.files |= {name: finished.files for name in task.needs if finished.files and name not in self.files}
        add_files(finished.files)
        waiting.has_answered(task)
        return finished

    def _lost(self, future: Future, task: Task) -> Finished:
        """Return a cell whose workers died as a failure.

        Raises:
            SimulatorError: no cell can be made there.
        """
        from distributed import KilledWorker  # noqa: PLC0415 - an optional extra

        if future.status == "cancelled":
            raise SimulatorError(Problem(f"--dask {self.where}", "the cluster is gone", "run the same command again"))
        error = future.exception()
        if isinstance(error, KilledWorker):
            return Finished(task.name, failure=Failure(f"its worker died, {MOST_DEATHS} times", str(error)))
        if isinstance(error, ImportError):
            raise SimulatorError(Problem(f"--dask {self.where}", f"a worker cannot make cells: {error}",
                                         "install the same versions of everything there")) from error
        return Finished(task.name, failure=Failure.of(error or RuntimeError(future.status)))
