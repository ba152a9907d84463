"""Links: what happens to a message between two nodes.

A message belongs to the link once it is handed over. One direction of a link is a FIFO transmitter, then a
propagation delay. The link must be up at the handing over and until the last byte arrives: a message that dies on the
way holds the transmitter until the crash, one that still waits then never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.network.clock import OURS, Clock, Firing
from simulator.network.life import Until

Settle = Callable[[int, int, int, int], None]
"""``settle(request, when, fed, blame)``: the input comes at ``when``, or (fed = 0) is known from then on to be lost."""

BITS_PER_BYTE = 8
SECOND_NS = 1_000_000_000


def transmission_ns(payload_bytes: int, bandwidth_bps: float) -> int:
    """Return how long a message occupies the transmitter, rounded up to whole nanoseconds.

    >>> transmission_ns(1000, 2e6), transmission_ns(1000, float("inf"))
    (4000000, 0)
    """
    if bandwidth_bps == float("inf"):
        return 0
    return int(-(-payload_bytes * BITS_PER_BYTE * SECOND_NS // bandwidth_bps))


class Line:
    """One direction of a link: a transmitter (shared by all messages in that direction) and the way to the other end.

    ``carry`` returns the arrival of the last byte, or ``-1 - known`` when the message is lost at ``known``.
    Calls come in order of time, unless the bandwidth is infinite: then nothing is queued and any order will do.
    """

    __slots__ = ("free", "is_queueing", "latency_ns", "until")

    def __init__(self, latency_ns: int, until: Until, *, is_queueing: bool) -> None:
        self.latency_ns = latency_ns
        self.until = until
        self.is_queueing = is_queueing
        self.free = 0

    def carry(self, now: int, transmission: int, jitter: int, request: int) -> int:
        """Return when a message handed over now has arrived, or -1 - the instant at which it is lost."""
        end = self.until(now, request)
        if end < 0:
            return -1 - now
        start = now
        if self.is_queueing:
            if self.free > start:
                start = self.free
            if start >= end:
                return -1 - end
            self.free = min(start + transmission, end)
        arrival = start + transmission + self.latency_ns + jitter
        return arrival if arrival <= end else -1 - end


class Channel:
    """One transmitter that several directions or links share; ``free`` is when it has nothing more to send."""

    __slots__ = ("free",)

    def __init__(self) -> None:
        self.free = 0


class SharedLine:
    """A direction of a link whose transmitter is not its own: the other direction's too, or a whole medium's.

    Messages take the channel in the order in which they are handed over, whatever their direction or link.
    """

    __slots__ = ("channel", "is_queueing", "latency_ns", "until")

    def __init__(self, latency_ns: int, until: Until, channel: Channel) -> None:
        self.latency_ns = latency_ns
        self.until = until
        self.channel = channel
        self.is_queueing = True

    def carry(self, now: int, transmission: int, jitter: int, request: int) -> int:
        """Return when a message handed over now has arrived, or -1 - the instant at which it is lost."""
        end = self.until(now, request)
        if end < 0:
            return -1 - now
        start = max(now, self.channel.free)
        if start >= end:
            return -1 - end
        self.channel.free = min(start + transmission, end)
        arrival = start + transmission + self.latency_ns + jitter
        return arrival if arrival <= end else -1 - end


class QueueingLine(Protocol):
    """What every kind of line has."""

    latency_ns: int
    until: Until
    is_queueing: bool

    def carry(self, now: int, transmission: int, jitter: int, request: int) -> int:
        """Return when a message handed over now has arrived, or -1 - the instant at which it is lost."""


class SpikingLine:
    """A line whose messages take longer at times, by the instant at which they are handed over."""

    __slots__ = ("added", "is_queueing", "latency_ns", "line", "until")

    def __init__(self, line: QueueingLine, added: Callable[[int], int]) -> None:
        self.line, self.added = line, added
        self.latency_ns, self.until, self.is_queueing = line.latency_ns, line.until, line.is_queueing

    def carry(self, now: int, transmission: int, jitter: int, request: int) -> int:
        """Return when a message handed over now has arrived, or -1 - the instant at which it is lost."""
        return self.line.carry(now, transmission, jitter + self.added(now), request)


AnyLine = Line | SharedLine | SpikingLine | QueueingLine


def delay(settle: Settle, delay_ns: int, bit: int) -> Settle:
    """Return a wire that only delays: links of infinite bandwidth that cannot fail, lose or jitter."""
    if delay_ns == 0:

        def pass_on(request: int, when: int, fed: int, blame: int) -> None:
            settle(request, when, fed | bit if fed else 0, blame)

        return pass_on

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed:
            settle(request, when + delay_ns, fed | bit, blame)
        else:
            settle(request, when, 0, blame)

    return send


@dataclass(frozen=True)
class Hop:
    """What one hyperconnection does on one direction of a link.

    Args:
        line: The direction of the link.
        transmission_ns: Time on the transmitter.
        crashed: Code to blame when the link is down.
        lossy: Code to blame when the link lost the message.
        jitter: Further delay of each request's message in nanoseconds, or None.
        lost: Loss coin of each request (True: lost), or None.
    """

    line: AnyLine
    transmission_ns: int
    crashed: int
    lossy: int
    jitter: Sequence[int] | None = None
    lost: Sequence[bool] | None = None


def carry(settle: Settle, hop: Hop, bit: int) -> Settle:
    """Return a wire over one hop: queueing, propagation, jitter, and the loss coin that is known at the arrival."""
    over, transmission, crashed, lossy = hop.line.carry, hop.transmission_ns, hop.crashed, hop.lossy
    jitter, lost = hop.jitter, hop.lost

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if not fed:
            settle(request, when, 0, blame)
            return
        arrival = over(when, transmission, jitter[request] if jitter is not None else 0, request)
        if arrival < 0:
            settle(request, -1 - arrival, 0, crashed)
        elif lost is not None and lost[request]:
            settle(request, arrival, 0, lossy)
        else:
            settle(request, arrival, fed | bit, blame)

    return send


def enter_later(settle: Settle, clock: Clock, stride: int, offset: int) -> Settle:
    """Return a wire that hands a message over at its true instant, for queues that others may enter in between."""

    def enter(firing: Firing) -> None:
        settle(firing.request, clock._now, firing.fed, firing.blame)  # noqa: SLF001 - the hot path

    callbacks = (enter,)

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed:
            clock.at(when, OURS, request * stride + offset, Firing(callbacks, request, fed, blame))
        else:
            settle(request, when, 0, blame)

    return send


def relay(settle: Settle, until: Until, crashed: int) -> Settle:
    """Return a node that passes messages on, unless it is down when they arrive."""

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed and until(when, request) < 0:
            settle(request, when, 0, crashed)
        else:
            settle(request, when, fed, blame)

    return send


def rerouted(choose: Callable[[int, int], Settle]) -> Settle:
    """Return a wire that takes, at the instant of sending, the best route over what is up then."""

    def send(request: int, when: int, fed: int, blame: int) -> None:
        choose(when, request)(request, when, fed, blame)

    return send


def no_route(settle: Settle, blamed: int) -> Settle:
    """Return the wire of a hyperconnection that has no route now: the message is lost at once."""

    def send(request: int, when: int, fed: int, blame: int) -> None:
        settle(request, when, 0, blamed if fed else blame)

    return send


def late_at(settle: Settle, limits: Sequence[int], blamed: int) -> Settle:
    """Return a wire that blames its link for a message whose request's limit passes on the way."""

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if fed and not blame and when > limits[request]:
            blame = blamed
        settle(request, when, fed, blame)

    return send
