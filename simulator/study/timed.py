"""Simulate the replications of a cell: how each request ended, and what a snapshot at its birth would have delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Workload
from simulator.network.draws import draws
from simulator.network.plan import Log, Plan, Times
from simulator.seeds import Streams
from simulator.study.assemble import Assembly

FIRST_SLACK_NS = 10_000_000_000


@dataclass(frozen=True)
class TimedRuns:
    """All requests of all replications, concatenated; arrays have the shape ``(requests,)``.

    Args:
        replication: Number of the replication.
        request: Number within the replication.
        arrival_ns: Birth.
        end_ns: When it answered, or was known to be lost or withdrawn.
        sample: Index of the test sample that it asked about.
        delivery: Place of its delivery in ``deliveries``.
        snapshot: Place in ``deliveries`` of what the pattern at its birth delivers with no delays.
        blame: Code of who is to blame (``network.machines.blame_code``), 0 for nobody.
        has_switched: Whether a component that matters switched during its life.
        deliveries: The distinct deliveries.
        timelines: The failures of each replication, None where nothing can fail.
        too_late: Inputs that came after their part had fired, by part, over all replications.
    """

    replication: NDArray[np.int32]
    request: NDArray[np.int32]
    arrival_ns: Times
    end_ns: Times
    sample: NDArray[np.int64]
    delivery: NDArray[np.int64]
    snapshot: NDArray[np.int64]
    blame: NDArray[np.int64]
    has_switched: NDArray[np.bool_]
    deliveries: tuple[int, ...]
    timelines: tuple[Timeline | None, ...]
    too_late: dict[str, int]


def simulate(
    assembly: Assembly, plan: Plan, workload: Workload, samples: int, progress: Callable[[int], None]
) -> TimedRuns:
    """Return the requests of all replications.

    Args:
        assembly: The cell.
        plan: Its engine plan.
        workload: When requests arrive, and how many a replication.
        samples: Size of the test set that requests draw their sample from (0: there is none).
        progress: Told how many requests have been simulated, over all replications.
    """
    table: dict[int, int] = {}
    columns: list[tuple[NDArray[np.int64], ...]] = []
    timelines: list[Timeline | None] = []
    too_late: dict[str, int] = {}
    for replication in range(assembly.scenario.replications):
        streams = Streams(assembly.scenario.seed, replication)
        done = replication * workload.requests
        arrivals = assembly.arrivals_ns(workload, streams)
        log, timeline = run_once(assembly, plan, arrivals, streams, lambda now, done=done: progress(done + now))  # type: ignore[misc]
        timelines.append(timeline)
        for part, count in log.too_late.items():
            too_late[part] = too_late.get(part, 0) + count
        sample = streams.of("", "sample").integers(0, max(1, samples), len(arrivals))
        columns.append(
            (
                np.full(len(arrivals), replication),
                np.arange(len(arrivals)),
                arrivals,
                log.end_ns,
                sample,
                interned(log.delivery, table),
                snapshots(assembly, timeline, arrivals, table),
                log.blame,
                switched(assembly, timeline, arrivals, log.end_ns),
            )
        )
        progress(done + workload.requests)
    joined = [np.concatenate(column) for column in zip(*columns, strict=True)]
    return TimedRuns(
        joined[0].astype(np.int32),
        joined[1].astype(np.int32),
        *joined[2:8],
        joined[8].astype(bool),
        tuple(table),
        tuple(timelines),
        too_late,
    )


def run_once(
    assembly: Assembly, plan: Plan, arrivals: Times, streams: Streams, progress: Callable[[int], None] | None = None
) -> tuple[Log, Timeline | None]:
    """Return one replication's log and failures; the failures' horizon grows until it covers every request's end."""
    drawn = draws(plan, arrivals, streams)
    if not assembly.process.components:
        return engine.run(plan, drawn, progress), None
    slack = max(FIRST_SLACK_NS, 4 * (plan.policy.deadline_ns or 0), int(arrivals[-1]) // 10)
    while True:
        until = int(arrivals[-1]) + slack
        timeline = assembly.process.timeline(streams, len(arrivals), until)
        log = engine.run(plan, replace(drawn, timeline=timeline), progress)
        if log.end_ns.max() <= until:
            return log, timeline
        slack = 4 * int(log.end_ns.max() - arrivals[-1])


def interned(deliveries: list[int], table: dict[int, int]) -> NDArray[np.int64]:
    """Return the place of each delivery in the table, which grows."""
    return np.fromiter(
        (table.setdefault(delivery, len(table)) for delivery in deliveries), dtype=np.int64, count=len(deliveries)
    )


def snapshots(
    assembly: Assembly, timeline: Timeline | None, arrivals: Times, table: dict[int, int]
) -> NDArray[np.int64]:
    """Return the place of the delivery that each request would have with no delays, by the pattern at its birth."""
    if timeline is None:
        place = table.setdefault(assembly.reach.delivery(frozenset()), len(table))
        return np.full(len(arrivals), place, dtype=np.int64)
    patterns, which = np.unique(timeline.up_at(arrivals), axis=0, return_inverse=True)
    places = []
    for up in patterns:
        down = frozenset(name for name, is_up in zip(timeline.components, up, strict=True) if not is_up)
        places.append(table.setdefault(assembly.reach.delivery(down), len(table)))
    return np.array(places, dtype=np.int64)[which.reshape(-1)]


def switched(assembly: Assembly, timeline: Timeline | None, arrivals: Times, ends: Times) -> NDArray[np.bool_]:
    """Return whether a component that matters to the model crashed or was repaired between birth and end."""
    any_switch = np.zeros(len(arrivals), dtype=bool)
    if timeline is None:
        return any_switch
    for name, crashes, repairs in zip(timeline.components, timeline.crash_ns, timeline.repair_ns, strict=True):
        if name in assembly.reach.relevant:
            for instants in (crashes, repairs):
                any_switch |= np.searchsorted(instants, ends, "right") > np.searchsorted(instants, arrivals, "right")
    return any_switch
