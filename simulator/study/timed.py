"""Simulate the replications of a cell: how each request ended, and what a snapshot at its birth would deliver."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.load import exposures_of, with_outages
from simulator.failures.process import Timeline
from simulator.failures.slow import spells
from simulator.network.blocks import Workload
from simulator.network.detectors import Watching
from simulator.network.detectors import suspected as suspected_by
from simulator.network.draws import draws, slowed
from simulator.network.engines import simulated
from simulator.network.held_log import HeldLog
from simulator.network.loop import Loop
from simulator.network.plan import Draws, Log, MachineLoad, Plan, Sendings, Times
from simulator.seeds import Streams
from simulator.study.asked import samples_asked
from simulator.study.assemble import Assembly

FIRST_SLACK_NS = 10_000_000_000
NO_END = "write crash: {queue: lose, in_service: lose} and lost: at_once, or a deadline with at_deadline: withdraw"
ARRAYS = ("replication", "request", "arrival_ns", "end_ns", "sample", "delivery", "snapshot", "blame", "has_switched")


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
        vectorised: Requests that the fast path ran.
        machines: What each machine did, by node, in each replication; empty mappings unless it was asked for.
        suspected: Whom the detector suspected in each replication, None without one.
        skips_sent: By skip hyperconnection how many messages were sent on demand, and over how many links, in each
            replication.
        held: Values of earlier requests that parts took, in each replication.
        sendings: How often messages were sent, by hyperconnection, in each replication; empty where none is repeated.
        lines: What each transmitter of a link did, by what messages wait for, likewise.
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
    vectorised: int = 0
    machines: tuple[Mapping[str, MachineLoad], ...] = ()
    suspected: tuple[Timeline | None, ...] = ()
    skips_sent: tuple[Mapping[str, tuple[int, int]], ...] = ()
    held: tuple[HeldLog, ...] = ()
    sendings: tuple[Mapping[str, Sendings], ...] = ()
    lines: tuple[Mapping[tuple[str, ...], MachineLoad], ...] = ()


def simulate(
    assembly: Assembly, plan: Plan, workload: Workload, labels: NDArray[np.int64], progress: Callable[[int], None],
    kept: Replications | None = None,
) -> TimedRuns:
    """Return the requests of all replications.

    Args:
        assembly: The cell.
        plan: Its engine plan.
        workload: When requests arrive, and how many a replication.
        labels: Classes of the test set that requests draw their sample from; empty: there is none.
        progress: Told how many requests have been simulated, over all replications.
        kept: Where replications that were simulated before are found, and new ones are put; None: nowhere.
    """
    table: dict[int, int] = {}
    pieces = []
    for replication in range(assembly.scenario.replications):
        done = replication * workload.requests
        piece = kept.find(replication) if kept else None
        if piece is None:
            piece = _replication(assembly, plan, workload, replication, (labels, partial(_told, progress, done)))
            if kept:
                kept.keep(replication, piece)
        pieces.append(with_places(piece, table))
        progress(done + workload.requests)
    return joined(pieces, tuple(table))


class Replications(Protocol):
    """Where replications that were simulated before are found, by number; each with deliveries of its own."""

    def find(self, replication: int) -> TimedRuns | None:
        """Return a replication, None where it was not simulated yet."""

    def keep(self, replication: int, piece: TimedRuns) -> None:
        """Put a replication where it is found again."""


def with_places(piece: TimedRuns, table: dict[int, int]) -> TimedRuns:
    """Return a replication with its deliveries' places in a table of all, which grows."""
    place = np.array([table.setdefault(delivery, len(table)) for delivery in piece.deliveries], dtype=np.int64)
    return replace(piece, delivery=place[piece.delivery], snapshot=place[piece.snapshot], deliveries=())


def _told(progress: Callable[[int], None], done: int, now: int) -> None:
    progress(done + now)


def _replication(
    assembly: Assembly,
    plan: Plan,
    workload: Workload,
    replication: int,
    shared: tuple[NDArray[np.int64], Callable[[int], None]],
) -> TimedRuns:
    """Return one replication with its own deliveries; ``shared`` is the classes of the test set, and who is told."""
    labels, progress = shared
    table: dict[int, int] = {}
    streams = Streams(assembly.scenario.seed, replication)
    arrivals = assembly.arrivals_ns(workload, streams)
    log, drawn, is_fast = run_once(assembly, plan, arrivals, streams, progress)
    asked = Asked(streams, workload, labels)
    found = runs_of(assembly, (log, drawn), asked, table, vectorised=len(arrivals) * is_fast)
    return replace(found, deliveries=tuple(table))


@dataclass(frozen=True)
class Asked:
    """What the requests of one replication ask: its streams, the workload, the classes of the test set."""

    streams: Streams
    workload: Workload
    labels: NDArray[np.int64]


