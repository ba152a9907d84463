"""Joins of several inputs with perfect detection.

Inputs are settled ahead: ``when`` may lie in the future. A join knows each loss at its instant and fires at the first
instant when nothing it waits for can improve what it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from heapq import heappush

from simulator.dataflow.join import Join
from simulator.network.blame import UNSENT
from simulator.network.clock import FOREVER, OURS, Firing
from simulator.network.links import Settle
from simulator.network.parts import Station, happening, starving_of

Verdict = tuple[tuple[int, ...], tuple[int, ...]]
"""Places of the inputs that were consulted, and of those that are taken (none: starved)."""
OPEN = -1


class Rules:
    """A join's rules over places 0, 1, ... of its inputs (in order of edge index), as a table over bit masks."""

    def __init__(self, join: Join) -> None:
        self.edges = join.edges
        self.size = len(self.edges)
        self.join = join
        self.all = (1 << self.size) - 1
        self.verdict = cache(self._verdict)
        self.taken = cache(self._taken)
        self.ready = cache(self._ready)

    def _places(self, edges: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.edges.index(edge) for edge in edges)

    def _edges(self, mask: int) -> frozenset[int]:
        return frozenset(edge for place, edge in enumerate(self.edges) if mask >> place & 1)

    def _verdict(self, settled: int, present: int) -> Verdict | None:
        here = self._edges(present)
        consulted = self._places(self.join.consult(here))
        if any(not settled >> place & 1 for place in consulted):
            return None
        return consulted, self._places(self.join.take(here))

    def _taken(self, present: int) -> tuple[int, ...]:
        return self._places(self.join.take(self._edges(present)))

    def _ready(self, present: int) -> tuple[int, ...]:
        """Return the places whose arrivals make waiting pointless: the first choice of every group is complete."""
        first = [place for group in self.join.groups for place in self._places(group[0])]
        return tuple(first) if all(present >> place & 1 for place in first) else ()


def last_loss(
    whens: Sequence[int], feds: Sequence[int], blames: Sequence[int], places: Sequence[int]
) -> tuple[int, int]:
    """Return when the last loss among these inputs is known and its blame; ties go to the later place.

    A skip that was not sent, since nobody wanted it, is no loss: nobody is to blame for it.
    """
    known, blame = -1, 0
    for place in places:
        if not feds[place] and blames[place] != UNSENT and whens[place] >= known:
            known, blame = whens[place], blames[place]
    return known, blame


def last_arrival(whens: Sequence[int], blames: Sequence[int], places: Sequence[int]) -> int:
    """Return the blame of the input that came last; ties go to the later place."""
    latest, blame = -1, 0
    for place in places:
        if whens[place] >= latest:
            latest, blame = whens[place], blames[place]
    return blame


class PerfectJoin:
    """A join with perfect detection; ``inputs()`` gives the ``settle`` of each input in order of edge index.

    The state of an open request is a list: settled inputs, present inputs, when it fires (OPEN: not known yet), then
    for each input its ``when``, its ``fed`` and its ``blame``.
    """

    def __init__(self, station: Station, rules: Rules) -> None:
        self.station, self.rules = station, rules
        self.callbacks, self.starve = (happening(station),), starving_of(station)
        self.blank = [0, 0, OPEN] + [0] * (3 * rules.size)

    def inputs(self) -> tuple[Settle, ...]:
        """Return ``settle`` of each input."""
        states: dict[int, list[int]] = {}
        return tuple(self._input_at(place, states) for place in range(self.rules.size))

    def _input_at(self, place: int, states: dict[int, list[int]]) -> Settle:
        bit, size, everything, verdict_of = 1 << place, self.rules.size, self.rules.all, self.rules.verdict
        when_at, fed_at, blame_at = 3 + place, 3 + size + place, 3 + 2 * size + place
        blank, conclude = self.blank, self._conclude
        too_late, offset = self.station.clock.too_late, self.station.offset

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            state = states.get(request)
            if state is None:
                state = states[request] = blank.copy()
            state[0] |= bit
            if fed:
                state[1] |= bit
                state[fed_at] = fed
            state[when_at] = when
            state[blame_at] = blame
            if state[2] == OPEN:
                verdict = verdict_of(state[0], state[1])
                if verdict:
                    conclude(request, state, verdict)
            elif fed and when > state[2]:
                too_late[offset] += 1
            if state[0] == everything:
                del states[request]

        return settle

    def _conclude(self, request: int, state: list[int], verdict: Verdict) -> None:
        """Fire at the instant when the last consulted input is settled, or starve then."""
        consulted, taken = verdict
        size, station = self.rules.size, self.station
        when = 0
        for place in consulted:
            if state[3 + place] > when:
                when = state[3 + place]
        fed = blame = 0
        for place in taken:
            fed |= state[3 + size + place]
        if fed:
            if station.late:
                blame = last_arrival(state[3:], state[3 + 2 * size :], taken)
            state[2] = when
            if state[1].bit_count() > len(taken):  # the others may be known to come, later than this
                after = (p for p in range(size) if state[3 + size + p] and state[3 + p] > when)
                station.clock.too_late[station.offset] += sum(1 for _ in after)
            firing = Firing(self.callbacks, request, fed, blame)
            heappush(station.clock.queue, (when, OURS, request * station.stride + station.offset, firing))
            return
        blame = last_loss(state[3:], state[3 + size :], state[3 + 2 * size :], consulted)[1]
        state[2] = when if station.emission else FOREVER
        self.starve(request, when, blame)
