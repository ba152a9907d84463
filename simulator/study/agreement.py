"""The zero-delay identity: without delays, the timed engine delivers exactly what a snapshot of each birth delivers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.failures.load import exposures_of, with_outages
from simulator.network import engine
from simulator.network.blocks import FirstWait, Policy, Workload
from simulator.network.plan import Draws, Plan
from simulator.seeds import Streams
from simulator.study.assemble import Assembly
from simulator.study.timed import loop_of, snapshots
from simulator.topology.graph import Topology
from simulator.topology.serving import PLAIN


def without_delays(topology: Topology) -> Topology:
    """Return the topology without delays; failures are untouched.

    Links take no time, lose nothing and never jitter; machines are plain queues, which take in whatever comes.
    """
    return replace(
        topology,
        nodes=tuple(replace(node, serving=PLAIN) for node in topology.nodes),
        links=tuple(
            replace(link, latency_ns=0, jitter_ns=0, jitter_law=None, bandwidth_bps=float("inf"), loss=0.0)
            for link in topology.links
        ),
    )


def zero_delay_identity(assembly: Assembly, workload: Workload, replication: int = 0) -> tuple[int, int]:
    """Run one replication without delays and compare request by request.

    Returns:
        How many requests have the same delivery as the snapshot at their birth, and how many there are.
    """
    streams = Streams(assembly.scenario.seed, replication)
    arrivals = assembly.arrivals_ns(workload, streams)
    wait = assembly.scenario.policy.wait  # first-k too keeps the identity: inputs of one instant count together
    policy = Policy(wait=wait) if isinstance(wait, FirstWait) else Policy()
    plan = Plan(assembly.graph, assembly.placement, without_delays(assembly.topology), Costs({}, {}), policy,
                replicas=assembly.replicas)
    work = {key: np.zeros(len(arrivals), dtype=np.int64) for key in plan.work_keys}
    timeline = None
    if assembly.process.components:
        timeline = assembly.process.timeline(streams, len(arrivals), int(arrivals[-1]) + 1)
    loads = exposures_of(assembly.process, streams)
    log = engine.run(plan, Draws(arrivals, work, timeline, loop=loop_of(assembly), loads=loads))
    arrivals = log.arrival_ns
    timeline = timeline and with_outages(timeline, log.outages)
    table: dict[int, int] = {}
    places = snapshots(assembly, timeline, arrivals, table)
    snapshot = [tuple(table)[place] for place in places]
    return sum(a == b for a, b in zip(log.delivery, snapshot, strict=True)), len(arrivals)
