"""Hedged parts: run on a second node when the output has not come in time; the first output counts.

A hedged part has replicas and one hyperconnection into it. The clock starts when its input is sent for the first time.
Where the part is not done by ``after`` from then on (done at that very instant counts), the sender, if it is up, sends
a copy to the first of the other nodes that is up and can be reached. The first output goes on, the later one is
dropped: nothing is cancelled. The part is lost when both copies are, or the only one and no second can be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.network.clock import ALARM, OURS, Firing
from simulator.network.life import DOWN, Until
from simulator.network.links import Settle
from simulator.network.replicas import NOWHERE, Finder
from simulator.network.trace import Event

if TYPE_CHECKING:
    from simulator.network.world import World

COPIES = 2
Why = Callable[[int, int], int]
"""``why(when, request)``: who is to blame where no node can be had."""


@dataclass(slots=True)
class Race:
    """One request on its way to a hedged part, and there.

    Args:
        hedge_ns: When a copy is due.
        running: Copies of which nobody knows yet that they are lost.
        is_due: Whether the copy is still to be sent, if needed.
        is_over: Whether an output has gone on.
        places: The node that each copy was sent to last, by its place; NOWHERE for none.
        lost_ns: When the last loss is known.
        cause: Who is to blame for it.
    """

    hedge_ns: int
    running: int = 1
    is_due: bool = True
    is_over: bool = False
    places: list[int] = field(default_factory=lambda: [NOWHERE] * COPIES)
    lost_ns: int = -1
    cause: int = 0


class Hedge:
    """A hedged part: its copies on their nodes, and what became of them.

    Args:
        world: The compiled components.
        edge: Index of the hyperconnection into the part.
        after_ns: How long its output may take before a copy is sent.
    """

    def __init__(self, world: World, edge: int, after_ns: int) -> None:
        self.world, self.edge, self.after_ns, self.clock = world, edge, after_ns, world.clock
        self.tally, self.note = world.tallies[edge], world.trace.noting(edge, Event.HEDGED)
        self.limits = world.limits if world.plan.limit_ns is not None else None
        self.races: dict[int, Race] = {}
        self.is_counted = world.plan.policy.repeats is None  # else who repeats counts
        self.told: Settle = _nobody

    def key(self, request: int, copy: int) -> int:
        """Return the key of what happens to a copy at its ends."""
        return request * self.world.stride + self.world.offset(self.edge, len(self.world.plan.topology.links), copy)

    def ending(self, place: int, outputs: Sequence[Settle]) -> Settle:
        """Return what learns how the part ended on one of its nodes; ``outputs`` are what it sends with from there."""

        def goes_on(firing: Firing) -> None:
            race = self.races[firing.request]
            if race.is_over:
                self.tally.wasted += 1
            else:
                race.is_over = True
                self.tally.won += race.places.index(place)
                send(firing.request, self.clock._now, firing.fed, firing.blame)  # noqa: SLF001 - the clock's own
            self.ended(firing.request, race)

        def send(request: int, when: int, fed: int, blame: int) -> None:
            for output in outputs:
                output(request, when, fed, blame)

        def end(request: int, when: int, fed: int, blame: int) -> None:
            race = self.races[request]
            if not fed:
                self.lost(request, when, blame)
            elif race.is_due and when <= race.hedge_ns:  # there will be no copy
                race.is_over = True
                self.ended(request, race)
                send(request, when, fed, blame)
            else:
                key = self.key(request, race.places.index(place))
                self.clock.at(when, OURS, key, Firing(callbacks, request, fed, blame))

        callbacks = (goes_on,)
        return end

    def lost(self, request: int, when: int, blame: int) -> None:
        """Learn that a copy was lost, on its way or on its node, as is known from ``when`` on."""
        race = self.races[request]
        if when >= race.lost_ns:
            race.lost_ns, race.cause = when, blame
        self.ended(request, race)

    def ended(self, request: int, race: Race) -> None:
        """Count a copy that came to its end."""
        race.running -= 1
        self.leave(request, race)

    def leave(self, request: int, race: Race) -> None:
        """Forget the race where nobody is under way or to come; tell of the loss if nobody got through."""
        if not race.running and not race.is_due:
            del self.races[request]
            if not race.is_over:
                self.told(request, race.lost_ns, 0, race.cause)

    def attempt(self, copy: int, wires: Sequence[Settle], finder: Finder, why: Why, landed: Settle) -> Settle:
        """Return the wire of one sending of a copy: to the first node that is up and does not hold the other copy."""

        def send(request: int, when: int, fed: int, blame: int) -> None:
            places = self.races[request].places
            place = places[copy] = finder.first(when, request, places[1 - copy])
            if place == NOWHERE:
                landed(request, when, 0, why(when, request))
            else:
                wires[place](request, when, fed, blame)

        return send


class HedgedWire:
    """The hyperconnection from a node into a hedged part.

    Args:
        hedge: The part.
        source: Node that sends.
        copies: The wires of the first copy and of the second.
    """

    def __init__(self, hedge: Hedge, source: str, copies: Sequence[Settle]) -> None:
        self.hedge, self.copies = hedge, copies
        self.until: Until = hedge.world.until(source)
        self.callbacks = (self._due,)

    def send(self, request: int, when: int, fed: int, blame: int) -> None:
        """Send the first copy; with nothing to send, pass the news on."""
        hedge = self.hedge
        if not fed:
            hedge.told(request, when, 0, blame)
            return
        due = when + hedge.after_ns
        hedge.races[request] = Race(due)
        hedge.tally.messages += hedge.is_counted
        hedge.clock.at(due, ALARM, hedge.key(request, 0), Firing(self.callbacks, request, fed, blame))
        self.copies[0](request, when, fed, blame)

    def _due(self, firing: Firing) -> None:
        """Send the second copy, unless the part is done, or it cannot be sent."""
        hedge, request, now = self.hedge, firing.request, self.hedge.clock._now  # noqa: SLF001 - the clock's own
        race, limits = hedge.races[request], hedge.limits
        race.is_due = False
        is_withdrawn = limits is not None and now >= limits[request]
        if race.is_over or is_withdrawn or self.until(now, request) == DOWN:
            race.lost_ns = max(race.lost_ns, now)
            hedge.leave(request, race)
            return
        race.running += 1
        hedge.tally.hedged += 1
        hedge.note(request, now, 0)
        self.copies[1](request, now, firing.fed, firing.blame)


def _nobody(request: int, when: int, fed: int, blame: int) -> None:
    """Learn of a loss before anybody wants to."""
