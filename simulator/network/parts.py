"""Parts: one event a part run. A part joins its machine's queue when it fires; its fate is known in that instant.

``settle(request, when, fed, blame)`` is the one verb between parts, wires and the log: an input comes at ``when``
with the edges ``fed`` behind it, or (``fed`` = 0) is known from ``when`` on never to come, and ``blame`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heappush

from simulator.network.clock import OURS, Clock, Firing
from simulator.network.evented import Enter, Job
from simulator.network.held import Stock, Turn
from simulator.network.keeping import Patience
from simulator.network.links import Settle
from simulator.network.machines import AnyMachine, Serve
from simulator.network.meters import Noted
from simulator.network.starved import Emission, Starve, emitting, silent


@dataclass(frozen=True)
class Station:
    """What a part needs of its surroundings.

    Args:
        clock: The SimPy clock.
        stride: Keys per request in the clock's queue.
        offset: The part's key within a request.
        machine: The machine of its node; ``blame`` is read from it after a loss.
        serve: ``machine.serve``, or the same with coins.
        work_ns: Service time of each request.
        outputs: The wires (and the log, for an exit) that learn of the part's output.
        late: Limits of the requests and the code to blame when one passes in this part's service; None: nobody asks.
        emission: What it puts out when it is starved; None: nothing.
        enter: How its jobs come to a machine on which their end is not known at once; None: ``serve`` knows it.
        rank: What goes first where the machine serves by priority: the lowest.
        patience: How it waits for the repair of its node; None: it does not, and is refused.
        stock: Values of earlier requests that it may take; None: it takes none.
        fires: Instead of all that, where the part stands on several nodes; None: on one.
        noted: Columns for when its jobs come and go; None: nothing is measured, or its machine does it.
    """

    clock: Clock
    stride: int
    offset: int
    machine: AnyMachine
    serve: Serve
    work_ns: Sequence[int]
    outputs: tuple[Settle, ...]
    late: tuple[Sequence[int], int] | None = None
    emission: Emission | None = None
    enter: Enter | None = None
    rank: int = 0
    patience: Patience | None = None
    stock: Stock | None = None
    fires: Callable[[int, int, int, int], None] | None = None
    noted: Noted | None = None


Fire = Callable[[int, int, int, int], None]


def firing_of(station: Station) -> Fire:
    """Return ``fire(request, now, fed, blame)``: the part runs now; its outputs learn how it ends."""
    if station.fires:
        return station.fires
    if station.patience:
        return _patient(station, station.patience)
    if station.stock:
        return station.stock.filling(firing_of(replace(station, stock=None)), station.outputs)
    return _entering(station, station.enter) if station.enter else _serving(station)


def _serving(station: Station) -> Fire:
    """Return ``fire`` of a part on a machine that knows a job's end when it comes."""
    if station.noted and station.late:
        return _noted_watched(station, station.noted, station.late)
    if station.noted:
        station = replace(station, serve=station.noted.serve(station.serve), noted=None)
    machine, serve, work = station.machine, station.serve, station.work_ns
    outputs = station.outputs
    only = outputs[0] if len(outputs) == 1 else None

    def to_one(request: int, now: int, fed: int, blame: int) -> None:
        done = serve(now, work[request], request)
        if done >= 0:
            only(request, done, fed, blame)  # type: ignore[misc]
        else:
            only(request, -1 - done, 0, machine.blame)  # type: ignore[misc]

    def to_many(request: int, now: int, fed: int, blame: int) -> None:
        done = serve(now, work[request], request)
        if done < 0:
            done, fed, blame = -1 - done, 0, machine.blame
        for output in outputs:
            output(request, done, fed, blame)

    return _watched(station) if station.late else to_one if only else to_many


def _patient(station: Station, patience: Patience) -> Fire:
    """Return ``fire`` of a part that waits for the repair of its node."""
    inner, clock, until = firing_of(replace(station, patience=None)), station.clock, patience.until
    stride, offset = station.stride, station.offset

    def happen(firing: Firing) -> None:
        inner(firing.request, clock._now, firing.fed, firing.blame)  # noqa: SLF001

    callbacks = (happen,)

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        up = until(now, request)
        if up == now:
            inner(request, now, fed, blame)
        else:
            clock.at(up, OURS, request * stride + offset, Firing(callbacks, request, fed, blame))

    return fire


