"""Messages that wait for a repair (``policy.lost: wait_for_repair``): late, not lost.

The sender keeps a message until it has come to a node that is up. It hands it over at the first instant at which there
is a way and the receiving node is up; what a crash stops on the way, or what comes to a node that is down, is handed
over again by the same rule. What a loss coin takes, what a machine loses, and what is down for the request by its own
coin is lost as ever. A part whose inputs are complete while its node is down fires at the repair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.failures.cycles import END_OF_TIME_NS
from simulator.network.blame import BY_CRASH, BY_DEADLINE, REASON_MASK, blame_code
from simulator.network.clock import FOREVER, OURS, Clock, Firing
from simulator.network.life import DOWN, Life
from simulator.network.links import Settle
from simulator.network.switches import Switches

Opening = tuple[int, int]
"""From when on a message can be handed over (FOREVER: never), and the component (its index) that it waited for."""


class Gate(Protocol):
    """Says when a message can be handed over."""

    def opens(self, when: int, request: int) -> Opening:
        """Return the first instant from ``when`` on at which it can."""


class FixedGate:
    """A gate of a fixed way: everything that can fail by its timeline, of the links and the receiving node, is up.

    Args:
        lives: Each with the index of its component.
    """

    def __init__(self, lives: Sequence[tuple[Life, int]]) -> None:
        self.lives = lives

    def opens(self, when: int, request: int) -> Opening:
        """Return the first instant from ``when`` on at which all are up."""
        waited_for, is_moving = 0, True
        while is_moving:
            is_moving = False
            for life, component in self.lives:
                up = life.repaired(when)
                if up > when:
                    when, waited_for, is_moving = up, component, True
        return (when if when < END_OF_TIME_NS else FOREVER), waited_for


class RoutedGate:
    """A gate of a way that is found anew at each sending: there is a route, and the receiving node is up.

    Args:
        receiver: The gate of the receiving node alone.
        switches: When routes change.
        has_route: Whether there is a route while exactly these are down.
        blocker: Index of what is in the way while these are down.
    """

    def __init__(self, receiver: FixedGate, switches: Switches, has_route: Callable[[frozenset[str]], bool],
                 blocker: Callable[[frozenset[str]], int]) -> None:
        self.receiver, self.switches, self.has_route, self.blocker = receiver, switches, has_route, blocker

    def opens(self, when: int, request: int) -> Opening:
        """Return the first instant from ``when`` on at which there is a route; at once where its coins leave none."""
        switches, waited_for = self.switches, 0
        if switches.tossed is not None and not self.has_route(switches.down(switches.tossed[request])):
            return when, waited_for
        while when < END_OF_TIME_NS:
            up, node = self.receiver.opens(when, request)
            if up > when:
                when, waited_for = up, node
                continue
            down = switches.down(switches.mask_at(when, request))
            if self.has_route(down):
                return when, waited_for
            when, waited_for = switches.next_after(when), self.blocker(down)
        return FOREVER, waited_for


@dataclass(frozen=True)
class Patience:
    """What a part needs in order to wait for the repair of its node.

    Args:
        life: The node's.
        coins: Whether the node is up for each request, by its own coin; None: no coins are tossed.
    """

    life: Life
    coins: Sequence[bool] | None

    def until(self, now: int, request: int) -> int:
        """Return when the part may fire: now, or at the repair; what is down by its coin fires at once, in vain."""
        return now if self.coins and not self.coins[request] else self.life.repaired(now)


@dataclass(frozen=True)
class Sender:
    """What a keeper needs of its surroundings.

    Args:
        clock: The SimPy clock.
        stride: Keys per request in the clock's queue.
        offset: The hyperconnection's key within a request.
        limits: When each request is withdrawn, FOREVER for never.
        marks: From when on each request is late; None without a deadline.
    """

    clock: Clock
    stride: int
    offset: int
    limits: Sequence[int]
    marks: Sequence[int] | None


class Keeper:
    """The sender of a hyperconnection, which keeps its messages until they have come.

    Args:
        sender: Its surroundings.
        gate: When a message can be handed over.
        receiver: The life of the receiving node, None where it cannot fail by its timeline.
        settle: The input that the hyperconnection ends in.
    """

    def __init__(self, sender: Sender, gate: Gate, receiver: Life | None, settle: Settle) -> None:
        self.sender, self.gate, self.receiver, self.settle = sender, gate, receiver, settle
        self.wire: Settle = settle
        self.under_way: dict[int, tuple[int, int, int]] = {}
        self.callbacks = (self._turn,)

    def through(self, wire: Settle) -> Settle:
        """Return the wire as the source sees it, around the one that ends in ``came``."""
        self.wire = wire
        return self.send

    def send(self, request: int, when: int, fed: int, blame: int) -> None:
        """Take a message, or the news that there is none."""
        if fed:
            self._keep(request, when, fed, blame)
        else:
            self.settle(request, when, 0, blame)

    def came(self, request: int, when: int, fed: int, blame: int) -> None:
        """Learn what became of a message that was handed over."""
        handed, sent, sent_blame = self.under_way.pop(request)
        if fed:
            is_refused = self.receiver is not None and self.receiver.until(when, request) == DOWN
        else:  # what is down at the very handing over is so by a coin: the gate was open
            is_refused = blame & REASON_MASK == BY_CRASH and when > handed
        if is_refused:
            self._keep(request, when, sent, sent_blame)
        else:
            self.settle(request, when, fed, blame)

    def _keep(self, request: int, when: int, fed: int, blame: int) -> None:
        opens, waited_for = self.gate.opens(when, request)
        if opens == when:
            self._hand(request, when, fed, blame)
            return
        sender = self.sender
        limit = sender.limits[request]
        if opens >= limit or opens == FOREVER:
            known = max(limit, when) if limit < FOREVER else FOREVER
            self.settle(request, known, 0, blame_code(waited_for, BY_CRASH if known == FOREVER else BY_DEADLINE))
            return
        if sender.marks is not None and not blame and opens > sender.marks[request]:
            blame = blame_code(waited_for, BY_DEADLINE)
        key = request * sender.stride + sender.offset
        sender.clock.at(opens, OURS, key, Firing(self.callbacks, request, fed, blame))

    def _turn(self, firing: Firing) -> None:
        self._hand(firing.request, self.sender.clock._now, firing.fed, firing.blame)  # noqa: SLF001 - the hot path

    def _hand(self, request: int, when: int, fed: int, blame: int) -> None:
        self.under_way[request] = when, fed, blame
        self.wire(request, when, fed, blame)
