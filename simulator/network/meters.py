"""What a queue was asked for and did: jobs in and out, number present, time busy.

A meter notes when each job came and left. Then the flow balances (whoever came has left, nobody left before he came),
and Little's law is an identity: the time integral of the number present is the sum of the jobs' times in the queue,
in whole nanoseconds. Both are checked in every run that has meters. While the engine runs, two numbers are written
for a job, into columns by request; everything else is found afterwards.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.network.evented import Enter, Job
from simulator.network.machines import Serve
from simulator.network.plan import MachineLoad, Times

NEVER = -1


class FlowError(RuntimeError):
    """A queue's jobs do not add up: a fault of the simulator, not of the user."""


@dataclass(frozen=True)
class Watched:
    """What is known of a queue besides its jobs.

    Args:
        servers: How many jobs it serves at once; None is unlimited.
        idle: Intervals in which it serves nobody: down, or not warm yet.
        busy_ns: Its own count of the time that servers worked, where jobs may wait beside a free server.
    """

    servers: int | None = 1
    idle: tuple[tuple[int, int], ...] = ()
    busy_ns: Callable[[], int] | None = None


@dataclass(frozen=True)
class Noted:
    """The jobs of one part on one machine, by request: a part comes to a machine once a request, or not at all.

    Args:
        came: When it came; NEVER where it did not.
        went: What ``serve`` told: when it was done, or -1 - when it was lost.
    """

    came: array[int]
    went: array[int]

    def serve(self, serve: Serve) -> Serve:
        """Return ``serve`` of a machine, noted."""
        came, went = self.came, self.went

        def noted(now: int, work: int, request: int) -> int:
            came[request] = now
            went[request] = done = serve(now, work, request)
            return done

        return noted


class Meter:
    """Notes the jobs of one queue.

    Args:
        watched: The queue.
    """

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.entered, self.left = array("q"), array("q")
        self.columns: list[Noted] = []
        self.pieces: list[tuple[Times, Times]] = []

    def noted(self, requests: int) -> Noted:
        """Return columns for a part whose jobs come to this machine."""
        self.columns.append(Noted(array("q", [NEVER]) * requests, array("q", [0]) * requests))
        return self.columns[-1]

    def took(self, came: Times, went: Times) -> None:
        """Note jobs of which it is known when each came, and when it was done or (-1 - when) lost."""
        self.pieces.append((came, np.where(went < 0, -1 - went, went) if len(went) and went.min() < 0 else went))

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

    def load(self, name: str, until_ns: int) -> MachineLoad:
        """Return what the queue did from 0 to an instant.

        Raises:
            FlowError: jobs were lost on the way, or Little's law fails.
        """
        entered, left = (in_time(times) for times in self._jobs())
        if not len(entered):
            return MachineLoad(0, 0.0, 0.0)
        if len(entered) != len(left) or (entered > left).any():
            raise FlowError(f"{len(entered)} jobs came to {name!r}, {len(left)} left: please report this")
        until = until_ns or int(left[-1])
        jobs, stays = len(entered), int(left.sum() - entered.sum())
        inside = int(np.minimum(left, until).sum() - np.minimum(entered, until).sum())
        times, present = numbers_present(entered, left)
        del entered, left  # long, as all of these are
        spells = np.diff(times)
        if int(np.dot(spells, present)) != stays:
            raise FlowError(f"Little's law fails on {name!r}: please report this")
        return MachineLoad(jobs, inside / until if until else 0.0, self._utilisation(times, spells, present, until))

    def _jobs(self) -> tuple[Times, Times]:
        """Return when jobs came and when they left, in any order."""
        for column in self.columns:
            came, went = (np.frombuffer(times, dtype=np.int64) for times in (column.came, column.went))
            is_here = came != NEVER
            self.took(*((came, went) if is_here.all() else (came[is_here], went[is_here])))
        self.columns.clear()
        one_by_one = [np.frombuffer(times, dtype=np.int64) for times in (self.entered, self.left)]
        if len(self.pieces) == 1 and not self.entered:
            return self.pieces[0]
        entered, left = [[piece[side] for piece in self.pieces] + [one_by_one[side]] for side in (0, 1)]
        return np.concatenate(entered), np.concatenate(left)

    def _utilisation(self, times: Times, spells: Times, present: NDArray[np.int32], until: int) -> float:
        servers, own = self.watched.servers, self.watched.busy_ns
        if servers is None or not until:
            return float("nan")
        if own is not None:
            return own() / (servers * int(times[-1])) if times[-1] else 0.0
        np.minimum(present, servers, out=present)
        if not self.watched.idle:
            inside = int(np.searchsorted(times, until))
            busy = int(np.dot(spells[:inside - 1], present[:inside - 1])) if inside else 0
            if 0 < inside <= len(spells):
                busy += (until - int(times[inside - 1])) * int(present[inside - 1])
            return float(busy / (servers * until))
        return self._busy_but_idle(times, spells, present, until) / (servers * until)

    def _busy_but_idle(self, times: Times, spells: Times, present: NDArray[np.int32], until: int) -> float:
        """Return the time that servers worked up to an instant, without the intervals in which nobody is served."""
        spells *= present
        busy = np.cumsum(spells, out=spells)  # up to the end of each spell

        def busy_at(instants: Times) -> Times:
            until_then = np.clip(instants, times[0], min(until, int(times[-1])))
            place = np.clip(np.searchsorted(times, until_then, side="right") - 1, 0, len(busy) - 1)
            ahead: Times = busy[place] - (times[place + 1] - until_then) * present[place]
            return ahead

        idle = np.array(self.watched.idle, dtype=np.int64).reshape(-1, 2)
        lost = busy_at(idle[:, 1]) - busy_at(idle[:, 0])
        return float(busy_at(np.array([until]))[0] - lost.sum())


def in_time(times: Times) -> Times:
    """Return instants in order; those that are so already, as they are."""
    return times if (times[1:] >= times[:-1]).all() else np.sort(times)


def numbers_present(entered: Times, left: Times) -> tuple[Times, NDArray[np.int32]]:
    """Return the instants of change, sorted, and the number present after each but the last."""
    times = np.concatenate([entered, left])
    steps = np.repeat(np.array([1, -1], dtype=np.int8), [len(entered), len(left)])
    order = np.argsort(times, kind="stable")
    return times[order], np.cumsum(steps[order], dtype=np.int32)[:-1]