def _entering(station: Station, enter: Enter) -> Fire:
    """Return ``fire`` of a part on a machine that tells later how its job ended."""
    work, outputs, stride, offset = station.work_ns, station.outputs, station.stride, station.offset
    limits, late = station.late or (None, 0)

    def ended(job: Job, when: int, lost_by: int) -> None:
        fed, blame = (0, lost_by) if lost_by else (job.fed, job.blame)
        if fed and limits and not blame and when > limits[job.request]:
            blame = late
        for output in outputs:
            output(job.request, when, fed, blame)

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        key = request * stride + offset
        enter(now, Job(key, request, offset, station.rank, work[request], fed, blame, ended))

    return fire


def _watched(station: Station) -> Fire:
    machine, serve, work, outputs = station.machine, station.serve, station.work_ns, station.outputs
    limits, late = station.late or ((), 0)

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        done = serve(now, work[request], request)
        if done < 0:
            done, fed, blame = -1 - done, 0, machine.blame
        elif not blame and done > limits[request]:
            blame = late
        for output in outputs:
            output(request, done, fed, blame)

    return fire


def _noted_watched(station: Station, noted: Noted, late: tuple[Sequence[int], int]) -> Fire:
    came, went, (limits, blamed) = noted.came, noted.went, late
    machine, serve, work, outputs = station.machine, station.serve, station.work_ns, station.outputs

    def fire(request: int, now: int, fed: int, blame: int) -> None:
        came[request] = now
        went[request] = done = serve(now, work[request], request)
        if done < 0:
            done, fed, blame = -1 - done, 0, machine.blame
        elif not blame and done > limits[request]:
            blame = blamed
        for output in outputs:
            output(request, done, fed, blame)

    return fire


def happening(station: Station) -> Callable[[Firing], None]:
    """Return the callback of a part's event; the common case, one output and nobody watching, is one call less."""
    fire, clock = firing_of(station), station.clock
    machine, serve, work = station.machine, station.serve, station.work_ns
    only = station.outputs[0]

    def happen(firing: Firing) -> None:
        fire(firing.request, clock._now, firing.fed, firing.blame)  # noqa: SLF001

    def happen_to_one(firing: Firing) -> None:
        request = firing.request
        done = serve(clock._now, work[request], request)  # noqa: SLF001
        if done >= 0:
            only(request, done, firing.fed, 0)
        else:
            only(request, -1 - done, 0, machine.blame)

    is_more = station.late or station.enter or station.patience or station.stock or station.fires
    if is_more or len(station.outputs) > 1:
        return happen
    return _noted_to_one(station, station.noted) if station.noted else happen_to_one


def _noted_to_one(station: Station, noted: Noted) -> Callable[[Firing], None]:
    """Return the callback of the common case where jobs are noted: two columns more, and no call."""
    came, went, clock = noted.came, noted.went, station.clock
    machine, serve, work, only = station.machine, station.serve, station.work_ns, station.outputs[0]

    def happen(firing: Firing) -> None:
        request = firing.request
        came[request] = now = clock._now  # noqa: SLF001 - the hot path
        went[request] = done = serve(now, work[request], request)
        if done >= 0:
            only(request, done, firing.fed, 0)
        else:
            only(request, -1 - done, 0, machine.blame)

    return happen


def starving_of(station: Station) -> Starve:
    """Return what happens when it is known that the part can never have the inputs it needs."""
    if station.stock:
        alone = firing_of(replace(station, patience=None, stock=None))
        turn = Turn(station.clock, station.stride, station.offset, station.late[0] if station.late else None)
        return station.stock.standing_in(alone, silent(station.outputs), turn)
    if station.emission is None:
        return silent(station.outputs)
    return emitting(station.emission, happening(station), station.clock, station.stride, station.offset)


def single_input(station: Station) -> Settle:
    """Return ``settle`` of a part with one input: it fires when the input is here, else it starves."""
    queue, stride, offset = station.clock.queue, station.stride, station.offset
    callbacks, starve = (happening(station),), starving_of(station)

    def settle(request: int, when: int, fed: int, blame: int) -> None:
        if fed:
            heappush(queue, (when, OURS, request * stride + offset, Firing(callbacks, request, fed, blame)))
        else:
            starve(request, when, blame)

    return settle
