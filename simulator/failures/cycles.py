"""From times up and down, block after block, to the crash and repair instants of one component."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Times

Cycles = NDArray[np.float64]  # times up and down in nanoseconds, shape (CYCLES_A_BLOCK, 2)
CYCLES_A_BLOCK = 64
END_OF_TIME_NS = 1 << 60  # 36 years; later crashes are not drawn, so that sums stay within int64
DOWN_SINCE_BEFORE = -1



def until_horizon(blocks: Iterator[tuple[Times, Times]], until_ns: int) -> tuple[Times, Times]:
    """Return the crash and the repair instants of all crashes before the horizon, from blocks of them."""
    crashes, repairs = [], []
    for crash, repair in blocks:
        crashes.append(crash)
        repairs.append(repair)
        if len(repair) and repair[-1] >= until_ns:
            break
    crash, repair = np.concatenate(crashes), np.concatenate(repairs)
    begun = int(np.searchsorted(crash, until_ns))
    return crash[:begun], repair[:begun]


def instants(cycles: Iterator[Cycles], *, is_up: bool) -> Iterator[tuple[Times, Times]]:
    """Yield block after block of crash and repair instants; times up and down are whole nanoseconds, at least 1.

    Args:
        cycles: Blocks of times up and down in nanoseconds, each of shape ``(CYCLES_A_BLOCK, 2)``.
        is_up: Whether the component is up at time 0; if not, the first outage began before and has no time up.
    """
    start_ns, is_under_way = 0, not is_up
    while start_ns < END_OF_TIME_NS:
        lasting = np.clip(np.rint(next(cycles)), 1, END_OF_TIME_NS)
        if is_under_way:
            lasting[0, 0] = 0
        whole = count_before_end_of_time(start_ns, lasting)
        ends = start_ns + np.cumsum(lasting[:whole].astype(np.int64).ravel()).reshape(-1, 2)
        if is_under_way:
            ends[0, 0] = DOWN_SINCE_BEFORE
        yield ends[:, 0], ends[:, 1]
        start_ns, is_under_way = int(ends[-1, 1]) if whole == CYCLES_A_BLOCK else END_OF_TIME_NS, False


def count_before_end_of_time(start_ns: int, lasting_ns: Cycles) -> int:
    """Return how many of these (time up, time down) cycles, one after the other, crash before the end of time."""
    crashes = start_ns + np.cumsum(lasting_ns.ravel())[::2]
    return int(np.searchsorted(crashes, END_OF_TIME_NS))
