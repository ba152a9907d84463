"""How a request ended, and why: words for the codes of the log."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.network.blame import (
    BY_BUFFER,
    BY_CRASH,
    BY_DEADLINE,
    BY_LOSS,
    BY_WAIT,
    REASON_BITS,
    REASON_MASK,
)
from simulator.network.plan import Times

ON_TIME, LATE, LOST = 0, 1, 2
ENDINGS = ("on_time", "late", "lost")
REASONS = {
    BY_CRASH: "{} was down",
    BY_DEADLINE: "the deadline passed at {}",
    BY_LOSS: "{} lost the message",
    BY_WAIT: "no input came to {} in time",
    BY_BUFFER: "the buffer of {} was full",
}


def endings(
    answered: NDArray[np.bool_], arrival_ns: Times, end_ns: Times, blame: Times, deadline_ns: int | None
) -> NDArray[np.int8]:
    """Return the ending of each request: on time, late (after the deadline, or withdrawn at it) or lost.

    Args:
        answered: Whether the request has an answer.
        arrival_ns: Birth.
        end_ns: When it answered, or when it was known that it would not.
        blame: Code of who is to blame.
        deadline_ns: Age at which an answer is late, None without a deadline.
    """
    if deadline_ns is None:
        return np.where(answered, ON_TIME, LOST).astype(np.int8)
    age = end_ns - arrival_ns
    is_withdrawn = ~answered & ((blame & REASON_MASK) == BY_DEADLINE) & (blame > 0)
    is_late = (answered & (age > deadline_ns)) | is_withdrawn
    return np.where(is_late, LATE, np.where(answered, ON_TIME, LOST)).astype(np.int8)


def reason(blame: int, components: tuple[str, ...]) -> str:
    """Return why a request was late or lost, naming the component; empty where nobody is to blame.

    >>> reason(1 << REASON_BITS | BY_DEADLINE, ("edge", "fog1"))
    'the deadline passed at edge'
    """
    return REASONS[blame & REASON_MASK].format(components[(blame >> REASON_BITS) - 1]) if blame else ""
