"""Patterns to deliveries: 64 at once in the bits of a word, against one at a time.

    python -m benchmarks.patterns [WORDS]

Then P(no information flow), exactly, of a chain of 1,000 parts with skips over up to 8.

A chain of 20 parts behind a source, each of which can fail, with a skip over every part but the last. Three figures:
whether there is an answer, for a stretch of all patterns; the delivery of each; and the same of drawn patterns, counted
by delivery, with the draws. ``Reach`` takes patterns one at a time, in the same run, and must agree. Times are of the
processor, on one core. WORDS is the length of a stretch, 64 patterns each.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from itertools import compress

import numpy as np

from simulator.dataflow.bit_planes import enumerated, packed, unpacked
from simulator.dataflow.bit_reach import BitReach
from simulator.dataflow.build import build_graph
from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.graph import EMPTY, Edge
from simulator.dataflow.reach import Reach
from simulator.expect.frontier import no_information_flow
from simulator.failures.cause_law import independent_law
from simulator.failures.coin_planes import tossed_planes
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes

LONG = 1000
PARTS, SURVIVAL, PLAIN, ROUNDS = 20, 0.9, 500, 5
WANTED_FLOW, WANTED_KEYED = 200e6, 3e6


def skip_chain(parts: int = PARTS, most: int = 1) -> tuple[Reach, tuple[str, ...]]:
    """Return reach on a chain with skips over at most so many parts, and what can fail."""
    names = [f"part{place}" for place in range(parts + 1)]
    steps = [Edge(names[a], names[a + span]) for span in range(1, most + 2) for a in range(parts + 1 - span)]
    graph = build_graph(names[:1], names[1:], names[-1:], steps, "select" if most == 1 else "add")
    links = tuple(Link(edge.name, (edge.source, edge.target), 1) for edge in steps)
    topology = Topology("", tuple(Node(name) for name in names), links)
    return Reach(graph, {name: name for name in names}, Routes(topology)), tuple(names[1:])


def processor_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call, which others on the machine lengthen least."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def verdict(rate: float, wanted: float) -> str:
    """Return a rate beside what was wanted."""
    return f"{rate / 1e6:8.1f} M patterns/s, wanted {wanted / 1e6:g}: {'ok' if rate >= wanted else 'BELOW'}"


def main() -> None:
    """Print the rates and ratios."""
    words = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    reach, names = skip_chain()
    bits, table = BitReach(reach, names), DeliveryTable(reach, names)
    up = np.random.default_rng(1).random((PLAIN, PARTS)) < SURVIVAL
    downs = [frozenset(compress(names, row)) for row in ~up]
    planes, patterns = enumerated(PARTS, 0, words), 64 * words
    survival = np.full(PARTS, SURVIVAL)

    def plain() -> list[int]:
        fresh = Reach(reach.graph, reach.placement, reach.routes)
        return [fresh.delivery(down) for down in downs]

    if plain() != [table.deliveries[place] for place in table.places(up)]:
        raise SystemExit("the two ways give different deliveries")
    flows = unpacked(bits.flows(packed(up))[np.newaxis], PLAIN)[:, 0]
    if [delivery != EMPTY for delivery in plain()] != flows.tolist():
        raise SystemExit("the two ways differ in what is answered")
    cases = {
        "flow or not": (lambda: [bits.flows(planes) for _ in range(16)], 16 * patterns, WANTED_FLOW),
        "deliveries": (lambda: table.places_of_planes(planes, patterns), patterns, WANTED_KEYED),
        "drawn and counted": (
            lambda: table.tally(tossed_planes(Streams(1), "coin", names, survival, patterns)), patterns, WANTED_KEYED),
    }
    for name, (case, count, wanted) in cases.items():
        rounds = [(count / processor_seconds(case), PLAIN / processor_seconds(plain)) for _ in range(ROUNDS)]
        rate, one = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(a / b for a, b in rounds)
        print(f"{name:18s} {verdict(rate, wanted)}   {ratio:9,.0f}x one at a time ({one:,.0f} patterns/s)")
    frontier()


def frontier() -> None:
    """Print how long the exact P(no information flow) of a long chain takes."""
    reach, names = skip_chain(LONG, 8)
    law = independent_law(names, np.full(LONG, 0.67))
    took = [processor_seconds(lambda: no_information_flow(reach.graph, reach.placement, reach.routes, law))
            for _ in range(ROUNDS)]
    middle = statistics.median(took)
    print(f"{LONG:,} parts, skips over 8: exact in {middle:.2f} s of the processor, wanted at most 1 s: "
          f"{'ok' if middle <= 1 else 'ABOVE'}")


if __name__ == "__main__":
    main()
