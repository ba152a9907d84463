"""Messages that are sent again when they are lost.

A message is acknowledged when it arrives at a node that is up; acknowledgements take no time and are never lost.
Without one the sender sends again: at the time-out after its sending, or when the loss is known if that is later, plus
the back-off. It does so while its node is up then, sendings are left and the budget has a token, and no longer once the
request is withdrawn. A job that is lost after its message has arrived is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from simulator.network.blame import BY_CRASH, blame_code
from simulator.network.clock import OURS, Firing
from simulator.network.life import DOWN
from simulator.network.links import Settle
from simulator.network.plan import Sendings
from simulator.network.recovery import Retry
from simulator.network.trace import Event

if TYPE_CHECKING:
    from simulator.network.wiring import Sending
    from simulator.network.world import World

Attempt = Callable[[int, Settle], Settle]
"""``attempt(number, settle)``: the wire of the sending of that number."""


class Budget(Protocol):
    """What repetitions are paid from."""

    def earn(self) -> None:
        """Count a message that is sent for the first time."""

    def take(self) -> bool:
        """Pay for a repetition; return whether there was enough."""


class Endless:
    """A budget for any number of repetitions."""

    def earn(self) -> None:
        """Count nothing."""

    def take(self) -> bool:
        """Return True."""
        return True


class Tokens:
    """A budget of a share of a token for each message, of which some are kept; empty at first.

    Args:
        share: Of a token, for each message; read as a fraction of denominator 1,000 or less, so that sums are exact.
        saved: The most tokens that are kept.
    """

    def __init__(self, share: float, saved: int) -> None:
        exact = Fraction(share).limit_denominator(1000)
        self.earns, self.costs = exact.numerator, exact.denominator
        self.most, self.has = saved * self.costs, 0

    def earn(self) -> None:
        """Count a message that is sent for the first time."""
        self.has = min(self.has + self.earns, self.most)

    def take(self) -> bool:
        """Pay for a repetition; return whether there was a token."""
        if self.has < self.costs:
            return False
        self.has -= self.costs
        return True


def budget_of(retry: Retry) -> Budget:
    """Return a fresh budget."""
    return Endless() if retry.budget is None else Tokens(retry.budget, retry.saved)


def repeats_of(world: World) -> Retry:
    """Return how messages are sent again, of a plan in which they are."""
    retry = world.plan.policy.repeats
    if retry is None:
        raise ValueError("no message is sent again")
    return retry


class Tally:
    """Counts what ``Sendings`` says, while it happens."""

    __slots__ = ("crossings", "given_up", "hedged", "messages", "refused", "repeated", "resent", "wasted", "won")

    def __init__(self) -> None:
        self.messages = self.repeated = self.given_up = self.refused = self.crossings = 0
        self.hedged = self.won = self.wasted = self.resent = 0

    def sendings(self) -> Sendings:
        """Return the counts."""
        return Sendings(**{name: getattr(self, name) for name in self.__slots__})


@dataclass(slots=True)
class Message:
    """One message that is not acknowledged yet.

    Args:
        fed: The edges behind it.
        blame: Who is to blame for its being late, 0 for nobody.
        sent: When it was sent last.
        number: How often it was sent before that.
        cause: Who is to blame for its last loss.
    """

    fed: int
    blame: int
    sent: int
    number: int = 0
    cause: int = 0


class Retrying:
    """A hyperconnection from one node whose messages are sent again when they are lost.

    Args:
        world: The compiled components.
        sending: The first sending: of which hyperconnection, from where, and its number (not 0: it is that of a copy).
        attempt: Makes the wire of each sending.
        settle: Who learns what became of a message in the end.
    """

    def __init__(self, world: World, sending: Sending, attempt: Attempt, settle: Settle) -> None:
        self.world, self.retry, self.settle, self.attempt = world, repeats_of(world), settle, attempt
        edge, source, self.first = sending.edge, sending.source, sending.number
        self.clock, self.until = world.clock, world.until(source)
        self.limits = world.limits if world.plan.limit_ns is not None else None
        self.source_down = blame_code(world.index[source], BY_CRASH)
        self.key = world.offset(edge, len(world.plan.topology.links), sending.copy)
        self.name = world.plan.graph.edges[edge].name
        self.tally, self.budget = world.tallies[edge], world.budgets[edge]
        self.note = world.trace.noting(edge, Event.AGAIN)
        self.messages: dict[int, Message] = {}
        self.wires: dict[int, Settle] = {}
        self.callbacks = (self._again,)

    def send(self, request: int, when: int, fed: int, blame: int) -> None:
        """Send a message for the first time; with nothing to send, pass the news on."""
        if not fed:
            self.settle(request, when, 0, blame)
            return
        self.messages[request] = Message(fed, blame, when)
        if not self.first:
            self.tally.messages += 1
            self.budget.earn()
        self._wire(0)(request, when, fed, blame)

    def _wire(self, number: int) -> Settle:
        if number not in self.wires:
            self.wires[number] = self.attempt(self.first + number, self._landed)
        return self.wires[number]

    def _landed(self, request: int, when: int, fed: int, blame: int) -> None:
        """Learn what became of a sending: acknowledged, or lost as is known from ``when`` on."""
        if fed:
            del self.messages[request]
            self.settle(request, when, fed, blame)
            return
        message = self.messages[request]
        message.number, message.cause = message.number + 1, blame
        if message.number == self.retry.attempts:
            self._give_up(request, when, blame)
            return
        again_at = max(message.sent + self.retry.timeout_ns, when) + self._backoff_ns(message.number, request)
        firing = Firing(self.callbacks, request, message.fed, message.blame)
        self.clock.at(again_at, OURS, request * self.world.stride + self.key, firing)

    def _backoff_ns(self, number: int, request: int) -> int:
        drawn = self.world.draws.again[self.first + number - 1].backoff.get(self.name)
        return self.retry.backoff.wait_ns(number, 0.0 if drawn is None else float(drawn[request]))

    def _again(self, firing: Firing) -> None:
        request, now = firing.request, self.clock._now  # noqa: SLF001 - the clock's own
        message = self.messages[request]
        if self.until(now, request) == DOWN:
            self._give_up(request, now, self.source_down)
        elif self.limits and now >= self.limits[request]:
            self._give_up(request, now, message.cause)
        elif not self.budget.take():
            self.tally.refused += 1
            self._give_up(request, now, message.cause)
        else:
            self.tally.repeated += 1
            self.note(request, now, message.cause)
            message.sent = now
            self._wire(message.number)(request, now, message.fed, message.blame)

    def _give_up(self, request: int, when: int, blame: int) -> None:
        del self.messages[request]
        self.tally.given_up += 1
        self.settle(request, when, 0, blame)
