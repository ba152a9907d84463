"""Held inputs (``policy.held``): a join that fires without an input takes the last value of an earlier request.

The receiving node keeps, of each hyperconnection, what came over it; a crash of the node empties it, and what comes
while the node is down is not kept. A value may be taken while it is at most ``age`` old at the firing; one that comes
at the very instant of the firing is not held yet. A part that would starve fires on held values alone, if they meet
its needs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.held import stand_ins
from simulator.dataflow.join import Join
from simulator.network.clock import OURS, Clock, Firing
from simulator.network.held_log import HeldLog
from simulator.network.life import DOWN, Until
from simulator.network.links import Settle

Fire = Callable[[int, int, int, int], None]
Starve = Callable[[int, int, int], None]
Row = tuple[int, int, int, int, int]
"""Of the side table: request, edge, origin, age in nanoseconds, and what is behind the value."""
Value = tuple[int, int, int, int]
"""A value that came: when, of which request, what is behind it, and when the node that keeps it crashes."""
FEWEST_DROPPED = 16


class Values:
    """The values that came over one hyperconnection and can still be taken.

    As many are kept as came within the age (at most twice as many, and those that are known to come).

    Args:
        clock: The SimPy clock.
        age_ns: How old a value may be when it is taken.
        until: Until when the receiving node is up.
    """

    def __init__(self, clock: Clock, age_ns: int, until: Until) -> None:
        self.clock, self.age_ns, self.until = clock, age_ns, until
        self.came: list[Value] = []
        self.room = FEWEST_DROPPED

    def note(self, request: int, when: int, fed: int) -> None:
        """Keep a value, unless the node is down when it comes."""
        crash = self.until(when, request)
        if crash == DOWN:
            return
        insort(self.came, (when, request, fed, crash))
        if len(self.came) > self.room:
            oldest = self.clock._now - self.age_ns  # noqa: SLF001 - the hot path
            del self.came[: bisect_left(self.came, (oldest, 0, 0, 0))]
            self.room = FEWEST_DROPPED + 2 * len(self.came)

    def latest(self, request: int, now: int) -> Value | None:
        """Return the value that came last before now, for an earlier request, and is not too old; None: there is none.

        Of values that came at one instant that of the latest request.
        """
        oldest = now - self.age_ns
        for value in reversed(self.came):
            if value[0] < oldest:
                break
            if value[0] < now and value[1] < request and value[3] > now:
                return value
        return None


@dataclass(frozen=True)
class Turn:
    """Where a part that fires on held values alone stands in its instant.

    Args:
        clock: The SimPy clock.
        stride: Keys per request in the clock's queue.
        offset: The part's key within a request.
        limits: From when on each request is late; None: nobody asks.
    """

    clock: Clock
    stride: int
    offset: int
    limits: Sequence[int] | None


@dataclass(frozen=True)
class Stock:
    """The values that a part's node holds for it.

    Args:
        graph: Who feeds whom.
        join: The part's, with what it needs.
        values: By hyperconnection; those of which nothing is held are missing.
        rows: Where it is noted what was taken.
        short: Code to blame where too few inputs are here, and held, at the firing.
    """

    graph: PartGraph
    join: Join
    values: Mapping[int, Values]
    rows: list[Row]
    short: int

    def noting(self, edge: int, settle: Settle) -> Settle:
        """Return an input that keeps what comes."""
        values = self.values.get(edge)
        if values is None:
            return settle
        note = values.note

        def noted(request: int, when: int, fed: int, blame: int) -> None:
            if fed:
                note(request, when, fed)
            settle(request, when, fed, blame)

        return noted

    def filled(self, request: int, now: int, fed: int) -> int:
        """Return what a part is fed with held values in the place of inputs it lacks; 0: its needs are not met."""
        graph = self.graph
        fresh = {edge for edge in self.join.edges if fed & graph.edge_bit(edge)}
        missing = [edge for edge in self.values if edge not in fresh]
        found = {edge: value for edge in missing if (value := self.values[edge].latest(request, now))}
        taken = stand_ins(self.join, fresh, found.keys())
        if taken is None:
            return 0
        for edge in taken:
            when, origin, behind, _ = found[edge]
            self.rows.append((request, edge, origin, now - when, behind))
            fed |= graph.held_bit(edge)
        return fed

    def filling(self, fire: Fire, outputs: tuple[Settle, ...]) -> Fire:
        """Return ``fire`` of a part that takes held values."""
        filled, short = self.filled, self.short

        def fire_filled(request: int, now: int, fed: int, blame: int) -> None:
            fed = filled(request, now, fed)
            if fed:
                fire(request, now, fed, blame)
            else:
                for output in outputs:
                    output(request, now, 0, short)

        return fire_filled

    def standing_in(self, fire: Fire, pass_on: Starve, turn: Turn) -> Starve:
        """Return ``starve`` of a part that fires on held values alone, where they meet its needs.

        Args:
            fire: Lets the part run.
            pass_on: Tells everybody else that the part has starved.
            turn: When it is its turn.
        """
        clock, stride, offset, limits = turn.clock, turn.stride, turn.offset, turn.limits
        filled = self.filled

        def happen(firing: Firing) -> None:
            request, now, known = firing.request, clock._now, firing.fed  # noqa: SLF001 - the hot path
            fed = filled(request, now, 0)
            if fed:
                fire(request, now, fed, firing.blame if limits and now > limits[request] else 0)
            else:
                pass_on(request, known, firing.blame)

        callbacks = (happen,)

        def starve(request: int, when: int, blame: int) -> None:
            at = max(when, clock._now)  # noqa: SLF001 - news may be older than its bearer
            clock.at(at, OURS, request * stride + offset, Firing(callbacks, request, when, blame))

        return starve


def held_log(rows: list[Row]) -> HeldLog:
    """Return the side table, in order of (request, edge)."""
    if not rows:
        return HeldLog()
    rows = sorted(rows)
    columns = np.array([row[:4] for row in rows], dtype=np.int64).T
    request, edge, origin, age_ns = columns
    return HeldLog(request, edge, origin, age_ns, tuple(row[4] for row in rows))
