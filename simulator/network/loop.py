"""What a closed loop of requests is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loop:
    """A closed loop of requests.

    Args:
        window: How many are under way at a time.
        think_ns: From the end of a request to the birth that follows it.
    """

    window: int
    think_ns: int = 0
