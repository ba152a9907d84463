"""A process that makes cells: reads tasks from its standard input and tells on its standard output what came of them.

It is started afresh, never forked, and knows nothing but what it is sent. When whoever started it is gone, its input
ends, and it ends at once, in the middle of a cell. What a cell prints goes where errors go.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import IO, Any

from simulator.study.executors.task import Failure, Finished, Task, made, one_thread_for_sums
from simulator.study.memory import Memory
from simulator.study.progress import Progress

LENGTH = struct.Struct(">Q")
READY, FINISHED = "ready", "finished"
SELDOM_S = 0.1  # between two messages of how far a simulation is


class Telling(Progress):
    """Tells the coordinator what a cell tells; of a simulation the beginning, the end, and now and then between."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.last = out, 0.0

    def training(self, label: str, epoch: int, epochs: int) -> None:
        """Tell that a training has finished an epoch."""
        self._tell("training", label, epoch, epochs)

    def trained(self, label: str, was_cached: bool, weights: str) -> None:
        """Tell that weights are ready."""
        self._tell("trained", label, was_cached, weights)

    def simulating(self, label: str, requests: int, total: int) -> None:
        """Tell how many requests have been simulated."""
        now = time.monotonic()
        if requests in (0, total) or now - self.last > SELDOM_S:
            self.last = now
            self._tell("simulating", label, requests, total)

    def designs(self, label: str, judged: int, total: int | None) -> None:
        """Tell how many designs have been judged."""
        self._tell("designs", label, judged, total)

    def _tell(self, *message: Any) -> None:
        send(self.out, message)


def send(out: IO[bytes], message: object) -> None:
    """Write a message of plain values."""
    text = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    out.write(LENGTH.pack(len(text)) + text)
    out.flush()


def received(source: IO[bytes]) -> Iterator[Any]:
    """Yield messages until the other side is gone."""
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        if len(text := source.read(length)) < length:
            return
        yield pickle.loads(text)


@contextmanager
def private_output() -> Iterator[IO[bytes]]:
    """Return what was the standard output; what is printed from here on goes where errors go."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        yield out


def packed(finished: Finished) -> bytes:
    """Return how a cell ended, to be sent; an answer that cannot travel is a failure of its cell."""
    try:
        return pickle.dumps(replace(finished, error=None), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        failure = Failure.of(error, "the answer cannot be sent: ")
        return pickle.dumps(Finished(finished.name, failure=failure, seconds=finished.seconds))


def unpacked(name: str, packed: bytes) -> Finished:
    """Return how a cell ended, as it was sent; what cannot be read is a failure of its cell."""
    try:
        finished: Finished = pickle.loads(packed)
    except Exception as error:
        return Finished(name, failure=Failure.of(error, "the answer cannot be read: "))
    return finished


def made_of(name: str, task: bytes, progress: Progress, memory: Memory) -> bytes:
    """Make a cell that was sent, and return how it ended, to be sent back."""
    try:
        unpacked: Task = pickle.loads(task)
    except Exception as error:
        return packed(Finished(name, failure=Failure.of(error, "the cell cannot be read by a worker: ")))
    return packed(made(unpacked, progress, memory))


def listen(tasks: SimpleQueue[tuple[str, bytes]]) -> None:
    """Read tasks until the coordinator is gone, and end the process then, whatever it does."""
    for task in received(sys.stdin.buffer):
        tasks.put(task)
    os._exit(0)


def main() -> None:
    """Make cells until there is nobody who wants them."""
    faulthandler.enable()
    tasks: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    threading.Thread(target=listen, args=(tasks,), daemon=True).start()
    with private_output() as out, one_thread_for_sums():
        telling, memory = Telling(out), Memory()
        send(out, (READY,))
        while True:
            name, task = tasks.get()
            send(out, (FINISHED, name, made_of(name, task, telling, memory)))
