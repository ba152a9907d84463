"""Joins that watch whom a detector suspects: they do not wait for what cannot come while the suspected are down.

At each arrival, and whenever somebody is suspected, an input that is not here is hopeless if its part could not
deliver with all who are suspected at that instant down (a part whose output is here has fired, though). The join fires
when what is here, and what is hopeless, leave nothing to wait for; else at its closing time, some time after its first
input. It never gives up before: with nothing to fire on it waits, since a suspicion may be wrong. Losses are
bookkeeping, as with all joins that close: a part that can never fire starves when its last input is known to be lost,
at the latest at its closing time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappush

from simulator.network.beliefs import Outlook
from simulator.network.clock import ALARM, FOREVER, OURS, Firing
from simulator.network.closing_joins import ClosingJoin, Waiting
from simulator.network.joins import OPEN
from simulator.network.links import Settle
from simulator.network.parts import Station


@dataclass(slots=True)
class Watched(Waiting):
    """What a watching join knows of one request."""

    turn: tuple[int, int] = (FOREVER, ALARM)  # when it fires, and in which turn of that instant
    pushed: set[tuple[int, int]] = field(default_factory=set)


class WatchingJoin(ClosingJoin[Watched]):
    """A join that watches; ``inputs()`` gives the ``settle`` of each input in order of edge index.

    Args:
        station: Its part's surroundings.
        outlook: Its rules, and what is hopeless when.
        after_ns: How long after its first input it closes.
        blame_wait: Code to blame when it closes with too little, or waits past the deadline.
    """

    def __init__(self, station: Station, outlook: Outlook, after_ns: int, blame_wait: int) -> None:
        super().__init__(station, outlook.rules, blame_wait)
        self.outlook, self.after_ns = outlook, after_ns

    def _input_at(self, place: int) -> Settle:
        bit, size, everything, waiting = 1 << place, self.rules.size, self.rules.all, self.waiting

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            state = waiting.get(request)
            if state is None:
                state = waiting[request] = Watched([0] * size, [0] * size, [0] * size)
            state.settled |= bit
            state.whens[place], state.feds[place], state.blames[place] = when, fed, blame
            if fed:
                state.present |= bit
                state.first = min(state.first, when)
            if state.fired == OPEN:
                self._plan(request, state)
            elif fed and when > state.fired:
                self.station.clock.too_late[self.station.offset] += 1
            if state.settled == everything and state.fired != OPEN:
                del waiting[request]

        return settle

    def _plan(self, request: int, state: Watched) -> None:
        """Push the event at which the join fires, as far as is known now; a new plan makes it stale.

        What is hopeless with what is here may be so no longer when more has come: it tells whose parts have fired.
        """
        close = min(FOREVER, state.first + self.after_ns)
        turn, here, may_fire = (close, ALARM), 0, False
        arrivals = sorted((state.whens[place], place) for place in range(self.rules.size) if state.feds[place])
        for number, (when, place) in enumerate(arrivals, 1):
            here |= 1 << place
            may_fire |= when <= close and bool(self.rules.taken(here))
            instant = self.outlook.fires(here, when)
            if instant <= close and (number == len(arrivals) or instant < arrivals[number][0]):
                turn = instant, OURS
                break
        if state.settled == self.rules.all and not may_fire and self._is_given_up(request, state, close):
            return
        state.turn = turn
        station, (fires_at, priority) = self.station, turn
        if fires_at < FOREVER and turn not in state.pushed and fires_at >= station.clock._now:  # noqa: SLF001
            state.pushed.add(turn)
            key = request * station.stride + station.offset
            heappush(station.clock.queue, (fires_at, priority, key, Firing(self.callbacks, request, priority, 0)))

    def _is_given_up(self, request: int, state: Watched, close: int) -> bool:
        """Let the part starve, which can never fire, from when on that is so; one that emits may have to wait."""
        known = max(state.whens)
        if self.station.emission and (state.present or known > close):
            return False  # it emits at closing time
        self._starve_known(request, state, min(known, close))
        return True

    def _happen(self, firing: Firing) -> None:
        """Fire with what is here, unless the request has fired already or another instant was found."""
        request, now = firing.request, self.station.clock._now  # noqa: SLF001 - the hot path
        state = self.waiting.get(request)
        if state is not None and state.fired == OPEN and state.turn == (now, firing.fed):
            self._conclude(request, state, now)
