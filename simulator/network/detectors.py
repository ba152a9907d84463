"""Detectors: how machines are suspected of being down, from heartbeats that come late or never.

Failures are known ahead, so a detector is a transform of timelines: when each machine is up, and its own dice, say
when its heartbeats come, and those say when it is suspected. What is suspected is a timeline too, of beliefs: down on
[suspected, trusted again). There is one view for all, that of a membership service; ``delay`` is the time from a
machine to the service and on to whoever asks it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.durations import Jitter
from simulator.errors import Problem, ScenarioError
from simulator.failures.cycles import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.failures.process import Timeline
from simulator.network.heartbeats import Heart, Rhythm, missing_in_a_row, receipts
from simulator.seeds import Streams
from simulator.units import DurationNs, PositiveDurationNs

Times = NDArray[np.int64]
Spells = tuple[Times, Times]
MOST_HEARTBEATS = 2**25  # of one machine in one replication, each drawn


class Watching(Block):
    """What all detectors have: heartbeats each ``period``, ``delay`` (and ``jitter``) on the way, a ``loss`` of them.

    A join does not wait for inputs that cannot come as long as whoever is suspected is down. What no detector sees (a
    message that a link has lost, an outage that is over too soon) is waited for until the join closes: ``after`` its
    first input, one duration from which waits grow along the depth of the graph, or a duration for each part.
    """

    period_ns: PositiveDurationNs
    delay_ns: DurationNs = 0
    loss: Annotated[float, Field(ge=0, lt=1)] = 0.0
    jitter: Jitter = None
    after_ns: PositiveDurationNs | dict[str, DurationNs]

    @property
    def history(self) -> int:
        """How many heartbeats before time 0 matter."""
        raise NotImplementedError

    def suspected(self, heart: Heart) -> Spells:
        """Return from when to when one machine is suspected, int64 nanoseconds, sorted."""
        raise NotImplementedError

    def rhythm(self, node: str, streams: Streams, until_ns: int) -> Rhythm:
        """Return the instants of a machine's heartbeats, and what happens to them on the way.

        Raises:
            ScenarioError: there would be more of them than memory is for.
        """
        phase = int(streams.of(node, "heartbeat phase").random() * self.period_ns)
        is_plain = not self.loss and self.jitter is None
        count = max(0, (until_ns - phase) // self.period_ns + 1)
        if not self._is_closed_form(is_plain) and count > MOST_HEARTBEATS:
            told = f"{count:,} heartbeats of {node!r} in {until_ns / 1e9:,.0f} s"
            raise ScenarioError(Problem("policy.wait.period", told, "write a longer 'period', or a shorter 'after'"))
        return Rhythm(phase, self.period_ns, self.delay_ns, is_plain, count)

    def _is_closed_form(self, is_plain: bool) -> bool:
        return False

    def arrivals(self, heart: Heart) -> tuple[Times, Times]:
        """Return when the heartbeats before time 0 came, and when those after it: each sorted."""
        size = self.history + heart.rhythm.count
        lost = np.zeros(size, dtype=bool)
        if self.loss:
            lost = heart.streams.of(heart.node, "heartbeat loss").random(size) < self.loss
        jitter = np.zeros(size, dtype=np.int64)
        if self.jitter is not None:
            jitter = self.jitter.draw(size, heart.streams.of(heart.node, "heartbeat jitter"))
        return receipts(heart, self.history, lost, jitter)


class HeartbeatWait(Watching):
    """A machine is suspected when ``misses`` periods have passed since its last heartbeat came, until one comes."""

    kind: Literal["heartbeat"]
    misses: Annotated[int, Field(ge=1)] = 3

    @property
    def history(self) -> int:
        """As many as may be missed."""
        return self.misses

    def suspected(self, heart: Heart) -> Spells:
        """Return from when to when one machine is suspected; in closed form where every heartbeat comes in time."""
        patience = self.misses * self.period_ns
        if heart.rhythm.is_plain:
            first, last = missing_in_a_row(heart)
            came, comes = heart.rhythm.comes(first - 1), heart.rhythm.comes(last + 1)
            is_seen = last - first + 1 >= self.misses
            begin = np.where(first < -self.history, DOWN_SINCE_BEFORE, came + patience)
            return begin[is_seen], np.minimum(comes, END_OF_TIME_NS)[is_seen]
        before, later = self.arrivals(heart)
        if heart.is_down_at_first:
            came, patient = np.concatenate([[DOWN_SINCE_BEFORE], later]), np.full(len(later) + 1, patience)
            patient[0] = 0
        else:
            came = np.sort(np.concatenate([before, later]))
            patient = np.full(len(came), patience)
        return silences(came, came + patient)

    def _is_closed_form(self, is_plain: bool) -> bool:
        return is_plain


class PhiAccrualWait(Watching):
    """A machine is suspected when phi, how surprising its silence is, has reached ``threshold``, until a heartbeat.

    phi(t) = -log10 P(a time between heartbeats is longer than t), of a normal law with the mean and the standard
    deviation of the last ``window`` times between heartbeats, the deviation not below ``floor`` (Hayashibara, Defago,
    Yared and Katayama, The phi accrual failure detector, SRDS 2004). So phi has reached it after mean + deviation x z,
    with z the normal quantile of 1 - 10^-threshold (8: 5.61). A time that ended a suspicion is not among them.
    """

    kind: Literal["phi_accrual"]
    threshold: Annotated[float, Field(ge=0.5, le=300)] = 8.0
    window: Annotated[int, Field(ge=1, le=100_000)] = 200
    floor_ns: PositiveDurationNs

    @property
    def history(self) -> int:
        """As many as fill the window."""
        return self.window + 1

    @property
    def deviations(self) -> float:
        """How many standard deviations after the mean a machine is suspected."""
        return -NormalDist().inv_cdf(10**-self.threshold)

    def suspected(self, heart: Heart) -> Spells:
        """Return from when to when one machine is suspected."""
        before, later = self.arrivals(heart)
        recent = Recent(self.window, self.floor_ns, self.deviations)
        for gap in (self.period_ns, *np.diff(before).tolist()):
            recent.add(gap)
        is_down = heart.is_down_at_first
        last = DOWN_SINCE_BEFORE if is_down else int(before[-1])
        silent_from = DOWN_SINCE_BEFORE if is_down else last + recent.patience()
        came, until = [], []
        for now in later.tolist():
            if now > silent_from:
                came.append(silent_from)
                until.append(now)
            else:
                recent.add(now - last)
            last, silent_from = now, now + recent.patience()
        return np.array([*came, silent_from], dtype=np.int64), np.array([*until, END_OF_TIME_NS], dtype=np.int64)


class Recent:
    """The last times between heartbeats: whole nanoseconds, so that their sums are exact."""

    def __init__(self, window: int, floor_ns: int, deviations: float) -> None:
        self.times: deque[int] = deque(maxlen=window)
        self.floor_ns, self.deviations = floor_ns, deviations
        self.total = self.squares = 0

    def add(self, time_ns: int) -> None:
        """Take in one time, and forget the oldest where the window is full."""
        if len(self.times) == self.times.maxlen:
            oldest = self.times[0]
            self.total -= oldest
            self.squares -= oldest * oldest
        self.times.append(time_ns)
        self.total += time_ns
        self.squares += time_ns * time_ns

    def patience(self) -> int:
        """Return after what silence the machine is suspected, in nanoseconds, rounded up."""
        count = len(self.times)
        variance = (count * self.squares - self.total * self.total) / (count * count)
        return math.ceil(self.total / count + self.deviations * max(float(self.floor_ns), math.sqrt(variance)))


def silences(came: Times, patience_ends: Times) -> Spells:
    """Return the silences that are too long: from the end of patience to the next heartbeat, where that is later.

    >>> [spell.tolist() for spell in silences(np.array([0, 10, 40]), np.array([20, 30, 60]))]
    [[30, 60], [40, 1152921504606846976]]
    """
    comes = np.append(came[1:], END_OF_TIME_NS)
    is_long = comes > patience_ends
    return patience_ends[is_long], comes[is_long]


def suspected(
    wait: Watching, nodes: Sequence[str], truth: Timeline | None, streams: Streams, until_ns: int
) -> Timeline:
    """Return when each machine is suspected, as a timeline of beliefs.

    A coin that is tossed for one request is no outage, and nobody notices it.

    Args:
        wait: The detector.
        nodes: The machines that send heartbeats.
        truth: The failures, None where nothing can fail.
        streams: The replication's dice; a machine's phase, losses and jitter have streams of their own.
        until_ns: The horizon; what is believed up to there does not change when it grows.
    """
    outages: Mapping[str, Spells] = {} if truth is None else {
        name: (truth.crash_ns[place], truth.repair_ns[place]) for place, name in enumerate(truth.components)}
    begin, end = [], []
    for node in nodes:
        crash, repair = outages.get(node, (np.zeros(0, dtype=np.int64),) * 2)
        rhythm = wait.rhythm(node, streams, until_ns)
        since, until = wait.suspected(Heart(node, rhythm, crash[repair >= 0], repair[repair >= 0], streams))
        begin.append(since[since <= until_ns])
        end.append(until[since <= until_ns])
    return Timeline(tuple(nodes), tuple(begin), tuple(end), None, until_ns)
