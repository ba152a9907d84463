"""What runs on a Dask worker: one cell at a time, with the setting of whoever asked, telling how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import Any

from simulator.errors import Problem
from simulator.model.keep import files_used
from simulator.study.executors.setting import Setting
from simulator.study.executors.shipped import add_files, packed_files
from simulator.study.executors.task import Failure, Finished, one_thread_for_sums
from simulator.study.executors.worker import Telling, made_of, packed, unpacked
from simulator.study.memory import Memory

TOPIC = "sim"


class TellingDask(Telling):
    """Tells the client through the scheduler what a cell tells."""

    def __init__(self) -> None:
        self.last = 0.0

    def _tell(self, *message: Any) -> None:
        from distributed import get_worker  # noqa: PLC0415 - an optional extra

        get_worker().log_event(TOPIC, message)


@cache
def of_process() -> tuple[Lock, Memory]:
    """Return what the cells of this process share: their turn, and what those before have found."""
    return Lock(), Memory()


def made_there(name: str, task: bytes, setting: Setting, files: Sequence[dict[str, bytes]]) -> bytes:
    """Make a cell that was sent, and return how it ended, to be sent back.

    Args:
        name: Content hash of the cell.
        task: The cell.
        setting: What its answer depends on beside it.
        files: Of the cache of another worker, which has trained what this cell needs.
    """
    lock, memory = of_process()
    with lock, one_thread_for_sums(), files_used() as used:
        setting.take_on()
        if different := "; ".join(setting.differences()):
            problem = Problem("--dask", f"a worker has {different}", "install the same versions of everything there")
            return packed(Finished(name, failure=Failure(str(problem), "", (problem,))))
        for each in files:
            add_files(each)
        finished = unpacked(name, made_of(name, task, TellingDask(), memory))
        return packed(finished if files or finished.failure else replace(finished, files=packed_files(used)))
