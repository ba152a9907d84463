"""Run a plan: requests arrive, parts fire, every request ends in one row of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulator.dataflow.graph import DATA
from simulator.network.blame import BY_DEADLINE, REASON_MASK
from simulator.network.clock import OURS, Clock, Firing
from simulator.network.closed import ClosedLoop
from simulator.network.compile import connect
from simulator.network.held import held_log
from simulator.network.links import Settle
from simulator.network.lookup import filled
from simulator.network.plan import Draws, Log, MachineLoad, Plan, Sendings, Times
from simulator.network.trace import NOBODY, NoTrace
from simulator.network.world import World

Progress = Callable[[int], None]
REPORT_EVERY = 1024
MOST_BITS = 61  # of a delivery that is an int64: data, edges, exits, marks, held values


class Rows:
    """The log while it is written: the first exit that answers counts; a request is lost when all exits are."""

    def __init__(self, requests: int, bits: int) -> None:
        self.delivery = filled(0, requests) if bits < MOST_BITS else [0] * requests
        self.end, self.blame = filled(-1, requests), filled(0, requests)

    def settle(self, request: int, when: int, fed: int, blame: int) -> None:
        """Note what an exit's output became."""
        if fed:
            if not self.delivery[request] or when < self.end[request]:
                self.delivery[request], self.end[request], self.blame[request] = fed, when, blame
        elif not self.delivery[request] and when >= self.end[request]:
            self.end[request], self.blame[request] = when, blame


def run(
    plan: Plan,
    draws: Draws,
    progress: Progress | None = None,
    clock_user: Callable[[Clock], None] | None = None,
    *,
    has_meters: bool = False,
    trace: NoTrace = NOBODY,
) -> Log:
    """Return how each request ended.

    Args:
        plan: Parts, topology, policy (with its closing times: see ``waits.with_waits``).
        draws: Everything random.
        progress: Told the number of requests that have arrived, now and then.
        clock_user: May start ordinary SimPy processes on the clock before the run.
        has_meters: Whether to note what each machine does; costs a little for each part run.
        trace: Notes what happens to a request.
    """
    graph = plan.graph
    bits = graph.width + (1 + len(graph.edges) + len(graph.marks) if plan.policy.held else 0)
    rows = Rows(len(draws.arrivals_ns), bits)
    world = World(plan, draws, has_meters=has_meters, trace=trace)
    if draws.loop:
        closed = ClosedLoop(world, draws.loop, rows.settle)
        closed.start(connect(world, closed.answered), progress)
    elif world.births:
        _arrivals(world, connect(world, rows.settle), progress)
    if clock_user:
        clock_user(world.clock)
    world.clock.run()
    return _log(world, rows)


def _arrivals(world: World, begins: tuple[Settle, ...], progress: Progress | None) -> None:
    clock, births, stride = world.clock, world.births, world.stride
    last = len(births) - 1

    def arrive(firing: Firing) -> None:
        request, now = firing.request, clock._now  # noqa: SLF001 - the hot path
        for begin in begins:
            begin(request, now, DATA, 0)
        if progress and request % REPORT_EVERY == 0:
            progress(request)
        if request < last:
            clock.at(births[request + 1], OURS, (request + 1) * stride, Firing(callbacks, request + 1, 0, 0))

    callbacks = (arrive,)
    clock.at(births[0], OURS, 0, Firing(callbacks, 0, 0, 0))


def _log(world: World, rows: Rows) -> Log:
    end = np.array(rows.end, dtype=np.int64)
    if len(end) and end.min() < 0:
        raise RuntimeError(f"request {int(np.argmin(end))} never ended: the engine lost it")
    parts = world.plan.graph.parts
    too_late = {parts[offset - 1].name: count for offset, count in sorted(world.clock.too_late.items()) if count}
    last_birth = world.births[-1] if world.births else 0
    made = world.outages_until(int(end.max(initial=0)))
    loads = {node: meter.load(node, last_birth) for node, meter in world.meters.items()}
    ended = end, np.array(rows.blame, dtype=np.int64)
    log = finished((world.plan, np.array(world.births, dtype=np.int64)), rows.delivery, ended, too_late, loads)
    lines = line_loads(world, last_birth)
    sendings = _sendings(world) if world.plan.policy.sendings > 1 else {}
    if lines or sendings or world.skips_sent or world.held or made:
        return replace(log, lines=lines, skips_sent=world.skips_sent, held=held_log(world.held), sendings=sendings,
                       outages=made)
    return log


def _sendings(world: World) -> dict[str, Sendings]:
    edges = world.plan.graph.edges
    counted = {edge.name: world.tallies[place].sendings() for place, edge in enumerate(edges)}
    return {name: sent for name, sent in counted.items() if sent.messages}


def line_loads(world: World, until_ns: int) -> dict[tuple[str, ...], MachineLoad]:
    """Return what each transmitter did from 0 to an instant, by what messages wait for, in the order of names."""
    return {key: world.line_meters[key].load(" ".join(key), until_ns) for key in sorted(world.line_meters)}


def finished(
    ran: tuple[Plan, Times], delivery: Sequence[int], ended: tuple[Times, Times], too_late: Mapping[str, int],
    loads: Mapping[str, MachineLoad],
) -> Log:
    """Return the log of all requests; what was not answered by its limit ended there, withdrawn.

    Args:
        ran: The plan, with the age at which requests are withdrawn, and their births.
        delivery: What each request was answered from, 0 for no answer.
        ended: When each answered or was known to be lost, and who is to blame.
        too_late: Inputs that came after their part had fired, by part.
        loads: What each machine did, by node.
    """
    (plan, births), (end, blame) = ran, ended
    age = plan.limit_ns
    if age is not None:
        unanswered = np.array([answer == 0 for answer in delivery], dtype=bool)
        limit = births + age
        overdue = unanswered & (end > limit)
        end = np.where(overdue, limit, end)
        blame = np.where(overdue, blame & ~REASON_MASK | BY_DEADLINE, blame)
    return Log(delivery, end, blame, too_late, loads, births)
