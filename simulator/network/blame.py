"""Codes of who is to blame for a loss or a delay: a component and a reason in one int."""

from __future__ import annotations

BY_CRASH, BY_DEADLINE, BY_LOSS, BY_WAIT, BY_BUFFER = range(5)
UNSENT = -1  # of a skip that was held back, since nobody wanted it: no loss that anybody is to blame for
REASON_BITS = 3
REASON_MASK = (1 << REASON_BITS) - 1


def blame_code(component: int, reason: int) -> int:
    """Return the code of a component (its index in the topology) and a reason; 0 is nobody."""
    return (component + 1) << REASON_BITS | reason
