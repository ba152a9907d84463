"""What joins that close have in common: how they fire with what is here, or let their part starve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from simulator.network.clock import FOREVER, Firing
from simulator.network.joins import OPEN, Rules, last_loss
from simulator.network.links import Settle
from simulator.network.parts import Station, firing_of, starving_of


@dataclass(slots=True)
class Waiting:
    """What a join that closes knows of one request; places are those of its inputs."""

    whens: list[int]
    feds: list[int]
    blames: list[int]
    settled: int = 0
    present: int = 0
    first: int = FOREVER
    fired: int = OPEN


State = TypeVar("State", bound=Waiting)


class ClosingJoin(Generic[State]):
    """A join that closes; ``inputs()`` gives the ``settle`` of each input in order of edge index.

    Args:
        station: Its part's surroundings.
        rules: Its rules.
        blame_wait: Code to blame when it closes with too little, or waits past the deadline.
    """

    def __init__(self, station: Station, rules: Rules, blame_wait: int) -> None:
        self.station, self.rules, self.blame_wait = station, rules, blame_wait
        self.fire, self.starve = firing_of(station), starving_of(station)
        self.waiting: dict[int, State] = {}
        self.callbacks = (self._happen,)

    def inputs(self) -> tuple[Settle, ...]:
        """Return ``settle`` of each input."""
        return tuple(self._input_at(place) for place in range(self.rules.size))

    def _input_at(self, place: int) -> Settle:
        raise NotImplementedError

    def _happen(self, firing: Firing) -> None:
        raise NotImplementedError

    def _conclude(self, request: int, state: State, now: int) -> None:
        """Fire with what is here, or starve."""
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

    def _fire(self, request: int, state: State, now: int, taken: Iterable[int]) -> None:
        state.fired = now
        fed, latest, blame = 0, -1, 0
        for place in taken:
            fed |= state.feds[place]
            if state.whens[place] >= latest:
                latest, blame = state.whens[place], state.blames[place]
        if self.station.late and not blame and now > latest and now > self.station.late[0][request]:
            blame = self.blame_wait
        self.fire(request, now, fed, blame)

    def _starve(self, request: int, state: State, when: int, lost: Iterable[int]) -> None:
        blame = last_loss(state.whens, state.feds, state.blames, tuple(lost))[1] or self.blame_wait
        state.fired = when if self.station.emission else FOREVER
        self.starve(request, when, blame)

    def _starve_known(self, request: int, state: State, when: int) -> None:
        """Starve at an instant; to blame are the losses that are known by then."""
        self._starve(request, state, when, (p for p in range(self.rules.size) if state.whens[p] <= when))
