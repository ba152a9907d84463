"""What a machine was asked for and did: jobs in and out, number present, time busy.

A meter notes when each job came and left. Then the flow balances (whoever came has left, nobody left before he came),
and Little's law is an identity: the time integral of the number present is the sum of the jobs' times in the machine,
in whole nanoseconds. Both are checked in every run that has meters.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.network.evented import Enter, Job
from simulator.network.machines import Serve
from simulator.network.plan import MachineLoad, Times


class FlowError(RuntimeError):
    """A machine's jobs do not add up: a fault of the simulator, not of the user."""


@dataclass(frozen=True)
class Watched:
    """What is known of a machine besides its jobs.

    Args:
        servers: How many jobs it serves at once; None is unlimited.
        idle: Intervals in which it serves nobody: down, or not warm yet.
        busy_ns: Its own count of the time that servers worked, where jobs may wait beside a free server.
    """

    servers: int | None = 1
    idle: tuple[tuple[int, int], ...] = ()
    busy_ns: Callable[[], int] | None = None


class Meter:
    """Notes the jobs of one machine.

    Args:
        watched: The machine.
    """

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.entered, self.left = array("q"), array("q")

    def serve(self, serve: Serve) -> Serve:
        """Return ``serve`` of the machine, noted."""
        came, went = self.entered.append, self.left.append

        def noted(now: int, work: int, request: int) -> int:
            done = serve(now, work, request)
            came(now)
            went(done if done >= 0 else -1 - done)
            return done

        return noted

    def enter(self, enter: Enter) -> Enter:
        """Return ``enter`` of the machine, noted."""
        came, went = self.entered.append, self.left.append

        def noted(now: int, job: Job) -> None:
            ended = job.ended

            def told(job: Job, when: int, blame: int) -> None:
                went(when)
                ended(job, when, blame)

            came(now)
            job.ended = told
            enter(now, job)

        return noted

    def load(self, node: str, until_ns: int) -> MachineLoad:
        """Return what the machine did from 0 to an instant.

        Raises:
            FlowError: jobs were lost on the way, or Little's law fails.
        """
        entered, left = (np.sort(np.frombuffer(times, dtype=np.int64)) for times in (self.entered, self.left))
        if not len(entered):
            return MachineLoad(0, 0.0, 0.0)
        if len(entered) != len(left) or (entered > left).any():
            raise FlowError(f"{len(entered)} jobs came to {node!r}, {len(left)} left: please report this")
        until = until_ns or int(left[-1])
        jobs, stays = len(entered), int(left.sum() - entered.sum())
        inside = int(np.minimum(left, until).sum() - np.minimum(entered, until).sum())
        times, present = numbers_present(entered, left)
        del entered, left  # long, as all of these are
        spells = np.diff(times)
        if int(np.dot(spells, present)) != stays:
            raise FlowError(f"Little's law fails on {node!r}: please report this")
        return MachineLoad(jobs, inside / until if until else 0.0, self._utilisation(times, spells, present, until))

    def _utilisation(self, times: Times, spells: Times, present: NDArray[np.int32], until: int) -> float:
        servers, own = self.watched.servers, self.watched.busy_ns
        if servers is None or not until:
            return float("nan")
        if own is not None:
            return own() / (servers * int(times[-1])) if times[-1] else 0.0
        spells *= np.minimum(present, servers, out=present)
        busy = np.cumsum(spells, out=spells)  # up to the end of each spell

        def busy_at(instants: Iterable[int]) -> Times:
            until_then = np.clip(np.array([*instants], dtype=np.int64), times[0], min(until, int(times[-1])))
            place = np.clip(np.searchsorted(times, until_then, side="right") - 1, 0, len(busy) - 1)
            ahead: Times = busy[place] - (times[place + 1] - until_then) * present[place]
            return ahead

        lost = busy_at(end for _, end in self.watched.idle) - busy_at(start for start, _ in self.watched.idle)
        return float((busy_at([until])[0] - lost.sum()) / (servers * until))


def numbers_present(entered: Times, left: Times) -> tuple[Times, NDArray[np.int32]]:
    """Return the instants of change, sorted, and the number present after each but the last."""
    times = np.concatenate([entered, left])
    steps = np.repeat(np.array([1, -1], dtype=np.int8), [len(entered), len(left)])
    order = np.argsort(times, kind="stable")
    return times[order], np.cumsum(steps[order], dtype=np.int32)[:-1]
