"""Heartbeats of one machine: when they are sent, and when they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cycles import END_OF_TIME_NS
from simulator.seeds import Streams

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Rhythm:
    """Heartbeat i is sent at ``phase + i x period``, by a clock that goes on while the machine is down.

    Args:
        phase_ns: When number 0 is sent, in [0, period).
        period_ns: From one to the next.
        delay_ns: How long each is on the way, at least.
        is_plain: Whether every one that is sent comes after just that delay.
        count: How many are sent up to the horizon.
    """

    phase_ns: int
    period_ns: int
    delay_ns: int
    is_plain: bool
    count: int

    def sent(self, number: Times) -> Times:
        """Return when heartbeats are sent."""
        found: Times = self.phase_ns + number * self.period_ns
        return found

    def comes(self, number: Times) -> Times:
        """Return when heartbeats come, where nothing happens to them on the way."""
        return self.sent(number) + self.delay_ns

    def first_from(self, instants: Times) -> Times:
        """Return the number of the first heartbeat at or after each instant."""
        found: Times = -((self.phase_ns - instants) // self.period_ns)
        return found


@dataclass(frozen=True)
class Heart:
    """A machine that sends heartbeats while it is up, one exactly at a crash not, one exactly at a repair.

    Args:
        node: Its name.
        rhythm: When it would send them.
        crash_ns: Its crashes, sorted; negative: down since before time 0.
        repair_ns: Its repairs.
        streams: Dice.
    """

    node: str
    rhythm: Rhythm
    crash_ns: Times
    repair_ns: Times
    streams: Streams

    @property
    def is_down_at_first(self) -> bool:
        """Whether it has been down since before time 0."""
        return bool(len(self.crash_ns) and self.crash_ns[0] < 0)


def missing_in_a_row(heart: Heart) -> tuple[Times, Times]:
    """Return the numbers of the first and of the last heartbeat of each row that is not sent.

    Outages between which no heartbeat is sent are one row; that of a machine which is down since before time 0 begins
    long before number 0.
    """
    rhythm = heart.rhythm
    first = rhythm.first_from(heart.crash_ns)
    last = rhythm.first_from(np.minimum(heart.repair_ns, END_OF_TIME_NS)) - 1
    if heart.is_down_at_first:
        first[0] = -END_OF_TIME_NS // rhythm.period_ns - 1
    missing = first <= last
    first, last = first[missing], last[missing]
    begins = np.ones(len(first), dtype=bool)
    begins[1:] = first[1:] > last[:-1] + 1
    return first[begins], last[np.append(begins[1:], True)] if len(last) else last


def receipts(heart: Heart, history: int, lost: NDArray[np.bool_], jitter_ns: Times) -> tuple[Times, Times]:
    """Return when the heartbeats before time 0 came, and when those after it: each sorted.

    Before time 0 the machine was up, so far as heartbeats tell; the first of those comes for certain. Where the machine
    is down at time 0, they are from before its outage.

    Args:
        heart: The machine.
        history: How many heartbeats before time 0 matter.
        lost: Whether each is lost, those before time 0 first.
        jitter_ns: What each takes longer than the delay.
    """
    number = np.arange(-history, heart.rhythm.count)
    sent = heart.rhythm.sent(number)
    down = np.searchsorted(heart.crash_ns, sent, side="right") > np.searchsorted(heart.repair_ns, sent, side="right")
    is_before = number < 0
    comes = (is_before | ~down) & ~lost
    comes[0] = True
    came = sent + heart.rhythm.delay_ns + jitter_ns
    return np.sort(came[comes & is_before]), np.sort(came[comes & ~is_before])
