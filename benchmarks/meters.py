"""What it costs to measure machines: the reference chain with and without meters, on both engines.

``python -m benchmarks.meters [REQUESTS]``: time with meters over time without, interleaved, on the chain of
``benchmarks.chain``; once without failures, once with crash and repair and a deadline.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks import textbook_chain as textbook
from benchmarks.chain import chain_plan, engine_draws
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Log, Plan

ROUNDS = 9
WANTED = 1.2
Engine = Callable[..., Log]


def seconds(run: Engine, plan: Plan, draws: Draws, *, has_meters: bool) -> float:
    """Return the processor time of one run."""
    began = time.process_time()
    run(plan, draws, has_meters=has_meters)
    return time.process_time() - began


def compare(name: str, run: Engine, plan: Plan, draws: Draws) -> None:
    """Print the cost of meters on one plan."""
    pairs = [(seconds(run, plan, draws, has_meters=False), seconds(run, plan, draws, has_meters=True))
             for _ in range(ROUNDS)]
    ratios = sorted(measured / bare for bare, measured in pairs)
    middle, requests = statistics.median(ratios), len(draws.arrivals_ns)
    extra_us = 1e6 * statistics.median(measured - bare for bare, measured in pairs) / requests
    verdict = "" if run is vectorised.run else f", wanted at most {WANTED:g}x: {'ok' if middle <= WANTED else 'ABOVE'}"
    print(f"{name:44s} {middle:.2f}x [{ratios[0]:.2f}-{ratios[-1]:.2f}] of the time without{verdict}; "
          f"{extra_us:.2f} microseconds a request")


def main() -> None:
    """Print the costs."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    failing = textbook.reference_draws(requests, 1)
    deadline = Policy.model_validate({"deadline": "30 s", "at_deadline": "withdraw"})
    plain = replace(failing, timeline=None)
    kinds = (("nothing fails", plain, Policy()), ("crash/repair, deadline", failing, deadline))
    engines: tuple[tuple[str, Engine], ...] = (("SimPy's engine", engine.run), ("fast path", vectorised.run))
    for name, draws, policy in kinds:
        for told, run in engines:
            ours = engine_draws(draws.arrivals_ns, draws.work_ns, draws.timeline)
            compare(f"chain, {name}, {told}", run, chain_plan(policy), ours)


if __name__ == "__main__":
    main()
