"""Which class of machine a node is: the smallest that does what its topology and the policy ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.failures.load import Exposure
from simulator.network import evented, machines
from simulator.network.blame import BY_CRASH, blame_code
from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.desks import BatchRoom, Counter, PriorityRoom
from simulator.network.evented import CRASH, WARM, Discipline, Enter, EventedMachine, switches_of
from simulator.network.exposure import Exposed
from simulator.network.life import Life
from simulator.network.meters import Meter, Noted, Watched
from simulator.network.pace import Steady
from simulator.network.preemption import Preemptive
from simulator.network.servers import Servers
from simulator.network.sharing import Sharing
from simulator.topology.serving import PLAIN, Serving

if TYPE_CHECKING:
    from simulator.network.world import World


@dataclass(frozen=True)
class Machinery:
    """A node's machine as parts see it.

    Args:
        machine: ``blame`` is read from it after a loss.
        serve: ``machine.serve``, or the same with coins.
        enter: Instead of ``serve``, where a job's end is not known when it comes; None: ``serve`` knows it.
        meter: Gives each part that calls ``serve`` columns to note its jobs in; None: nothing is measured, or by
            ``enter`` itself.
    """

    machine: machines.AnyMachine
    serve: machines.Serve
    enter: Enter | None = None
    meter: Meter | None = None

    def noted(self, requests: int) -> Noted | None:
        """Return columns for the jobs of one more part; None where no part notes anything."""
        return self.meter.noted(requests) if self.meter else None


def machinery_of(world: World, node: str) -> Machinery:
    """Return the machine of a node."""
    serving = world.plan.topology.node_by_name[node].serving
    if node in world.draws.loads:
        return _evented(world, node, serving, world.draws.loads[node])
    return _foreseen(world, node, serving) if serving.is_foreseen else _evented(world, node, serving)


def _foreseen(world: World, node: str, serving: Serving) -> Machinery:
    coins, index = world.coins(node), world.index[node]
    machine = _queue(world, node, serving)
    serve = machines.with_coins(machine, coins, blame_code(index, BY_CRASH)) if coins else machine.serve
    return Machinery(machine, serve, meter=_meter(world, node, serving, None) if is_measured(world, node) else None)


def _queue(world: World, node: str, serving: Serving) -> machines.AnyMachine:
    plan, index, found = world.plan, world.index[node], world.life(node)
    life, crash = found or Life((), ()), plan.crash
    pace = world.draws.paces.get(node)
    if serving != PLAIN or pace or (found and crash.in_service == "resume"):
        return Servers((life, pace or Steady()), world.limits, index, crash, serving)
    if found is None and not world.has_limits:
        return machines.Machine()
    if crash == CrashSemantics():
        if not world.has_limits:
            return machines.FallibleMachine(life, index)
        return machines.WithdrawingMachine(life, world.limits, index)
    keeps, restarts = crash.queue == "keep", crash.in_service == "restart"
    return machines.KeepingMachine(life, world.limits, index, keeps_queue=keeps, restarts=restarts)


def _evented(world: World, node: str, serving: Serving, exposure: Exposure | None = None) -> Machinery:
    life, coins, index = world.life(node) or Life((), ()), world.coins(node), world.index[node]
    discipline = "batch" if serving.batch else serving.discipline
    machine = EventedMachine(world.clock, index, life, world.limits, world.plan.crash)
    served = DISCIPLINES[discipline](serving)
    exposed = Exposed(served, exposure, serving.cold_start_ns) if exposure else None
    enter: Enter = machine.serving(exposed or served, serving.buffer, serving.cold_start_ns).enter
    if exposed:
        enter = evented.unranked(enter) if serving.is_foreseen else enter
        world.exposed[node] = exposed.watch(machine)
    if coins:
        enter = evented.with_coins(enter, coins, blame_code(index, BY_CRASH))
    if is_measured(world, node):
        own = served if isinstance(served, Counter) and serving.batch else None
        enter = _meter(world, node, serving, own).enter(enter)
    nobody = machines.Machine()
    return Machinery(nobody, nobody.serve, enter)


def _sharing(serving: Serving) -> Discipline:
    return Sharing(serving.servers or 1)


def _priority(serving: Serving) -> Discipline:
    return Counter(serving.servers or 1, PriorityRoom())


def _preemptive(serving: Serving) -> Discipline:
    return Preemptive(serving.servers or 1)


def _batches(serving: Serving) -> Discipline:
    if serving.batch is None:
        raise ValueError("no batch")
    return Counter(serving.servers or 1, BatchRoom(serving.batch))


def _in_order(serving: Serving) -> Discipline:
    return Counter(serving.servers or FOREVER, PriorityRoom())  # all of one rank: see ``evented.unranked``


DISCIPLINES: Mapping[str, Callable[[Serving], Discipline]] = {
    "fifo": _in_order,
    "processor_sharing": _sharing,
    "priority": _priority,
    "preemptive_priority": _preemptive,
    "batch": _batches,
}


def is_measured(world: World, node: str) -> bool:
    """Return whether a meter is asked for and the node has any work."""
    return world.has_meters and any(
        one.draws.work_ns[key].any() for one in world.sharing for key in one.plan.parts_on(node).values())


def _meter(world: World, node: str, serving: Serving, counter: Counter | None) -> Meter:
    meter = world.meters[node] = Meter(watched(world, node, serving, counter))
    return meter


def watched(world: World, node: str, serving: Serving, counter: Counter | None = None) -> Watched:
    """Return what is known of a machine besides its jobs."""
    own = (lambda: counter.busy_ns) if counter else None
    return Watched(serving.servers, tuple(_idle(world.life(node) or Life((), ()), serving.cold_start_ns)), own)


def _idle(life: Life, cold_start_ns: int) -> Iterator[tuple[int, int]]:
    """Yield the intervals in which a machine serves nobody."""
    start: int | None = None
    for instant, what in switches_of(life, cold_start_ns)[:-1]:
        if what == CRASH and start is None:
            start = max(0, instant)
        elif what == WARM and start is not None:
            yield start, instant
            start = None