def runs_of(
    assembly: Assembly, ran: tuple[Log, Draws], asked: Asked, table: dict[int, int], vectorised: int = 0
) -> TimedRuns:
    """Return one replication's requests as rows; the table of deliveries grows."""
    (log, drawn), replication = ran, asked.streams.replication
    arrivals, timeline = log.arrival_ns, drawn.timeline
    return TimedRuns(
        replication=np.full(len(arrivals), replication, dtype=np.int32),
        request=np.arange(len(arrivals), dtype=np.int32),
        arrival_ns=arrivals,
        end_ns=log.end_ns,
        sample=samples_asked(len(arrivals), asked.labels, asked.workload.persistence, asked.streams),
        delivery=interned(log.delivery, table),
        snapshot=snapshots(assembly, timeline, arrivals, table),
        blame=log.blame,
        has_switched=switched(assembly, timeline, arrivals, log.end_ns),
        deliveries=(),
        timelines=(timeline,),
        too_late=dict(log.too_late),
        vectorised=vectorised,
        machines=(log.machines,),
        suspected=(drawn.suspected,),
        skips_sent=(log.skips_sent,),
        held=(log.held,),
        sendings=(log.sendings,),
        lines=(log.lines,),
    )


def joined(pieces: list[TimedRuns], deliveries: tuple[int, ...]) -> TimedRuns:
    """Return the replications below each other."""
    too_late: dict[str, int] = {}
    for piece in pieces:
        for part, count in piece.too_late.items():
            too_late[part] = too_late.get(part, 0) + count
    arrays = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in ARRAYS}
    timelines = tuple(timeline for piece in pieces for timeline in piece.timelines)
    loads = tuple(load for piece in pieces for load in piece.machines)
    lines = tuple(load for piece in pieces for load in piece.lines)
    return TimedRuns(**arrays, deliveries=deliveries, timelines=timelines, too_late=too_late, machines=loads,
                     vectorised=sum(piece.vectorised for piece in pieces),
                     suspected=tuple(line for piece in pieces for line in piece.suspected),
                     skips_sent=tuple(sent for piece in pieces for sent in piece.skips_sent),
                     held=tuple(log for piece in pieces for log in piece.held),
                     sendings=tuple(each for piece in pieces for each in piece.sendings),
                     lines=lines)


def run_once(
    assembly: Assembly, plan: Plan, arrivals: Times, streams: Streams, progress: Callable[[int], None] | None = None
) -> tuple[Log, Draws, bool]:
    """Return one replication's log, its draws with failures and slow spells, and whether the fast path ran it.

    The failures' horizon grows until it covers every request's end.
    """
    drawn, choice = replace(draws(plan, arrivals, streams), loop=loop_of(assembly)), assembly.scenario.engine
    drawn = replace(drawn, loads=exposures_of(assembly.process, streams))
    measure = assembly.scenario.measure
    has_meters = (measure.timed is not None and measure.timed.machines) or measure.per_answer is not None
    if not assembly.process.components and not assembly.slow and not isinstance(plan.policy.wait, Watching):
        log, is_fast = simulated(choice, plan, drawn, progress, has_meters=has_meters)
        return log, drawn, is_fast
    slack = max(FIRST_SLACK_NS, 4 * (plan.policy.deadline_ns or 0), int(arrivals[-1]) // 10)
    while True:
        until = int(arrivals[-1]) + slack
        broken = broken_until(assembly, plan, drawn, streams, until)
        log, is_fast = simulated(choice, plan, broken, progress, has_meters=has_meters)
        check_ends(plan, log.end_ns)
        if log.end_ns.max() <= until:
            timeline = broken.timeline and with_outages(broken.timeline, log.outages)
            return log, replace(broken, timeline=timeline), is_fast
        slack = 4 * int(log.end_ns.max() - arrivals[-1])


def broken_until(assembly: Assembly, plan: Plan, drawn: Draws, streams: Streams, until: int) -> Draws:
    """Return a replication's draws with its failures, slow spells and suspicions up to a horizon in nanoseconds."""
    if assembly.process.components or assembly.slow:
        requests = len(drawn.arrivals_ns)
        drawn = replace(drawn, timeline=assembly.process.timeline(streams, requests, until))
        if slow := spells(assembly.slow, streams, requests, until):
            drawn = slowed(drawn, plan, slow)
    wait = plan.policy.wait
    if not isinstance(wait, Watching):
        return drawn
    watched = [node.name for node in plan.topology.nodes if node.name in assembly.reach.relevant]
    return replace(drawn, suspected=suspected_by(wait, watched, drawn.timeline, streams, until))


def check_ends(plan: Plan, end_ns: Times) -> None:
    """Check that each request has ended; raise ScenarioError where some wait for a repair that never comes."""
    if waiting := int((end_ns >= END_OF_TIME_NS).sum()):
        told = f"{waiting} requests wait for the repair of a machine that is never repaired"
        raise ScenarioError(Problem("policy.lost" if plan.waits_for_repair else "policy.crash", told, NO_END))


def loop_of(assembly: Assembly) -> Loop | None:
    """Return the closed loop that gives births, None where births are drawn."""
    workload = assembly.scenario.workload
    return getattr(workload.arrivals, "loop", None) if workload else None


def interned(deliveries: Sequence[int], table: dict[int, int]) -> NDArray[np.int64]:
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


def mean_gap_ns(runs: TimedRuns) -> float:
    """Return the mean time between two requests of one replication."""
    last_births = [runs.arrival_ns[runs.replication == number].max() for number in range(len(runs.timelines))]
    return float(sum(last_births) / max(1, len(runs.request)))
