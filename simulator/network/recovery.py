"""The YAML blocks of recovery: messages sent again, and parts run twice."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.blocks import Block
from simulator.units import DurationNs, PositiveDurationNs

MOST_SENDINGS = 20


class Backoff(Block):
    """How long a sender waits, beyond the time-out, before it sends again.

    Before the n-th repetition ``first`` x ``factor`` to the power n - 1, at most ``most``; less a share of that which
    is drawn evenly from 0 to ``jitter`` (1: anything from nothing to all of it).
    """

    first_ns: DurationNs = 0
    factor: Annotated[float, Field(ge=1)] = 2.0
    most_ns: PositiveDurationNs | None = None
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.0

    def wait_ns(self, repetition: int, drawn: float) -> int:
        """Return the wait before the n-th repetition (n >= 1); ``drawn`` is from [0, 1).

        >>> grows = Backoff(first="10 us", most="30 us", jitter=0.5)
        >>> grows.wait_ns(2, 0.0), grows.wait_ns(3, 0.5)
        (20000, 22500)
        """
        most = float("inf") if self.most_ns is None else self.most_ns
        return round(min(self.first_ns * self.factor ** (repetition - 1), most) * (1 - self.jitter * drawn))


class Retry(Block):
    """A message that is lost is sent again, until it has been sent ``attempts`` times.

    The sender notices at the ``timeout`` after its sending. With a ``budget`` each message that is sent for the first
    time earns that share of a token, of which at most ``saved`` are kept, and each repetition costs one; without a
    token the message is given up.
    """

    attempts: Annotated[int, Field(ge=1, le=MOST_SENDINGS)] = 3
    timeout_ns: DurationNs
    backoff: Backoff = Backoff()
    budget: Annotated[float, Field(gt=0, le=10)] | None = None
    saved: Annotated[int, Field(ge=1)] = 10


class Hedge(Block):
    """A part with replicas whose output has not come some time after its input was sent is also run on the next one."""

    after_ns: DurationNs
