"""Ways that only take time: all links and relays of a route as one delay, and the instants at which it is cut.

A message that is sent at t passes a link from t + d on and a relay at t + e, with d and e known. So the instants t from
which something on the way stops it are shifted outages; their union is one life, looked at once for the whole route.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.failures.scripted import merged
from simulator.network.life import Life
from simulator.network.links import Settle

Outages = Sequence[tuple[int, int]]


def cut_by_link(outages: Outages, reached_ns: int, latency_ns: int) -> list[tuple[int, int]]:
    """Return the instants of sending from which a link, entered ``reached_ns`` later, does not carry a message over.

    It has to be up when the message enters, and until it arrives; an arrival at the instant of the crash counts.

    >>> cut_by_link([(100, 120)], 10, 5)
    [(86, 110)]
    """
    return [(crash - reached_ns - max(0, latency_ns - 1), repair - reached_ns) for crash, repair in outages]


def cut_by_relay(outages: Outages, reached_ns: int) -> list[tuple[int, int]]:
    """Return the instants of sending from which a node, reached that much later, is found down.

    >>> cut_by_relay([(100, 120)], 10)
    [(90, 110)]
    """
    return [(crash - reached_ns, repair - reached_ns) for crash, repair in outages]


def passage(settle: Settle, delay_ns: int, bit: int, cut: Outages, hop_by_hop: Callable[[], Settle]) -> Settle:
    """Return the wire of a route that only takes time.

    Args:
        settle: Who learns what became of a message.
        delay_ns: The time of the whole way.
        bit: The hyperconnection.
        cut: When a message that is sent will be stopped on the way.
        hop_by_hop: Makes the wire that finds where; it is asked for only when a message is stopped.
    """
    crash, repair = merged(cut)
    until = Life(crash.tolist(), repair.tolist()).until
    made: list[Settle] = []

    def send(request: int, when: int, fed: int, blame: int) -> None:
        if not fed:
            settle(request, when, 0, blame)
        elif until(when, request) >= 0:
            settle(request, when + delay_ns, fed | bit, blame)
        else:
            if not made:
                made.append(hop_by_hop())
            made[0](request, when, fed, blame)

    return send
