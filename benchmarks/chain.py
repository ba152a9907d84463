"""The timed engine on the reference workload against the textbook SimPy model, on the same draws.

``python -m benchmarks.chain [REQUESTS]``: 4 hops, each a link of 0.5 s and an exponential FIFO server of rate 1/s,
Poisson requests of 0.5/s; then the same with crash and repair (MTBF 500 s, MTTR 25 s) and a deadline of 30 s; then
with failures that never fire. The exact mean sojourn without failures is 10 s (Jackson 1957).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np

from benchmarks import textbook_chain as textbook
from benchmarks.timing import interleaved, ratio_text
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan, Times
from simulator.topology.graph import Link, Node, Topology

HOPS = 4
LATENCY_NS = 500_000_000
SECOND_NS = 1_000_000_000
NEVER_NS = 1 << 60


def chain_plan(policy: Policy = Policy()) -> Plan:
    """Return four parts in a row behind a source."""
    names = ["origin", *(f"server{hop + 1}" for hop in range(HOPS))]
    edges = tuple(Edge(a, b) for a, b in pairwise(names))
    parts = tuple(
        Part(name, Join((((place - 1,),),)) if place else None, place == HOPS) for place, name in enumerate(names)
    )
    links = tuple(Link(edge.name, (edge.source, edge.target), latency_ns=LATENCY_NS) for edge in edges)
    topology = Topology("chain", tuple(Node(name) for name in names), links)
    return Plan(PartGraph(parts, edges), {name: name for name in names}, topology, Costs({}, {}), policy)


def engine_draws(arrivals: Times, work: Times, timeline: Timeline | None) -> Draws:
    """Return the textbook's draws for the engine."""
    columns = {f"server{hop + 1}": work[hop] for hop in range(HOPS)} | {
        "origin": np.zeros(len(arrivals), dtype=np.int64)
    }
    return Draws(arrivals, columns, timeline)


def never() -> Timeline:
    """Return failures that never fire."""
    return Timeline(
        tuple(f"server{hop + 1}" for hop in range(HOPS)),
        tuple(np.array([NEVER_NS]) for _ in range(HOPS)),
        tuple(np.array([NEVER_NS + 1]) for _ in range(HOPS)),
        None,
        NEVER_NS,
    )


def mean_s(end_ns: Times, arrivals_ns: Times, ok: np.ndarray) -> str:
    """Return the mean sojourn of the answered requests, with a standard error over 50 batches."""
    sojourn = np.where(ok, (end_ns - arrivals_ns) / SECOND_NS, np.nan)
    batches = [np.nanmean(batch) for batch in np.array_split(sojourn, 50)]
    return f"{np.nanmean(sojourn):.3f} ± {np.std(batches, ddof=1) / 50**0.5:.3f} s"


def compare(name: str, draws: textbook.ChainDraws, policy: Policy, wanted: float) -> None:
    """Print the ratio on one kind of draws, after the results have been found equal."""
    plan, ours = chain_plan(policy), engine_draws(draws.arrivals_ns, draws.work_ns, draws.timeline)
    has_limit = policy.deadline_ns is not None

    def run_textbook() -> textbook.ChainResult:
        if has_limit:
            return textbook.run_with_failures(draws, LATENCY_NS, policy.deadline_ns)
        return textbook.run(draws, LATENCY_NS)

    result, log = run_textbook(), engine.run(plan, ours)
    ok = np.array([delivery > 0 for delivery in log.delivery])
    same = int((ok == result.ok).sum()), int((log.end_ns == result.end_ns)[ok & result.ok].sum())
    mine, theirs, ratios = interleaved(lambda: engine.run(plan, ours), run_textbook)
    fast = vectorised.run(plan, ours)
    is_same = fast.delivery == log.delivery and np.array_equal(fast.end_ns, log.end_ns)
    quick, _, quicker = interleaved(lambda: vectorised.run(plan, ours), run_textbook)
    requests = len(draws.arrivals_ns)
    speeds = f"engine {requests / mine:9,.0f} req/s   textbook {requests / theirs:8,.0f} req/s"
    means = mean_s(log.end_ns, draws.arrivals_ns, ok), mean_s(result.end_ns, draws.arrivals_ns, result.ok)
    print(f"{name:32s} {speeds}   {ratio_text(ratios, wanted)}")
    print(f"{'':32s} fast path {requests / quick:9,.0f} req/s   {ratio_text(quicker, 10.0 if has_limit else 40.0)}   "
          f"rows equal to the engine's: {'all' if is_same else 'NOT ALL'}")
    print(f"{'':32s} answered {ok.mean():.4f}, textbook {result.ok.mean():.4f}")
    print(f"{'':32s} mean sojourn {means[0]}, textbook {means[1]}")
    print(f"{'':32s} equal fates {same[0]:,} of {requests:,}, equal ends {same[1]:,} of {int(ok.sum()):,}")


def main() -> None:
    """Print the ratios."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    failing = textbook.reference_draws(requests, 1)
    plain = replace(failing, timeline=None)
    compare("chain, nothing fails", plain, Policy(), 4.0)
    compare(
        "chain, crash/repair, deadline",
        failing,
        Policy.model_validate({"deadline": "30 s", "at_deadline": "withdraw"}),
        6.0,
    )
    plan = chain_plan()
    without, with_never = (
        engine_draws(plain.arrivals_ns, plain.work_ns, None),
        engine_draws(plain.arrivals_ns, plain.work_ns, never()),
    )
    _, _, ratios = interleaved(lambda: engine.run(plan, with_never), lambda: engine.run(plan, without), rounds=5)
    print(f"{'failures that never fire':32s} speed {ratio_text(ratios, 0.9)}")


if __name__ == "__main__":
    main()
