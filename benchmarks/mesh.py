"""A thousand nodes with routes found anew, against a chain of four: the cost of a request.

``python -m benchmarks.mesh [REQUESTS]``: four exponential servers in a row, 1,000 requests a second. Once on four nodes
joined by single links; once placed at random in a network of 1,000 nodes, where every node can fail (mean time between
failures 30 days, mean time to repair 1 hour, then 30 seconds), does not forward while it is down, and routes go around
what is down. Draws are the same; the requests' work is far shorter than the gaps, so that queues are short.
"""

from __future__ import annotations

import statistics
import sys
from itertools import pairwise

import networkx as nx
import numpy as np

from benchmarks.timing import interleaved
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline
from simulator.failures.renewal import Renewal
from simulator.network import engine
from simulator.network.plan import Draws, Plan
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology

NODES, HOPS = 1000, 4
SECOND_NS = 1_000_000_000
MTBF_NS = 30 * 24 * 3600 * SECOND_NS
GAP_NS = SECOND_NS // 1000
WORK_NS = GAP_NS // 4
LATENCY_NS = 2_000_000


def chain() -> PartGraph:
    """Return five parts in a row."""
    names = [f"part{place}" for place in range(HOPS + 1)]
    edges = tuple(Edge(a, b) for a, b in pairwise(names))
    return PartGraph(tuple(Part(name, Join((((place - 1,),),)) if place else None, place == HOPS)
                           for place, name in enumerate(names)), edges)


def few() -> Plan:
    """Return the parts on five nodes in a row."""
    graph = chain()
    links = tuple(Link(edge.name, (edge.source, edge.target), latency_ns=LATENCY_NS) for edge in graph.edges)
    topology = Topology("few", tuple(Node(part.name) for part in graph.parts), links)
    return Plan(graph, {part.name: part.name for part in graph.parts}, topology, Costs({}, {}))


def many(seed: int = 1) -> Plan:
    """Return the parts on five of 1,000 nodes, drawn at random, of a geometric network with six neighbours each."""
    found = nx.random_geometric_graph(NODES, 0.052, seed=seed)
    found = found.subgraph(max(nx.connected_components(found), key=len))
    nodes = tuple(Node(f"n{place}", forwards_when_down=False) for place in sorted(found))
    links = tuple(Link(f"n{a}-n{b}", (f"n{a}", f"n{b}"), latency_ns=LATENCY_NS) for a, b in sorted(found.edges))
    graph = chain()
    placed = np.random.default_rng(seed).choice(len(nodes), HOPS + 1, replace=False)
    placement = {part.name: nodes[place].name for part, place in zip(graph.parts, placed, strict=True)}
    return Plan(graph, placement, Topology("many", nodes, links), Costs({}, {}))


def draws_of(plan: Plan, requests: int, mttr_ns: int) -> Draws:
    """Return births, work and failures of every node."""
    dice = np.random.default_rng(1)
    births = np.cumsum(dice.exponential(GAP_NS, requests).astype(np.int64))
    work = {part.name: np.rint(dice.exponential(WORK_NS, requests)).astype(np.int64) if place else np.zeros(
        requests, dtype=np.int64) for place, part in enumerate(plan.graph.parts)}
    names = tuple(node.name for node in plan.topology.nodes)
    process = Renewal(names, (float(MTBF_NS),) * len(names), (float(mttr_ns),) * len(names))
    timeline: Timeline = process.timeline(Streams(3), requests, int(births[-1]) + 60 * SECOND_NS)
    return Draws(births, work, timeline)


def cost_text(ratios: list[float], at_most: float) -> str:
    """Return a ratio of costs with its range and whether it is as small as was wanted."""
    middle = statistics.median(ratios)
    verdict = "ok" if middle <= at_most else "ABOVE"
    return f"{middle:.1f}x [{min(ratios):.1f}-{max(ratios):.1f}], wanted at most {at_most:g}x: {verdict}"


def main() -> None:
    """Print the ratios."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    small, large = few(), many()
    for told, mttr_ns in (("MTTR 1 h", 3600 * SECOND_NS), ("MTTR 30 s", 30 * SECOND_NS)):
        of_small, of_large = draws_of(small, requests, mttr_ns), draws_of(large, requests, mttr_ns)
        log = engine.run(large, of_large)
        answered = np.mean([delivery > 0 for delivery in log.delivery])
        switches = sum(len(crash) for crash in of_large.timeline.crash_ns) if of_large.timeline else 0
        mine, theirs, ratios = interleaved(
            lambda a=of_small: engine.run(small, a), lambda b=of_large: engine.run(large, b))
        print(f"{len(large.topology.nodes)} nodes, {told:9s} {requests / mine:9,.0f} req/s on 5 nodes   "
              f"{requests / theirs:9,.0f} req/s on many   cost {cost_text(ratios, 2.0)}")
        print(f"{'':24s} {switches} outages, {answered:.4f} answered")


if __name__ == "__main__":
    main()
