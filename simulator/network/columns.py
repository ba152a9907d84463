"""Columns: one input, output or queue for all requests at once, in int64 nanoseconds, so that sums are exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Timeline
from simulator.network.clock import FOREVER
from simulator.network.life import DOWN

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MOST_BITS = 62  # edges, exits and marks that an int64 holds


@dataclass(frozen=True)
class Column:
    """What ``settle`` tells of one input, for all requests; shapes ``(requests,)``.

    Args:
        when: When it comes, or from when on it is known to be lost.
        fed: The edges behind it as bits; 0: lost.
        blame: Who is to blame, 0 for nobody.
    """

    when: Ints
    fed: Ints
    blame: Ints

    def lost(self, where: Bools, known: Ints, blame: Ints | int) -> Column:
        """Return the column with the requests in ``where`` lost at ``known``."""
        return Column(np.where(where, known, self.when), np.where(where, 0, self.fed),
                      np.where(where, blame, self.blame))

    def late(self, after: Ints, blame: Ints | int) -> Column:
        """Return the column with ``blame`` on what is here, blamed on nobody, and later than ``after``."""
        is_late = (self.fed > 0) & (self.blame == 0) & (self.when > after)
        return replace(self, blame=np.where(is_late, blame, self.blame))


@dataclass(frozen=True)
class Lives:
    """When one component is up, for whole columns of instants.

    Args:
        crash: Its crash instants, sorted, then FOREVER.
        repair: Its repair instants, then FOREVER.
        coins: Whether it is up for each request, None where no coins are tossed.
    """

    crash: Ints
    repair: Ints
    coins: Bools | None

    @property
    def switches(self) -> bool:
        """Whether it ever goes down by its timeline."""
        return len(self.crash) > 1

    def outage(self, when: Ints) -> NDArray[np.intp]:
        """Return the index of the outage that is under way or comes next."""
        return np.searchsorted(self.repair[:-1], when, side="right")

    def until(self, when: Ints, requests: NDArray[np.intp] | slice = slice(None)) -> Ints:
        """Return the instant of the coming crash, DOWN where it is down now."""
        crash = self.crash[self.outage(when)]
        down = crash <= when
        if self.coins is not None:
            down |= ~self.coins[requests]
        return np.where(down, DOWN, crash)


def lives_of(timeline: Timeline | None, name: str) -> Lives | None:
    """Return when a component is up, None where it never fails."""
    if timeline is None or name not in timeline.components:
        return None
    column = timeline.components.index(name)
    crash, repair = timeline.crash_ns[column], timeline.repair_ns[column]
    coins = None if timeline.coins is None or timeline.coins[:, column].all() else timeline.coins[:, column]
    if not len(crash) and coins is None:
        return None
    return Lives(np.append(crash, FOREVER), np.append(repair, FOREVER), coins)


def ends_fifo(when: Ints, work: Ints) -> Ints:
    """Return when each job is done on a machine that never fails and serves in this order (Lindley, 1952).

    >>> ends_fifo(np.array([0, 1, 9]), np.array([4, 2, 1]))
    array([ 4,  6, 10])
    """
    total = np.cumsum(work)
    return total + np.maximum.accumulate(when - (total - work))


def ends_until_crash(when: Ints, work: Ints, lives: Lives) -> Ints:
    """Return when each job is done, or -1 - the instant at which a crash loses it with the queue.

    Between two crashes it is Lindley's recursion: the queue is empty at each repair. The first job that would not be
    done holds the machine until the crash, so all behind it are lost too.
    """
    outage = lives.outage(when)
    crash = lives.crash[outage]
    ends = -1 - when
    accepted = np.flatnonzero(crash > when)
    cuts = np.flatnonzero(np.diff(outage[accepted])) + 1
    for life in np.split(accepted, cuts) if len(accepted) else ():
        done = ends_fifo(when[life], work[life])
        end = crash[life[0]]
        ends[life] = np.where((done - work[life] < end) & (done <= end), done, -1 - end)
    return ends
