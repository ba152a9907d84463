"""Several plans on the same machines and links: each request asks one of them, and all wait in the same queues.

The requests of all plans are merged in order of (birth, plan, number), and are numbered anew in that order: it decides
what comes first at one instant. Each plan has a world of its own (its parts, joins, policy, draws) on the machines,
links and clock of the first one's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import DATA
from simulator.errors import Problem, ScenarioError
from simulator.failures.process import Timeline
from simulator.network.clock import OURS, Firing
from simulator.network.compile import connect
from simulator.network.engine import REPORT_EVERY, Progress, Rows, finished, line_loads
from simulator.network.links import Settle
from simulator.network.plan import Draws, Log, Plan, Times
from simulator.network.trace import NOBODY, NoTrace
from simulator.network.world import World

Column = NDArray[Any]
Key = TypeVar("Key")
SPREAD = {"arrivals_ns", "work_ns", "timeline", "jitter_ns", "lost", "paces", "loop", "loads",
          "asks"}


@dataclass(frozen=True)
class Merged:
    """The requests of several plans as one sequence.

    Args:
        births_ns: Births of each plan's requests, sorted.
    """

    births_ns: tuple[Times, ...]

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Places in the concatenation of all plans' requests, in order of (birth, plan, number)."""
        return np.argsort(np.concatenate(self.births_ns), kind="stable")

    @cached_property
    def asks(self) -> NDArray[np.int64]:
        """The plan of each request."""
        sizes = [len(births) for births in self.births_ns]
        return np.repeat(np.arange(len(sizes)), sizes)[self.order]

    @cached_property
    def numbers(self) -> tuple[NDArray[np.intp], ...]:
        """The merged number of each plan's requests."""
        return tuple(np.flatnonzero(self.asks == plan) for plan in range(len(self.births_ns)))

    @cached_property
    def births(self) -> Times:
        """All births, sorted."""
        return np.concatenate(self.births_ns)[self.order]

    def spread(self, plan: int, column: Column, rest: object = 0) -> Column:
        """Return a plan's column with a row for each merged request; those of others hold ``rest``."""
        whole = np.full((len(self.births), *column.shape[1:]), rest, dtype=column.dtype)
        whole[self.numbers[plan]] = column
        return whole


def run_together(
    plans: Sequence[Plan], drawn: Sequence[Draws], progress: Progress | None = None, *, has_meters: bool = False,
    trace: NoTrace = NOBODY,
) -> tuple[Log, ...]:
    """Return how each request of each plan ended, a log for each plan; the first one's has the machines.

    Args:
        plans: Parts, placement, policy of each; one topology, and one ``policy.crash``.
        drawn: Everything random of each plan, draw i for its own request i. Instants of crashes and the paces of slow
            machines are those of the first; coins are each plan's own. No closed loops.
        progress: Told the number of requests that have arrived, of all plans, now and then.
        has_meters: Whether to note what each machine does.
        trace: Notes what happens to a request of the first plan, by its merged number.
    """
    merged = Merged(tuple(draws.arrivals_ns for draws in drawn))
    rows = Rows(len(merged.births), max(plan.graph.width for plan in plans))
    worlds = _worlds(plans, spread(merged, drawn), has_meters=has_meters, trace=trace)
    begins = [connect(world, rows.settle) for world in worlds]
    if len(merged.births):
        _arrivals(worlds[0], [begins[plan] for plan in merged.asks], progress)
    worlds[0].clock.run()
    made = worlds[0].outages_until(max(rows.end, default=0))
    lines = line_loads(worlds[0], int(merged.births[-1]) if len(merged.births) else 0)
    return tuple(replace(_log(world, rows, births, numbers), outages=made, lines=lines)
                 for world, births, numbers in zip(worlds, merged.births_ns, merged.numbers, strict=True))


def spread(merged: Merged, drawn: Sequence[Draws]) -> list[Draws]:
    """Return each plan's draws by merged number."""
    for field in fields(Draws):  # a new kind of draws is refused until it is spread here too
        if field.name not in SPREAD and any(getattr(draws, field.name) for draws in drawn):
            said = f"several models on the same machines do not go together with {field.name!r}"
            raise ScenarioError(Problem("others", said, "leave one of the two out"))
    timeline = _timeline(merged, [draws.timeline for draws in drawn])
    return [
        Draws(
            merged.births,
            _columns(merged, plan, draws.work_ns),
            timeline,
            _columns(merged, plan, draws.jitter_ns),
            _columns(merged, plan, draws.lost, rest=False),
            drawn[0].paces,
            loads=drawn[0].loads,
            asks=merged.asks,
        )
        for plan, draws in enumerate(drawn)
    ]


def _columns(merged: Merged, plan: int, columns: Mapping[Key, Column], rest: object = 0) -> dict[Key, Column]:
    return {key: merged.spread(plan, column, rest) for key, column in columns.items()}


def _timeline(merged: Merged, lines: Sequence[Timeline | None]) -> Timeline | None:
    first = lines[0]
    if first is None or first.coins is None:
        return first
    coins = np.ones((len(merged.births), len(first.components)), dtype=bool)
    for plan, line in enumerate(lines):
        if line is not None and line.coins is not None:
            coins[merged.numbers[plan]] = line.coins[: len(merged.numbers[plan])]
    return replace(first, coins=coins)


def _worlds(plans: Sequence[Plan], drawn: Sequence[Draws], *, has_meters: bool, trace: NoTrace) -> list[World]:
    host = World(plans[0], drawn[0], has_meters=has_meters, trace=trace)
    worlds = [host, *(World(plan, draws, host=host) for plan, draws in zip(plans[1:], drawn[1:], strict=True))]
    first_key = 0
    for world in worlds:
        world.first_key, first_key = first_key, first_key + world.stride
    for world in worlds:
        world.stride = first_key
    return worlds


def _arrivals(host: World, begins: Sequence[tuple[Settle, ...]], progress: Progress | None) -> None:
    clock, births, stride = host.clock, host.births, host.stride
    last = len(births) - 1

    def arrive(firing: Firing) -> None:
        request, now = firing.request, clock._now  # noqa: SLF001 - the hot path
        for begin in begins[request]:
            begin(request, now, DATA, 0)
        if progress and request % REPORT_EVERY == 0:
            progress(request)
        if request < last:
            clock.at(births[request + 1], OURS, (request + 1) * stride, Firing(callbacks, request + 1, 0, 0))

    callbacks = (arrive,)
    clock.at(births[0], OURS, 0, Firing(callbacks, 0, 0, 0))


def _log(world: World, rows: Rows, births: Times, numbers: NDArray[np.intp]) -> Log:
    mine = numbers.tolist()
    ends = np.array([rows.end[request] for request in mine], dtype=np.int64)
    if len(ends) and ends.min() < 0:
        raise RuntimeError(f"request {int(np.argmin(ends))} never ended: the engine lost it")
    blames = np.array([rows.blame[request] for request in mine], dtype=np.int64)
    delivery = [rows.delivery[request] for request in mine]
    counted, parts = world.clock.too_late, world.plan.graph.parts
    keys = {part.name: world.first_key + 1 + place for place, part in enumerate(parts)}
    too_late = {part: counted[key] for part, key in keys.items() if counted[key]}
    last_birth = world.births[-1] if world.births else 0
    loads = {node: meter.load(node, last_birth) for node, meter in world.meters.items()}
    return finished((world.plan, births), delivery, (ends, blames), too_late, loads)
