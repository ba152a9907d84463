"""Joins that wait for k of their inputs: the k fastest of n answer.

Losses are known at their instant, as under perfect detection, so that such a join never fires later than a perfect one:
at the k-th input with which its needs are met, or when nothing that it waits for can improve what it takes. What comes
at the very instant of the k-th input counts: the join looks when everything else of that instant has happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappush

from simulator.network.clock import ALARM, FOREVER, OURS, Firing
from simulator.network.joins import OPEN, Rules, Verdict, last_arrival, last_loss
from simulator.network.links import Settle
from simulator.network.parts import Station, firing_of, starving_of


@dataclass(slots=True)
class Race:
    """What a join knows of one request; places are those of its inputs; ``fires_at`` is (instant, priority)."""

    whens: list[int]
    feds: list[int]
    blames: list[int]
    settled: int = 0
    present: int = 0
    fires_at: tuple[int, int] = (FOREVER, ALARM)
    fired: int = OPEN


class FirstJoin:
    """A join that fires at one of its first inputs; ``inputs()`` gives the ``settle`` of each in order of edge index.

    Args:
        station: The part.
        rules: What it takes.
        k: How many inputs are enough; fewer than it has.
    """

    def __init__(self, station: Station, rules: Rules, k: int) -> None:
        self.station, self.rules, self.k = station, rules, k
        self.fire, self.starve = firing_of(station), starving_of(station)
        self.races: dict[int, Race] = {}
        self.callbacks = (self._happen,)

    def inputs(self) -> tuple[Settle, ...]:
        """Return ``settle`` of each input."""
        return tuple(self._input_at(place) for place in range(self.rules.size))

    def _input_at(self, place: int) -> Settle:
        bit, size, everything, races, plan = 1 << place, self.rules.size, self.rules.all, self.races, self._plan
        too_late, offset = self.station.clock.too_late, self.station.offset

        def settle(request: int, when: int, fed: int, blame: int) -> None:
            race = races.get(request)
            if race is None:
                race = races[request] = Race([0] * size, [0] * size, [0] * size)
            race.settled |= bit
            race.whens[place], race.feds[place], race.blames[place] = when, fed, blame
            if fed:
                race.present |= bit
            if race.fired == OPEN:
                plan(request, race)
            elif fed and when > race.fired:
                too_late[offset] += 1
            if race.settled == everything and race.fired != OPEN:
                del races[request]

        return settle

    def _plan(self, request: int, race: Race) -> None:
        """Push the event at which the join fires, as far as is known now, or starve; an earlier one makes it stale."""
        fires_at = self._enough(race), ALARM
        verdict = self.rules.verdict(race.settled, race.present)
        if verdict:
            known = max(race.whens[place] for place in verdict[0])
            if verdict[1]:
                fires_at = min(fires_at, (known, OURS))
            elif known < fires_at[0]:
                self._starve(request, race, known, verdict)
                return
        if fires_at < race.fires_at:
            race.fires_at = fires_at
            station = self.station
            key = request * station.stride + station.offset
            heappush(station.clock.queue, (*fires_at, key, Firing(self.callbacks, request, 0, 0)))

    def _enough(self, race: Race) -> int:
        """Return the first instant at which k inputs are here that meet the needs; FOREVER: none is known."""
        if race.present.bit_count() < self.k:
            return FOREVER
        comes = sorted(when for when, fed in zip(race.whens, race.feds, strict=True) if fed)
        return next((when for when in comes[self.k - 1 :] if self.rules.taken(self._here(race, when))), FOREVER)

    def _here(self, race: Race, now: int) -> int:
        return sum(1 << place for place in range(self.rules.size) if race.feds[place] and race.whens[place] <= now)

    def _happen(self, firing: Firing) -> None:
        """Fire with what is here, unless the request has fired already or an earlier instant was found."""
        request, now = firing.request, self.station.clock._now  # noqa: SLF001 - the hot path
        race = self.races.get(request)
        if race is None or race.fired != OPEN or race.fires_at[0] != now:
            return
        here = self._here(race, now)
        taken, fed = self.rules.taken(here), 0
        for place in taken:
            fed |= race.feds[place]
        race.fired = now
        self.station.clock.too_late[self.station.offset] += (race.present & ~here).bit_count()
        if race.settled == self.rules.all:
            del self.races[request]
        self.fire(request, now, fed, last_arrival(race.whens, race.blames, taken) if self.station.late else 0)

    def _starve(self, request: int, race: Race, when: int, verdict: Verdict) -> None:
        blame = last_loss(race.whens, race.feds, race.blames, verdict[0])[1]
        race.fired = when if self.station.emission else FOREVER
        self.starve(request, when, blame)
