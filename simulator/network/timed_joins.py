"""Joins that close: some time after the first input, or some time after the request's birth.

A timed join sees arrivals only. It fires at once when the first choice of every group is complete, else at its closing
time with what is here; an input exactly at closing time counts, a later one is too late. Losses are bookkeeping, so
that a request which can never fire still ends: when its last input is known to be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappush

from simulator.network.clock import ALARM, FOREVER, OURS, Firing
from simulator.network.closing_joins import ClosingJoin, Waiting
from simulator.network.joins import OPEN, Rules
from simulator.network.links import Settle
from simulator.network.parts import Station

Close = Callable[[int, int], int]
"""``close(request, first)``: when the join closes; ``first`` is the first arrival so far, FOREVER before any."""


@dataclass(slots=True)
class Timed(Waiting):
    """What a timed join knows of one request."""

    fires_at: int = FOREVER


class TimedJoin(ClosingJoin[Timed]):
    """A join that closes; ``inputs()`` gives the ``settle`` of each input in order of edge index."""

    def __init__(self, station: Station, rules: Rules, close: Close, blame_wait: int) -> None:
        super().__init__(station, rules, blame_wait)
        self.close = close

    def open(self, request: int, when: int, fed: int, blame: int) -> None:
        """Begin to wait at the request's birth, for a join that closes, and then fires, even if it hears of nothing."""
        size = self.rules.size
        self._plan(request, self.waiting.setdefault(request, Timed([0] * size, [0] * size, [0] * size)))

    def _input_at(self, place: int) -> Settle:
        bit, size, everything, waiting, plan = 1 << place, self.rules.size, self.rules.all, self.waiting, self._plan

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            state = waiting.get(request)
            if state is None:
                state = waiting[request] = Timed([0] * size, [0] * size, [0] * size)
            state.settled |= bit
            state.whens[place] = when
            state.feds[place] = fed
            state.blames[place] = blame
            if fed:
                state.present |= bit
                if when < state.first:
                    state.first = when
            if state.fired == OPEN:
                if fed or state.settled == everything or state.fires_at == FOREVER:
                    plan(request, state)
            elif fed and when > state.fired:
                self.station.clock.too_late[self.station.offset] += 1
            if state.settled == everything and state.fired != OPEN:
                del waiting[request]

        return settle

    def _plan(self, request: int, state: Timed) -> None:
        """Push the event at which the join fires, as far as is known now; an earlier one makes it stale."""
        rules, station = self.rules, self.station
        close = self.close(request, state.first)
        if state.settled == rules.all and (not state.present or state.first > close):
            lost = max(state.whens)
            if lost <= close or not station.emission:  # one that emits does so at closing time, and its alarm is set
                self._starve_known(request, state, min(lost, close))
            return
        fires_at, priority = close, ALARM
        ready = rules.ready(state.present)
        if ready:
            complete = 0
            for place in ready:
                if state.whens[place] > complete:
                    complete = state.whens[place]
            if complete <= close:
                fires_at, priority = complete, OURS
        if fires_at >= state.fires_at:
            return
        state.fires_at = fires_at
        clock = station.clock
        if fires_at >= clock._now:  # noqa: SLF001 - the hot path
            key = request * station.stride + station.offset
            heappush(clock.queue, (fires_at, priority, key, Firing(self.callbacks, request, 0, 0)))

    def _happen(self, firing: Firing) -> None:
        """Fire with what is here, unless the request has fired already or an earlier instant was found."""
        request, now = firing.request, self.station.clock._now  # noqa: SLF001 - the hot path
        state = self.waiting.get(request)
        if state is not None and state.fired == OPEN and state.fires_at == now:
            self._conclude(request, state, now)


def closes_after_first(after_ns: int) -> Close:
    """Return the closing time of a timeout: some time after the first arrival."""

    def close(request: int, first: int) -> int:
        return first + after_ns if first < FOREVER else FOREVER

    return close


def closes_at_age(births_ns: Sequence[int], age_ns: int) -> Close:
    """Return the closing time of a cut-off: some time after the request's birth, whatever has arrived."""

    def close(request: int, first: int) -> int:
        return births_ns[request] + age_ns

    return close
