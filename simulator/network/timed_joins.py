"""Joins that close: some time after the first input, or some time after the request's birth.

A timed join sees arrivals only. It fires at once when the first choice of every group is complete, else at its closing
time with what is here; an input exactly at closing time counts, a later one is too late. Losses are bookkeeping, so
that a request which can never fire still ends: when its last input is known to be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappush

from simulator.network.clock import ALARM, FOREVER, OURS, Firing
from simulator.network.joins import OPEN, Rules, last_loss
from simulator.network.links import Settle
from simulator.network.parts import Station, firing_of, starving_of

Close = Callable[[int, int], int]
"""``close(request, first)``: when the join closes; ``first`` is the first arrival so far, FOREVER before any."""


@dataclass(slots=True)
class Waiting:
    """What a timed join knows of one request; places are those of its inputs."""

    whens: list[int]
    feds: list[int]
    blames: list[int]
    settled: int = 0
    present: int = 0
    first: int = FOREVER
    fires_at: int = FOREVER
    fired: int = OPEN


class TimedJoin:
    """A join that closes; ``inputs()`` gives the ``settle`` of each input in order of edge index."""

    def __init__(self, station: Station, rules: Rules, close: Close, blame_wait: int) -> None:
        self.station, self.rules, self.close, self.blame_wait = station, rules, close, blame_wait
        self.fire, self.starve = firing_of(station), starving_of(station)
        self.waiting: dict[int, Waiting] = {}
        self.callbacks = (self._happen,)

    def inputs(self) -> tuple[Settle, ...]:
        """Return ``settle`` of each input."""
        return tuple(self._input_at(place) for place in range(self.rules.size))

    def open(self, request: int, when: int, fed: int, blame: int) -> None:
        """Begin to wait at the request's birth, for a join that closes, and then fires, even if it hears of nothing."""
        size = self.rules.size
        self._plan(request, self.waiting.setdefault(request, Waiting([0] * size, [0] * size, [0] * size)))

    def _input_at(self, place: int) -> Settle:
        bit, size, everything, waiting, plan = 1 << place, self.rules.size, self.rules.all, self.waiting, self._plan

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            state = waiting.get(request)
            if state is None:
                state = waiting[request] = Waiting([0] * size, [0] * size, [0] * size)
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

    def _plan(self, request: int, state: Waiting) -> None:
        """Push the event at which the join fires, as far as is known now; an earlier one makes it stale."""
        rules, station = self.rules, self.station
        close = self.close(request, state.first)
        if state.settled == rules.all and (not state.present or state.first > close):
            lost = max(state.whens)
            if lost <= close or not station.emission:  # one that emits does so at closing time, and its alarm is set
                given_up = min(lost, close)
                self._starve(request, state, given_up, (p for p in range(rules.size) if state.whens[p] <= given_up))
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
        if state is None or state.fired != OPEN or state.fires_at != now:
            return
        here = 0
        for place, when in enumerate(state.whens):
            if when <= now and state.feds[place]:
                here |= 1 << place
        taken = self.rules.taken(here)
        if taken:
            self._fire(request, state, now, taken)
        else:
            known = (p for p in range(self.rules.size) if state.settled >> p & 1 and state.whens[p] <= now)
            self._starve(request, state, now, known)
        if taken or self.station.emission:
            self.station.clock.too_late[self.station.offset] += (state.present & ~here).bit_count()
        if state.settled == self.rules.all:
            self.waiting.pop(request, None)

    def _fire(self, request: int, state: Waiting, now: int, taken: Iterable[int]) -> None:
        state.fired = now
        fed, latest, blame = 0, -1, 0
        for place in taken:
            fed |= state.feds[place]
            if state.whens[place] >= latest:
                latest, blame = state.whens[place], state.blames[place]
        if self.station.late and not blame and now > latest and now > self.station.late[0][request]:
            blame = self.blame_wait
        self.fire(request, now, fed, blame)

    def _starve(self, request: int, state: Waiting, when: int, lost: Iterable[int]) -> None:
        blame = last_loss(state.whens, state.feds, state.blames, tuple(lost))[1] or self.blame_wait
        state.fired = when if self.station.emission else FOREVER
        self.starve(request, when, blame)


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
