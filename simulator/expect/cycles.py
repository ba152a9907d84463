"""How many failure cycles were seen: what a timed estimate really rests on."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.failures.process import Timeline

ENOUGH_CYCLES = 30


def cycles(timelines: Iterable[tuple[Timeline | None, int]]) -> dict[str, int]:
    """Return how often each component crashed, over all replications.

    Args:
        timelines: For each replication its timeline (None: nothing can fail) and the instant, in nanoseconds, at which
            its last request ended; crashes after that were drawn but concern nobody.
    """
    counts: dict[str, int] = {}
    for timeline, last_ns in timelines:
        if timeline is not None:
            for name, crash_ns in zip(timeline.components, timeline.crash_ns, strict=True):
                counts[name] = counts.get(name, 0) + int(((crash_ns >= 0) & (crash_ns <= last_ns)).sum())
    return counts
