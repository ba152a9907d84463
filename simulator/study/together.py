"""Simulate a cell whose machines several models share: the same requests as alone, in the same queues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.failures.load import exposures_of, with_outages
from simulator.failures.process import Timeline
from simulator.failures.slow import Spells, spells
from simulator.network.blocks import Workload
from simulator.network.draws import draws, slowed
from simulator.network.plan import Draws, Log, Plan, Times
from simulator.network.together import run_together
from simulator.seeds import Streams
from simulator.study.assemble import Assembly
from simulator.study.timed import FIRST_SLACK_NS, Asked, TimedRuns, check_ends, joined, runs_of

MAIN = ""


@dataclass(frozen=True)
class Tenant:
    """One of several models on the same machines.

    Args:
        name: Its name among the scenario's others; "" for the scenario's own model.
        assembly: Its objects.
        plan: Its engine plan.
        labels: Classes of the test set that its requests draw their sample from; empty: there is none.
    """

    name: str
    assembly: Assembly
    plan: Plan
    labels: NDArray[np.int64]

    @property
    def workload(self) -> Workload:
        """When its requests arrive; raise ScenarioError where nothing is said of them."""
        found = self.assembly.scenario.workload
        if found is None:
            raise ScenarioError(Problem("workload", "there is none", "write 'workload: {arrivals: ...}'"))
        return found

    def streams(self, replication: int) -> Streams:
        """Return its streams: those of the scenario's own model do not depend on the others."""
        return Streams(self.assembly.scenario.seed, replication, owner=self.name)


@dataclass(frozen=True)
class Ran:
    """One replication: for each tenant its log, the failures with its own coins, and all that was drawn."""

    logs: tuple[Log, ...]
    timelines: tuple[Timeline | None, ...]
    drawn: tuple[Draws, ...]


def simulate_together(tenants: Sequence[Tenant], progress: Callable[[int], None]) -> list[TimedRuns]:
    """Return the requests of all replications of each tenant.

    Args:
        tenants: The models; the first is the scenario's own, to whose runs the machines are added.
        progress: Told how many of its requests have been simulated, over all replications.
    """
    tables: list[dict[int, int]] = [{} for _ in tenants]
    pieces: list[list[TimedRuns]] = [[] for _ in tenants]
    for replication in range(tenants[0].assembly.scenario.replications):
        ran = run_once_together(tenants, replication)
        for place, (tenant, log, drawn) in enumerate(zip(tenants, ran.logs, ran.drawn, strict=True)):
            asked = Asked(tenant.streams(replication), tenant.workload, tenant.labels)
            known = replace(drawn, timeline=ran.timelines[place])
            pieces[place].append(runs_of(tenant.assembly, (log, known), asked, tables[place]))
        progress((replication + 1) * tenants[0].workload.requests)
    return [joined(mine, tuple(table)) for mine, table in zip(pieces, tables, strict=True)]


def run_once_together(tenants: Sequence[Tenant], replication: int) -> Ran:
    """Return one replication; the failures' horizon grows until it covers every request's end."""
    streams = [tenant.streams(replication) for tenant in tenants]
    loads = exposures_of(tenants[0].assembly.process, streams[0])
    last_of_first = int(tenants[0].assembly.arrivals_ns(tenants[0].workload, streams[0])[-1])
    drawn = [replace(draws(tenant.plan, births_of(tenant, mine, last_of_first), mine), loads=loads)
             for tenant, mine in zip(tenants, streams, strict=True)]
    main = tenants[0].assembly
    plans = [tenant.plan for tenant in tenants]
    last = max(int(one.arrivals_ns[-1]) for one in drawn)
    slack = max(FIRST_SLACK_NS, *(4 * (plan.policy.deadline_ns or 0) for plan in plans), last // 10)
    while True:
        broken = [_broken(main, plan, one, (streams[0], mine), last + slack)
                  for plan, one, mine in zip(plans, drawn, streams, strict=True)]
        logs = run_together(plans, broken, has_meters=has_meters(main))
        for log in logs:
            check_ends(plans[0], log.end_ns)
        end = max(int(log.end_ns.max()) for log in logs)
        if end <= last + slack or not (main.process.components or main.slow):
            lines = [one.timeline and with_outages(one.timeline, logs[0].outages) for one in broken]
            return Ran(logs, tuple(lines), tuple(broken))
        slack = 4 * (end - last)


def births_of(tenant: Tenant, streams: Streams, until_ns: int) -> Times:
    """Return the births of a tenant's requests: so many, or those up to an instant (at least one)."""
    workload, births = tenant.workload, tenant.assembly.arrivals_ns(tenant.workload, streams)
    if not tenant.assembly.follows:
        return births
    while births[-1] <= until_ns:
        workload = workload.model_copy(update={"requests": 2 * workload.requests})
        births = tenant.assembly.arrivals_ns(workload, streams)
    return births[: max(1, int(np.searchsorted(births, until_ns, side="right")))]


def _broken(main: Assembly, plan: Plan, drawn: Draws, streams: tuple[Streams, Streams], until_ns: int) -> Draws:
    """Return a tenant's draws with the failures and slow spells of all: instants of the first's, coins of its own."""
    requests, (of_all, own) = len(drawn.arrivals_ns), streams
    if main.process.components:
        line = main.process.timeline(of_all, requests, until_ns)
        if line.coins is not None and own is not of_all:
            line = replace(line, coins=main.process.timeline(own, requests, until_ns).coins)
        drawn = replace(drawn, timeline=line)
    if not main.slow:
        return drawn
    slow = spells(main.slow, of_all, requests, until_ns)
    mine = spells(main.slow, own, requests, until_ns)
    return slowed(drawn, plan, [_with_coins(*pair) for pair in zip(slow, mine, strict=True)])


def _with_coins(spell: Spells, own: Spells) -> Spells:
    return replace(spell, timeline=replace(spell.timeline, coins=own.timeline.coins))


def has_meters(assembly: Assembly) -> bool:
    """Return whether machines are measured."""
    measure = assembly.scenario.measure
    return (measure.timed is not None and measure.timed.machines) or measure.per_answer is not None
