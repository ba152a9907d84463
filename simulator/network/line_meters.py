"""What a transmitter of a link was asked for and did: its messages come, wait, are sent, and leave it for the way."""

from __future__ import annotations

from simulator.network.links import Line, SharedLine
from simulator.network.meters import Meter


class MeteredLine:
    """A line with a transmitter, whose messages are noted: from the handing over until the last byte is sent.

    A message that dies while it is sent leaves at the crash, as does one that waits; one that the link refuses leaves
    as it comes; one that dies on the way has left before.
    """

    __slots__ = ("_came", "_went", "is_queueing", "latency_ns", "line", "transmitter", "until")

    def __init__(self, line: Line | SharedLine, meter: Meter) -> None:
        self.line = line
        self.transmitter = line.channel if isinstance(line, SharedLine) else line
        self.latency_ns, self.until, self.is_queueing = line.latency_ns, line.until, line.is_queueing
        self._came, self._went = meter.entered.append, meter.left.append

    def carry(self, now: int, transmission: int, jitter: int, request: int) -> int:
        """Return when a message handed over now has arrived, or -1 - the instant at which it is lost."""
        transmitter = self.transmitter
        start = max(now, transmitter.free)
        arrival = self.line.carry(now, transmission, jitter, request)
        self._came(now)
        self._went(transmitter.free if arrival >= 0 or start < -1 - arrival else -1 - arrival)
        return arrival
